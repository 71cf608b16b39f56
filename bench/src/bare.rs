//! Bare writes: the statements of one accepted code, in the store, without HTTP, keys or codes.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, Result};
use twinlock::authenticators::{backup_codes::store as backup_codes, totp::store as totp};
use twinlock::{account, audit, authenticators, throttle, trusted_device};
use twinlock_db::{DbResult, Location, Locks, Store, StoreOptions, Tx, Value};

use crate::client;

/// An account and its one authenticator app.
#[derive(Clone, Copy)]
pub(crate) struct Subject {
    /// The account's id.
    pub(crate) account: [u8; 16],
    /// The app's id.
    pub(crate) factor: [u8; 16],
}

/// Writes a second, over `workers` callers, each subject once.
pub(crate) async fn writes(
    database: &Path,
    subjects: Arc<Vec<Subject>>,
    workers: usize,
) -> Result<f64> {
    let store = Store::open(
        &Location::Sqlite(database.to_owned()),
        StoreOptions::default(),
    )
    .await?;
    let next = Arc::new(AtomicUsize::new(0));
    let began = client::now();
    let mut running = Vec::new();
    for _ in 0..workers {
        let (store, subjects, next) = (store.clone(), Arc::clone(&subjects), Arc::clone(&next));
        running.push(tokio::spawn(async move {
            loop {
                let place = next.fetch_add(1, Ordering::Relaxed);
                let Some(subject) = subjects.get(place).copied() else {
                    return DbResult::Ok(());
                };
                store
                    .write(Locks::account(subject.account), move |tx| {
                        one(tx, subject, place)
                    })
                    .await?;
            }
        }));
    }
    for worker in running {
        worker.await??;
    }
    let rate = subjects.len() as f64 / began.elapsed().as_secs_f64();
    store.close().await;
    Ok(rate)
}

/// The statements of one accepted code, in their order.
fn one(tx: &mut Tx<'_>, subject: Subject, place: usize) -> DbResult<()> {
    let id = || Value::from(subject.account);
    look(
        tx,
        account::store::STATEMENTS,
        "SELECT application_id",
        &[id()],
    )?;
    look(tx, totp::STATEMENTS, "SELECT t.auth", &[id()])?;
    spend(tx, subject, place)?;
    record(tx, subject)?;
    look(tx, backup_codes::STATEMENTS, "SELECT s.sheet", &[id()])?;
    remember(tx, subject, place)
}

/// Counts the try, spends the step, hands the try back.
fn spend(tx: &mut Tx<'_>, subject: Subject, place: usize) -> DbResult<()> {
    let (id, bucket) = (
        || Value::from(subject.account),
        || Value::from("second_factor"),
    );
    look(
        tx,
        throttle::store::STATEMENTS,
        "SELECT in_a_row",
        &[id(), bucket()],
    )?;
    let save = sql(throttle::store::STATEMENTS, "INSERT INTO throttle")?;
    tx.execute(
        save,
        &[id(), bucket(), 1_i64.into(), 0_i64.into(), blob(8), at()],
    )?;
    let step = 63_000_000 + i64::try_from(place).unwrap_or(0);
    let burn = sql(totp::STATEMENTS, "UPDATE totp SET last_step")?;
    tx.execute(burn, &[id(), subject.factor.into(), step.into()])?;
    tx.execute(
        save,
        &[id(), bucket(), 0_i64.into(), 0_i64.into(), blob(0), at()],
    )?;
    let used = sql(
        authenticators::store::STATEMENTS,
        "UPDATE authenticator SET last_used_at",
    )?;
    tx.execute(used, &[id(), subject.factor.into(), at()])?;
    Ok(())
}

/// The event in the account's chain.
fn record(tx: &mut Tx<'_>, subject: Subject) -> DbResult<()> {
    let id = || Value::from(subject.account);
    let head = sql(audit::store::STATEMENTS, "SELECT seq, hash")?;
    let next = tx.query_opt(head, &[id()], |row| row.int(0))?.unwrap_or(0) + 1;
    let append = sql(audit::store::STATEMENTS, "INSERT INTO audit_event")?;
    let body = Value::from("{\"device\":\"bench\"}");
    let kind = Value::from("bench");
    tx.execute(
        append,
        &[
            id(),
            next.into(),
            at(),
            kind,
            blob(16),
            body,
            blob(32),
            blob(32),
            blob(32),
        ],
    )?;
    let advance = sql(audit::store::STATEMENTS, "INSERT INTO audit_head")?;
    tx.execute(advance, &[id(), next.into(), blob(32), (next - 1).into()])?;
    Ok(())
}

/// The device that is known from now on.
fn remember(tx: &mut Tx<'_>, subject: Subject, place: usize) -> DbResult<()> {
    let id = || Value::from(subject.account);
    let insert = sql(trusted_device::store::STATEMENTS, "INSERT INTO device")?;
    let device = (u128::try_from(place).unwrap_or(0) + 1).to_be_bytes();
    tx.execute(
        insert,
        &[id(), device.into(), blob(32), "bench".into(), at(), at()],
    )?;
    let forget = sql(
        trusted_device::store::STATEMENTS,
        "DELETE FROM device WHERE account_id = ?1 AND device_id IN",
    )?;
    tx.execute(forget, &[id()])?;
    Ok(())
}

fn at() -> Value {
    Value::from(1_900_000_000_000_i64)
}

fn blob(length: usize) -> Value {
    Value::from(vec![7_u8; length])
}

fn look(
    tx: &mut Tx<'_>,
    statements: &[&'static str],
    beginning: &str,
    values: &[Value],
) -> DbResult<()> {
    tx.query(sql(statements, beginning)?, values, |_| Ok(()))
        .map(|_| ())
}
/// The application's own statement that begins like this.
fn sql(statements: &[&'static str], beginning: &str) -> DbResult<&'static str> {
    let found = statements.iter().find(|text| text.starts_with(beginning));
    found
        .copied()
        .with_context(|| beginning.to_owned())
        .map_err(|error| twinlock_db::DbError::Statement(error.to_string()))
}
