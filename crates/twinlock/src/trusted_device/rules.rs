//! How long a device is trusted, and what each of its tokens is worth.

use std::time::Duration;

use crate::app::Timestamp;
use crate::config::{Ask, Settings};

use super::{KNOWN, MOST_LOST};

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

/// What became of a device's tokens, which are numbered from 1 (ADR 0024).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// The newest handed out.
    pub issued: i64,
    /// The one in use; 0 while there is none.
    pub in_use: i64,
    /// Those up to here are of no use any more, but for the one in use.
    pub retired: i64,
    /// One that is neither of use nor a copy; 0 for none.
    pub forgotten: i64,
}

/// What a token that was brought is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worth {
    /// The one in use.
    InUse,
    /// One handed out after it: the client has it, so the one before is of no use any more.
    Successor,
    /// One whose successor was presented: somebody has a copy.
    Retired,
    /// Nothing, like one that was never handed out.
    Nothing,
}

impl Numbers {
    /// What a token is worth whose number was proven.
    #[must_use]
    pub fn worth(self, brought: i64) -> Worth {
        if brought < 1 || brought > self.issued || brought == self.forgotten {
            Worth::Nothing
        } else if brought == self.in_use {
            Worth::InUse
        } else if brought > self.retired {
            Worth::Successor
        } else {
            Worth::Retired
        }
    }

    /// Whether two hold the device: the token was replaced long ago, or comes again and again without any of its successors.
    #[must_use]
    pub fn tell_a_copy(self, brought: i64) -> bool {
        match self.worth(brought) {
            Worth::Retired => true,
            Worth::InUse => self.issued - self.retired >= MOST_LOST,
            Worth::Successor | Worth::Nothing => false,
        }
    }

    /// One that was brought is the one in use from now on: whoever has the one before, or another successor, has a copy.
    pub fn present(&mut self, brought: i64) {
        if self.worth(brought) == Worth::Successor {
            self.in_use = brought;
            self.retired = self.issued;
        }
    }

    /// Hands one more out; those before stay what they are, until it is presented.
    pub fn issue(&mut self) -> i64 {
        self.issued += 1;
        self.issued
    }

    /// Begins anew: the one handed out now alone is good, and each of before but the one that was brought is a copy when it comes again.
    pub fn begin_anew(&mut self, brought: i64) -> i64 {
        self.in_use = self.issue();
        self.retired = self.issued;
        self.forgotten = brought;
        self.in_use
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

    const FIRST: Numbers = Numbers {
        issued: 1,
        in_use: 1,
        retired: 1,
        forgotten: 0,
    };

    #[test]
    fn t06_a_token_that_comes_again_without_its_successors_is_a_copy() {
        let mut numbers = FIRST;
        for lost in 0..MOST_LOST {
            assert!(!numbers.tell_a_copy(1), "{lost} answers lost");
            numbers.issue();
        }
        assert!(numbers.tell_a_copy(1));
        // Whoever has one of them is not the one who comes again.
        assert!(!numbers.tell_a_copy(2));
        numbers.present(2);
        assert!(!numbers.tell_a_copy(2));
    }

    #[derive(Clone, Copy, Debug)]
    enum Act {
        Use(i64),
        UseWithoutTrust(i64),
        BeginAnew(i64),
    }

    fn acts() -> impl proptest::strategy::Strategy<Value = Vec<Act>> {
        use proptest::prelude::*;
        let act = (0..3_u8, 1..40_i64).prop_map(|(what, number)| match what {
            0 => Act::BeginAnew(number),
            1 => Act::UseWithoutTrust(number),
            _ => Act::Use(number),
        });
        proptest::collection::vec(act, 1..60)
    }

    /// The same, kept the long way: what each single token is worth.
    fn follow(kept: &mut Vec<Worth>, act: Act) {
        let (Act::Use(brought) | Act::UseWithoutTrust(brought) | Act::BeginAnew(brought)) = act;
        let place = usize::try_from(brought - 1).unwrap();
        let worth = kept.get(place).copied().unwrap_or(Worth::Nothing);
        if !matches!(worth, Worth::InUse | Worth::Successor) {
            return;
        }
        let anew = matches!(act, Act::BeginAnew(_));
        if anew || worth == Worth::Successor {
            for (other, one) in kept.iter_mut().enumerate() {
                *one = match *one {
                    Worth::Nothing if !anew => Worth::Nothing,
                    _ if other != place => Worth::Retired,
                    _ if anew => Worth::Nothing,
                    _ => Worth::InUse,
                };
            }
        }
        match act {
            Act::Use(_) => kept.push(Worth::Successor),
            Act::BeginAnew(_) => kept.push(Worth::InUse),
            Act::UseWithoutTrust(_) => {}
        }
    }

    proptest::proptest! {
        #[test]
        fn t06_four_numbers_tell_what_each_token_is_worth(acts in acts()) {
            let (mut numbers, mut kept) = (FIRST, vec![Worth::InUse]);
            for act in acts {
                follow(&mut kept, act);
                let (Act::Use(brought) | Act::UseWithoutTrust(brought) | Act::BeginAnew(brought)) = act;
                if matches!(numbers.worth(brought), Worth::InUse | Worth::Successor) {
                    match act {
                        Act::Use(_) => {
                            numbers.present(brought);
                            numbers.issue();
                        }
                        Act::UseWithoutTrust(_) => numbers.present(brought),
                        Act::BeginAnew(_) => {
                            numbers.begin_anew(brought);
                        }
                    }
                }
                for (place, worth) in kept.iter().enumerate() {
                    let number = i64::try_from(place + 1).unwrap();
                    proptest::prop_assert_eq!(numbers.worth(number), *worth, "{}", number);
                }
                proptest::prop_assert_eq!(numbers.worth(numbers.issued + 1), Worth::Nothing);
                proptest::prop_assert_eq!(numbers.worth(0), Worth::Nothing);
            }
        }
    }
}
