//! The PostgreSQL engine: a pool of synchronous connections, used on blocking threads only.
//!
//! Each connection drives its own little event loop and must neither be used nor dropped on an
//! async thread; so connections live in the pool, and are taken out and put back by the thread
//! that uses them.

mod connect;
mod connection;
mod fault;
mod values;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::job::Job;
use crate::locks::Locks;
use crate::store::blocking;
use crate::turnstile::Turnstile;
use crate::tx::{Link, Setback, Tx};
use crate::{DbError, DbResult, StoreOptions, Value};

pub(crate) use connection::Connection;
pub(crate) use values::cell;

use connect::Server;
use fault::Fault;

/// How often a transaction that lost a race is run again.
const RACES: u32 = 5;

/// What a transaction is for.
pub(crate) enum Purpose {
    Read,
    Write(Locks),
}

/// A server and the pool of connections to it.
pub(crate) struct PostgresEngine {
    server: Server,
    options: StoreOptions,
    idle: Mutex<Vec<Connection>>,
    turnstile: Turnstile,
}

impl PostgresEngine {
    /// Connects once, so that a wrong address is found at the start.
    pub(crate) async fn open(url: String, options: StoreOptions) -> DbResult<Self> {
        blocking(move || {
            let server = Server::new(&url)?;
            let first = server.connect()?;
            let turnstile = Turnstile::new(options.pool, options.queue_limit);
            Ok(Self {
                server,
                options,
                idle: Mutex::new(vec![first]),
                turnstile,
            })
        })
        .await
    }

    /// Runs `job` on a blocking thread as soon as a connection is free.
    pub(crate) async fn start(
        self: &Arc<Self>,
        purpose: Purpose,
        mut job: Box<dyn Job>,
    ) -> DbResult<()> {
        let permit = self.turnstile.pass().await?;
        let engine = Arc::clone(self);
        // The caller waits for the job's own answer, not for the thread.
        drop(tokio::task::spawn_blocking(move || {
            let fault = engine.run(&purpose, job.as_mut()).err();
            drop(permit);
            job.settle(fault);
        }));
        Ok(())
    }

    pub(crate) async fn prepare_all(
        self: &Arc<Self>,
        statements: Vec<&'static str>,
    ) -> DbResult<()> {
        let permit = self.turnstile.pass().await?;
        let engine = Arc::clone(self);
        blocking(move || {
            let _permit = permit;
            let mut slot = engine.checkout()?;
            for sql in statements {
                slot.connection()?.check(sql)?;
            }
            slot.clean = true;
            Ok(())
        })
        .await
    }

    /// How many callers wait for a connection now.
    pub(crate) fn waiting(&self) -> usize {
        self.turnstile.waiting()
    }

    /// Waits for what runs, refuses the rest, disconnects.
    pub(crate) async fn close(&self) {
        self.turnstile.close().await;
        self.disconnect();
    }

    /// Runs one transaction, again where that is safe and may help.
    ///
    /// # Errors
    /// What is no fault of the job itself: its own is kept in the job.
    fn run(&self, purpose: &Purpose, job: &mut dyn Job) -> DbResult<()> {
        let mut races = 0;
        let mut reconnected = false;
        loop {
            let mut slot = self.checkout()?;
            let fault = match self.attempt(slot.connection()?, purpose, job) {
                Ok(()) => {
                    slot.clean = true;
                    return Ok(());
                }
                Err(fault) => fault,
            };
            match fault.setback {
                Some(Setback::Race) if races < RACES => {
                    slot.clean = slot.connection()?.rollback().is_ok();
                    pause(races);
                    races += 1;
                }
                Some(Setback::Dead) if !reconnected => {
                    // A restarted server has cut all idle connections, not only this one.
                    drop(slot);
                    self.disconnect();
                    reconnected = true;
                }
                _ => {
                    slot.clean = slot.connection()?.rollback().is_ok();
                    return Err(fault.error);
                }
            }
        }
    }

    /// One transaction from BEGIN to COMMIT. A fault with a setback leaves nothing behind, so the
    /// transaction may be run again; one of COMMIT itself has none unless the server said that it
    /// rolled back.
    fn attempt(
        &self,
        connection: &mut Connection,
        purpose: &Purpose,
        job: &mut dyn Job,
    ) -> Result<(), Fault> {
        match purpose {
            Purpose::Read => {
                connection.batch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
            }
            Purpose::Write(locks) => {
                connection.batch("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")?;
                self.lock(connection, locks)?;
            }
        }
        let read_only = matches!(purpose, Purpose::Read);
        let mut tx = Tx::new(Link::Postgres(connection), read_only);
        let keep = job.run(&mut tx);
        if let Some(setback) = tx.setback() {
            let error = DbError::Unavailable("the transaction lost a race or its line".to_owned());
            return Err(Fault {
                error,
                setback: Some(setback),
            });
        }
        if keep {
            connection.commit()
        } else {
            connection.rollback()
        }
    }

    fn lock(&self, connection: &mut Connection, locks: &Locks) -> Result<(), Fault> {
        let organization = if locks.is_shared() {
            self.options.organization_share_sql
        } else {
            self.options.organization_lock_sql
        };
        for id in locks.organization_ids() {
            connection.lock_row(organization, &Value::from(id))?;
        }
        if let Some(id) = locks.account_id() {
            connection.lock_row(self.options.account_lock_sql, &Value::from(id))?;
        }
        Ok(())
    }

    fn checkout(&self) -> DbResult<Slot<'_>> {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let connection = match idle {
            Some(connection) if !connection.is_closed() => connection,
            _ => self.server.connect()?,
        };
        Ok(Slot {
            engine: self,
            connection: Some(connection),
            clean: false,
        })
    }

    /// Drops the idle connections on a thread of their own: the caller may be an async one.
    fn disconnect(&self) {
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        if !idle.is_empty() {
            std::thread::spawn(move || drop(idle));
        }
    }
}

impl Drop for PostgresEngine {
    fn drop(&mut self) {
        self.disconnect();
    }
}

/// A connection in use. Unless it is known to be outside any transaction it is thrown away, so
/// that neither a panic nor an early return leaves a spoilt connection in the pool.
struct Slot<'a> {
    engine: &'a PostgresEngine,
    connection: Option<Connection>,
    clean: bool,
}

impl Slot<'_> {
    fn connection(&mut self) -> DbResult<&mut Connection> {
        self.connection
            .as_mut()
            .ok_or_else(|| DbError::Unavailable("the connection was given back".to_owned()))
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take()
            && self.clean
        {
            self.engine
                .idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(connection);
        }
    }
}

/// Gives the winner of a race time to finish.
#[allow(
    clippy::disallowed_methods,
    reason = "a blocking thread, and no time is asserted on it"
)]
fn pause(races: u32) {
    std::thread::sleep(Duration::from_millis(5 << races.min(RACES)));
}
