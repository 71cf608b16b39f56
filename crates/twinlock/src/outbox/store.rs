//! Rows of the outbox.

use std::time::Duration;

use twinlock_db::sealed::SealedColumn;
use twinlock_db::sealed_column;

use crate::app::{AccountId, Cell, Fault, MessageId, Stop, Tally, Timestamp, Work};

use super::Letter;

const POST: &str = "INSERT INTO outbox (account_id, message_id, channel, template, sealed, state, attempts, due_at, claimed_until, expires_at, created_at) \
    VALUES (?1, ?2, 'email', ?3, ?4, ?5, 0, ?8, 0, ?7, ?6)";
// Cross-account: the worker takes whatever is due, oldest first.
const DUE: &str = "SELECT account_id, message_id FROM outbox WHERE state = 'queued' AND due_at <= ?1 AND claimed_until <= ?1 \
    ORDER BY due_at LIMIT ?2";
const CLAIM: &str = "UPDATE outbox SET claimed_until = ?4, attempts = attempts + 1 WHERE account_id = ?1 AND message_id = ?2 \
    AND state = 'queued' AND claimed_until <= ?3 RETURNING sealed, expires_at, attempts";
const SETTLE: &str = "UPDATE outbox SET state = ?3, sealed = NULL, settled_at = ?4 WHERE account_id = ?1 AND message_id = ?2 AND state = 'queued'";
const DEFER: &str = "UPDATE outbox SET due_at = ?3, claimed_until = 0 WHERE account_id = ?1 AND message_id = ?2 AND state = 'queued'";
const NEXT_DUE: &str = "SELECT due_at FROM outbox WHERE state = 'queued' ORDER BY due_at LIMIT 1";
const DROP_ACCOUNT: &str = "DELETE FROM outbox WHERE account_id = ?1 AND state = 'queued'";
// Cross-account: what an operator watches.
const WAITING: &str = "SELECT COUNT(*), MIN(created_at) FROM outbox WHERE state = 'queued'";
// A sweep over all accounts, by age.
const PURGE: &str = "DELETE FROM outbox WHERE state <> 'queued' AND created_at < ?1";

/// The columns of sealed values here, for whoever seals them anew.
pub const SEALED: &[SealedColumn] = &[sealed_column!("outbox", "sealed", row: "message_id")];

/// Every statement here, for the test that prepares them all.
pub const STATEMENTS: &[&str] = &[
    POST,
    DUE,
    CLAIM,
    SETTLE,
    DEFER,
    NEXT_DUE,
    WAITING,
    DROP_ACCOUNT,
    PURGE,
];

/// How long a notice is tried; a code's mail lives as long as its code.
pub const NOTICE_LIFE: Duration = Duration::from_secs(3 * 24 * 3600);

/// A claimed message.
pub struct Claimed {
    /// Its account.
    pub account: AccountId,
    /// Its id, also what makes it idempotent towards the provider.
    pub message: MessageId,
    /// What it says; absent when it has died.
    pub letter: Option<Letter>,
    /// Tries so far, this one included.
    pub attempts: i64,
}

/// Puts a letter into the outbox. `to_nobody`: an address no account has; the row is written for equal work and never leaves.
///
/// # Errors
/// The database's trouble.
pub fn post(
    w: &mut Work<'_, '_>,
    account: AccountId,
    letter: &Letter,
    expires_at: Timestamp,
    to_nobody: bool,
) -> Result<(), Stop> {
    let now = w.now();
    let message = MessageId::draw(now, &mut w.draw);
    let plain = serde_json::to_vec(letter).map_err(|_| Fault::Stored("letter"))?;
    let sealed = w.seal(
        Cell {
            column: "outbox.sealed",
            account,
            row: &message.0,
        },
        &plain,
    );
    let sealed = if to_nobody { None } else { Some(sealed) };
    let state = if to_nobody { "void" } else { "queued" };
    let values = [
        account.into(),
        message.into(),
        letter.topic.word().into(),
        sealed.into(),
        state.into(),
        now.into(),
        expires_at.into(),
        // One that stands for a whole hour leaves when the hour is over.
        letter.together_until.unwrap_or(now).into(),
    ];
    w.tx.execute(POST, &values)?;
    if !to_nobody {
        w.count(Tally::Mail("queued"));
    }
    w.note_posted();
    Ok(())
}

/// Messages that are due, oldest first.
///
/// # Errors
/// The database's trouble.
pub fn due(w: &mut Work<'_, '_>, limit: i64) -> Result<Vec<(AccountId, MessageId)>, Stop> {
    let now = w.now();
    let found = w.tx.query(DUE, &[now.into(), limit.into()], |row| {
        Ok((AccountId(row.bytes16(0)?), MessageId(row.bytes16(1)?)))
    })?;
    Ok(found)
}

/// Claims a message for `hold`; `None` when another worker was faster.
///
/// # Errors
/// The database's trouble, or a letter that does not open.
pub fn claim(
    w: &mut Work<'_, '_>,
    account: AccountId,
    message: MessageId,
    hold: Duration,
) -> Result<Option<Claimed>, Stop> {
    let now = w.now();
    let values = [
        account.into(),
        message.into(),
        now.into(),
        now.plus(hold).into(),
    ];
    let found = w.tx.query_opt(CLAIM, &values, |row| {
        Ok((row.opt_bytes(0)?, row.int(1)?, row.int(2)?))
    })?;
    let Some((sealed, expires_at, attempts)) = found else {
        return Ok(None);
    };
    let live = Timestamp::from_millis(expires_at) > now;
    let letter = match sealed {
        Some(sealed) if live => {
            let plain = w.open(
                Cell {
                    column: "outbox.sealed",
                    account,
                    row: &message.0,
                },
                &sealed,
            )?;
            Some(serde_json::from_slice(&plain).map_err(|_| Fault::Stored("letter"))?)
        }
        _ => None,
    };
    Ok(Some(Claimed {
        account,
        message,
        letter,
        attempts,
    }))
}

/// Ends a message: `sent`, `refused` or `expired`. What it said is wiped.
///
/// # Errors
/// The database's trouble.
pub fn settle(
    w: &mut Work<'_, '_>,
    account: AccountId,
    message: MessageId,
    state: &'static str,
) -> Result<(), Stop> {
    let now = w.now();
    w.tx.execute(
        SETTLE,
        &[account.into(), message.into(), state.into(), now.into()],
    )?;
    w.count(Tally::Mail(state));
    Ok(())
}

/// Puts a message off.
///
/// # Errors
/// The database's trouble.
pub fn defer(
    w: &mut Work<'_, '_>,
    account: AccountId,
    message: MessageId,
    until: Timestamp,
) -> Result<(), Stop> {
    w.tx.execute(DEFER, &[account.into(), message.into(), until.into()])?;
    w.count(Tally::Mail("later"));
    Ok(())
}

/// When the next message is due.
///
/// # Errors
/// The database's trouble.
pub fn next_due(w: &mut Work<'_, '_>) -> Result<Option<Timestamp>, Stop> {
    Ok(w.tx
        .query_opt(NEXT_DUE, &[], |row| row.int(0))?
        .map(Timestamp::from_millis))
}

/// How many messages wait, and since when the oldest does.
///
/// # Errors
/// The database's trouble.
pub fn waiting(w: &mut Work<'_, '_>) -> Result<(i64, Option<Timestamp>), Stop> {
    Ok(w.tx.query_one(WAITING, &[], |row| {
        Ok((row.int(0)?, row.opt_int(1)?.map(Timestamp::from_millis)))
    })?)
}

/// Drops what has not left yet for an account that is going away.
///
/// # Errors
/// The database's trouble.
pub fn drop_account(w: &mut Work<'_, '_>, account: AccountId) -> Result<(), Stop> {
    w.tx.execute(DROP_ACCOUNT, &[account.into()])?;
    Ok(())
}

/// Drops settled messages after a week.
///
/// # Errors
/// The database's trouble.
pub fn purge(w: &mut Work<'_, '_>) -> Result<(), Stop> {
    let before = w.now().minus(Duration::from_secs(7 * 24 * 3600));
    w.tx.execute(PURGE, &[before.into()])?;
    Ok(())
}
