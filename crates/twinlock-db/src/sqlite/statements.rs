//! Running one statement on SQLite.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, params_from_iter};

use crate::row::{Cell, Row, Source};
use crate::{DbError, DbResult, Value};

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Id(id) => ValueRef::Blob(id),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// Runs a statement without rows; the number of rows changed.
pub(crate) fn execute(connection: &Connection, sql: &str, params: &[Value]) -> DbResult<u64> {
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute(params_from_iter(params)))
        .map(|rows| u64::try_from(rows).unwrap_or(u64::MAX))
        .map_err(|error| fault(&error, sql))
}

/// Runs a statement with rows. The outer fault is the engine's, the inner one is of `map`.
pub(crate) fn query<T>(
    connection: &Connection,
    sql: &str,
    params: &[Value],
    map: &impl Fn(&Row<'_>) -> DbResult<T>,
) -> DbResult<DbResult<Vec<T>>> {
    let failed = |error: rusqlite::Error| fault(&error, sql);
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let mut rows = statement.query(params_from_iter(params)).map_err(failed)?;
    let mut mapped = Ok(Vec::new());
    // Rows are taken to the end even after `map` failed: a statement that changes rows and answers
    // them (RETURNING) is done only then.
    while let Some(row) = rows.next().map_err(failed)? {
        if let Ok(list) = &mut mapped {
            match map(&Row(Source::Sqlite(row))) {
                Ok(item) => list.push(item),
                Err(own) => mapped = Err(own),
            }
        }
    }
    Ok(mapped)
}

/// Runs statements without values.
pub(crate) fn batch(connection: &Connection, sql: &str) -> DbResult<()> {
    connection
        .execute_batch(sql)
        .map_err(|error| fault(&error, sql))
}

/// One value of a row.
pub(crate) fn cell<'a>(row: &'a rusqlite::Row<'_>, column: usize) -> DbResult<Cell<'a>> {
    let value = row
        .get_ref(column)
        .map_err(|_| DbError::Statement(format!("there is no column {column}")))?;
    match value {
        ValueRef::Null => Ok(Cell::Null),
        ValueRef::Integer(number) => Ok(Cell::Int(number)),
        ValueRef::Text(text) => std::str::from_utf8(text)
            .map(Cell::Text)
            .map_err(|_| DbError::Statement(format!("column {column} is no UTF-8"))),
        ValueRef::Blob(bytes) => Ok(Cell::Bytes(bytes)),
        ValueRef::Real(_) => Err(DbError::Statement(format!(
            "column {column} is a fraction; use integers"
        ))),
    }
}

/// Sorts an error of SQLite by who must act.
pub(crate) fn fault(error: &rusqlite::Error, sql: &str) -> DbError {
    match error.sqlite_error_code() {
        Some(ErrorCode::ReadOnly) => {
            DbError::Unavailable(format!("the database is read-only: {error}"))
        }
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::OutOfMemory
            | ErrorCode::DatabaseCorrupt
            | ErrorCode::NotADatabase
            | ErrorCode::OperationInterrupted
            | ErrorCode::FileLockingProtocolFailed
            | ErrorCode::PermissionDenied,
        ) => DbError::Unavailable(error.to_string()),
        _ => DbError::Statement(format!("{error}: {sql}")),
    }
}
