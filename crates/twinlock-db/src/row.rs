//! One row of an answer, read by position.

use crate::{DbError, DbResult};

/// A row of an answer. Every reader takes the position of the column, from 0, and fails with
/// [`DbError::Statement`] if there is no such column, or if its value is of another kind or null
/// (the `opt_` readers take null).
pub struct Row<'a>(pub(crate) Source<'a>);

/// Where the row comes from.
pub(crate) enum Source<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a postgres::Row),
}

/// One value of a row, borrowed.
pub(crate) enum Cell<'a> {
    Null,
    Int(i64),
    Text(&'a str),
    Bytes(&'a [u8]),
}

impl Row<'_> {
    /// An integer.
    ///
    /// # Errors
    /// If the column is missing, null or no integer; so for all readers, each with its own kind.
    pub fn int(&self, column: usize) -> DbResult<i64> {
        required(column, self.opt_int(column)?)
    }

    /// A text.
    ///
    /// # Errors
    /// As [`Row::int`].
    pub fn text(&self, column: usize) -> DbResult<String> {
        required(column, self.opt_text(column)?)
    }

    /// Bytes of any length.
    ///
    /// # Errors
    /// As [`Row::int`].
    pub fn bytes(&self, column: usize) -> DbResult<Vec<u8>> {
        required(column, self.opt_bytes(column)?)
    }

    /// Sixteen bytes: an id.
    ///
    /// # Errors
    /// As [`Row::int`], and if the length is another.
    pub fn bytes16(&self, column: usize) -> DbResult<[u8; 16]> {
        required(column, self.opt_bytes16(column)?)
    }

    /// Thirty-two bytes: a hash or a MAC.
    ///
    /// # Errors
    /// As [`Row::int`], and if the length is another.
    pub fn bytes32(&self, column: usize) -> DbResult<[u8; 32]> {
        let bytes = self.bytes(column)?;
        <[u8; 32]>::try_from(bytes.as_slice())
            .map_err(|_| wrong(column, "32 bytes", &Cell::Bytes(&bytes)))
    }

    /// A flag, stored as 0 or 1.
    ///
    /// # Errors
    /// As [`Row::int`], and for any other number.
    pub fn flag(&self, column: usize) -> DbResult<bool> {
        match self.int(column)? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(wrong(column, "0 or 1", &Cell::Int(other))),
        }
    }

    /// An integer that fits 32 unsigned bits: counts, versions, key ids.
    ///
    /// # Errors
    /// As [`Row::int`], and if it does not fit.
    pub fn u32(&self, column: usize) -> DbResult<u32> {
        let number = self.int(column)?;
        u32::try_from(number).map_err(|_| wrong(column, "a 32-bit count", &Cell::Int(number)))
    }

    /// An integer, or `None` for null.
    ///
    /// # Errors
    /// As [`Row::int`], but null is no error; so for all `opt_` readers.
    pub fn opt_int(&self, column: usize) -> DbResult<Option<i64>> {
        match self.cell(column)? {
            Cell::Null => Ok(None),
            Cell::Int(number) => Ok(Some(number)),
            other => Err(wrong(column, "an integer", &other)),
        }
    }

    /// A text, or `None` for null.
    ///
    /// # Errors
    /// As [`Row::opt_int`].
    pub fn opt_text(&self, column: usize) -> DbResult<Option<String>> {
        match self.cell(column)? {
            Cell::Null => Ok(None),
            Cell::Text(text) => Ok(Some(text.to_owned())),
            other => Err(wrong(column, "text", &other)),
        }
    }

    /// Bytes, or `None` for null.
    ///
    /// # Errors
    /// As [`Row::opt_int`].
    pub fn opt_bytes(&self, column: usize) -> DbResult<Option<Vec<u8>>> {
        match self.cell(column)? {
            Cell::Null => Ok(None),
            Cell::Bytes(bytes) => Ok(Some(bytes.to_vec())),
            other => Err(wrong(column, "bytes", &other)),
        }
    }

    /// Sixteen bytes, or `None` for null.
    ///
    /// # Errors
    /// As [`Row::opt_int`], and if the length is another.
    pub fn opt_bytes16(&self, column: usize) -> DbResult<Option<[u8; 16]>> {
        match self.cell(column)? {
            Cell::Null => Ok(None),
            Cell::Bytes(bytes) => match <[u8; 16]>::try_from(bytes) {
                Ok(id) => Ok(Some(id)),
                Err(_) => Err(wrong(column, "16 bytes", &Cell::Bytes(bytes))),
            },
            other => Err(wrong(column, "16 bytes", &other)),
        }
    }

    fn cell(&self, column: usize) -> DbResult<Cell<'_>> {
        match self.0 {
            Source::Sqlite(row) => crate::sqlite::cell(row, column),
            Source::Postgres(row) => crate::pg::cell(row, column),
        }
    }
}

fn required<T>(column: usize, value: Option<T>) -> DbResult<T> {
    value.ok_or_else(|| DbError::Statement(format!("column {column} is null")))
}

/// Names the kind that was found, never the value: it may be a secret.
fn wrong(column: usize, wanted: &str, found: &Cell<'_>) -> DbError {
    let found = match found {
        Cell::Null => "null".to_owned(),
        Cell::Int(_) => "an integer".to_owned(),
        Cell::Text(_) => "text".to_owned(),
        Cell::Bytes(bytes) => format!("{} bytes", bytes.len()),
    };
    DbError::Statement(format!("column {column}: wanted {wanted}, found {found}"))
}
