//! One hot account starves nobody.

use std::sync::{Mutex, mpsc};

use crate::support::{TestDatabase, add_account, insert};
use twinlock_db::{DbError, DbResult, Engine, Locks, Store, StoreOptions};

const HOT: [u8; 16] = [1; 16];
const CALM: [u8; 16] = [2; 16];

/// A write of the hot account that lasts until it is told to end, and says when it has begun.
fn slow_write(
    store: &Store,
) -> (
    tokio::task::JoinHandle<DbResult<()>>,
    mpsc::Receiver<()>,
    mpsc::Sender<()>,
) {
    let (begun, has_begun) = mpsc::channel();
    let (end, may_end) = mpsc::channel::<()>();
    let may_end = Mutex::new(may_end);
    let store = store.clone();
    let work = tokio::spawn(async move {
        let hold = move |_: &mut twinlock_db::Tx<'_>| {
            begun.send(()).unwrap();
            may_end.lock().unwrap().recv().unwrap();
            Ok(())
        };
        store.write(Locks::account(HOT), hold).await
    });
    (work, has_begun, end)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sixth_caller_of_a_hot_account_is_sent_away_and_the_others_are_served() {
    for database in TestDatabase::of_each_engine() {
        let store = database.store().await;
        add_account(&store, HOT).await;
        add_account(&store, CALM).await;
        let (slow, has_begun, end) = slow_write(&store);
        tokio::task::block_in_place(|| has_begun.recv()).unwrap();
        let mut waiting: Vec<_> = (1..=4)
            .map(|id| Box::pin(store.write(Locks::account(HOT), move |tx| insert(tx, id))))
            .collect();
        for write in &mut waiting {
            // Polled once, so that each has taken its place.
            assert!(futures_poll(write).await.is_none());
        }
        let sixth = store.write(Locks::account(HOT), |tx| insert(tx, 6)).await;
        assert!(matches!(sixth, Err(DbError::Busy)), "{sixth:?}");
        if store.engine() == Engine::Postgres {
            // While the hot account is still held, the calm one is served.
            store
                .write(Locks::account(CALM), |tx| insert(tx, 7))
                .await
                .unwrap();
            end.send(()).unwrap();
        } else {
            // One writer: the calm account comes after five of the hot one at most.
            let calm = store.write(Locks::account(CALM), |tx| insert(tx, 7));
            end.send(()).unwrap();
            calm.await.unwrap();
        }
        slow.await.unwrap().unwrap();
        for write in waiting {
            write.await.unwrap();
        }
        store
            .write(Locks::account(HOT), |tx| insert(tx, 8))
            .await
            .unwrap();
    }
}

/// Polls a future once.
async fn futures_poll<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(match std::pin::Pin::new(&mut *future).poll(context) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        })
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_that_gives_up_leaves_its_place_to_the_next() {
    for database in TestDatabase::of_each_engine() {
        let store = database.store().await;
        add_account(&store, HOT).await;
        let (slow, has_begun, end) = slow_write(&store);
        tokio::task::block_in_place(|| has_begun.recv()).unwrap();
        for id in 0..4 {
            let mut write = Box::pin(store.write(Locks::account(HOT), move |tx| insert(tx, id)));
            assert!(futures_poll(&mut write).await.is_none());
        }
        end.send(()).unwrap();
        slow.await.unwrap().unwrap();
        store
            .write(Locks::account(HOT), |tx| insert(tx, 9))
            .await
            .unwrap();
        let kept = crate::support::codes(&store).await;
        assert_eq!(kept, [9], "nobody waited for the other four any more");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_says_so_at_once() {
    let database = TestDatabase::sqlite();
    let options = StoreOptions {
        queue_limit: 2,
        ..StoreOptions::default()
    };
    let store = Store::open(&database.location, options).await.unwrap();
    store.migrate(crate::support::SCHEMA, 0).await.unwrap();
    let (slow, has_begun, end) = slow_write(&store);
    tokio::task::block_in_place(|| has_begun.recv()).unwrap();
    let mut waiting: Vec<_> = (1..=2)
        .map(|id| Box::pin(store.write(Locks::none(), move |tx| insert(tx, id))))
        .collect();
    for write in &mut waiting {
        assert!(futures_poll(write).await.is_none());
    }
    let third = store.write(Locks::none(), |tx| insert(tx, 3)).await;
    assert!(matches!(third, Err(DbError::Busy)), "{third:?}");
    end.send(()).unwrap();
    slow.await.unwrap().unwrap();
    for write in waiting {
        write.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_is_served_while_the_writer_is_busy() {
    for database in TestDatabase::of_each_engine() {
        let store = database.store().await;
        add_account(&store, HOT).await;
        store
            .write(Locks::none(), |tx| insert(tx, 1))
            .await
            .unwrap();
        let (slow, has_begun, end) = slow_write(&store);
        tokio::task::block_in_place(|| has_begun.recv()).unwrap();
        assert_eq!(crate::support::codes(&store).await, [1]);
        end.send(()).unwrap();
        slow.await.unwrap().unwrap();
    }
}
