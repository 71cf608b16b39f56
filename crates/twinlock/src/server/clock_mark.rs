//! The time all servers of a database went by last, written down each minute: what a start, or a server whose clock jumped, compares
//! its machine's clock with.

use twinlock_db::{DbResult, Locks, Store, Tx, Value};

use crate::app::{App, Doubt, Mark, Timestamp};

/// Acceptances and milliseconds, eight bytes each with the highest first, so that the greater mark is the greater value.
const RAISE: &str = "INSERT INTO instance_fact (name, value) VALUES ('clock_seen', ?1) \
    ON CONFLICT (name) DO UPDATE SET value = ?1 WHERE instance_fact.value < ?1";
const SEEN: &str = "SELECT value FROM instance_fact WHERE name = 'clock_seen'";
/// What is believed and what the machine shows. It is out of date as soon as the mark has moved on.
const NOTE_DOUBT: &str = "INSERT INTO instance_fact (name, value) VALUES ('clock_doubt', ?1) \
    ON CONFLICT (name) DO UPDATE SET value = ?1";
const DOUBT: &str = "SELECT value FROM instance_fact WHERE name = 'clock_doubt'";

/// Every statement here, for the test that prepares them all.
pub const STATEMENTS: &[&str] = &[RAISE, SEEN, NOTE_DOUBT, DOUBT];

/// How long ago a doubt may have been written down and still be one: three rounds.
const FRESH: i64 = 3 * 60 * 1000;

/// Writes down what this server goes by, and takes note of what the others do.
///
/// # Errors
/// The database's trouble.
pub async fn keep(app: &App) -> DbResult<()> {
    let Some(mark) = app.clock.mark() else {
        return Ok(());
    };
    let doubt = app.clock.doubt();
    let keep = move |tx: &mut Tx<'_>| {
        tx.execute(RAISE, &[written(mark)])?;
        if let Some(doubt) = doubt {
            let value = pair(doubt.believed.as_millis(), doubt.machine.as_millis());
            tx.execute(NOTE_DOUBT, &[value])?;
        }
        read(tx)
    };
    if let Some(mark) = app.store.write(Locks::none(), keep).await? {
        app.clock.hear(mark);
    }
    Ok(())
}

/// The mark; none before the first server ran for a minute.
///
/// # Errors
/// The database's trouble.
pub async fn seen(store: &Store) -> DbResult<Option<Mark>> {
    store.read(read).await
}

/// What a running server doubts now.
///
/// # Errors
/// The database's trouble.
pub async fn doubt(store: &Store) -> DbResult<Option<Doubt>> {
    store
        .read(|tx| {
            let noted = tx.query_opt(DOUBT, &[], |row| row.bytes(0))?;
            let doubt = noted.and_then(|value| halves(&value)).map(|(a, b)| Doubt {
                believed: Timestamp::from_millis(a),
                machine: Timestamp::from_millis(b),
            });
            let seen = read(tx)?.map_or(0, |mark| mark.seen.as_millis());
            Ok(doubt.filter(|doubt| seen - doubt.believed.as_millis() < FRESH))
        })
        .await
}

/// Writes down that this time is right, whatever was seen before. Running servers hear of it within a minute.
///
/// # Errors
/// The database's trouble.
pub async fn accept(store: &Store, now: Timestamp) -> DbResult<()> {
    let accept = move |tx: &mut Tx<'_>| {
        let acceptances = read(tx)?.map_or(0, |mark| mark.acceptances) + 1;
        let mark = Mark {
            acceptances,
            seen: now,
        };
        tx.execute(RAISE, &[written(mark)])?;
        Ok(())
    };
    store.write(Locks::none(), accept).await
}

fn read(tx: &mut Tx<'_>) -> DbResult<Option<Mark>> {
    let value = tx.query_opt(SEEN, &[], |row| row.bytes(0))?;
    Ok(value.and_then(|value| halves(&value)).map(|(a, b)| Mark {
        acceptances: a.unsigned_abs(),
        seen: Timestamp::from_millis(b),
    }))
}

fn written(mark: Mark) -> Value {
    let acceptances = i64::try_from(mark.acceptances).unwrap_or(i64::MAX);
    pair(acceptances, mark.seen.as_millis())
}

/// Times before 1970 count as 1970: below zero, the greater number would not be the greater value.
fn pair(first: i64, second: i64) -> Value {
    [first.max(0).to_be_bytes(), second.max(0).to_be_bytes()]
        .concat()
        .into()
}

fn halves(value: &[u8]) -> Option<(i64, i64)> {
    let (first, second) = value.split_first_chunk::<8>()?;
    let second = <[u8; 8]>::try_from(second).ok()?;
    Some((i64::from_be_bytes(*first), i64::from_be_bytes(second)))
}
