//! Full disks, files that cannot be written, and a second owner.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use crate::support::{SCHEMA, TestDatabase, codes, insert};
use twinlock_db::{DbError, Location, Locks, Store, StoreOptions, Tx, Value};

/// Names the read-only database to the child; without it the child's test does nothing.
const CHILD: &str = "TWINLOCK_DB_TEST_READ_ONLY";

#[tokio::test]
async fn a_full_disk_is_said_and_loses_nothing_acknowledged() {
    let database = TestDatabase::sqlite();
    let options = StoreOptions {
        sqlite_page_limit: Some(200),
        ..StoreOptions::default()
    };
    let store = Store::open(&database.location, options).await.unwrap();
    store.migrate(SCHEMA, 0).await.unwrap();
    let (mut kept, mut kept_beside) = (Vec::new(), Vec::new());
    let fault = loop {
        let id = kept.len() as i64;
        let fill = move |tx: &mut Tx<'_>| {
            let row = [Value::Int(id), vec![7_u8; 9000].into()];
            tx.execute("INSERT INTO code (code_id, hash) VALUES (?1, ?2)", &row)
        };
        // Two at once, so that the fault meets a group.
        let small = store.write(Locks::none(), move |tx| insert(tx, 1_000_000 + id));
        let (outcome, beside) = tokio::join!(store.write(Locks::none(), fill), small);
        kept_beside.extend(beside.map(|_| 1_000_000 + id));
        match outcome {
            Ok(_) => kept.push(id),
            Err(fault) => break fault,
        }
        assert!(kept.len() < 200, "the limit holds");
    };
    assert!(matches!(fault, DbError::Unavailable(_)), "{fault:?}");
    assert_eq!(codes(&store).await, [kept, kept_beside].concat());
    // Once there is room again, so is the service.
    store
        .write(Locks::none(), |tx| {
            tx.execute("DELETE FROM code WHERE code_id < 5", &[])
        })
        .await
        .unwrap();
    store
        .write(Locks::none(), |tx| insert(tx, 1))
        .await
        .unwrap();
    store.close().await;
}

#[tokio::test]
async fn a_read_only_file_is_refused_at_the_start() {
    let database = TestDatabase::sqlite();
    database.store().await.close().await;
    let path = database.file();
    let folder = path.parent().unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o444)).unwrap();
    std::fs::set_permissions(folder, PermissionsExt::from_mode(0o555)).unwrap();
    // Root may write everything; so somebody else tries, with a copy of this program they may run.
    let program = tempfile::tempdir().unwrap();
    std::fs::set_permissions(program.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let copy = program.path().join("it");
    std::fs::copy(std::env::current_exe().unwrap(), &copy).unwrap();
    let mut child = Command::new(&copy);
    child
        .args(["--exact", "bad_days::child_that_opens_a_read_only_file"])
        .env(CHILD, &path);
    if std::fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0)
    {
        child.uid(65534).gid(65534);
    }
    let answer = child.output().unwrap();
    assert!(
        answer.status.success(),
        "{}",
        String::from_utf8_lossy(&answer.stdout)
    );
    std::fs::set_permissions(folder, PermissionsExt::from_mode(0o755)).unwrap();
}

#[tokio::test]
async fn child_that_opens_a_read_only_file() {
    let Some(path) = std::env::var_os(CHILD) else {
        return;
    };
    let opened = Store::open(&Location::Sqlite(path.into()), StoreOptions::default()).await;
    let fault = opened
        .err()
        .expect("a service that cannot write must not start");
    assert!(matches!(fault, DbError::Unavailable(_)), "{fault:?}");
    assert!(fault.to_string().contains("read-only"), "{fault}");
}

#[tokio::test]
async fn a_place_that_does_not_exist_is_named_without_its_password() {
    let nowhere = Location::Sqlite("/nonexistent/twinlock.db".into());
    let fault = Store::open(&nowhere, StoreOptions::default())
        .await
        .err()
        .unwrap();
    assert!(
        fault.to_string().contains("/nonexistent/twinlock.db"),
        "{fault}"
    );
    for url in [
        "postgres://u:hunter2@127.0.0.1:1/none",
        "postgres://u:hunter2@[bad",
    ] {
        let fault = Store::open(&url.parse().unwrap(), StoreOptions::default())
            .await
            .err()
            .unwrap();
        assert!(matches!(fault, DbError::Unavailable(_)), "{fault:?}");
        assert!(!fault.to_string().contains("hunter2"), "{fault}");
    }
}

#[tokio::test]
async fn z14_a_second_owner_is_refused_until_the_first_lets_go() {
    let database = TestDatabase::sqlite();
    let (first, second) = (database.store().await, database.open().await);
    let owner = first.sole_owner().await.unwrap();
    let refused = second.sole_owner().await.unwrap_err();
    assert!(matches!(refused, DbError::Owned(_)), "{refused:?}");
    // The command line works beside it.
    second
        .write(Locks::none(), |tx| insert(tx, 1))
        .await
        .unwrap();
    assert_eq!(codes(&first).await, [1]);
    drop(owner);
    second.sole_owner().await.unwrap();
}

#[tokio::test]
async fn many_nodes_may_own_one_server() {
    let Some(database) = TestDatabase::postgres() else {
        return;
    };
    let (first, second) = (database.store().await, database.open().await);
    let _one = first.sole_owner().await.unwrap();
    let _other = second.sole_owner().await.unwrap();
}

#[tokio::test]
async fn the_database_file_is_readable_by_its_owner_only() {
    let database = TestDatabase::sqlite();
    let store = database.store().await;
    let file = database.file();
    let log = file.with_extension("db-wal");
    for path in [file, log] {
        let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", path.display());
    }
    store.close().await;
}
