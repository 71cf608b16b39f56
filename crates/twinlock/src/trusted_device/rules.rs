//! How long a device is trusted.

use std::time::Duration;

use crate::app::Timestamp;
use crate::config::{Ask, Settings};

use super::KNOWN;

/// What lets a device skip the second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trust {
    /// When a second factor was proven on it and it became trusted.
    pub since: Timestamp,
    /// When that ends by itself.
    pub until: Timestamp,
}

impl Trust {
    /// Whether it holds at `now` under the settings in force, which may have become stricter since it was given.
    #[must_use]
    pub fn holds(self, now: Timestamp, settings: &Settings) -> bool {
        let Some(length) = length(settings) else {
            return false;
        };
        let limit = match settings.two_factor.ask {
            // Each use carries it on; only what is not used for a year lapses.
            Ask::UntilSignedOut => self.until,
            _ => self.until.min(self.since.plus(length)),
        };
        now < limit
    }
}

/// How long trust given now lasts; `None` where the second factor is asked at every sign-in.
#[must_use]
pub fn length(settings: &Settings) -> Option<Duration> {
    let hour = 3600;
    match settings.two_factor.ask {
        Ask::EverySignIn => None,
        Ask::TrustedDevice => {
            let days = u64::from(settings.two_factor.trusted_device_days);
            Some(Duration::from_secs(days * 24 * hour))
        }
        Ask::UntilSignedOut => Some(KNOWN),
        // As long as a session made there could live.
        Ask::NewDevice => {
            let hours = u64::from(settings.sign_in.session_total_hours);
            Some(Duration::from_secs(hours * hour))
        }
    }
}

/// Whether a device is to be trusted whose person said `wish` while proving the second factor: `true` for a tick at "Trust this device",
/// `false` for "This is a shared computer", nothing where they were not asked.
#[must_use]
pub fn is_wanted(ask: Ask, wish: Option<bool>) -> bool {
    match ask {
        Ask::EverySignIn => false,
        Ask::TrustedDevice => wish == Some(true),
        Ask::UntilSignedOut | Ask::NewDevice => wish != Some(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(ask: Ask) -> Settings {
        let mut settings = Settings::default();
        settings.two_factor.ask = ask;
        settings.two_factor.trusted_device_days = 30;
        settings
    }

    const DAY: Duration = Duration::from_secs(24 * 3600);

    fn given(settings: &Settings, at: Timestamp) -> Trust {
        Trust {
            since: at,
            until: at.plus(length(settings).unwrap_or(KNOWN)),
        }
    }

    #[test]
    fn trust_lasts_as_long_as_the_policy_says() {
        let at = Timestamp::from_millis(1_795_357_920_000);
        for (ask, last_day, first_day_without) in [
            (Ask::TrustedDevice, 29, 30),
            (Ask::UntilSignedOut, 364, 365),
            (Ask::NewDevice, 29, 30),
        ] {
            let settings = settings(ask);
            let trust = given(&settings, at);
            assert!(trust.holds(at.plus(DAY * last_day), &settings), "{ask:?}");
            assert!(
                !trust.holds(at.plus(DAY * first_day_without), &settings),
                "{ask:?}"
            );
        }
    }

    #[test]
    fn a_stricter_policy_counts_at_once() {
        let at = Timestamp::from_millis(1_795_357_920_000);
        let long = given(&settings(Ask::UntilSignedOut), at);
        assert!(!long.holds(at, &settings(Ask::EverySignIn)));
        let mut strict = settings(Ask::TrustedDevice);
        strict.two_factor.trusted_device_days = 7;
        assert!(long.holds(at.plus(DAY * 6), &strict));
        assert!(!long.holds(at.plus(DAY * 7), &strict));
        // And a milder one does not make old trust longer.
        let short = given(&strict, at);
        assert!(!short.holds(at.plus(DAY * 7), &settings(Ask::TrustedDevice)));
    }

    #[test]
    fn only_who_was_asked_and_said_so_is_trusted() {
        for (ask, nothing, yes, no) in [
            (Ask::EverySignIn, false, false, false),
            (Ask::TrustedDevice, false, true, false),
            (Ask::UntilSignedOut, true, true, false),
            (Ask::NewDevice, true, true, false),
        ] {
            assert_eq!(is_wanted(ask, None), nothing, "{ask:?}");
            assert_eq!(is_wanted(ask, Some(true)), yes, "{ask:?}");
            assert_eq!(is_wanted(ask, Some(false)), no, "{ask:?}");
        }
    }
}
