//! The whole way, as a newcomer with a fresh system goes it.

use crate::harness::shop::{checkout_url, id, put_on_sale};
use crate::harness::simulated::Simulated;
use crate::harness::{Client, PASSWORD, answer, registration, scan};
use kernel::{Clock, SystemClock};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(30);

/// Asks until the answer is as wanted: the worker works beside us.
async fn until(client: &Client, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let since = Instant::now();
    loop {
        let now = client.get(path).await.expect(200);
        if wanted(&now) {
            return now;
        }
        assert!(since.elapsed() < PATIENCE, "{path}: {now}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn from_an_invite_to_the_door() {
    let system = Simulated::start().await;
    let app = &system.app;
    let admin = app.admin().await;
    let (event, ticket_type) = put_on_sale(&admin, SystemClock.now(), 10).await;
    // An invite opens an account.
    let invites = admin.client.post("/admin/invites", &json!({"max_uses": 1})).await.expect(201);
    let code = invites["items"][0]["code"].as_str().unwrap();
    let body = registration(code, "ada@example.org");
    app.stranger().post("/auth/register", &body).await.expect(201);
    let ada = app.login("ada@example.org", PASSWORD).await.client;
    // The event is found, held and booked.
    let listed = ada.get("/events").await.expect(200);
    assert_eq!(
        (id(&listed["items"][0]), &listed["items"][0]["availability"]),
        (&*event, &"available".into())
    );
    let wish = json!({"event_id": event, "items": [{"ticket_type_id": ticket_type, "quantity": 1}]});
    let hold = ada.post("/seats/hold", &wish).await.expect(201);
    let wish = json!({"hold_id": hold["hold_id"], "payment": {"provider": "stripe"}});
    let booking = ada.post("/bookings/confirm", &wish).await.expect(201);
    // It is paid on the provider's page, which tells us.
    let page = format!("{}/pay", checkout_url(&booking));
    answer(reqwest::Client::new().post(page)).await.expect(200);
    let path = format!("/bookings/{}", id(&booking));
    let paid = until(&ada, &path, |now| now["status"] == "confirmed").await;
    let code = paid["tickets"][0]["code"].as_str().unwrap().to_owned();
    // The tickets come by mail.
    let ours = |mail: &Value| mail["to"] == "ada@example.org" && mail["attachments"] != json!([]);
    let arrived = |page: &Value| page["items"].as_array().unwrap().iter().any(ours);
    let mails = until(&admin.client, "/admin/mail", arrived).await;
    let mail = mails["items"].as_array().unwrap().iter().find(|mail| ours(mail)).unwrap();
    let file = mail["attachments"][0]["url"].as_str().unwrap();
    let picture = admin.client.request(Method::GET, file).send().await.unwrap().bytes().await.unwrap();
    assert_eq!(scan::png(&picture), code);
    // The door lets its bearer in, once.
    let scan = json!({"code": code, "event_id": event});
    let first = admin.client.post("/tickets/verify", &scan).await.expect(200);
    assert_eq!((&first["result"], &first["ticket"]["status"]), (&"admitted".into(), &"checked_in".into()));
    let second = admin.client.post("/tickets/verify", &scan).await.expect(200);
    assert_eq!(
        (&second["result"], &second["checked_in_at"]),
        (&"already_checked_in".into(), &first["checked_in_at"])
    );
}
