//! What can go wrong in the database, sorted by what the caller can do about it.

use crate::sealed::SealError;

/// The result of every operation of this crate.
pub type DbResult<T> = Result<T, DbError>;

/// A fault of the database. Refusals (a wrong code, a used link) are values, never this.
///
/// Texts name statements, tables and causes, never stored values, so they may be logged.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DbError {
    /// The queue of this store or of this account is full. Answer 503 with Retry-After.
    #[error("the database has too much queued work")]
    Busy,
    /// The database cannot be reached or cannot keep a change: connection lost, disk full, read
    /// only, COMMIT failed, timeout. Answer 503. The change may or may not have been kept if the
    /// connection was lost during COMMIT; it is never run again by the store.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// A bug of ours: wrong SQL, a value of the wrong type, a broken constraint.
    #[error("a statement failed: {0}")]
    Statement(String),
    /// A stored secret did not open. Never to be read as "there is none".
    #[error("a sealed value did not open: {0}")]
    Sealed(#[from] SealError),
    /// The closure panicked; its change was rolled back, its neighbours' were not.
    #[error("the work inside a transaction panicked")]
    Panicked,
    /// The database was migrated by a newer release; this one must not touch it.
    #[error(
        "the database has schema version {found}, this release knows only up to {known}: start the newer release, or restore a backup made before the upgrade"
    )]
    SchemaTooNew {
        /// The version found in the database.
        found: u32,
        /// The newest version this program has a migration for (0: none).
        known: u32,
    },
    /// A migration that was applied is not the one this program carries.
    #[error(
        "migration {version} ({name}) was applied with another text: migrations are never edited, add a new one"
    )]
    MigrationChanged {
        /// The number of the migration that differs.
        version: u32,
        /// Its name in this program, or in the database where this program has none.
        name: String,
    },
    /// Another `serve` owns this database file.
    #[error("another process already serves this database: {0}")]
    Owned(String),
}

impl DbError {
    /// Whether the caller should be told to come back later (503) rather than that we are broken.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Busy | Self::Unavailable(_))
    }
}
