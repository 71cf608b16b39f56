//! A clock that runs like the machine's and can be moved forward.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use anyhow::Context as _;

use crate::app::{Clock, SystemClock, Timestamp};

use super::folder;

/// Furthest a demo's clock goes ahead: ten years.
const FURTHEST: i64 = 10 * 366 * 24 * 3600 * 1000;

/// See the module's text. Clones share one clock.
#[derive(Clone)]
pub struct DemoClock {
    ahead: Arc<AtomicI64>,
    file: Arc<PathBuf>,
}

impl DemoClock {
    /// The clock as `file` left it.
    ///
    /// # Errors
    /// When the file is there and is not a clock's.
    pub fn open(file: PathBuf) -> anyhow::Result<Self> {
        let ahead = match folder::read(&file)? {
            Some(text) => text
                .trim()
                .parse()
                .with_context(|| format!("the file {} is not a demo's clock", file.display()))?,
            None => 0,
        };
        Ok(Self {
            ahead: Arc::new(AtomicI64::new(ahead)),
            file: Arc::new(file),
        })
    }

    /// Moves the clock forward for good; it never goes back.
    ///
    /// # Errors
    /// When this cannot be written down; the clock has moved all the same.
    pub fn advance(&self, by: Duration) -> anyhow::Result<()> {
        let by = i64::try_from(by.as_millis()).unwrap_or(FURTHEST);
        let moved = |ahead: i64| Some(ahead.saturating_add(by).min(FURTHEST));
        let before = self
            .ahead
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, moved)
            .unwrap_or_default();
        let ahead = moved(before).unwrap_or(before);
        folder::replace(&self.file, &format!("{ahead}\n"))
    }
}

impl Clock for DemoClock {
    fn now(&self) -> Timestamp {
        let ahead = u64::try_from(self.ahead.load(Ordering::Acquire)).unwrap_or(0);
        SystemClock.now().plus(Duration::from_millis(ahead))
    }
}
