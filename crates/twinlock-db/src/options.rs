//! How a store is opened.

/// Limits and statements of a [`crate::Store`].
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// Locks the account row `?1` on PostgreSQL. SQLite has one writer and needs none.
    pub account_lock_sql: &'static str,
    /// Locks the organization row `?1` exclusively on PostgreSQL.
    pub organization_lock_sql: &'static str,
    /// Locks the organization row `?1` against exclusive lockers on PostgreSQL.
    pub organization_share_sql: &'static str,
    /// How many writes (and, apart, reads) may wait; one more is [`crate::DbError::Busy`].
    pub queue_limit: usize,
    /// How many writes of one account may wait behind the one that runs.
    pub account_waiters: usize,
    /// Reading connections of SQLite.
    pub readers: usize,
    /// Connections to PostgreSQL, for reading and writing.
    pub pool: usize,
    /// The largest size of a SQLite file in pages of 4 KiB; `None` leaves it to the disk.
    pub sqlite_page_limit: Option<u32>,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            account_lock_sql: "SELECT 1 FROM account WHERE account_id = ?1 FOR UPDATE",
            organization_lock_sql: "SELECT 1 FROM organization WHERE organization_id = ?1 FOR UPDATE",
            organization_share_sql: "SELECT 1 FROM organization WHERE organization_id = ?1 FOR SHARE",
            queue_limit: 1024,
            account_waiters: 4,
            readers: 4,
            pool: 16,
            sqlite_page_limit: None,
        }
    }
}
