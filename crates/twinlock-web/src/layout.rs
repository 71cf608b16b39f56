//! What the page frame (`templates/layout.html`) needs to know.

use crate::assets::asset_url;
use crate::i18n::Messages;

/// The frame around a page. A template that extends `layout.html` has a field `page: Shell`.
#[derive(Debug, Clone)]
pub struct Shell {
    /// The person's language; also gives `lang` and `dir`.
    pub messages: Messages,
    /// What the browser tab says, without the product's name.
    pub title: String,
    /// The product's or organization's name, shown beside the logo; hostile text is escaped.
    pub product_name: String,
    /// [`Theme::url`](crate::Theme::url), where an accent is configured.
    pub accent_css_url: Option<String>,
    /// Who is signed in; `None` shows no menu.
    pub signed_in: Option<ShellUser>,
    /// A link in the header for people who have no menu: help.
    pub help: Option<MenuLink>,
    /// Tabs under the header; empty shows none.
    pub tabs: Vec<Tab>,
    /// The accessible name of the tabs.
    pub tabs_label: String,
    /// A short notice on top of the page.
    pub banner: Option<String>,
    /// The width of the column.
    pub width: Width,
    /// "Skip to the content", for people who use the keyboard.
    pub skip_label: String,
    /// The look the person chose.
    pub scheme: Scheme,
    /// The buttons that choose another look; `None` shows none.
    pub scheme_switch: Option<SchemeSwitch>,
}

/// The three buttons in the footer that choose the look.
#[derive(Debug, Clone)]
pub struct SchemeSwitch {
    /// What the buttons are about: "Appearance".
    pub label: String,
    /// Where the choice is posted to.
    pub action: String,
    /// The page to come back to. Empty on a page that cannot be asked for again, such as the answer to a form: there the
    /// buttons are shown where scripts run, which change the look without leaving the page.
    pub return_to: String,
    /// Value and words of each button.
    pub choices: Vec<(Scheme, String)>,
}

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scheme {
    /// As the device is set.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

/// The person in the user menu.
#[derive(Debug, Clone)]
pub struct ShellUser {
    /// Their name or address.
    pub name: String,
    /// One or two letters in the circle.
    pub initials: String,
    /// The accessible name of the menu: "Your account".
    pub menu_label: String,
    /// The links, such as settings (named by `branding.labels`).
    pub links: Vec<MenuLink>,
    /// Buttons that post, such as "Sign out".
    pub actions: Vec<MenuLink>,
}

/// A link or button in a menu.
#[derive(Debug, Clone)]
pub struct MenuLink {
    /// Its words.
    pub label: String,
    /// Where it leads or posts to.
    pub href: String,
}

/// One tab of a row of pages.
#[derive(Debug, Clone)]
pub struct Tab {
    /// Its words.
    pub label: String,
    /// Where it leads.
    pub href: String,
    /// True for the page that is shown.
    pub current: bool,
}

/// The width of the page's column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// 28 rem: signing in and dialogs.
    Narrow,
    /// 44 rem: settings.
    Settings,
    /// A table's width: administration.
    Wide,
}

impl Shell {
    /// A narrow page for somebody who is not signed in.
    #[must_use]
    pub fn new(messages: &Messages, product_name: &str, title: impl Into<String>) -> Shell {
        Shell {
            messages: messages.clone(),
            title: title.into(),
            product_name: product_name.to_owned(),
            accent_css_url: None,
            signed_in: None,
            help: None,
            tabs: Vec::new(),
            tabs_label: String::new(),
            banner: None,
            width: Width::Narrow,
            skip_label: String::new(),
            scheme: Scheme::System,
            scheme_switch: None,
        }
    }

    /// The value of `<html lang>`.
    #[must_use]
    pub fn lang(&self) -> &str {
        self.messages.lang()
    }

    /// The value of `<html dir>`.
    #[must_use]
    pub fn dir(&self) -> &'static str {
        self.messages.dir()
    }

    /// The stylesheet.
    #[must_use]
    pub fn css_url(&self) -> &'static str {
        asset_url("app.css")
    }

    /// The script.
    #[must_use]
    pub fn js_url(&self) -> &'static str {
        asset_url("app.js")
    }

    /// The icon of the browser tab and the header.
    #[must_use]
    pub fn logo_url(&self) -> &'static str {
        asset_url("logo.svg")
    }
}

/// Whether two texts are the same, whatever kind of reference a template holds them by.
#[must_use]
pub fn same(one: &str, other: &str) -> bool {
    one == other
}

impl Scheme {
    /// Every look there is.
    pub const ALL: [Scheme; 3] = [Scheme::System, Scheme::Light, Scheme::Dark];

    /// Reads the value of `data-theme`.
    #[must_use]
    pub fn from_theme(word: &str) -> Option<Scheme> {
        Scheme::ALL
            .into_iter()
            .find(|scheme| scheme.theme() == word)
    }

    /// The value of `<meta name="color-scheme">`, which the browser obeys before any stylesheet is there.
    #[must_use]
    pub fn meta(self) -> &'static str {
        match self {
            Scheme::System => "light dark",
            Scheme::Light => "light",
            Scheme::Dark => "dark",
        }
    }

    /// The value of `data-theme` on `<html>`.
    #[must_use]
    pub fn theme(self) -> &'static str {
        match self {
            Scheme::System => "system",
            Scheme::Light => "light",
            Scheme::Dark => "dark",
        }
    }
}

impl Width {
    /// The class the stylesheet knows it by.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Width::Narrow => "narrow",
            Width::Settings => "settings",
            Width::Wide => "wide",
        }
    }
}
