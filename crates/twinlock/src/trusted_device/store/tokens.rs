//! Tokens of devices: found by what the client brought, and changed at each use of a trusted one.

use crate::app::{AccountId, DeviceId, Stop, Timestamp, Token, Work};
use crate::config::Ask;
use crate::trusted_device::{KNOWN, MOST_LOST, MOST_TOKENS, TOKENS, Trust};

use super::Device;

const FIND: &str = "SELECT secret_hash, second_factor, label, created_at, last_used_at, trusted_at, trusted_until FROM device \
    WHERE account_id = ?1 AND device_id = ?2 AND known_until > ?3";
const CURRENT: &str = "SELECT secret_hash FROM device WHERE account_id = ?1 AND device_id = ?2";
const OTHER_TOKEN: &str = "SELECT retired FROM device_token WHERE account_id = ?1 AND device_id = ?2 AND secret_hash = ?3";
pub(super) const USED: &str =
    "UPDATE device SET last_used_at = ?3 WHERE account_id = ?1 AND device_id = ?2";
const RAISE: &str = "UPDATE device SET second_factor = 1, secret_hash = ?4, last_used_at = ?3, known_until = ?5 \
    WHERE account_id = ?1 AND device_id = ?2";
const CARRY_ON: &str = "UPDATE device SET trusted_until = ?3, known_until = ?3 WHERE account_id = ?1 AND device_id = ?2";
const PROMOTE: &str = "UPDATE device SET secret_hash = ?3 WHERE account_id = ?1 AND device_id = ?2";
const HAND_OUT: &str = "INSERT INTO device_token (account_id, device_id, secret_hash, retired, issued_at) VALUES (?1, ?2, ?3, ?4, ?5)";
const TAKE_BACK: &str =
    "DELETE FROM device_token WHERE account_id = ?1 AND device_id = ?2 AND secret_hash = ?3";
const RETIRE: &str =
    "UPDATE device_token SET retired = 1 WHERE account_id = ?1 AND device_id = ?2 AND retired = 0";
const UNPRESENTED: &str =
    "SELECT COUNT(*) FROM device_token WHERE account_id = ?1 AND device_id = ?2 AND retired = 0";
const HANDED_OUT: &str =
    "SELECT COUNT(*) FROM device_token WHERE account_id = ?1 AND device_id = ?2";

/// Every statement here, for the test that prepares them all.
pub const STATEMENTS: &[&str] = &[
    FIND,
    CURRENT,
    OTHER_TOKEN,
    USED,
    RAISE,
    CARRY_ON,
    PROMOTE,
    HAND_OUT,
    TAKE_BACK,
    RETIRE,
    UNPRESENTED,
    HANDED_OUT,
];

/// A device whose token was brought.
pub(super) struct Found {
    pub(super) device: Device,
    /// The hash it is found by from now on.
    current: [u8; 32],
    brought: Brought,
}

/// Which of its tokens.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Brought {
    /// The one in use.
    Current,
    /// One handed out after it: the client has it, so the one before is of no use any more.
    Successor([u8; 32]),
    /// One whose successor was presented: somebody has a copy.
    Retired,
}

/// The *known* device of this account among the tokens the client brought: one that completed a second factor. Only it has budgets of its own.
///
/// # Errors
/// The database's trouble. A token of another account, or a wrong one, is no device.
pub fn recognize(w: &mut Work<'_, '_>, account: AccountId) -> Result<Option<DeviceId>, Stop> {
    let found = find(w, account)?.filter(|found| found.device.is_known);
    Ok(found.map(|found| found.device.id))
}

/// The device of this account the client brought a good token of; nothing changes by looking.
///
/// # Errors
/// The database's trouble.
pub fn look(w: &mut Work<'_, '_>, account: AccountId) -> Result<Option<Device>, Stop> {
    Ok(find(w, account)?.map(|found| found.device))
}

/// The device the client brought a token of that was replaced long ago, or that comes again and again without any of its successors: whoever
/// holds it copied it, or was copied from.
///
/// # Errors
/// The database's trouble.
pub fn copied(w: &mut Work<'_, '_>, account: AccountId) -> Result<Option<Device>, Stop> {
    for found in brought(w, account)? {
        let copied = match found.brought {
            Brought::Retired => true,
            Brought::Current => unpresented(w, account, found.device.id)? >= MOST_LOST,
            Brought::Successor(_) => false,
        };
        if copied {
            return Ok(Some(found.device));
        }
    }
    Ok(None)
}

fn unpresented(w: &mut Work<'_, '_>, account: AccountId, id: DeviceId) -> Result<i64, Stop> {
    let values = [account.into(), id.into()];
    let count = w.tx.query_opt(UNPRESENTED, &values, |row| row.int(0))?;
    Ok(count.unwrap_or_default())
}

/// The device of this account among the tokens the client brought; a known one first.
pub(super) fn find(w: &mut Work<'_, '_>, account: AccountId) -> Result<Option<Found>, Stop> {
    let mut good = brought(w, account)?;
    good.retain(|found| found.brought != Brought::Retired);
    good.sort_by_key(|found| !found.device.is_known);
    Ok(good.into_iter().next())
}

fn brought(w: &mut Work<'_, '_>, account: AccountId) -> Result<Vec<Found>, Stop> {
    let tokens: Vec<Token> = w
        .moment
        .client
        .device_tokens
        .iter()
        .take(TOKENS)
        .filter_map(|text| Token::parse(Token::DEVICE, text))
        .filter(|token| token.owner == account.0)
        .collect();
    let mut found = Vec::new();
    for token in tokens {
        found.extend(of_token(w, account, &token)?);
    }
    Ok(found)
}

fn of_token(
    w: &mut Work<'_, '_>,
    account: AccountId,
    token: &Token,
) -> Result<Option<Found>, Stop> {
    let now = w.now();
    let id = DeviceId(token.thing);
    let stored =
        w.tx.query_opt(FIND, &[account.into(), id.into(), now.into()], |row| {
            let device = Device {
                id,
                is_known: row.flag(1)?,
                label: row.text(2)?,
                created_at: Timestamp::from_millis(row.int(3)?),
                last_used_at: Timestamp::from_millis(row.int(4)?),
                trust: trust(row.opt_int(5)?, row.opt_int(6)?),
            };
            Ok((device, row.bytes32(0)?))
        })?;
    let Some((device, current)) = stored else {
        return Ok(None);
    };
    let presented = token.secret.hash();
    let brought = if token.secret.matches(&current) {
        Brought::Current
    } else {
        let values = [account.into(), id.into(), presented.into()];
        match w.tx.query_opt(OTHER_TOKEN, &values, |row| row.flag(0))? {
            Some(true) => Brought::Retired,
            Some(false) => Brought::Successor(presented),
            None => return Ok(None),
        }
    };
    Ok(Some(Found {
        device,
        current,
        brought,
    }))
}

pub(super) fn trust(since: Option<i64>, until: Option<i64>) -> Option<Trust> {
    Some(Trust {
        since: Timestamp::from_millis(since?),
        until: Timestamp::from_millis(until?),
    })
}

/// A device is used again; its next token if it is trusted. The one that was brought, and every other one handed out for it, is good until one of
/// them is presented: two tabs, a lost answer.
pub(super) fn use_again(
    w: &mut Work<'_, '_>,
    account: AccountId,
    found: &Found,
) -> Result<Option<String>, Stop> {
    let (id, now) = (found.device.id, w.now());
    w.tx.execute(USED, &[account.into(), id.into(), now.into()])?;
    if let Brought::Successor(hash) = found.brought {
        promote(w, account, id, found.current, hash)?;
    }
    let trust = found.device.trust;
    if !trust.is_some_and(|trust| trust.holds(now, w.settings())) {
        return Ok(None);
    }
    if handed_out(w, account, id)? >= MOST_TOKENS {
        super::end_trust_of(w, account, id)?;
        return Ok(None);
    }
    if w.settings().two_factor.ask == Ask::UntilSignedOut {
        let until = now.plus(KNOWN);
        w.tx.execute(CARRY_ON, &[account.into(), id.into(), until.into()])?;
    }
    let token = Token::new(account.0, id.0, &mut w.draw);
    hand_out(w, account, id, token.secret.hash(), false)?;
    Ok(Some(token.text(Token::DEVICE)))
}

/// The device is worth more from now on and gets a token of its own; every one of before is retired but the one that was brought, whose answer may
/// get lost.
pub(super) fn raise(
    w: &mut Work<'_, '_>,
    account: AccountId,
    device: DeviceId,
) -> Result<String, Stop> {
    retire_all(w, account, device)?;
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

/// Retires every token of a device but the one that was brought, which is forgotten. None of them is good any more; each of the others, coming
/// again, is a copy.
pub(super) fn retire_all(
    w: &mut Work<'_, '_>,
    account: AccountId,
    device: DeviceId,
) -> Result<(), Stop> {
    let of_it = brought(w, account)?.into_iter();
    let presented: Vec<Found> = of_it.filter(|found| found.device.id == device).collect();
    w.tx.execute(RETIRE, &[account.into(), device.into()])?;
    let values = [account.into(), device.into()];
    let current = w.tx.query_opt(CURRENT, &values, |row| row.bytes32(0))?;
    for found in &presented {
        if let Brought::Successor(hash) = found.brought {
            w.tx.execute(TAKE_BACK, &[account.into(), device.into(), hash.into()])?;
        }
    }
    let is_current = |found: &Found| found.brought == Brought::Current;
    match current {
        Some(current) if !presented.iter().any(is_current) => {
            hand_out(w, account, device, current, true)?;
        }
        _ => {}
    }
    // Nobody has what it is found by until a token is given out for it.
    let nobodys: [u8; 32] = w.draw.bytes();
    w.tx.execute(PROMOTE, &[account.into(), device.into(), nobodys.into()])?;
    Ok(())
}

/// A successor was presented: from now on it is the token in use, and whoever still has the one before, or another successor, has a copy.
fn promote(
    w: &mut Work<'_, '_>,
    account: AccountId,
    id: DeviceId,
    before: [u8; 32],
    now_in_use: [u8; 32],
) -> Result<(), Stop> {
    let in_use = [account.into(), id.into(), now_in_use.into()];
    w.tx.execute(TAKE_BACK, &in_use)?;
    w.tx.execute(RETIRE, &[account.into(), id.into()])?;
    w.tx.execute(PROMOTE, &in_use)?;
    hand_out(w, account, id, before, true)
}

fn hand_out(
    w: &mut Work<'_, '_>,
    account: AccountId,
    id: DeviceId,
    hash: [u8; 32],
    retired: bool,
) -> Result<(), Stop> {
    let now = w.now();
    let values = [
        account.into(),
        id.into(),
        hash.into(),
        retired.into(),
        now.into(),
    ];
    w.tx.execute(HAND_OUT, &values)?;
    Ok(())
}

fn handed_out(w: &mut Work<'_, '_>, account: AccountId, id: DeviceId) -> Result<i64, Stop> {
    let values = [account.into(), id.into()];
    let count = w.tx.query_opt(HANDED_OUT, &values, |row| row.int(0))?;
    Ok(count.unwrap_or_default())
}
