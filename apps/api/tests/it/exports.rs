//! Tables that are taken out: whole, harmless, of what is theirs who take them, and on record.

mod analytics;
mod work;

use crate::harness::providers::Till;
use crate::harness::shop::{Shop, Store, id};
use crate::harness::{Answer, Person, on_each_store, unique_email};
use crate::ledger::manager;
use accounts::{Account, PasswordHash};
use actix_web::web::{Data, get};
use actix_web::{App, HttpResponse, HttpServer};
use kernel::{Clock, Cursor, Page, PageRequest, StoreError, transact};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use synesthesie::http::csv::{self, Cell, Lines};
use testkit::noon;
use testkit::servers::Memory;
use uuid::Uuid;

on_each_store!(
    everybody_is_in_the_table_of_people_once_and_nobody_is_a_formula,
    tables_have_what_the_lists_have_and_of_others_nothing,
);

/// People beside those who are there already: several pages of them.
const MANY: usize = 2500;

/// The cells of a table, line by line (RFC 4180).
fn cells(text: &str) -> Vec<Vec<String>> {
    let (mut lines, mut line, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match (letter, quoted) {
            ('"', true) if letters.next_if_eq(&'"').is_some() => cell.push('"'),
            ('"', _) => quoted = !quoted,
            (',', false) => line.push(std::mem::take(&mut cell)),
            ('\r', false) => {}
            ('\n', false) => {
                line.push(std::mem::take(&mut cell));
                lines.push(std::mem::take(&mut line));
            }
            (letter, _) => cell.push(letter),
        }
    }
    lines
}

type Row = BTreeMap<String, String>;

/// The rows of a table by the names of its columns.
#[track_caller]
fn rows(answer: &Answer) -> Vec<Row> {
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
    assert!(answer.header("content-disposition").starts_with("attachment; filename=\""));
    assert!(answer.text.ends_with("\r\n"), "it is whole");
    let mut lines = cells(&answer.text).into_iter();
    let names = lines.next().unwrap();
    let row = |line: Vec<String>| -> Row {
        assert_eq!(line.len(), names.len(), "{line:?}");
        names.iter().cloned().zip(line).collect()
    };
    lines.map(row).collect()
}

#[track_caller]
fn says(row: &Row, expected: &[(&str, &str)]) {
    for (name, value) in expected {
        assert_eq!(row[*name], *value, "{name} of {row:?}");
    }
}

fn items(list: &Value) -> &[Value] {
    list["items"].as_array().unwrap()
}

async fn everybody_is_in_the_table_of_people_once_and_nobody_is_a_formula(store: Store) {
    let shop = Shop::open(store, 1).await;
    let person = |number: usize| {
        let last = format!("Byron, \"the {number}th\"");
        let person = accounts::Person::read(&unique_email("many"), "=1+1;@x", &last).unwrap();
        Account::open(person, PasswordHash::new("of no password"), shop.clock.now())
    };
    let made: Vec<Account> = (0..MANY).map(person).collect();
    let tx = shop.app.app.accounts.store.begin().await.unwrap();
    let added = transact(tx, async |tx| {
        for account in &made {
            assert!(tx.add_account(account).await?);
        }
        Ok::<_, StoreError>(())
    });
    added.await.unwrap();

    let admin = shop.again(&shop.admin).await.client;
    let answer = admin.get("/admin/users/export").await;
    assert!(!answer.text.contains(",="), "no cell begins so");
    let all = rows(&answer);
    let ids: BTreeSet<&str> = all.iter().map(|row| &*row["id"]).collect();
    assert_eq!(ids.len(), all.len(), "everybody once");
    assert!(made.iter().all(|account| ids.contains(&*account.id.to_string())), "and nobody is missing");
    let first = admin.get("/admin/users?limit=100").await.expect(200);
    let listed: Vec<_> = items(&first).iter().map(id).collect();
    assert_eq!(all.iter().take(100).map(|row| &*row["id"]).collect::<Vec<_>>(), listed);
    for row in all.iter().filter(|row| row["email"].starts_with("many-")) {
        let expected = [
            ("first_name", "'=1+1;'@x"),
            ("role", "member"),
            ("status", "active"),
            ("email_verified", "false"),
        ];
        says(row, &expected);
        assert!(row["last_name"].starts_with("Byron, \"the "), "{row:?}");
    }

    assert_eq!(rows(&admin.get("/admin/users/export?query=MANY-").await).len(), MANY);
    assert_eq!(rows(&admin.get("/admin/users/export?status=suspended").await).len(), 0);
    admin.get("/admin/users/export?status=nice").await.expect_problem(422, "invalid_input");
    let member = shop.buyer().await;
    member.client.get("/admin/users/export").await.expect_problem(403, "forbidden");
    let acts = admin.get("/admin/audit?act=account.export").await.expect(200);
    let mut after: Vec<_> = items(&acts).iter().map(|act| act["after"].to_string()).collect();
    after.sort_unstable();
    let expected = [(false, "null"), (false, "\"suspended\""), (true, "null")];
    let mut expected =
        expected.map(|(searched, status)| format!("{{\"searched\":{searched},\"status\":{status}}}"));
    expected.sort_unstable();
    assert_eq!(after, expected, "what was refused is no act, and no word says who was looked for");
    let subject = json!({"kind": "account", "id": shop.admin.id});
    assert!(items(&acts).iter().all(|act| act["subject"] == subject && act["organisation_id"].is_null()));
}

async fn tables_have_what_the_lists_have_and_of_others_nothing(store: Store) {
    let shop = Shop::open(store, 1).await;
    let (ada, bob) = (shop.buyer().await, shop.buyer().await);
    let booking = shop.book(&ada, Till::Stripe).await;
    shop.press(&booking, "pay").await;
    shop.work().await;
    let wish = json!({"event_id": shop.event});
    shop.again(&bob).await.client.post("/waitlist", &wish).await.expect(201);
    let admin = shop.again(&shop.admin).await.client;
    let event = admin.get(&format!("/admin/events/{}", shop.event)).await.expect(200);
    let house = event["organisation_id"].as_str().unwrap();
    let others = admin.post("/admin/organisations", &json!({"name": "Others", "slug": "others"})).await;
    let others = id(&others.expect(201)).to_owned();
    let (own, other) = (manager(&shop, house).await, manager(&shop, &others).await);

    let reference = booking["reference"].as_str().unwrap();
    let waitlist = format!("/admin/waitlist/entries/{}/export", shop.event);
    for reader in [&admin, &own.client] {
        let table = rows(&reader.get("/admin/bookings/export").await);
        assert_eq!(table.len(), 1);
        says(
            &table[0],
            &[
                ("id", id(&booking)),
                ("reference", reference),
                ("status", "confirmed"),
                ("event_id", &shop.event),
                ("organisation_id", house),
                ("buyer_id", &ada.id),
                ("buyer_name", "Ada Byron"),
                ("buyer_email", &ada.email),
                ("places", "1"),
                ("living_tickets", "1"),
                ("currency", "EUR"),
                ("total", "25.00"),
                ("paid", "25.00"),
                ("refunded", "0.00"),
                ("refundable", "25.00"),
                ("voucher_id", ""),
            ],
        );
        let table = rows(&reader.get("/admin/payments/export").await);
        assert_eq!(table.len(), 1);
        says(
            &table[0],
            &[
                ("booking_id", id(&booking)),
                ("booking_reference", reference),
                ("organisation_id", house),
                ("attempt", "1"),
                ("provider", "stripe"),
                ("live", "false"),
                ("status", "paid"),
                ("amount", "25.00"),
                ("paid_currency", "EUR"),
                ("paid", "25.00"),
                ("problem", ""),
            ],
        );
        let table = rows(&reader.get(&waitlist).await);
        assert_eq!(table.len(), 1);
        says(
            &table[0],
            &[
                ("number", "1"),
                ("status", "waiting"),
                ("buyer_id", &bob.id),
                ("name", "Ada Byron"),
                ("email", &bob.email),
                ("quantity", "1"),
                ("ticket_type_ids", ""),
                ("max_price", ""),
                ("offered_at", ""),
            ],
        );
    }

    let of_event = format!("/admin/bookings/export?event_id={}", shop.event);
    let of_house = format!("organisation_id={house}");
    for (path, expected) in [
        (of_event.clone(), 1),
        (format!("/admin/bookings/export?{of_house}&status=confirmed"), 1),
        (format!("/admin/bookings/export?query={}", reference.to_lowercase()), 1),
        ("/admin/bookings/export?status=pending_payment".to_owned(), 0),
        (format!("/admin/payments/export?{of_house}&provider=stripe"), 1),
        ("/admin/payments/export?provider=paypal".to_owned(), 0),
    ] {
        assert_eq!(rows(&admin.get(&path).await).len(), expected, "{path}");
        assert_eq!(rows(&other.client.get(&path).await).len(), 0, "{path}");
    }
    for path in ["/admin/bookings/export", "/admin/payments/export"] {
        assert_eq!(rows(&other.client.get(path).await).len(), 0, "{path}");
        ada.client.get(path).await.expect_problem(403, "forbidden");
        let wrong = format!("{path}?status=lost&organisation_id=lost");
        let problem = own.client.get(&wrong).await.expect_problem(422, "invalid_input");
        assert_eq!(problem["errors"].as_array().unwrap().len(), 2, "{problem}");
    }
    other.client.get(&waitlist).await.expect_problem(404, "not_found");
    ada.client.get(&waitlist).await.expect_problem(403, "forbidden");

    let acts = async |who: &Person, act: &str| {
        who.client.get(&format!("/admin/audit?limit=100&act={act}")).await.expect(200)
    };
    for act in ["booking.export", "payment.export", "waitlist.export"] {
        let seen = acts(&own, act).await;
        assert!(!items(&seen).is_empty(), "{act}");
        assert!(items(&seen).iter().all(|act| act["organisation_id"] == house), "{seen}");
        let seen = acts(&other, act).await;
        assert!(items(&seen).iter().all(|act| act["organisation_id"] == others.as_str()), "{seen}");
    }
    let seen = acts(&own, "booking.export").await;
    let of_event = json!({"kind": "event", "id": shop.event});
    let by_admin = |act: &&Value| act["actor"]["account_id"] == shop.admin.id.as_str();
    let told: Vec<_> =
        items(&seen).iter().filter(by_admin).filter(|act| act["subject"] == of_event).collect();
    assert_eq!(told.len(), 1, "those who run the event read that an admin took it out: {seen}");
}

/// Rows of a table that nobody has in memory.
const ROWS: u128 = 1_000_000;
/// What stands in each beside its number.
const WHO: &str = "somebody, who is called as long as people are called, or longer";
/// How much larger the process may get meanwhile.
const ROOM: u64 = 32 * 1024 * 1024;

async fn made_up(read: Data<AtomicUsize>) -> HttpResponse {
    let read = async move |page: PageRequest| {
        read.fetch_add(1, Ordering::Relaxed);
        let first = page.after.map_or(1, |after| after.id.as_u128() + 1);
        let found: Vec<u128> = (first..=ROWS).take(page.limit as usize + 1).collect();
        let cursor = |number: &u128| Cursor { at: noon(), id: Uuid::from_u128(*number) };
        Ok::<_, StoreError>(Page::cut(found, page.limit, cursor))
    };
    csv::table("made-up", &["number", "who"], read, |number: &u128, lines: &mut Lines| {
        lines.add([Cell::of(number), Cell::of(WHO)]);
    })
}

fn counted(some: &[u8]) -> u128 {
    some.iter().filter(|byte| **byte == b'\n').count() as u128
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_of_a_million_rows_waits_for_its_reader_and_leaves_the_server_small() {
    let pages = Data::new(AtomicUsize::new(0));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/table", listener.local_addr().unwrap());
    let given = pages.clone();
    let server =
        HttpServer::new(move || App::new().app_data(given.clone()).route("/table", get().to(made_up)));
    let server = server.workers(1).disable_signals().listen(listener).unwrap().run();
    let handle = server.handle();
    let running = tokio::spawn(server);
    let http = crate::harness::http().build().unwrap();
    let mut answer = http.get(&url).send().await.unwrap();
    let mut lines = counted(&answer.chunk().await.unwrap().unwrap());
    // Nobody reads on: what lies on its way is all that the line holds, and not the table.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let ahead = pages.load(Ordering::Relaxed);
    assert!(ahead < 1000, "{ahead} pages of 2000 were read for nobody");
    let before = Memory::of(std::process::id()).unwrap().peak;
    while let Some(some) = answer.chunk().await.unwrap() {
        lines += counted(&some);
    }
    assert_eq!((lines, pages.load(Ordering::Relaxed)), (ROWS + 1, 2000));
    let after = Memory::of(std::process::id()).unwrap().peak;
    assert!(after < before + ROOM, "{before} bytes before, {after} at most meanwhile");
    handle.stop(true).await;
    running.await.unwrap().unwrap();
}
