//! The frame around a page, filled for this visit.

use twinlock_web::{
    MenuLink, Messages, Scheme, SchemeSwitch, Shell, ShellUser, Tab, Width, safe_return_path,
};

use crate::app::Stop;

use super::Visit;

/// A tab of the person's own pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingsTab {
    /// Name and address.
    Profile,
    /// Password, second factors, backup codes.
    Security,
    /// Sessions.
    Sessions,
    /// The record of what happened.
    Activity,
}

/// Where the look is chosen.
pub const APPEARANCE: &str = "/appearance";

impl SettingsTab {
    const ALL: [(SettingsTab, &'static str, &'static str); 4] = [
        (Self::Profile, "settings-tab-profile", "/settings/profile"),
        (
            Self::Security,
            "settings-tab-security",
            "/settings/security",
        ),
        (
            Self::Sessions,
            "settings-tab-sessions",
            "/settings/sessions",
        ),
        (
            Self::Activity,
            "settings-tab-activity",
            "/settings/activity",
        ),
    ];
}

impl Visit {
    /// A narrow page, for signing in.
    #[must_use]
    pub fn shell(&self, title: impl Into<String>) -> Shell {
        let messages = self.moment.messages();
        let mut shell = Shell::new(&messages, &self.moment.app.settings.branding.name, title);
        shell.accent_css_url = Some(self.moment.app.theme.url().to_owned());
        shell.skip_label = messages.text("skip-to-content");
        shell.scheme = self.scheme;
        shell.scheme_switch = Some(self.scheme_switch(&messages));
        if self.acting.is_some() {
            shell.signed_in = Some(self.menu());
        } else {
            shell.help = Some(help(&messages));
        }
        shell
    }

    /// A page of the person's own settings.
    ///
    /// # Errors
    /// None now; the signature leaves room for what the frame may have to read.
    pub fn settings_shell(
        &self,
        title: impl Into<String>,
        current: SettingsTab,
    ) -> Result<Shell, Stop> {
        let mut shell = self.shell(title);
        shell.width = Width::Settings;
        shell.tabs_label = shell.messages.text("settings-tabs");
        shell.tabs = SettingsTab::ALL
            .iter()
            .map(|(tab, label, href)| Tab {
                label: shell.messages.text(label),
                href: (*href).to_owned(),
                current: *tab == current,
            })
            .collect();
        Ok(shell)
    }

    fn scheme_switch(&self, messages: &Messages) -> SchemeSwitch {
        let here = Some(self.path.as_str()).filter(|_| self.only_asks);
        let choice = |scheme: Scheme| {
            let word = messages.text(&format!("appearance-{}", scheme.theme()));
            (scheme, word)
        };
        SchemeSwitch {
            label: messages.text("appearance"),
            action: String::from(APPEARANCE),
            return_to: here.and_then(safe_return_path).unwrap_or_default(),
            choices: Scheme::ALL.map(choice).to_vec(),
        }
    }

    fn menu(&self) -> ShellUser {
        let messages = self.moment.messages();
        let labels = &self.moment.app.settings.branding.labels;
        let mut links = vec![MenuLink {
            label: labels.settings.clone(),
            href: String::from("/settings/security"),
        }];
        if self.is_administrator {
            links.push(MenuLink {
                label: messages.text("admin-texts-link"),
                href: String::from("/admin/texts"),
            });
        }
        links.push(help(&messages));
        ShellUser {
            name: self.person.clone().unwrap_or_default(),
            initials: initials(self.person.as_deref().unwrap_or_default()),
            menu_label: messages.text("your-account"),
            links,
            actions: vec![
                MenuLink {
                    label: messages.text("sign-out"),
                    href: String::from("/sign-out"),
                },
                MenuLink {
                    label: messages.text("sign-out-forget"),
                    href: String::from("/sign-out/forget"),
                },
            ],
        }
    }
}

fn help(messages: &Messages) -> MenuLink {
    MenuLink {
        label: messages.text("help"),
        href: String::from("/help"),
    }
}

/// The first letters of the first two words; one of an address.
fn initials(name: &str) -> String {
    let words = name.split('@').next().unwrap_or_default();
    let letters = words
        .split([' ', '.', '-', '_'])
        .filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    let found: String = letters.take(2).flat_map(char::to_uppercase).collect();
    if found.is_empty() {
        String::from("•")
    } else {
        found
    }
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn initials_come_from_names_and_addresses_of_every_kind() {
        for (name, expected) in [
            ("Ann Lee", "AL"),
            ("Ann Maria Lee", "AM"),
            ("ann.lee@example.org", "AL"),
            ("åsa", "Å"),
            ("李小龙", "李"),
            ("", "•"),
            ("<b>", "B"),
        ] {
            assert_eq!(initials(name), expected);
        }
    }
}
