//! Tokens of devices: found by what the client brought, and changed at each use of a trusted one.
//!
//! A token is its device's ids, a number, and a keyed hash of them (ADR 0024): none is kept. What became of each is told by the [`Numbers`] in the
//! device's row.

use crate::app::{AccountId, DeviceId, Secret, Stop, Timestamp, Token, Work};
use crate::config::Ask;
use crate::trusted_device::rules::{Numbers, Worth};
use crate::trusted_device::{KNOWN, TOKENS, Trust};

use super::Device;

const FIND: &str = "SELECT second_factor, label, created_at, last_used_at, trusted_at, trusted_until, \
    tokens_issued, token_in_use, tokens_retired, token_forgotten FROM device \
    WHERE account_id = ?1 AND device_id = ?2 AND known_until > ?3";
pub(super) const USED: &str =
    "UPDATE device SET last_used_at = ?3 WHERE account_id = ?1 AND device_id = ?2";
const RAISE: &str = "UPDATE device SET second_factor = 1, known_until = ?3 WHERE account_id = ?1 AND device_id = ?2";
const CARRY_ON: &str = "UPDATE device SET trusted_until = ?3, known_until = ?3 WHERE account_id = ?1 AND device_id = ?2";
const NUMBER: &str = "UPDATE device SET last_used_at = ?3, tokens_issued = ?4, token_in_use = ?5, tokens_retired = ?6, token_forgotten = ?7 \
    WHERE account_id = ?1 AND device_id = ?2";
const SIGN_OFF: &str = "UPDATE device SET second_factor = 0, trusted_at = NULL, trusted_until = NULL, \
    token_in_use = 0, tokens_retired = tokens_issued, token_forgotten = tokens_issued WHERE account_id = ?1 AND device_id = ?2";

/// Every statement here, for the test that prepares them all.
pub const STATEMENTS: &[&str] = &[FIND, USED, RAISE, CARRY_ON, NUMBER, SIGN_OFF];

/// A device one of whose tokens was brought.
#[derive(Debug)]
pub struct Found {
    /// The device.
    pub device: Device,
    numbers: Numbers,
    brought: i64,
}

impl Found {
    fn is_copied(&self) -> bool {
        self.numbers.tell_a_copy(self.brought)
    }

    fn is_good(&self) -> bool {
        matches!(
            self.numbers.worth(self.brought),
            Worth::InUse | Worth::Successor
        )
    }
}

/// The devices of one account of which the client brought a token.
#[derive(Debug)]
pub struct Presented(Vec<Found>);

impl Presented {
    /// The devices whoever came holds a copy of, or was copied from, each once; and what else they brought.
    #[must_use]
    pub fn without_copied(self) -> (Vec<Device>, Self) {
        let copies = self.0.iter().filter(|found| found.is_copied());
        let ids: Vec<DeviceId> = copies.map(|found| found.device.id).collect();
        let (mut copied, rest): (Vec<Found>, Vec<Found>) =
            (self.0.into_iter()).partition(|found| ids.contains(&found.device.id));
        copied.sort_by_key(|found| found.device.id);
        copied.dedup_by_key(|found| found.device.id);
        let devices = copied.into_iter().map(|found| found.device).collect();
        (devices, Self(rest))
    }

    /// The one with a good token, of which nobody has a copy; a known one first.
    #[must_use]
    pub fn found(self) -> Option<Found> {
        let (_, rest) = self.without_copied();
        let good = rest.0.into_iter().filter(Found::is_good);
        good.min_by_key(|found| !found.device.is_known)
    }
}

/// What the client brought of this account's devices; nothing changes by looking.
///
/// # Errors
/// The database's trouble. A token of another account, or a wrong one, is no device.
pub fn presented(w: &mut Work<'_, '_>, account: AccountId) -> Result<Presented, Stop> {
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
    Ok(Presented(found))
}

/// The *known* device of this account among the tokens the client brought: one that completed a second factor. Only it has budgets of its own.
///
/// # Errors
/// The database's trouble.
pub fn recognize(w: &mut Work<'_, '_>, account: AccountId) -> Result<Option<DeviceId>, Stop> {
    let found = presented(w, account)?.found();
    let known = found.filter(|found| found.device.is_known);
    Ok(known.map(|found| found.device.id))
}

fn of_token(
    w: &mut Work<'_, '_>,
    account: AccountId,
    token: &Token,
) -> Result<Option<Found>, Stop> {
    let (now, id, brought) = (w.now(), DeviceId(token.thing), token.secret.number());
    if !token.secret.same_as(&secret(w, account, id, brought)) {
        return Ok(None);
    }
    let values = [account.into(), id.into(), now.into()];
    let stored = w.tx.query_opt(FIND, &values, |row| {
        let device = Device {
            id,
            is_known: row.flag(0)?,
            label: row.text(1)?,
            created_at: Timestamp::from_millis(row.int(2)?),
            last_used_at: Timestamp::from_millis(row.int(3)?),
            trust: trust(row.opt_int(4)?, row.opt_int(5)?),
        };
        let numbers = Numbers {
            issued: row.int(6)?,
            in_use: row.int(7)?,
            retired: row.int(8)?,
            forgotten: row.int(9)?,
        };
        Ok((device, numbers))
    })?;
    Ok(stored.map(|(device, numbers)| Found {
        device,
        numbers,
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
///
/// # Errors
/// The database's trouble.
pub fn use_again(
    w: &mut Work<'_, '_>,
    account: AccountId,
    found: &mut Found,
) -> Result<Option<String>, Stop> {
    let (id, now) = (found.device.id, w.now());
    found.device.last_used_at = now;
    found.numbers.present(found.brought);
    let Some(held) = found.device.trust.filter(|it| it.holds(now, w.settings())) else {
        put(w, account, id, found.numbers)?;
        return Ok(None);
    };
    let next = found.numbers.issue();
    put(w, account, id, found.numbers)?;
    if w.settings().two_factor.ask == Ask::UntilSignedOut {
        let until = now.plus(KNOWN);
        w.tx.execute(CARRY_ON, &[account.into(), id.into(), until.into()])?;
        found.device.trust = Some(Trust { until, ..held });
    }
    Ok(Some(text(w, account, id, next)))
}

/// The device is worth more from now on and gets a token of its own; every one of before is retired but the one that was brought, whose answer may
/// get lost.
pub(super) fn raise(
    w: &mut Work<'_, '_>,
    account: AccountId,
    found: &mut Found,
) -> Result<String, Stop> {
    let (id, until) = (found.device.id, w.now().plus(KNOWN));
    let next = found.numbers.begin_anew(found.brought);
    put(w, account, id, found.numbers)?;
    w.tx.execute(RAISE, &[account.into(), id.into(), until.into()])?;
    Ok(text(w, account, id, next))
}

/// The device was signed out of completely: the newest of its tokens is gone, which is the one its browser holds, and none of its others is good any
/// more. They stay remembered, so that somebody who has a copy cannot hide it by signing out before the owner comes back.
///
/// # Errors
/// The database's trouble.
pub fn sign_off(w: &mut Work<'_, '_>, account: AccountId, device: DeviceId) -> Result<(), Stop> {
    w.tx.execute(SIGN_OFF, &[account.into(), device.into()])?;
    Ok(())
}

/// The first token of a new device.
pub(super) fn first(w: &Work<'_, '_>, account: AccountId, device: DeviceId) -> String {
    text(w, account, device, 1)
}

fn put(
    w: &mut Work<'_, '_>,
    account: AccountId,
    id: DeviceId,
    numbers: Numbers,
) -> Result<(), Stop> {
    let now = w.now();
    let values = [
        account.into(),
        id.into(),
        now.into(),
        numbers.issued.into(),
        numbers.in_use.into(),
        numbers.retired.into(),
        numbers.forgotten.into(),
    ];
    w.tx.execute(NUMBER, &values)?;
    Ok(())
}

fn text(w: &Work<'_, '_>, account: AccountId, device: DeviceId, number: i64) -> String {
    let token = Token {
        owner: account.0,
        thing: device.0,
        secret: secret(w, account, device, number),
    };
    token.text(Token::DEVICE)
}

fn secret(w: &Work<'_, '_>, account: AccountId, device: DeviceId, number: i64) -> Secret {
    let parts: [&[u8]; 3] = [&account.0, &device.0, &number.to_be_bytes()];
    Secret::numbered(number, &w.keyring().mac("device token", &parts))
}
