//! What members are sent, counted, and when it is enough.

use crate::harness::on_each_store;
use crate::harness::shop::Store;
use crate::harness::{PASSWORD, Person, answer};
use crate::uploads::Desk;
use chrono::TimeDelta;
use kernel::{AccountId, Clock, Timestamp};
use media::ChargeError;
use serde_json::{Value, json};
use synesthesie::served::Counting;

on_each_store!(
    Budgeted::open: a_link_counts_once_while_it_is_good,
    many_links_at_once_stay_within_the_budget,
    a_new_month_begins_anew,
    what_was_served_counts_when_it_is_more_than_what_was_signed,
    what_was_served_is_written_down_where_no_worker_runs,
    what_is_streamed_stays_within_the_budget,
    admins_see_what_all_were_sent_and_what_it_costs,
    who_erases_their_account_stays_in_the_sums_alone,
);

/// A member who may be sent 1 GB in a month.
struct Budgeted {
    desk: Desk,
    member: Person,
}

const MB: u64 = 1_000_000;

impl Budgeted {
    async fn open(store: Store) -> Self {
        let settings = [("media.egress_gb", "1"), ("media.egress_price", "2300")];
        let desk = Desk::with(store, &settings).await;
        let member = desk.app.member().await;
        Self { desk, member }
    }

    fn account(&self) -> AccountId {
        self.member.id.parse().unwrap()
    }

    async fn charge(&self, link: &str, bytes: u64) -> Result<bool, ChargeError> {
        let until = self.desk.clock.now() + TimeDelta::hours(2);
        self.desk.app.app.meter.charge(self.account(), link, bytes, until).await
    }

    async fn usage(&self) -> Value {
        let client = self.desk.app.login(&self.member.email, PASSWORD).await.client;
        client.get("/users/me/egress").await.expect(200)
    }
}

fn is_exhausted<T>(outcome: &Result<T, ChargeError>) -> bool {
    matches!(outcome, Err(ChargeError::Exhausted { .. }))
}

async fn a_link_counts_once_while_it_is_good(shop: Budgeted) {
    assert_eq!(shop.usage().await["left_bytes"], 1000 * MB);
    for is_new in [true, false, false] {
        assert_eq!(shop.charge("sets/1/opus-128 at noon", 600 * MB).await.unwrap(), is_new);
    }
    assert!(is_exhausted(&shop.charge("sets/2/opus-128 at noon", 401 * MB).await));
    let usage = shop.usage().await;
    assert_eq!((&usage["bytes"], &usage["left_bytes"]), (&json!(600 * MB), &json!(400 * MB)));
    assert_eq!((&usage["budget_bytes"], &usage["served_bytes"]), (&json!(1000 * MB), &json!(0)));
    // What was refused was not given out: it is no link that is known.
    shop.charge("sets/2/opus-128 at noon", 400 * MB).await.unwrap();
    assert_eq!(shop.usage().await["left_bytes"], 0);
    // What was given out before is given out again, also when nothing is left.
    shop.charge("sets/1/opus-128 at noon", 600 * MB).await.unwrap();
    shop.desk.clock.advance(TimeDelta::hours(2));
    shop.desk.app.app.uploads.tidy().await.unwrap();
    assert!(is_exhausted(&shop.charge("sets/1/opus-128 at noon", 600 * MB).await));
    shop.desk.app.stop().await;
}

async fn many_links_at_once_stay_within_the_budget(shop: Budgeted) {
    let links: Vec<_> = (0..10).map(|number| format!("sets/{number}")).collect();
    let charges = links.iter().map(|link| shop.charge(link, 300 * MB));
    let outcomes = futures_util::future::join_all(charges).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 3);
    assert_eq!(outcomes.iter().filter(|outcome| is_exhausted(outcome)).count(), 7);
    assert_eq!(shop.usage().await["bytes"], 900 * MB);
    shop.desk.app.stop().await;
}

async fn a_new_month_begins_anew(shop: Budgeted) {
    shop.charge("sets/1", 1000 * MB).await.unwrap();
    let Err(ChargeError::Exhausted { until, wait }) = shop.charge("sets/2", 1).await else {
        panic!("nothing is left");
    };
    let resets: Timestamp = shop.usage().await["resets_at"].as_str().unwrap().parse().unwrap();
    assert_eq!(until, resets);
    assert_eq!(shop.desk.clock.now() + TimeDelta::from_std(wait).unwrap(), until);
    shop.desk.clock.set(until - TimeDelta::microseconds(1));
    assert!(is_exhausted(&shop.charge("sets/2", 1).await));
    shop.desk.clock.set(until);
    shop.charge("sets/2", 1).await.unwrap();
    assert_eq!(shop.usage().await["bytes"], 1);
    let client = shop.desk.app.login(&shop.member.email, PASSWORD).await.client;
    let export = client.get("/users/me/export").await.expect(200);
    let months: Vec<_> = export["egress"].as_array().unwrap().iter().map(|one| &one["bytes"]).collect();
    assert_eq!(months, [&json!(1), &json!(1000 * MB)], "the latest first");
    shop.desk.app.stop().await;
}

async fn what_was_served_counts_when_it_is_more_than_what_was_signed(shop: Budgeted) {
    let meter = &shop.desk.app.app.meter;
    shop.charge("sets/1", 100 * MB).await.unwrap();
    for _ in 0..7 {
        meter.serve(shop.account(), 100 * MB);
    }
    assert_eq!(shop.usage().await["served_bytes"], 0, "it waits");
    assert_eq!(meter.flush().await.unwrap().members, 1);
    assert_eq!(meter.flush().await.unwrap().members, 0);
    let usage = shop.usage().await;
    assert_eq!((&usage["signed_bytes"], &usage["bytes"]), (&json!(100 * MB), &json!(700 * MB)));
    // Of both sums the larger one counts.
    shop.charge("sets/2", 850 * MB).await.unwrap();
    assert_eq!(shop.usage().await["bytes"], 950 * MB);
    assert!(is_exhausted(&shop.charge("sets/3", 51 * MB).await));
    shop.desk.app.stop().await;
}

async fn what_was_served_is_written_down_where_no_worker_runs(shop: Budgeted) {
    let app = &shop.desk.app.app;
    let counting = Counting::start(app).expect("it serves files");
    app.meter.serve(shop.account(), 100 * MB);
    counting.stop().await;
    assert_eq!(shop.usage().await["served_bytes"], 100 * MB);
    shop.desk.app.stop().await;
}

async fn what_is_streamed_stays_within_the_budget(shop: Budgeted) {
    let (meter, account) = (&shop.desk.app.app.meter, shop.account());
    meter.has_room_for(account, 1000 * MB).await.unwrap();
    meter.spend(account, 600 * MB).await.unwrap();
    assert!(is_exhausted(&meter.has_room_for(account, 401 * MB).await));
    assert!(is_exhausted(&meter.spend(account, 401 * MB).await));
    assert_eq!(shop.usage().await["bytes"], 600 * MB, "what was refused is not counted");
    let both = futures_util::future::join_all([300 * MB, 300 * MB].map(|bytes| meter.spend(account, bytes)));
    assert_eq!(both.await.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    meter.spend(account, 100 * MB).await.unwrap();
    assert!(is_exhausted(&meter.has_room_for(account, 0).await), "nothing at all is left");
    shop.desk.app.stop().await;
}

async fn admins_see_what_all_were_sent_and_what_it_costs(shop: Budgeted) {
    let (admin, other) = (shop.desk.admin().await, shop.desk.app.member().await);
    assert_eq!(admin.get("/admin/egress").await.expect(200)["items"], json!([]));
    shop.charge("sets/1", 600 * MB).await.unwrap();
    let meter = &shop.desk.app.app.meter;
    meter.streamed(other.id.parse().unwrap(), 900 * MB).await.unwrap();
    let all = admin.get("/admin/egress").await.expect(200);
    assert_eq!(all["price_per_terabyte"], json!({"amount": 2300, "currency": "EUR"}));
    assert_eq!((&all["budget_bytes"], all["items"].as_array().map(Vec::len)), (&json!(1000 * MB), Some(1)));
    let (total, month) = (&all["items"][0], all["items"][0]["month"].as_str().unwrap());
    assert_eq!((&total["members"], &total["bytes"]), (&json!(2), &json!(1500 * MB)));
    assert_eq!(total["estimated_cost"], json!({"amount": 3, "currency": "EUR"}));
    let most = admin.get(&format!("/admin/egress/{month}")).await.expect(200);
    let who: Vec<_> = most["items"].as_array().unwrap().iter().map(|one| &one["account_id"]).collect();
    assert_eq!(who, [&json!(other.id), &json!(shop.member.id)]);
    for wrong in ["2026", "2026-13", "june"] {
        admin.get(&format!("/admin/egress/{wrong}")).await.expect_problem(404, "not_found");
    }
    other.client.get("/admin/egress").await.expect_problem(403, "forbidden");
    shop.desk.app.stop().await;
}

async fn who_erases_their_account_stays_in_the_sums_alone(shop: Budgeted) {
    shop.charge("sets/1", 600 * MB).await.unwrap();
    let admin = shop.desk.admin().await;
    let before = admin.get("/admin/egress").await.expect(200);
    let month = before["items"][0]["month"].as_str().unwrap().to_owned();
    let member = shop.desk.app.login(&shop.member.email, PASSWORD).await.client;
    let erasing = member.request(reqwest::Method::DELETE, "/users/me").json(&json!({"password": PASSWORD}));
    assert_eq!(answer(erasing).await.status, 204);
    shop.desk.work().await;
    assert_eq!(admin.get("/admin/egress").await.expect(200), before);
    let most = admin.get(&format!("/admin/egress/{month}")).await.expect(200);
    assert_eq!(most["items"], json!([]));
    assert_eq!(shop.desk.app.app.meter.history(shop.account()).await.unwrap(), []);
    // What is served to their last links is forgotten, too.
    shop.desk.app.app.meter.serve(shop.account(), MB);
    shop.desk.app.app.meter.flush().await.unwrap();
    shop.desk.clock.advance(TimeDelta::days(3));
    shop.desk.work().await;
    assert_eq!(shop.desk.app.app.meter.history(shop.account()).await.unwrap(), []);
    shop.desk.app.stop().await;
}
