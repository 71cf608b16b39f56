//! Time and randomness, passed in: nothing else in the program asks the machine for either.

use std::fmt;
use std::time::Duration;

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use twinlock_db::Value;

/// A point in time, milliseconds since 1970-01-01T00:00:00 UTC.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize,
)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since 1970 UTC.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970 UTC.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970 UTC, rounded down.
    #[must_use]
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This point plus a length of time; saturates.
    #[must_use]
    pub fn plus(self, length: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(length.as_millis()).unwrap_or(i64::MAX)),
        )
    }

    /// This point minus a length of time; saturates.
    #[must_use]
    pub fn minus(self, length: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(i64::try_from(length.as_millis()).unwrap_or(i64::MAX)),
        )
    }

    /// Whole seconds from `now` until this point, rounded up; 0 when it has passed.
    #[must_use]
    pub fn seconds_from(self, now: Timestamp) -> u64 {
        u64::try_from(self.0.saturating_sub(now.0).max(0))
            .unwrap_or(0)
            .div_ceil(1000)
    }

    /// Reads a point in time written as RFC 3339, with any offset. What is before 1970 or no such text is none.
    #[must_use]
    pub fn from_rfc3339(text: &str) -> Option<Self> {
        let point: jiff::Timestamp = text.parse().ok()?;
        (point.as_millisecond() >= 0).then(|| Self(point.as_millisecond()))
    }

    /// RFC 3339 in UTC, to the second.
    #[must_use]
    pub fn rfc3339(self) -> String {
        match jiff::Timestamp::from_second(self.as_seconds()) {
            Ok(point) => point.to_string(),
            Err(_) => String::from("unknown"),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

impl From<Timestamp> for Value {
    fn from(at: Timestamp) -> Value {
        Value::Int(at.0)
    }
}

/// Tells the time. The real one is [`SystemClock`]; tests and the demo bring their own.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// Whether the machine's clock says something else, and is not believed.
    fn doubt(&self) -> Option<Doubt> {
        None
    }

    /// What to write down for other servers and the next start; a clock that believes its machine has nothing to say.
    fn mark(&self) -> Option<Mark> {
        None
    }

    /// Takes note of what was written down.
    fn hear(&self, _: Mark) {}
}

/// The machine's clock and what is believed instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// The time the service goes by.
    pub believed: Timestamp,
    /// The time the machine shows.
    pub machine: Timestamp,
}

/// The highest time any server of a database went by. A mark an operator accepted counts more than every one before it, even one of a
/// later time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// How often an operator said that the clock is right.
    pub acceptances: u64,
    /// The time.
    pub seen: Timestamp,
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that asks the machine for the time"
    )]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// Gives seeds of 256 random bits. The real one is [`SystemEntropy`].
pub trait Entropy: Send + Sync {
    /// A fresh seed.
    ///
    /// # Errors
    /// When the machine gives no randomness; the request then fails.
    fn seed(&self) -> Result<Seed, NoEntropy>;
}

/// The machine has no randomness to give.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the machine gives no randomness")]
pub struct NoEntropy;

/// The machine's generator (`getrandom`).
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that asks the machine for randomness"
    )]
    fn seed(&self) -> Result<Seed, NoEntropy> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|_| NoEntropy)?;
        Ok(Seed(bytes))
    }
}

/// 256 random bits from which everything random in one use case is drawn, the same at each re-run of its transaction.
#[derive(Clone, Copy)]
pub struct Seed(pub [u8; 32]);

impl Seed {
    /// A fresh stream over this seed. `purpose` keeps two streams of one use case apart.
    #[must_use]
    pub fn draw(&self, purpose: &str) -> Draw {
        use sha2::{Digest as _, Sha256};
        let mut hash = Sha256::new();
        hash.update(self.0);
        hash.update(purpose.as_bytes());
        Draw(ChaCha20Rng::from_seed(hash.finalize().into()))
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(…)")
    }
}

/// Random bytes drawn from a [`Seed`] (ChaCha20).
pub struct Draw(ChaCha20Rng);

impl Draw {
    /// The next `N` random bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill_bytes(&mut bytes);
        bytes
    }
}
