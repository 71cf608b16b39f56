//! Who may write to one account, and how many wait: one hot account starves nobody.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{DbError, DbResult};

/// The queues of all accounts that are being written to now.
#[derive(Clone)]
pub(crate) struct AccountQueues {
    lines: Arc<Mutex<HashMap<[u8; 16], Line>>>,
    /// One that runs and those that wait.
    limit: usize,
}

struct Line {
    callers: usize,
    turn: Arc<Semaphore>,
}

/// A caller's place in the queue of its account; given up when dropped.
pub(crate) struct Place {
    lines: Arc<Mutex<HashMap<[u8; 16], Line>>>,
    account: [u8; 16],
    turn: Arc<Semaphore>,
    permit: Option<OwnedSemaphorePermit>,
}

impl AccountQueues {
    pub(crate) fn new(waiters: usize) -> Self {
        Self {
            lines: Arc::default(),
            limit: waiters.saturating_add(1),
        }
    }

    /// Takes a place.
    ///
    /// # Errors
    /// [`DbError::Busy`] when the queue of this account is full.
    pub(crate) fn enter(&self, account: [u8; 16]) -> DbResult<Place> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let line = lines.entry(account).or_insert_with(|| Line {
            callers: 0,
            turn: Arc::new(Semaphore::new(1)),
        });
        if line.callers >= self.limit {
            return Err(DbError::Busy);
        }
        line.callers += 1;
        let turn = Arc::clone(&line.turn);
        Ok(Place {
            lines: Arc::clone(&self.lines),
            account,
            turn,
            permit: None,
        })
    }
}

impl Place {
    /// Waits until those before are done. The SQLite engine does without: its one writer keeps the
    /// order by itself, and may commit several together.
    pub(crate) async fn turn(&mut self) -> DbResult<()> {
        let permit = Arc::clone(&self.turn)
            .acquire_owned()
            .await
            .map_err(|_| DbError::Busy)?;
        self.permit = Some(permit);
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // The next caller must find its turn free before the line may be forgotten.
        drop(self.permit.take());
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = lines.get_mut(&self.account) {
            line.callers = line.callers.saturating_sub(1);
            if line.callers == 0 {
                lines.remove(&self.account);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixth_caller_of_one_account_is_refused_and_another_account_is_not() {
        let queues = AccountQueues::new(4);
        let mut places: Vec<_> = (0..5).map(|_| queues.enter([1; 16]).unwrap()).collect();
        assert!(matches!(queues.enter([1; 16]), Err(DbError::Busy)));
        assert!(queues.enter([2; 16]).is_ok());
        places.pop();
        assert!(queues.enter([1; 16]).is_ok());
        drop(places);
        assert!(
            queues.lines.lock().unwrap().is_empty(),
            "an idle account costs no memory"
        );
    }
}
