//! Rows of mailed codes.

use subtle::ConstantTimeEq as _;
use twinlock_db::sealed::SealedColumn;
use twinlock_db::sealed_column;
use twinlock_otp::emailed_code::EmailedCode;

use crate::app::{AccountId, Refusal, Stop, Tally, Timestamp, Work};

use super::{LIFE, Purpose, RESEND, TRIES};

const WAITING: &str = "SELECT resend_at FROM challenge WHERE account_id = ?1 AND challenge_id = ?2 AND purpose = ?3 AND resend_at > ?4";
const PUT: &str = "INSERT INTO challenge (account_id, challenge_id, purpose, code_mac, tries_left, payload, resend_at, expires_at, consumed_at) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, NULL) ON CONFLICT (account_id, challenge_id, purpose) \
    DO UPDATE SET code_mac = ?4, tries_left = ?5, payload = ?6, resend_at = ?7, expires_at = ?8, consumed_at = NULL";
const TRY: &str = "UPDATE challenge SET tries_left = tries_left - 1 WHERE account_id = ?1 AND challenge_id = ?2 AND purpose = ?3 \
    AND tries_left > 0 AND consumed_at IS NULL AND expires_at > ?4 RETURNING code_mac, payload";
const CONSUME: &str = "UPDATE challenge SET consumed_at = ?4, payload = NULL WHERE account_id = ?1 AND challenge_id = ?2 AND purpose = ?3 \
    AND consumed_at IS NULL";
const LIVE: &str = "SELECT resend_at, expires_at FROM challenge WHERE account_id = ?1 AND challenge_id = ?2 AND purpose = ?3 \
    AND consumed_at IS NULL AND expires_at > ?4";
const OPEN: &str = "SELECT 1 FROM challenge WHERE account_id = ?1 AND challenge_id = ?2 AND purpose = ?3 \
    AND consumed_at IS NULL AND tries_left > 0 AND expires_at > ?4";
const DROP_ACCOUNT: &str = "DELETE FROM challenge WHERE account_id = ?1";
const PAYLOAD: &str =
    "SELECT payload FROM challenge WHERE account_id = ?1 AND challenge_id = ?2 AND purpose = ?3";
// A sweep over all accounts, by age.
const PURGE: &str = "DELETE FROM challenge WHERE expires_at < ?1";

/// The columns of sealed values here, for whoever seals them anew.
pub const SEALED: &[SealedColumn] = &[sealed_column!("challenge", "payload", row: "challenge_id")];

/// Every statement here, for the test that prepares them all.
pub const STATEMENTS: &[&str] = &[
    WAITING,
    PUT,
    TRY,
    CONSUME,
    LIVE,
    OPEN,
    DROP_ACCOUNT,
    PAYLOAD,
    PURGE,
];

/// Which challenge: one live code for each of these.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Whose, possibly a phantom's.
    pub account: AccountId,
    /// The sign-in or session it belongs to.
    pub within: [u8; 16],
    /// What for.
    pub purpose: Purpose,
}

/// When a new code may be asked for and when this one dies.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// A new code may be asked for from here on.
    pub resend_at: Timestamp,
    /// The code dies here.
    pub expires_at: Timestamp,
}

/// Makes a code, replacing the one before.
///
/// # Errors
/// [`Refusal::ResendTooSoon`], or the database's trouble.
pub fn make(
    w: &mut Work<'_, '_>,
    key: Key,
    payload: Option<Vec<u8>>,
) -> Result<(EmailedCode, Times), Stop> {
    refuse_if_too_soon(w, key)?;
    let now = w.now();
    let code = EmailedCode::from_random(&w.draw.bytes());
    let times = Times {
        resend_at: now.plus(RESEND),
        expires_at: now.plus(LIFE),
    };
    let mac = mac(w, key, code.canonical());
    let values = [
        key.account.into(),
        key.within.into(),
        key.purpose.name().into(),
        mac.into(),
        TRIES.into(),
        payload.into(),
        times.resend_at.into(),
        times.expires_at.into(),
    ];
    w.tx.execute(PUT, &values)?;
    Ok((code, times))
}

fn refuse_if_too_soon(w: &mut Work<'_, '_>, key: Key) -> Result<(), Stop> {
    let now = w.now();
    let values = [
        key.account.into(),
        key.within.into(),
        key.purpose.name().into(),
        now.into(),
    ];
    match w.tx.query_opt(WAITING, &values, |row| row.int(0))? {
        Some(at) => Err(Refusal::ResendTooSoon(Timestamp::from_millis(at)).into()),
        None => Ok(()),
    }
}

/// The times of the live code, if there is one.
///
/// # Errors
/// The database's trouble.
pub fn live(w: &mut Work<'_, '_>, key: Key) -> Result<Option<Times>, Stop> {
    let now = w.now();
    let values = [
        key.account.into(),
        key.within.into(),
        key.purpose.name().into(),
        now.into(),
    ];
    let found = w.tx.query_opt(LIVE, &values, |row| {
        Ok(Times {
            resend_at: Timestamp::from_millis(row.int(0)?),
            expires_at: Timestamp::from_millis(row.int(1)?),
        })
    })?;
    Ok(found)
}

/// Whether a code could still be accepted.
///
/// # Errors
/// The database's trouble.
pub fn is_open(w: &mut Work<'_, '_>, key: Key) -> Result<bool, Stop> {
    let now = w.now();
    let values = [
        key.account.into(),
        key.within.into(),
        key.purpose.name().into(),
        now.into(),
    ];
    Ok(w.tx.query_opt(OPEN, &values, |row| row.int(0))?.is_some())
}

/// The payload kept beside a code, whether or not it is still live.
///
/// # Errors
/// The database's trouble.
pub fn payload(w: &mut Work<'_, '_>, key: Key) -> Result<Option<Vec<u8>>, Stop> {
    let values = [
        key.account.into(),
        key.within.into(),
        key.purpose.name().into(),
    ];
    Ok(w.tx
        .query_opt(PAYLOAD, &values, |row| row.opt_bytes(0))?
        .flatten())
}

/// Spends a try and consumes the code if it fits; gives the payload back.
///
/// # Errors
/// [`Refusal::InvalidMailedCode`] for every cause: wrong, used, too old, tries spent, never sent.
pub fn consume(w: &mut Work<'_, '_>, key: Key, typed: &str) -> Result<Option<Vec<u8>>, Stop> {
    let outcome = try_one(w, key, typed);
    let word = match &outcome {
        Ok(_) => "accepted",
        Err(_) => "wrong",
    };
    w.count(Tally::MailedCode {
        purpose: key.purpose.name(),
        outcome: word,
    });
    outcome
}

fn try_one(w: &mut Work<'_, '_>, key: Key, typed: &str) -> Result<Option<Vec<u8>>, Stop> {
    let wrong = Refusal::InvalidMailedCode;
    let code = EmailedCode::parse(typed).map_err(|_| wrong.clone())?;
    let now = w.now();
    let values = [
        key.account.into(),
        key.within.into(),
        key.purpose.name().into(),
        now.into(),
    ];
    let found =
        w.tx.query_opt(TRY, &values, |row| Ok((row.bytes(0)?, row.opt_bytes(1)?)))?;
    let Some((stored, payload)) = found else {
        return Err(wrong.into());
    };
    let fits: bool = mac(w, key, code.canonical())
        .as_slice()
        .ct_eq(&stored)
        .into();
    if fits && w.tx.execute(CONSUME, &values)? == 1 {
        Ok(payload)
    } else {
        Err(wrong.into())
    }
}

/// Drops every code of an account.
///
/// # Errors
/// The database's trouble.
pub fn drop_account(w: &mut Work<'_, '_>, account: AccountId) -> Result<(), Stop> {
    w.tx.execute(DROP_ACCOUNT, &[account.into()])?;
    Ok(())
}

/// Drops codes that died.
///
/// # Errors
/// The database's trouble.
pub fn purge(w: &mut Work<'_, '_>) -> Result<(), Stop> {
    let now = w.now();
    w.tx.execute(PURGE, &[now.into()])?;
    Ok(())
}

fn mac(w: &Work<'_, '_>, key: Key, canonical: &str) -> [u8; 32] {
    w.keyring().mac(
        "challenge",
        &[
            &key.account.0,
            &key.within,
            key.purpose.name().as_bytes(),
            canonical.as_bytes(),
        ],
    )
}
