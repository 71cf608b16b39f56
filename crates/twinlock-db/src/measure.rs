//! How the store is doing, for whoever watches over it: counted without locks, read as often as wanted.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Upper bounds of the buckets in microseconds; what took longer is in the last, open one.
const BOUNDS: [u64; 13] = [
    250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    5_000_000,
];

/// Durations counted in fixed buckets from a quarter of a millisecond to five seconds.
#[derive(Debug, Default)]
pub struct Histogram {
    buckets: [AtomicU64; BOUNDS.len() + 1],
    micros: AtomicU64,
}

/// What a [`Histogram`] held at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Distribution {
    /// Upper bound in seconds, and how many were at most that long, bounds rising.
    pub up_to: Vec<(f64, u64)>,
    /// How many there were in all.
    pub count: u64,
    /// Their sum in seconds.
    pub seconds: f64,
}

impl Histogram {
    /// Counts one.
    pub fn add(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let at = BOUNDS.iter().position(|bound| micros <= *bound);
        if let Some(bucket) = self.buckets.get(at.unwrap_or(BOUNDS.len())) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// What was counted so far.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "seconds for a chart; microseconds fit a double for 285 years"
    )]
    pub fn read(&self) -> Distribution {
        let mut count = 0;
        let mut up_to = Vec::with_capacity(BOUNDS.len());
        for (bucket, bound) in self.buckets.iter().zip(BOUNDS) {
            count += bucket.load(Ordering::Relaxed);
            up_to.push((bound as f64 / 1e6, count));
        }
        let open = self.buckets.last();
        count += open.map_or(0, |bucket| bucket.load(Ordering::Relaxed));
        Distribution {
            up_to,
            count,
            seconds: self.micros.load(Ordering::Relaxed) as f64 / 1e6,
        }
    }
}

/// What a [`crate::Store`] counts.
#[derive(Debug, Default)]
pub(crate) struct Measures {
    /// From asking for a write to its answer, waiting included.
    pub(crate) writes: Histogram,
    /// Callers turned away because too many waited.
    pub(crate) refused: AtomicU64,
}

/// How a [`crate::Store`] is doing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pulse {
    /// Writes that were answered, from the asking to the durable answer.
    pub writes: Distribution,
    /// Callers that wait for the writer (SQLite) or a connection (PostgreSQL) now.
    pub waiting: usize,
    /// Callers turned away since the start because too many waited.
    pub refused: u64,
}

/// The beginning of something that is timed.
#[expect(
    clippy::disallowed_methods,
    reason = "measures how long something took; nothing is decided by it"
)]
pub(crate) fn begin() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_land_in_the_first_bucket_that_holds_them() {
        let histogram = Histogram::default();
        for micros in [1, 250, 251, 5_000_000, 5_000_001] {
            histogram.add(Duration::from_micros(micros));
        }
        let read = histogram.read();
        assert_eq!(read.count, 5);
        assert_eq!(read.up_to.first(), Some(&(0.000_25, 2)));
        assert_eq!(read.up_to.get(1), Some(&(0.000_5, 3)));
        assert_eq!(read.up_to.last(), Some(&(5.0, 4)));
        assert!((read.seconds - 10.000_503).abs() < 1e-9);
    }
}
