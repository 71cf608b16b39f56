//! The one writer: what is queued is committed together, and only then is anybody answered.

use rusqlite::Connection;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use super::statements::{batch, execute};
use crate::job::Job;
use crate::store::closed;
use crate::tx::{Link, Tx};
use crate::{DbError, DbResult};

/// How many closures share one COMMIT at most.
const BATCH: usize = 64;

/// The queue before the writer thread.
pub(super) struct Writer {
    orders: mpsc::Sender<Order>,
}

/// Work that waits for the writer.
type Waiting = Box<dyn Job>;

enum Order {
    Work(Waiting),
    Close(oneshot::Sender<()>),
}

impl Writer {
    /// Starts the thread; it ends when the queue is dropped or closed.
    pub(super) fn start(connection: Connection, queue_limit: usize) -> DbResult<Self> {
        let (orders, queue) = mpsc::channel(queue_limit.max(1));
        std::thread::Builder::new()
            .name("database writer".to_owned())
            .spawn(move || serve(connection, queue))
            .map_err(|fault| DbError::Unavailable(format!("no writer thread: {fault}")))?;
        Ok(Self { orders })
    }

    /// Queues work.
    pub(super) fn enqueue(&self, job: Waiting) -> DbResult<()> {
        self.orders
            .try_send(Order::Work(job))
            .map_err(|refused| match refused {
                TrySendError::Full(_) => DbError::Busy,
                TrySendError::Closed(_) => closed(),
            })
    }

    /// How many orders are queued now.
    pub(super) fn waiting(&self) -> usize {
        self.orders.max_capacity() - self.orders.capacity()
    }

    /// Waits until everything queued before is done and the thread has let go of the file.
    pub(super) async fn close(&self) {
        let (done, finished) = oneshot::channel();
        if self.orders.send(Order::Close(done)).await.is_ok() {
            // An error means that the thread has ended another way, which is as good.
            let _ = finished.await;
        }
    }
}

fn serve(connection: Connection, mut queue: mpsc::Receiver<Order>) {
    while let Some(first) = queue.blocking_recv() {
        let mut jobs = Vec::new();
        let mut closing = None;
        let mut next = Some(first);
        while let Some(order) = next {
            match order {
                Order::Work(job) => jobs.push(job),
                Order::Close(done) => closing = Some(done),
            }
            next = if jobs.len() < BATCH && closing.is_none() {
                queue.try_recv().ok()
            } else {
                None
            };
        }
        commit_together(&connection, jobs);
        if let Some(done) = closing {
            queue.close();
            empty_log(&connection);
            drop(connection);
            // Nobody may wait for the answer any more.
            let _ = done.send(());
            return;
        }
    }
    empty_log(&connection);
}

fn commit_together(connection: &Connection, mut jobs: Vec<Waiting>) {
    if jobs.is_empty() {
        return;
    }
    let fault = run_all(connection, &mut jobs).err();
    if let Some(fault) = &fault {
        tracing::error!(%fault, callers = jobs.len(), "a group of changes could not be committed");
    }
    for job in jobs {
        job.settle(fault.clone());
    }
}

/// Runs all in one transaction. Most of the time nobody's work fails, so at first nobody has a savepoint, which would copy every page before its
/// change; if somebody's does, everything is undone and runs again, each apart.
fn run_all(connection: &Connection, jobs: &mut [Waiting]) -> DbResult<()> {
    if in_one(connection, jobs, together)? || jobs.len() == 1 {
        return Ok(());
    }
    tracing::debug!(callers = jobs.len(), "a group of changes runs once more");
    in_one(connection, jobs, apart).map(|_| ())
}

/// One transaction; `false` when it was rolled back because somebody's own work failed.
fn in_one(
    connection: &Connection,
    jobs: &mut [Waiting],
    work: fn(&Connection, &mut [Waiting]) -> DbResult<bool>,
) -> DbResult<bool> {
    // IMMEDIATE: the write lock is taken now, while waiting for another process is still harmless.
    execute(connection, "BEGIN IMMEDIATE", &[])?;
    let outcome = work(connection, jobs).and_then(|keep| {
        if keep {
            execute(connection, "COMMIT", &[]).map_err(|fault| not_kept(&fault))?;
        }
        Ok(keep)
    });
    if !connection.is_autocommit() {
        execute(connection, "ROLLBACK", &[])?;
    }
    outcome
}

/// Runs everybody's work one after the other; `false` as soon as somebody's failed.
fn together(connection: &Connection, jobs: &mut [Waiting]) -> DbResult<bool> {
    for job in jobs {
        if !run(connection, job.as_mut())? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Runs each in a savepoint of its own, so that a fault stays with its caller.
fn apart(connection: &Connection, jobs: &mut [Waiting]) -> DbResult<bool> {
    for job in jobs {
        execute(connection, "SAVEPOINT job", &[])?;
        if !run(connection, job.as_mut())? {
            execute(connection, "ROLLBACK TO job", &[])?;
        }
        execute(connection, "RELEASE job", &[])?;
    }
    Ok(true)
}

/// Runs one caller's work; whether it is to be kept.
///
/// # Errors
/// Only what ends the whole group: the work's own fault stays with its caller.
fn run(connection: &Connection, job: &mut dyn Job) -> DbResult<bool> {
    let keep = job.run(&mut Tx::new(Link::Sqlite(connection), false));
    // On some faults (disk full, I/O) SQLite rolls back everything, neighbours included.
    if connection.is_autocommit() {
        return Err(DbError::Unavailable(
            "SQLite rolled the transaction back".to_owned(),
        ));
    }
    Ok(keep)
}

fn not_kept(fault: &DbError) -> DbError {
    DbError::Unavailable(format!("COMMIT failed: {fault}"))
}

/// Leaves one tidy file behind. A reader of another process may prevent it, which costs nothing.
fn empty_log(connection: &Connection) {
    if let Err(fault) = batch(connection, "PRAGMA wal_checkpoint(TRUNCATE)") {
        tracing::warn!(%fault, "the write-ahead log could not be emptied");
    }
}
