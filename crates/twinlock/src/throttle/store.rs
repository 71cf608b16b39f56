//! Rows of the limits: tallies of an account, budgets of everything else.

use std::time::Duration;

use crate::app::{AccountId, Stop, Timestamp, Work};

use super::{Bucket, Tally};

const LOAD: &str =
    "SELECT in_a_row, locked_until, failures FROM throttle WHERE account_id = ?1 AND bucket = ?2";
const SAVE: &str = "INSERT INTO throttle (account_id, bucket, in_a_row, locked_until, failures, updated_at) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (account_id, bucket) DO UPDATE SET in_a_row = ?3, locked_until = ?4, failures = ?5, updated_at = ?6";
const CLEAR_WAITS: &str =
    "UPDATE throttle SET in_a_row = 0, locked_until = 0 WHERE account_id = ?1";
const CLEAR_ALL: &str = "DELETE FROM throttle WHERE account_id = ?1";
const SPEND: &str = "INSERT INTO budget (kind, subject, window_start, used, ends_at) VALUES (?1, ?2, ?3, 1, ?4) \
    ON CONFLICT (kind, subject, window_start) DO UPDATE SET used = budget.used + 1 WHERE budget.used < ?5 RETURNING used";
const PAUSE: &str = "INSERT INTO budget (kind, subject, window_start, used, ends_at) VALUES (?1, ?2, 0, 1, ?3) \
    ON CONFLICT (kind, subject, window_start) DO UPDATE SET ends_at = ?3 WHERE budget.ends_at <= ?4 RETURNING used";
const PAUSED: &str =
    "SELECT ends_at FROM budget WHERE kind = ?1 AND subject = ?2 AND window_start = 0";
const REFUND: &str = "UPDATE budget SET used = used - 1 WHERE kind = ?1 AND subject = ?2 AND window_start = ?3 AND used > 0";
const FORGET: &str = "DELETE FROM budget WHERE kind = ?1 AND subject = ?2";
// Sweeps over all accounts, by age.
const PURGE_BUDGETS: &str = "DELETE FROM budget WHERE ends_at < ?1";
const PURGE_TALLIES: &str = "DELETE FROM throttle WHERE updated_at < ?1 AND NOT (bucket = 'second_factor' AND in_a_row > 0)";

/// Every statement here, for the test that prepares them all.
pub const STATEMENTS: &[&str] = &[
    LOAD,
    SAVE,
    CLEAR_WAITS,
    CLEAR_ALL,
    SPEND,
    PAUSE,
    PAUSED,
    REFUND,
    FORGET,
    PURGE_BUDGETS,
    PURGE_TALLIES,
];

/// The tally of a bucket; an absent row is an empty tally.
///
/// # Errors
/// The database's trouble.
pub fn load(w: &mut Work<'_, '_>, account: AccountId, bucket: Bucket) -> Result<Tally, Stop> {
    let found =
        w.tx.query_opt(LOAD, &[account.into(), bucket.name().into()], |row| {
            Ok(Tally {
                in_a_row: u32::try_from(row.int(0)?).unwrap_or(u32::MAX),
                locked_until: Timestamp::from_millis(row.int(1)?),
                failures: unpack(&row.bytes(2)?),
            })
        })?;
    Ok(found.unwrap_or_default())
}

/// Writes a tally.
///
/// # Errors
/// The database's trouble.
pub fn save(
    w: &mut Work<'_, '_>,
    account: AccountId,
    bucket: Bucket,
    tally: &Tally,
) -> Result<(), Stop> {
    let now = w.now();
    let values = [
        account.into(),
        bucket.name().into(),
        i64::from(tally.in_a_row).into(),
        tally.locked_until.into(),
        pack(&tally.failures).into(),
        now.into(),
    ];
    w.tx.execute(SAVE, &values)?;
    Ok(())
}

/// Ends every wait of the account; budgets stay.
///
/// # Errors
/// The database's trouble.
pub fn clear_waits(w: &mut Work<'_, '_>, account: AccountId) -> Result<(), Stop> {
    w.tx.execute(CLEAR_WAITS, &[account.into()])?;
    Ok(())
}

/// Forgets every failure of the account (a new window, or erasure).
///
/// # Errors
/// The database's trouble.
pub fn clear_all(w: &mut Work<'_, '_>, account: AccountId) -> Result<(), Stop> {
    w.tx.execute(CLEAR_ALL, &[account.into()])?;
    Ok(())
}

/// Spends one of `limit` in the current window of `length`; false when nothing is left.
///
/// # Errors
/// The database's trouble.
pub fn spend(
    w: &mut Work<'_, '_>,
    kind: &'static str,
    subject: &[u8],
    length: Duration,
    limit: u32,
) -> Result<bool, Stop> {
    Ok(spend_one(w, kind, subject, length, limit)?.is_some())
}

/// The same; how many are spent now, or nothing when nothing was left.
///
/// # Errors
/// The database's trouble.
pub fn spend_one(
    w: &mut Work<'_, '_>,
    kind: &'static str,
    subject: &[u8],
    length: Duration,
    limit: u32,
) -> Result<Option<i64>, Stop> {
    let (start, end) = window(w.now(), length);
    let values = [
        kind.into(),
        subject.into(),
        start.into(),
        end.into(),
        i64::from(limit).into(),
    ];
    Ok(w.tx.query_opt(SPEND, &values, |row| row.int(0))?)
}

/// Takes the one place there is within `length`, counted from now; until when it is taken, where it is.
///
/// # Errors
/// The database's trouble.
pub fn pause(
    w: &mut Work<'_, '_>,
    kind: &'static str,
    subject: &[u8],
    length: Duration,
) -> Result<Option<Timestamp>, Stop> {
    let now = w.now();
    let values = [
        kind.into(),
        subject.into(),
        now.plus(length).into(),
        now.into(),
    ];
    if w.tx.query_opt(PAUSE, &values, |row| row.int(0))?.is_some() {
        return Ok(None);
    }
    Ok(Some(paused(w, kind, subject)?.unwrap_or(now)))
}

/// Until when that place is taken, where it is.
///
/// # Errors
/// The database's trouble.
pub fn paused(
    w: &mut Work<'_, '_>,
    kind: &'static str,
    subject: &[u8],
) -> Result<Option<Timestamp>, Stop> {
    let now = w.now();
    let until =
        w.tx.query_opt(PAUSED, &[kind.into(), subject.into()], |row| row.int(0))?;
    Ok(until
        .map(Timestamp::from_millis)
        .filter(|until| *until > now))
}

/// Hands one back.
///
/// # Errors
/// The database's trouble.
pub fn refund(
    w: &mut Work<'_, '_>,
    kind: &'static str,
    subject: &[u8],
    length: Duration,
) -> Result<(), Stop> {
    let (start, _) = window(w.now(), length);
    w.tx.execute(REFUND, &[kind.into(), subject.into(), start.into()])?;
    Ok(())
}

/// Forgets all that was spent.
///
/// # Errors
/// The database's trouble.
pub fn forget(w: &mut Work<'_, '_>, kind: &'static str, subject: &[u8]) -> Result<(), Stop> {
    w.tx.execute(FORGET, &[kind.into(), subject.into()])?;
    Ok(())
}

/// When the current window of `length` ends.
#[must_use]
pub fn window_end(now: Timestamp, length: Duration) -> Timestamp {
    window(now, length).1
}

/// Drops budgets whose window ended and tallies older than any of their windows. Second-factor failures in a row stay
/// until a success: whoever guesses now and then for years turns codes off too.
///
/// # Errors
/// The database's trouble.
pub fn purge(w: &mut Work<'_, '_>) -> Result<(), Stop> {
    let now = w.now();
    w.tx.execute(PURGE_BUDGETS, &[now.into()])?;
    let old = now.minus(Duration::from_secs(31 * 24 * 3600));
    w.tx.execute(PURGE_TALLIES, &[old.into()])?;
    Ok(())
}

fn window(now: Timestamp, length: Duration) -> (Timestamp, Timestamp) {
    let millis = i64::try_from(length.as_millis()).unwrap_or(i64::MAX).max(1);
    let start = now.as_millis().div_euclid(millis) * millis;
    (
        Timestamp::from_millis(start),
        Timestamp::from_millis(start).plus(length),
    )
}

fn pack(failures: &[Timestamp]) -> Vec<u8> {
    failures
        .iter()
        .flat_map(|at| at.as_millis().to_le_bytes())
        .collect()
}

fn unpack(bytes: &[u8]) -> Vec<Timestamp> {
    bytes
        .as_chunks::<8>()
        .0
        .iter()
        .map(|chunk| Timestamp::from_millis(i64::from_le_bytes(*chunk)))
        .collect()
}
