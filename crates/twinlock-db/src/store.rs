//! The one door to the database.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::oneshot;

use crate::account_queue::AccountQueues;
use crate::job::{Announce, Call};
use crate::measure::{self, Measures, Pulse};
use crate::owner::OwnerGuard;
use crate::pg::{PostgresEngine, Purpose};
use crate::sqlite::SqliteEngine;
use crate::tx::Tx;
use crate::{
    DbError, DbResult, Engine, Location, Locks, Migration, StoreOptions, migration, statement,
};

/// Hears of an account that was written; see [`Store::on_account_write`].
pub type AccountHook = Arc<dyn Fn(&[u8; 16]) + Send + Sync>;

/// An open database. Clones are cheap and share everything.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    engine: EngineLink,
    accounts: AccountQueues,
    hooks: Arc<RwLock<Vec<AccountHook>>>,
    announce: Announce,
    measures: Measures,
}

enum EngineLink {
    Sqlite(SqliteEngine),
    Postgres(Arc<PostgresEngine>),
}

impl Store {
    /// Opens the database; a SQLite file is created if it does not exist. Needs a Tokio runtime,
    /// as every other operation does.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when the file or the server cannot be opened for writing.
    pub async fn open(location: &Location, options: StoreOptions) -> DbResult<Self> {
        let accounts = AccountQueues::new(options.account_waiters);
        let engine = match location {
            Location::Sqlite(path) => {
                EngineLink::Sqlite(SqliteEngine::open(path.clone(), options).await?)
            }
            Location::Postgres(url) => {
                EngineLink::Postgres(Arc::new(PostgresEngine::open(url.clone(), options).await?))
            }
        };
        let hooks: Arc<RwLock<Vec<AccountHook>>> = Arc::default();
        let announce = announcer(Arc::clone(&hooks));
        Ok(Self {
            inner: Arc::new(Inner {
                engine,
                accounts,
                hooks,
                announce,
                measures: Measures::default(),
            }),
        })
    }

    /// Runs `work` in one transaction under `locks` and answers once its change is durable.
    ///
    /// `work` may run more than once (a lost race on PostgreSQL, a neighbour's fault on SQLite) and must not depend on anything
    /// but its captured values and the database. If the caller stops waiting, the work may still
    /// be done.
    ///
    /// # Errors
    /// What `work` returned (its change is undone), [`DbError::Busy`] when too many wait,
    /// [`DbError::Panicked`] when it panicked, [`DbError::Unavailable`] when the change could not
    /// be kept.
    pub async fn write<T, F>(&self, locks: Locks, work: F) -> DbResult<T>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>) -> DbResult<T> + Send + Sync + 'static,
    {
        let begun = measure::begin();
        let answer = self.write_now(locks, work).await;
        let measures = &self.inner.measures;
        match &answer {
            Err(DbError::Busy) => {
                measures.refused.fetch_add(1, Ordering::Relaxed);
            }
            _ => measures.writes.add(begun.elapsed()),
        }
        answer
    }

    async fn write_now<T, F>(&self, locks: Locks, work: F) -> DbResult<T>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>) -> DbResult<T> + Send + Sync + 'static,
    {
        let account = locks.account_id();
        let mut place = account
            .map(|id| self.inner.accounts.enter(id))
            .transpose()?;
        if let (EngineLink::Postgres(_), Some(place)) = (&self.inner.engine, &mut place) {
            place.turn().await?;
        }
        let (caller, answer) = oneshot::channel();
        let announce = account.map(|id| (id, Arc::clone(&self.inner.announce)));
        let job = Box::new(Call {
            work,
            answer: None,
            caller,
            announce,
            place,
        });
        match &self.inner.engine {
            EngineLink::Sqlite(engine) => engine.enqueue(job)?,
            EngineLink::Postgres(engine) => engine.start(Purpose::Write(locks), job).await?,
        }
        answer.await.map_err(|_| closed())?
    }

    /// Runs `work` in a read-only transaction: one consistent view, beside all writes. Never base
    /// a single use on it: what it saw may be gone.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn read<T, F>(&self, work: F) -> DbResult<T>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>) -> DbResult<T> + Send + Sync + 'static,
    {
        let (caller, answer) = oneshot::channel();
        let job = Box::new(Call {
            work,
            answer: None,
            caller,
            announce: None,
            place: None,
        });
        match &self.inner.engine {
            EngineLink::Sqlite(engine) => engine.start_read(job).await?,
            EngineLink::Postgres(engine) => engine.start(Purpose::Read, job).await?,
        }
        answer.await.map_err(|_| closed())?
    }

    /// Applies the migrations that are missing, in one transaction, under a lock: several nodes
    /// may start at once. Returns the versions applied.
    ///
    /// # Errors
    /// [`DbError::SchemaTooNew`] when the database is newer than this program,
    /// [`DbError::MigrationChanged`] when an applied migration has another text, or what a
    /// statement failed with; nothing is applied then.
    pub async fn migrate(&self, migrations: &[Migration], now_ms: i64) -> DbResult<Vec<u32>> {
        let migrations = migrations.to_vec();
        self.write(Locks::none(), move |tx| {
            migration::run(tx, &migrations, now_ms)
        })
        .await
    }

    /// The version of the newest migration applied; `None` for an empty database.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn schema_version(&self) -> DbResult<Option<u32>> {
        self.read(migration::version).await
    }

    /// Prepares every statement, so that a test finds the first that this engine does not take.
    ///
    /// # Errors
    /// [`DbError::Statement`] naming that statement and what is wrong with it.
    pub async fn prepare_all(&self, statements: &[&'static str]) -> DbResult<()> {
        for sql in statements {
            // Also on SQLite, which would take an unnumbered parameter and number it itself.
            statement::for_postgres(sql)?;
        }
        let statements = statements.to_vec();
        match &self.inner.engine {
            EngineLink::Sqlite(engine) => engine.prepare_all(statements).await,
            EngineLink::Postgres(engine) => engine.prepare_all(statements).await,
        }
    }

    /// Copies a SQLite database to `path` while it is in use: the state of one moment, as one file.
    /// `progress` hears pages done and pages in all.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when `path` exists or cannot be written, and on PostgreSQL, which
    /// has `pg_dump`.
    pub async fn backup_to(
        &self,
        path: &Path,
        progress: impl Fn(u64, u64) + Send + 'static,
    ) -> DbResult<()> {
        match &self.inner.engine {
            EngineLink::Sqlite(engine) => {
                engine.backup_to(path.to_owned(), Box::new(progress)).await
            }
            EngineLink::Postgres(_) => Err(DbError::Unavailable(
                "PostgreSQL is backed up with its own tools: use pg_dump".to_owned(),
            )),
        }
    }

    /// Registers a hook that hears of every write that locked an account: after its COMMIT and
    /// before its caller is answered, so that no caller sees its own change missing from a cache.
    /// It runs on a database thread: it must be quick, and must not use the store.
    pub fn on_account_write(&self, hook: AccountHook) {
        self.inner
            .hooks
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .push(hook);
    }

    /// Whether reading and writing work now; cheap enough for a health check.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn ready(&self) -> DbResult<()> {
        self.read(|tx| tx.query_one("SELECT 1", &[], |row| row.int(0)))
            .await?;
        self.write(Locks::none(), |tx| {
            tx.query_one("SELECT 1", &[], |row| row.int(0))
        })
        .await?;
        Ok(())
    }

    /// Finishes what is queued, empties the write-ahead log into the file and lets go of the
    /// database. Later work is refused with [`DbError::Unavailable`].
    pub async fn close(&self) {
        match &self.inner.engine {
            EngineLink::Sqlite(engine) => engine.close().await,
            EngineLink::Postgres(engine) => engine.close().await,
        }
    }

    /// How the store is doing: what it did since it was opened, and who waits now.
    #[must_use]
    pub fn pulse(&self) -> Pulse {
        let measures = &self.inner.measures;
        Pulse {
            writes: measures.writes.read(),
            waiting: match &self.inner.engine {
                EngineLink::Sqlite(engine) => engine.waiting(),
                EngineLink::Postgres(engine) => engine.waiting(),
            },
            refused: measures.refused.load(Ordering::Relaxed),
        }
    }

    /// Which engine this is.
    #[must_use]
    pub fn engine(&self) -> Engine {
        match &self.inner.engine {
            EngineLink::Sqlite(_) => Engine::Sqlite,
            EngineLink::Postgres(_) => Engine::Postgres,
        }
    }

    /// Makes this process the only `serve` of a SQLite file, for as long as the guard lives. The
    /// command line works beside it without asking. On PostgreSQL it always succeeds.
    ///
    /// # Errors
    /// [`DbError::Owned`] when another process owns the file; [`DbError::Unavailable`] when the
    /// lock file cannot be made.
    pub async fn sole_owner(&self) -> DbResult<OwnerGuard> {
        match &self.inner.engine {
            EngineLink::Sqlite(engine) => {
                let path = engine.path().to_owned();
                blocking(move || OwnerGuard::of_file(&path)).await
            }
            EngineLink::Postgres(_) => Ok(OwnerGuard::shared()),
        }
    }
}

/// The refusal after [`Store::close`].
pub(crate) fn closed() -> DbError {
    DbError::Unavailable("the database was closed, or its thread ended".to_owned())
}

/// Runs blocking work off the async threads.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> DbResult<T> + Send + 'static,
) -> DbResult<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(fault) if fault.is_panic() => Err(DbError::Panicked),
        Err(_) => Err(closed()),
    }
}

/// One hook that calls all; a panic of one neither ends the database thread nor keeps the next
/// from hearing.
fn announcer(hooks: Arc<RwLock<Vec<AccountHook>>>) -> Announce {
    Arc::new(move |account| {
        for hook in hooks.read().unwrap_or_else(PoisonError::into_inner).iter() {
            if catch_unwind(AssertUnwindSafe(|| hook(account))).is_err() {
                tracing::error!("a hook on account writes panicked");
            }
        }
    })
}
