//! Many at once: one wins, and failures stay with those who fail.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::time::Duration;

use crate::support::{TestDatabase, add_account, codes, insert};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use twinlock_db::{DbError, DbResult, Locks, Store, Tx, Value};

fn use_code(tx: &mut Tx<'_>) -> DbResult<u64> {
    tx.execute(
        "UPDATE code SET used_at = 1 WHERE code_id = 1 AND used_at IS NULL",
        &[],
    )
}

/// Sends `count` writes at once over the stores; their answers.
async fn all_at_once(stores: &[Store], count: usize, locks: &Locks) -> Vec<DbResult<u64>> {
    let tasks: Vec<_> = (0..count)
        .map(|number| {
            let (store, locks) = (stores[number % stores.len()].clone(), locks.clone());
            tokio::spawn(async move { store.write(locks, use_code).await })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_code_sent_fifty_times_at_once_to_two_nodes_is_used_once() {
    for database in TestDatabase::of_each_engine() {
        let stores = [database.store().await, database.open().await];
        stores[0]
            .write(Locks::none(), |tx| insert(tx, 1))
            .await
            .unwrap();
        for _ in 0..20 {
            let reset = |tx: &mut Tx<'_>| tx.execute("UPDATE code SET used_at = NULL", &[]);
            stores[0].write(Locks::none(), reset).await.unwrap();
            let answers = all_at_once(&stores, 50, &Locks::none()).await;
            let used: u64 = answers.into_iter().map(Result::unwrap).sum();
            assert_eq!(used, 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn under_the_lock_of_one_account_it_is_used_once_and_the_crowd_is_sent_away() {
    for database in TestDatabase::of_each_engine() {
        let stores = [database.store().await, database.open().await];
        add_account(&stores[0], [1; 16]).await;
        stores[0]
            .write(Locks::none(), |tx| insert(tx, 1))
            .await
            .unwrap();
        let answers = all_at_once(&stores, 50, &Locks::account([1; 16])).await;
        let mut used = 0;
        for answer in answers {
            match answer {
                Ok(rows) => used += rows,
                Err(fault) => assert!(matches!(fault, DbError::Busy), "{fault:?}"),
            }
        }
        assert_eq!(used, 1);
    }
}

#[tokio::test]
async fn one_closure_fails_and_one_panics_beside_good_ones() {
    for database in TestDatabase::of_each_engine() {
        let store = database.store().await;
        let (gate, release) = hold_the_writer(&store).await;
        let good = store.write(Locks::none(), |tx| insert(tx, 1));
        let failing = store.write(Locks::none(), |tx| {
            insert(tx, 2)?;
            insert(tx, 2)
        });
        let panicking = store.write(Locks::none(), |tx| -> DbResult<u64> {
            insert(tx, 3)?;
            panic!("a bug in one closure")
        });
        let refusing = store.write(Locks::none(), |tx| -> DbResult<u64> {
            insert(tx, 4)?;
            Err(DbError::Statement("no".to_owned()))
        });
        let also_good = store.write(Locks::none(), |tx| insert(tx, 5));
        // The last one lets the writer go on: by then all the others are queued.
        let open_gate = async { release.send(()).unwrap() };
        let (_, good, failing, panicking, refusing, also_good, ()) = tokio::join!(
            gate, good, failing, panicking, refusing, also_good, open_gate
        );
        assert_eq!((good.unwrap(), also_good.unwrap()), (1, 1));
        assert!(matches!(failing, Err(DbError::Statement(_))), "{failing:?}");
        assert!(matches!(panicking, Err(DbError::Panicked)), "{panicking:?}");
        assert!(
            matches!(refusing, Err(DbError::Statement(_))),
            "{refusing:?}"
        );
        assert_eq!(codes(&store).await, [1, 5]);
    }
}

#[tokio::test]
async fn a_closure_runs_again_only_where_somebodys_beside_it_failed() {
    let database = TestDatabase::sqlite();
    for (fails, runs_of_each) in [(false, 1), (true, 2)] {
        let store = database.store().await;
        let runs = Arc::new(AtomicUsize::new(0));
        let counted = |id: i64| {
            let runs = Arc::clone(&runs);
            store.write(Locks::none(), move |tx| {
                runs.fetch_add(1, Ordering::SeqCst);
                tx.execute("DELETE FROM code WHERE code_id = ?1", &[id.into()])?;
                insert(tx, id)
            })
        };
        let (gate, release) = hold_the_writer(&store).await;
        let last = store.write(Locks::none(), move |tx| match fails {
            true => Err(DbError::Statement("no".to_owned())),
            false => insert(tx, 3),
        });
        let open_gate = async { release.send(()).unwrap() };
        let (_, first, second, _, ()) = tokio::join!(gate, counted(1), counted(2), last, open_gate);
        assert_eq!((first.unwrap(), second.unwrap()), (1, 1));
        assert_eq!(runs.load(Ordering::SeqCst), 2 * runs_of_each);
    }
}

#[tokio::test]
async fn a_panic_never_costs_a_connection() {
    for database in TestDatabase::of_each_engine() {
        let store = database.store().await;
        for _ in 0..40 {
            let write = store
                .write(Locks::none(), |_| -> DbResult<()> { panic!("write") })
                .await;
            assert!(matches!(write, Err(DbError::Panicked)));
            let read = store.read(|_| -> DbResult<()> { panic!("read") }).await;
            assert!(matches!(read, Err(DbError::Panicked)));
        }
        store.ready().await.unwrap();
    }
}

#[tokio::test]
async fn when_commit_fails_everybody_in_the_group_is_told() {
    for database in TestDatabase::of_each_engine() {
        let store = database.store().await;
        let (gate, release) = hold_the_writer(&store).await;
        let good = store.write(Locks::none(), |tx| insert(tx, 1));
        // The constraint is checked at COMMIT only.
        let orphan = store.write(Locks::none(), |tx| {
            tx.execute(
                "INSERT INTO member (member_id, parent_id) VALUES (1, 999)",
                &[],
            )
        });
        let also_good = store.write(Locks::none(), |tx| insert(tx, 2));
        let open_gate = async { release.send(()).unwrap() };
        let (_, good, orphan, also_good, ()) =
            tokio::join!(gate, good, orphan, also_good, open_gate);
        assert!(matches!(orphan, Err(DbError::Unavailable(_))), "{orphan:?}");
        let mut kept = Vec::new();
        for (id, answer) in [(1, good), (2, also_good)] {
            match answer {
                Ok(_) => kept.push(id),
                Err(fault) => assert!(matches!(fault, DbError::Unavailable(_)), "{fault:?}"),
            }
        }
        assert_eq!(
            codes(&store).await,
            kept,
            "kept is what was acknowledged, no more, no less"
        );
        if store.engine() == twinlock_db::Engine::Sqlite {
            assert!(kept.is_empty(), "all three were in one group");
        }
        store
            .write(Locks::none(), |tx| insert(tx, 3))
            .await
            .unwrap();
    }
}

/// Occupies SQLite's writer until told to let go, so that everything queued meanwhile becomes one group.
async fn hold_the_writer(store: &Store) -> (JoinHandle<DbResult<()>>, mpsc::Sender<()>) {
    let (release, held) = mpsc::channel::<()>();
    let (entered, inside) = oneshot::channel();
    let (held, entered) = (Mutex::new(held), Mutex::new(Some(entered)));
    let store = store.clone();
    let gate = tokio::spawn(async move {
        let hold = move |_: &mut Tx<'_>| {
            if let Some(entered) = entered.lock().unwrap().take() {
                entered.send(()).unwrap();
            }
            held.lock().unwrap().recv().unwrap();
            Ok(())
        };
        store.write(Locks::none(), hold).await
    });
    // What is queued before it holds the writer could be taken into its own group.
    inside.await.unwrap();
    (gate, release)
}

/// Where two closures wait until both hold a row; not for long, because with one writer they
/// never do.
#[derive(Default)]
struct Meeting {
    arrived: Mutex<usize>,
    changed: Condvar,
}

impl Meeting {
    fn wait_for_both(&self) {
        let mut arrived = self.arrived.lock().unwrap();
        *arrived += 1;
        self.changed.notify_all();
        let alone = |arrived: &mut usize| *arrived < 2;
        drop(
            self.changed
                .wait_timeout_while(arrived, Duration::from_secs(1), alone)
                .unwrap(),
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_who_lock_each_other_out_are_run_again() {
    for database in TestDatabase::of_each_engine() {
        let store = database.store().await;
        store
            .write(Locks::none(), |tx| {
                insert(tx, 1).and_then(|_| insert(tx, 2))
            })
            .await
            .unwrap();
        let runs = Arc::new(AtomicUsize::new(0));
        let met = Arc::new(Meeting::default());
        let crossing = |first: i64, second: i64| {
            let (store, runs, met) = (store.clone(), Arc::clone(&runs), Arc::clone(&met));
            tokio::spawn(async move {
                let step = move |tx: &mut Tx<'_>| {
                    runs.fetch_add(1, Ordering::SeqCst);
                    for id in [first, second] {
                        tx.execute(
                            "UPDATE code SET used_at = COALESCE(used_at, 0) + 1 WHERE code_id = ?1",
                            &[Value::Int(id)],
                        )?;
                        met.wait_for_both();
                    }
                    Ok(())
                };
                store.write(Locks::none(), step).await
            })
        };
        let (one, other) = (crossing(1, 2), crossing(2, 1));
        one.await.unwrap().unwrap();
        other.await.unwrap().unwrap();
        let used = store
            .read(|tx| tx.query("SELECT used_at FROM code", &[], |row| row.int(0)))
            .await
            .unwrap();
        assert_eq!(
            used,
            [2, 2],
            "each counted once, also the one that was run again"
        );
        if store.engine() == twinlock_db::Engine::Postgres {
            assert!(runs.load(Ordering::SeqCst) > 2, "they did cross");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn organizations_named_in_any_order_are_locked_in_one() {
    for database in TestDatabase::of_each_engine() {
        let store = database.store().await;
        for id in [[1_u8; 16], [2; 16]] {
            let add = move |tx: &mut Tx<'_>| {
                tx.execute(
                    "INSERT INTO organization (organization_id) VALUES (?1)",
                    &[id.into()],
                )
            };
            store.write(Locks::none(), add).await.unwrap();
        }
        let tasks: Vec<_> = (0..30)
            .map(|number| {
                let store = store.clone();
                let (one, two) = ([1; 16], [2; 16]);
                let order = if number % 2 == 0 {
                    vec![one, two]
                } else {
                    vec![two, one]
                };
                let locks = Locks::organizations(order);
                let shared = number % 3 == 0;
                tokio::spawn(async move {
                    if shared {
                        return store.write(locks.share(), |_| Ok(0)).await;
                    }
                    // Read, then write: right only under the lock.
                    let count = |tx: &mut Tx<'_>| {
                        let changes = tx.query_one(
                            "SELECT changes FROM organization WHERE organization_id = ?1",
                            &[[1_u8; 16].into()],
                            |row| row.int(0),
                        )?;
                        let row = [Value::Int(changes + 1), [1_u8; 16].into()];
                        tx.execute(
                            "UPDATE organization SET changes = ?1 WHERE organization_id = ?2",
                            &row,
                        )
                    };
                    store.write(locks, count).await
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        let changes = store
            .read(|tx| {
                tx.query(
                    "SELECT changes FROM organization ORDER BY organization_id",
                    &[],
                    |row| row.int(0),
                )
            })
            .await
            .unwrap();
        assert_eq!(changes, [20, 0]);
    }
}
