//! Rows of what is counted about beginnings of numbers, which are nobody's: how many codes went there, and how many came back.

use std::time::Duration;

use serde::Serialize;

use crate::app::{Stop, Timestamp, Work};
use crate::text_messages::rules::STOPPED;

use super::KEPT;

// Sweeps, by age.
const PURGE_PREFIXES: &str = "DELETE FROM text_prefix WHERE hour < ?1";
const PURGE_STOPS: &str = "DELETE FROM text_stop WHERE until < ?1";
const COUNT: &str = "INSERT INTO text_prefix (prefix, hour, sent, entered, set_ups, proven, stopped) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
    ON CONFLICT (prefix, hour) DO UPDATE SET sent = text_prefix.sent + ?3, entered = text_prefix.entered + ?4, \
    set_ups = text_prefix.set_ups + ?5, proven = text_prefix.proven + ?6, stopped = text_prefix.stopped + ?7";
const COUNTED: &str = "SELECT CAST(COALESCE(SUM(set_ups), 0) AS BIGINT), CAST(COALESCE(SUM(proven), 0) AS BIGINT) FROM text_prefix WHERE prefix = ?1 AND hour >= ?2";
const STOP: &str = "INSERT INTO text_stop (prefix, until) VALUES (?1, ?2) ON CONFLICT (prefix) DO UPDATE SET until = ?2";
const STOPPED_UNTIL: &str = "SELECT until FROM text_stop WHERE prefix = ?1 AND until > ?2";
const PREFIXES: &str = "SELECT p.prefix, CAST(SUM(p.sent) AS BIGINT), CAST(SUM(p.entered) AS BIGINT), CAST(SUM(p.stopped) AS BIGINT), COALESCE(MAX(s.until), 0) \
    FROM text_prefix p LEFT JOIN text_stop s ON s.prefix = p.prefix WHERE p.hour >= ?1 GROUP BY p.prefix ORDER BY SUM(p.sent) DESC LIMIT 100";

/// Every statement here, for the test that prepares them all.
pub const STATEMENTS: &[&str] = &[
    PURGE_PREFIXES,
    PURGE_STOPS,
    COUNT,
    COUNTED,
    STOP,
    STOPPED_UNTIL,
    PREFIXES,
];

const HOUR: Duration = Duration::from_secs(3600);

/// Drops what is older than [`KEPT`], and stops that are over.
pub(super) fn purge(w: &mut Work<'_, '_>) -> Result<(), Stop> {
    let now = w.now();
    w.tx.execute(PURGE_PREFIXES, &[now.minus(KEPT).into()])?;
    w.tx.execute(PURGE_STOPS, &[now.into()])?;
    Ok(())
}

/// What is counted about a beginning of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// A code was sent to a number that is proven.
    Sent,
    /// Such a code came back.
    Entered,
    /// A code was sent to a number that is being set up.
    SetUp,
    /// Such a code came back.
    Proven,
    /// A code was not sent, because of a limit.
    Stopped,
}

/// Counts one, in the hour of `at`.
///
/// # Errors
/// The database's trouble.
pub fn count(w: &mut Work<'_, '_>, prefix: &str, at: Timestamp, what: Counted) -> Result<(), Stop> {
    let one = |counted| i64::from(what == counted);
    let values = [
        prefix.into(),
        hour_of(at).into(),
        (one(Counted::Sent) + one(Counted::SetUp)).into(),
        (one(Counted::Entered) + one(Counted::Proven)).into(),
        one(Counted::SetUp).into(),
        one(Counted::Proven).into(),
        one(Counted::Stopped).into(),
    ];
    w.tx.execute(COUNT, &values)?;
    Ok(())
}

/// Codes sent to and typed from numbers that begin so and were being set up, in this hour and the one before.
///
/// # Errors
/// The database's trouble.
pub fn counted(w: &mut Work<'_, '_>, prefix: &str) -> Result<(i64, i64), Stop> {
    let since = hour_of(w.now().minus(HOUR));
    Ok(w.tx
        .query_one(COUNTED, &[prefix.into(), since.into()], |row| {
            Ok((row.int(0)?, row.int(1)?))
        })?)
}

/// Stops a beginning of numbers for [`STOPPED`].
///
/// # Errors
/// The database's trouble.
pub fn stop(w: &mut Work<'_, '_>, prefix: &str) -> Result<(), Stop> {
    let until = w.now().plus(STOPPED);
    w.tx.execute(STOP, &[prefix.into(), until.into()])?;
    Ok(())
}

/// Until when a beginning of numbers is stopped, where it is.
///
/// # Errors
/// The database's trouble.
pub fn stopped_until(w: &mut Work<'_, '_>, prefix: &str) -> Result<Option<Timestamp>, Stop> {
    let now = w.now();
    let found =
        w.tx.query_opt(STOPPED_UNTIL, &[prefix.into(), now.into()], |row| {
            row.int(0)
        })?;
    Ok(found.map(Timestamp::from_millis))
}

/// One beginning of numbers, for whoever runs the instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Prefix {
    /// Country code and four digits, fewer where numbers are short.
    pub prefix: String,
    /// Codes sent.
    pub sent: i64,
    /// Codes typed.
    pub entered: i64,
    /// Codes not sent because of a limit.
    pub stopped: i64,
    /// Until when it gets no texts; nothing where it does.
    pub stopped_until: Option<Timestamp>,
}

/// The beginnings of numbers most was sent to since a moment, a hundred at most.
///
/// # Errors
/// The database's trouble.
pub fn prefixes(w: &mut Work<'_, '_>, since: Timestamp) -> Result<Vec<Prefix>, Stop> {
    let now = w.now();
    Ok(w.tx.query(PREFIXES, &[hour_of(since).into()], |row| {
        let until = Timestamp::from_millis(row.int(4)?);
        Ok(Prefix {
            prefix: row.text(0)?,
            sent: row.int(1)?,
            entered: row.int(2)?,
            stopped: row.int(3)?,
            stopped_until: (until > now).then_some(until),
        })
    })?)
}

fn hour_of(at: Timestamp) -> Timestamp {
    let hour = 3_600_000;
    Timestamp::from_millis(at.as_millis().div_euclid(hour) * hour)
}
