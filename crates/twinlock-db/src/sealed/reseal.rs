//! Sealing values anew with the active data key, a page of rows at a time, beside everything else.

use std::collections::BTreeMap;

use super::{Keyring, Place};
use crate::{DbResult, Locks, Store, Value};

/// A column of sealed values, and how its rows are walked.
///
/// Made by [`sealed_column!`](crate::sealed_column), listed by the store that owns the column.
#[derive(Clone, Copy, Debug)]
pub struct SealedColumn {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// What tells an account's rows apart.
    pub rows: RowKey,
    /// The next `?3` rows after account `?1` and row `?2`: account, row, sealed value.
    pub walk: &'static str,
    /// Puts `?4` in the place of `?3` in the row of account `?1` and row `?2`.
    pub swap: &'static str,
}

/// What tells the rows of an account apart, and is what their values are sealed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowKey {
    /// Nothing: there is one.
    OneRow,
    /// A column of bytes.
    Bytes,
    /// A column of numbers from 1; values are sealed to eight bytes, the highest first.
    Number,
}

/// Declares a column of sealed values of a table whose key is the account, or the account and the
/// column named by `row` (bytes) or `number`; that one is what the values are sealed to.
#[macro_export]
macro_rules! sealed_column {
    ($table:literal, $column:literal) => {
        $crate::sealed_column!(@ $table, $column, "account_id", OneRow)
    };
    ($table:literal, $column:literal, row: $row:literal) => {
        $crate::sealed_column!(@ $table, $column, $row, Bytes)
    };
    ($table:literal, $column:literal, number: $row:literal) => {
        $crate::sealed_column!(@ $table, $column, $row, Number)
    };
    (@ $table:literal, $column:literal, $row:literal, $rows:ident) => {
        $crate::sealed::SealedColumn {
            table: $table,
            column: $column,
            rows: $crate::sealed::RowKey::$rows,
            // Pages are of rows looked at, not of rows found: none takes longer than another.
            walk: concat!(
                "SELECT account_id, ", $row, ", ", $column, " FROM ", $table,
                " WHERE (account_id, ", $row, ") > (?1, ?2) ORDER BY account_id, ", $row, " LIMIT ?3"
            ),
            // The old value is part of the condition: what somebody wrote meanwhile stays.
            swap: concat!(
                "UPDATE ", $table, " SET ", $column, " = ?4 WHERE account_id = ?1 AND ", $row,
                " = ?2 AND ", $column, " = ?3"
            ),
        }
    };
}

impl SealedColumn {
    /// Both statements, for the test that prepares them all.
    #[must_use]
    pub fn statements(&self) -> [&'static str; 2] {
        [self.walk, self.swap]
    }

    fn place<'a>(&self, row: &'a Row) -> Place<'a> {
        Place {
            table: self.table,
            column: self.column,
            account: &row.account,
            row: match self.rows {
                RowKey::OneRow => &[],
                RowKey::Bytes | RowKey::Number => &row.row,
            },
        }
    }

    /// The row's key as the statements take it; that of no row is before all.
    fn bound(&self, row: &[u8]) -> Value {
        match self.rows {
            RowKey::OneRow | RowKey::Bytes => row.into(),
            RowKey::Number => i64::from_be_bytes(row.try_into().unwrap_or([0; 8])).into(),
        }
    }

    fn read(&self, row: &crate::Row<'_>) -> DbResult<Vec<u8>> {
        match self.rows {
            RowKey::OneRow | RowKey::Bytes => row.bytes(1),
            RowKey::Number => Ok(row.int(1)?.to_be_bytes().to_vec()),
        }
    }
}

/// Where a walk over a column stands.
#[derive(Clone, Debug, Default)]
pub struct Cursor {
    account: Vec<u8>,
    row: Vec<u8>,
}

/// What one page of a walk found.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// Where the next page begins; `None` after the last one.
    pub next: Option<Cursor>,
    /// Sealed values by the number of their data key, before anything was changed.
    pub by_key: BTreeMap<u32, u64>,
    /// Values that were sealed anew.
    pub resealed: u64,
    /// Accounts of values that do not open; they were left as they are.
    pub unreadable: Vec<[u8; 16]>,
}

struct Row {
    account: [u8; 16],
    row: Vec<u8>,
    sealed: Option<Vec<u8>>,
}

impl Keyring {
    /// Counts the values of up to `limit` rows by their data key.
    ///
    /// # Errors
    /// What the store failed with.
    pub async fn count_page(
        store: &Store,
        column: SealedColumn,
        from: &Cursor,
        limit: u32,
    ) -> DbResult<Page> {
        let rows = rows(store, column, from, limit).await?;
        Ok(page(&rows, limit))
    }

    /// Seals the values of up to `limit` rows anew that another key than the active one sealed.
    /// What is changed by somebody else at the same time is left to a later walk.
    ///
    /// # Errors
    /// What the store failed with; nothing of the page was changed then.
    pub async fn reseal_page(
        &self,
        store: &Store,
        column: SealedColumn,
        from: &Cursor,
        limit: u32,
        nonce_seed: &[u8; 32],
    ) -> DbResult<Page> {
        let rows = rows(store, column, from, limit).await?;
        let mut page = page(&rows, limit);
        let mut swaps: Vec<[Value; 4]> = Vec::new();
        for row in &rows {
            let Some(sealed) = &row.sealed else { continue };
            if Self::key_id_of(sealed) == Some(self.active_id()) {
                continue;
            }
            match self.open(column.place(row), sealed) {
                Ok(plain) => swaps.push([
                    row.account.into(),
                    column.bound(&row.row),
                    sealed.as_slice().into(),
                    self.seal(column.place(row), &plain, nonce_seed).into(),
                ]),
                Err(_) => page.unreadable.push(row.account),
            }
        }
        if swaps.is_empty() {
            return Ok(page);
        }
        let swap = move |tx: &mut crate::Tx<'_>| {
            let mut changed = 0;
            for values in &swaps {
                changed += tx.execute(column.swap, values)?;
            }
            Ok(changed)
        };
        page.resealed = store.write(Locks::none(), swap).await?;
        Ok(page)
    }
}

async fn rows(
    store: &Store,
    column: SealedColumn,
    from: &Cursor,
    limit: u32,
) -> DbResult<Vec<Row>> {
    let values = [
        from.account.as_slice().into(),
        column.bound(&from.row),
        limit.into(),
    ];
    store
        .read(move |tx| {
            tx.query(column.walk, &values, |row| {
                Ok(Row {
                    account: row.bytes16(0)?,
                    row: column.read(row)?,
                    sealed: row.opt_bytes(2)?,
                })
            })
        })
        .await
}

fn page(rows: &[Row], limit: u32) -> Page {
    let mut page = Page::default();
    for row in rows {
        if let Some(id) = row.sealed.as_deref().and_then(Keyring::key_id_of) {
            *page.by_key.entry(id).or_default() += 1;
        }
    }
    let is_last = rows.len() < usize::try_from(limit).unwrap_or(usize::MAX);
    page.next = match rows.last() {
        Some(last) if !is_last => Some(Cursor {
            account: last.account.to_vec(),
            row: last.row.clone(),
        }),
        _ => None,
    };
    page
}
