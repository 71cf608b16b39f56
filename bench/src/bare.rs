//! Bare writes: the statements of one accepted code, in the store, without HTTP, keys or codes.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, Result};
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
    let at = || Value::from(1_900_000_000_000_i64);
    let blob = |length: usize| Value::from(vec![7_u8; length]);
    look(
        tx,
        sql(account::store::STATEMENTS, "SELECT application_id")?,
        &[id()],
    )?;
    look(
        tx,
        sql(authenticators::totp::store::STATEMENTS, "SELECT t.auth")?,
        &[id()],
    )?;
    let bucket = || Value::from("second_factor");
    look(
        tx,
        sql(throttle::store::STATEMENTS, "SELECT in_a_row")?,
        &[id(), bucket()],
    )?;
    let save = sql(throttle::store::STATEMENTS, "INSERT INTO throttle")?;
    tx.execute(
        save,
        &[id(), bucket(), 1_i64.into(), 0_i64.into(), blob(8), at()],
    )?;
    let burn = sql(
        authenticators::totp::store::STATEMENTS,
        "UPDATE totp SET last_step",
    )?;
    tx.execute(
        burn,
        &[
            id(),
            subject.factor.into(),
            (63_000_000 + i64::try_from(place).unwrap_or(0)).into(),
        ],
    )?;
    tx.execute(
        save,
        &[id(), bucket(), 0_i64.into(), 0_i64.into(), blob(0), at()],
    )?;
    let used = sql(
        authenticators::store::STATEMENTS,
        "UPDATE authenticator SET last_used_at",
    )?;
    tx.execute(used, &[id(), subject.factor.into(), at()])?;
    let head = sql(audit::store::STATEMENTS, "SELECT seq, hash")?;
    let seq = tx.query_opt(head, &[id()], |row| row.int(0))?.unwrap_or(0);
    let append = sql(audit::store::STATEMENTS, "INSERT INTO audit_event")?;
    let event = [
        id(),
        (seq + 1).into(),
        at(),
        "bench".into(),
        blob(16),
        "{\"device\":\"bench\"}".into(),
        blob(32),
        blob(32),
        blob(32),
    ];
    tx.execute(append, &event)?;
    let advance = sql(audit::store::STATEMENTS, "INSERT INTO audit_head")?;
    tx.execute(advance, &[id(), (seq + 1).into(), blob(32), seq.into()])?;
    look(
        tx,
        sql(
            authenticators::backup_codes::store::STATEMENTS,
            "SELECT s.sheet",
        )?,
        &[id()],
    )?;
    let remember = sql(trusted_device::store::STATEMENTS, "INSERT INTO device")?;
    let mut device = [9_u8; 16];
    device[..8].copy_from_slice(&u64::try_from(place).unwrap_or(0).to_be_bytes());
    tx.execute(
        remember,
        &[id(), device.into(), blob(32), "bench".into(), at(), at()],
    )?;
    tx.execute(
        sql(
            trusted_device::store::STATEMENTS,
            "DELETE FROM device WHERE account_id = ?1 AND device_id IN",
        )?,
        &[id()],
    )?;
    Ok(())
}

fn look(tx: &mut Tx<'_>, sql: &'static str, values: &[Value]) -> DbResult<()> {
    tx.query(sql, values, |_| Ok(())).map(|_| ())
}

/// The application's own statement that begins like this.
fn sql(statements: &[&'static str], beginning: &str) -> DbResult<&'static str> {
    let found = statements.iter().find(|text| text.starts_with(beginning));
    found
        .copied()
        .with_context(|| beginning.to_owned())
        .map_err(|error| twinlock_db::DbError::Statement(error.to_string()))
}
