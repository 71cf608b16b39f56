//! Values on their way to and from PostgreSQL.

use std::error::Error;

use postgres::types::private::BytesMut;
use postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use crate::row::Cell;
use crate::{DbError, DbResult, Value};

/// A value to bind, encoded for whatever type the server inferred.
#[derive(Debug)]
pub(super) struct Param<'a>(pub(super) &'a Value);

impl ToSql for Param<'_> {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match (self.0, kind) {
            (Value::Null, _) => Ok(IsNull::Yes),
            (Value::Int(number), &Type::INT8) => number.to_sql(kind, out),
            (Value::Int(number), &Type::INT4) => narrow::<i32>(*number, kind)?.to_sql(kind, out),
            (Value::Int(number), &Type::INT2) => narrow::<i16>(*number, kind)?.to_sql(kind, out),
            (Value::Int(number @ (0 | 1)), &Type::BOOL) => (*number == 1).to_sql(kind, out),
            (Value::Text(text), &Type::TEXT | &Type::VARCHAR) => text.to_sql(kind, out),
            (Value::Id(id), &Type::BYTEA) => id.as_slice().to_sql(kind, out),
            (Value::Bytes(bytes), &Type::BYTEA) => bytes.to_sql(kind, out),
            (value, _) => Err(format!("{value:?} does not fit {kind}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn narrow<T: TryFrom<i64>>(number: i64, kind: &Type) -> Result<T, Box<dyn Error + Sync + Send>> {
    T::try_from(number)
        .map_err(|_| format!("{number} does not fit {kind}; write CAST(… AS BIGINT)").into())
}

pub(super) fn is_writable(kind: &Type) -> bool {
    [
        Type::INT8,
        Type::INT4,
        Type::INT2,
        Type::BOOL,
        Type::TEXT,
        Type::VARCHAR,
        Type::BYTEA,
    ]
    .contains(kind)
}

pub(super) fn is_readable(kind: &Type) -> bool {
    is_writable(kind) || *kind == Type::NAME
}

/// One value of a row. A boolean (a comparison, EXISTS) reads as SQLite's 0 or 1.
pub(crate) fn cell(row: &postgres::Row, column: usize) -> DbResult<Cell<'_>> {
    let kind = row
        .columns()
        .get(column)
        .ok_or_else(|| DbError::Statement(format!("there is no column {column}")))?
        .type_();
    let read = match *kind {
        Type::INT8 => row
            .try_get::<_, Option<i64>>(column)
            .map(|cell| cell.map(Cell::Int)),
        Type::INT4 => row
            .try_get::<_, Option<i32>>(column)
            .map(|cell| cell.map(|number| Cell::Int(number.into()))),
        Type::INT2 => row
            .try_get::<_, Option<i16>>(column)
            .map(|cell| cell.map(|number| Cell::Int(number.into()))),
        Type::BOOL => row
            .try_get::<_, Option<bool>>(column)
            .map(|cell| cell.map(|flag| Cell::Int(flag.into()))),
        Type::TEXT | Type::VARCHAR | Type::NAME => row
            .try_get::<_, Option<&str>>(column)
            .map(|cell| cell.map(Cell::Text)),
        Type::BYTEA => row
            .try_get::<_, Option<&[u8]>>(column)
            .map(|cell| cell.map(Cell::Bytes)),
        _ => {
            return Err(DbError::Statement(format!(
                "column {column} is {kind}; use integers, text and bytes"
            )));
        }
    };
    match read {
        Ok(value) => Ok(value.unwrap_or(Cell::Null)),
        Err(error) => Err(DbError::Statement(format!("column {column}: {error}"))),
    }
}
