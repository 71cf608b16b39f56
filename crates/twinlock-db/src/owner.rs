//! One `serve` per database file.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::path::Path;

use crate::{DbError, DbResult};

/// Holds the ownership of a database for as long as it lives; the system gives it up when the
/// process ends, however it ends.
#[derive(Debug)]
pub struct OwnerGuard {
    lock: Option<File>,
}

impl OwnerGuard {
    /// PostgreSQL may be served by many nodes.
    pub(crate) fn shared() -> Self {
        Self { lock: None }
    }

    /// Locks the file `<database>.lock` beside a SQLite database, without opening the database.
    ///
    /// # Errors
    /// [`DbError::Owned`] when another process owns the database; [`DbError::Unavailable`] when the lock file cannot be made.
    pub fn of_file(database: &Path) -> DbResult<Self> {
        let mut path = database.as_os_str().to_owned();
        path.push(".lock");
        let unavailable = |fault: std::io::Error| {
            DbError::Unavailable(format!("lock file {}: {fault}", path.display()))
        };
        // The lock is on a file of its own: closing a second handle of the database file itself
        // would drop SQLite's own locks on it.
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(unavailable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(DbError::Owned(database.display().to_string()));
            }
            Err(TryLockError::Error(fault)) => return Err(unavailable(fault)),
        }
        // Only a hint for people who look; the lock does not depend on it.
        let noted = file
            .set_len(0)
            .and_then(|()| file.write_all(format!("{}\n", std::process::id()).as_bytes()));
        if let Err(fault) = noted {
            tracing::warn!(%fault, "the process id could not be noted in the lock file");
        }
        Ok(Self { lock: Some(file) })
    }
}

impl Drop for OwnerGuard {
    fn drop(&mut self) {
        // Closing the file is not enough: a program that is being started at this moment may hold
        // a copy of the handle until it runs.
        if let Some(Err(fault)) = self.lock.as_ref().map(File::unlock) {
            tracing::warn!(%fault, "the lock file could not be given up");
        }
    }
}
