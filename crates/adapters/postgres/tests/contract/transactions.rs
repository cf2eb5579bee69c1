//! What transactions on PostgreSQL do beyond the contracts: waiting, failing, and giving up.

use crate::database;
use adapter_postgres::testing::FreshDatabase;
use adapter_postgres::{PgStore, PoolOptions};
use booking::{BookingStore, BookingTx, Sale};
use kernel::StoreError;
use std::sync::Arc;
use std::time::Duration;
use testkit::Stores;
use testkit::fixtures_bookings::{House, house};

/// An event on sale in a database of its own, which was made ready in its own time.
async fn sale(options: PoolOptions) -> (PgStore, House, FreshDatabase) {
    let database = database().await;
    let patient = PgStore::connect(&database.url(), PoolOptions::default()).await.unwrap();
    let house = house(Stores::of(Arc::new(patient)), 10, None, 0).await;
    let store = PgStore::connect(&database.url(), options).await.unwrap();
    (store, house, database)
}

async fn locked(store: &PgStore, house: &House) -> Result<(Box<dyn BookingTx>, Sale), StoreError> {
    let mut tx = BookingStore::begin(store).await?;
    let sale = tx.lock_sales(&[house.event.id]).await?.remove(0);
    Ok((tx, sale))
}

/// Returns once a statement in this database waits for a lock.
async fn somebody_waits(database: &FreshDatabase) {
    let (client, connection) = tokio_postgres::connect(&database.url(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let waiting =
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while client.query(waiting, &[]).await.unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
}

fn is_unavailable<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Unavailable { .. }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_that_does_not_come_means_try_again() {
    let options = PoolOptions { lock: Duration::from_millis(50), ..PoolOptions::default() };
    let (store, house, _database) = sale(options).await;
    let first = locked(&store, &house).await.unwrap();
    assert!(is_unavailable(&locked(&store, &house).await));
    first.0.commit().await.unwrap();
    assert!(locked(&store, &house).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_that_takes_too_long_means_try_again() {
    let options = PoolOptions { statement: Duration::from_millis(50), ..PoolOptions::default() };
    let (store, house, _database) = sale(options).await;
    let _first = locked(&store, &house).await.unwrap();
    assert!(is_unavailable(&locked(&store, &house).await));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_does_nothing_is_ended_by_the_server() {
    let options = PoolOptions { idle_in_transaction: Duration::from_millis(100), ..PoolOptions::default() };
    let (store, house, _database) = sale(options).await;
    let (idle, _) = locked(&store, &house).await.unwrap();
    // Comes as soon as the server has ended the first.
    let (second, _) = locked(&store, &house).await.unwrap();
    second.commit().await.unwrap();
    assert!(is_unavailable(&idle.commit().await));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_that_lock_each_other_out_are_told_to_try_again() {
    let (store, house, _database) = sale(PoolOptions::default()).await;
    let other = testkit::fixtures_events::on_sale(&house.stores, 10).await.0.id;
    let (mut one, _) = locked(&store, &house).await.unwrap();
    let mut two = BookingStore::begin(&store).await.unwrap();
    two.lock_sales(&[other]).await.unwrap();
    let second = tokio::spawn(async move { (two.lock_sales(&[house.event.id]).await.map(drop), two) });
    let first = one.lock_sales(&[other]).await.map(drop);
    // The server lets one of them fail and, once that one has ended, the other pass.
    let refused = first.is_err();
    if refused {
        one.rollback().await.unwrap();
    }
    let (second, _two) = second.await.unwrap();
    assert_ne!(refused, second.is_err());
    assert!(is_unavailable(&first) || is_unavailable(&second));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_can_commit_what_failed() {
    let (store, house, _database) = sale(PoolOptions::default()).await;
    let (mut tx, mut sale) = locked(&store, &house).await.unwrap();
    sale.offers[0].held = 3;
    tx.save_sales(std::slice::from_ref(&sale)).await.unwrap();
    sale.offers[0].held = 11;
    tx.save_sales(std::slice::from_ref(&sale)).await.unwrap();
    let seen = tx.lock_sales(&[house.event.id]).await;
    assert!(matches!(seen, Err(StoreError::Broken { doing: "saving sales", .. })), "{seen:?}");
    assert!(tx.commit().await.is_err(), "PostgreSQL itself would call this a success");
    assert_eq!(locked(&store, &house).await.unwrap().1.offers[0].held, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_tells_that_a_write_before_it_failed() {
    let (store, house, _database) = sale(PoolOptions::default()).await;
    let (mut tx, mut sale) = locked(&store, &house).await.unwrap();
    sale.offers[0].held = 11;
    tx.save_sales(&[sale]).await.unwrap();
    let committed = tx.commit().await;
    assert!(matches!(committed, Err(StoreError::Broken { doing: "saving sales", .. })), "{committed:?}");
    assert_eq!(locked(&store, &house).await.unwrap().1.offers[0].held, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_reads_what_it_wrote() {
    let (store, house, _database) = sale(PoolOptions::default()).await;
    let (mut tx, mut sale) = locked(&store, &house).await.unwrap();
    sale.offers[0].held = 3;
    tx.save_sales(std::slice::from_ref(&sale)).await.unwrap();
    assert_eq!(tx.lock_sales(&[house.event.id]).await.unwrap(), [sale]);
    tx.rollback().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_transaction_gives_its_connection_back_and_a_dropped_one_closes_it() {
    let (store, house, _database) = sale(PoolOptions::default()).await;
    let before = store.status();
    assert_eq!(before.size, before.available, "none is in use");
    let (mut tx, mut sale) = locked(&store, &house).await.unwrap();
    sale.offers[0].held = 11;
    tx.save_sales(&[sale]).await.unwrap();
    assert!(tx.lock_sales(&[house.event.id]).await.is_err());
    tx.rollback().await.unwrap();
    assert_eq!(store.status(), before);
    drop(BookingStore::begin(&store).await.unwrap());
    assert_eq!(store.status(), before, "one that never began has nothing to undo");
    drop(locked(&store, &house).await.unwrap());
    assert_eq!(store.status().size, before.size - 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_is_given_up_while_it_waits_leaves_no_lock() {
    let (store, house, _database) = sale(PoolOptions::default()).await;
    let (first, _) = locked(&store, &house).await.unwrap();
    let waiting = tokio::time::timeout(Duration::from_millis(50), locked(&store, &house)).await;
    assert!(waiting.is_err(), "it waits for the first");
    first.commit().await.unwrap();
    locked(&store, &house).await.unwrap().0.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_who_waited_for_a_lock_sees_what_the_one_before_wrote() {
    let (store, house, database) = sale(PoolOptions::default()).await;
    let (mut tx, mut sale) = locked(&store, &house).await.unwrap();
    let waiting = tokio::spawn({
        let (store, house) = (store.clone(), house.clone());
        async move { locked(&store, &house).await.unwrap().1.offers[0].held }
    });
    sale.offers[0].held = 4;
    somebody_waits(&database).await;
    tx.save_sales(&[sale]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(waiting.await.unwrap(), 4, "the counters, which are in another table than the lock");
}
