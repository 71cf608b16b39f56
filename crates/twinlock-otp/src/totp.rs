use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::hotp::{KeyedHash, padded};
use crate::{Algorithm, Digits, Secret};

/// How an authenticator app makes its codes (RFC 6238 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Parameters {
    /// The hash function.
    pub algorithm: Algorithm,
    /// Digits of a code, 6..=8.
    pub digits: u8,
    /// Seconds a code is shown for, 15..=120.
    pub period: u32,
}

impl Parameters {
    /// Checked parameters.
    ///
    /// # Errors
    /// [`ParametersError`] for digits outside 6..=8 or a period outside 15..=120 seconds.
    pub fn new(algorithm: Algorithm, digits: u8, period: u32) -> Result<Self, ParametersError> {
        if !(6..=8).contains(&digits) {
            Err(ParametersError::Digits)
        } else if !(15..=120).contains(&period) {
            Err(ParametersError::Period)
        } else {
            Ok(Self {
                algorithm,
                digits,
                period,
            })
        }
    }

    /// The time step a moment lies in (RFC 6238 §4.2, with T0 = 0), rounded down also before 1970.
    #[must_use]
    pub fn step_at(&self, unix_seconds: i64) -> i64 {
        unix_seconds.div_euclid(i64::from(self.period.max(1)))
    }

    /// The code shown during a time step. Steps before 1970 use the two's complement of the step as counter.
    #[must_use]
    pub fn code_at_step(&self, secret: &Secret, step: i64) -> Zeroizing<String> {
        let number =
            KeyedHash::new(self.algorithm, secret).number(step.cast_unsigned(), self.digits);
        Zeroizing::new(padded(number, self.digits))
    }

    /// Finds the step a typed code belongs to inside the window around now.
    ///
    /// A code fits only once: a step that is not greater than `last_step`, the last accepted one, answers [`Match::AlreadyUsed`]
    /// (RFC 6238 §5.2). Where a code happens to fit several steps, the latest is taken, so that it cannot be accepted again later in the
    /// window. Every step of the window is computed and compared in constant time whatever the others gave.
    ///
    /// The caller must store the accepted step with a guard of its own (`… WHERE last_step < ?`): two requests may get the same answer
    /// here at once.
    #[must_use]
    pub fn matching_step(
        &self,
        secret: &Secret,
        code: &Digits,
        unix_seconds: i64,
        window: Window,
        last_step: Option<i64>,
    ) -> Match {
        let now = self.step_at(unix_seconds);
        let first = now.saturating_sub(i64::from(window.past));
        let last = now.saturating_add(i64::from(window.future));
        match self.latest_fit(secret, code, first..=last) {
            None => Match::None,
            Some(step) if last_step.is_some_and(|used| step <= used) => Match::AlreadyUsed { step },
            Some(step) => Match::Accepted { step },
        }
    }

    /// The latest step of a range whose code equals the typed one; computes and compares all of them.
    fn latest_fit(
        &self,
        secret: &Secret,
        code: &Digits,
        steps: std::ops::RangeInclusive<i64>,
    ) -> Option<i64> {
        let keyed = KeyedHash::new(self.algorithm, secret);
        let typed = code.value();
        let has_right_length = code.len() == usize::from(self.digits);
        let mut latest = None;
        for step in steps {
            let expected = u64::from(keyed.number(step.cast_unsigned(), self.digits));
            if bool::from(expected.ct_eq(&typed)) && has_right_length {
                latest = Some(step);
            }
        }
        latest
    }
}

impl Default for Parameters {
    /// SHA-1, six digits, 30 seconds: what every app understands.
    fn default() -> Self {
        Self {
            algorithm: Algorithm::Sha1,
            digits: 6,
            period: 30,
        }
    }
}

/// How far behind the clock of the phone is, in seconds, when a refused code fits an earlier time: the nearest such step up to 60 minutes
/// back, a multiple of the period.
///
/// Only steps before the window are searched. A hint for a future step would confirm a code that is going to be valid. Steps up to
/// `last_step` do not count: such a code was not late but seen before. A chance hit is possible: at six digits and 30 seconds about one
/// wrong code in 8,500 fits some step of the past hour.
#[must_use]
pub fn drift_behind(
    parameters: &Parameters,
    secret: &Secret,
    code: &Digits,
    unix_seconds: i64,
    window: Window,
    last_step: Option<i64>,
) -> Option<u32> {
    let now = parameters.step_at(unix_seconds);
    let farthest = now.saturating_sub(i64::from(DRIFT_SECONDS / parameters.period.max(1)));
    let earliest = last_step.map_or(farthest, |used| farthest.max(used.saturating_add(1)));
    let latest = now.saturating_sub(i64::from(window.past)).saturating_sub(1);
    let fit = parameters.latest_fit(secret, code, earliest..=latest)?;
    u32::try_from(now.saturating_sub(fit))
        .ok()?
        .checked_mul(parameters.period)
}

/// How far back a late clock is recognised.
const DRIFT_SECONDS: u32 = 60 * 60;

/// Why parameters are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParametersError {
    /// Codes have six, seven or eight digits.
    #[error("a code must have 6 to 8 digits")]
    Digits,
    /// Codes change every 15 to 120 seconds.
    #[error("the period must be 15 to 120 seconds")]
    Period,
}

/// How many steps before and after the present one are accepted, for clocks that differ and for slow typing (RFC 6238 §5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window {
    /// Steps before the present one.
    pub past: u8,
    /// Steps after the present one.
    pub future: u8,
}

impl Window {
    /// One step back and none ahead.
    pub const STRICT: Self = Self { past: 1, future: 0 };
}

impl Default for Window {
    /// One step to either side.
    fn default() -> Self {
        Self { past: 1, future: 1 }
    }
}

/// What a typed code turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// It fits a step that was not used yet; store the step before answering.
    Accepted {
        /// The step to store as the last accepted one.
        step: i64,
    },
    /// It fits, but this step or a later one was accepted before: a replay.
    AlreadyUsed {
        /// The step it fits.
        step: i64,
    },
    /// It fits no step of the window.
    None,
}
