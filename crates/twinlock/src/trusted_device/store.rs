//! Rows of known devices.

use crate::app::{AccountId, DeviceId, Stop, Token, Work};

use super::KNOWN;

const FIND: &str =
    "SELECT secret_hash FROM device WHERE account_id = ?1 AND device_id = ?2 AND known_until > ?3";
const INSERT: &str = "INSERT INTO device (account_id, device_id, secret_hash, label, created_at, last_used_at, known_until) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)";
const USED: &str = "UPDATE device SET last_used_at = ?3 WHERE account_id = ?1 AND device_id = ?2";
const FORGET_ALL: &str = "DELETE FROM device WHERE account_id = ?1";
const FORGET_OLDEST: &str = "DELETE FROM device WHERE account_id = ?1 AND device_id IN \
    (SELECT device_id FROM device WHERE account_id = ?1 ORDER BY last_used_at DESC LIMIT 100 OFFSET 50)";

/// Every statement here, for the test that prepares them all.
pub const STATEMENTS: &[&str] = &[FIND, INSERT, USED, FORGET_ALL, FORGET_OLDEST];

/// The known device of this account among the tokens the client brought.
///
/// # Errors
/// The database's trouble. A token of another account, or a wrong one, is no device.
pub fn recognize(w: &mut Work<'_, '_>, account: AccountId) -> Result<Option<DeviceId>, Stop> {
    let tokens: Vec<Token> = w
        .moment
        .client
        .device_tokens
        .iter()
        .take(super::TOKENS)
        .filter_map(|text| Token::parse(Token::DEVICE, text))
        .collect();
    let now = w.now();
    for token in tokens.iter().filter(|token| token.owner == account.0) {
        let device = DeviceId(token.thing);
        let stored =
            w.tx.query_opt(FIND, &[account.into(), device.into(), now.into()], |row| {
                row.bytes(0)
            })?;
        if stored.is_some_and(|hash| token.secret.matches(&hash)) {
            return Ok(Some(device));
        }
    }
    Ok(None)
}

/// Notes that a second factor was proven on this device; a new device gets a token.
///
/// # Errors
/// The database's trouble.
pub fn remember(
    w: &mut Work<'_, '_>,
    account: AccountId,
    known: Option<DeviceId>,
) -> Result<Option<String>, Stop> {
    let now = w.now();
    if let Some(device) = known {
        w.tx.execute(USED, &[account.into(), device.into(), now.into()])?;
        return Ok(None);
    }
    let device = DeviceId::draw(now, &mut w.draw);
    let token = Token::new(account.0, device.0, &mut w.draw);
    let label = w.moment.client.device_label.clone();
    let values = [
        account.into(),
        device.into(),
        token.secret.hash().into(),
        label.into(),
        now.into(),
        now.plus(KNOWN).into(),
    ];
    w.tx.execute(INSERT, &values)?;
    w.tx.execute(FORGET_OLDEST, &[account.into()])?;
    Ok(Some(token.text(Token::DEVICE)))
}

/// Forgets every device of an account.
///
/// # Errors
/// The database's trouble.
pub fn forget_all(w: &mut Work<'_, '_>, account: AccountId) -> Result<(), Stop> {
    w.tx.execute(FORGET_ALL, &[account.into()])?;
    Ok(())
}
