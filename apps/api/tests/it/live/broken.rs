//! A row that cannot be read keeps nobody else from hearing.

use super::{Ear, PATIENCE};
use crate::events::cast::{Cast, id};
use crate::harness::TestApp;
use adapter_postgres::migrate;
use serde_json::json;
use std::time::Instant;
use testkit::servers::{PostgresOptions, PostgresServer};

#[tokio::test]
async fn an_event_that_cannot_be_read_silences_no_other() {
    let postgres = PostgresServer::start(&PostgresOptions::default()).unwrap();
    postgres.query("postgres", "CREATE DATABASE live;").unwrap();
    let url = postgres.database_url("live");
    migrate(&url).await.unwrap();
    let app = TestApp::with(&[("store.url", &url)]).await;
    let cast = Cast::of(&app).await;
    let (bad, good) = (cast.published(&cast.event("Bad")).await, cast.published(&cast.event("Good")).await);
    let types = format!("/admin/events/{}/ticket-types", id(&good));
    let types = cast.manager.client.get(&types).await.expect(200);
    let mut ears =
        [Ear::open(&cast.member.client, id(&bad)).await, Ear::open(&cast.member.client, id(&good)).await];
    for ear in &mut ears {
        ear.hears(100).await;
    }
    let set = |zone: &str| format!("UPDATE events SET timezone = '{zone}' WHERE id = '{}';", id(&bad));
    postgres.query("live", &set("Nowhere/Land")).unwrap();
    // Nobody reads the one without the other.
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    let wish =
        json!({"event_id": id(&good), "items": [{"ticket_type_id": id(&types["items"][0]), "quantity": 2}]});
    cast.member.client.post("/seats/hold", &wish).await.expect(201);
    ears[1].hears(98).await;
    // It is heard again as soon as it can be read.
    let sold = format!("UPDATE ticket_types SET quantity = 90 WHERE event_id = '{}';", id(&bad));
    postgres.query("live", &format!("{}{sold}", set("Europe/Berlin"))).unwrap();
    let since = Instant::now();
    while ears[0].snapshot().await["items"][0]["available"] != 90 {
        assert!(since.elapsed() < PATIENCE);
    }
}
