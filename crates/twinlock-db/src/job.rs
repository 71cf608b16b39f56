//! One caller's work on its way through an engine.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokio::sync::oneshot;

use crate::account_queue::Place;
use crate::tx::Tx;
use crate::{DbError, DbResult};

/// Work whose answer type is hidden, so that one queue carries all.
pub(crate) trait Job: Send {
    /// Runs the work and keeps its answer, in place of that of a run before. `true` if its change should be kept.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;
    /// Says how the transaction ended: the caller gets the kept answer, or `fault`.
    fn settle(self: Box<Self>, fault: Option<DbError>);
}

/// Runs a closure so that its panic is this caller's fault alone.
pub(crate) fn run_guarded<T>(
    tx: &mut Tx<'_>,
    work: &(impl Fn(&mut Tx<'_>) -> DbResult<T> + ?Sized),
) -> DbResult<T> {
    // The transaction is rolled back after a panic, so no half-made state is seen by anyone.
    match catch_unwind(AssertUnwindSafe(|| work(tx))) {
        Ok(answer) => tx.verdict(answer),
        Err(_) => Err(DbError::Panicked),
    }
}

/// Hears of every account that was written, before the writer is answered.
pub(crate) type Announce = Arc<dyn Fn(&[u8; 16]) + Send + Sync>;

/// The work of one [`crate::Store::write`] or [`crate::Store::read`].
pub(crate) struct Call<T, F> {
    pub(crate) work: F,
    pub(crate) answer: Option<DbResult<T>>,
    pub(crate) caller: oneshot::Sender<DbResult<T>>,
    /// Whose change is announced once it is kept.
    pub(crate) announce: Option<([u8; 16], Announce)>,
    /// The place in the account's queue; given up when the job is settled, whether or not the
    /// caller still waits.
    pub(crate) place: Option<Place>,
}

impl<T, F> Job for Call<T, F>
where
    T: Send,
    F: Fn(&mut Tx<'_>) -> DbResult<T> + Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        if self.caller.is_closed() {
            // Nobody waits any more. Not running it is as good as never having been asked, and undoes nothing of its neighbours.
            self.answer = Some(Err(DbError::Busy));
            return true;
        }
        let answer = run_guarded(tx, &self.work);
        let keep = answer.is_ok();
        self.answer = Some(answer);
        keep
    }

    fn settle(mut self: Box<Self>, fault: Option<DbError>) {
        let answer = match (self.answer.take(), fault) {
            (Some(Err(own)), _) => Err(own),
            (_, Some(fault)) => {
                self.announce_account();
                Err(fault)
            }
            (Some(Ok(answer)), None) => {
                self.announce_account();
                Ok(answer)
            }
            (None, None) => Err(DbError::Unavailable("the work was not run".to_owned())),
        };
        drop(self.place.take());
        // A caller that went away does not undo what was committed.
        let _ = self.caller.send(answer);
    }
}

impl<T, F> Call<T, F> {
    /// Also after a failed commit: forgetting a cached session costs a read, keeping it may not.
    fn announce_account(&self) {
        if let Some((account, announce)) = &self.announce {
            announce(account);
        }
    }
}
