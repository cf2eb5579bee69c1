//! Figures as tables: the same as they are shown.

use super::{Row, rows, says};
use crate::harness::on_each_store;
use crate::harness::shop::{PRICE, Shop, Store, evening, id};
use crate::ledger::manager;
use kernel::Clock;
use serde_json::json;

on_each_store!(figures_are_saved_and_no_title_is_a_formula);

/// The day on which everything is sold here.
const TODAY: &str = "2026-06-01";
/// What somebody called an event and what is sold of it, and what a table makes of that.
const NAMES: (&str, &str) = ("=1+1;@x", "'=1+1;'@x");

/// A figure of a table that has a line for each.
fn value(table: &[Row], figure: &str, currency: &str) -> String {
    let mut found = table
        .iter()
        .filter(|row| row["figure"] == figure && row["currency"] == currency && row["reason"].is_empty());
    let row = found.next().unwrap_or_else(|| panic!("no {figure} in {table:?}"));
    assert!(found.next().is_none(), "{figure} once: {table:?}");
    row["value"].clone()
}

async fn figures_are_saved_and_no_title_is_a_formula(store: Store) {
    let shop = Shop::open(store, 2).await;
    let admin = shop.again(&shop.admin).await.client;
    let event = format!("/admin/events/{}", shop.event);
    let house = admin.get(&event).await.expect(200)["organisation_id"].clone();
    let (typed, harmless) = NAMES;
    admin.put(&event, &evening(&house, shop.clock.now(), typed)).await.expect(200);
    let price = json!({"amount": PRICE, "currency": "EUR"});
    let kind = json!({"name": typed, "price": price, "quantity": 2});
    admin.put(&format!("/admin/ticket-types/{}", shop.ticket_type), &kind).await.expect(200);
    let (ada, bob) = (shop.buyer().await, shop.buyer().await);
    let hold = shop.hold(&ada, 2).await;
    let wish = json!({"hold_id": hold["hold_id"], "payment": {"provider": "stripe"}});
    let booking = shop.again(&ada).await.client.post("/bookings/confirm", &wish).await.expect(201);
    shop.press(&booking, "pay").await;
    shop.work().await;
    shop.again(&bob).await.client.post("/waitlist", &json!({"event_id": shop.event})).await.expect(201);
    let admin = shop.again(&shop.admin).await.client;
    let scan = json!({"code": shop.look(&ada, &booking).await["tickets"][0]["code"]});
    assert_eq!(admin.post("/tickets/verify", &scan).await.expect(200)["result"], "admitted");
    assert!(shop.app.app.figures.count_now().await.unwrap().kept);

    let others = admin.post("/admin/organisations", &json!({"name": "Others", "slug": "others"})).await;
    let others = id(&others.expect(201)).to_owned();
    let (own, other) = (manager(&shop, house.as_str().unwrap()).await, manager(&shop, &others).await);
    let sold = [("currency", "EUR"), ("sold", "50.00"), ("refunded", "0.00"), ("net", "50.00")];
    let of_event = [
        ("status", "published"),
        ("timezone", "Europe/Berlin"),
        ("title", harmless),
        ("places", "2"),
        ("tickets", "2"),
        ("occupancy_percent", "100"),
        ("checked_in", "1"),
        ("orders_confirmed", "1"),
        ("orders_cancelled", "0"),
        ("waitlist_waiting", "1"),
        ("vouchers_made", "0"),
        ("tickets_issued", "2"),
        ("orders", "1"),
    ];
    let types = format!("{event}/analytics/export");
    let tables: [(&str, &[(&str, &str)]); 6] = [
        ("/admin/analytics/revenue/export", &[("day", TODAY), ("event_title", ""), ("tickets", "2")]),
        (
            "/admin/analytics/revenue/export?by=event",
            &[("event_id", &shop.event), ("event_title", harmless), ("orders", "1")],
        ),
        (
            "/admin/analytics/revenue/export?by=ticket_type",
            &[("ticket_type_id", &shop.ticket_type), ("ticket_type_name", harmless), ("tickets", "2")],
        ),
        (
            "/admin/analytics/popular-events/export",
            &[("title", harmless), ("tickets", "2"), ("waiting", "1"), ("occupancy_percent", "100")],
        ),
        ("/admin/events/analytics/export", &of_event),
        (&types, &[("name", harmless), ("issued", "2"), ("tickets", "2"), ("checked_in", "1")]),
    ];
    for (path, expected) in tables {
        for reader in [&admin, &own.client] {
            let table = rows(&reader.get(path).await);
            assert_eq!(table.len(), 1, "{path}: {table:?}");
            says(&table[0], expected);
            says(&table[0], &sold);
        }
        if path == types {
            other.client.get(path).await.expect_problem(404, "not_found");
        } else {
            assert_eq!(rows(&other.client.get(path).await).len(), 0, "{path}");
        }
        ada.client.get(path).await.expect_problem(403, "forbidden");
    }
    let before = rows(&admin.get("/admin/analytics/revenue/export?by=event&to=2026-05-31").await);
    assert_eq!(before.len(), 0);
    let wrong = admin.get("/admin/analytics/revenue/export?by=week&from=soon").await;
    assert_eq!(wrong.expect_problem(422, "invalid_input")["errors"].as_array().unwrap().len(), 2);

    let whole = rows(&admin.get("/admin/analytics/export").await);
    for (figure, currency, expected) in [
        ("tickets_issued", "", "2"),
        ("orders_with_vouchers", "", "0"),
        ("net", "EUR", "50.00"),
        ("events", "", "1"),
        ("checked_in", "", "1"),
        ("waitlist_joined", "", "1"),
        ("no_show_percent", "", ""),
    ] {
        assert_eq!(value(&whole, figure, currency), expected, "{figure}");
    }
    let theirs = rows(&other.client.get("/admin/analytics/export").await);
    assert_eq!(
        (value(&theirs, "tickets_issued", ""), value(&theirs, "events", "")),
        ("0".into(), "0".into())
    );
    ada.client.get("/admin/analytics/export").await.expect_problem(403, "forbidden");

    let joined = rows(&admin.get("/admin/analytics/members/export").await);
    assert_eq!((joined.len(), &*joined[0]["day"]), (1, TODAY));
    assert!(joined[0]["members"].parse::<u64>().unwrap() >= 4, "{joined:?}");
    own.client.get("/admin/analytics/members/export").await.expect_problem(403, "forbidden");
}
