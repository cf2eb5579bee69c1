//! Asking for backups over HTTP, and what the dashboard, the metrics, the doctor and mails say of them.

use crate::harness::shop::Store;
use crate::harness::{Client, TestApp, on_each_store};
use adapter_postgres::testing::{FreshDatabase, fresh_database};
use chrono::TimeDelta;
use kernel::{Clock, PageRequest};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use synesthesie::doctor::{State, examine};
use synesthesie::worker;
use synesthesie::worker::backups::see_to;
use tempfile::TempDir;
use testkit::StoppedClock;

on_each_store!(
    what_is_asked_for_is_made_and_shown,
    a_part_that_is_gone_is_found_by_asking_for_a_look,
    a_backup_has_failed_whose_work_is_discarded,
    admins_are_told_when_none_is_good_for_a_day,
);

/// No backup has it.
const NOBODYS: &str = "01900000-0000-7000-8000-000000000000";

/// A server that may be asked for backups, and works when it is told to.
struct Asked {
    app: TestApp,
    admin: Client,
    email: String,
    clock: Arc<StoppedClock>,
    folder: TempDir,
    /// Declared last: dropped when nobody uses it any more.
    _database: Option<FreshDatabase>,
}

impl Asked {
    async fn on(store: Store) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = match store {
            Store::Local => None,
            Store::Postgres => Some(fresh_database(&testkit::servers::postgres().url).await.unwrap()),
        };
        let url = database.as_ref().map_or_else(|| "local::memory:".to_owned(), FreshDatabase::url);
        let path = |name: &str| folder.path().join(name).display().to_string();
        let (backups, work) = (format!("file:{}", path("backups")), path("work"));
        let settings = [
            ("store.url", url.as_str()),
            ("media.workplace", work.as_str()),
            ("backup.url", backups.as_str()),
            ("backup.recipient", super::house::RECIPIENT),
        ];
        let clock = Arc::new(StoppedClock::default());
        let app = TestApp::with_clock(&settings, clock.clone()).await;
        let admin = app.admin().await;
        let (email, admin) = (admin.email, admin.client);
        Self { app, admin, email, clock, folder, _database: database }
    }

    /// What is owed is done, until nothing is.
    async fn work(&self) {
        while worker::round(&self.app.app).await.unwrap() > 0 {}
    }

    /// The worker looks whether anything is to be seen to.
    async fn look(&self) {
        see_to(&self.app.app, self.app.app.backups.as_ref().unwrap()).await;
        self.work().await;
    }

    async fn ask(&self) -> Value {
        self.admin.post("/admin/backups", &json!({})).await.expect(202)
    }

    async fn all(&self) -> Vec<Value> {
        self.admin.get("/admin/backups").await.expect(200)["items"].as_array().unwrap().clone()
    }

    /// The same person with a fresh token: the clock has moved on.
    async fn later(&mut self, time: TimeDelta) {
        self.clock.advance(time);
        self.admin = self.app.login(&self.email, crate::harness::PASSWORD).await.client;
    }

    async fn on_the_dashboard(&self) -> Value {
        // What was shown a moment ago is shown for a while.
        self.app.app.overviews.forget_all();
        let day = self.clock.now().date_naive();
        let dashboard = self.admin.get(&format!("/admin/dashboard?day={day}")).await.expect(200);
        dashboard["platform"]["backups"].clone()
    }

    async fn metric(&self) -> i64 {
        let text = self.app.stranger().get("/metrics").await.text;
        let line =
            text.lines().find(|line| line.starts_with("synesthesie_backup_last_good_timestamp_seconds"));
        line.unwrap().rsplit(' ').next().unwrap().parse().unwrap()
    }

    /// What the doctor finds of backups, and how that is.
    async fn doctor(&self) -> (State, String) {
        let clock: Arc<dyn Clock> = self.clock.clone();
        let report = examine(&self.app.app.config, &clock).await;
        let found = report.findings.into_iter().find(|finding| finding.check == "backups").unwrap();
        (found.state, found.found)
    }

    /// The subjects of mails to admins about backups.
    fn told(&self) -> usize {
        let all = PageRequest { limit: 100, after: None };
        let page = self.app.app.mail_box.as_ref().unwrap().list(all);
        page.items.iter().filter(|mail| mail.mail.subject == "There is no good backup").count()
    }

    fn part(&self, name: &str) -> PathBuf {
        self.folder.path().join("backups").join(name).join("database.zst.age.000001")
    }
}

async fn what_is_asked_for_is_made_and_shown(store: Store) {
    let house = Asked::on(store).await;
    let none = json!({"last_good_at": null, "last_result": null});
    assert_eq!((house.on_the_dashboard().await, house.metric().await), (none, 0));
    assert_eq!(house.doctor().await.0, State::Warning);
    let member = house.app.member().await.client;
    member.get("/admin/backups").await.expect_problem(403, "forbidden");
    member.post("/admin/backups", &json!({})).await.expect_problem(403, "forbidden");

    let answer = house.admin.post("/admin/backups", &json!({})).await;
    let location = answer.header("location").to_owned();
    let asked = answer.expect(202);
    assert_eq!((&asked["status"], &asked["under_way"]), (&json!("waiting"), &json!("make")));
    house.admin.post("/admin/backups", &json!({})).await.expect_problem(409, "backup_under_way");
    let verify = format!("/admin/backups/{}/verify", asked["id"].as_str().unwrap());
    house.admin.post(&verify, &json!({})).await.expect_problem(409, "backup_under_way");
    house.work().await;

    let made = house.admin.get(&location).await.expect(200);
    assert_eq!((&made["status"], &made["depth"]), (&json!("good"), &json!("restored")), "{made}");
    assert_eq!((&made["findings"], &made["under_way"]), (&json!([]), &Value::Null));
    assert!(made["rows"].as_u64().unwrap() > 0 && made["bytes"].as_u64().unwrap() > 0, "{made}");
    assert_eq!(house.all().await, std::slice::from_ref(&made));
    let at = house.clock.now();
    assert_eq!(made["made_at"], json!(at));
    let shown = json!({"last_good_at": at, "last_result": "good"});
    assert_eq!((house.on_the_dashboard().await, house.metric().await), (shown, at.timestamp()));
    let (state, found) = house.doctor().await;
    assert!(state == State::Ok && found.contains("shows 2026-06-01T12:00:00"), "{found}");
    let nowhere = format!("/admin/backups/{NOBODYS}");
    house.admin.get(&nowhere).await.expect_problem(404, "not_found");
    house.admin.post(&format!("{nowhere}/verify"), &json!({})).await.expect_problem(404, "not_found");
    let acts = house.admin.get("/admin/audit?act=backup.make").await.expect(200);
    assert_eq!(acts["items"][0]["subject"]["id"], asked["id"]);
}

async fn a_part_that_is_gone_is_found_by_asking_for_a_look(store: Store) {
    let house = Asked::on(store).await;
    house.ask().await;
    house.work().await;
    let made = house.all().await.remove(0);
    let verify = format!("/admin/backups/{}/verify", made["id"].as_str().unwrap());
    let asked = house.admin.post(&verify, &json!({})).await.expect(202);
    assert_eq!((&asked["status"], &asked["under_way"]), (&json!("good"), &json!("verify")));
    house.work().await;
    assert_eq!(house.all().await[0]["status"], "good");

    let name = made["name"].as_str().unwrap();
    std::fs::remove_file(house.part(name)).unwrap();
    house.admin.post(&verify, &json!({})).await.expect(202);
    house.work().await;
    let bad = house.all().await.remove(0);
    assert_eq!((&bad["status"], &bad["depth"]), (&json!("bad"), &Value::Null));
    assert_eq!(bad["findings"], json!(["database.zst.age.000001 is missing"]));
    let (state, found) = house.doctor().await;
    assert!(state == State::Error && found.contains("database.zst.age.000001 is missing"), "{found}");
    assert_eq!(house.metric().await, 0, "no good one is left");
}

async fn a_backup_has_failed_whose_work_is_discarded(store: Store) {
    let house = Asked::on(store).await;
    let asked = house.ask().await;
    let (now, outbox) = (house.clock.now(), &house.app.app.outbox);
    let due = outbox.claim(&[backups::WORK], now, now + TimeDelta::seconds(1), 10).await.unwrap();
    assert_eq!(due.len(), 1);
    // As somebody sets it aside who tells nobody.
    assert!(outbox.park(due[0].lease(), "it never worked", now).await.unwrap());
    house.admin.post("/admin/backups", &json!({})).await.expect_problem(409, "backup_under_way");
    house.admin.delete(&format!("/admin/jobs/{}", due[0].id)).await.expect(204);
    house.work().await;
    let failed = house.all().await.remove(0);
    assert_eq!((&failed["id"], &failed["status"]), (&asked["id"], &json!("failed")), "{failed}");
    assert_eq!(failed["under_way"], Value::Null);
    house.ask().await;
}

async fn admins_are_told_when_none_is_good_for_a_day(store: Store) {
    let mut house = Asked::on(store).await;
    // The first one is made at once, and then one a day.
    house.look().await;
    assert_eq!((house.all().await.len(), house.told()), (1, 0));
    for (hours, backups) in [(14, 1), (1, 2), (23, 2), (1, 3)] {
        house.later(TimeDelta::hours(hours)).await;
        house.look().await;
        assert_eq!((house.all().await.len(), house.told()), (backups, 0), "after {hours} hours more");
    }
    // From now on nothing can be put there.
    let on_its_way = house.folder.path().join("backups/.tmp");
    std::fs::remove_dir_all(&on_its_way).unwrap();
    std::fs::write(&on_its_way, "no folder").unwrap();
    house.later(TimeDelta::hours(25)).await;
    house.look().await;
    assert_eq!(house.told(), 0);
    house.later(TimeDelta::hours(1)).await;
    house.look().await;
    let admins = house.told();
    assert!(admins >= 1, "each admin");
    let newest = house.all().await.remove(0);
    assert!(newest["failure"].is_string() && newest["made_at"].is_null(), "{newest}");
    house.later(TimeDelta::hours(23)).await;
    house.look().await;
    assert_eq!(house.told(), admins, "once a day");
    house.later(TimeDelta::hours(1)).await;
    house.look().await;
    assert_eq!(house.told(), 2 * admins);
}

#[tokio::test]
async fn where_nobody_said_where_backups_go_none_is_asked_for() {
    let app = TestApp::start().await;
    let admin = app.admin().await.client;
    admin.post("/admin/backups", &json!({})).await.expect_problem(409, "backups_not_configured");
    let listed = admin.get("/admin/backups").await.expect(200);
    assert_eq!(listed, json!({"items": [], "next_cursor": null}));
}
