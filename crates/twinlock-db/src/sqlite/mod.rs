//! The embedded engine: one writer thread with group commit, readers beside it.

mod backup;
mod readers;
mod statements;
mod writer;

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, MAIN_DB, OpenFlags};

use crate::job::Job;
use crate::store::blocking;
use crate::{DbError, DbResult, StoreOptions};

pub(crate) use statements::{batch, cell, execute, query};

/// How long a writer waits for another process (the command line) to finish its transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// The write-ahead log is copied back once it has this many pages of 4 KiB.
const CHECKPOINT_PAGES: u32 = 8000;
/// Prepared statements kept per connection: more than the program has.
const STATEMENTS: usize = 1024;

/// An open database file.
pub(crate) struct SqliteEngine {
    path: PathBuf,
    writer: writer::Writer,
    readers: Arc<readers::Readers>,
}

impl SqliteEngine {
    /// Opens or creates the file and starts its writer.
    pub(crate) async fn open(path: PathBuf, options: StoreOptions) -> DbResult<Self> {
        blocking(move || {
            let connection = writing_connection(&path, options.sqlite_page_limit)?;
            let writer = writer::Writer::start(connection, options.queue_limit)?;
            let readers = Arc::new(readers::Readers::new(path.clone(), &options));
            Ok(Self {
                path,
                writer,
                readers,
            })
        })
        .await
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Queues work for the writer.
    pub(crate) fn enqueue(&self, job: Box<dyn Job>) -> DbResult<()> {
        self.writer.enqueue(job)
    }

    /// How many callers wait for the writer now.
    pub(crate) fn waiting(&self) -> usize {
        self.writer.waiting()
    }

    /// Starts work on a reading connection.
    pub(crate) async fn start_read(&self, job: Box<dyn Job>) -> DbResult<()> {
        self.readers.start(job).await
    }

    pub(crate) async fn prepare_all(&self, statements: Vec<&'static str>) -> DbResult<()> {
        let path = self.path.clone();
        blocking(move || {
            let connection = reading_connection(&path)?;
            for sql in statements {
                connection
                    .prepare(sql)
                    .map_err(|fault| statements::fault(&fault, sql))?;
            }
            Ok(())
        })
        .await
    }

    pub(crate) async fn backup_to(
        &self,
        target: PathBuf,
        progress: Box<dyn Fn(u64, u64) + Send>,
    ) -> DbResult<()> {
        let source = self.path.clone();
        blocking(move || backup::copy(&source, &target, &*progress)).await
    }

    pub(crate) async fn close(&self) {
        // Readers first: the log cannot be emptied while one still reads from it.
        self.readers.close().await;
        self.writer.close().await;
    }
}

fn writing_connection(path: &Path, page_limit: Option<u32>) -> DbResult<Connection> {
    create_private(path)?;
    let connection = open(path)?;
    let failed = |fault: rusqlite::Error| statements::fault(&fault, "opening the database");
    if connection.is_readonly(MAIN_DB).map_err(failed)? {
        return Err(DbError::Unavailable(format!(
            "{} is read-only",
            path.display()
        )));
    }
    let mode: String = connection
        .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))
        .map_err(failed)?;
    if !mode.eq_ignore_ascii_case("wal") {
        return Err(DbError::Unavailable(format!(
            "{}: the file system does not support a write-ahead log (mode {mode})",
            path.display()
        )));
    }
    // FULL, because a COMMIT must be on the disk before its callers are answered.
    connection
        .pragma_update(None, "synchronous", "FULL")
        .map_err(failed)?;
    connection
        .pragma_update(None, "foreign_keys", true)
        .map_err(failed)?;
    connection
        .pragma_update(None, "cache_size", -8000)
        .map_err(failed)?;
    // What is undone for one caller is kept as pages of before; without this they go to a file beside.
    connection
        .pragma_update(None, "temp_store", "MEMORY")
        .map_err(failed)?;
    connection
        .pragma_update_and_check(None, "wal_autocheckpoint", CHECKPOINT_PAGES, |_| Ok(()))
        .map_err(failed)?;
    if let Some(pages) = page_limit {
        connection
            .pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
            .map_err(failed)?;
    }
    Ok(connection)
}

fn reading_connection(path: &Path) -> DbResult<Connection> {
    let connection = open(path)?;
    connection
        .pragma_update(None, "query_only", true)
        .map_err(|fault| statements::fault(&fault, "opening the database for reading"))?;
    Ok(connection)
}

fn open(path: &Path) -> DbResult<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = Connection::open_with_flags(path, flags).and_then(|connection| {
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        connection.pragma_update(None, "trusted_schema", false)?;
        // Without this promise of stable plans SQLite throws a kept statement away whenever a value is bound whose size could
        // have mattered to its plan, and parses it anew: most of the time of a write.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        Ok(connection)
    });
    opened.map_err(|fault| DbError::Unavailable(format!("{}: {fault}", path.display())))
}

/// Creates the file readable by its owner only; SQLite gives its log the same rights. An existing
/// file is left alone, and not even opened: closing it again would drop the locks that another
/// connection of this process holds on it.
fn create_private(path: &Path) -> DbResult<()> {
    let created = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    match created.and_then(|_| sync_folder_of(path)) {
        Ok(()) => Ok(()),
        Err(fault) if fault.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(fault) => Err(DbError::Unavailable(format!("{}: {fault}", path.display()))),
    }
}

/// Makes the name of a new file outlive a power cut, as its contents do.
fn sync_folder_of(path: &Path) -> std::io::Result<()> {
    let parent = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}
