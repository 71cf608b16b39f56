//! Whatever was acknowledged outlives the program, and the server.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use crate::support::{SCHEMA, TestDatabase, codes, insert};
use twinlock_db::{DbError, Location, Locks, Store, StoreOptions};
use twinlock_testkit::postgres::{PrivatePostgres, SERVER_VARIABLE};

/// Names the database to the child; without it the child's test does nothing.
const CHILD: &str = "TWINLOCK_DB_TEST_CHILD";

#[tokio::test]
async fn after_kill_9_under_load_every_acknowledged_change_is_there() {
    for database in TestDatabase::of_each_engine() {
        database.store().await.close().await;
        let mut acknowledged = BTreeSet::new();
        for round in 0..5 {
            acknowledged.extend(run_and_kill(&database.location, round, 50 + round * 30));
            let store = database.open().await;
            let kept: BTreeSet<i64> = codes(&store).await.into_iter().collect();
            let lost: Vec<_> = acknowledged.difference(&kept).collect();
            assert!(lost.is_empty(), "round {round}: lost {lost:?}");
            store
                .write(Locks::none(), |tx| {
                    tx.execute("UPDATE code SET used_at = 1", &[])
                })
                .await
                .unwrap();
            store.close().await;
        }
        assert!(acknowledged.len() >= 400);
    }
}

/// Runs a child under load, kills it after `count` acknowledgements; everything it acknowledged.
fn run_and_kill(location: &Location, round: i64, count: i64) -> Vec<i64> {
    let address = match location {
        Location::Sqlite(path) => format!("sqlite:{}", path.display()),
        Location::Postgres(url) => url.clone(),
    };
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "crashes::child_that_writes_until_it_is_killed",
            "--nocapture",
        ])
        .env(CHILD, format!("{round} {address}"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut acknowledged = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        // The last line may be cut, like the program that wrote it.
        let Some(id) = line
            .unwrap()
            .strip_prefix("kept ")
            .and_then(|id| id.strip_suffix('.')?.parse().ok())
        else {
            continue;
        };
        acknowledged.push(id);
        if acknowledged.len() as i64 == count {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(
        acknowledged.len() as i64 >= count,
        "the child stopped by itself"
    );
    acknowledged
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_that_writes_until_it_is_killed() {
    let Ok(order) = std::env::var(CHILD) else {
        return;
    };
    let (round, address) = order.split_once(' ').unwrap();
    let start = round.parse::<i64>().unwrap() * 1_000_000;
    let store = Store::open(&address.parse().unwrap(), StoreOptions::default())
        .await
        .unwrap();
    let next = Arc::new(AtomicI64::new(start));
    for _ in 0..16 {
        let (store, next) = (store.clone(), Arc::clone(&next));
        tokio::spawn(async move {
            loop {
                let id = next.fetch_add(1, Ordering::SeqCst);
                if store
                    .write(Locks::none(), move |tx| insert(tx, id))
                    .await
                    .is_err()
                {
                    std::process::exit(1);
                }
                // One write call, so that lines of different tasks do not mix.
                std::io::stdout()
                    .write_all(format!("kept {id}.\n").as_bytes())
                    .unwrap();
            }
        });
    }
    std::future::pending::<()>().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_restarted_under_load_costs_errors_but_no_acknowledged_change() {
    if std::env::var(SERVER_VARIABLE).is_err() {
        println!("skipped on PostgreSQL: {SERVER_VARIABLE} is not set");
        return;
    }
    let server = tokio::task::block_in_place(PrivatePostgres::start).unwrap();
    let store = Store::open(&server.url().parse().unwrap(), StoreOptions::default())
        .await
        .unwrap();
    store.migrate(SCHEMA, 0).await.unwrap();
    let next = Arc::new(AtomicI64::new(0));
    let stop = Arc::new(AtomicBool::new(false));
    let (ack, acks) = std::sync::mpsc::channel();
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let (store, next, stop) = (store.clone(), Arc::clone(&next), Arc::clone(&stop));
            let ack = ack.clone();
            tokio::spawn(async move {
                let mut kept = Vec::new();
                while !stop.load(Ordering::SeqCst) {
                    let id = next.fetch_add(1, Ordering::SeqCst);
                    match store.write(Locks::none(), move |tx| insert(tx, id)).await {
                        Ok(rows) => {
                            assert_eq!(rows, 1);
                            kept.push(id);
                            ack.send(()).unwrap();
                        }
                        Err(fault) => {
                            assert!(matches!(fault, DbError::Unavailable(_)), "{fault:?}")
                        }
                    }
                }
                kept
            })
        })
        .collect();
    let restart = |mode: &str| {
        while acks.try_recv().is_ok() {}
        for _ in 0..100 {
            acks.recv_timeout(Duration::from_secs(20))
                .expect("it goes on by itself");
        }
        server.stop(mode).unwrap();
        server.resume().unwrap();
    };
    tokio::task::block_in_place(|| ["fast", "immediate", "fast"].into_iter().for_each(restart));
    store.ready().await.expect("it reconnects by itself");
    stop.store(true, Ordering::SeqCst);
    let mut acknowledged = BTreeSet::new();
    for task in tasks {
        acknowledged.extend(task.await.unwrap());
    }
    let kept: BTreeSet<i64> = codes(&store).await.into_iter().collect();
    assert_eq!(acknowledged.difference(&kept).count(), 0);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_restart_between_two_requests_nobody_notices() {
    if std::env::var(SERVER_VARIABLE).is_err() {
        println!("skipped on PostgreSQL: {SERVER_VARIABLE} is not set");
        return;
    }
    let server = tokio::task::block_in_place(PrivatePostgres::start).unwrap();
    let store = Store::open(&server.url().parse().unwrap(), StoreOptions::default())
        .await
        .unwrap();
    store.migrate(SCHEMA, 0).await.unwrap();
    store
        .write(Locks::none(), |tx| insert(tx, 1))
        .await
        .unwrap();
    tokio::task::block_in_place(|| server.restart()).unwrap();
    store
        .write(Locks::none(), |tx| insert(tx, 2))
        .await
        .unwrap();
    assert_eq!(codes(&store).await, [1, 2]);
    tokio::task::block_in_place(|| server.stop("fast")).unwrap();
    let refused = store.write(Locks::none(), |tx| insert(tx, 3)).await;
    assert!(
        matches!(refused, Err(DbError::Unavailable(_))),
        "{refused:?}"
    );
    tokio::task::block_in_place(|| server.resume()).unwrap();
    assert_eq!(codes(&store).await, [1, 2]);
}
