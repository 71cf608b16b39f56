//! A copy of the file while it is in use.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::statements::fault;
use crate::{DbError, DbResult};

/// Pages copied between two reports.
const STEP: i32 = 512;

/// Copies the state of one moment from `source` to the new file `target`.
pub(super) fn copy(source: &Path, target: &Path, progress: &dyn Fn(u64, u64)) -> DbResult<()> {
    create_new(target)?;
    let copied = copy_pages(source, target, progress);
    if copied.is_err() {
        // Half a copy must not be mistaken for one.
        let _ = std::fs::remove_file(target);
    }
    copied
}

fn copy_pages(source: &Path, target: &Path, progress: &dyn Fn(u64, u64)) -> DbResult<()> {
    let failed = |error: rusqlite::Error| fault(&error, "backup");
    let from = super::reading_connection(source)?;
    // An open read fixes the moment. Without it every change of the writer would start the copy
    // afresh, and under load it would never end.
    from.execute_batch("BEGIN; SELECT 1 FROM sqlite_master LIMIT 1;")
        .map_err(failed)?;
    let mut to = Connection::open(target).map_err(failed)?;
    {
        let backup = Backup::new(&from, &mut to).map_err(failed)?;
        loop {
            let step = backup.step(STEP).map_err(failed)?;
            let pages = backup.progress();
            let total = u64::try_from(pages.pagecount).unwrap_or(0);
            let left = u64::try_from(pages.remaining).unwrap_or(0);
            progress(total.saturating_sub(left), total);
            match step {
                StepResult::Done => break,
                StepResult::More => {}
                _ => pause(),
            }
        }
    }
    // One file, without a log beside it that could be forgotten when it is moved.
    to.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))
        .map_err(failed)?;
    drop(to);
    super::sync_folder_of(target).map_err(|error| unwritable(target, &error))
}

fn create_new(target: &Path) -> DbResult<()> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(target)
        .map(drop)
        .map_err(|error| unwritable(target, &error))
}

fn unwritable(target: &Path, error: &std::io::Error) -> DbError {
    DbError::Unavailable(format!("backup file {}: {error}", target.display()))
}

/// Another process holds the target; blocking threads may wait.
#[allow(
    clippy::disallowed_methods,
    reason = "a blocking thread, and no time is asserted on it"
)]
fn pause() {
    std::thread::sleep(Duration::from_millis(20));
}
