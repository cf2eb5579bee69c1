//! A day is compared with the providers, and closed when nothing differs.

use super::with_each_provider;
use crate::harness::Person;
use crate::harness::providers::{Providers, Till};
use crate::harness::shop::{PRICE, Shop, Store, id};
use booking::close::Day;
use chrono::TimeDelta;
use kernel::{Clock, SystemClock};
use serde_json::{Value, json};
use std::process::Command;
use std::sync::Arc;
use synesthesie::config::StoreUrl;
use testkit::StoppedClock;

with_each_provider!(
    a_day_with_equal_books_is_closed_and_its_fees_are_posted_once,
    a_refund_that_nobody_told_is_a_task_until_it_is_noted,
    what_a_lost_dispute_took_is_posted_once,
    a_provider_that_is_away_closes_nothing,
);

/// What this provider keeps of a ticket, as the simulators have it.
const fn fee(till: Till) -> i64 {
    match till {
        Till::Stripe => 62,
        Till::Paypal => 113,
    }
}

async fn paid(shop: &Shop, till: Till) -> (Person, Value) {
    let ada = shop.buyer().await;
    let booking = shop.book(&ada, till).await;
    shop.press(&booking, "pay").await;
    shop.work().await;
    assert_eq!(shop.look(&ada, &booking).await["status"], "confirmed");
    (ada, booking)
}

fn today(shop: &Shop) -> Day {
    Day::of(shop.clock.now())
}

/// The day is over, and PayPal lists all of it.
fn over(shop: &Shop, day: Day) {
    shop.clock.set(shop.clock.now().max(day.end() + TimeDelta::hours(4)));
}

async fn close(shop: &Shop, day: Day) -> Value {
    let path = format!("/admin/daily-close/{day}");
    let client = shop.again(&shop.admin).await.client;
    let closed = client.post(&path, &json!({})).await.expect(200);
    assert_eq!(client.get(&path).await.expect(200), closed, "as it was kept");
    closed
}

fn open_tasks(close: &Value) -> Vec<&Value> {
    close["tasks"].as_array().unwrap().iter().filter(|task| task["status"] == "open").collect()
}

/// The sums of one account, as `(ours, theirs)`.
fn sum(close: &Value, till: Till, what: &str) -> (i64, i64) {
    let accounts = close["accounts"].as_array().unwrap();
    let account = accounts.iter().find(|account| account["provider"] == till.name()).unwrap();
    let sum = &account["sums"][0][what];
    (sum["ours"].as_i64().unwrap(), sum["theirs"].as_i64().unwrap())
}

async fn fees_posted(shop: &Shop, till: Till) -> i64 {
    let path = format!("/admin/ledger/balances?account=provider_fees:{}", till.name());
    let balances = shop.again(&shop.admin).await.client.get(&path).await.expect(200);
    balances["items"].as_array().unwrap().iter().map(|item| item["amount"].as_i64().unwrap()).sum()
}

async fn ledger_agrees(shop: &Shop) {
    let compared = shop.app.app.ledger.compare(|difference| panic!("{difference:?}")).await.unwrap();
    assert!(compared.agrees(), "{compared:?}");
}

async fn a_day_with_equal_books_is_closed_and_its_fees_are_posted_once(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let day = today(&shop);
    for _ in 0..2 {
        paid(&shop, till).await;
    }
    let looked = close(&shop, day).await;
    assert_eq!((&looked["status"], &looked["complete"]), (&json!("open"), &json!(false)), "it is not over");
    assert_eq!(open_tasks(&looked), Vec::<&Value>::new(), "{looked}");
    over(&shop, day);
    for _ in 0..2 {
        let closed = close(&shop, day).await;
        assert_eq!((&closed["status"], &closed["tasks"]), (&json!("closed"), &json!([])), "{closed}");
        assert_eq!(sum(&closed, till, "charges"), (2 * PRICE, 2 * PRICE));
        assert_eq!(sum(&closed, till, "fees"), (2 * fee(till), 2 * fee(till)));
        let net = 2 * (PRICE - fee(till));
        assert_eq!(sum(&closed, till, "net"), (net, net));
        assert_eq!(fees_posted(&shop, till).await, 2 * fee(till));
    }
    ledger_agrees(&shop).await;
    let admin = shop.again(&shop.admin).await.client;
    let acts = admin.get("/admin/audit?act=daily_close").await.expect(200);
    let acts: Vec<_> = acts["items"].as_array().unwrap().iter().map(|act| &act["act"]).collect();
    assert_eq!(acts, vec!["daily_close.compute"; 3]);
    let listed = admin.get("/admin/daily-close?status=closed").await.expect(200);
    assert_eq!(listed["items"][0]["date"], day.to_string());
    assert_eq!(admin.get("/admin/daily-close?status=open").await.expect(200)["items"], json!([]));
}

async fn a_refund_that_nobody_told_is_a_task_until_it_is_noted(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let day = today(&shop);
    let (_, booking) = paid(&shop, till).await;
    shop.press(&booking, "refund?amount=1000&webhook=lost").await;
    shop.work().await;
    over(&shop, day);
    let open = close(&shop, day).await;
    let tasks = open_tasks(&open);
    let [task] = tasks.as_slice() else { panic!("{open}") };
    assert_eq!((&task["kind"], &task["about"]), (&json!("missing_here"), &json!("refund")));
    assert_eq!((&task["theirs"]["amount"], &task["ours"]), (&json!(1000), &json!(null)));
    assert_eq!((&task["provider"], &task["booking_id"]), (&json!(till.name()), &booking["id"]));
    assert_eq!((&open["status"], sum(&open, till, "refunds")), (&json!("open"), (0, 1000)));
    let task = task["id"].clone();
    assert_eq!(open_tasks(&close(&shop, day).await)[0]["id"], task, "known again");
    assert_eq!(shop.app.app.bookings.look_outside().await.unwrap().news, 1);
    let closed = close(&shop, day).await;
    assert_eq!((&closed["status"], open_tasks(&closed).len()), (&json!("closed"), 0), "{closed}");
    assert_eq!((&closed["tasks"][0]["id"], &closed["tasks"][0]["resolved"]["how"]), (&task, &json!("gone")));
    assert_eq!(sum(&closed, till, "refunds"), (1000, 1000));
    // Our books have it on the next day: there it is not missed.
    over(&shop, day.after());
    let next = close(&shop, day.after()).await;
    assert_eq!((&next["status"], &next["tasks"]), (&json!("closed"), &json!([])), "{next}");
    let accounts = next["accounts"].as_array().unwrap();
    assert_eq!(accounts.iter().map(|account| account["elsewhere"].as_u64().unwrap()).sum::<u64>(), 1);
    ledger_agrees(&shop).await;
}

async fn what_a_lost_dispute_took_is_posted_once(till: Till, store: Store) {
    let shop = Shop::open(store, 5).await;
    let day = today(&shop);
    let (_, booking) = paid(&shop, till).await;
    shop.press(&booking, "dispute?amount=2600").await;
    shop.work().await;
    shop.press(&booking, "dispute?outcome=lost").await;
    shop.work().await;
    over(&shop, day);
    let mut before = None;
    for _ in 0..2 {
        let closed = close(&shop, day).await;
        assert_eq!((&closed["status"], &closed["tasks"]), (&json!("closed"), &json!([])), "{closed}");
        assert_eq!(sum(&closed, till, "disputes"), (2600, 2600));
        let (ours, theirs) = sum(&closed, till, "fees");
        assert!(theirs > fee(till), "the dispute's as well: {closed}");
        assert_eq!((ours, fees_posted(&shop, till).await), (theirs, theirs));
        assert_eq!(*before.get_or_insert(theirs), theirs);
    }
    ledger_agrees(&shop).await;
}

async fn a_provider_that_is_away_closes_nothing(till: Till, store: Store) {
    let mut shop = Shop::open(store, 5).await;
    let day = today(&shop);
    paid(&shop, till).await;
    over(&shop, day);
    shop.providers.stop().await;
    let path = format!("/admin/daily-close/{day}");
    let admin = shop.again(&shop.admin).await.client;
    admin.post(&path, &json!({})).await.expect_problem(503, "provider_unavailable");
    admin.get(&path).await.expect_problem(404, "not_found");
    assert_eq!(fees_posted(&shop, till).await, 0);
}

#[tokio::test]
async fn a_person_decides_about_a_task_once() {
    let shop = Shop::open(Store::Local, 5).await;
    let day = today(&shop);
    let (_, booking) = paid(&shop, Till::Stripe).await;
    shop.press(&booking, "refund?amount=1000&webhook=lost").await;
    over(&shop, day);
    let open = close(&shop, day).await;
    let path = format!("/admin/daily-close/{day}/tasks/{}/resolve", id(open_tasks(&open)[0]));
    let admin = shop.again(&shop.admin).await;
    admin.client.post(&path, &json!({"note": " "})).await.expect_problem(422, "invalid_input");
    let closed = admin.client.post(&path, &json!({"note": "a goodwill refund"})).await.expect(200);
    assert_eq!(closed["status"], "closed");
    let end = &closed["tasks"][0]["resolved"];
    assert_eq!(
        (&end["how"], &end["by"], &end["note"]),
        (&json!("decided"), &json!(admin.id), &json!("a goodwill refund"))
    );
    admin.client.post(&path, &json!({"note": "another"})).await.expect_problem(409, "resolved_before");
    assert_eq!(close(&shop, day).await["status"], "closed", "the decision stands");
    let acts = admin.client.get("/admin/audit?act=daily_close.resolve").await.expect(200);
    assert_eq!(acts["items"].as_array().unwrap().len(), 1);
    let unknown = format!("/admin/daily-close/{}/tasks/{}/resolve", day.before(), id(&closed["tasks"][0]));
    admin.client.post(&unknown, &json!({"note": "none"})).await.expect_problem(404, "not_found");
    for (date, problem) in [("2026-6-1", 422), ("tomorrow", 422), ("2999-01-01", 422)] {
        let refused = admin.client.post(&format!("/admin/daily-close/{date}"), &json!({})).await;
        refused.expect_problem(problem, "invalid_input");
    }
    admin.client.get("/admin/daily-close/2999-01-01").await.expect_problem(404, "not_found");
    admin.client.get("/admin/daily-close?status=half").await.expect_problem(422, "invalid_input");
}

#[tokio::test]
async fn the_program_closes_yesterday_and_tells_admins_what_is_open() {
    let shop = Shop::open(Store::Local, 5).await;
    let day = today(&shop);
    let (_, booking) = paid(&shop, Till::Paypal).await;
    shop.press(&booking, "refund?amount=1000&webhook=lost").await;
    shop.clock.set(day.end() + TimeDelta::minutes(239));
    assert!(shop.app.app.closing.close_due().await.unwrap().0.is_empty(), "PayPal may list more");
    over(&shop, day);
    let (closed, failures) = shop.app.app.closing.close_due().await.unwrap();
    assert!(failures.is_empty(), "{failures:?}");
    assert_eq!(closed.iter().map(|close| close.summary.day).collect::<Vec<_>>(), [day]);
    shop.work().await;
    let told = shop.subjects(&shop.admin.email);
    let about = format!("The books of {day} need you");
    assert_eq!(told.iter().filter(|subject| **subject == about).count(), 1, "{told:?}");
    assert!(shop.app.app.closing.close_due().await.unwrap().0.is_empty(), "once");
    let kept =
        shop.again(&shop.admin).await.client.get(&format!("/admin/daily-close/{day}")).await.expect(200);
    assert_eq!((&kept["status"], &kept["computed_by"]["kind"]), (&json!("open"), &json!("system")));
}

/// As whoever runs the program types it: `(done, output, errors)`.
async fn typed(shop: &Shop, day: Day) -> (bool, String, String) {
    let StoreUrl::Postgres(url) = &shop.app.app.config.store.url else { panic!("no database") };
    let mut command = Command::new(env!("CARGO_BIN_EXE_synesthesie"));
    command.args(["close", &day.to_string()]).env("SYNESTHESIE__STORE__URL", url.expose());
    command.env("SYNESTHESIE__PAYMENTS__SIMULATORS", "false");
    for (key, value) in Providers::variables(&shop.lines[0].1.url, &shop.lines[1].1.url) {
        command.env(format!("SYNESTHESIE__{}", key.to_uppercase().replace('.', "__")), value);
    }
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_says_what_differs_and_fails_until_nothing_does() {
    let clock = Arc::new(StoppedClock::default());
    clock.set(Day::of(SystemClock.now() - TimeDelta::days(3)).start() + TimeDelta::hours(12));
    let shop = Shop::open_at(Store::Postgres, 5, clock).await;
    let day = today(&shop);
    let (_, booking) = paid(&shop, Till::Stripe).await;
    shop.press(&booking, "refund?amount=1000&webhook=lost").await;
    let (done, said, wrong) = typed(&shop, day).await;
    assert!(!done && wrong.contains("1 tasks wait for a decision"), "{said}{wrong}");
    assert!(said.contains("missing_here: stripe/main: the provider lists the refund"), "{said}");
    assert!(said.contains("charges: 25.00 EUR here, 25.00 EUR there\n"), "{said}");
    assert!(said.contains("refunds: 0.00 EUR here, 10.00 EUR there  <- differs"), "{said}");
    shop.clock.advance(TimeDelta::minutes(20));
    assert_eq!(shop.app.app.bookings.look_outside().await.unwrap().news, 1);
    let (done, said, wrong) = typed(&shop, day).await;
    assert!(done && said.contains(&format!("{day} is closed.")), "{said}{wrong}");
}
