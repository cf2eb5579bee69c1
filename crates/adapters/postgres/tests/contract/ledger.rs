//! What stands in the ledger stays there, whatever the program tries.

use adapter_postgres::{PgStore, PoolOptions};
use std::sync::Arc;
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
