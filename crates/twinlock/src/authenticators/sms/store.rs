//! Rows of numbers and of the codes sent to them.

use subtle::ConstantTimeEq as _;
use twinlock_db::sealed::SealedColumn;
use twinlock_db::sealed_column;

use crate::app::{AccountId, AuthenticatorId, Cell, Fault, MessageId, Stop, Timestamp, Work};
use crate::authenticators::rules::Ceremony;
use crate::text_messages::Number;
use crate::text_messages::flow::mac as number_mac;

use super::rules::{LIFE, RESEND, TRIES};

const ONE: &str =
    "SELECT number, confirmed_at FROM sms WHERE account_id = ?1 AND authenticator_id = ?2";
const INSERT: &str = "INSERT INTO sms (account_id, authenticator_id, number, number_mac, confirmed_at) VALUES (?1, ?2, ?3, ?4, NULL)";
const CONFIRM: &str =
    "UPDATE sms SET confirmed_at = ?3 WHERE account_id = ?1 AND authenticator_id = ?2";
const SAME: &str = "SELECT s.authenticator_id FROM sms s JOIN authenticator a ON a.account_id = s.account_id AND a.authenticator_id = s.authenticator_id \
    WHERE s.account_id = ?1 AND s.number_mac = ?2 AND a.state = 'active'";
const REMOVE: &str = "DELETE FROM sms WHERE account_id = ?1 AND authenticator_id = ?2";
const REMOVE_ALL: &str = "DELETE FROM sms WHERE account_id = ?1";
// A look over all accounts, in the order of their ids: those that have numbers and no other method.
const ONLY_NUMBERS: &str = "SELECT DISTINCT a.account_id FROM authenticator a WHERE a.account_id > ?1 AND a.kind = 'sms' AND a.state = 'active' \
    AND NOT EXISTS (SELECT 1 FROM authenticator b WHERE b.account_id = a.account_id AND b.state = 'active' AND b.kind <> 'sms') \
    ORDER BY a.account_id LIMIT 500";
const PUT: &str = "INSERT INTO sms_code (account_id, ceremony_id, authenticator_id, message_id, code_mac, tries_left, resend_at, expires_at) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (account_id, ceremony_id) \
    DO UPDATE SET authenticator_id = ?3, message_id = ?4, code_mac = ?5, tries_left = ?6, resend_at = ?7, expires_at = ?8";
const LIVE: &str = "SELECT authenticator_id, message_id, resend_at, expires_at, tries_left FROM sms_code WHERE account_id = ?1 AND ceremony_id = ?2";
const TRY: &str = "UPDATE sms_code SET tries_left = tries_left - 1 WHERE account_id = ?1 AND ceremony_id = ?2 \
    AND tries_left > 0 AND expires_at > ?3 RETURNING authenticator_id, message_id, code_mac, expires_at";
// What was used stays until it dies, so that no new code is sent before its time.
const SPEND: &str = "UPDATE sms_code SET tries_left = 0 WHERE account_id = ?1 AND ceremony_id = ?2 AND code_mac = ?3";
const DROP_CODES: &str = "DELETE FROM sms_code WHERE account_id = ?1";
// Whose user somebody is.
const APPLICATION: &str = "SELECT p.name FROM account a JOIN application p ON p.application_id = a.application_id WHERE a.account_id = ?1";
// A sweep over all accounts, by age.
const PURGE: &str = "DELETE FROM sms_code WHERE expires_at < ?1";

/// The columns of sealed values here, for whoever seals them anew.
pub const SEALED: &[SealedColumn] = &[sealed_column!("sms", "number", row: "authenticator_id")];

/// Every statement here, for the test that prepares them all.
pub const STATEMENTS: &[&str] = &[
    ONE,
    INSERT,
    CONFIRM,
    SAME,
    REMOVE,
    REMOVE_ALL,
    ONLY_NUMBERS,
    PUT,
    LIVE,
    TRY,
    SPEND,
    DROP_CODES,
    APPLICATION,
    PURGE,
];

fn cell(account: AccountId, id: &AuthenticatorId) -> Cell<'_> {
    Cell {
        column: "sms.number",
        account,
        row: &id.0,
    }
}

/// The number of an authenticator, whatever its state, and when it was last proven; nothing for other kinds.
///
/// # Errors
/// The database's trouble; a number that does not open is a fault, never "no number".
pub fn load(
    w: &mut Work<'_, '_>,
    account: AccountId,
    id: AuthenticatorId,
) -> Result<Option<(Number, Option<Timestamp>)>, Stop> {
    let found = w.tx.query_opt(ONE, &[account.into(), id.into()], |row| {
        Ok((row.bytes(0)?, row.opt_int(1)?))
    })?;
    let Some((sealed, confirmed_at)) = found else {
        return Ok(None);
    };
    let plain = w.open(cell(account, &id), &sealed)?;
    let number = serde_json::from_slice(&plain).map_err(|_| Fault::Stored("phone number"))?;
    Ok(Some((number, confirmed_at.map(Timestamp::from_millis))))
}

/// Accounts behind `after` whose only methods, besides backup codes, are numbers; a few hundred at a time, in the order of their ids.
///
/// # Errors
/// The database's trouble.
pub fn with_numbers_only(w: &mut Work<'_, '_>, after: AccountId) -> Result<Vec<AccountId>, Stop> {
    let found =
        w.tx.query(ONLY_NUMBERS, &[after.into()], |row| row.bytes16(0))?;
    Ok(found.into_iter().map(AccountId).collect())
}

/// The name of the application an account belongs to, as the operator gave it; nothing for people who sign in here.
///
/// # Errors
/// The database's trouble.
pub fn application(w: &mut Work<'_, '_>, account: AccountId) -> Result<Option<String>, Stop> {
    Ok(w.tx.query_opt(APPLICATION, &[account.into()], |row| row.text(0))?)
}

/// Stores the number of a half-done authenticator.
///
/// # Errors
/// The database's trouble.
pub fn insert(
    w: &mut Work<'_, '_>,
    account: AccountId,
    id: AuthenticatorId,
    number: &Number,
) -> Result<(), Stop> {
    let plain = serde_json::to_vec(number).map_err(|_| Fault::Stored("phone number"))?;
    let sealed = w.seal(cell(account, &id), &plain);
    let mac = number_mac(w, number);
    let values = [account.into(), id.into(), sealed.into(), mac.into()];
    w.tx.execute(INSERT, &values)?;
    Ok(())
}

/// A code came back: the number is still the person's.
///
/// # Errors
/// The database's trouble.
pub fn confirm(w: &mut Work<'_, '_>, account: AccountId, id: AuthenticatorId) -> Result<(), Stop> {
    let now = w.now();
    w.tx.execute(CONFIRM, &[account.into(), id.into(), now.into()])?;
    Ok(())
}

/// Whether the account has a method with this number.
///
/// # Errors
/// The database's trouble.
pub fn has_number(w: &mut Work<'_, '_>, account: AccountId, number: &Number) -> Result<bool, Stop> {
    let mac = number_mac(w, number);
    let found =
        w.tx.query_opt(SAME, &[account.into(), mac.into()], |row| row.bytes16(0))?;
    Ok(found.is_some())
}

/// Removes the number of an authenticator; codes sent to it fit nothing any more.
///
/// # Errors
/// The database's trouble.
pub fn remove(w: &mut Work<'_, '_>, account: AccountId, id: AuthenticatorId) -> Result<(), Stop> {
    w.tx.execute(REMOVE, &[account.into(), id.into()])?;
    Ok(())
}

/// Removes every number and code of an account.
///
/// # Errors
/// The database's trouble.
pub fn remove_all(w: &mut Work<'_, '_>, account: AccountId) -> Result<(), Stop> {
    w.tx.execute(REMOVE_ALL, &[account.into()])?;
    drop_codes(w, account)
}

/// Drops every code on its way to an account's numbers.
///
/// # Errors
/// The database's trouble.
pub fn drop_codes(w: &mut Work<'_, '_>, account: AccountId) -> Result<(), Stop> {
    w.tx.execute(DROP_CODES, &[account.into()])?;
    Ok(())
}

/// A code that was sent.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// To whose number.
    pub factor: AuthenticatorId,
    /// In which text.
    pub message: MessageId,
    /// A new code may be asked for from here on.
    pub resend_at: Timestamp,
    /// The code dies here.
    pub expires_at: Timestamp,
    /// Whether it would still be looked at.
    pub is_live: bool,
}

/// The code sent last within this ceremony.
///
/// # Errors
/// The database's trouble.
pub fn sent(
    w: &mut Work<'_, '_>,
    account: AccountId,
    ceremony: Ceremony,
) -> Result<Option<Sent>, Stop> {
    let now = w.now();
    Ok(w.tx
        .query_opt(LIVE, &[account.into(), ceremony.id().into()], |row| {
            let expires_at = Timestamp::from_millis(row.int(3)?);
            Ok(Sent {
                factor: AuthenticatorId(row.bytes16(0)?),
                message: MessageId(row.bytes16(1)?),
                resend_at: Timestamp::from_millis(row.int(2)?),
                expires_at,
                is_live: row.int(4)? > 0 && expires_at > now,
            })
        })?)
}

/// Keeps a code that is on its way, in place of the one before.
///
/// # Errors
/// The database's trouble.
pub fn put(
    w: &mut Work<'_, '_>,
    account: AccountId,
    ceremony: Ceremony,
    factor: AuthenticatorId,
    message: MessageId,
    code: &str,
) -> Result<Sent, Stop> {
    let now = w.now();
    let sent = Sent {
        factor,
        message,
        resend_at: now.plus(RESEND),
        expires_at: now.plus(LIFE),
        is_live: true,
    };
    let values = [
        account.into(),
        ceremony.id().into(),
        factor.into(),
        message.into(),
        code_mac(w, account, ceremony, factor, code).into(),
        TRIES.into(),
        sent.resend_at.into(),
        sent.expires_at.into(),
    ];
    w.tx.execute(PUT, &values)?;
    Ok(sent)
}

/// Spends a try at the code of a ceremony, and the code if it fits and went to one of `factors`; to whose number, and when.
///
/// # Errors
/// The database's trouble.
pub fn consume(
    w: &mut Work<'_, '_>,
    account: AccountId,
    ceremony: Ceremony,
    typed: &str,
    factors: &[AuthenticatorId],
) -> Result<Option<(AuthenticatorId, Timestamp)>, Stop> {
    let (now, id) = (w.now(), ceremony.id());
    let found =
        w.tx.query_opt(TRY, &[account.into(), id.into(), now.into()], |row| {
            let factor = AuthenticatorId(row.bytes16(0)?);
            Ok((factor, row.bytes32(2)?, Timestamp::from_millis(row.int(3)?)))
        })?;
    let Some((factor, stored, expires_at)) = found else {
        return Ok(None);
    };
    let mac = code_mac(w, account, ceremony, factor, typed);
    let fits: bool = mac.as_slice().ct_eq(&stored).into();
    if !fits || !factors.contains(&factor) {
        return Ok(None);
    }
    let values = [account.into(), id.into(), stored.into()];
    let spent = w.tx.execute(SPEND, &values)? == 1;
    Ok(spent.then_some((factor, expires_at.minus(LIFE))))
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

fn code_mac(
    w: &Work<'_, '_>,
    account: AccountId,
    ceremony: Ceremony,
    factor: AuthenticatorId,
    code: &str,
) -> [u8; 32] {
    let parts = [&account.0[..], &ceremony.id(), &factor.0, code.as_bytes()];
    w.keyring().mac("texted code", &parts)
}
