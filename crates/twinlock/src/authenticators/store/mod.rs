//! Rows common to every bound second factor.

pub mod standing;

use std::time::Duration;

use crate::app::{AccountId, AuthenticatorId, Fault, Stop, Timestamp, Work};
use crate::undo;

use super::{Kind, Removal};

pub use standing::{Standing, standing};

const ACTIVE: &str = "SELECT authenticator_id, kind, label, preferred, created_at, activated_at, last_used_at FROM authenticator \
    WHERE account_id = ?1 AND state = 'active' ORDER BY preferred DESC, activated_at, authenticator_id";
const ONE: &str = "SELECT kind, label, state, preferred, replaces, created_at, expires_at, activated_at, last_used_at FROM authenticator \
    WHERE account_id = ?1 AND authenticator_id = ?2 AND state <> 'removed'";
const INSERT: &str = "INSERT INTO authenticator (account_id, authenticator_id, kind, label, state, preferred, replaces, created_at, expires_at) \
    VALUES (?1, ?2, ?3, ?4, 'pending', 0, ?5, ?6, ?7)";
const ACTIVATE: &str = "UPDATE authenticator SET state = 'active', expires_at = NULL, activated_at = ?3, last_used_at = ?3, preferred = ?4, replaces = NULL \
    WHERE account_id = ?1 AND authenticator_id = ?2 AND state = 'pending' AND expires_at > ?3";
const USED: &str =
    "UPDATE authenticator SET last_used_at = ?3 WHERE account_id = ?1 AND authenticator_id = ?2";
const RENAME: &str = "UPDATE authenticator SET label = ?3 WHERE account_id = ?1 AND authenticator_id = ?2 AND state = 'active'";
// A removed one keeps its mark, for the case that its removal is undone.
const PREFER_NONE: &str =
    "UPDATE authenticator SET preferred = 0 WHERE account_id = ?1 AND state = 'active'";
const PREFER: &str = "UPDATE authenticator SET preferred = 1 WHERE account_id = ?1 AND authenticator_id = ?2 AND state = 'active'";
const RETIRE: &str = "UPDATE authenticator SET state = 'removed', removed_at = ?3, lost = ?4 \
    WHERE account_id = ?1 AND authenticator_id = ?2 AND state = 'active'";
const RETIRE_ALL: &str = "UPDATE authenticator SET state = 'removed', removed_at = ?2 WHERE account_id = ?1 AND state = 'active'";
const LOSE_ALL: &str =
    "UPDATE authenticator SET lost = 1 WHERE account_id = ?1 AND state = 'removed'";
const BEFORE: &str = "SELECT authenticator_id, kind, label, preferred, created_at, activated_at, last_used_at FROM authenticator \
    WHERE account_id = ?1 AND activated_at < ?2 AND (removed_at IS NULL OR removed_at >= ?2) AND lost = 0 AND state <> 'pending' \
    ORDER BY preferred DESC, CASE WHEN removed_at IS NULL THEN 1 ELSE 0 END, COALESCE(removed_at, 0), activated_at, authenticator_id";
const REVIVE: &str = "UPDATE authenticator SET state = 'active', removed_at = NULL \
    WHERE account_id = ?1 AND authenticator_id = ?2 AND state = 'removed' AND lost = 0";
const REMOVED: &str = "SELECT authenticator_id FROM authenticator WHERE account_id = ?1 AND state = 'removed' ORDER BY authenticator_id LIMIT 1000";
// A sweep over all accounts, by age; a frozen account keeps what its owner may want back.
const OLD_REMOVED: &str = "SELECT a.account_id, a.authenticator_id FROM authenticator a JOIN account c ON c.account_id = a.account_id \
    WHERE a.removed_at < ?1 AND a.state = 'removed' AND c.frozen_at IS NULL ORDER BY a.account_id, a.authenticator_id LIMIT 1000";
const REMOVE: &str = "DELETE FROM authenticator WHERE account_id = ?1 AND authenticator_id = ?2";
const REMOVE_ALL: &str = "DELETE FROM authenticator WHERE account_id = ?1";
const STALE: &str = "SELECT authenticator_id FROM authenticator WHERE account_id = ?1 AND state = 'pending' \
    AND (expires_at <= ?2 OR created_at <= ?3) ORDER BY authenticator_id LIMIT 100";
const PENDING: &str = "SELECT authenticator_id FROM authenticator WHERE account_id = ?1 AND state = 'pending' ORDER BY created_at LIMIT 100";
const LABELS: &str = "SELECT label FROM authenticator WHERE account_id = ?1 AND state = 'active'";

/// Every statement here, for the test that prepares them all.
pub const STATEMENTS: &[&str] = &[
    ACTIVE,
    ONE,
    INSERT,
    ACTIVATE,
    USED,
    RENAME,
    PREFER_NONE,
    PREFER,
    RETIRE,
    RETIRE_ALL,
    LOSE_ALL,
    BEFORE,
    REVIVE,
    REMOVED,
    OLD_REMOVED,
    REMOVE,
    REMOVE_ALL,
    STALE,
    PENDING,
    LABELS,
];

/// How long a removed method is kept: for as long as its removal can be undone, and an hour for servers whose clocks differ.
pub const KEPT: Duration = undo::LIFE.saturating_add(Duration::from_secs(3600));

/// How long a half-done enrolment waits for its code.
pub const PENDING_LIFE: Duration = Duration::from_secs(600);

/// A bound second factor.
#[derive(Clone, Debug)]
pub struct Authenticator {
    /// Its id.
    pub id: AuthenticatorId,
    /// Its kind.
    pub kind: Kind,
    /// The person's name for it; may be empty.
    pub label: String,
    /// Whether it still waits for its first code.
    pub pending: bool,
    /// Asked first at sign-in.
    pub preferred: bool,
    /// What it will replace when proven.
    pub replaces: Option<AuthenticatorId>,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When a pending one dies.
    pub expires_at: Option<Timestamp>,
    /// When it was proven.
    pub activated_at: Option<Timestamp>,
    /// When it was last accepted.
    pub last_used_at: Option<Timestamp>,
}

impl Authenticator {
    /// What the record and the person are told of it: its kind and its name.
    #[must_use]
    pub fn told(&self) -> Vec<(&'static str, String)> {
        vec![
            ("kind", self.kind.word().to_owned()),
            ("label", self.label.clone()),
        ]
    }
}

/// Active second factors, the preferred one first.
///
/// # Errors
/// The database's trouble.
pub fn active(w: &mut Work<'_, '_>, account: AccountId) -> Result<Vec<Authenticator>, Stop> {
    let found = w.tx.query(ACTIVE, &[account.into()], bound)?;
    found
        .into_iter()
        .map(|(word, factor)| with_kind(&word, factor))
        .collect()
}

/// Second factors that counted just before a moment, those removed since among them, those lost not; the preferred one of then first.
///
/// # Errors
/// The database's trouble.
pub fn before(
    w: &mut Work<'_, '_>,
    account: AccountId,
    moment: Timestamp,
) -> Result<Vec<Authenticator>, Stop> {
    let found =
        w.tx.query(BEFORE, &[account.into(), moment.into()], bound)?;
    found
        .into_iter()
        .map(|(word, factor)| with_kind(&word, factor))
        .collect()
}

fn bound(row: &twinlock_db::Row<'_>) -> twinlock_db::DbResult<(String, Authenticator)> {
    let factor = Authenticator {
        id: AuthenticatorId(row.bytes16(0)?),
        kind: Kind::Totp,
        label: row.text(2)?,
        pending: false,
        preferred: row.flag(3)?,
        replaces: None,
        created_at: Timestamp::from_millis(row.int(4)?),
        expires_at: None,
        activated_at: row.opt_int(5)?.map(Timestamp::from_millis),
        last_used_at: row.opt_int(6)?.map(Timestamp::from_millis),
    };
    Ok((row.text(1)?, factor))
}

/// A kind this program does not know is a fault, never "no second factor".
fn with_kind(word: &str, factor: Authenticator) -> Result<Authenticator, Stop> {
    let kind = Kind::from_word(word).ok_or(Fault::Stored("kind of authenticator"))?;
    Ok(Authenticator { kind, ..factor })
}

/// One authenticator of an account, pending or active.
///
/// # Errors
/// The database's trouble.
pub fn load(
    w: &mut Work<'_, '_>,
    account: AccountId,
    id: AuthenticatorId,
) -> Result<Option<Authenticator>, Stop> {
    let found = w.tx.query_opt(ONE, &[account.into(), id.into()], |row| {
        Ok((
            row.text(0)?,
            Authenticator {
                id,
                kind: Kind::Totp,
                label: row.text(1)?,
                pending: row.text(2)? == "pending",
                preferred: row.flag(3)?,
                replaces: row.opt_bytes16(4)?.map(AuthenticatorId),
                created_at: Timestamp::from_millis(row.int(5)?),
                expires_at: row.opt_int(6)?.map(Timestamp::from_millis),
                activated_at: row.opt_int(7)?.map(Timestamp::from_millis),
                last_used_at: row.opt_int(8)?.map(Timestamp::from_millis),
            },
        ))
    })?;
    found
        .map(|(word, factor)| with_kind(&word, factor))
        .transpose()
}

/// Stores a pending authenticator.
///
/// # Errors
/// The database's trouble.
pub fn insert(
    w: &mut Work<'_, '_>,
    account: AccountId,
    factor: &Authenticator,
) -> Result<(), Stop> {
    let values = [
        account.into(),
        factor.id.into(),
        factor.kind.word().into(),
        factor.label.as_str().into(),
        factor.replaces.map(|id| id.0.to_vec()).into(),
        factor.created_at.into(),
        factor.expires_at.map(Timestamp::as_millis).into(),
    ];
    w.tx.execute(INSERT, &values)?;
    Ok(())
}

/// Makes a pending authenticator active, once; false when it was not pending any more or has died.
///
/// # Errors
/// The database's trouble.
pub fn activate(
    w: &mut Work<'_, '_>,
    account: AccountId,
    id: AuthenticatorId,
    preferred: bool,
) -> Result<bool, Stop> {
    let now = w.now();
    Ok(w.tx.execute(
        ACTIVATE,
        &[account.into(), id.into(), now.into(), preferred.into()],
    )? == 1)
}

/// Notes that it was accepted.
///
/// # Errors
/// The database's trouble.
pub fn used(w: &mut Work<'_, '_>, account: AccountId, id: AuthenticatorId) -> Result<(), Stop> {
    let now = w.now();
    w.tx.execute(USED, &[account.into(), id.into(), now.into()])?;
    Ok(())
}

/// Changes its label; whether there is such an active one.
///
/// # Errors
/// The database's trouble.
pub fn rename(
    w: &mut Work<'_, '_>,
    account: AccountId,
    id: AuthenticatorId,
    label: &str,
) -> Result<bool, Stop> {
    Ok(w.tx
        .execute(RENAME, &[account.into(), id.into(), label.into()])?
        == 1)
}

/// Makes it the one asked first; whether there is such an active one.
///
/// # Errors
/// The database's trouble.
pub fn prefer(w: &mut Work<'_, '_>, account: AccountId, id: AuthenticatorId) -> Result<bool, Stop> {
    w.tx.execute(PREFER_NONE, &[account.into()])?;
    Ok(w.tx.execute(PREFER, &[account.into(), id.into()])? == 1)
}

/// Ends an active one, and keeps its row for as long as its end can be undone; whether there was such an active one.
///
/// # Errors
/// The database's trouble.
pub fn retire(
    w: &mut Work<'_, '_>,
    account: AccountId,
    id: AuthenticatorId,
    removal: Removal,
) -> Result<bool, Stop> {
    let now = w.now();
    let lost = removal == Removal::Lost;
    let values = [account.into(), id.into(), now.into(), lost.into()];
    Ok(w.tx.execute(RETIRE, &values)? == 1)
}

/// Ends every active one. Where they were lost, those removed a while ago do not come back either.
///
/// # Errors
/// The database's trouble.
pub fn retire_all(w: &mut Work<'_, '_>, account: AccountId, removal: Removal) -> Result<(), Stop> {
    let now = w.now();
    w.tx.execute(RETIRE_ALL, &[account.into(), now.into()])?;
    if removal == Removal::Lost {
        w.tx.execute(LOSE_ALL, &[account.into()])?;
    }
    Ok(())
}

/// Makes a removed one active again, with everything it had; whether there was such a removed one.
///
/// # Errors
/// The database's trouble.
pub fn revive(w: &mut Work<'_, '_>, account: AccountId, id: AuthenticatorId) -> Result<bool, Stop> {
    Ok(w.tx.execute(REVIVE, &[account.into(), id.into()])? == 1)
}

/// Removed ones that are still kept.
///
/// # Errors
/// The database's trouble.
pub fn removed(w: &mut Work<'_, '_>, account: AccountId) -> Result<Vec<AuthenticatorId>, Stop> {
    Ok(w.tx
        .query(REMOVED, &[account.into()], |row| row.bytes16(0))?
        .into_iter()
        .map(AuthenticatorId)
        .collect())
}

/// Removed ones of all accounts whose end can no longer be undone, at most a thousand.
///
/// # Errors
/// The database's trouble.
pub fn old_removed(w: &mut Work<'_, '_>) -> Result<Vec<(AccountId, AuthenticatorId)>, Stop> {
    let since = w.now().minus(KEPT);
    Ok(w.tx.query(OLD_REMOVED, &[since.into()], |row| {
        Ok((AccountId(row.bytes16(0)?), AuthenticatorId(row.bytes16(1)?)))
    })?)
}

/// Removes the common row; the kind's own row goes first.
///
/// # Errors
/// The database's trouble.
pub fn remove(w: &mut Work<'_, '_>, account: AccountId, id: AuthenticatorId) -> Result<bool, Stop> {
    Ok(w.tx.execute(REMOVE, &[account.into(), id.into()])? == 1)
}

/// Removes every common row of an account; the kinds' own rows go first.
///
/// # Errors
/// The database's trouble.
pub fn remove_all(w: &mut Work<'_, '_>, account: AccountId) -> Result<(), Stop> {
    w.tx.execute(REMOVE_ALL, &[account.into()])?;
    Ok(())
}

/// Pending authenticators that died.
///
/// # Errors
/// The database's trouble.
pub fn stale(w: &mut Work<'_, '_>, account: AccountId) -> Result<Vec<AuthenticatorId>, Stop> {
    let now = w.now();
    let values = [account.into(), now.into(), now.minus(PENDING_LIFE).into()];
    Ok(w.tx
        .query(STALE, &values, |row| row.bytes16(0))?
        .into_iter()
        .map(AuthenticatorId)
        .collect())
}

/// All pending authenticators, oldest first.
///
/// # Errors
/// The database's trouble.
pub fn pending(w: &mut Work<'_, '_>, account: AccountId) -> Result<Vec<AuthenticatorId>, Stop> {
    Ok(w.tx
        .query(PENDING, &[account.into()], |row| row.bytes16(0))?
        .into_iter()
        .map(AuthenticatorId)
        .collect())
}

/// Labels in use.
///
/// # Errors
/// The database's trouble.
pub fn labels(w: &mut Work<'_, '_>, account: AccountId) -> Result<Vec<String>, Stop> {
    Ok(w.tx.query(LABELS, &[account.into()], |row| row.text(0))?)
}
