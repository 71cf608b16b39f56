//! What the pages that set an app up are filled with; `enrol_parts.html` beside this file draws it.

use data_encoding::BASE64;
use zeroize::Zeroizing;

use crate::config::{Platform, SuggestedApp};

use super::flow::Pending;
use super::rules;

/// A half-done app as `enrol_parts.html` shows it.
pub struct Setup {
    /// The half-done authenticator, for addresses and forms.
    pub id: String,
    /// The person's name for it; may be empty.
    pub label: String,
    /// The QR code as a `data:` address; empty when the URI is too long for one.
    pub picture: Zeroizing<String>,
    /// The otpauth URI behind it.
    pub uri: Zeroizing<String>,
    /// The key in base32.
    pub key: Zeroizing<String>,
    /// The key in groups of four.
    pub grouped: Zeroizing<String>,
}

impl From<Pending> for Setup {
    fn from(pending: Pending) -> Self {
        let svg = Zeroizing::new(rules::qr_svg(&pending.uri).unwrap_or_default());
        let mut picture = Zeroizing::new(String::new());
        if !svg.is_empty() {
            picture.push_str("data:image/svg+xml;base64,");
            BASE64.encode_append(svg.as_bytes(), &mut picture);
        }
        Self {
            id: pending.id.to_string(),
            label: pending.label,
            picture,
            uri: pending.uri,
            key: pending.secret,
            grouped: pending.grouped,
        }
    }
}

/// The apps suggested for one platform.
pub struct PlatformApps {
    /// The message that names the platform.
    pub name: &'static str,
    /// The apps, recommended ones first.
    pub apps: Vec<App>,
}

/// An app and where to get it.
pub struct App {
    /// Its name.
    pub name: String,
    /// An https address.
    pub url: String,
    /// Marked as recommended.
    pub recommended: bool,
}

/// The suggested apps by platform; platforms without one are left out.
#[must_use]
pub fn by_platform(suggested: &[SuggestedApp]) -> Vec<PlatformApps> {
    let platforms = [
        (Platform::Android, "totp-platform-android"),
        (Platform::Ios, "totp-platform-ios"),
        (Platform::Windows, "totp-platform-windows"),
    ];
    let mut found = Vec::new();
    for (platform, name) in platforms {
        let mut apps: Vec<App> = suggested
            .iter()
            .flat_map(|app| app.links.iter().map(move |link| (app, link)))
            .filter(|(_, link)| link.platform == platform)
            .map(|(app, link)| App {
                name: app.name.clone(),
                url: link.url.clone(),
                recommended: app.recommended,
            })
            .collect();
        apps.sort_by_key(|app| !app.recommended);
        if !apps.is_empty() {
            found.push(PlatformApps { name, apps });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::AppLink;

    #[test]
    fn the_recommended_app_stands_first_and_empty_platforms_are_left_out() {
        let app = |name: &str, recommended| SuggestedApp {
            name: name.to_owned(),
            links: vec![AppLink {
                platform: Platform::Ios,
                url: String::from("https://example.org"),
            }],
            recommended,
        };
        let found = by_platform(&[app("One", false), app("Two", true)]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].name, "totp-platform-ios");
        assert_eq!(found[0].apps[0].name, "Two");
    }
}
