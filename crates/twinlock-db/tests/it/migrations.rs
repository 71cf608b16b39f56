//! The schema is brought up once, by whoever comes first, and never downwards.

use crate::support::TestDatabase;
use twinlock_db::{DbError, Locks, Migration, Value};

const FIRST: Migration = Migration {
    version: 1,
    name: "one",
    sql: "CREATE TABLE one (id INTEGER PRIMARY KEY);",
};
const SECOND: Migration = Migration {
    version: 2,
    name: "two",
    sql: "CREATE TABLE two (id BLOB PRIMARY KEY, at INTEGER NOT NULL); -- without rowid
          CREATE INDEX two_at ON two (at);",
};

#[tokio::test]
async fn a_new_database_gets_all_migrations_and_an_old_one_the_missing() {
    for database in TestDatabase::of_each_engine() {
        let store = database.open().await;
        assert_eq!(store.schema_version().await.unwrap(), None);
        assert_eq!(store.migrate(&[FIRST], 1).await.unwrap(), [1]);
        assert_eq!(store.migrate(&[FIRST, SECOND], 2).await.unwrap(), [2]);
        assert_eq!(
            store.migrate(&[FIRST, SECOND], 3).await.unwrap(),
            [0_u32; 0]
        );
        assert_eq!(store.schema_version().await.unwrap(), Some(2));
        store
            .write(Locks::none(), |tx| {
                let row = [[1_u8; 16].into(), Value::Int(1_800_000_000_000)];
                tx.execute("INSERT INTO two (id, at) VALUES (?1, ?2)", &row)
            })
            .await
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_nodes_that_start_at_once_migrate_once() {
    for database in TestDatabase::of_each_engine() {
        let (one, other) = (database.open().await, database.open().await);
        let migrations = [FIRST, SECOND];
        let (a, b) = tokio::join!(one.migrate(&migrations, 1), other.migrate(&migrations, 1));
        let mut applied = [a.unwrap(), b.unwrap()].concat();
        applied.sort_unstable();
        assert_eq!(applied, [1, 2]);
    }
}

#[tokio::test]
async fn z12_an_older_program_refuses_a_newer_database() {
    for database in TestDatabase::of_each_engine() {
        let store = database.open().await;
        store.migrate(&[FIRST, SECOND], 1).await.unwrap();
        let refused = store.migrate(&[FIRST], 2).await.unwrap_err();
        assert!(
            matches!(refused, DbError::SchemaTooNew { found: 2, known: 1 }),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn a_migration_that_was_edited_after_it_ran_is_refused() {
    for database in TestDatabase::of_each_engine() {
        let store = database.open().await;
        store.migrate(&[FIRST], 1).await.unwrap();
        let edited = Migration {
            sql: "CREATE TABLE one (id INTEGER);",
            ..FIRST
        };
        let refused = store.migrate(&[edited, SECOND], 2).await.unwrap_err();
        assert!(
            matches!(refused, DbError::MigrationChanged { version: 1, .. }),
            "{refused:?}"
        );
        assert_eq!(store.schema_version().await.unwrap(), Some(1));
        let other_line_ends = Migration {
            sql: "CREATE TABLE one (id INTEGER PRIMARY KEY);\r\n",
            ..FIRST
        };
        store.migrate(&[other_line_ends], 3).await.unwrap();
    }
}

#[tokio::test]
async fn a_migration_that_fails_leaves_nothing_behind() {
    for database in TestDatabase::of_each_engine() {
        let store = database.open().await;
        let broken = Migration {
            version: 2,
            name: "broken",
            sql: "CREATE TABLE half (id INTEGER); CREATE TABLE one (id INTEGER);",
        };
        let failed = store.migrate(&[FIRST, broken], 1).await.unwrap_err();
        assert!(
            failed.to_string().contains("migration 2 (broken)"),
            "{failed}"
        );
        assert_eq!(store.schema_version().await.unwrap(), None);
        store.migrate(&[FIRST, SECOND], 2).await.unwrap();
    }
}

#[tokio::test]
async fn numbers_that_do_not_rise_are_refused() {
    let database = TestDatabase::sqlite();
    let refused = database.open().await.migrate(&[SECOND, FIRST], 1).await;
    assert!(matches!(refused, Err(DbError::Statement(_))));
}
