//! Reading connections, beside the writer.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;

use super::statements::execute;
use crate::job::Job;
use crate::turnstile::Turnstile;
use crate::tx::{Link, Tx};
use crate::{DbResult, StoreOptions};

/// The reading connections that are idle, and the turnstile before them.
pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    turnstile: Turnstile,
}

impl Readers {
    pub(super) fn new(path: PathBuf, options: &StoreOptions) -> Self {
        let turnstile = Turnstile::new(options.readers, options.queue_limit);
        Self {
            path,
            idle: Mutex::default(),
            turnstile,
        }
    }

    /// Runs `job` on a blocking thread as soon as a connection is free.
    pub(super) async fn start(self: &Arc<Self>, mut job: Box<dyn Job>) -> DbResult<()> {
        let permit = self.turnstile.pass().await?;
        let readers = Arc::clone(self);
        // The caller waits for the job's own answer, not for the thread.
        drop(tokio::task::spawn_blocking(move || {
            let fault = readers.run(job.as_mut()).err();
            drop(permit);
            job.settle(fault);
        }));
        Ok(())
    }

    /// Waits for the running reads, refuses others, lets go of the file.
    pub(super) async fn close(&self) {
        self.turnstile.close().await;
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    fn run(&self, job: &mut dyn Job) -> DbResult<()> {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let connection = match idle {
            Some(connection) => connection,
            None => super::reading_connection(&self.path)?,
        };
        execute(&connection, "BEGIN", &[])?;
        job.run(&mut Tx::new(Link::Sqlite(&connection), true));
        // A connection that fails to end its read is not used again.
        if !connection.is_autocommit() {
            execute(&connection, "ROLLBACK", &[])?;
        }
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(connection);
        Ok(())
    }
}
