//! What is somebody's is nobody else's: not to be seen, not to be changed, and not even known to be there.

use crate::events::cast::{Cast, column, id};
use crate::harness::providers::{Providers, Till};
use crate::harness::{Client, TestApp, answer, method};
use crate::night::{Night, wish};
use kernel::{Clock, SystemClock};
use serde_json::{Value, json};
use std::sync::Arc;
use testkit::StoppedClock;

/// A server with simulated providers, and a clock that stands still, so that nothing changes by itself.
async fn with_providers() -> (TestApp, Providers) {
    let clock: Arc<dyn Clock> = Arc::new(StoppedClock::at(SystemClock.now()));
    let providers = Providers::start(Arc::clone(&clock)).await;
    let settings = Providers::variables(providers.base(Till::Stripe), providers.base(Till::Paypal));
    let settings: Vec<_> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
    (TestApp::with_clock(&settings, clock).await, providers)
}

/// What somebody has.
struct Things {
    owner: String,
    /// A hold that is to be confirmed.
    kept: Value,
    /// A hold that is to be given back.
    spare: Value,
    /// What the bookings were made of, with the provider that was chosen.
    spent: [(Value, &'static str); 2],
    /// A confirmed booking of a free place.
    confirmed: Value,
    /// A booking that waits for its payment.
    pending: Value,
}

impl Things {
    async fn of(night: &Night, owner: &str, client: &Client) -> Self {
        let mut made = Vec::new();
        let mut spent = Vec::new();
        for (kind, provider) in [(&night.free, "free"), (&night.paid, "stripe")] {
            let hold = night.hold(client, kind, 1).await;
            made.push(client.post("/bookings/confirm", &wish(&hold, provider)).await.expect(201));
            spent.push((hold, provider));
        }
        let [confirmed, pending] = made.try_into().unwrap();
        assert_eq!(
            (&confirmed["status"], &pending["status"]),
            (&json!("confirmed"), &json!("pending_payment"))
        );
        assert_eq!(pending["payment"]["status"], "open");
        let (kept, spare) =
            (night.hold(client, &night.free, 1).await, night.hold(client, &night.free, 2).await);
        Self { owner: owner.to_owned(), kept, spare, spent: spent.try_into().unwrap(), confirmed, pending }
    }

    fn ticket(&self) -> &Value {
        &self.confirmed["tickets"][0]
    }

    /// Every call that names one of them, and what everybody else is answered.
    fn calls(&self) -> Vec<(&'static str, String, Value, (u16, &'static str))> {
        let missing = (404, "not_found");
        let mut calls = Vec::new();
        let open = [(self.kept.clone(), "free"), (self.spare.clone(), "free")];
        for (hold, provider) in open.iter().chain(&self.spent) {
            let path = hold_path(hold);
            calls.push(("GET", format!("{path}/validate"), Value::Null, missing));
            calls.push(("POST", "/bookings/confirm".into(), wish(hold, provider), (409, "hold_expired")));
            calls.push(("DELETE", path, Value::Null, missing));
        }
        for booking in [&self.confirmed, &self.pending] {
            let path = format!("/bookings/{}", id(booking));
            calls.push(("POST", format!("{path}/pay"), json!({"provider": "stripe"}), missing));
            calls.push(("GET", path, Value::Null, missing));
        }
        let mut read = vec![format!("/users/{}/tickets", self.owner)];
        read.extend(ticket_paths(self.ticket()));
        calls.extend(read.into_iter().map(|path| ("GET", path, Value::Null, missing)));
        calls
    }

    /// What nobody else may find in any answer.
    fn secrets(&self) -> Vec<&str> {
        let mut secrets = vec![id(self.ticket()), self.ticket()["code"].as_str().unwrap()];
        for booking in [&self.confirmed, &self.pending] {
            secrets.extend([id(booking), booking["reference"].as_str().unwrap()]);
        }
        secrets.extend([&self.kept, &self.spare].map(|hold| hold["hold_id"].as_str().unwrap()));
        secrets.push(self.pending["payment"]["checkout_url"].as_str().unwrap());
        secrets
    }

    /// All that their owner sees of them.
    async fn seen(&self, owner: &Client) -> Vec<String> {
        let mut paths: Vec<_> = ticket_paths(self.ticket()).into();
        paths.extend([&self.confirmed, &self.pending].map(|booking| format!("/bookings/{}", id(booking))));
        paths.extend([&self.kept, &self.spare].map(|hold| format!("{}/validate", hold_path(hold))));
        paths.extend(["/users/bookings".into(), "/users/me/tickets".into()]);
        paths.push(format!("/users/{}/tickets", self.owner));
        let mut seen = Vec::new();
        for path in paths {
            let answered = owner.get(&path).await;
            assert_eq!(answered.status, 200, "{path}: {}", answered.text);
            seen.push(answered.text);
        }
        seen
    }
}

fn hold_path(hold: &Value) -> String {
    format!("/seats/hold/{}", hold["hold_id"].as_str().unwrap())
}

fn ticket_paths(ticket: &Value) -> [String; 4] {
    ["", "/qr.svg", "/qr.png", "/ticket.pdf"].map(|what| format!("/tickets/{}{what}", id(ticket)))
}

/// How many places of each kind are left, read anew.
async fn left(app: &TestApp, cast: &Cast, night: &Night) -> Value {
    app.app.answers.everything_changed();
    cast.owner.client.get(&format!("/events/{}/availability", night.event)).await.expect(200)
}

#[tokio::test]
async fn nobody_sees_or_changes_what_is_anothers_not_even_those_who_run_things() {
    let (app, _providers) = with_providers().await;
    let cast = Cast::of(&app).await;
    let night = Night::of(&cast, "Private").await;
    let owner = &cast.member.client;
    let things = Things::of(&night, &cast.member.id, owner).await;
    let (seen, places) = (things.seen(owner).await, left(&app, &cast, &night).await);
    let other = app.member().await;
    let people = [
        ("stranger", &app.stranger()),
        ("member", &other.client),
        ("door", &cast.door.client),
        ("manager", &cast.manager.client),
        ("owner of the organisation", &cast.owner.client),
        ("admin", &cast.admin.client),
        ("foreigner", &cast.foreigner.client),
    ];
    for (who, client) in people {
        for (name, path, body, refusal) in things.calls() {
            let request = client.request(method(name), &path);
            let request = if body.is_null() { request } else { request.json(&body) };
            let answered = answer(request).await;
            let (status, code) = if who == "stranger" { (401, "unauthenticated") } else { refusal };
            let told = (answered.status, answered.json["code"].as_str());
            assert_eq!(told, (status, Some(code)), "{name} {path} as {who}: {}", answered.text);
            for secret in things.secrets() {
                assert!(!answered.text.contains(secret), "{name} {path} tells {who}: {}", answered.text);
            }
        }
    }
    assert_eq!(things.seen(owner).await, seen, "nothing has changed for whom it belongs to");
    assert_eq!(left(&app, &cast, &night).await, places);
    assert_eq!(app.app.bookings.stock_differences().await.unwrap(), []);
    still_do_everything(&things, owner).await;
}

async fn still_do_everything(things: &Things, owner: &Client) {
    let path = format!("/bookings/{}/pay", id(&things.pending));
    let paying = owner.post(&path, &json!({"provider": "stripe"})).await.expect(201);
    assert_eq!((&paying["id"], &paying["payment"]["status"]), (&things.pending["id"], &json!("open")));
    let confirmed = owner.post("/bookings/confirm", &wish(&things.kept, "free")).await.expect(201);
    assert_eq!(
        (&confirmed["status"], confirmed["tickets"].as_array().unwrap().len()),
        (&json!("confirmed"), 1)
    );
    owner.delete(&hold_path(&things.spare)).await.expect(204);
    let again = owner.post("/bookings/confirm", &wish(&things.spent[0].0, "free")).await.expect(201);
    assert_eq!(id(&again), id(&things.confirmed), "the same hold is the same booking, for its owner");
}

#[tokio::test]
async fn lists_hold_what_is_ones_own_and_nothing_else() {
    let (app, _providers) = with_providers().await;
    let cast = Cast::of(&app).await;
    let night = Night::of(&cast, "Private").await;
    let things = Things::of(&night, &cast.member.id, &cast.member.client).await;
    let other = app.member().await;
    let theirs = night.book(&other.client, 1).await;
    for client in [&other.client, &cast.admin.client, &cast.owner.client] {
        for path in ["/users/bookings?limit=100", "/users/me/tickets?limit=100", "/users/me/export"] {
            let answered = client.get(path).await;
            assert_eq!(answered.status, 200, "{path}: {}", answered.text);
            for secret in things.secrets() {
                assert!(!answered.text.contains(secret), "{path} tells {secret}");
            }
        }
    }
    let ids = async |client: &Client, path: &str| {
        let list = client.get(path).await.expect(200);
        let mut ids: Vec<_> = column(&list, "id").into_iter().map(str::to_owned).collect();
        ids.sort_unstable();
        ids
    };
    let ticket = id(&theirs["tickets"][0]);
    assert_eq!(ids(&other.client, "/users/bookings").await, [id(&theirs)]);
    assert_eq!(ids(&other.client, "/users/me/tickets").await, [ticket]);
    assert_eq!(ids(&other.client, &format!("/users/{}/tickets", other.id)).await, [ticket]);
    let mut own = [id(&things.confirmed), id(&things.pending)];
    own.sort_unstable();
    assert_eq!(ids(&cast.member.client, "/users/bookings").await, own);
    assert_eq!(ids(&cast.member.client, "/users/me/tickets").await, [id(things.ticket())]);
    assert_eq!(ids(&cast.admin.client, "/users/bookings").await, [""; 0]);
    assert_eq!(ids(&cast.admin.client, "/users/me/tickets").await, [""; 0]);
}
