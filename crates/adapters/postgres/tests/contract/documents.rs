//! What was issued stays as it is, whatever the program tries.

use adapter_postgres::{PgStore, PoolOptions};
use booking::document::Occasion;
use booking::{Documents, Particulars, Party};
use std::sync::Arc;
use testkit::fixtures_bookings::{booked_unpaid, bookings, buyer, house};
use testkit::{Stores, noon};
use tokio_postgres::NoTls;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_changes_or_removes_what_was_issued() {
    let database = crate::database().await;
    let store = PgStore::connect(&database.url(), PoolOptions::default()).await.unwrap();
    let house = house(Stores::of(Arc::new(store)), 10, None, 2500).await;
    let booking = booked_unpaid(&house, buyer(&house.stores).await, 1).await;
    let attempt = booking.payments.first().unwrap();
    house.provider.pay(attempt.session.as_deref().unwrap());
    bookings(&house).come_back(attempt.id).await.unwrap();
    let somebody = Party { name: "Somebody".into(), address: Vec::new(), vat_id: None, iban: None };
    let today = noon().date_naive();
    let on = Particulars {
        organisation: house.event.organisation,
        prefix: String::new(),
        issuer: somebody.clone(),
        recipient: somebody,
        occasion: Occasion { reference: "A".into(), title: "Night".into(), takes_place_on: today },
        names: Vec::new(),
        today,
    };
    let desk = Documents::new(house.stores.booking.clone(), house.clock.clone());
    let issued = desk.issue(booking.id, &on).await.unwrap();
    assert_eq!(issued.len(), 1);

    let (client, connection) = tokio_postgres::connect(&database.url(), NoTls).await.unwrap();
    tokio::spawn(connection);
    for attempt in [
        "UPDATE documents SET number = '2026-000002'",
        "DELETE FROM documents",
        "TRUNCATE documents",
        "TRUNCATE bookings CASCADE",
    ] {
        let refused = client.batch_execute(attempt).await.unwrap_err();
        let told = refused.as_db_error().unwrap().message().to_owned();
        assert!(told.contains("append-only"), "{attempt}: {told}");
    }
    assert_eq!(house.stores.booking.documents_of_booking(booking.id).await.unwrap(), issued);
}
