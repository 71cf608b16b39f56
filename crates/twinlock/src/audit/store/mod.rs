//! Rows of events.

pub mod checkpoints;
pub mod facts;
pub mod old;
pub mod pages;

use std::collections::BTreeMap;
use std::time::Duration;

use twinlock_db::sealed::SealedColumn;
use twinlock_db::{DbResult, Row, sealed_column};

use crate::app::{AccountId, ApplicationId, Cell, Fault, Stop, Tally, Timestamp, Work};

use super::Event;
use super::rules::Hash;
use super::rules::chain::{Chain, ChainKind, Link, commit};

const HEAD: &str = "SELECT seq, hash FROM audit_head WHERE account_id = ?1";
const ADVANCE: &str = "INSERT INTO audit_head (account_id, seq, hash, chain, changed) VALUES (?1, ?2, ?3, ?5, 1) \
    ON CONFLICT (account_id) DO UPDATE SET seq = ?2, hash = ?3, changed = 1 WHERE audit_head.seq = ?4";
const APPEND: &str = "INSERT INTO audit_event (account_id, seq, at, kind, sealed, commitment, previous, hash) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
const TOUCH: &str = "UPDATE audit_head SET changed = 1 WHERE account_id = ?1";
const BEGIN: &str = "INSERT INTO audit_head (account_id, seq, hash, chain, changed) VALUES (?1, 0, ?2, ?3, 1) ON CONFLICT DO NOTHING";
const RECENT: &str = "SELECT account_id, seq, at, kind, sealed, previous, hash FROM audit_event WHERE account_id = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3";
// Cross-account: the operator's list, newest first.
const NEWEST: &str = "SELECT e.account_id, e.seq, e.at, e.kind, e.sealed, e.previous, e.hash, a.application_id, h.chain FROM audit_event e \
    JOIN audit_head h ON h.account_id = e.account_id LEFT JOIN account a ON a.account_id = e.account_id \
    WHERE (e.at, e.account_id, e.seq) < (?1, ?2, ?3) AND e.at >= ?4 ORDER BY e.at DESC, e.account_id DESC, e.seq DESC LIMIT ?5";
const ERASE: &str =
    "UPDATE audit_event SET salt = NULL, body = NULL, sealed = NULL WHERE account_id = ?1";

/// The column that is sealed.
pub const SEALED: &[SealedColumn] = &[sealed_column!("audit_event", "sealed", number: "seq")];

/// Every statement here, for the test that prepares them all.
pub const STATEMENTS: &[&str] = &[HEAD, ADVANCE, APPEND, TOUCH, BEGIN, RECENT, NEWEST, ERASE];

/// Bytes of a salt.
const SALT: usize = 16;

/// An event as it is shown.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Its chain.
    pub chain: Chain,
    /// Its place in the chain, from 1.
    pub seq: i64,
    /// When it happened.
    pub at: Timestamp,
    /// Its kind.
    pub kind: String,
    /// Its values; absent after erasure.
    pub detail: Option<BTreeMap<String, String>>,
    /// The hash of the event before.
    pub previous: Vec<u8>,
    /// Its hash.
    pub hash: Vec<u8>,
    /// The application of the account, where there is one. Known only in the list over all accounts.
    pub application: Option<ApplicationId>,
}

/// Appends an event to an account's chain. The account's lock keeps others from appending at the same time.
///
/// # Errors
/// The database's trouble; the use case then fails with it (an event that cannot be written stops what it tells of).
pub fn append(w: &mut Work<'_, '_>, account: AccountId, event: &Event) -> Result<(), Stop> {
    append_to(w, Chain::account(account), event)
}

/// Appends an event to the instance's chain. It waits for whoever else is appending there, so it comes last in a use case and is not
/// for what happens at every sign-in.
///
/// # Errors
/// The database's trouble.
pub fn append_instance(w: &mut Work<'_, '_>, event: &Event) -> Result<(), Stop> {
    append_shared(w, Chain::INSTANCE, event)
}

/// Appends an event to a chain no lock of the caller covers: the instance's, or an organization's.
///
/// # Errors
/// The database's trouble.
pub fn append_shared(w: &mut Work<'_, '_>, chain: Chain, event: &Event) -> Result<(), Stop> {
    // On PostgreSQL this holds the head's row until the end of the transaction; the next one waits for it and reads what came of it.
    if w.tx.execute(TOUCH, &[chain.id.into()])? == 0 {
        let values = [
            chain.id.into(),
            chain.genesis().into(),
            chain.kind.word().into(),
        ];
        w.tx.execute(BEGIN, &values)?;
        w.tx.execute(TOUCH, &[chain.id.into()])?;
    }
    append_to(w, chain, event)
}

/// Appends an event unless the account's newest one says the same and is younger than `within`: somebody who repeats what costs nothing
/// does not fill the record.
///
/// # Errors
/// The database's trouble.
pub fn append_unless_repeated(
    w: &mut Work<'_, '_>,
    account: AccountId,
    event: &Event,
    within: Duration,
) -> Result<(), Stop> {
    let newest = recent(w, account, i64::MAX, 1)?;
    let now = w.now();
    let repeated = newest.first().is_some_and(|last| {
        let says = |name: &&str| last.detail.as_ref().and_then(|detail| detail.get(*name));
        let same = event
            .detail
            .iter()
            .all(|(name, value)| says(name) == Some(value));
        last.kind == event.kind && same && last.at.plus(within) > now
    });
    if repeated {
        Ok(())
    } else {
        append(w, account, event)
    }
}

fn append_to(w: &mut Work<'_, '_>, chain: Chain, event: &Event) -> Result<(), Stop> {
    let (seq, previous) = head(w, chain)?;
    let now = w.now();
    let mut detail = event.detail.clone();
    detail.insert("device", w.moment.client.device_label.clone());
    let body = serde_json::to_string(&detail).map_err(|_| Fault::Stored("audit body"))?;
    let salt: [u8; SALT] = w.draw.bytes();
    let commitment = commit(&salt, &body);
    let next = seq + 1;
    let link = Link {
        previous: &previous,
        seq: next,
        at: now.as_millis(),
        kind: event.kind,
        commitment: &commitment,
    };
    let hash = link.hash();
    let sealed = seal(w, chain, next, &salt, &body);
    let values = [
        chain.id.into(),
        next.into(),
        now.into(),
        event.kind.into(),
        sealed.into(),
        commitment.into(),
        previous.into(),
        hash.into(),
    ];
    w.tx.execute(APPEND, &values)?;
    let values = [
        chain.id.into(),
        next.into(),
        hash.into(),
        seq.into(),
        chain.kind.word().into(),
    ];
    if w.tx.execute(ADVANCE, &values)? == 1 {
        w.count(Tally::Event(event.kind));
        Ok(())
    } else {
        Err(Fault::Stored("audit head moved").into())
    }
}

/// The newest events of an account before `before` (exclusive), newest first.
///
/// # Errors
/// The database's trouble.
pub fn recent(
    w: &mut Work<'_, '_>,
    account: AccountId,
    before: i64,
    limit: i64,
) -> Result<Vec<Shown>, Stop> {
    recent_of(w, Chain::account(account), before, limit)
}

/// The same of any chain.
///
/// # Errors
/// The database's trouble.
pub fn recent_of(
    w: &mut Work<'_, '_>,
    chain: Chain,
    before: i64,
    limit: i64,
) -> Result<Vec<Shown>, Stop> {
    let rows = w.tx.query(
        RECENT,
        &[chain.id.into(), before.into(), limit.into()],
        |row| Ok((shown(row, chain)?, row.opt_bytes(4)?)),
    )?;
    opened(w, rows)
}

/// Where a page of [`newest`] begins: what it shows is older, and not older than `since`.
#[derive(Clone, Copy, Debug)]
pub struct After {
    /// The time of the last event of the page before.
    pub at: i64,
    /// Its chain.
    pub id: [u8; 16],
    /// Its place there.
    pub seq: i64,
    /// The oldest moment of interest.
    pub since: Timestamp,
}

/// The newest events of all chains, newest first.
///
/// # Errors
/// The database's trouble.
pub fn newest(w: &mut Work<'_, '_>, after: After, limit: i64) -> Result<Vec<Shown>, Stop> {
    let values = [
        after.at.into(),
        after.id.into(),
        after.seq.into(),
        after.since.into(),
        limit.into(),
    ];
    let rows = w.tx.query(NEWEST, &values, |row| {
        let kind = ChainKind::from_word(&row.text(8)?).unwrap_or(ChainKind::Account);
        let chain = Chain {
            id: row.bytes16(0)?,
            kind,
        };
        let event = Shown {
            application: match row.opt_bytes(7)? {
                Some(_) => Some(ApplicationId(row.bytes16(7)?)),
                None => None,
            },
            ..shown(row, chain)?
        };
        Ok((event, row.opt_bytes(4)?))
    })?;
    opened(w, rows)
}

/// Drops what the events said of a person; the chain still checks.
///
/// # Errors
/// The database's trouble.
pub fn erase(w: &mut Work<'_, '_>, account: AccountId) -> Result<(), Stop> {
    w.tx.execute(ERASE, &[account.into()])?;
    Ok(())
}

fn shown(row: &Row<'_>, chain: Chain) -> DbResult<Shown> {
    Ok(Shown {
        chain,
        seq: row.int(1)?,
        at: Timestamp::from_millis(row.int(2)?),
        kind: row.text(3)?,
        detail: None,
        previous: row.bytes(5)?,
        hash: row.bytes(6)?,
        application: None,
    })
}

fn opened(w: &Work<'_, '_>, rows: Vec<(Shown, Option<Vec<u8>>)>) -> Result<Vec<Shown>, Stop> {
    let mut events = Vec::with_capacity(rows.len());
    for (mut event, sealed) in rows {
        if let Some(sealed) = sealed {
            let (_, body) = open(w, event.chain, event.seq, &sealed)?;
            let detail = serde_json::from_str(&body);
            event.detail = Some(detail.map_err(|_| Fault::Stored("audit body"))?);
        }
        events.push(event);
    }
    Ok(events)
}

/// Salt and body, sealed to their event.
pub(super) fn seal(
    w: &mut Work<'_, '_>,
    chain: Chain,
    seq: i64,
    salt: &[u8],
    body: &str,
) -> Vec<u8> {
    let plain = [salt, body.as_bytes()].concat();
    w.seal(cell(chain, &seq.to_be_bytes()), &plain)
}

/// Salt and body of an event.
///
/// # Errors
/// When they do not open, or are not what this program sealed.
pub(super) fn open(
    w: &Work<'_, '_>,
    chain: Chain,
    seq: i64,
    sealed: &[u8],
) -> Result<([u8; SALT], String), Stop> {
    let plain = w.open(cell(chain, &seq.to_be_bytes()), sealed)?;
    let (salt, body) = plain
        .split_first_chunk::<SALT>()
        .ok_or(Fault::Stored("audit body"))?;
    let body = String::from_utf8(body.to_vec()).map_err(|_| Fault::Stored("audit body"))?;
    Ok((*salt, body))
}

fn cell(chain: Chain, row: &[u8; 8]) -> Cell<'_> {
    Cell {
        column: "audit_event.sealed",
        account: AccountId(chain.id),
        row,
    }
}

fn head(w: &mut Work<'_, '_>, chain: Chain) -> Result<(i64, Hash), Stop> {
    let found = w.tx.query_opt(HEAD, &[chain.id.into()], |row| {
        Ok((row.int(0)?, row.bytes32(1)?))
    })?;
    Ok(found.unwrap_or_else(|| (0, chain.genesis())))
}
