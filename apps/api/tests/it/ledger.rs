//! The ledger over HTTP: what it says after a sale, to whom, and as a table.

use crate::harness::Person;
use crate::harness::providers::Till;
use crate::harness::shop::{PRICE, Shop, Store, id};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A shop in which one place was paid for.
async fn sold(store: Store) -> (Shop, Value) {
    let shop = Shop::open(store, 5).await;
    let ada = shop.buyer().await;
    let booking = shop.book(&ada, Till::Stripe).await;
    shop.press(&booking, "pay").await;
    shop.work().await;
    let booking = shop.look(&ada, &booking).await;
    assert_eq!(booking["status"], "confirmed");
    (shop, booking)
}

/// Somebody who manages the organisation of this name, made by an admin.
pub(crate) async fn manager(shop: &Shop, organisation: &str) -> Person {
    let person = shop.buyer().await;
    let admin = shop.again(&shop.admin).await.client;
    let path = format!("/admin/organisations/{organisation}/members");
    admin.post(&path, &json!({"account_id": person.id, "role": "manager"})).await.expect(201);
    shop.again(&person).await
}

fn amounts(balances: &Value) -> BTreeMap<String, i64> {
    let items = balances["items"].as_array().unwrap().iter();
    items
        .map(|item| (item["account"].as_str().unwrap().to_owned(), item["amount"].as_i64().unwrap()))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sale_stands_in_the_ledger_on_both_stores() {
    for store in [Store::Local, Store::Postgres] {
        let (shop, booking) = sold(store).await;
        let admin = shop.again(&shop.admin).await.client;
        let entries = admin.get(&format!("/admin/ledger?booking_id={}", id(&booking))).await.expect(200);
        let kinds: Vec<_> =
            entries["items"].as_array().unwrap().iter().map(|it| it["kind"].as_str().unwrap()).collect();
        assert!(kinds.contains(&"charge") && kinds.contains(&"sale") && kinds.len() == 2, "{kinds:?}");
        assert_eq!(entries["items"][0]["amount"], json!({"amount": PRICE, "currency": "EUR"}));
        let balances = amounts(&admin.get("/admin/ledger/balances").await.expect(200));
        assert_eq!(balances.values().sum::<i64>(), 0, "{balances:?}");
        assert_eq!(balances.get("provider:stripe/main:test"), Some(&PRICE), "{balances:?}");
        let path = "/admin/ledger/balances?account=provider:stripe/main:test";
        assert_eq!(amounts(&admin.get(path).await.expect(200)).len(), 1);
        let page = admin.get("/admin/ledger?limit=1").await.expect(200);
        let rest =
            admin.get(&format!("/admin/ledger?cursor={}", page["next_cursor"].as_str().unwrap())).await;
        assert_eq!(rest.expect(200)["items"].as_array().unwrap().len(), 1);
        let none = admin.get("/admin/ledger?to=2020-01-01T00:00:00Z").await.expect(200);
        assert_eq!(none["items"], json!([]));
        let wrong = admin.get("/admin/ledger?account=piggy_bank").await;
        wrong.expect_problem(422, "invalid_input");
        shop.come_to_rest().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn organisers_see_what_is_theirs_and_members_nothing() {
    let (shop, booking) = sold(Store::Local).await;
    let admin = shop.again(&shop.admin).await.client;
    let house = admin.get(&format!("/admin/events/{}", shop.event)).await.expect(200);
    let house = house["organisation_id"].as_str().unwrap().to_owned();
    let made = admin.post("/admin/organisations", &json!({"name": "Others", "slug": "others"})).await;
    let others = id(&made.expect(201)).to_owned();
    let (own, other) = (manager(&shop, &house).await, manager(&shop, &others).await);
    for (who, filter, expected) in [
        (&own, String::new(), 2),
        (&own, format!("?organisation_id={house}"), 2),
        (&own, format!("?organisation_id={others}"), 0),
        (&other, String::new(), 0),
        (&other, format!("?organisation_id={house}"), 0),
        (&other, format!("?booking_id={}", id(&booking)), 0),
        (&other, format!("?event_id={}", shop.event), 0),
    ] {
        let entries = who.client.get(&format!("/admin/ledger{filter}")).await.expect(200);
        assert_eq!(entries["items"].as_array().unwrap().len(), expected, "{filter}");
        let balances = who.client.get(&format!("/admin/ledger/balances{filter}")).await.expect(200);
        assert_eq!(balances["items"].as_array().unwrap().len(), expected, "{filter}");
    }
    assert_eq!(other.client.get("/admin/ledger/export").await.text.lines().count(), 1, "only the heading");
    let member = shop.buyer().await;
    for path in ["/admin/ledger", "/admin/ledger/balances", "/admin/ledger/export"] {
        assert_eq!(member.client.get(path).await.status, 403, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_table_has_a_line_per_entry() {
    let (shop, booking) = sold(Store::Local).await;
    let admin = shop.again(&shop.admin).await.client;
    let table = admin.get("/admin/ledger/export").await;
    assert_eq!(table.status, 200);
    let lines: Vec<_> = table.text.split("\r\n").filter(|line| !line.is_empty()).collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[0].starts_with("at,id,kind,reversal,from,to,amount,"));
    let charge = lines.iter().find(|line| line.contains(",charge,")).unwrap();
    assert!(charge.contains(",false,buyers,provider:stripe/main:test,25.00,2500,EUR,"), "{charge}");
    assert!(charge.contains(id(&booking)));
}
