//! Rows of invitations.

use std::time::Duration;

use crate::account::Role;
use crate::app::{InvitationId, Stop, Timestamp, Token, Work};
use crate::audit::{Event, append_instance};

const INSERT: &str = "INSERT INTO invitation (invitation_id, secret_hash, role, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)";
const LOAD: &str = "SELECT secret_hash, role FROM invitation WHERE invitation_id = ?1 AND used_at IS NULL AND expires_at > ?2";
const USE: &str = "UPDATE invitation SET used_at = ?2 WHERE invitation_id = ?1 AND used_at IS NULL AND expires_at > ?2";
const FACT: &str = "SELECT value FROM instance_fact WHERE name = ?1";
const SET_FACT: &str = "INSERT INTO instance_fact (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2";

/// Every statement here, for the test that prepares them all.
pub const STATEMENTS: &[&str] = &[INSERT, LOAD, USE, FACT, SET_FACT];

/// Makes an invitation; its token.
///
/// # Errors
/// The database's trouble.
pub fn invite(w: &mut Work<'_, '_>, role: Role, life: Duration) -> Result<String, Stop> {
    let now = w.now();
    let id = InvitationId::draw(now, &mut w.draw);
    let token = Token::new([0; 16], id.0, &mut w.draw);
    let expires_at: Timestamp = now.plus(life);
    let values = [
        id.into(),
        token.secret.hash().into(),
        role.word().into(),
        now.into(),
        expires_at.into(),
    ];
    w.tx.execute(INSERT, &values)?;
    let event = Event::new("instance_invitation_made")
        .with("invitation", id.to_string())
        .with("role", role.word());
    append_instance(w, &event)?;
    Ok(token.text(Token::INVITATION))
}

/// The invitation a token opens, and the role it gives.
///
/// # Errors
/// The database's trouble.
pub fn look_at(w: &mut Work<'_, '_>, token: &str) -> Result<Option<(InvitationId, Role)>, Stop> {
    let Some(token) = Token::parse(Token::INVITATION, token) else {
        return Ok(None);
    };
    let id = InvitationId(token.thing);
    let now = w.now();
    let found = w.tx.query_opt(LOAD, &[id.into(), now.into()], |row| {
        Ok((row.bytes(0)?, row.text(1)?))
    })?;
    Ok(found
        .filter(|(hash, _)| token.secret.matches(hash))
        .map(|(_, role)| (id, Role::from_word(&role))))
}

/// Uses an invitation: true for exactly one caller.
///
/// # Errors
/// The database's trouble.
pub fn spend(w: &mut Work<'_, '_>, id: InvitationId) -> Result<bool, Stop> {
    let now = w.now();
    Ok(w.tx.execute(USE, &[id.into(), now.into()])? == 1)
}

/// A fact about the instance.
///
/// # Errors
/// The database's trouble.
pub fn fact(w: &mut Work<'_, '_>, name: &'static str) -> Result<Option<Vec<u8>>, Stop> {
    Ok(w.tx.query_opt(FACT, &[name.into()], |row| row.bytes(0))?)
}

/// Writes a fact about the instance down.
///
/// # Errors
/// The database's trouble.
pub fn set_fact(w: &mut Work<'_, '_>, name: &'static str, value: &[u8]) -> Result<(), Stop> {
    w.tx.execute(SET_FACT, &[name.into(), value.into()])?;
    Ok(())
}
