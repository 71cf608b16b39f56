//! Every component in every state on one page, filled with what is hard to show: for tests, for the demo, and for whoever draws.
//! Its words are specimens and stand here on purpose, not in a message file.

use askama::Template;

use crate::layout::{Shell, Tab};
use crate::timeline::{TimelineDay, TimelineEvent, Tone};

/// What the specimens are called.
#[derive(Debug, Clone)]
pub struct Specimens {
    /// A name as most have it.
    pub plain: String,
    /// A long word without a place to break it.
    pub long: String,
    /// A name written from right to left.
    pub turned: String,
    /// A device's name of 200 characters.
    pub device: String,
    /// A name of pictures.
    pub pictures: String,
    /// A name that tries to be more than text.
    pub hostile: String,
}

impl Default for Specimens {
    fn default() -> Self {
        Self {
            plain: String::from("Ann Archer"),
            long: String::from(
                "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
            ),
            turned: String::from("محمد بن عبد الله الأنصاري"),
            device: format!("{}x on Linux", "Firefox Developer Edition ".repeat(7)),
            pictures: String::from("👩‍👩‍👧‍👦🇩🇪🏳️‍🌈👍🏽 Zoë 💃"),
            hostile: String::from("\"><script>alert(1)</script>' \u{202e}evil {{7*7}}"),
        }
    }
}

#[derive(Template)]
#[template(path = "gallery.html")]
struct Gallery {
    page: Shell,
    names: Specimens,
    /// Every name, and the name of its menu.
    every: Vec<(String, String)>,
    codes: Vec<String>,
    tabs: Vec<Tab>,
    days: Vec<TimelineDay>,
}

/// The gallery in this frame.
///
/// # Errors
/// When the template fails.
pub fn gallery(page: Shell, names: Specimens) -> Result<String, askama::Error> {
    let tabs = ["Profile", "Security", "Sessions", "Activity"].map(|label| Tab {
        label: label.to_owned(),
        href: format!("/settings/{}", label.to_lowercase()),
        current: label == "Security",
    });
    Gallery {
        page,
        codes: (0..10).map(|n| format!("{n}K3FQ-9ZT2M-7XWR")).collect(),
        tabs: tabs.to_vec(),
        days: days(&names),
        every: every(&names),
        names,
    }
    .render()
}

fn every(names: &Specimens) -> Vec<(String, String)> {
    [
        &names.plain,
        &names.long,
        &names.turned,
        &names.device,
        &names.pictures,
        &names.hostile,
    ]
    .into_iter()
    .map(|name| (name.clone(), format!("More for {name}")))
    .collect()
}

fn days(names: &Specimens) -> Vec<TimelineDay> {
    let event = |icon, tone, title: &str, device: &str| TimelineEvent {
        icon,
        tone,
        title: title.to_owned(),
        device: device.to_owned(),
        detail: String::new(),
        stamp: String::from("2026-03-03T14:32:00Z"),
        exact: String::from("3 Mar 2026, 14:32 UTC"),
        words: String::from("5 minutes ago"),
    };
    let mut told = event(
        "shield",
        Tone::Ok,
        "Two-factor authentication is on",
        &names.device,
    );
    told.detail = format!("By {}", names.turned);
    vec![
        TimelineDay {
            title: String::from("Today"),
            events: vec![
                event("in", Tone::Neutral, "Signed in", "Firefox on Linux"),
                told,
            ],
        },
        TimelineDay {
            title: String::from("Yesterday"),
            events: vec![
                event("warning", Tone::Warning, "A wrong code", &names.long),
                event("lock", Tone::Danger, &names.hostile, ""),
            ],
        },
    ]
}
