//! To whom a place was shown stays as it is, whatever the program tries: it is counted on, and nothing else.

use adapter_postgres::{PgStore, PoolOptions};
use events::AddressView;
use kernel::{AccountId, EventId, PageRequest};
use std::sync::Arc;
use std::time::Duration;
use testkit::{Stores, noon};
use tokio_postgres::NoTls;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_changes_or_removes_to_whom_a_place_was_shown() {
    let database = crate::database().await;
    let store = PgStore::connect(&database.url(), PoolOptions::default()).await.unwrap();
    let stores = Stores::of(Arc::new(store));
    let view = AddressView::new(EventId::generate(noon()), AccountId::generate(noon()), noon(), None);
    let (client, connection) = tokio_postgres::connect(&database.url(), NoTls).await.unwrap();
    tokio::spawn(connection);
    // As the former version writes it.
    let old = format!(
        "INSERT INTO address_views (event_id, account_id, hour, viewed_at, request)
         VALUES ('{}', '{}', '{}', '{}', NULL) ON CONFLICT DO NOTHING",
        view.event,
        view.account,
        view.hour(),
        view.at,
    );
    for _ in 0..2 {
        client.batch_execute(&old).await.unwrap();
    }
    let page = PageRequest { limit: 10, after: None };
    assert_eq!(stores.events.address_views(view.event, page).await.unwrap().items, [view]);
    let again = AddressView { at: view.at + Duration::from_secs(9), ..view };
    stores.events.note_address_views(&[again, again]).await.unwrap();
    let counted = view.and(&again).and(&again);
    assert_eq!(stores.events.address_views(view.event, page).await.unwrap().items, [counted]);
    for attempt in [
        "UPDATE address_views SET views = 2",
        "UPDATE address_views SET views = views",
        "UPDATE address_views SET last_viewed_at = last_viewed_at + interval '1 second'",
        "UPDATE address_views SET views = 4, last_viewed_at = last_viewed_at - interval '1 second'",
        "UPDATE address_views SET views = 4, last_viewed_at = NULL",
        "UPDATE address_views SET views = 4, viewed_at = viewed_at + interval '1 second'",
        "UPDATE address_views SET views = 4, request = 'another'",
        "UPDATE address_views SET views = 4, account_id = gen_random_uuid()",
        "UPDATE address_views SET views = 4, event_id = gen_random_uuid()",
        "UPDATE address_views SET views = 4, hour = hour - interval '1 hour'",
        "DELETE FROM address_views",
        "TRUNCATE address_views",
    ] {
        let refused = client.batch_execute(attempt).await.unwrap_err();
        let told = refused.as_db_error().unwrap().message().to_owned();
        assert!(told.contains("append-only"), "{attempt}: {told}");
    }
    let beyond = "UPDATE address_views SET views = 4, last_viewed_at = hour + interval '1 hour'";
    let refused = client.batch_execute(beyond).await.unwrap_err();
    assert_eq!(refused.as_db_error().unwrap().constraint(), Some("address_views_views_check"));
    assert_eq!(stores.events.address_views(view.event, page).await.unwrap().items, [counted]);
}
