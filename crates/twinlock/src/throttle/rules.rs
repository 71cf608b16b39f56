//! Pure arithmetic of the limits; time is an argument.

use std::time::Duration;

use crate::app::{DeviceId, Timestamp};
use crate::config::{Limits, Profile};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
const MONTH: Duration = Duration::from_secs(30 * 24 * 3600);

/// Failures remembered at most for one bucket.
const KEPT: usize = 256;

/// More second-factor failures a month from unknown devices once the mailbox was proven.
pub const MORE_AFTER_MAILBOX: u32 = 5;
/// Failures a day from one known device.
pub const DEVICE_DAY: u32 = 10;
/// Failures in 30 days from one known device.
pub const DEVICE_MONTH: u32 = 25;
/// Wrong backup codes a day.
pub const BACKUP_CODES_DAY: u32 = 10;
/// Wrong passwords an hour from unknown devices.
pub const PASSWORDS_HOUR: u32 = 10;
/// Wrong passwords a day from unknown devices.
pub const PASSWORDS_DAY: u32 = 50;

/// What failures are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bucket {
    /// Second-factor codes from unknown devices, all factors together.
    SecondFactor,
    /// Second-factor codes from one known device.
    Device(DeviceId),
    /// Wrong backup codes, wherever from.
    BackupCode,
    /// Passwords from unknown devices.
    Password,
    /// Passwords from one network at one account: only waits.
    PasswordFrom([u8; 8]),
    /// Passwords from one known device.
    PasswordDevice(DeviceId),
}

impl Bucket {
    /// The bucket's name in its row.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::SecondFactor => String::from("second_factor"),
            Self::Device(device) => format!("device:{device}"),
            Self::BackupCode => String::from("backup_code"),
            Self::Password => String::from("password"),
            Self::PasswordFrom(network) => {
                format!("password_from:{}", data_encoding::HEXLOWER.encode(network))
            }
            Self::PasswordDevice(device) => format!("password_device:{device}"),
        }
    }
}

/// What is known of the failures in one bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Failures since the last success.
    pub in_a_row: u32,
    /// Nothing is compared before this time.
    pub locked_until: Timestamp,
    /// When failures happened, oldest first; a success does not remove them.
    pub failures: Vec<Timestamp>,
}

/// Whether one more try may be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Yes.
    Open,
    /// Not before this time.
    Until(Timestamp),
    /// Only after recovery.
    Off,
}

impl Tally {
    /// Writes `cost` failures down.
    pub fn count(&mut self, now: Timestamp, cost: u32) {
        self.in_a_row = self.in_a_row.saturating_add(1);
        for _ in 0..cost {
            self.failures.push(now);
        }
        let since = now.minus(MONTH);
        self.failures.retain(|at| *at > since);
        let surplus = self.failures.len().saturating_sub(KEPT);
        self.failures.drain(..surplus);
    }

    /// Hands back what [`Tally::count`] wrote for a try that succeeded, and clears the row.
    pub fn forgive(&mut self, cost: u32) {
        let keep = self
            .failures
            .len()
            .saturating_sub(usize::try_from(cost).unwrap_or(usize::MAX));
        self.failures.truncate(keep);
        self.clear_row();
    }

    /// A success: the failures in a row and their wait are over. The rolling budget stays.
    pub fn clear_row(&mut self) {
        self.in_a_row = 0;
        self.locked_until = Timestamp::default();
    }

    /// Failures younger than `length`.
    #[must_use]
    pub fn within(&self, now: Timestamp, length: Duration) -> u32 {
        let since = now.minus(length);
        u32::try_from(self.failures.iter().filter(|at| **at > since).count()).unwrap_or(u32::MAX)
    }

    /// When fewer than `limit` failures will be younger than `length`, given `cost` more are wanted.
    fn room_at(&self, now: Timestamp, length: Duration, limit: u32, cost: u32) -> Standing {
        let used = self.within(now, length);
        if used.saturating_add(cost) <= limit {
            return Standing::Open;
        }
        let must_age =
            usize::try_from(used.saturating_add(cost).saturating_sub(limit)).unwrap_or(usize::MAX);
        let since = now.minus(length);
        let young = self.failures.iter().filter(|at| **at > since);
        match young.take(must_age).last() {
            Some(at) => Standing::Until(at.plus(length)),
            None => Standing::Off,
        }
    }
}

/// The wait after so many second-factor failures in a row; `None`: code factors are off until recovery.
#[must_use]
pub fn second_factor_wait(in_a_row: u32) -> Option<Duration> {
    let seconds = match in_a_row {
        0..=4 => 0,
        5 => 30,
        6 => 60,
        7 => 120,
        8 => 240,
        9 => 480,
        10..=14 => 3600,
        15..=19 => 4 * 3600,
        20..=99 => 24 * 3600,
        _ => return None,
    };
    Some(Duration::from_secs(seconds))
}

/// Counts a second-factor failure and sets the wait it brings.
pub fn count_second_factor(tally: &mut Tally, now: Timestamp, cost: u32) {
    tally.count(now, cost);
    let wait = second_factor_wait(tally.in_a_row).unwrap_or(Duration::ZERO);
    tally.locked_until = tally.locked_until.max(now.plus(wait));
    if wait.is_zero() {
        tally.locked_until = Timestamp::default();
    }
}

/// Whether the failure that was just counted makes codes wait, or is the one that turns them off: what follows, such as wrong backup codes,
/// changes nothing more.
#[must_use]
pub fn second_factor_waits(tally: &Tally, now: Timestamp) -> bool {
    let was_on = second_factor_wait(tally.in_a_row.saturating_sub(1)).is_some();
    tally.locked_until > now || (was_on && is_off(tally))
}

/// Whether a failure at `since` or after it brought a wait that is over by now, and that no success ended. Codes that are off wait for nothing.
#[must_use]
pub fn waited_after(tally: &Tally, since: Timestamp, now: Timestamp) -> bool {
    let brought_wait = second_factor_wait(tally.in_a_row).is_some_and(|wait| !wait.is_zero());
    let last = tally.failures.last();
    brought_wait && tally.locked_until <= now && last.is_some_and(|last| *last >= since)
}

/// Whether codes from unknown devices are off until recovery.
#[must_use]
pub fn is_off(tally: &Tally) -> bool {
    second_factor_wait(tally.in_a_row).is_none()
}

/// May a second-factor code from an unknown device be compared? `mailbox_proved`: five more tries a month.
#[must_use]
pub fn second_factor_standing(
    tally: &Tally,
    now: Timestamp,
    limits: &Limits,
    cost: u32,
    mailbox_proved: bool,
) -> Standing {
    if is_off(tally) {
        return Standing::Off;
    }
    let more = if mailbox_proved {
        MORE_AFTER_MAILBOX
    } else {
        0
    };
    let limit = month_limit(limits).saturating_add(more);
    match tally.room_at(now, MONTH, limit, cost) {
        // A wait that ends before the month has room again ends nothing.
        Standing::Until(at) => Standing::Until(at.max(tally.locked_until)),
        Standing::Open if tally.locked_until > now => Standing::Until(tally.locked_until),
        standing @ (Standing::Open | Standing::Off) => standing,
    }
}

/// Failures a month from unknown devices.
#[must_use]
pub fn month_limit(limits: &Limits) -> u32 {
    match limits.profile {
        Profile::Default => limits.second_factor_failures_30_days,
        Profile::Strict => limits.second_factor_failures_30_days.min(12),
    }
}

/// Wrong codes in one sign-in before it ends.
#[must_use]
pub fn wrong_codes_per_sign_in(limits: &Limits) -> u32 {
    match limits.profile {
        Profile::Default => limits.wrong_codes_per_sign_in,
        Profile::Strict => limits.wrong_codes_per_sign_in.min(3),
    }
}

/// How long a step-up lasts.
#[must_use]
pub fn step_up_length(limits: &Limits) -> Duration {
    let minutes = match limits.profile {
        Profile::Default => limits.step_up_minutes,
        Profile::Strict => limits.step_up_minutes.min(5),
    };
    Duration::from_secs(u64::from(minutes) * 60)
}

/// May a code from this known device be compared on the device's own budget?
#[must_use]
pub fn device_standing(tally: &Tally, now: Timestamp, cost: u32) -> Standing {
    match tally.room_at(now, DAY, DEVICE_DAY, cost) {
        Standing::Open => tally.room_at(now, MONTH, DEVICE_MONTH, cost),
        refused => refused,
    }
}

/// May a backup code be compared?
#[must_use]
pub fn backup_code_standing(tally: &Tally, now: Timestamp) -> Standing {
    tally.room_at(now, DAY, BACKUP_CODES_DAY, 1)
}

/// May a password be compared?
#[must_use]
pub fn password_standing(tally: &Tally, now: Timestamp) -> Standing {
    match tally.room_at(now, HOUR, PASSWORDS_HOUR, 1) {
        Standing::Open => tally.room_at(now, DAY, PASSWORDS_DAY, 1),
        refused => refused,
    }
}

/// Counts a wrong password from one network: the fourth in a row brings 1 s, each further one twice as much, up to 15 minutes.
pub fn count_password_from(tally: &mut Tally, now: Timestamp) {
    tally.count(now, 1);
    let doublings = tally.in_a_row.saturating_sub(4).min(10);
    let wait = if tally.in_a_row < 4 {
        0
    } else {
        (1_u64 << doublings).min(900)
    };
    tally.locked_until = if wait == 0 {
        Timestamp::default()
    } else {
        now.plus(Duration::from_secs(wait))
    };
}

/// Is this network waiting at this account?
#[must_use]
pub fn password_from_standing(tally: &Tally, now: Timestamp) -> Standing {
    if tally.locked_until > now {
        Standing::Until(tally.locked_until)
    } else {
        Standing::Open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn at(seconds: u64) -> Timestamp {
        T0.plus(Duration::from_secs(seconds))
    }

    #[test]
    fn four_slips_bring_no_wait_and_the_fifth_brings_half_a_minute() {
        let mut tally = Tally::default();
        for _ in 0..4 {
            count_second_factor(&mut tally, T0, 1);
            assert_eq!(
                second_factor_standing(&tally, T0, &Limits::default(), 1, false),
                Standing::Open
            );
        }
        count_second_factor(&mut tally, T0, 1);
        assert_eq!(
            second_factor_standing(&tally, T0, &Limits::default(), 1, false),
            Standing::Until(at(30))
        );
        assert_eq!(
            second_factor_standing(&tally, at(30), &Limits::default(), 1, false),
            Standing::Open
        );
    }

    #[test]
    fn the_schedule_grows_as_published() {
        let waits: Vec<u64> = (5..=20)
            .map(|n| second_factor_wait(n).unwrap().as_secs())
            .collect();
        assert_eq!(
            waits,
            [
                30, 60, 120, 240, 480, 3600, 3600, 3600, 3600, 3600, 14400, 14400, 14400, 14400,
                14400, 86400
            ]
        );
        assert_eq!(second_factor_wait(99).unwrap().as_secs(), 86400);
        assert_eq!(second_factor_wait(100), None);
    }

    #[test]
    fn success_clears_the_row_but_not_the_month() {
        let mut tally = Tally::default();
        for n in 0..20 {
            count_second_factor(&mut tally, at(n), 1);
            tally.clear_row();
        }
        let standing = second_factor_standing(&tally, at(100), &Limits::default(), 1, false);
        assert_eq!(standing, Standing::Until(T0.plus(MONTH)));
        assert_eq!(
            second_factor_standing(&tally, at(100), &Limits::default(), 1, true),
            Standing::Open
        );
        assert_eq!(
            second_factor_standing(&tally, T0.plus(MONTH), &Limits::default(), 1, false),
            Standing::Open
        );
    }

    #[test]
    fn a_wait_within_a_month_that_is_used_up_lasts_as_long_as_the_month() {
        let mut tally = Tally::default();
        for _ in 0..20 {
            count_second_factor(&mut tally, T0, 1);
        }
        let limits = Limits::default();
        let standing = second_factor_standing(&tally, at(1), &limits, 1, false);
        assert_eq!(standing, Standing::Until(T0.plus(MONTH)));
        let standing = second_factor_standing(&tally, at(1), &limits, 1, true);
        assert_eq!(standing, Standing::Until(T0.plus(DAY)));
    }

    #[test]
    fn trying_two_apps_costs_two() {
        let mut tally = Tally::default();
        for n in 0..10 {
            tally.count(at(n), 2);
            tally.clear_row();
        }
        assert!(matches!(
            second_factor_standing(&tally, at(100), &Limits::default(), 1, false),
            Standing::Until(_)
        ));
    }

    #[test]
    fn a_success_hands_its_own_failure_back() {
        let mut tally = Tally::default();
        tally.count(T0, 1);
        tally.count(at(1), 1);
        tally.forgive(1);
        assert_eq!(tally.failures, [T0]);
        assert_eq!(tally.in_a_row, 0);
    }

    #[test]
    fn the_strict_profile_only_lowers() {
        let strict = Limits {
            profile: Profile::Strict,
            ..Limits::default()
        };
        assert_eq!(
            (
                month_limit(&strict),
                wrong_codes_per_sign_in(&strict),
                step_up_length(&strict).as_secs()
            ),
            (12, 3, 300)
        );
        let own = Limits {
            profile: Profile::Strict,
            second_factor_failures_30_days: 6,
            ..Limits::default()
        };
        assert_eq!(month_limit(&own), 6);
    }

    #[test]
    fn passwords_wait_longer_each_time_but_never_lock_for_good() {
        let mut tally = Tally::default();
        for _ in 0..3 {
            count_password_from(&mut tally, T0);
            assert_eq!(password_from_standing(&tally, T0), Standing::Open);
        }
        for wait in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
            count_password_from(&mut tally, T0);
            assert_eq!(
                password_from_standing(&tally, T0),
                Standing::Until(at(wait))
            );
        }
    }
}
