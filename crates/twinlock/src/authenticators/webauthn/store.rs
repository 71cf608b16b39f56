//! Rows of security keys and of what they were asked.

use twinlock_db::sealed::SealedColumn;
use twinlock_db::sealed_column;

use crate::app::{AccountId, AuthenticatorId, Cell, KEY_TIMEOUT, Stop, Work};

use super::rules::{FORMAT, Key};
use crate::authenticators::rules::Ceremony;

const ONE: &str = "SELECT format, credential, counter FROM webauthn WHERE account_id = ?1 AND authenticator_id = ?2";
const FIND: &str =
    "SELECT authenticator_id FROM webauthn WHERE account_id = ?1 AND credential_hash = ?2";
const INSERT: &str = "INSERT INTO webauthn (account_id, authenticator_id, credential_hash, format, credential, counter) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING RETURNING counter";
const ADVANCE: &str = "UPDATE webauthn SET format = ?3, credential = ?4, counter = ?5 \
    WHERE account_id = ?1 AND authenticator_id = ?2 AND (counter < ?5 OR (counter = 0 AND ?5 = 0))";
const REMOVE: &str = "DELETE FROM webauthn WHERE account_id = ?1 AND authenticator_id = ?2";
const REMOVE_ALL: &str = "DELETE FROM webauthn WHERE account_id = ?1";
const ASK: &str = "INSERT INTO webauthn_ceremony (account_id, ceremony_id, format, state, expires_at) VALUES (?1, ?2, ?3, ?4, ?5) \
    ON CONFLICT (account_id, ceremony_id) DO UPDATE SET format = ?3, state = ?4, expires_at = ?5";
const TAKE: &str = "DELETE FROM webauthn_ceremony WHERE account_id = ?1 AND ceremony_id = ?2 RETURNING format, state, expires_at";
const DROP: &str = "DELETE FROM webauthn_ceremony WHERE account_id = ?1";
// A sweep over all accounts, by age.
const PURGE: &str = "DELETE FROM webauthn_ceremony WHERE expires_at < ?1";

/// The columns of sealed values here, for whoever seals them anew.
pub const SEALED: &[SealedColumn] = &[
    sealed_column!("webauthn", "credential", row: "authenticator_id"),
    sealed_column!("webauthn_ceremony", "state", row: "ceremony_id"),
];

/// Every statement here, for the test that prepares them all.
pub const STATEMENTS: &[&str] = &[
    ONE, FIND, INSERT, ADVANCE, REMOVE, REMOVE_ALL, ASK, TAKE, DROP, PURGE,
];

fn key_cell(account: AccountId, id: &AuthenticatorId) -> Cell<'_> {
    Cell {
        column: "webauthn.credential",
        account,
        row: &id.0,
    }
}

fn state_cell(account: AccountId, id: &[u8; 16]) -> Cell<'_> {
    Cell {
        column: "webauthn_ceremony.state",
        account,
        row: id,
    }
}

/// One key, whatever the state of its authenticator.
///
/// # Errors
/// The database's trouble; a key that does not open is a fault, never "no key".
pub fn load(
    w: &mut Work<'_, '_>,
    account: AccountId,
    id: AuthenticatorId,
) -> Result<Option<Key>, Stop> {
    let found = w.tx.query_opt(ONE, &[account.into(), id.into()], |row| {
        Ok((row.int(0)?, row.bytes(1)?))
    })?;
    let Some((format, sealed)) = found else {
        return Ok(None);
    };
    let plain = w.open(key_cell(account, &id), &sealed)?;
    Ok(Some(Key::decode(format, &plain)?))
}

/// These keys, in order; ids of other kinds are left out.
///
/// # Errors
/// As [`load`].
pub fn among(
    w: &mut Work<'_, '_>,
    account: AccountId,
    ids: &[AuthenticatorId],
) -> Result<Vec<Key>, Stop> {
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        found.extend(load(w, account, *id)?);
    }
    Ok(found)
}

/// Whose credential this is, of this account's.
///
/// # Errors
/// The database's trouble.
pub fn find(
    w: &mut Work<'_, '_>,
    account: AccountId,
    credential_hash: [u8; 32],
) -> Result<Option<AuthenticatorId>, Stop> {
    let found =
        w.tx.query_opt(FIND, &[account.into(), credential_hash.into()], |row| {
            row.bytes16(0)
        })?;
    Ok(found.map(AuthenticatorId))
}

/// Stores a key that was just registered; false for one that is registered already, wherever.
///
/// # Errors
/// The database's trouble.
pub fn insert(
    w: &mut Work<'_, '_>,
    account: AccountId,
    id: AuthenticatorId,
    key: &Key,
    counter: u32,
) -> Result<bool, Stop> {
    let sealed = w.seal(key_cell(account, &id), &key.encode()?);
    let values = [
        account.into(),
        id.into(),
        key.hash().into(),
        FORMAT.into(),
        sealed.into(),
        i64::from(counter).into(),
    ];
    Ok(w.tx.query_opt(INSERT, &values, |row| row.int(0))?.is_some())
}

/// Writes down that a key was used; false when its counter did not go up: two of it may be about. A key that does not count stays at zero.
///
/// # Errors
/// The database's trouble.
pub fn advance(
    w: &mut Work<'_, '_>,
    account: AccountId,
    id: AuthenticatorId,
    key: &Key,
    counter: u32,
) -> Result<bool, Stop> {
    let sealed = w.seal(key_cell(account, &id), &key.encode()?);
    let values = [
        account.into(),
        id.into(),
        FORMAT.into(),
        sealed.into(),
        i64::from(counter).into(),
    ];
    Ok(w.tx.execute(ADVANCE, &values)? == 1)
}

/// Removes a key.
///
/// # Errors
/// The database's trouble.
pub fn remove(w: &mut Work<'_, '_>, account: AccountId, id: AuthenticatorId) -> Result<(), Stop> {
    w.tx.execute(REMOVE, &[account.into(), id.into()])?;
    Ok(())
}

/// Removes every key of an account and everything they were asked.
///
/// # Errors
/// The database's trouble.
pub fn remove_all(w: &mut Work<'_, '_>, account: AccountId) -> Result<(), Stop> {
    w.tx.execute(REMOVE_ALL, &[account.into()])?;
    w.tx.execute(DROP, &[account.into()])?;
    Ok(())
}

/// Keeps what a key was asked, in place of what it was asked in the same ceremony before.
///
/// # Errors
/// The database's trouble.
pub fn ask(
    w: &mut Work<'_, '_>,
    account: AccountId,
    ceremony: Ceremony,
    state: &[u8],
) -> Result<(), Stop> {
    let id = ceremony.id();
    let sealed = w.seal(state_cell(account, &id), state);
    let values = [
        account.into(),
        id.into(),
        FORMAT.into(),
        sealed.into(),
        w.now().plus(KEY_TIMEOUT).into(),
    ];
    w.tx.execute(ASK, &values)?;
    Ok(())
}

/// Takes out what a key was asked: for exactly one caller, and while it is not too late.
///
/// # Errors
/// The database's trouble.
pub fn take(
    w: &mut Work<'_, '_>,
    account: AccountId,
    ceremony: Ceremony,
) -> Result<Option<Vec<u8>>, Stop> {
    let id = ceremony.id();
    let found = w.tx.query_opt(TAKE, &[account.into(), id.into()], |row| {
        Ok((row.int(0)?, row.bytes(1)?, row.int(2)?))
    })?;
    let Some((format, sealed, expires_at)) = found else {
        return Ok(None);
    };
    if format != FORMAT || expires_at <= w.now().as_millis() {
        return Ok(None);
    }
    Ok(Some(w.open(state_cell(account, &id), &sealed)?.to_vec()))
}

/// Drops what was never answered.
///
/// # Errors
/// The database's trouble.
pub fn purge(w: &mut Work<'_, '_>) -> Result<(), Stop> {
    let now = w.now();
    w.tx.execute(PURGE, &[now.into()])?;
    Ok(())
}
