//! The door both ways, by force and without a network, on both stores.

use crate::events::cast::{Cast, id, mistakes};
use crate::harness::shop::Store;
use crate::harness::{Client, TestApp, answer, on_each_store};
use crate::night::Night;
use adapter_postgres::testing::{FreshDatabase, fresh_database};
use kernel::{Clock, SystemClock};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

on_each_store!(
    a_browser_scanner_decides_without_a_network_and_tells_later,
    whoever_goes_out_comes_in_again_and_whoever_insists_is_named,
    a_list_is_sent_again_only_when_something_changed,
    a_list_is_for_those_who_stand_at_this_door,
    what_is_told_wrongly_is_refused_and_the_rest_is_kept,
    a_scan_that_somebody_else_tells_from_the_same_device_is_kept_once,
    a_list_that_is_asked_for_after_telling_knows_what_was_told,
);

/// A night whose doors are open, with tickets of the cast's member.
struct Evening {
    app: TestApp,
    cast: Cast,
    night: Night,
    tickets: Vec<Value>,
    _database: Option<FreshDatabase>,
}

impl Evening {
    async fn of(store: Store, count: u32) -> Self {
        let database = match store {
            Store::Local => None,
            Store::Postgres => Some(fresh_database(&testkit::servers::postgres().url).await.unwrap()),
        };
        let url = database.as_ref().map_or_else(|| "local::memory:".to_owned(), FreshDatabase::url);
        let app = TestApp::with(&[("store.url", &url)]).await;
        let cast = Cast::of(&app).await;
        let night = Night::of(&cast, "Opening").await;
        let hold = night.hold(&cast.member.client, &night.free, count).await;
        let mut wish = crate::night::wish(&hold, "free");
        wish["attendees"] =
            json!([{"first_name": "Ottilie", "last_name": "Byron", "email": "ottilie@example.org"}]);
        let booking = cast.member.client.post("/bookings/confirm", &wish).await.expect(201);
        let tickets = booking["tickets"].as_array().unwrap().clone();
        Self { app, cast, night, tickets, _database: database }
    }

    fn path(&self, rest: &str) -> String {
        format!("/admin/events/{}/check-in/{rest}", self.night.event)
    }

    fn door(&self) -> &Client {
        &self.cast.door.client
    }

    fn code(&self, ticket: usize) -> &str {
        self.tickets[ticket]["code"].as_str().unwrap()
    }

    async fn verify(&self, ticket: usize, more: Value) -> Value {
        let mut body = json!({"code": self.code(ticket), "event_id": self.night.event});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.door().post("/tickets/verify", &body).await.expect(200)
    }

    async fn stats(&self) -> Value {
        self.door().get(&self.path("stats")).await.expect(200)
    }

    async fn bundle(&self) -> String {
        let answer = self.door().get(&self.path("bundle")).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.text
    }

    /// Hands a ticket to somebody else, so that its code is dead.
    async fn hand_on(&self, ticket: usize) {
        let friend = self.app.member().await;
        self.app.confirm_address(&friend).await;
        let path = format!("/tickets/{}/transfer", id(&self.tickets[ticket]));
        let offer = self.cast.member.client.post(&path, &json!({"email": friend.email})).await.expect(201);
        friend.client.post(&format!("/transfers/{}/accept", id(&offer)), &json!({})).await.expect(200);
    }
}

/// What the scanner's module makes of a case, run by Node.
fn scanner(case: &Value) -> Vec<Value> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/door_offline/scanner.mjs");
    let mut node = Command::new("node")
        .args(["--no-warnings", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("node is installed");
    node.stdin.take().unwrap().write_all(case.to_string().as_bytes()).unwrap();
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn flags(conflicts: &Value) -> BTreeSet<(String, String)> {
    let texts = conflicts.as_array().unwrap().iter().flat_map(|conflict| {
        let flags = conflict["flags"].as_array().unwrap().iter();
        flags.map(|flag| (conflict["scan_id"].to_string(), flag.as_str().unwrap().to_owned()))
    });
    texts.collect()
}

async fn a_browser_scanner_decides_without_a_network_and_tells_later(store: Store) {
    let evening = Evening::of(store, 5).await;
    assert_eq!(evening.verify(1, json!({})).await["result"], "admitted");
    evening.hand_on(2).await;
    let elsewhere = Night::of(&evening.cast, "Another night").await;
    let elsewhere = elsewhere.book(&evening.cast.member.client, 1).await;
    let bundle = evening.bundle().await;
    for secret in ["Ottilie", "Byron", "ottilie@example.org", evening.code(0), id(&evening.tickets[0])] {
        assert!(!bundle.contains(secret), "{secret}");
    }
    let case = json!({
        "module": concat!("file://", env!("CARGO_MANIFEST_DIR"), "/assets/door/list.mjs"),
        "bundle": bundle, "title": "Opening", "name": "Ottilie Byron",
        "codes": {
            "good": evening.code(0), "inside": evening.code(1), "revoked": evening.code(2),
            "other": evening.code(3), "elsewhere": elsewhere["tickets"][0]["code"],
        },
    });
    let bodies = scanner(&case);
    // Told in the wrong order, and some of it twice.
    let mut found = BTreeSet::new();
    for body in [&bodies[2], &bodies[1], &bodies[0], &bodies[0], &bodies[2], &bodies[1]] {
        let told = evening.door().post(&evening.path("sync"), body).await.expect(200);
        found = flags(&told["conflicts"]);
        assert_eq!(told["results"].as_array().unwrap().len(), body["scans"].as_array().unwrap().len());
    }
    // In, out, in, and in by force.
    let own =
        evening.cast.member.client.get(&format!("/tickets/{}", id(&evening.tickets[0]))).await.expect(200);
    assert_eq!((&own["status"], &own["checked_in_at"]), (&json!("checked_in"), &bodies[0]["scans"][0]["at"]));
    let stats = evening.stats().await;
    assert_eq!(
        (&stats["inside"], &stats["checked_in"], &stats["offline"]),
        (&json!(3), &json!(2), &json!(9))
    );
    assert_eq!((&stats["forced"], &stats["conflicts"]), (&json!(1), &json!(1)));
    let listed = evening.door().get(&evening.path("conflicts?limit=1")).await.expect(200);
    let double = &listed["items"][0];
    assert_eq!(
        (&double["flags"], &double["overruled"]),
        (&json!(["double_entry"]), &json!("already_checked_in"))
    );
    assert_eq!(double["reason"], "The other one is her sister");
    assert!(double["after_scan_id"].is_string() && listed["next_cursor"].is_null());
    assert_eq!(found, flags(&listed["items"]), "what the last telling answered is what is listed");
    // The next list knows it, and a ticket that was admitted with a dead code is reported.
    let late = json!({"scans": [{"nonce": "late", "code": evening.code(2), "verdict": "admitted",
        "at": SystemClock.now().to_rfc3339()}, {"nonce": "nonsense", "code": "nonsense", "verdict": "admitted",
        "at": "1999-01-01T00:00:00Z"}]});
    let told = evening.door().post(&evening.path("sync"), &late).await.expect(200);
    assert_eq!(told["results"][0]["flags"], json!(["late_revocation"]));
    assert_eq!(told["results"][1]["flags"], json!(["unknown_code"]));
    assert!(
        told["results"][1]["clock_corrected_to"].is_string() && told["results"][0].get("ticket").is_none()
    );
    assert_eq!(
        evening.door().get(&evening.path("conflicts")).await.expect(200)["items"].as_array().unwrap().len(),
        3
    );
}

async fn whoever_goes_out_comes_in_again_and_whoever_insists_is_named(store: Store) {
    let evening = Evening::of(store, 2).await;
    let out = || json!({"direction": "out"});
    assert_eq!(evening.verify(0, out()).await["result"], "not_inside");
    assert_eq!(evening.verify(0, json!({})).await["ticket"]["inside"], 1);
    assert_eq!(evening.stats().await["inside"], 1);
    assert_eq!(evening.verify(0, out()).await["result"], "left");
    let stats = evening.stats().await;
    assert_eq!((&stats["inside"], &stats["checked_in"]), (&json!(0), &json!(1)));
    assert_eq!(evening.verify(0, json!({"direction": "in"})).await["result"], "admitted");
    assert_eq!(evening.verify(0, json!({})).await["result"], "already_checked_in");
    let wish = json!({"code": evening.code(0), "force": true});
    let refused = evening.door().post("/tickets/verify", &wish).await.expect_problem(422, "invalid_input");
    assert_eq!(mistakes(&refused), [("reason", "required")]);
    let forced = evening.verify(0, json!({"force": true, "reason": "Twins"})).await;
    assert_eq!((&forced["result"], &forced["overruled"]), (&json!("admitted"), &json!("already_checked_in")));
    assert_eq!(forced["ticket"]["inside"], 2);
    let stats = evening.stats().await;
    assert_eq!((&stats["inside"], &stats["forced"], &stats["conflicts"]), (&json!(2), &json!(1), &json!(1)));
    assert_eq!(
        stats["refused"],
        json!([{"result": "already_checked_in", "count": 1}, {"result": "not_inside", "count": 1}])
    );
    assert!(!stats["quarters"].as_array().unwrap().is_empty());
    // A code of ours opens no door by force that is another's, and nonsense none at all.
    let nonsense = json!({"code": "nonsense", "event_id": evening.night.event, "force": true, "reason": "x"});
    assert_eq!(evening.door().post("/tickets/verify", &nonsense).await.expect(200)["result"], "unknown");
    let undo = format!("/tickets/{}/undo-check-in", id(&evening.tickets[0]));
    let long = json!({"reason": "x".repeat(501)});
    evening.door().post(&undo, &long).await.expect_problem(422, "invalid_input");
    let undone = evening.door().post(&undo, &json!({"reason": "All a mistake"})).await.expect(200);
    assert_eq!((&undone["status"], &undone["inside"]), (&json!("valid"), &json!(0)));
    let acts = evening.cast.owner.client.get("/admin/audit?act=ticket.force").await.expect(200);
    assert_eq!(acts["items"].as_array().unwrap().len(), 1, "{acts}");
    let acts = evening.cast.owner.client.get("/admin/audit?act=ticket.undo_check_in").await.expect(200);
    assert!(acts.to_string().contains("All a mistake"), "{acts}");
}

async fn a_list_is_sent_again_only_when_something_changed(store: Store) {
    let evening = Evening::of(store, 2).await;
    let path = evening.path("bundle");
    let first = evening.door().get(&path).await;
    assert_eq!((first.status, first.header("cache-control")), (200, "private, no-cache"));
    let ask = || evening.door().request(Method::GET, &path).header("if-none-match", first.header("etag"));
    let again = answer(ask()).await;
    assert_eq!((again.status, again.text.as_str()), (304, ""));
    assert_eq!(evening.verify(0, json!({})).await["result"], "admitted");
    // It is handed out again for a moment, so that a crowd of scanners is one question to the store.
    let mut changed = answer(ask()).await;
    for _ in 0..40 {
        if changed.status == 200 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(250)).await;
        changed = answer(ask()).await;
    }
    assert_eq!(changed.status, 200);
    assert_ne!(changed.header("etag"), first.header("etag"));
    let packed = evening.door().request(Method::GET, &path).header("accept-encoding", "gzip");
    assert_eq!(answer(packed).await.header("content-encoding"), "gzip");
}

async fn a_list_is_for_those_who_stand_at_this_door(store: Store) {
    let evening = Evening::of(store, 1).await;
    let now = SystemClock.now().to_rfc3339();
    let scan = |nonce: &str| json!({"scans": [{"nonce": nonce, "code": evening.code(0), "verdict": "admitted", "at": now}]});
    let (cast, stranger) = (&evening.cast, evening.app.stranger());
    for (client, status, code) in [
        (&stranger, 401, "unauthenticated"),
        (&cast.member.client, 403, "forbidden"),
        (&cast.foreigner.client, 404, "not_found"),
    ] {
        client.get(&evening.path("bundle")).await.expect_problem(status, code);
        client.get(&evening.path("conflicts")).await.expect_problem(status, code);
        client.post(&evening.path("sync"), &scan("x")).await.expect_problem(status, code);
    }
    assert_eq!(evening.stats().await["offline"], 0);
    for who in [&cast.door, &cast.manager, &cast.owner, &cast.admin] {
        assert_eq!(who.client.get(&evening.path("bundle")).await.status, 200);
        assert_eq!(
            who.client.post(&evening.path("sync"), &scan(&who.email)).await.expect(200)["results"][0]["kept"],
            "now"
        );
    }
    assert_eq!(evening.stats().await["offline"], 4, "each of them made one");
}

async fn what_is_told_wrongly_is_refused_and_the_rest_is_kept(store: Store) {
    let evening = Evening::of(store, 2).await;
    let scan = |more: Value| {
        let mut scan = json!({"nonce": "n", "code": evening.code(0), "verdict": "admitted", "at": "2031-01-01T20:00:00Z"});
        scan.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        scan
    };
    let unknown = |number: i32| json!({"nonce": number.to_string(), "code": "x", "verdict": "unknown", "at": "2031-01-01T20:00:00Z"});
    for scans in [json!([]), json!((0..151).map(unknown).collect::<Vec<_>>())] {
        let answer = evening.door().post(&evening.path("sync"), &json!({"scans": scans})).await;
        let problem = answer.expect_problem(422, "invalid_input");
        assert_eq!(mistakes(&problem), [("scans", "out_of_range")]);
    }
    let wrong = [
        (scan(json!({"nonce": ""})), "nonce", "out_of_range"),
        (scan(json!({"nonce": "n".repeat(101)})), "nonce", "out_of_range"),
        (scan(json!({"nonce": 7})), "nonce", "wrong_type"),
        (scan(json!({"forced": true})), "reason", "required"),
        (scan(json!({"forced": true, "reason": "  "})), "reason", "out_of_range"),
        (scan(json!({"reason": "r".repeat(501)})), "reason", "out_of_range"),
        (scan(json!({"at": "+12000-01-01T00:00:00Z"})), "at", "out_of_range"),
        (scan(json!({"at": "-2000-01-01T00:00:00Z"})), "at", "out_of_range"),
        (scan(json!({"at": "soon"})), "at", "wrong_type"),
        (scan(json!({"direction": "out"})), "verdict", "contradiction"),
        (scan(json!({"verdict": "undone"})), "verdict", "wrong_type"),
        (scan(json!({"direction": "up"})), "direction", "wrong_type"),
        (json!({"nonce": "n", "code": "x", "at": "2031-01-01T20:00:00Z"}), "verdict", "required"),
        (json!("nonsense"), "scan", "wrong_type"),
        (json!(["n", "x", "in", "2031-01-01T20:00:00Z", "admitted"]), "scan", "wrong_type"),
        (scan(json!({"code": "no\0code"})), "code", "malformed"),
        (scan(json!({"nonce": "no\0nonce"})), "nonce", "malformed"),
    ];
    let scans: Vec<_> = wrong.iter().map(|(scan, ..)| scan.clone()).collect();
    let told = evening.door().post(&evening.path("sync"), &json!({"scans": scans})).await.expect(200);
    for (result, (_, field, code)) in told["results"].as_array().unwrap().iter().zip(&wrong) {
        assert_eq!((&result["kept"], &result["scan_id"]), (&json!("refused"), &Value::Null), "{result}");
        assert_eq!(mistakes(result), [(*field, *code)], "{result}");
    }
    assert_eq!(told["results"].as_array().unwrap().len(), wrong.len());
    assert_eq!(evening.stats().await["offline"], 0);
    let every = json!({"scans": [{"code": 5, "at": "yesterday", "verdict": "maybe", "forced": "no"}]});
    let told = evening.door().post(&evening.path("sync"), &every).await.expect(200);
    let all = ["code", "at", "verdict", "forced"].map(|field| (field, "wrong_type"));
    assert_eq!(mistakes(&told["results"][0]), [&[("nonce", "required")], all.as_slice()].concat());
    // A bad one among good ones, in any place, keeps nobody out.
    let other = scan(json!({"nonce": "other", "code": evening.code(1)}));
    let mixed = json!({"scans": [scan(json!({"nonce": "first"})), wrong[4].0, other, wrong[10].0]});
    let told = evening.door().post(&evening.path("sync"), &mixed).await.expect(200);
    let kept: Vec<_> =
        told["results"].as_array().unwrap().iter().map(|it| (&it["nonce"], &it["kept"])).collect();
    let [first, n, other] = ["first", "n", "other"].map(|nonce| json!(nonce));
    let [now, refused] = ["now", "refused"].map(|kept| json!(kept));
    assert_eq!(kept, [(&first, &now), (&n, &refused), (&other, &now), (&n, &refused)]);
    assert_eq!((&told["results"][0]["errors"], &evening.stats().await["inside"]), (&Value::Null, &json!(2)));
    let large = json!({"scans": [scan(json!({"code": "A".repeat(70_000)}))]});
    evening.door().post(&evening.path("sync"), &large).await.expect_problem(413, "too_large");
    assert_eq!(evening.stats().await["offline"], 2);
    // The largest good one fits.
    let most: Vec<_> = (0..150).map(|number| scan(json!({"nonce": format!("{number:036}")}))).collect();
    let told = evening.door().post(&evening.path("sync"), &json!({"scans": most})).await.expect(200);
    assert_eq!(told["results"].as_array().unwrap().len(), 150);
    assert_eq!(evening.stats().await["inside"], 152, "they happened");
}

async fn a_scan_that_somebody_else_tells_from_the_same_device_is_kept_once(store: Store) {
    let evening = Evening::of(store, 1).await;
    let at = SystemClock.now();
    let scan = |nonce: &str, at: chrono::DateTime<chrono::Utc>| json!({"scans": [{"nonce": nonce, "code": evening.code(0), "verdict": "admitted", "at": at.to_rfc3339()}]});
    let tell = async |client: &Client, body: Value| {
        client.post(&evening.path("sync"), &body).await.expect(200)["results"][0].clone()
    };
    let first = tell(evening.door(), scan("a", at)).await;
    // The answer was lost, and the next shift tells what is on the device.
    let again = tell(&evening.cast.manager.client, scan("a", at)).await;
    assert_eq!((&first["kept"], &again["kept"]), (&json!("now"), &json!("before")));
    assert_eq!(again["scan_id"], first["scan_id"]);
    assert_eq!(
        (&evening.stats().await["inside"], &evening.stats().await["conflicts"]),
        (&json!(1), &json!(0))
    );
    // Another device that counts its scans as this one does made another scan.
    let other = tell(&evening.cast.manager.client, scan("a", at - chrono::TimeDelta::minutes(5))).await;
    assert_eq!((&other["kept"], &evening.stats().await["inside"]), (&json!("now"), &json!(2)));
}

async fn a_list_that_is_asked_for_after_telling_knows_what_was_told(store: Store) {
    let evening = Evening::of(store, 1).await;
    let tickets = |text: &str| {
        let bundle: Value = serde_json::from_str(text).unwrap();
        let payload: Value = serde_json::from_str(bundle["payload"].as_str().unwrap()).unwrap();
        (payload["tickets"].clone(), payload["issued_at"].as_str().unwrap().to_owned())
    };
    let before = tickets(&evening.bundle().await);
    let now = SystemClock.now().to_rfc3339();
    let scan = json!({"scans": [{"nonce": "x", "code": evening.code(0), "verdict": "admitted", "at": now}]});
    let told = evening.door().post(&evening.path("sync"), &scan).await.expect(200);
    let after = tickets(&evening.bundle().await);
    assert_ne!(before.0, after.0, "it is not the one that was kept for a moment");
    let instant = |text: &str| chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis();
    assert!(instant(&after.1) >= instant(told["told_at"].as_str().unwrap()), "{told} {}", after.1);
}

/// Its queue, its journal, whom it asks first and what it forgets: see the names of the tests in that file.
#[test]
fn the_scanner_keeps_its_promises_without_a_page() {
    let tests = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/door_offline/scanner.test.mjs");
    let output =
        Command::new("node").args(["--no-warnings", "--test", tests]).output().expect("node is installed");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("pass 23"), "they were not all run: {said}");
}

#[tokio::test]
async fn the_scanners_page_runs_nothing_but_its_own_scripts() {
    let app = TestApp::start().await;
    for (path, kind) in [
        ("/door", "text/html"),
        ("/door/page.mjs", "text/javascript"),
        ("/door/scanner.mjs", "text/javascript"),
        ("/door/list.mjs", "text/javascript"),
        ("/door/camera.mjs", "text/javascript"),
        ("/door/qr/decode.js", "text/javascript"),
        ("/door/qr/index.js", "text/javascript"),
        ("/door/worker.js", "text/javascript"),
        ("/door/page.css", "text/css"),
    ] {
        let file = app.stranger().get(path).await;
        assert_eq!(file.status, 200, "{path}");
        assert!(file.header("content-type").starts_with(kind), "{path}");
        let policy = file.header("content-security-policy");
        assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{policy}");
        assert!(!file.text.contains("onclick") && !file.text.contains("<script>"), "{path}");
    }
}
