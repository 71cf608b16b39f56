//! The transaction a closure works in.

use crate::row::Row;
use crate::value::Value;
use crate::{DbError, DbResult, pg, sqlite};

/// A running transaction. It ends with the closure: kept if the closure returns `Ok`, undone
/// otherwise.
pub struct Tx<'a> {
    connection: Link<'a>,
    read_only: bool,
    /// The first failed statement. PostgreSQL refuses everything after it and SQLite does not, so
    /// that a closure which swallowed the error would be kept on one engine only.
    failed: Option<DbError>,
    /// Why PostgreSQL's transaction should be run once more, if it should.
    setback: Option<Setback>,
}

/// Why a transaction that has not been committed may be run once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Setback {
    /// It lost against another one (SQLSTATE 40001, 40P01).
    Race,
    /// The connection died: a restarted server, a cut line.
    Dead,
}

/// The connection beneath.
pub(crate) enum Link<'a> {
    Sqlite(&'a rusqlite::Connection),
    Postgres(&'a mut pg::Connection),
}

impl<'a> Tx<'a> {
    /// Runs a statement that answers no rows, and says how many rows it changed.
    ///
    /// # Errors
    /// [`DbError::Statement`] for wrong SQL, values or a broken constraint,
    /// [`DbError::Unavailable`] when the engine cannot. Either way the transaction is lost.
    pub fn execute(&mut self, sql: &'static str, params: &[Value]) -> DbResult<u64> {
        self.usable()?;
        if self.read_only {
            return self.note(Err(DbError::Statement(format!(
                "a change inside a read: {sql}"
            ))));
        }
        let outcome = match &mut self.connection {
            Link::Sqlite(connection) => sqlite::execute(connection, sql, params),
            Link::Postgres(connection) => connection
                .execute(sql, params)
                .map_err(|fault| fault.note(&mut self.setback)),
        };
        self.note(outcome)
    }

    /// Runs a statement and reads every row it answers, in order.
    ///
    /// # Errors
    /// As [`Tx::execute`]; and what `map` returns, which alone does not end the transaction.
    pub fn query<T>(
        &mut self,
        sql: &'static str,
        params: &[Value],
        map: impl Fn(&Row<'_>) -> DbResult<T>,
    ) -> DbResult<Vec<T>> {
        self.usable()?;
        let outcome = match &mut self.connection {
            Link::Sqlite(connection) => sqlite::query(connection, sql, params, &map),
            Link::Postgres(connection) => connection
                .query(sql, params, &map)
                .map_err(|fault| fault.note(&mut self.setback)),
        };
        match outcome {
            Ok(rows) => rows,
            Err(fault) => self.note(Err(self.in_read(fault))),
        }
    }

    /// Runs a statement that answers one row at most.
    ///
    /// # Errors
    /// As [`Tx::query`], and [`DbError::Statement`] for more rows than one.
    pub fn query_opt<T>(
        &mut self,
        sql: &'static str,
        params: &[Value],
        map: impl Fn(&Row<'_>) -> DbResult<T>,
    ) -> DbResult<Option<T>> {
        let mut rows = self.query(sql, params, map)?;
        if rows.len() > 1 {
            return self.note(Err(DbError::Statement(format!(
                "{} rows instead of one at most: {sql}",
                rows.len()
            ))));
        }
        Ok(rows.pop())
    }

    /// Runs a statement that answers exactly one row.
    ///
    /// # Errors
    /// As [`Tx::query_opt`], and [`DbError::Statement`] for no row.
    pub fn query_one<T>(
        &mut self,
        sql: &'static str,
        params: &[Value],
        map: impl Fn(&Row<'_>) -> DbResult<T>,
    ) -> DbResult<T> {
        match self.query_opt(sql, params, map)? {
            Some(row) => Ok(row),
            None => self.note(Err(DbError::Statement(format!("no row: {sql}")))),
        }
    }

    pub(crate) fn new(connection: Link<'a>, read_only: bool) -> Self {
        Self {
            connection,
            read_only,
            failed: None,
            setback: None,
        }
    }

    /// Runs several statements without values: the migration runner's text.
    pub(crate) fn batch(&mut self, sql: &str) -> DbResult<()> {
        self.usable()?;
        let outcome = match &mut self.connection {
            Link::Sqlite(connection) => sqlite::batch(connection, sql),
            Link::Postgres(connection) => connection
                .batch(sql)
                .map_err(|fault| fault.note(&mut self.setback)),
        };
        self.note(outcome)
    }

    pub(crate) fn engine(&self) -> crate::Engine {
        match self.connection {
            Link::Sqlite(_) => crate::Engine::Sqlite,
            Link::Postgres(_) => crate::Engine::Postgres,
        }
    }

    /// The closure's answer, unless it went on after a failed statement.
    pub(crate) fn verdict<T>(&self, answer: DbResult<T>) -> DbResult<T> {
        match (answer, &self.failed) {
            (Ok(_), Some(fault)) => Err(fault.clone()),
            (answer, _) => answer,
        }
    }

    pub(crate) fn setback(&self) -> Option<Setback> {
        self.setback
    }

    fn usable(&self) -> DbResult<()> {
        self.failed.clone().map_or(Ok(()), Err)
    }

    fn note<T>(&mut self, outcome: DbResult<T>) -> DbResult<T> {
        if let Err(fault) = &outcome {
            self.failed.get_or_insert_with(|| fault.clone());
        }
        outcome
    }

    /// A change refused because this is a read is our bug, not a broken disk.
    fn in_read(&self, fault: DbError) -> DbError {
        match fault {
            DbError::Unavailable(text) if self.read_only && text.contains("read-only") => {
                DbError::Statement(format!("a change inside a read: {text}"))
            }
            other => other,
        }
    }
}
