//! Tables of what waits for a person: work that is owed, cases of money, and invites.

use super::{items, rows, says};
use crate::harness::on_each_store;
use crate::harness::shop::{PRICE, Shop, Store, id};
use crate::ledger::manager;
use chrono::TimeDelta;
use kernel::Clock;
use serde_json::{Value, json};

on_each_store!(
    work_that_is_owed_is_saved_and_no_word_of_a_server_is_a_formula,
    invites_are_saved_without_their_codes,
    cases_are_saved_of_those_alone_whose_money_it_is,
);

async fn work_that_is_owed_is_saved_and_no_word_of_a_server_is_a_formula(store: Store) {
    let shop = Shop::open(store, 1).await;
    let admin = shop.again(&shop.admin).await.client;
    let wish = json!({"email": "guest@example.org"});
    admin.post("/admin/invites", &wish).await.expect(201);
    let (now, outbox) = (shop.clock.now(), &shop.app.app.outbox);
    let due = outbox.claim(&[invites::DOMAIN], now, now + TimeDelta::minutes(1), 1).await.unwrap().remove(0);
    assert!(outbox.park(due.lease(), "=HYPERLINK(\"x\")\n@x", now).await.unwrap());

    let table = rows(&admin.get("/admin/jobs/export").await);
    assert_eq!(table.len(), 1);
    let parked_at = now.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    says(
        &table[0],
        &[
            ("id", &due.id.to_string()),
            ("domain", "invites"),
            ("kind", "send_invite"),
            ("state", "parked"),
            ("attempts", "1"),
            ("leased_until", ""),
            ("parked_at", &parked_at),
            ("error", "'=HYPERLINK(\"x\")\n'@x"),
        ],
    );
    for (query, expected) in [("kind=send_invite", 1), ("domain=booking", 0), ("state=failing", 0)] {
        let table = rows(&admin.get(&format!("/admin/jobs/export?{query}")).await);
        assert_eq!(table.len(), expected, "{query}");
    }
    admin.get("/admin/jobs/export?state=broken").await.expect_problem(422, "invalid_input");
    shop.buyer().await.client.get("/admin/jobs/export").await.expect_problem(403, "forbidden");
    let acts = admin.get("/admin/audit?act=job.export").await.expect(200);
    assert_eq!(items(&acts).len(), 4, "what was refused is no act");
    let subject = json!({"kind": "account", "id": shop.admin.id});
    assert!(items(&acts).iter().all(|act| act["subject"] == subject && act["organisation_id"].is_null()));
    let narrowed = json!({"state": "parked", "domain": null, "kind": "send_invite"});
    assert!(items(&acts).iter().any(|act| act["after"] == narrowed), "{acts}");
}

async fn invites_are_saved_without_their_codes(store: Store) {
    let shop = Shop::open(store, 1).await;
    let admin = shop.again(&shop.admin).await.client;
    let wish = json!({"max_uses": 3, "email": "guest@example.org", "note": "=1+1;@x"});
    let made = admin.post("/admin/invites", &wish).await.expect(201);
    let invite = &made["items"][0];
    let answer = admin.get("/admin/invites/export").await;
    let code = invite["code"].as_str().unwrap();
    assert!(!answer.text.contains(code) && !answer.text.contains(&code.replace('-', "")), "{}", answer.text);
    let table = rows(&answer);
    let row = table.iter().find(|row| row["id"] == id(invite)).unwrap();
    says(
        row,
        &[
            ("created_by", &shop.admin.id),
            ("counted", "false"),
            ("max_uses", "3"),
            ("used", "0"),
            ("expires_at", ""),
            ("revoked_at", ""),
            ("email", "guest@example.org"),
            ("note", "'=1+1;'@x"),
        ],
    );
    shop.buyer().await.client.get("/admin/invites/export").await.expect_problem(403, "forbidden");
    let acts = admin.get("/admin/audit?act=invite.export").await.expect(200);
    assert_eq!(items(&acts).len(), 1);
    assert_eq!(items(&acts)[0]["subject"], json!({"kind": "account", "id": shop.admin.id}));
}

async fn cases_are_saved_of_those_alone_whose_money_it_is(store: Store) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let hold = shop.hold(&ada, 1).await;
    let wish = json!({"hold_id": hold["hold_id"], "payment": {"provider": "bank_transfer"}});
    let booking = shop.again(&ada).await.client.post("/bookings/confirm", &wish).await.expect(201);
    let admin = shop.again(&shop.admin).await.client;
    let less = json!({"provider": "bank_transfer", "amount": {"amount": PRICE - 100, "currency": "EUR"}});
    admin.post(&format!("/admin/bookings/{}/mark-paid", id(&booking)), &less).await.expect(200);
    let cases = admin.get("/admin/payments/incidents").await.expect(200);
    let decided = json!({"resolution": "accept", "note": "=1+1"});
    let path = format!("/admin/payments/incidents/{}/resolve", id(&cases["items"][0]));
    admin.post(&path, &decided).await.expect(200);

    let event = admin.get(&format!("/admin/events/{}", shop.event)).await.expect(200);
    let house = event["organisation_id"].as_str().unwrap();
    let others = admin.post("/admin/organisations", &json!({"name": "Others", "slug": "others"})).await;
    let others = id(&others.expect(201)).to_owned();
    let (own, other) = (manager(&shop, house).await, manager(&shop, &others).await);
    let list = "/admin/payments/incidents/export";
    for reader in [&admin, &own.client] {
        let table = rows(&reader.get(list).await);
        assert_eq!(table.len(), 1);
        says(
            &table[0],
            &[
                ("id", id(&cases["items"][0])),
                ("kind", "wrong_amount"),
                ("status", "resolved"),
                ("booking_id", id(&booking)),
                ("booking_reference", booking["reference"].as_str().unwrap()),
                ("event_id", &shop.event),
                ("organisation_id", house),
                ("refund_id", ""),
                ("evidence", cases["items"][0]["evidence"].as_str().unwrap()),
                ("resolution", "accept"),
                ("resolved_by", &shop.admin.id),
                ("note", "'=1+1"),
            ],
        );
    }
    for query in [format!("status=resolved&organisation_id={house}"), "status=open".to_owned()] {
        let expected = usize::from(!query.contains("open"));
        assert_eq!(rows(&admin.get(&format!("{list}?{query}")).await).len(), expected, "{query}");
        assert_eq!(rows(&other.client.get(&format!("{list}?{query}")).await).len(), 0, "{query}");
    }
    own.client.get(&format!("{list}?status=lost")).await.expect_problem(422, "invalid_input");
    ada.client.get(list).await.expect_problem(403, "forbidden");
    let acts = own.client.get("/admin/audit?act=incident.export").await.expect(200);
    assert!(!items(&acts).is_empty());
    assert!(items(&acts).iter().all(|act: &Value| act["organisation_id"] == house), "{acts}");
}
