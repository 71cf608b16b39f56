//! A clock that a test turns.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// A time that stands still until it is set; clones share it.
#[derive(Clone, Debug)]
pub struct FakeTime(Arc<AtomicI64>);

impl FakeTime {
    /// A clock that stands at this many milliseconds since 1970 UTC.
    #[must_use]
    pub fn at_millis(millis: i64) -> Self {
        Self(Arc::new(AtomicI64::new(millis)))
    }

    /// Milliseconds since 1970 UTC.
    #[must_use]
    pub fn millis(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    /// Whole seconds since 1970 UTC.
    #[must_use]
    pub fn seconds(&self) -> i64 {
        self.millis().div_euclid(1000)
    }

    /// Sets the clock, also back.
    pub fn set_millis(&self, millis: i64) {
        self.0.store(millis, Ordering::SeqCst);
    }

    /// Lets time pass.
    pub fn forward(&self, length: Duration) {
        self.0.fetch_add(in_millis(length), Ordering::SeqCst);
    }

    /// Turns the clock back, as a bad time server does.
    pub fn back(&self, length: Duration) {
        self.0.fetch_sub(in_millis(length), Ordering::SeqCst);
    }
}

fn in_millis(length: Duration) -> i64 {
    i64::try_from(length.as_millis()).unwrap_or(i64::MAX)
}
