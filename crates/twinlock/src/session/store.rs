//! Rows of sessions.

use twinlock_db::sealed::SealedColumn;
use twinlock_db::sealed_column;

use crate::app::{
    AccountId, AuthenticatorId, Cell, DeviceId, Fault, FrozenBy, SessionId, Stop, Tally, Timestamp,
    Work,
};

use crate::throttle::rules::step_up_length;

use super::{FirstFactor, Proof, Session};

// Whether the account is frozen is read with every session, so that no use of one can forget to ask.
const COLUMNS_BY_ID: &str = "SELECT s.session_id, s.secret_hash, s.epoch, s.first_factor, s.second_factor, s.rests_on, s.first_factor_at, \
    s.second_factor_at, s.step_up_failures, s.device_label, s.created_at, s.last_seen_at, s.expires_at, a.frozen_at, a.frozen_by, s.device_id \
    FROM session s JOIN account a ON a.account_id = s.account_id WHERE s.account_id = ?1 AND s.session_id = ?2";
const COLUMNS_ALL: &str = "SELECT s.session_id, s.secret_hash, s.epoch, s.first_factor, s.second_factor, s.rests_on, s.first_factor_at, \
    s.second_factor_at, s.step_up_failures, s.device_label, s.created_at, s.last_seen_at, s.expires_at, a.frozen_at, a.frozen_by, s.device_id \
    FROM session s JOIN account a ON a.account_id = s.account_id WHERE s.account_id = ?1 ORDER BY s.last_seen_at DESC LIMIT 100";
const INSERT: &str = "INSERT INTO session (account_id, session_id, secret_hash, epoch, first_factor, second_factor, rests_on, first_factor_at, \
    second_factor_at, step_up_failures, device_label, network, created_at, last_seen_at, expires_at, device_id) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0, ?10, ?11, ?12, ?12, ?13, ?14)";
const END: &str = "DELETE FROM session WHERE account_id = ?1 AND session_id = ?2";
const END_ALL: &str = "DELETE FROM session WHERE account_id = ?1";
const END_OTHERS: &str = "DELETE FROM session WHERE account_id = ?1 AND session_id <> ?2";
const END_ON: &str = "DELETE FROM session WHERE account_id = ?1 AND device_id = ?2";
const END_SINCE: &str = "DELETE FROM session WHERE account_id = ?1 AND created_at >= ?2";
const SEEN: &str = "UPDATE session SET last_seen_at = ?3 WHERE account_id = ?1 AND session_id = ?2 AND last_seen_at < ?3";
/// Another browser: whatever was proven is no recent proof there.
const MOVED: &str = "UPDATE session SET device_label = ?3, network = ?4, \
    first_factor_at = CASE WHEN first_factor_at > ?5 THEN ?5 ELSE first_factor_at END, \
    second_factor_at = CASE WHEN second_factor_at > ?5 THEN ?5 ELSE second_factor_at END \
    WHERE account_id = ?1 AND session_id = ?2 AND device_label <> ?3";
const PROVED_SECOND: &str = "UPDATE session SET second_factor = ?3, rests_on = ?4, second_factor_at = ?5, step_up_failures = 0 \
    WHERE account_id = ?1 AND session_id = ?2";
const PROVED_FIRST: &str = "UPDATE session SET first_factor_at = ?3, step_up_failures = 0 WHERE account_id = ?1 AND session_id = ?2";
const FAILED_STEP_UP: &str = "UPDATE session SET step_up_failures = step_up_failures + 1 WHERE account_id = ?1 AND session_id = ?2 RETURNING step_up_failures";
const RENEW: &str = "UPDATE session SET secret_hash = ?3, session_id = ?4 WHERE account_id = ?1 AND session_id = ?2";
const DROP_SECOND: &str = "UPDATE session SET second_factor = NULL, rests_on = NULL, second_factor_at = NULL WHERE account_id = ?1";
const MOVE_PROOF: &str = "UPDATE session SET rests_on = ?3 WHERE account_id = ?1 AND rests_on = ?2";
const REST_ON: &str = "UPDATE session SET second_factor = ?3, rests_on = ?4 WHERE account_id = ?1 AND session_id = ?2";
const LAST_SEEN_ON: &str =
    "SELECT MAX(last_seen_at) FROM session WHERE account_id = ?1 AND device_id = ?2";
// A sweep over all accounts, by age.
const PURGE: &str = "DELETE FROM session WHERE expires_at < ?1";

/// The columns of sealed values here, for whoever seals them anew.
pub const SEALED: &[SealedColumn] = &[sealed_column!("session", "network", row: "session_id")];

/// Every statement here, for the test that prepares them all.
pub const STATEMENTS: &[&str] = &[
    COLUMNS_BY_ID,
    COLUMNS_ALL,
    INSERT,
    END,
    END_ALL,
    END_OTHERS,
    END_ON,
    END_SINCE,
    SEEN,
    MOVED,
    PROVED_SECOND,
    PROVED_FIRST,
    FAILED_STEP_UP,
    RENEW,
    DROP_SECOND,
    MOVE_PROOF,
    REST_ON,
    LAST_SEEN_ON,
    PURGE,
];

fn read(account: AccountId, row: &twinlock_db::Row<'_>) -> twinlock_db::DbResult<Option<Session>> {
    let rests_on = row.opt_bytes16(5)?.map(AuthenticatorId);
    let second_factor = row
        .opt_text(4)?
        .and_then(|word| Proof::from_row(&word, rests_on));
    let Some(first_factor) = FirstFactor::from_word(&row.text(3)?) else {
        return Ok(None);
    };
    let Ok(secret_hash) = <[u8; 32]>::try_from(row.bytes(1)?) else {
        return Ok(None);
    };
    Ok(Some(Session {
        account,
        id: SessionId(row.bytes16(0)?),
        secret_hash,
        epoch: row.int(2)?,
        first_factor,
        second_factor,
        first_factor_at: Timestamp::from_millis(row.int(6)?),
        second_factor_at: row.opt_int(7)?.map(Timestamp::from_millis),
        step_up_failures: row.int(8)?,
        device: row.opt_bytes16(15)?.map(DeviceId),
        device_label: row.text(9)?,
        created_at: Timestamp::from_millis(row.int(10)?),
        last_seen_at: Timestamp::from_millis(row.int(11)?),
        expires_at: Timestamp::from_millis(row.int(12)?),
        frozen: row
            .opt_int(13)?
            .map(|_| row.opt_text(14))
            .transpose()?
            .map(|word| FrozenBy::from_word(word.as_deref())),
    }))
}

/// One session of an account.
///
/// # Errors
/// The database's trouble; a row that cannot be read is a fault.
pub fn load(
    w: &mut Work<'_, '_>,
    account: AccountId,
    id: SessionId,
) -> Result<Option<Session>, Stop> {
    match w
        .tx
        .query_opt(COLUMNS_BY_ID, &[account.into(), id.into()], |row| {
            read(account, row)
        })? {
        Some(Some(session)) => Ok(Some(session)),
        Some(None) => Err(Fault::Stored("session").into()),
        None => Ok(None),
    }
}

/// All sessions of an account, last used first.
///
/// # Errors
/// The database's trouble.
pub fn all(w: &mut Work<'_, '_>, account: AccountId) -> Result<Vec<Session>, Stop> {
    let found =
        w.tx.query(COLUMNS_ALL, &[account.into()], |row| read(account, row))?;
    Ok(found.into_iter().flatten().collect())
}

/// Stores a session. Only `sign_in` calls this.
///
/// # Errors
/// The database's trouble.
pub fn insert(w: &mut Work<'_, '_>, session: &Session) -> Result<(), Stop> {
    let network = sealed_network(w, session.account, session.id);
    let values = [
        session.account.into(),
        session.id.into(),
        session.secret_hash.into(),
        session.epoch.into(),
        session.first_factor.word().into(),
        session.second_factor.map(Proof::word).into(),
        session
            .second_factor
            .and_then(Proof::authenticator)
            .map(|id| id.0.to_vec())
            .into(),
        session.first_factor_at.into(),
        session.second_factor_at.map(Timestamp::as_millis).into(),
        session.device_label.as_str().into(),
        network.into(),
        session.created_at.into(),
        session.expires_at.into(),
        session.device.map(|id| id.0.to_vec()).into(),
    ];
    w.tx.execute(INSERT, &values)?;
    w.count(Tally::SessionMade);
    Ok(())
}

/// Ends one session; whether there was one.
///
/// # Errors
/// The database's trouble.
pub fn end(w: &mut Work<'_, '_>, account: AccountId, id: SessionId) -> Result<bool, Stop> {
    let ended = w.tx.execute(END, &[account.into(), id.into()])?;
    count_ended(w, ended);
    Ok(ended == 1)
}

/// Ends every session of an account. Whoever does so ends what lets its devices in as well: see [`super::flow::end_everything`].
///
/// # Errors
/// The database's trouble.
pub(super) fn end_all(w: &mut Work<'_, '_>, account: AccountId) -> Result<(), Stop> {
    let ended = w.tx.execute(END_ALL, &[account.into()])?;
    count_ended(w, ended);
    Ok(())
}

/// Ends every session but one; how many.
///
/// # Errors
/// The database's trouble.
pub fn end_others(w: &mut Work<'_, '_>, account: AccountId, keep: SessionId) -> Result<u64, Stop> {
    let ended = w.tx.execute(END_OTHERS, &[account.into(), keep.into()])?;
    count_ended(w, ended);
    Ok(ended)
}

fn count_ended(w: &Work<'_, '_>, sessions: u64) {
    for _ in 0..sessions {
        w.count(Tally::SessionEnded);
    }
}

/// Ends every session made at or after a moment.
///
/// # Errors
/// The database's trouble.
pub fn end_since(w: &mut Work<'_, '_>, account: AccountId, since: Timestamp) -> Result<(), Stop> {
    let ended = w.tx.execute(END_SINCE, &[account.into(), since.into()])?;
    count_ended(w, ended);
    Ok(())
}

/// Ends every session made on a device.
///
/// # Errors
/// The database's trouble.
pub fn end_on(w: &mut Work<'_, '_>, account: AccountId, device: DeviceId) -> Result<(), Stop> {
    let ended = w.tx.execute(END_ON, &[account.into(), device.into()])?;
    count_ended(w, ended);
    Ok(())
}

/// Notes that a session was used.
///
/// # Errors
/// The database's trouble.
pub fn seen(w: &mut Work<'_, '_>, account: AccountId, id: SessionId) -> Result<(), Stop> {
    let now = w.now();
    w.tx.execute(SEEN, &[account.into(), id.into(), now.into()])?;
    Ok(())
}

/// The session is used by another browser than so far. What was proven before is no recent proof there; true if that is new.
///
/// # Errors
/// The database's trouble.
pub fn moved(w: &mut Work<'_, '_>, account: AccountId, id: SessionId) -> Result<bool, Stop> {
    let recent = w.now().minus(step_up_length(&w.settings().limits));
    let values = [
        account.into(),
        id.into(),
        w.moment.client.device_label.as_str().into(),
        sealed_network(w, account, id).into(),
        recent.into(),
    ];
    Ok(w.tx.execute(MOVED, &values)? == 1)
}

fn sealed_network(w: &mut Work<'_, '_>, account: AccountId, id: SessionId) -> Vec<u8> {
    let network = w.moment.client.network.clone();
    let cell = Cell {
        column: "session.network",
        account,
        row: &id.0,
    };
    w.seal(cell, &network)
}

/// The second factor was proven in this session.
///
/// # Errors
/// The database's trouble.
pub fn proved_second(
    w: &mut Work<'_, '_>,
    account: AccountId,
    id: SessionId,
    proof: Proof,
) -> Result<(), Stop> {
    let now = w.now();
    let rests_on = proof.authenticator().map(|id| id.0.to_vec());
    w.tx.execute(
        PROVED_SECOND,
        &[
            account.into(),
            id.into(),
            proof.word().into(),
            rests_on.into(),
            now.into(),
        ],
    )?;
    Ok(())
}

/// The first factor was proven again in this session.
///
/// # Errors
/// The database's trouble.
pub fn proved_first(w: &mut Work<'_, '_>, account: AccountId, id: SessionId) -> Result<(), Stop> {
    let now = w.now();
    w.tx.execute(PROVED_FIRST, &[account.into(), id.into(), now.into()])?;
    Ok(())
}

/// Counts a failed step-up; how many there are now.
///
/// # Errors
/// The database's trouble.
pub fn failed_step_up(
    w: &mut Work<'_, '_>,
    account: AccountId,
    id: SessionId,
) -> Result<i64, Stop> {
    Ok(w.tx
        .query_opt(FAILED_STEP_UP, &[account.into(), id.into()], |row| {
            row.int(0)
        })?
        .unwrap_or(i64::MAX))
}

/// Gives a session a new id and secret; whether it was still there.
///
/// # Errors
/// The database's trouble.
pub fn renew(
    w: &mut Work<'_, '_>,
    account: AccountId,
    id: SessionId,
    new_id: SessionId,
    secret_hash: [u8; 32],
) -> Result<bool, Stop> {
    Ok(w.tx.execute(
        RENEW,
        &[account.into(), id.into(), secret_hash.into(), new_id.into()],
    )? == 1)
}

/// Two-factor authentication is off: no session rests on a second factor any more.
///
/// # Errors
/// The database's trouble.
pub fn drop_second_factor(w: &mut Work<'_, '_>, account: AccountId) -> Result<(), Stop> {
    w.tx.execute(DROP_SECOND, &[account.into()])?;
    Ok(())
}

/// The session rests on another method from now on, without a new proof.
///
/// # Errors
/// The database's trouble.
pub fn rests_on(
    w: &mut Work<'_, '_>,
    account: AccountId,
    id: SessionId,
    proof: Proof,
) -> Result<(), Stop> {
    let on = proof.authenticator().map(|id| id.0.to_vec());
    let values = [account.into(), id.into(), proof.word().into(), on.into()];
    w.tx.execute(REST_ON, &values)?;
    Ok(())
}

/// Sessions that rested on a replaced authenticator rest on its successor.
///
/// # Errors
/// The database's trouble.
pub fn move_proof(
    w: &mut Work<'_, '_>,
    account: AccountId,
    from: AuthenticatorId,
    to: AuthenticatorId,
) -> Result<(), Stop> {
    w.tx.execute(MOVE_PROOF, &[account.into(), from.into(), to.into()])?;
    Ok(())
}

/// When a session made on this device was last used, where one is kept.
///
/// # Errors
/// The database's trouble.
pub fn last_seen_on(
    w: &mut Work<'_, '_>,
    account: AccountId,
    device: DeviceId,
) -> Result<Option<Timestamp>, Stop> {
    let seen =
        w.tx.query_one(LAST_SEEN_ON, &[account.into(), device.into()], |row| {
            row.opt_int(0)
        })?;
    Ok(seen.map(Timestamp::from_millis))
}

/// Drops sessions whose time is over.
///
/// # Errors
/// The database's trouble.
pub fn purge(w: &mut Work<'_, '_>) -> Result<(), Stop> {
    let now = w.now();
    w.tx.execute(PURGE, &[now.into()])?;
    Ok(())
}
