//! Addresses of organisers that are called when something happens.

use crate::events::cast::{Cast, staff};
use crate::harness::process::Process;
use crate::harness::providers::Till;
use crate::harness::receiver::{Receiver, Said};
use crate::harness::shop::{Shop, Store, id};
use crate::harness::{Client, Person, TestApp, on_each_store};
use chrono::TimeDelta;
use kernel::{Clock, Mail, Timestamp};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use synesthesie::published;

on_each_store!(
    what_happens_is_told_and_signed,
    what_is_not_taken_is_told_again_until_it_is,
    a_call_has_failed_whose_work_is_discarded,
    a_trial_shows_what_an_address_says,
    whoever_is_gone_is_called_no_more_and_owners_are_told,
    for_a_day_the_secret_of_before_is_good_as_well,
    what_belongs_to_an_organisation_goes_with_it,
    who_is_killed_while_they_call_leaves_nothing_out,
);

/// How long anything may take on a machine that compiles meanwhile.
const PATIENCE: Duration = Duration::from_secs(200);
/// Between two looks.
const POLL: Duration = Duration::from_millis(50);

/// An event on sale, who owns its organisation, and whoever they have called.
struct House {
    shop: Shop,
    owner: Person,
    organisation: String,
    receiver: Receiver,
}

impl House {
    async fn open(store: Store) -> Self {
        let shop = Shop::open(store, 20).await;
        let organisations = shop.admin.client.get("/admin/organisations").await.expect(200);
        let organisation = id(&organisations["items"][0]).to_owned();
        let owner = staff(&shop.app, &shop.admin, &organisation, "owner").await;
        Self { shop, owner, organisation, receiver: Receiver::open().await }
    }

    /// The owner, with a fresh token.
    async fn owner(&self) -> Client {
        self.shop.again(&self.owner).await.client
    }

    fn path(&self) -> String {
        format!("/admin/organisations/{}/hooks", self.organisation)
    }

    /// Has the receiver called for these.
    async fn hook(&self, events: &[&str]) -> Value {
        let body = json!({"url": self.receiver.url, "description": "Our books", "events": events});
        self.owner().await.post(&self.path(), &body).await.expect(201)
    }

    /// Somebody buys a ticket.
    async fn sell(&self) -> Value {
        let buyer = self.shop.buyer().await;
        let booking = self.shop.book(&buyer, Till::Stripe).await;
        self.shop.press(&booking, "pay").await;
        self.shop.work().await;
        let booking = self.shop.look(&buyer, &booking).await;
        assert_eq!(booking["status"], "confirmed");
        booking
    }

    /// Makes the calls that are to be made now.
    async fn tell(&self) {
        self.shop.app.app.hooks.spread().await.unwrap();
        self.shop.work().await;
    }

    async fn calls(&self, hook: &Value, query: &str) -> Vec<Value> {
        let path = format!("/admin/hooks/{}/calls{query}", id(hook));
        self.owner().await.get(&path).await.expect(200)["items"].as_array().unwrap().clone()
    }
}

fn instant(text: &Value) -> Timestamp {
    text.as_str().unwrap().parse().unwrap()
}

fn message(said: &Said) -> Value {
    serde_json::from_str(&said.body).unwrap()
}

async fn what_happens_is_told_and_signed(store: Store) {
    let house = House::open(store).await;
    let owner = house.owner().await;
    let body = json!({"url": house.receiver.url, "description": "Our books"});
    let hook = owner.post_once(&house.path(), "one", &body).await.expect(201);
    assert_eq!(
        owner.post_once(&house.path(), "one", &body).await.expect(201),
        hook,
        "a lost answer is no loss"
    );
    let secret = hook["secret"].as_str().unwrap();
    let all = owner.get(&house.path()).await.expect(200);
    let shown = owner.get(&format!("/admin/hooks/{}", id(&hook))).await.expect(200);
    assert_eq!(all["items"], json!([shown]));
    assert!(shown.get("secret").is_none(), "it is shown once");
    assert_eq!((&shown["enabled"], &shown["events"]), (&json!(true), &json!([])));
    let booking = house.sell().await;
    house.tell().await;
    // A hook has a few calls at the same time.
    house.shop.later(30).await;
    let said = house.receiver.said();
    let schema: Value = serde_json::from_str(&published::schema()).unwrap();
    let validator = jsonschema::options().build(&schema).unwrap();
    for one in &said {
        assert!(one.is_signed_with(secret) && !one.is_signed_with(&format!("whsec_{}=", "A".repeat(43))));
        assert_eq!(one.header("content-type"), "application/json");
        let message = message(one);
        assert!(validator.is_valid(&message), "{message:#}");
        assert_eq!(message["id"], one.header("webhook-id"));
        assert_eq!(message["data"]["booking_id"], booking["id"]);
        for name in ["Ada", "Byron", "example.org", "checkout"] {
            assert!(!one.body.contains(name), "{name}: {message:#}");
        }
    }
    let types: BTreeSet<_> = said.iter().map(|one| message(one)["type"].to_string()).collect();
    assert!(types.contains("\"booking.created\"") && types.contains("\"booking.confirmed\""), "{types:?}");
    let calls = house.calls(&hook, "?limit=100").await;
    assert_eq!(calls.len(), said.len());
    for call in &calls {
        assert_eq!((&call["state"], &call["tries"]), (&json!("done"), &json!(1)));
        assert_eq!((&call["response_status"], &call["response"]), (&json!(200), &json!("So 200!")));
        assert!(said.iter().any(|one| message(one) == call["payload"]), "{call:#}");
    }
    assert_eq!(house.calls(&hook, "?state=done&limit=100").await, calls);
    assert!(house.calls(&hook, "?state=failed").await.is_empty());
}

async fn what_is_not_taken_is_told_again_until_it_is(store: Store) {
    let house = House::open(store).await;
    let hook = house.hook(&["booking.confirmed"]).await;
    house.receiver.answer(500);
    house.sell().await;
    house.tell().await;
    let failing = house.calls(&hook, "?state=failing").await;
    assert_eq!((failing.len(), &failing[0]["response"]), (1, &json!("So 500!")));
    assert_eq!(failing[0]["payload"]["type"], "booking.confirmed");
    assert!(instant(&failing[0]["next_try_at"]) > instant(&failing[0]["tried_at"]));
    let owner = house.owner().await;
    let shown = owner.get(&format!("/admin/hooks/{}", id(&hook))).await.expect(200);
    assert!(shown["failing_since"].is_string() && shown["enabled"] == true);
    // Once by itself, and then because somebody asks for it, once.
    house.shop.later(5).await;
    assert_eq!(house.calls(&hook, "").await[0]["tries"], 2);
    house.receiver.answer(204);
    let path = format!("/admin/hook-calls/{}/retry", id(&failing[0]));
    let owner = house.owner().await;
    assert_eq!(owner.post(&path, &json!({})).await.expect(202)["state"], "waiting");
    owner.post(&path, &json!({})).await.expect_problem(409, "call_waiting");
    house.tell().await;
    let done = house.calls(&hook, "").await;
    assert_eq!((&done[0]["state"], &done[0]["response_status"]), (&json!("done"), &json!(204)));
    house.shop.later(3600).await;
    let said = house.receiver.said();
    assert_eq!(said.len(), 3, "nobody is told what they took");
    assert!(
        said.iter().all(|one| one.header("webhook-id") == done[0]["message_id"] && one.body == said[0].body)
    );
    assert_ne!(said[0].header("webhook-timestamp"), said[2].header("webhook-timestamp"));
}

async fn a_call_has_failed_whose_work_is_discarded(store: Store) {
    let house = House::open(store).await;
    let hook = house.hook(&["booking.confirmed"]).await;
    house.sell().await;
    house.shop.app.app.hooks.spread().await.unwrap();
    let (now, outbox) = (house.shop.clock.now(), &house.shop.app.app.outbox);
    let due = outbox.claim(&[hooks::CALLS], now, now + TimeDelta::seconds(1), 10).await.unwrap();
    assert_eq!(due.len(), 1);
    // As somebody sets it aside who tells nobody.
    assert!(outbox.park(due[0].lease(), "it never worked", now).await.unwrap());
    let admin = house.shop.again(&house.shop.admin).await.client;
    admin.delete(&format!("/admin/jobs/{}", due[0].id)).await.expect(204);
    assert_eq!(house.calls(&hook, "").await[0]["state"], "waiting", "that is owed in its place");
    house.shop.work().await;
    assert_eq!(house.calls(&hook, "").await[0]["state"], "failed");
    assert!(house.receiver.said().is_empty());
}

async fn a_trial_shows_what_an_address_says(store: Store) {
    let house = House::open(store).await;
    let hook = house.hook(&[]).await;
    let (path, owner) = (format!("/admin/hooks/{}", id(&hook)), house.owner().await);
    let body = json!({"url": house.receiver.url, "enabled": false});
    let off = owner.put(&path, &body).await.expect(200);
    assert_eq!((&off["disabled_reason"], &off["description"]), (&json!("by_hand"), &json!("")));
    house.receiver.answer(418);
    let trial = owner.post(&format!("{path}/test"), &json!({})).await.expect(202);
    assert_eq!((&trial["type"], &trial["state"]), (&json!("hook.test"), &json!("waiting")));
    house.tell().await;
    let failed = house.calls(&hook, "?state=failed").await;
    assert_eq!((id(&failed[0]), &failed[0]["response_status"]), (id(&trial), &json!(418)));
    assert!(house.receiver.said()[0].is_signed_with(hook["secret"].as_str().unwrap()));
    let again = owner.post(&format!("/admin/hook-calls/{}/retry", id(&trial)), &json!({})).await;
    again.expect_problem(409, "hook_off");
    house.sell().await;
    house.tell().await;
    assert_eq!(house.receiver.said().len(), 1, "it is switched off");
    owner.get(&format!("{path}/calls?state=lost")).await.expect_problem(422, "invalid_input");
}

async fn whoever_is_gone_is_called_no_more_and_owners_are_told(store: Store) {
    let house = House::open(store).await;
    let manager = staff(&house.shop.app, &house.shop.admin, &house.organisation, "manager").await;
    let hook = house.hook(&["booking.confirmed"]).await;
    house.receiver.answer(410);
    house.sell().await;
    house.tell().await;
    let path = format!("/admin/hooks/{}", id(&hook));
    let gone = house.owner().await.get(&path).await.expect(200);
    assert_eq!((&gone["enabled"], &gone["disabled_reason"]), (&json!(false), &json!("gone")));
    let host = house.receiver.url.split('/').nth(2).unwrap();
    let subject = format!("Calls to {host} have stopped");
    let told = |email: &str| -> Vec<Mail> {
        house.shop.mails(email).into_iter().filter(|mail| mail.subject == subject).collect()
    };
    let mails = told(&house.owner.email);
    assert_eq!(mails.len(), 1);
    assert!(mails[0].text.contains("410") && mails[0].text.contains("Our books"), "{}", mails[0].text);
    assert!(!mails[0].text.contains("s3cret"), "addresses hold secrets");
    assert!(told(&manager.email).is_empty());
    house.sell().await;
    house.tell().await;
    assert_eq!(house.receiver.said().len(), 1);
    house.receiver.answer(200);
    let body = json!({"url": house.receiver.url});
    let on = house.owner().await.put(&path, &body).await.expect(200);
    assert_eq!((&on["enabled"], &on["failing_since"]), (&json!(true), &Value::Null));
    house.sell().await;
    house.tell().await;
    assert!(house.receiver.said().len() > 1, "it is told what happens from then on");
}

async fn for_a_day_the_secret_of_before_is_good_as_well(store: Store) {
    let house = House::open(store).await;
    let hook = house.hook(&["booking.confirmed"]).await;
    let path = format!("/admin/hooks/{}/secret", id(&hook));
    let renewed = house.owner().await.post(&path, &json!({})).await.expect(200);
    let secrets = [&hook, &renewed].map(|it| it["secret"].as_str().unwrap());
    assert_ne!(secrets[0], secrets[1]);
    house.sell().await;
    house.tell().await;
    house.shop.later(24 * 3600).await;
    house.sell().await;
    house.tell().await;
    let good = |said: &Said| secrets.map(|secret| said.is_signed_with(secret));
    assert_eq!(house.receiver.said().iter().map(good).collect::<Vec<_>>(), [[true, true], [false, true]]);
}

async fn what_belongs_to_an_organisation_goes_with_it(store: Store) {
    let house = House::open(store).await;
    let admin = &house.shop.admin.client;
    let other = admin.post("/admin/organisations", &json!({"name": "Other"})).await.expect(201);
    let path = format!("/admin/organisations/{}", id(&other));
    let body = json!({"url": house.receiver.url});
    let hook = admin.post(&format!("{path}/hooks"), &body).await.expect(201);
    admin.delete(&path).await.expect(204);
    admin.get(&format!("/admin/hooks/{}", id(&hook))).await.expect_problem(404, "not_found");
    admin.post(&format!("{path}/hooks"), &body).await.expect_problem(404, "not_found");
}

/// Sales, restarts and failures, all at once.
async fn who_is_killed_while_they_call_leaves_nothing_out(store: Store) {
    let receiver = Receiver::open().await;
    let process = Process::start(store, 3600).await;
    process.call(&receiver.url).await;
    for turn in 0..6 {
        receiver.answer(if turn == 2 { 500 } else { 200 });
        process.book_and_die(turn % 3 != 1).await;
    }
    receiver.answer(200);
    let since = Instant::now();
    loop {
        // They come in any order; of each booking the one with the highest number says how it stands.
        let mut latest = BTreeMap::<String, (u64, Value)>::new();
        for message in receiver.said().iter().map(message) {
            let (booking, number) = (&message["data"]["booking_id"], message["number"].as_u64().unwrap());
            let known = latest.entry(booking.as_str().unwrap().to_owned()).or_default();
            if number > known.0 {
                *known = (number, message["data"]["status"].clone());
            }
        }
        let bookings = process.bookings().await;
        let paid = bookings.iter().filter(|booking| booking["status"] == "confirmed").count();
        let told =
            |booking: &Value| latest.get(id(booking)).is_some_and(|(_, status)| *status == booking["status"]);
        if (bookings.len(), paid) == (6, 4) && bookings.iter().all(told) {
            break;
        }
        assert!(since.elapsed() < PATIENCE, "{paid} are paid; {bookings:#?} {latest:#?}");
        tokio::time::sleep(POLL).await;
    }
}

/// As in production, where nobody reaches the network through it.
#[tokio::test]
async fn only_what_is_public_may_be_called_and_of_it_a_few() {
    let app = TestApp::with(&[("hooks.private", "false")]).await;
    let cast = Cast::of(&app).await;
    let (owner, path) = (&cast.owner.client, format!("/admin/organisations/{}/hooks", cast.organisation));
    for url in [
        "http://house.example/hook",
        "https://127.0.0.1/hook",
        "https://[::1]/hook",
        "https://169.254.169.254/latest/meta-data",
        "https://me:secret@house.example",
        "house.example",
        "",
    ] {
        let wrong = owner.post(&path, &json!({"url": url})).await.expect_problem(422, "invalid_input");
        assert_eq!(
            (&wrong["errors"][0]["field"], &wrong["errors"][0]["code"]),
            (&json!("url"), &json!("not_allowed"))
        );
    }
    let good = json!({"url": "https://house.example/hook"});
    let wrong = json!({"url": "https://house.example", "events": ["booking.sung"]});
    let wrong = owner.post(&path, &wrong).await.expect_problem(422, "invalid_input");
    assert_eq!(wrong["errors"][0]["code"], "unknown_event");
    for _ in 0..10 {
        owner.post(&path, &good).await.expect(201);
    }
    owner.post(&path, &good).await.expect_problem(422, "too_many_hooks");
    app.stop().await;
}

#[tokio::test]
async fn no_secret_of_a_hook_is_in_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("local:{}", folder.path().display());
    let app = TestApp::with(&[("store.url", store.as_str())]).await;
    let cast = Cast::of(&app).await;
    let path = format!("/admin/organisations/{}/hooks", cast.organisation);
    let body = json!({"url": "http://127.0.0.1:9/where-it-calls"});
    let made = cast.owner.client.post_once(&path, "one", &body).await.expect(201);
    app.stop().await;
    let mut kept = Vec::new();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let path = file.unwrap().path();
        kept.extend(std::fs::read(&path).unwrap_or_default());
    }
    let holds = |text: &str| kept.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(holds("where-it-calls"), "the store was written");
    assert!(!holds(made["secret"].as_str().unwrap().trim_start_matches("whsec_")));
}
