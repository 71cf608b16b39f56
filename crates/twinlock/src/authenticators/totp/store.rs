//! Rows of authenticator apps.

use twinlock_db::sealed::SealedColumn;
use twinlock_db::sealed_column;
use twinlock_otp::{Parameters, Secret};

use crate::app::{AccountId, AuthenticatorId, Cell, Fault, Stop, Work};

use super::rules::Bound;

const ACTIVE: &str = "SELECT t.authenticator_id, t.secret, t.algorithm, t.digits, t.period, t.last_step FROM totp t \
    JOIN authenticator a ON a.account_id = t.account_id AND a.authenticator_id = t.authenticator_id \
    WHERE t.account_id = ?1 AND a.state = 'active' ORDER BY a.preferred DESC, t.authenticator_id";
const ONE: &str = "SELECT authenticator_id, secret, algorithm, digits, period, last_step FROM totp WHERE account_id = ?1 AND authenticator_id = ?2";
const INSERT: &str = "INSERT INTO totp (account_id, authenticator_id, secret, algorithm, digits, period, last_step) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
const BURN: &str = "UPDATE totp SET last_step = ?3 WHERE account_id = ?1 AND authenticator_id = ?2 AND last_step < ?3";
const REMOVE: &str = "DELETE FROM totp WHERE account_id = ?1 AND authenticator_id = ?2";
const REMOVE_ALL: &str = "DELETE FROM totp WHERE account_id = ?1";

/// The columns of sealed values here, for whoever seals them anew.
pub const SEALED: &[SealedColumn] = &[sealed_column!("totp", "secret", row: "authenticator_id")];

/// Every statement here, for the test that prepares them all.
pub const STATEMENTS: &[&str] = &[ACTIVE, ONE, INSERT, BURN, REMOVE, REMOVE_ALL];

/// No step was accepted yet.
const NEVER: i64 = i64::MIN;

type Row = ([u8; 16], Vec<u8>, String, i64, i64, i64);

fn read(row: &twinlock_db::Row<'_>) -> twinlock_db::DbResult<Row> {
    Ok((
        row.bytes16(0)?,
        row.bytes(1)?,
        row.text(2)?,
        row.int(3)?,
        row.int(4)?,
        row.int(5)?,
    ))
}

fn open(w: &Work<'_, '_>, account: AccountId, row: &Row) -> Result<Bound, Stop> {
    let (id, sealed, algorithm, digits, period, last_step) = row;
    let plain = w.open(cell(account, id), sealed)?;
    let secret = Secret::new(plain.to_vec()).map_err(|_| Fault::Stored("TOTP secret"))?;
    let algorithm = algorithm
        .parse()
        .map_err(|_| Fault::Stored("TOTP algorithm"))?;
    let digits = u8::try_from(*digits).map_err(|_| Fault::Stored("TOTP digits"))?;
    let period = u32::try_from(*period).map_err(|_| Fault::Stored("TOTP period"))?;
    let parameters =
        Parameters::new(algorithm, digits, period).map_err(|_| Fault::Stored("TOTP parameters"))?;
    Ok(Bound {
        id: AuthenticatorId(*id),
        secret,
        parameters,
        last_step: (*last_step != NEVER).then_some(*last_step),
    })
}

fn cell(account: AccountId, id: &[u8; 16]) -> Cell<'_> {
    Cell {
        column: "totp.secret",
        account,
        row: id,
    }
}

/// The active apps, or the one asked for.
///
/// # Errors
/// The database's trouble; a secret that does not open is a fault, never "no app".
pub fn active(
    w: &mut Work<'_, '_>,
    account: AccountId,
    only: Option<AuthenticatorId>,
) -> Result<Vec<Bound>, Stop> {
    let rows = w.tx.query(ACTIVE, &[account.into()], read)?;
    rows.iter()
        .filter(|row| only.is_none_or(|id| id.0 == row.0))
        .map(|row| open(w, account, row))
        .collect()
}

/// These apps, whatever their state, or the one of them asked for.
///
/// # Errors
/// As [`active`].
pub fn among(
    w: &mut Work<'_, '_>,
    account: AccountId,
    ids: &[AuthenticatorId],
    only: Option<AuthenticatorId>,
) -> Result<Vec<Bound>, Stop> {
    let mut found = Vec::with_capacity(ids.len());
    for id in ids.iter().filter(|id| only.is_none_or(|only| only == **id)) {
        found.extend(load(w, account, *id)?);
    }
    Ok(found)
}

/// One app, whatever its state.
///
/// # Errors
/// As [`active`].
pub fn load(
    w: &mut Work<'_, '_>,
    account: AccountId,
    id: AuthenticatorId,
) -> Result<Option<Bound>, Stop> {
    let found = w.tx.query_opt(ONE, &[account.into(), id.into()], read)?;
    found.map(|row| open(w, account, &row)).transpose()
}

/// Stores an app's secret.
///
/// # Errors
/// The database's trouble.
pub fn insert(w: &mut Work<'_, '_>, account: AccountId, app: &Bound) -> Result<(), Stop> {
    let sealed = w.seal(cell(account, &app.id.0), app.secret.as_bytes());
    let values = [
        account.into(),
        app.id.into(),
        sealed.into(),
        app.parameters.algorithm.as_str().into(),
        i64::from(app.parameters.digits).into(),
        i64::from(app.parameters.period).into(),
        app.last_step.unwrap_or(NEVER).into(),
    ];
    w.tx.execute(INSERT, &values)?;
    Ok(())
}

/// Spends a step: true for exactly one caller, and never for a step at or before the last one spent.
///
/// # Errors
/// The database's trouble.
pub fn burn(
    w: &mut Work<'_, '_>,
    account: AccountId,
    id: AuthenticatorId,
    step: i64,
) -> Result<bool, Stop> {
    Ok(w.tx
        .execute(BURN, &[account.into(), id.into(), step.into()])?
        == 1)
}

/// Removes an app's secret.
///
/// # Errors
/// The database's trouble.
pub fn remove(w: &mut Work<'_, '_>, account: AccountId, id: AuthenticatorId) -> Result<(), Stop> {
    w.tx.execute(REMOVE, &[account.into(), id.into()])?;
    Ok(())
}

/// Removes every app's secret of an account.
///
/// # Errors
/// The database's trouble.
pub fn remove_all(w: &mut Work<'_, '_>, account: AccountId) -> Result<(), Stop> {
    w.tx.execute(REMOVE_ALL, &[account.into()])?;
    Ok(())
}
