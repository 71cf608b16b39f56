//! Rows of devices.

pub mod tokens;

use crate::app::{AccountId, DeviceId, Stop, Timestamp, Work};

use super::rules::length;
use super::{KNOWN, MOST_TRUSTED, Trust};

pub use tokens::{Found, Presented, presented, recognize, sign_off, use_again};

const TRUSTED: &str = "SELECT device_id, label, created_at, last_used_at, trusted_at, trusted_until FROM device \
    WHERE account_id = ?1 AND trusted_until > ?2 AND known_until > ?2 ORDER BY last_used_at DESC, device_id";
const INSERT: &str = "INSERT INTO device (account_id, device_id, label, created_at, last_used_at, known_until, second_factor, \
    tokens_issued, token_in_use, tokens_retired) VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, 1, 1, 1)";
const TRUST: &str = "UPDATE device SET trusted_at = ?3, trusted_until = ?4 WHERE account_id = ?1 AND device_id = ?2";
const END_TRUST: &str = "UPDATE device SET trusted_at = NULL, trusted_until = NULL WHERE account_id = ?1 AND trusted_at IS NOT NULL";
const END_TRUST_OF: &str = "UPDATE device SET trusted_at = NULL, trusted_until = NULL \
    WHERE account_id = ?1 AND device_id = ?2 AND trusted_at IS NOT NULL";
const END_TRUST_BUT: &str = "UPDATE device SET trusted_at = NULL, trusted_until = NULL \
    WHERE account_id = ?1 AND device_id <> ?2 AND trusted_at IS NOT NULL";
const END_OLDEST_TRUST: &str = "UPDATE device SET trusted_at = NULL, trusted_until = NULL WHERE account_id = ?1 AND device_id IN \
    (SELECT device_id FROM device WHERE account_id = ?1 AND trusted_at IS NOT NULL \
    ORDER BY last_used_at DESC, device_id LIMIT 100 OFFSET ?2)";
const LOWER_ALL: &str = "UPDATE device SET second_factor = 0, trusted_at = NULL, trusted_until = NULL WHERE account_id = ?1";
const FORGET: &str = "DELETE FROM device WHERE account_id = ?1 AND device_id = ?2";
const FORGET_ALL: &str = "DELETE FROM device WHERE account_id = ?1";
const FORGET_SINCE: &str = "DELETE FROM device WHERE account_id = ?1 AND created_at >= ?2";
const FORGET_OLDEST: &str = "DELETE FROM device WHERE account_id = ?1 AND device_id IN \
    (SELECT device_id FROM device WHERE account_id = ?1 AND second_factor = ?2 \
    ORDER BY CASE WHEN trusted_at IS NULL THEN 1 ELSE 0 END, last_used_at DESC LIMIT 100 OFFSET 50)";

/// Every statement here, for the test that prepares them all.
pub const STATEMENTS: &[&str] = &[
    TRUSTED,
    INSERT,
    TRUST,
    END_TRUST,
    END_TRUST_OF,
    END_TRUST_BUT,
    END_OLDEST_TRUST,
    LOWER_ALL,
    FORGET,
    FORGET_ALL,
    FORGET_SINCE,
    FORGET_OLDEST,
];

/// A device of an account.
#[derive(Clone, Debug)]
pub struct Device {
    /// Its id.
    pub id: DeviceId,
    /// A short name of it.
    pub label: String,
    /// Whether a second factor was completed on it: it is *known*.
    pub is_known: bool,
    /// When it was first signed in on.
    pub created_at: Timestamp,
    /// When it was last signed in on.
    pub last_used_at: Timestamp,
    /// What lets it skip the second factor.
    pub trust: Option<Trust>,
}

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
    /// Its id.
    pub id: DeviceId,
    /// A token to keep in place of the one that was presented, where there is a new one.
    pub token: Option<String>,
    /// Whether the account was never signed in to on it before.
    pub is_new: bool,
    /// Whether it is worth more than before, and begins anew: what was let in on it earlier rests on less.
    pub raised: bool,
}

/// The trusted devices of an account under the settings in force, last used first.
///
/// # Errors
/// The database's trouble.
pub fn trusted(w: &mut Work<'_, '_>, account: AccountId) -> Result<Vec<Device>, Stop> {
    let now = w.now();
    let mut devices = w.tx.query(TRUSTED, &[account.into(), now.into()], |row| {
        Ok(Device {
            id: DeviceId(row.bytes16(0)?),
            label: row.text(1)?,
            is_known: true,
            created_at: Timestamp::from_millis(row.int(2)?),
            last_used_at: Timestamp::from_millis(row.int(3)?),
            trust: tokens::trust(row.opt_int(4)?, row.opt_int(5)?),
        })
    })?;
    devices.retain(|device| {
        let trust = device.trust;
        trust.is_some_and(|trust| trust.holds(now, w.settings()))
    });
    Ok(devices)
}

/// Notes that a sign-in went through on this device. A new device gets a token; one that proves a second factor for the first time, or
/// becomes trusted (`trusts`), gets a new one, since the old may have been copied when it was worth less; that of a trusted one changes at each use.
///
/// # Errors
/// The database's trouble.
pub fn remember(
    w: &mut Work<'_, '_>,
    account: AccountId,
    proven: Proven,
    trusts: bool,
) -> Result<Remembered, Stop> {
    let (id, token, is_new, raised) = match presented(w, account)?.found() {
        None => {
            let label = w.moment.client.device_label.clone();
            let (id, token) = insert(w, account, proven, &label)?;
            (id, Some(token), true, false)
        }
        Some(mut found) => {
            let id = found.device.id;
            let raises = trusts || proven == Proven::SecondFactor && !found.device.is_known;
            let token = if raises {
                Some(tokens::raise(w, account, &mut found)?)
            } else {
                use_again(w, account, &mut found)?
            };
            (id, token, false, raises)
        }
    };
    if trusts {
        trust_from_now(w, account, id)?;
    }
    Ok(Remembered {
        id,
        token,
        is_new,
        raised,
    })
}

/// Makes a trusted device for whoever an application speaks for; its id and token.
///
/// # Errors
/// The database's trouble.
pub fn make_trusted(
    w: &mut Work<'_, '_>,
    account: AccountId,
    label: &str,
) -> Result<(DeviceId, String), Stop> {
    let made = insert(w, account, Proven::SecondFactor, label)?;
    trust_from_now(w, account, made.0)?;
    Ok(made)
}

fn insert(
    w: &mut Work<'_, '_>,
    account: AccountId,
    proven: Proven,
    label: &str,
) -> Result<(DeviceId, String), Stop> {
    let now = w.now();
    let device = DeviceId::draw(now, &mut w.draw);
    let second_factor = proven == Proven::SecondFactor;
    let values = [
        account.into(),
        device.into(),
        label.into(),
        now.into(),
        now.plus(KNOWN).into(),
        second_factor.into(),
    ];
    w.tx.execute(INSERT, &values)?;
    // Each sort counts for itself, and trusted ones go last: whoever knows only a password cannot push out the devices that know more, and an
    // application that asks without a token those its users ticked.
    w.tx.execute(FORGET_OLDEST, &[account.into(), second_factor.into()])?;
    Ok((device, tokens::first(w, account, device)))
}

fn trust_from_now(w: &mut Work<'_, '_>, account: AccountId, device: DeviceId) -> Result<(), Stop> {
    let now = w.now();
    let Some(length) = length(w.settings()) else {
        return Ok(());
    };
    let until = now.plus(length);
    let values = [account.into(), device.into(), now.into(), until.into()];
    w.tx.execute(TRUST, &values)?;
    w.tx.execute(END_OLDEST_TRUST, &[account.into(), MOST_TRUSTED.into()])?;
    Ok(())
}

/// Notes that a device was in use until now.
///
/// # Errors
/// The database's trouble.
pub fn used(w: &mut Work<'_, '_>, account: AccountId, device: DeviceId) -> Result<(), Stop> {
    let now = w.now();
    w.tx.execute(tokens::USED, &[account.into(), device.into(), now.into()])?;
    Ok(())
}

/// No device of an account is trusted any more; they stay known.
///
/// # Errors
/// The database's trouble.
pub fn end_trust(w: &mut Work<'_, '_>, account: AccountId) -> Result<(), Stop> {
    w.tx.execute(END_TRUST, &[account.into()])?;
    Ok(())
}

/// One device is trusted no more; whether it was.
///
/// # Errors
/// The database's trouble.
pub fn end_trust_of(
    w: &mut Work<'_, '_>,
    account: AccountId,
    device: DeviceId,
) -> Result<bool, Stop> {
    Ok(w.tx
        .execute(END_TRUST_OF, &[account.into(), device.into()])?
        == 1)
}

/// No device but this one is trusted any more.
///
/// # Errors
/// The database's trouble.
pub fn end_trust_but(w: &mut Work<'_, '_>, account: AccountId, keep: DeviceId) -> Result<(), Stop> {
    w.tx.execute(END_TRUST_BUT, &[account.into(), keep.into()])?;
    Ok(())
}

/// Two-factor authentication is off: no device has a budget of its own or is trusted any more. Its owner still need not hear of it as a new one.
///
/// # Errors
/// The database's trouble.
pub fn lower_all(w: &mut Work<'_, '_>, account: AccountId) -> Result<(), Stop> {
    w.tx.execute(LOWER_ALL, &[account.into()])?;
    Ok(())
}

/// Forgets one device, with every token of it.
///
/// # Errors
/// The database's trouble.
pub fn forget(w: &mut Work<'_, '_>, account: AccountId, device: DeviceId) -> Result<(), Stop> {
    w.tx.execute(FORGET, &[account.into(), device.into()])?;
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
