//! Rows of the record.

use sha2::{Digest as _, Sha256};

use crate::app::{AccountId, Fault, Stop, Tally, Timestamp, Work};

use super::Event;

const HEAD: &str = "SELECT seq, hash FROM audit_head WHERE account_id = ?1";
const ADVANCE: &str = "INSERT INTO audit_head (account_id, seq, hash) VALUES (?1, ?2, ?3) \
    ON CONFLICT (account_id) DO UPDATE SET seq = ?2, hash = ?3 WHERE audit_head.seq = ?4";
const APPEND: &str = "INSERT INTO audit_event (account_id, seq, at, kind, salt, body, commitment, previous, hash) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
const RECENT: &str = "SELECT seq, at, kind, body FROM audit_event WHERE account_id = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3";
const ERASE: &str = "UPDATE audit_event SET salt = NULL, body = NULL WHERE account_id = ?1";

/// Every statement here, for the test that prepares them all.
pub const STATEMENTS: &[&str] = &[HEAD, ADVANCE, APPEND, RECENT, ERASE];

/// An event as it is shown.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Its place in the account's chain, from 1.
    pub seq: i64,
    /// When it happened.
    pub at: Timestamp,
    /// Its kind.
    pub kind: String,
    /// Its values as a JSON object; absent after erasure.
    pub body: Option<String>,
}

/// Appends an event to an account's chain.
///
/// # Errors
/// The database's trouble; the use case then fails with it (an event that cannot be written stops what it tells of).
pub fn append(w: &mut Work<'_, '_>, account: AccountId, event: &Event) -> Result<(), Stop> {
    let (seq, previous) = head(w, account)?;
    let now = w.now();
    let mut detail = event.detail.clone();
    detail.insert("device", w.moment.client.device_label.clone());
    let body = serde_json::to_string(&detail).map_err(|_| Fault::Stored("audit body"))?;
    let salt: [u8; 16] = w.draw.bytes();
    let commitment = commit(&salt, &body);
    let next = seq + 1;
    let hash = link(&previous, next, now, event.kind, &commitment);
    let values = [
        account.into(),
        next.into(),
        now.into(),
        event.kind.into(),
        salt.into(),
        body.into(),
        commitment.into(),
        previous.into(),
        hash.into(),
    ];
    w.tx.execute(APPEND, &values)?;
    let advanced = w.tx.execute(
        ADVANCE,
        &[account.into(), next.into(), hash.into(), seq.into()],
    )?;
    if advanced == 1 {
        w.count(Tally::Event(event.kind));
        Ok(())
    } else {
        Err(Fault::Stored("audit head moved").into())
    }
}

/// The newest events before `before` (exclusive), newest first.
///
/// # Errors
/// The database's trouble.
pub fn recent(
    w: &mut Work<'_, '_>,
    account: AccountId,
    before: i64,
    limit: i64,
) -> Result<Vec<Shown>, Stop> {
    let events = w.tx.query(
        RECENT,
        &[account.into(), before.into(), limit.into()],
        |row| {
            Ok(Shown {
                seq: row.int(0)?,
                at: Timestamp::from_millis(row.int(1)?),
                kind: row.text(2)?,
                body: row.opt_text(3)?,
            })
        },
    )?;
    Ok(events)
}

/// Drops what the events said of a person; the chain still checks.
///
/// # Errors
/// The database's trouble.
pub fn erase(w: &mut Work<'_, '_>, account: AccountId) -> Result<(), Stop> {
    w.tx.execute(ERASE, &[account.into()])?;
    Ok(())
}

fn head(w: &mut Work<'_, '_>, account: AccountId) -> Result<(i64, Vec<u8>), Stop> {
    let found = w.tx.query_opt(HEAD, &[account.into()], |row| {
        Ok((row.int(0)?, row.bytes(1)?))
    })?;
    Ok(found.unwrap_or_else(|| (0, vec![0; 32])))
}

fn commit(salt: &[u8], body: &str) -> [u8; 32] {
    Sha256::new()
        .chain_update(salt)
        .chain_update(body.as_bytes())
        .finalize()
        .into()
}

fn link(previous: &[u8], seq: i64, at: Timestamp, kind: &str, commitment: &[u8]) -> [u8; 32] {
    Sha256::new()
        .chain_update(previous)
        .chain_update(seq.to_be_bytes())
        .chain_update(at.as_millis().to_be_bytes())
        .chain_update(u32::try_from(kind.len()).unwrap_or(u32::MAX).to_be_bytes())
        .chain_update(kind.as_bytes())
        .chain_update(commitment)
        .finalize()
        .into()
}
