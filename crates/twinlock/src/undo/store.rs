//! Rows of the links.

use crate::app::{AccountId, Stop, Timestamp, Token, UndoLinkId, Work};

use super::{LIFE, UndoLink};

// Only a person who proved a mailbox has a way back by it; and while an account is frozen nothing new is disavowed.
const ENTITLED: &str = "SELECT 1 FROM account WHERE account_id = ?1 AND application_id IS NULL AND email_verified_at IS NOT NULL AND frozen_at IS NULL";
const INSERT: &str = "INSERT INTO undo_link (account_id, link_id, secret_hash, event, device_label, happened_at, expires_at) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
const LIVE: &str = "SELECT secret_hash, event, device_label, happened_at FROM undo_link \
    WHERE account_id = ?1 AND link_id = ?2 AND used_at IS NULL AND expires_at > ?3";
const USE: &str = "UPDATE undo_link SET used_at = ?3 WHERE account_id = ?1 AND link_id = ?2 AND secret_hash = ?4 \
    AND used_at IS NULL AND expires_at > ?3 RETURNING event, device_label, happened_at";
const END_ALL: &str = "DELETE FROM undo_link WHERE account_id = ?1";
// A sweep over all accounts, by age.
const PURGE: &str = "DELETE FROM undo_link WHERE expires_at < ?1";

/// Every statement here, for the test that prepares them all.
pub const STATEMENTS: &[&str] = &[ENTITLED, INSERT, LIVE, USE, END_ALL, PURGE];

/// Makes the link of an event that happens now; its token, which is not kept. `event`: the topic of the mail that will carry it.
///
/// `None` where there is no way back by such a link: an application's user, a mailbox nobody proved, an account that is frozen.
///
/// # Errors
/// The database's trouble.
pub fn issue(
    w: &mut Work<'_, '_>,
    account: AccountId,
    event: &str,
) -> Result<Option<String>, Stop> {
    if w.tx
        .query_opt(ENTITLED, &[account.into()], |row| row.int(0))?
        .is_none()
    {
        return Ok(None);
    }
    let now = w.now();
    let id = UndoLinkId::draw(now, &mut w.draw);
    let token = Token::new(account.0, id.0, &mut w.draw);
    let device_label = w.moment.client.device_label.clone();
    let values = [
        account.into(),
        id.into(),
        token.secret.hash().into(),
        event.into(),
        device_label.into(),
        now.into(),
        now.plus(LIFE).into(),
    ];
    w.tx.execute(INSERT, &values)?;
    Ok(Some(token.text(Token::UNDO)))
}

/// What a link stands for, as long as it can be used; nothing is spent. Unknown, used and too old look the same.
///
/// # Errors
/// The database's trouble.
pub fn look_at(w: &mut Work<'_, '_>, token: &Token) -> Result<Option<UndoLink>, Stop> {
    let (account, id) = (AccountId(token.owner), UndoLinkId(token.thing));
    let now = w.now();
    let found =
        w.tx.query_opt(LIVE, &[account.into(), id.into(), now.into()], |row| {
            Ok((
                row.bytes(0)?,
                UndoLink {
                    account,
                    event: row.text(1)?,
                    device_label: row.text(2)?,
                    happened_at: Timestamp::from_millis(row.int(3)?),
                },
            ))
        })?;
    Ok(found
        .filter(|(hash, _)| token.secret.matches(hash))
        .map(|(_, link)| link))
}

/// Uses a link: for exactly one caller, and only within its life.
///
/// # Errors
/// The database's trouble.
pub fn use_once(w: &mut Work<'_, '_>, token: &Token) -> Result<Option<UndoLink>, Stop> {
    let (account, id) = (AccountId(token.owner), UndoLinkId(token.thing));
    let now = w.now();
    let values = [
        account.into(),
        id.into(),
        now.into(),
        token.secret.hash().into(),
    ];
    let found = w.tx.query_opt(USE, &values, |row| {
        Ok(UndoLink {
            account,
            event: row.text(0)?,
            device_label: row.text(1)?,
            happened_at: Timestamp::from_millis(row.int(2)?),
        })
    })?;
    Ok(found)
}

/// Ends every link of an account.
///
/// # Errors
/// The database's trouble.
pub fn end_all(w: &mut Work<'_, '_>, account: AccountId) -> Result<(), Stop> {
    w.tx.execute(END_ALL, &[account.into()])?;
    Ok(())
}

/// Drops links whose time is over.
///
/// # Errors
/// The database's trouble.
pub fn purge(w: &mut Work<'_, '_>) -> Result<(), Stop> {
    let now = w.now();
    w.tx.execute(PURGE, &[now.into()])?;
    Ok(())
}
