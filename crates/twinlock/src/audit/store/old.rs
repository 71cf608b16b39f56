//! Events of the format before the first release.

use crate::app::{AccountId, Stop, Work};
use crate::audit::rules::Hash;
use crate::audit::rules::chain::Chain;

// Cross-account: the step at a start, in pages by key.
const CHAINS: &str =
    "SELECT account_id FROM audit_head WHERE account_id > ?1 ORDER BY account_id LIMIT ?2";
const EVENTS: &str = "SELECT seq, at, kind, salt, body, commitment, previous, hash FROM audit_event WHERE account_id = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";
const RENEW: &str = "UPDATE audit_event SET salt = NULL, body = NULL, sealed = ?3, commitment = ?4, previous = ?5, hash = ?6 WHERE account_id = ?1 AND seq = ?2";
const SET_HEAD: &str =
    "UPDATE audit_head SET hash = ?3, changed = 1 WHERE account_id = ?1 AND seq = ?2";

/// Every statement here, for the test that prepares them all.
pub const STATEMENTS: &[&str] = &[CHAINS, EVENTS, RENEW, SET_HEAD];

/// An event of the old format.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its place in the chain.
    pub seq: i64,
    /// When, in milliseconds since 1970 UTC.
    pub at: i64,
    /// Its kind.
    pub kind: String,
    /// The salt; absent after erasure.
    pub salt: Option<Vec<u8>>,
    /// The body; absent after erasure.
    pub body: Option<String>,
    /// The commitment.
    pub commitment: Hash,
    /// The hash of the event before; zeros for the first.
    pub previous: Hash,
    /// Its hash.
    pub hash: Hash,
}

/// Whose chains there are, after one.
///
/// # Errors
/// The database's trouble.
pub fn chains(w: &mut Work<'_, '_>, after: &[u8], most: i64) -> Result<Vec<AccountId>, Stop> {
    let values = [after.into(), most.into()];
    Ok(w.tx.query(CHAINS, &values, |row| Ok(AccountId(row.bytes16(0)?)))?)
}

/// Events of a chain after one.
///
/// # Errors
/// The database's trouble.
pub fn events(
    w: &mut Work<'_, '_>,
    account: AccountId,
    after: i64,
    most: i64,
) -> Result<Vec<Event>, Stop> {
    let values = [account.into(), after.into(), most.into()];
    let events = w.tx.query(EVENTS, &values, |row| {
        Ok(Event {
            seq: row.int(0)?,
            at: row.int(1)?,
            kind: row.text(2)?,
            salt: row.opt_bytes(3)?,
            body: row.opt_text(4)?,
            commitment: row.bytes32(5)?,
            previous: row.bytes32(6)?,
            hash: row.bytes32(7)?,
        })
    })?;
    Ok(events)
}

/// Writes an event in the new format: commitment, previous hash, hash.
///
/// # Errors
/// The database's trouble.
pub fn renew(
    w: &mut Work<'_, '_>,
    chain: Chain,
    event: &Event,
    hashes: &[Hash; 3],
) -> Result<(), Stop> {
    let sealed = match (&event.salt, &event.body) {
        (Some(salt), Some(body)) => Some(super::seal(w, chain, event.seq, salt, body)),
        _ => None,
    };
    let [commitment, previous, hash] = hashes;
    let values = [
        chain.id.into(),
        event.seq.into(),
        sealed.into(),
        commitment.into(),
        previous.into(),
        hash.into(),
    ];
    w.tx.execute(RENEW, &values)?;
    Ok(())
}

/// Lets the head name the last event's new hash.
///
/// # Errors
/// The database's trouble.
pub fn set_head(
    w: &mut Work<'_, '_>,
    account: AccountId,
    seq: i64,
    hash: &Hash,
) -> Result<(), Stop> {
    w.tx.execute(SET_HEAD, &[account.into(), seq.into(), hash.into()])?;
    Ok(())
}
