//! Receipts and invoices over HTTP, from the payment to the file, on both stores.

use crate::events::cast::id;
use crate::harness::providers::Till;
use crate::harness::shop::{Shop, Store};
use crate::harness::{Answer, Person, on_each_store};
use serde_json::{Value, json};

on_each_store!(
    what_is_paid_has_a_receipt_with_its_tax,
    an_invoice_with_an_address_takes_the_place_of_the_receipt,
    a_wrong_document_is_cancelled_by_a_document,
    what_goes_back_has_a_credit_note,
    documents_are_seen_by_their_buyer_and_their_organiser_alone,
);

/// A shop whose tickets have 19 % in them, and whose organisation has an address.
async fn open(store: Store) -> Shop {
    let shop = Shop::open(store, 20).await;
    let path = format!("/admin/ticket-types/{}", shop.ticket_type);
    let admin = shop.again(&shop.admin).await.client;
    let wish = json!({"name": "Entry", "price": {"amount": 2500, "currency": "EUR"}, "quantity": 20,
        "max_per_order": 5, "vat_percent": 19});
    assert_eq!(admin.put(&path, &wish).await.expect(200)["vat_percent"], 19);
    let body = json!({"name": "Haus Łódź e. V.", "address": "Street 1\n10115 Berlin", "vat_id": "DE 1",
        "iban": "DE89 3704 0044 0532 0130 00", "number_prefix": "RE-"});
    let billing = admin.put(&billing(&shop, &admin).await, &body).await.expect(200);
    assert_eq!(billing["iban"], "DE89370400440532013000");
    shop
}

async fn billing(shop: &Shop, admin: &crate::harness::Client) -> String {
    let event = admin.get(&format!("/admin/events/{}", shop.event)).await.expect(200);
    format!("/admin/organisations/{}/billing", event["organisation_id"].as_str().unwrap())
}

/// A booking that its buyer has paid, with all that follows done.
async fn paid(shop: &Shop, who: &Person) -> Value {
    let booking = shop.book(who, Till::Stripe).await;
    shop.press(&booking, "pay").await;
    shop.work().await;
    let booking = shop.look(who, &booking).await;
    assert_eq!(booking["status"], "confirmed");
    booking
}

async fn documents(shop: &Shop, who: &Person, booking: &Value) -> Vec<Value> {
    let path = format!("/bookings/{}/documents", id(booking));
    let list = shop.again(who).await.client.get(&path).await.expect(200);
    list["items"].as_array().unwrap().clone()
}

fn column<'a>(documents: &'a [Value], name: &str) -> Vec<&'a Value> {
    documents.iter().map(|document| &document[name]).collect()
}

#[track_caller]
fn assert_pdf(answer: &Answer) {
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("content-type"), "application/pdf");
    assert_eq!(answer.header("cache-control"), "private, no-store");
    assert!(answer.text.starts_with("%PDF-"));
}

async fn what_is_paid_has_a_receipt_with_its_tax(store: Store) {
    let shop = open(store).await;
    let ada = shop.buyer().await;
    let booking = paid(&shop, &ada).await;
    assert_eq!(booking["items"][0]["vat_percent"], 19);
    let documents = documents(&shop, &ada, &booking).await;
    assert_eq!(documents.len(), 1);
    let receipt = &documents[0];
    assert_eq!((&receipt["kind"], &receipt["number"]), (&json!("receipt"), &json!("RE-2026-000001")));
    let eur = |cents: i64| json!({"amount": cents, "currency": "EUR"});
    assert_eq!(receipt["total"], eur(2500));
    let totals = json!([{"vat_percent": 19, "net": eur(2101), "vat": eur(399), "gross": eur(2500)}]);
    assert_eq!(receipt["totals"], totals);
    assert_eq!((&receipt["recipient"], &receipt["cancelled_by"]), (&json!("Ada Byron"), &Value::Null));
    let client = shop.again(&ada).await.client;
    for lang in ["", "?lang=de", "?lang=en"] {
        let path = format!("/documents/{}.pdf{lang}", id(receipt));
        assert_pdf(&client.get(&path).await);
    }
    let unknown = client.get(&format!("/documents/{}.pdf?lang=fr", id(receipt))).await;
    unknown.expect_problem(422, "invalid_input");
    assert_pdf(&client.get(&format!("/tickets/{}/ticket.pdf", id(&booking["tickets"][0]))).await);
    // What is free has none, and numbers go on.
    let second = paid(&shop, &ada).await;
    let next = self::documents(&shop, &ada, &second).await;
    assert_eq!(column(&next, "number"), [&json!("RE-2026-000002")]);
    shop.come_to_rest().await;
}

async fn an_invoice_with_an_address_takes_the_place_of_the_receipt(store: Store) {
    let shop = open(store).await;
    let ada = shop.buyer().await;
    let unpaid = shop.book(&ada, Till::Stripe).await;
    let wish = json!({"name": "Analytical Ltd.", "address": "Street 2\n75001 Paris", "vat_id": "FR 2"});
    let ask = async |booking: &Value, wish: &Value| {
        let path = format!("/bookings/{}/invoice", id(booking));
        shop.again(&ada).await.client.post(&path, wish).await
    };
    ask(&unpaid, &wish).await.expect_problem(409, "nothing_paid");
    let booking = paid(&shop, &ada).await;
    ask(&booking, &json!({"name": "", "address": ""})).await.expect_problem(422, "invalid_input");
    let invoice = ask(&booking, &wish).await.expect(201);
    assert_eq!((&invoice["kind"], &invoice["recipient"]), (&json!("invoice"), &json!("Analytical Ltd.")));
    assert_eq!(ask(&booking, &wish).await.expect(201)["id"], invoice["id"], "asked twice, it is the same");
    let all = documents(&shop, &ada, &booking).await;
    assert_eq!(column(&all, "kind"), [&json!("receipt"), &json!("cancellation"), &json!("invoice")]);
    let numbers = ["RE-2026-000001", "RE-2026-000002", "RE-2026-000003"].map(|it| json!(it));
    assert_eq!(column(&all, "number"), numbers.iter().collect::<Vec<_>>());
    assert_eq!(all[0]["cancelled_by"], all[1]["id"]);
    assert_eq!((&all[1]["corrects"]["number"], &all[1]["credits"]), (&numbers[0], &json!(true)));
    shop.come_to_rest().await;
}

async fn a_wrong_document_is_cancelled_by_a_document(store: Store) {
    let shop = open(store).await;
    let ada = shop.buyer().await;
    let booking = paid(&shop, &ada).await;
    let receipt = documents(&shop, &ada, &booking).await.remove(0);
    let admin = shop.again(&shop.admin).await.client;
    let path = format!("/admin/documents/{}/cancel", id(&receipt));
    admin.post(&path, &json!({"reason": " "})).await.expect_problem(422, "invalid_input");
    let body = json!({"reason": "The address was wrong", "replace": true});
    let taken = admin.post_once(&path, "once", &body).await.expect(201);
    assert_eq!(taken["cancellation"]["reason"], "The address was wrong");
    assert_eq!(taken["cancellation"]["total"], receipt["total"]);
    assert_eq!(taken["replacement"]["number"], "RE-2026-000003");
    let again = admin.post_once(&path, "once", &body).await.expect(201);
    assert_eq!(again, taken, "the same key is the same answer");
    admin.post(&path, &body).await.expect_problem(409, "already_cancelled");
    let path = format!("/admin/documents/{}/cancel", id(&taken["cancellation"]));
    admin.post(&path, &body).await.expect_problem(409, "not_cancellable");
    assert_eq!(documents(&shop, &ada, &booking).await.len(), 3);
    let list = admin.get("/admin/documents?limit=2").await.expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 2);
    let cursor = list["next_cursor"].as_str().unwrap();
    let rest = admin.get(&format!("/admin/documents?limit=2&cursor={cursor}")).await.expect(200);
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next_cursor"]), (1, &Value::Null));
    let cancelled = admin.get("/admin/documents?kind=cancellation").await.expect(200);
    assert_eq!(cancelled["items"][0]["id"], taken["cancellation"]["id"]);
    let table = admin.get("/admin/documents.csv").await;
    assert_eq!(table.header("content-type"), "text/csv; charset=utf-8");
    let lines: Vec<&str> = table.text.lines().collect();
    assert_eq!(lines.len(), 4);
    assert!(lines[0].starts_with("number,kind,issued_on,"));
    let void = lines.iter().find(|line| line.starts_with("\"RE-2026-000002\",\"cancellation\"")).unwrap();
    assert!(void.ends_with("EUR,19,-21.01,-3.99,-25.00"), "{void}");
    let acts = admin.get("/admin/audit?act=document.export").await.expect(200);
    assert_eq!(acts["items"].as_array().unwrap().len(), 1, "who took it out is on record");
    shop.come_to_rest().await;
}

async fn documents_are_seen_by_their_buyer_and_their_organiser_alone(store: Store) {
    let shop = open(store).await;
    let (ada, other) = (shop.buyer().await, shop.buyer().await);
    let booking = paid(&shop, &ada).await;
    let receipt = documents(&shop, &ada, &booking).await.remove(0);
    let file = format!("/documents/{}.pdf", id(&receipt));
    let list = format!("/bookings/{}/documents", id(&booking));
    let invoice = format!("/bookings/{}/invoice", id(&booking));
    let ticket = format!("/tickets/{}/ticket.pdf", id(&booking["tickets"][0]));
    let admin = shop.again(&shop.admin).await.client;
    for path in [&file, &list] {
        assert_eq!(admin.get(path).await.status, 200, "admins see all papers");
    }
    admin.get(&ticket).await.expect_problem(404, "not_found");
    let stranger = shop.again(&other).await.client;
    for path in [&file, &list, &ticket] {
        stranger.get(path).await.expect_problem(404, "not_found");
    }
    let wish = json!({"name": "Other", "address": "Elsewhere"});
    for client in [&stranger, &admin] {
        client.post(&invoice, &wish).await.expect_problem(404, "not_found");
    }
    let billing = billing(&shop, &admin).await;
    for path in ["/admin/documents", "/admin/documents.csv", &billing] {
        stranger.get(path).await.expect_problem(403, "forbidden");
    }
    let cancel = format!("/admin/documents/{}/cancel", id(&receipt));
    stranger.post(&cancel, &json!({"reason": "mine"})).await.expect_problem(403, "forbidden");
    stranger
        .put(&billing, &json!({"name": "Other", "address": "Elsewhere"}))
        .await
        .expect_problem(403, "forbidden");
    shop.come_to_rest().await;
}

async fn what_goes_back_has_a_credit_note(store: Store) {
    let shop = open(store).await;
    let ada = shop.buyer().await;
    let booking = paid(&shop, &ada).await;
    let admin = shop.again(&shop.admin).await.client;
    let path = format!("/admin/bookings/{}/refund", id(&booking));
    let part = json!({"amount": {"amount": 1000, "currency": "EUR"}, "reason": "A part of it"});
    assert!(admin.post(&path, &part).await.status < 300);
    shop.come_to_rest().await;
    let all = documents(&shop, &ada, &booking).await;
    assert_eq!(column(&all, "kind"), [&json!("receipt"), &json!("credit_note")]);
    let note = &all[1];
    assert_eq!((&note["credits"], &note["total"]["amount"]), (&json!(true), &json!(1000)));
    // 25.00 has 3.99 of tax in it and the 15.00 that are left 2.39: 1.60 goes back.
    assert_eq!(note["totals"][0]["vat"]["amount"], 160);
    assert_eq!(note["corrects"]["id"], all[0]["id"]);
    assert_pdf(&shop.again(&ada).await.client.get(&format!("/documents/{}.pdf", id(note))).await);
    let wish = json!({"name": "Analytical Ltd.", "address": "Street 2"});
    let path = format!("/bookings/{}/invoice", id(&booking));
    let late = shop.again(&ada).await.client.post(&path, &wish).await;
    late.expect_problem(409, "has_credit_notes");
    let path = format!("/admin/documents/{}/cancel", id(&all[0]));
    let refused = shop.again(&shop.admin).await.client.post(&path, &json!({"reason": "wrong"})).await;
    refused.expect_problem(409, "has_credit_notes");
}
