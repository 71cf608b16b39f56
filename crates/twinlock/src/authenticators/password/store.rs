//! Rows of password hashes, sealed.

use twinlock_db::sealed::SealedColumn;
use twinlock_db::sealed_column;

use crate::account;
use crate::app::{AccountId, Cell, Stop, Timestamp, Work};

const LOAD: &str = "SELECT hash FROM password WHERE account_id = ?1";
const CHANGED_AT: &str = "SELECT changed_at FROM password WHERE account_id = ?1";
const SAVE: &str = "INSERT INTO password (account_id, hash, changed_at) VALUES (?1, ?2, ?3) \
    ON CONFLICT (account_id) DO UPDATE SET hash = ?2, changed_at = ?3";
const REMOVE: &str = "DELETE FROM password WHERE account_id = ?1";

/// The columns of sealed values here, for whoever seals them anew.
pub const SEALED: &[SealedColumn] = &[sealed_column!("password", "hash")];

/// Every statement here, for the test that prepares them all.
pub const STATEMENTS: &[&str] = &[LOAD, CHANGED_AT, SAVE, REMOVE];

fn cell(account: AccountId) -> Cell<'static> {
    Cell {
        column: "password.hash",
        account,
        row: &[],
    }
}

/// The account's hash as a PHC string.
///
/// # Errors
/// The database's trouble, or a value that does not open.
pub fn load(w: &mut Work<'_, '_>, account: AccountId) -> Result<Option<String>, Stop> {
    let sealed =
        w.tx.query_opt(LOAD, &[account.into()], |row| row.bytes(0))?;
    sealed
        .map(|sealed| w.open_text(cell(account), &sealed))
        .transpose()
}

/// When the password was last set; `None` without one.
///
/// # Errors
/// The database's trouble.
pub fn changed_at(w: &mut Work<'_, '_>, account: AccountId) -> Result<Option<Timestamp>, Stop> {
    Ok(w.tx
        .query_opt(CHANGED_AT, &[account.into()], |row| row.int(0))?
        .map(Timestamp::from_millis))
}

/// Stores a hash: the new password is set, where one was asked for.
///
/// # Errors
/// The database's trouble.
pub fn save(w: &mut Work<'_, '_>, account: AccountId, hash: &str) -> Result<(), Stop> {
    let sealed = w.seal(cell(account), hash.as_bytes());
    let now = w.now();
    w.tx.execute(SAVE, &[account.into(), sealed.into(), now.into()])?;
    account::store::require_new_password(w, account, false)
}

/// Removes the hash.
///
/// # Errors
/// The database's trouble.
pub fn remove(w: &mut Work<'_, '_>, account: AccountId) -> Result<(), Stop> {
    w.tx.execute(REMOVE, &[account.into()])?;
    Ok(())
}
