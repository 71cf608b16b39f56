//! Throwaway databases on every engine that is there.

use std::path::PathBuf;

use tempfile::TempDir;
use twinlock_db::{DbResult, Location, Locks, Migration, Store, StoreOptions, Tx, Value};
use twinlock_testkit::postgres::{ThrowawayDatabase, test_database};

pub(crate) const SCHEMA: &[Migration] = &[Migration {
    version: 1,
    name: "start",
    sql: "CREATE TABLE account (account_id BLOB PRIMARY KEY); -- without rowid
        CREATE TABLE organization (organization_id BLOB PRIMARY KEY, changes INTEGER NOT NULL DEFAULT 0);
        CREATE TABLE code (code_id INTEGER PRIMARY KEY, used_at INTEGER, label TEXT, hash BLOB);
        CREATE TABLE member (
            member_id INTEGER PRIMARY KEY,
            parent_id INTEGER REFERENCES code (code_id) DEFERRABLE INITIALLY DEFERRED
        );
        CREATE TABLE data_key (
            key_id INTEGER PRIMARY KEY,
            wrapped BLOB NOT NULL,
            state TEXT NOT NULL,
            created_at INTEGER NOT NULL
        );",
}];

/// A database that goes away with the test.
pub(crate) struct TestDatabase {
    pub(crate) location: Location,
    _folder: Option<TempDir>,
    _server: Option<ThrowawayDatabase>,
}

impl TestDatabase {
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::Sqlite(folder.path().join("test.db"));
        Self {
            location,
            _folder: Some(folder),
            _server: None,
        }
    }

    /// `None`, and a printed line, where no server was started for the tests.
    pub(crate) fn postgres() -> Option<Self> {
        let server = test_database().unwrap()?;
        let location = server.url().parse().unwrap();
        Some(Self {
            location,
            _folder: None,
            _server: Some(server),
        })
    }

    /// One database of each engine.
    pub(crate) fn of_each_engine() -> Vec<Self> {
        std::iter::once(Self::sqlite())
            .chain(Self::postgres())
            .collect()
    }

    pub(crate) async fn open(&self) -> Store {
        Store::open(&self.location, StoreOptions::default())
            .await
            .unwrap()
    }

    /// Opened, with the tables of these tests.
    pub(crate) async fn store(&self) -> Store {
        let store = self.open().await;
        store.migrate(SCHEMA, 0).await.unwrap();
        store
    }

    pub(crate) fn file(&self) -> PathBuf {
        match &self.location {
            Location::Sqlite(path) => path.clone(),
            Location::Postgres(_) => panic!("a server has no file"),
        }
    }
}

pub(crate) fn insert(tx: &mut Tx<'_>, id: i64) -> DbResult<u64> {
    tx.execute("INSERT INTO code (code_id) VALUES (?1)", &[Value::Int(id)])
}

pub(crate) async fn add_account(store: &Store, id: [u8; 16]) {
    store
        .write(Locks::none(), move |tx| {
            tx.execute("INSERT INTO account (account_id) VALUES (?1)", &[id.into()])
        })
        .await
        .unwrap();
}

/// The codes in the database, in order.
pub(crate) async fn codes(store: &Store) -> Vec<i64> {
    store
        .read(|tx| {
            tx.query("SELECT code_id FROM code ORDER BY code_id", &[], |row| {
                row.int(0)
            })
        })
        .await
        .unwrap()
}
