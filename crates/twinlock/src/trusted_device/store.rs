//! Rows of known devices.

use crate::app::{AccountId, DeviceId, Stop, Timestamp, Token, Work};

use super::KNOWN;

const FIND: &str = "SELECT secret_hash, second_factor FROM device WHERE account_id = ?1 AND device_id = ?2 AND known_until > ?3";
const INSERT: &str = "INSERT INTO device (account_id, device_id, secret_hash, label, created_at, last_used_at, known_until, second_factor) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7)";
const USED: &str = "UPDATE device SET last_used_at = ?3 WHERE account_id = ?1 AND device_id = ?2";
const RAISE: &str = "UPDATE device SET second_factor = 1, secret_hash = ?4, last_used_at = ?3, known_until = ?5 \
    WHERE account_id = ?1 AND device_id = ?2";
const LOWER_ALL: &str = "UPDATE device SET second_factor = 0 WHERE account_id = ?1";
const FORGET_ALL: &str = "DELETE FROM device WHERE account_id = ?1";
const FORGET_SINCE: &str = "DELETE FROM device WHERE account_id = ?1 AND created_at >= ?2";
const FORGET_OLDEST: &str = "DELETE FROM device WHERE account_id = ?1 AND device_id IN \
    (SELECT device_id FROM device WHERE account_id = ?1 AND second_factor = ?2 ORDER BY last_used_at DESC LIMIT 100 OFFSET 50)";

/// Every statement here, for the test that prepares them all.
pub const STATEMENTS: &[&str] = &[
    FIND,
    INSERT,
    USED,
    RAISE,
    LOWER_ALL,
    FORGET_ALL,
    FORGET_SINCE,
    FORGET_OLDEST,
];

/// How far a sign-in on a device got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proven {
    /// Through, where no second factor was asked.
    SignIn,
    /// A second factor too.
    SecondFactor,
}

/// What became of a device that was to be remembered.
#[derive(Clone, Debug)]
pub struct Remembered {
    /// A token to keep, where it is new or got more than it had.
    pub token: Option<String>,
    /// Whether the account was never signed in to on it before.
    pub is_new: bool,
}

/// A device whose token was brought.
#[derive(Clone, Copy)]
struct Found {
    id: DeviceId,
    second_factor: bool,
}

/// The *known* device of this account among the tokens the client brought: one that completed a second factor. Only it has budgets of its own.
///
/// # Errors
/// The database's trouble. A token of another account, or a wrong one, is no device.
pub fn recognize(w: &mut Work<'_, '_>, account: AccountId) -> Result<Option<DeviceId>, Stop> {
    let found = find(w, account)?.filter(|found| found.second_factor);
    Ok(found.map(|found| found.id))
}

/// The device of this account among the tokens the client brought; a known one first.
fn find(w: &mut Work<'_, '_>, account: AccountId) -> Result<Option<Found>, Stop> {
    let tokens: Vec<Token> = w
        .moment
        .client
        .device_tokens
        .iter()
        .take(super::TOKENS)
        .filter_map(|text| Token::parse(Token::DEVICE, text))
        .collect();
    let now = w.now();
    let mut best = None;
    for token in tokens.iter().filter(|token| token.owner == account.0) {
        let id = DeviceId(token.thing);
        let stored =
            w.tx.query_opt(FIND, &[account.into(), id.into(), now.into()], |row| {
                Ok((row.bytes(0)?, row.flag(1)?))
            })?;
        let Some((_, second_factor)) = stored.filter(|(hash, _)| token.secret.matches(hash)) else {
            continue;
        };
        let found = Found { id, second_factor };
        if second_factor {
            return Ok(Some(found));
        }
        best = best.or(Some(found));
    }
    Ok(best)
}

/// Notes that a sign-in went through on this device. A new device gets a token; one that proves a second factor for the first time gets a
/// new one, since the old may have been copied when it was worth nothing.
///
/// # Errors
/// The database's trouble.
pub fn remember(
    w: &mut Work<'_, '_>,
    account: AccountId,
    proven: Proven,
) -> Result<Remembered, Stop> {
    let now = w.now();
    let found = find(w, account)?;
    let raises = proven == Proven::SecondFactor && found.is_some_and(|found| !found.second_factor);
    let token = match found {
        Some(found) if raises => Some(raise(w, account, found.id)?),
        Some(found) => {
            w.tx.execute(USED, &[account.into(), found.id.into(), now.into()])?;
            None
        }
        None => Some(insert(w, account, proven)?),
    };
    Ok(Remembered {
        token,
        is_new: found.is_none(),
    })
}

fn raise(w: &mut Work<'_, '_>, account: AccountId, device: DeviceId) -> Result<String, Stop> {
    let now = w.now();
    let token = Token::new(account.0, device.0, &mut w.draw);
    let values = [
        account.into(),
        device.into(),
        now.into(),
        token.secret.hash().into(),
        now.plus(KNOWN).into(),
    ];
    w.tx.execute(RAISE, &values)?;
    Ok(token.text(Token::DEVICE))
}

fn insert(w: &mut Work<'_, '_>, account: AccountId, proven: Proven) -> Result<String, Stop> {
    let now = w.now();
    let device = DeviceId::draw(now, &mut w.draw);
    let token = Token::new(account.0, device.0, &mut w.draw);
    let label = w.moment.client.device_label.clone();
    let second_factor = proven == Proven::SecondFactor;
    let values = [
        account.into(),
        device.into(),
        token.secret.hash().into(),
        label.into(),
        now.into(),
        now.plus(KNOWN).into(),
        second_factor.into(),
    ];
    w.tx.execute(INSERT, &values)?;
    // Each sort counts for itself: whoever knows only a password cannot push out the devices that know more.
    w.tx.execute(FORGET_OLDEST, &[account.into(), second_factor.into()])?;
    Ok(token.text(Token::DEVICE))
}

/// Two-factor authentication is off: no device has a budget of its own any more. Its owner still need not hear of it as a new one.
///
/// # Errors
/// The database's trouble.
pub fn lower_all(w: &mut Work<'_, '_>, account: AccountId) -> Result<(), Stop> {
    w.tx.execute(LOWER_ALL, &[account.into()])?;
    Ok(())
}

/// Forgets every device of an account.
///
/// # Errors
/// The database's trouble.
pub fn forget_all(w: &mut Work<'_, '_>, account: AccountId) -> Result<(), Stop> {
    w.tx.execute(FORGET_ALL, &[account.into()])?;
    Ok(())
}

/// Forgets every device that became known at or after a moment.
///
/// # Errors
/// The database's trouble.
pub fn forget_since(
    w: &mut Work<'_, '_>,
    account: AccountId,
    since: Timestamp,
) -> Result<(), Stop> {
    w.tx.execute(FORGET_SINCE, &[account.into(), since.into()])?;
    Ok(())
}
