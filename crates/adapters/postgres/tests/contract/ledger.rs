//! What stands in the ledger stays there, whatever the program tries.

use adapter_postgres::{PgStore, PoolOptions};
use booking::LedgerStore;
use booking::ledger::EntryFilter;
use kernel::PageRequest;
use std::sync::Arc;
use std::time::Duration;
use testkit::Stores;
use testkit::fixtures_bookings::{booked_unpaid, bookings, buyer, house};
use tokio_postgres::NoTls;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_changes_or_removes_what_was_posted() {
    let database = crate::database().await;
    let store = PgStore::connect(&database.url(), PoolOptions::default()).await.unwrap();
    let house = house(Stores::of(Arc::new(store)), 10, None, 2500).await;
    let booking = booked_unpaid(&house, buyer(&house.stores).await, 1).await;
    let attempt = booking.payments.first().unwrap();
    house.provider.pay(attempt.session.as_deref().unwrap());
    bookings(&house).come_back(attempt.id).await.unwrap();
    let before = house.stores.ledger.entries_of_bookings(&[booking.id]).await.unwrap();
    assert_eq!(before.len(), 2);

    let (client, connection) = tokio_postgres::connect(&database.url(), NoTls).await.unwrap();
    tokio::spawn(connection);
    for attempt in [
        "UPDATE ledger_entries SET amount_minor = amount_minor + 1",
        "DELETE FROM ledger_entries WHERE kind = 'sale'",
        "TRUNCATE ledger_entries",
        "TRUNCATE bookings CASCADE",
    ] {
        let refused = client.batch_execute(attempt).await.unwrap_err();
        let told = refused.as_db_error().unwrap().message().to_owned();
        assert!(told.contains("append-only"), "{attempt}: {told}");
    }
    assert_eq!(house.stores.ledger.entries_of_bookings(&[booking.id]).await.unwrap(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn adding_everything_up_may_take_longer_than_other_statements() {
    let database = crate::database().await;
    let options = PoolOptions { statement: Duration::from_secs(1), ..PoolOptions::default() };
    let store = PgStore::connect(&database.url(), options).await.unwrap();
    let (client, connection) = tokio_postgres::connect(&database.url(), NoTls).await.unwrap();
    tokio::spawn(connection);
    // As many entries as take longer to read than a statement may.
    let large = "ALTER TABLE ledger_entries RENAME TO entries; \
         CREATE FUNCTION many() RETURNS SETOF entries LANGUAGE plpgsql AS \
             $$ BEGIN PERFORM pg_sleep(2); RETURN QUERY SELECT * FROM entries; END $$; \
         CREATE VIEW ledger_entries AS SELECT * FROM many()";
    client.batch_execute(large).await.unwrap();
    let all = EntryFilter::default();
    assert_eq!(store.balances(&all).await.unwrap(), []);
    let page = store.entries(&all, PageRequest { limit: 1, after: None }).await;
    assert!(page.is_err(), "others are stopped as before: {page:?}");
}
