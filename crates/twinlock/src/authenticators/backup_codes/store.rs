//! Rows of sheets and codes.

use std::time::Duration;

use twinlock_db::sealed::SealedColumn;
use twinlock_db::sealed_column;

use crate::app::{AccountId, Stop, Timestamp, Work};

const STATUS: &str = "SELECT s.sheet, s.created_at, s.checked_at, \
    (SELECT COUNT(*) FROM backup_code c WHERE c.account_id = s.account_id AND c.sheet = s.sheet), \
    (SELECT COUNT(*) FROM backup_code c WHERE c.account_id = s.account_id AND c.sheet = s.sheet AND c.used_at IS NULL) \
    FROM backup_code_sheet s WHERE s.account_id = ?1 AND s.ended_at IS NULL ORDER BY s.sheet DESC LIMIT 1";
const STATUS_BEFORE: &str = "SELECT s.sheet, s.created_at, s.checked_at, \
    (SELECT COUNT(*) FROM backup_code c WHERE c.account_id = s.account_id AND c.sheet = s.sheet), \
    (SELECT COUNT(*) FROM backup_code c WHERE c.account_id = s.account_id AND c.sheet = s.sheet AND c.used_at IS NULL) \
    FROM backup_code_sheet s WHERE s.account_id = ?1 AND s.created_at < ?2 AND (s.ended_at IS NULL OR s.ended_at >= ?2) \
    ORDER BY s.sheet DESC LIMIT 1";
const LAST_SHEET: &str =
    "SELECT sheet FROM backup_code_sheet WHERE account_id = ?1 ORDER BY sheet DESC LIMIT 1";
const NEW_SHEET: &str =
    "INSERT INTO backup_code_sheet (account_id, sheet, created_at) VALUES (?1, ?2, ?3)";
const END_SHEETS: &str =
    "UPDATE backup_code_sheet SET ended_at = ?2 WHERE account_id = ?1 AND ended_at IS NULL";
const WIPE_ENDED: &str = "UPDATE backup_code SET sealed = NULL WHERE account_id = ?1";
const INSERT: &str = "INSERT INTO backup_code (account_id, code_mac, sheet, ordinal, sealed) VALUES (?1, ?2, ?3, ?4, ?5)";
const USE: &str = "UPDATE backup_code SET used_at = ?3 WHERE account_id = ?1 AND code_mac = ?2 AND used_at IS NULL AND sheet IN \
    (SELECT sheet FROM backup_code_sheet WHERE account_id = ?1 AND ended_at IS NULL)";
const USE_ON: &str = "UPDATE backup_code SET used_at = ?3 WHERE account_id = ?1 AND code_mac = ?2 AND used_at IS NULL AND sheet = ?4";
const USE_ALL: &str =
    "UPDATE backup_code SET used_at = ?2 WHERE account_id = ?1 AND used_at IS NULL";
const REVIVE: &str =
    "UPDATE backup_code_sheet SET ended_at = NULL WHERE account_id = ?1 AND sheet = ?2";
const FIND: &str = "SELECT c.sheet, c.ordinal, c.used_at, s.ended_at FROM backup_code c JOIN backup_code_sheet s \
    ON s.account_id = c.account_id AND s.sheet = c.sheet WHERE c.account_id = ?1 AND c.code_mac = ?2";
const OF_SHEET: &str = "SELECT code_mac, sealed, used_at FROM backup_code WHERE account_id = ?1 AND sheet = ?2 ORDER BY ordinal";
const CHECKED: &str =
    "UPDATE backup_code_sheet SET checked_at = ?3 WHERE account_id = ?1 AND sheet = ?2";
const DROP_CODES: &str = "DELETE FROM backup_code WHERE account_id = ?1";
const DROP_SHEETS: &str = "DELETE FROM backup_code_sheet WHERE account_id = ?1";
const DROP_OLD_CODES: &str = "DELETE FROM backup_code WHERE account_id = ?1 AND sheet IN \
    (SELECT sheet FROM backup_code_sheet WHERE account_id = ?1 AND ended_at < ?2)";

/// The columns of sealed values here, for whoever seals them anew.
pub const SEALED: &[SealedColumn] = &[sealed_column!("backup_code", "sealed", row: "code_mac")];

/// Every statement here, for the test that prepares them all.
pub const STATEMENTS: &[&str] = &[
    STATUS,
    STATUS_BEFORE,
    LAST_SHEET,
    NEW_SHEET,
    END_SHEETS,
    WIPE_ENDED,
    INSERT,
    USE,
    USE_ON,
    USE_ALL,
    REVIVE,
    FIND,
    OF_SHEET,
    CHECKED,
    DROP_CODES,
    DROP_SHEETS,
    DROP_OLD_CODES,
];

/// The live sheet.
#[derive(Clone, Debug)]
pub struct SheetStatus {
    /// Its number, printed on it.
    pub sheet: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When one of its codes was last checked without spending it.
    pub checked_at: Option<Timestamp>,
    /// Codes on it.
    pub total: u32,
    /// Codes not used yet.
    pub remaining: u32,
}

/// Where a code stands.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    /// The sheet it is on.
    pub sheet: i64,
    /// Its number on the sheet, from 1.
    pub ordinal: i64,
    /// When it was used.
    pub used_at: Option<Timestamp>,
    /// Whether its sheet is the live one.
    pub live: bool,
}

/// The live sheet, if there is one.
///
/// # Errors
/// The database's trouble.
pub fn status(w: &mut Work<'_, '_>, account: AccountId) -> Result<Option<SheetStatus>, Stop> {
    Ok(w.tx.query_opt(STATUS, &[account.into()], sheet_status)?)
}

/// The sheet that was live just before a moment, as it stands now: codes spent since are spent.
///
/// # Errors
/// The database's trouble.
pub fn status_before(
    w: &mut Work<'_, '_>,
    account: AccountId,
    moment: Timestamp,
) -> Result<Option<SheetStatus>, Stop> {
    let values = [account.into(), moment.into()];
    Ok(w.tx.query_opt(STATUS_BEFORE, &values, sheet_status)?)
}

fn sheet_status(row: &twinlock_db::Row<'_>) -> twinlock_db::DbResult<SheetStatus> {
    Ok(SheetStatus {
        sheet: row.int(0)?,
        created_at: Timestamp::from_millis(row.int(1)?),
        checked_at: row.opt_int(2)?.map(Timestamp::from_millis),
        total: u32::try_from(row.int(3)?).unwrap_or(0),
        remaining: u32::try_from(row.int(4)?).unwrap_or(0),
    })
}

/// Ends the live sheet and opens the next; its number. Sealed copies of ended sheets are wiped; their hashes stay a year, to tell an
/// old code from a wrong one.
///
/// # Errors
/// The database's trouble.
pub fn next_sheet(w: &mut Work<'_, '_>, account: AccountId) -> Result<i64, Stop> {
    end_sheets(w, account)?;
    let now = w.now();
    let a_year_ago = now.minus(Duration::from_secs(365 * 24 * 3600));
    w.tx.execute(DROP_OLD_CODES, &[account.into(), a_year_ago.into()])?;
    let sheet =
        w.tx.query_opt(LAST_SHEET, &[account.into()], |row| row.int(0))?
            .unwrap_or(0)
            + 1;
    w.tx.execute(NEW_SHEET, &[account.into(), sheet.into(), now.into()])?;
    Ok(sheet)
}

/// Ends the live sheet.
///
/// # Errors
/// The database's trouble.
pub fn end_sheets(w: &mut Work<'_, '_>, account: AccountId) -> Result<(), Stop> {
    let now = w.now();
    w.tx.execute(END_SHEETS, &[account.into(), now.into()])?;
    w.tx.execute(WIPE_ENDED, &[account.into()])?;
    Ok(())
}

/// Stores one code: its keyed hash, and a sealed copy where people may look again.
///
/// # Errors
/// The database's trouble.
pub fn insert(
    w: &mut Work<'_, '_>,
    account: AccountId,
    mac: [u8; 32],
    place: (i64, i64),
    sealed: Option<Vec<u8>>,
) -> Result<(), Stop> {
    w.tx.execute(
        INSERT,
        &[
            account.into(),
            mac.into(),
            place.0.into(),
            place.1.into(),
            sealed.into(),
        ],
    )?;
    Ok(())
}

/// Uses a code: true for exactly one caller, and only for a code of the live sheet.
///
/// # Errors
/// The database's trouble.
pub fn spend(w: &mut Work<'_, '_>, account: AccountId, mac: [u8; 32]) -> Result<bool, Stop> {
    let now = w.now();
    Ok(w.tx
        .execute(USE, &[account.into(), mac.into(), now.into()])?
        == 1)
}

/// Uses a code of one sheet, live or not: true for exactly one caller.
///
/// # Errors
/// The database's trouble.
pub fn spend_on(
    w: &mut Work<'_, '_>,
    account: AccountId,
    mac: [u8; 32],
    sheet: i64,
) -> Result<bool, Stop> {
    let now = w.now();
    let values = [account.into(), mac.into(), now.into(), sheet.into()];
    Ok(w.tx.execute(USE_ON, &values)? == 1)
}

/// Spends every code of every sheet: they were lost.
///
/// # Errors
/// The database's trouble.
pub fn spend_all(w: &mut Work<'_, '_>, account: AccountId) -> Result<(), Stop> {
    let now = w.now();
    w.tx.execute(USE_ALL, &[account.into(), now.into()])?;
    Ok(())
}

/// Makes a sheet the live one; the one that is live ends. Codes that were spent stay spent.
///
/// # Errors
/// The database's trouble.
pub fn revive(w: &mut Work<'_, '_>, account: AccountId, sheet: i64) -> Result<(), Stop> {
    end_sheets(w, account)?;
    w.tx.execute(REVIVE, &[account.into(), sheet.into()])?;
    Ok(())
}

/// Where a code stands, without spending it.
///
/// # Errors
/// The database's trouble.
pub fn find(
    w: &mut Work<'_, '_>,
    account: AccountId,
    mac: [u8; 32],
) -> Result<Option<Found>, Stop> {
    let found = w.tx.query_opt(FIND, &[account.into(), mac.into()], |row| {
        Ok(Found {
            sheet: row.int(0)?,
            ordinal: row.int(1)?,
            used_at: row.opt_int(2)?.map(Timestamp::from_millis),
            live: row.opt_int(3)?.is_none(),
        })
    })?;
    Ok(found)
}

/// A code of a sheet: its keyed hash, its sealed copy, when it was used.
pub type Kept = (Vec<u8>, Option<Vec<u8>>, Option<Timestamp>);

/// The codes of a sheet in order.
///
/// # Errors
/// The database's trouble.
pub fn of_sheet(w: &mut Work<'_, '_>, account: AccountId, sheet: i64) -> Result<Vec<Kept>, Stop> {
    let found =
        w.tx.query(OF_SHEET, &[account.into(), sheet.into()], |row| {
            Ok((
                row.bytes(0)?,
                row.opt_bytes(1)?,
                row.opt_int(2)?.map(Timestamp::from_millis),
            ))
        })?;
    Ok(found)
}

/// Notes that a code of this sheet was checked.
///
/// # Errors
/// The database's trouble.
pub fn checked(w: &mut Work<'_, '_>, account: AccountId, sheet: i64) -> Result<(), Stop> {
    let now = w.now();
    w.tx.execute(CHECKED, &[account.into(), sheet.into(), now.into()])?;
    Ok(())
}

/// Removes every sheet and code of an account.
///
/// # Errors
/// The database's trouble.
pub fn remove_all(w: &mut Work<'_, '_>, account: AccountId) -> Result<(), Stop> {
    w.tx.execute(DROP_CODES, &[account.into()])?;
    w.tx.execute(DROP_SHEETS, &[account.into()])?;
    Ok(())
}
