//! A moment as people read it: in words, with the exact time behind them.

use twinlock_web::Messages;
use twinlock_web::i18n::Arg;

use crate::app::Timestamp;
use crate::authenticators::backup_codes::pages::day;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A past moment as a page shows it; days are counted in UTC.
#[derive(Clone, Debug)]
pub struct When {
    /// For `datetime`.
    pub stamp: String,
    /// "3 Mar 2026, 14:32 UTC", shown on hover.
    pub exact: String,
    /// "5 minutes ago", "yesterday", "3 Mar 2026".
    pub words: String,
}

impl When {
    /// How long ago `at` was, seen from `now`.
    #[must_use]
    pub fn new(at: Timestamp, now: Timestamp, messages: &Messages) -> Self {
        let exact = messages.plain_with(
            "when-exact",
            &[
                ("day", Arg::from(day(at, messages))),
                ("time", Arg::from(hours_and_minutes(at))),
            ],
        );
        Self {
            stamp: at.rfc3339(),
            exact,
            words: words(at, now, messages),
        }
    }

    /// The day alone: "3 Mar 2026".
    #[must_use]
    pub fn day(at: Timestamp, messages: &Messages) -> Self {
        Self {
            words: day(at, messages),
            ..Self::new(at, at, messages)
        }
    }
}

fn hours_and_minutes(at: Timestamp) -> String {
    let written = at.rfc3339();
    let time = written.split_once('T').map_or("", |(_, time)| time);
    time.chars().take(5).collect()
}

fn words(at: Timestamp, now: Timestamp, messages: &Messages) -> String {
    let ago = now.as_millis().saturating_sub(at.as_millis());
    let days = now.as_millis().div_euclid(DAY) - at.as_millis().div_euclid(DAY);
    match (ago, days) {
        (..MINUTE, _) => messages.text("when-now"),
        (MINUTE..HOUR, _) => messages.with("when-minutes", &[("count", Arg::from(ago / MINUTE))]),
        (_, 0) => messages.text("when-today"),
        (_, 1) => messages.text("when-yesterday"),
        (_, 2..7) => messages.with("when-days", &[("count", Arg::from(days))]),
        _ => day(at, messages),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearer_it_is_the_less_exact_the_words_are() {
        let messages = crate::edge::texts::catalog().unwrap().messages("en");
        // 3 March 2026, 14:32 UTC.
        let now = Timestamp::from_millis(1_772_548_320_000);
        let ago = |millis: i64| {
            When::new(
                Timestamp::from_millis(now.as_millis() - millis),
                now,
                &messages,
            )
            .words
        };
        assert_eq!(ago(3_000), "just now");
        assert_eq!(ago(MINUTE), "1 minute ago");
        assert_eq!(ago(5 * MINUTE), "5 minutes ago");
        assert_eq!(ago(3 * HOUR), "today");
        assert_eq!(ago(DAY), "yesterday");
        assert_eq!(ago(3 * DAY), "3 days ago");
        assert_eq!(ago(30 * DAY), "1 Feb 2026");
        assert_eq!(
            When::new(now, now, &messages).exact,
            "3 Mar 2026, 14:32 UTC"
        );
    }
}
