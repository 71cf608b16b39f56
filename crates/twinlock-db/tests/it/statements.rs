//! Values, rows and statements read the same on both engines.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::{TestDatabase, add_account, codes, insert};
use twinlock_db::sealed::Keyring;
use twinlock_db::{DbError, Locks, Value};

#[tokio::test]
async fn what_is_written_is_read_back_on_both_engines() {
    for database in TestDatabase::of_each_engine() {
        let store = database.store().await;
        let written = store
            .write(Locks::none(), |tx| {
                let row: [Value; 4] = [
                    i64::MAX.into(),
                    7_i64.into(),
                    "naïve '?1'".into(),
                    [9_u8; 16].into(),
                ];
                tx.execute(
                    "INSERT INTO code (code_id, used_at, label, hash) VALUES (?1, ?2, ?3, ?4)",
                    &row,
                )?;
                let nulls = [1_i64.into(), Value::Null, Value::Null, Value::Null];
                tx.execute(
                    "INSERT INTO code (code_id, used_at, label, hash) VALUES (?1, ?2, ?3, ?4)",
                    &nulls,
                )?;
                tx.execute("UPDATE code SET used_at = used_at + 1", &[])
            })
            .await
            .unwrap();
        assert_eq!(written, 2);
        let rows = store
            .read(|tx| {
                tx.query(
                    "SELECT code_id, used_at, label, hash, used_at IS NULL FROM code ORDER BY code_id",
                    &[],
                    |row| {
                        Ok((
                            row.int(0)?,
                            row.opt_int(1)?,
                            row.opt_text(2)?,
                            row.opt_bytes16(3)?,
                            row.flag(4)?,
                        ))
                    },
                )
            })
            .await
            .unwrap();
        let full = (
            i64::MAX,
            Some(8),
            Some("naïve '?1'".to_owned()),
            Some([9; 16]),
            false,
        );
        assert_eq!(rows, [(1, None, None, None, true), full]);
    }
}

#[tokio::test]
async fn a_parameter_may_be_named_twice_and_out_of_order() {
    for database in TestDatabase::of_each_engine() {
        let store = database.store().await;
        let (first, second) = store
            .write(Locks::none(), |tx| {
                tx.query_one(
                    "INSERT INTO code (used_at, code_id) VALUES (?2, ?1)
                     ON CONFLICT DO NOTHING RETURNING code_id + ?1, used_at",
                    &[Value::Int(5), Value::Int(6)],
                    |row| Ok((row.int(0)?, row.int(1)?)),
                )
            })
            .await
            .unwrap();
        assert_eq!((first, second), (10, 6));
    }
}

#[tokio::test]
async fn a_wrong_value_type_or_column_is_a_bug_and_keeps_nothing() {
    for database in TestDatabase::of_each_engine() {
        let store = database.store().await;
        let wrong_kind = store
            .write(Locks::none(), |tx| {
                insert(tx, 1)?;
                tx.execute("INSERT INTO code (code_id) VALUES (?1)", &["text".into()])
            })
            .await;
        assert!(
            matches!(wrong_kind, Err(DbError::Statement(_))),
            "{wrong_kind:?}"
        );
        let missing_value = store
            .write(Locks::none(), |tx| {
                insert(tx, 1)?;
                tx.execute("INSERT INTO code (code_id) VALUES (?1)", &[])
            })
            .await;
        assert!(
            matches!(missing_value, Err(DbError::Statement(_))),
            "{missing_value:?}"
        );
        let wrong_column = store
            .write(Locks::none(), |tx| {
                insert(tx, 1)?;
                tx.query_one("SELECT code_id FROM code", &[], |row| row.text(0))
            })
            .await;
        assert!(
            matches!(wrong_column, Err(DbError::Statement(_))),
            "{wrong_column:?}"
        );
        assert_eq!(codes(&store).await, [0_i64; 0]);
    }
}

#[tokio::test]
async fn a_closure_that_swallows_the_error_of_a_statement_is_not_kept() {
    for database in TestDatabase::of_each_engine() {
        let store = database.store().await;
        let swallowed = store
            .write(Locks::none(), |tx| {
                insert(tx, 1)?;
                let _ = insert(tx, 1);
                Ok(())
            })
            .await;
        assert!(
            matches!(swallowed, Err(DbError::Statement(_))),
            "{swallowed:?}"
        );
        assert_eq!(codes(&store).await, [0_i64; 0]);
    }
}

#[tokio::test]
async fn a_read_changes_nothing() {
    for database in TestDatabase::of_each_engine() {
        let store = database.store().await;
        let plain = store.read(|tx| insert(tx, 1)).await;
        assert!(matches!(plain, Err(DbError::Statement(_))), "{plain:?}");
        let hidden = store
            .read(|tx| {
                tx.query(
                    "INSERT INTO code (code_id) VALUES (1) RETURNING code_id",
                    &[],
                    |row| row.int(0),
                )
            })
            .await;
        assert!(matches!(hidden, Err(DbError::Statement(_))), "{hidden:?}");
        assert_eq!(codes(&store).await, [0_i64; 0]);
    }
}

#[tokio::test]
async fn the_first_statement_that_does_not_prepare_is_named() {
    for database in TestDatabase::of_each_engine() {
        let store = database.store().await;
        store
            .prepare_all(&["SELECT code_id FROM code WHERE used_at < ?1"])
            .await
            .unwrap();
        store.prepare_all(Keyring::STATEMENTS).await.unwrap();
        for wrong in [
            "SELECT nothing FROM code",
            "SELECT code_id FROM code WHERE code_id = ?",
        ] {
            let refused = store
                .prepare_all(&["SELECT 1", wrong, "SELECT 2"])
                .await
                .unwrap_err();
            assert!(refused.to_string().contains(wrong), "{refused}");
        }
        let sum = store
            .prepare_all(&["SELECT CAST(SUM(code_id) AS BIGINT) FROM code"])
            .await;
        sum.unwrap();
    }
}

#[tokio::test]
async fn whoever_caches_an_account_hears_of_its_change_before_the_caller_is_answered() {
    for database in TestDatabase::of_each_engine() {
        let store = database.store().await;
        add_account(&store, [1; 16]).await;
        let heard = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&heard);
        store.on_account_write(Arc::new(|_| panic!("a hook that fails is no obstacle")));
        store.on_account_write(Arc::new(move |account| {
            assert_eq!(account, &[1; 16]);
            counter.fetch_add(1, Ordering::SeqCst);
        }));
        store
            .write(Locks::account([1; 16]), |tx| insert(tx, 1))
            .await
            .unwrap();
        assert_eq!(heard.load(Ordering::SeqCst), 1);
        let failed = store
            .write(Locks::account([1; 16]), |tx| insert(tx, 1))
            .await;
        failed.unwrap_err();
        store
            .write(Locks::none(), |tx| insert(tx, 2))
            .await
            .unwrap();
        assert_eq!(
            heard.load(Ordering::SeqCst),
            1,
            "nothing of this account changed"
        );
    }
}

#[tokio::test]
async fn a_store_is_ready_until_it_is_closed() {
    for database in TestDatabase::of_each_engine() {
        let store = database.store().await;
        store.ready().await.unwrap();
        store
            .write(Locks::none(), |tx| insert(tx, 1))
            .await
            .unwrap();
        store.close().await;
        let refused = store.write(Locks::none(), |tx| insert(tx, 2)).await;
        assert!(
            matches!(refused, Err(DbError::Unavailable(_))),
            "{refused:?}"
        );
        assert!(store.ready().await.is_err());
        store.close().await;
        assert_eq!(codes(&database.open().await).await, [1]);
    }
}

#[tokio::test]
async fn a_backup_taken_under_load_is_one_moment_and_opens() {
    let database = TestDatabase::sqlite();
    let store = database.store().await;
    for id in 0..200 {
        let bytes = vec![1_u8; 20_000];
        let add = move |tx: &mut twinlock_db::Tx<'_>| {
            let row = [Value::Int(id), (&bytes).into()];
            tx.execute("INSERT INTO code (code_id, hash) VALUES (?1, ?2)", &row)
        };
        store.write(Locks::none(), add).await.unwrap();
    }
    let copy = TestDatabase::sqlite();
    let (reports, heard) = std::sync::mpsc::channel();
    let path = copy.file();
    let backup = store.backup_to(&path, move |done, total| {
        reports.send((done, total)).unwrap()
    });
    let load = async {
        for id in 200..300 {
            store
                .write(Locks::none(), move |tx| insert(tx, id))
                .await
                .unwrap();
        }
    };
    let (backup, ()) = tokio::join!(backup, load);
    backup.unwrap();
    let (done, total) = heard.try_iter().last().unwrap();
    assert!(done == total && total > 1000, "{done} of {total} pages");
    let kept = codes(&copy.open().await).await;
    assert!(kept.len() >= 200 && kept.iter().enumerate().all(|(at, id)| at as i64 == *id));
    let again = store.backup_to(&path, |_, _| {}).await;
    assert!(
        matches!(again, Err(DbError::Unavailable(_))),
        "a backup overwrites nothing"
    );
}

#[tokio::test]
async fn postgresql_is_backed_up_with_its_own_tools() {
    let Some(database) = TestDatabase::postgres() else {
        return;
    };
    let refused = database
        .store()
        .await
        .backup_to("/nonexistent".as_ref(), |_, _| {})
        .await;
    assert!(refused.unwrap_err().to_string().contains("pg_dump"));
}
