//! What a timeline of events is filled with; `ui::timeline` in `components.html` draws it.

/// The events of one day, under the day's name.
#[derive(Debug, Clone)]
pub struct TimelineDay {
    /// "Today", "Yesterday", "3 Mar 2026".
    pub title: String,
    /// Its events, newest first.
    pub events: Vec<TimelineEvent>,
}

/// One event.
#[derive(Debug, Clone)]
pub struct TimelineEvent {
    /// The name of its drawing, one of [`crate::icon`]'s.
    pub icon: &'static str,
    /// How much it matters, by colour and never by colour alone.
    pub tone: Tone,
    /// What happened, in words.
    pub title: String,
    /// Where: the device's name, or empty.
    pub device: String,
    /// More about it, or empty.
    pub detail: String,
    /// When, for `datetime` (RFC 3339).
    pub stamp: String,
    /// When, exactly: shown on hover.
    pub exact: String,
    /// When, in words.
    pub words: String,
}

/// How much an event matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// An ordinary event.
    #[default]
    Neutral,
    /// Something got safer.
    Ok,
    /// Worth a second look.
    Warning,
    /// Something was refused, ended or taken away.
    Danger,
}

impl Tone {
    /// The class the stylesheet knows it by.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Tone::Neutral => "neutral",
            Tone::Ok => "ok",
            Tone::Warning => "warning",
            Tone::Danger => "danger",
        }
    }
}
