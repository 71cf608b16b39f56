//! A bounded number inside, a bounded number waiting.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::store::closed;
use crate::{DbError, DbResult};

/// How long a caller waits for a connection before it is told to come back later.
const PATIENCE: Duration = Duration::from_secs(5);

/// Lets `places` callers in at a time.
pub(crate) struct Turnstile {
    places: u32,
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
    limit: usize,
}

impl Turnstile {
    pub(crate) fn new(places: usize, limit: usize) -> Self {
        let places = u32::try_from(places.max(1)).unwrap_or(u32::MAX);
        let permits = Arc::new(Semaphore::new(places.try_into().unwrap_or(1)));
        Self {
            places,
            permits,
            waiting: AtomicUsize::new(0),
            limit,
        }
    }

    /// Waits for a place; it is given up when the permit is dropped.
    ///
    /// # Errors
    /// [`DbError::Busy`] when too many wait already, [`DbError::Unavailable`] after five seconds
    /// and when the store was closed.
    pub(crate) async fn pass(&self) -> DbResult<OwnedSemaphorePermit> {
        if let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() {
            return Ok(permit);
        }
        let _waiting = Waiting::new(&self.waiting, self.limit)?;
        let permit = Arc::clone(&self.permits).acquire_owned();
        match tokio::time::timeout(PATIENCE, permit).await {
            Ok(permit) => permit.map_err(|_| closed()),
            Err(_) => Err(DbError::Unavailable(
                "no connection was free in time".to_owned(),
            )),
        }
    }

    /// How many wait for a place now.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Waits until everybody is out and lets nobody in again.
    pub(crate) async fn close(&self) {
        // An error means that it is closed already.
        let _ = self.permits.acquire_many(self.places).await;
        self.permits.close();
    }
}

/// Counts a caller as waiting, for as long as it waits.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize, limit: usize) -> DbResult<Self> {
        let waiting = Self(count);
        if count.fetch_add(1, Ordering::Relaxed) < limit {
            Ok(waiting)
        } else {
            Err(DbError::Busy)
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
