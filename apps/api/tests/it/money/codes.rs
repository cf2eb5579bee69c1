//! What is drawn is what the door accepts.

use super::on_each_store;
use crate::harness::providers::Till;
use crate::harness::scan;
use crate::harness::shop::{Shop, Store};
use reqwest::Method;
use serde_json::{Value, json};

on_each_store!(every_drawing_of_a_ticket_reads_as_its_code);

async fn every_drawing_of_a_ticket_reads_as_its_code(store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let hold = shop.hold(&ada, 3).await;
    let wish = json!({
        "hold_id": hold["hold_id"], "payment": {"provider": "stripe"},
        "attendees": [{"first_name": "Zoë", "last_name": "Ø"}],
    });
    let booking = ada.client.post("/bookings/confirm", &wish).await.expect(201);
    shop.press(&booking, "pay").await;
    shop.work().await;
    let tickets = shop.look(&ada, &booking).await["tickets"].as_array().unwrap().clone();
    let codes: Vec<String> = tickets.iter().map(code).collect();
    assert_eq!(codes.len(), 3);
    for (ticket, code) in tickets.iter().zip(&codes) {
        let path = |kind: &str| format!("/tickets/{}/qr.{kind}", ticket["id"].as_str().unwrap());
        let png = ada.client.request(Method::GET, &path("png")).send().await.unwrap();
        assert_eq!(scan::png(&png.bytes().await.unwrap()), *code);
        assert_eq!(scan::svg(&ada.client.get(&path("svg")).await.text), *code);
    }
    let mail = shop.mails(&ada.email).into_iter().find(|mail| !mail.attachments.is_empty()).unwrap();
    let pictures = mail.attachments.iter().filter(|file| file.content_type == "image/png");
    let drawn: Vec<_> = pictures.map(|file| scan::png(&file.bytes)).collect();
    assert_eq!(drawn, codes, "the mail shows the same, in the same order");
    let html = mail.html.unwrap();
    for (file, code) in mail.attachments.iter().zip(&codes) {
        assert!(html.contains(&format!("cid:{}", file.content_id.as_ref().unwrap())));
        assert!(mail.text.contains(code), "for those who see no pictures");
    }
    assert!(mail.text.contains("Zoë Ø"));
    // Nobody else sees them, and the door takes each.
    let bob = shop.buyer().await;
    let path = format!("/tickets/{}/qr.png", tickets[0]["id"].as_str().unwrap());
    bob.client.get(&path).await.expect_problem(404, "not_found");
    for code in &codes {
        let verdict = shop.admin.client.post("/tickets/verify", &json!({"code": code})).await.expect(200);
        assert_eq!(verdict["result"], "admitted");
    }
    shop.come_to_rest().await;
    assert_eq!(shop.providers.ledger(Till::Stripe).await.charges, 1);
}

fn code(ticket: &Value) -> String {
    ticket["code"].as_str().unwrap().to_owned()
}
