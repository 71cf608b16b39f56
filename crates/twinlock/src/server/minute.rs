//! What a running server does each minute beside its requests: it writes down the time it goes by, looks for new data keys, and says
//! when many are guessing at once.

use std::time::Duration;

use tokio::sync::watch;

use crate::app::{App, Tally};

use super::clock_mark;

/// Time between two rounds.
const EVERY: Duration = Duration::from_secs(60);

/// Wrong passwords and codes of one minute, over all accounts and networks, that are worth an alarm: no limit on one account or network
/// sees somebody who tries one guess at each of many accounts from many addresses.
const A_WAVE: u64 = 100;

/// Runs until `stop` changes to true.
pub(super) async fn run(app: App, mut stop: watch::Receiver<bool>) {
    let mut failures = failures_so_far(&app);
    while !*stop.borrow() {
        if let Err(error) = clock_mark::keep(&app).await {
            tracing::warn!(%error, "the time could not be written down");
        }
        if let Err(error) = app.read_keys_again().await {
            tracing::warn!(%error, "the data keys could not be read again");
        }
        let before = std::mem::replace(&mut failures, failures_so_far(&app));
        let in_this_minute = failures.saturating_sub(before);
        if in_this_minute >= A_WAVE {
            tracing::warn!(
                failures = in_this_minute,
                "many wrong passwords and codes within a minute: somebody may be guessing at many accounts"
            );
        }
        // Waiting for the end is the pause.
        let waited = tokio::time::timeout(EVERY, stop.changed()).await;
        if matches!(waited, Ok(Err(_))) {
            return;
        }
    }
}

/// Passwords and codes that were wrong or turned away, of everybody, since the start.
fn failures_so_far(app: &App) -> u64 {
    let tallies = app.meters.tallies();
    let failed = tallies.iter().filter(|(tally, _)| is_a_failure(tally));
    failed.map(|(_, count)| count).sum()
}

fn is_a_failure(tally: &Tally) -> bool {
    match tally {
        Tally::FirstFactor { outcome, .. }
        | Tally::MailedCode { outcome, .. }
        | Tally::SecondFactor { outcome, .. } => *outcome != "accepted" && *outcome != "no_factor",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b15_what_was_wrong_or_turned_away_counts_and_what_was_right_does_not() {
        for (outcome, counts) in [
            ("wrong", true),
            ("limited", true),
            ("locked", true),
            ("invalid_code", true),
            ("accepted", false),
        ] {
            let kind = "totp";
            assert_eq!(is_a_failure(&Tally::SecondFactor { kind, outcome }), counts);
            let kind = "password";
            assert_eq!(is_a_failure(&Tally::FirstFactor { kind, outcome }), counts);
        }
        assert!(!is_a_failure(&Tally::SessionMade));
    }
}
