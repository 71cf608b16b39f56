//! Rows of sign-ins whose first factor is proven.

use crate::app::{
    AccountId, AuthenticatorId, Fault, Refusal, SignInId, Stop, Timestamp, Token, Work,
};
use crate::session::{FirstFactor, Proof};

use super::rules::Purpose;

const LOAD: &str = "SELECT secret_hash, purpose, first_factor, first_factor_at, mailbox_proved_at, second_factor, second_factor_id, \
    second_factor_at, wrong_codes, return_to, expires_at, trust_device FROM sign_in WHERE account_id = ?1 AND sign_in_id = ?2";
const INSERT: &str = "INSERT INTO sign_in (account_id, sign_in_id, secret_hash, purpose, first_factor, first_factor_at, mailbox_proved_at, \
    wrong_codes, return_to, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8, ?9) \
    ON CONFLICT (account_id, sign_in_id) DO NOTHING RETURNING wrong_codes";
const WRONG: &str = "UPDATE sign_in SET wrong_codes = wrong_codes + 1 WHERE account_id = ?1 AND sign_in_id = ?2 RETURNING wrong_codes";
const PROVED_SECOND: &str = "UPDATE sign_in SET second_factor = ?3, second_factor_id = ?4, second_factor_at = ?5, secret_hash = ?6, trust_device = ?7 \
    WHERE account_id = ?1 AND sign_in_id = ?2 AND second_factor IS NULL";
const PROVED_MAILBOX: &str = "UPDATE sign_in SET mailbox_proved_at = ?3, secret_hash = ?4 WHERE account_id = ?1 AND sign_in_id = ?2";
const FORGET_SECOND: &str = "UPDATE sign_in SET second_factor = NULL, second_factor_id = NULL, second_factor_at = NULL \
    WHERE account_id = ?1 AND sign_in_id = ?2";
const LEAD_TO: &str = "UPDATE sign_in SET return_to = ?3 WHERE account_id = ?1 AND sign_in_id = ?2";
const RESET_DONE: &str =
    "UPDATE sign_in SET purpose = 'sign_in' WHERE account_id = ?1 AND sign_in_id = ?2";
const END: &str = "DELETE FROM sign_in WHERE account_id = ?1 AND sign_in_id = ?2";
const END_ALL: &str = "DELETE FROM sign_in WHERE account_id = ?1";
const END_OTHERS: &str = "DELETE FROM sign_in WHERE account_id = ?1 AND sign_in_id <> ?2";
// A sweep over all accounts, by age.
const PURGE: &str = "DELETE FROM sign_in WHERE expires_at < ?1";

/// Every statement here, for the test that prepares them all.
pub const STATEMENTS: &[&str] = &[
    LOAD,
    INSERT,
    WRONG,
    PROVED_SECOND,
    PROVED_MAILBOX,
    FORGET_SECOND,
    LEAD_TO,
    RESET_DONE,
    END,
    END_ALL,
    END_OTHERS,
    PURGE,
];

/// A sign-in whose first factor is proven.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// Whose.
    pub account: AccountId,
    /// Its id.
    pub id: SignInId,
    /// Why it was begun.
    pub purpose: Purpose,
    /// How it started.
    pub first_factor: FirstFactor,
    /// When the first factor was proven.
    pub first_factor_at: Timestamp,
    /// When the mailbox was proven in it.
    pub mailbox_proved_at: Option<Timestamp>,
    /// What proved the second factor.
    pub second_factor: Option<Proof>,
    /// When.
    pub second_factor_at: Option<Timestamp>,
    /// What the person said while proving it: trust this device, or a shared computer.
    pub trust_device: Option<bool>,
    /// Wrong codes so far.
    pub wrong_codes: i64,
    /// Where to go afterwards.
    pub return_to: Option<String>,
    /// When it dies.
    pub expires_at: Timestamp,
}

/// The sign-in a token opens.
///
/// # Errors
/// [`Refusal::SignInExpired`] for anything but a live token of a sign-in that is not over.
pub fn open(w: &mut Work<'_, '_>, token: &Token) -> Result<SignIn, Stop> {
    let (account, id) = (AccountId(token.owner), SignInId(token.thing));
    let found = w.tx.query_opt(LOAD, &[account.into(), id.into()], |row| {
        Ok((
            (
                row.bytes(0)?,
                row.text(1)?,
                row.text(2)?,
                row.int(3)?,
                row.opt_int(4)?,
            ),
            (
                row.opt_text(5)?,
                row.opt_bytes16(6)?,
                row.opt_int(7)?,
                row.int(8)?,
                row.opt_text(9)?,
                row.int(10)?,
                row.opt_int(11)?,
            ),
        ))
    })?;
    let Some((first, second)) = found else {
        return Err(Refusal::SignInExpired.into());
    };
    let (hash, purpose, first_factor, first_factor_at, mailbox) = first;
    let (proof, proof_id, proof_at, wrong_codes, return_to, expires_at, trust) = second;
    let expires_at = Timestamp::from_millis(expires_at);
    if !token.secret.matches(&hash) || expires_at <= w.now() {
        return Err(Refusal::SignInExpired.into());
    }
    Ok(SignIn {
        account,
        id,
        purpose: Purpose::from_word(&purpose).ok_or(Fault::Stored("purpose of a sign-in"))?,
        first_factor: FirstFactor::from_word(&first_factor).ok_or(Fault::Stored("first factor"))?,
        first_factor_at: Timestamp::from_millis(first_factor_at),
        mailbox_proved_at: mailbox.map(Timestamp::from_millis),
        second_factor: proof.and_then(|word| Proof::from_row(&word, proof_id.map(AuthenticatorId))),
        second_factor_at: proof_at.map(Timestamp::from_millis),
        trust_device: trust.map(|said| said != 0),
        wrong_codes,
        return_to,
        expires_at,
    })
}

/// Stores a sign-in; false when it was stored before: a first factor is proven once.
///
/// # Errors
/// The database's trouble.
pub fn insert(w: &mut Work<'_, '_>, sign_in: &SignIn, secret_hash: [u8; 32]) -> Result<bool, Stop> {
    let values = [
        sign_in.account.into(),
        sign_in.id.into(),
        secret_hash.into(),
        sign_in.purpose.word().into(),
        sign_in.first_factor.word().into(),
        sign_in.first_factor_at.into(),
        sign_in.mailbox_proved_at.map(Timestamp::as_millis).into(),
        sign_in.return_to.as_deref().into(),
        sign_in.expires_at.into(),
    ];
    Ok(w.tx.query_opt(INSERT, &values, |row| row.int(0))?.is_some())
}

/// Counts a wrong code; how many there are now.
///
/// # Errors
/// The database's trouble.
pub fn wrong(w: &mut Work<'_, '_>, sign_in: &SignIn) -> Result<i64, Stop> {
    Ok(w.tx
        .query_opt(WRONG, &[sign_in.account.into(), sign_in.id.into()], |row| {
            row.int(0)
        })?
        .unwrap_or(i64::MAX))
}

/// The second factor was proven, and what was said of the device; false when it was before.
///
/// # Errors
/// The database's trouble.
pub fn proved_second(
    w: &mut Work<'_, '_>,
    sign_in: &SignIn,
    proof: Proof,
    trust_device: Option<bool>,
    secret_hash: [u8; 32],
) -> Result<bool, Stop> {
    let now = w.now();
    let values = [
        sign_in.account.into(),
        sign_in.id.into(),
        proof.word().into(),
        proof.authenticator().map(|id| id.0.to_vec()).into(),
        now.into(),
        secret_hash.into(),
        trust_device.map(i64::from).into(),
    ];
    Ok(w.tx.execute(PROVED_SECOND, &values)? == 1)
}

/// The mailbox was proven.
///
/// # Errors
/// The database's trouble.
pub fn proved_mailbox(
    w: &mut Work<'_, '_>,
    sign_in: &SignIn,
    secret_hash: [u8; 32],
) -> Result<(), Stop> {
    let now = w.now();
    w.tx.execute(
        PROVED_MAILBOX,
        &[
            sign_in.account.into(),
            sign_in.id.into(),
            now.into(),
            secret_hash.into(),
        ],
    )?;
    Ok(())
}

/// What proved the second factor is gone from the account.
///
/// # Errors
/// The database's trouble.
pub fn forget_second(w: &mut Work<'_, '_>, sign_in: &SignIn) -> Result<(), Stop> {
    w.tx.execute(FORGET_SECOND, &[sign_in.account.into(), sign_in.id.into()])?;
    Ok(())
}

/// Leads it somewhere else in the end.
///
/// # Errors
/// The database's trouble.
pub fn lead_to(w: &mut Work<'_, '_>, sign_in: &SignIn, path: &str) -> Result<(), Stop> {
    let values = [sign_in.account.into(), sign_in.id.into(), path.into()];
    w.tx.execute(LEAD_TO, &values)?;
    Ok(())
}

/// The new password is set: from here on it is a sign-in like any other.
///
/// # Errors
/// The database's trouble.
pub fn reset_done(w: &mut Work<'_, '_>, sign_in: &SignIn) -> Result<(), Stop> {
    w.tx.execute(RESET_DONE, &[sign_in.account.into(), sign_in.id.into()])?;
    Ok(())
}

/// Ends a sign-in: true for exactly one caller.
///
/// # Errors
/// The database's trouble.
pub fn end(w: &mut Work<'_, '_>, sign_in: &SignIn) -> Result<bool, Stop> {
    Ok(w.tx
        .execute(END, &[sign_in.account.into(), sign_in.id.into()])?
        == 1)
}

/// Ends every sign-in of an account.
///
/// # Errors
/// The database's trouble.
pub fn end_all(w: &mut Work<'_, '_>, account: AccountId) -> Result<(), Stop> {
    w.tx.execute(END_ALL, &[account.into()])?;
    Ok(())
}

/// Ends every other sign-in of the account: what proved their first factor counts no more.
///
/// # Errors
/// The database's trouble.
pub fn end_others(w: &mut Work<'_, '_>, sign_in: &SignIn) -> Result<(), Stop> {
    w.tx.execute(END_OTHERS, &[sign_in.account.into(), sign_in.id.into()])?;
    Ok(())
}

/// Drops sign-ins that died.
///
/// # Errors
/// The database's trouble.
pub fn purge(w: &mut Work<'_, '_>) -> Result<(), Stop> {
    let now = w.now();
    w.tx.execute(PURGE, &[now.into()])?;
    Ok(())
}
