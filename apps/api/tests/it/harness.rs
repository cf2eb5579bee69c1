//! A whole server inside the test, and a small client for it.

mod books;
pub mod browser;
pub mod bucket;
mod client;
pub mod collector;
pub mod document;
pub mod files;
pub mod form;
pub mod process;
pub mod providers;
pub mod receiver;
pub mod scan;
pub mod shop;
pub mod simulated;
pub mod stored;
pub mod wire;

pub use client::{Answer, Client, answer};

use chrono::TimeDelta;
use kernel::{Clock, SystemClock};
use reqwest::Method;
use serde_json::{Value, json};
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use synesthesie::config::{Config, MediaUrl};
use synesthesie::http::{Server, start};
use synesthesie::wiring::{App, build};
use synesthesie::worker::QUICK;

/// What everybody's password is.
pub const PASSWORD: &str = "correct horse battery";

/// Given, or it would be made and kept beside the sources when the store is a database.
const SEED: &str = "6a1f0c5b9e8d7c2b3a4f5e6d7c8b9a0f1e2d3c4b5a69788796a5b4c3d2e1f001";

/// Makes two tests of each case, one on each store: a case is given the [`shop::Store`], or what `open` makes of it.
macro_rules! on_each_store {
    ($($case:ident),+ $(,)?) => {
        mod on_local { $(#[tokio::test] async fn $case() { super::$case(crate::harness::shop::Store::Local).await; })+ }
        mod on_postgres { $(#[tokio::test] async fn $case() { super::$case(crate::harness::shop::Store::Postgres).await; })+ }
    };
    ($of:ident::$open:ident: $($case:ident),+ $(,)?) => {
        mod on_local { $(#[tokio::test] async fn $case() { super::$case(super::$of::$open(crate::harness::shop::Store::Local).await).await; })+ }
        mod on_postgres { $(#[tokio::test] async fn $case() { super::$case(super::$of::$open(crate::harness::shop::Store::Postgres).await).await; })+ }
    };
}
pub(crate) use on_each_store;

/// A server on a port of its own, with a store of its own.
pub struct TestApp {
    /// The server's inside, for what HTTP does not show.
    pub app: Arc<App>,
    /// Where it listens: `http://127.0.0.1:PORT`.
    pub url: String,
    server: Option<Server>,
    http: reqwest::Client,
}

/// Somebody who is logged in.
pub struct Person {
    /// Their id.
    pub id: String,
    /// What they log in with.
    pub email: String,
    /// The newest refresh token.
    pub refresh_token: String,
    /// Sends with their access token.
    pub client: Client,
}

impl TestApp {
    /// In memory, without limits, with the machine's clock.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With variables, as `("auth.registration", "open")`.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        Self::with_clock(settings, Arc::new(SystemClock)).await
    }

    /// With variables and another clock.
    pub async fn with_clock(settings: &[(&str, &str)], clock: Arc<dyn Clock>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let config = config(&address, settings);
        let app = Arc::new(build(&config, clock).await.unwrap());
        let server = start(Arc::clone(&app), listener).unwrap();
        let http = http().timeout(Duration::from_secs(60)).build().unwrap();
        Self { app, url: format!("http://{address}"), server: Some(server), http }
    }

    /// Somebody without a token.
    pub fn stranger(&self) -> Client {
        Client::new(self.http.clone(), self.url.clone(), None)
    }

    /// Somebody with this token.
    pub fn with_token(&self, token: &str) -> Client {
        Client::new(self.http.clone(), self.url.clone(), Some(token.to_owned()))
    }

    /// A new admin.
    pub async fn admin(&self) -> Person {
        let email = unique_email("admin");
        let names = ("Site", "Admin");
        self.app.accounts.create_admin(&email, PASSWORD.into(), names).await.unwrap();
        self.login(&email, PASSWORD).await
    }

    /// A new member, invited by a new admin.
    pub async fn member(&self) -> Person {
        let code = self.invite(1).await;
        let email = unique_email("member");
        let body = registration(&code, &email);
        person(self, &email, &self.stranger().post("/auth/register", &body).await.expect(201))
    }

    /// Proves that somebody reads mail at their address, with the link that they were sent.
    pub async fn confirm_address(&self, person: &Person) {
        let now = self.app.clock.now();
        let due = self.app.outbox.claim(&QUICK, now, now + TimeDelta::milliseconds(1), 1000).await.unwrap();
        // Only looked at: it is still to be performed, and has not failed.
        for due in &due {
            self.app.outbox.defer(due.lease(), due.due_at).await.unwrap();
        }
        for due in due {
            if let Ok(accounts::Effect::SendVerification { one_time }) = serde_json::from_str(&due.body)
                && let Some(letter) = self.app.accounts.verification_letter(one_time).await.unwrap()
                && letter.to.as_str() == person.email
            {
                let body = json!({"token": letter.token.expose()});
                self.stranger().post("/auth/verify-email", &body).await.expect(204);
                return;
            }
        }
        panic!("{} was sent no link", person.email);
    }

    /// A code that opens so many accounts.
    pub async fn invite(&self, max_uses: u32) -> String {
        let admin = self.admin().await;
        let made = admin.client.post("/admin/invites", &json!({"max_uses": max_uses})).await.expect(201);
        made["items"][0]["code"].as_str().unwrap().to_owned()
    }

    /// Logs somebody in.
    pub async fn login(&self, email: &str, password: &str) -> Person {
        let body = json!({"email": email, "password": password});
        person(self, email, &self.stranger().post("/auth/login", &body).await.expect(200))
    }

    /// Stops the server.
    pub async fn stop(mut self) {
        if let Some(server) = self.server.take() {
            server.stop(Duration::ZERO).await.unwrap();
        }
    }
}

/// Who asks. A connection that was quiet is not used again: the server ends it after a few seconds, perhaps at the very moment at
/// which something is asked.
pub fn http() -> reqwest::ClientBuilder {
    reqwest::Client::builder().no_proxy().pool_idle_timeout(Duration::from_secs(2))
}

/// A configuration for tests, at an address.
pub fn config(address: &str, settings: &[(&str, &str)]) -> Config {
    let media = media_folder();
    let mut all = vec![
        ("http.bind", address),
        ("media.url", &*media),
        ("store.url", "local::memory:"),
        ("auth.bcrypt_cost", "4"),
        ("auth.signing_key", SEED),
        ("limits.enabled", "false"),
        ("payments.simulators", "false"),
        ("worker.enabled", "false"),
    ];
    // What costs something is published only where somebody could take the money; nobody listens there.
    if !settings.iter().any(|(key, _)| key.starts_with("payments.") || key.starts_with("stripe.")) {
        all.extend([
            ("stripe.secret_key", "sk_test_nobody"),
            ("stripe.webhook_secrets", "whsec_nobody"),
            ("stripe.api_base", "http://127.0.0.1:9"),
        ]);
    }
    all.extend(settings);
    let variables = all.into_iter().map(|(key, value)| {
        (format!("SYNESTHESIE__{}", key.to_uppercase().replace('.', "__")), value.to_owned())
    });
    let mut config = Config::from_sources(None, variables).unwrap();
    // What runs is the test, which knows no hidden commands.
    config.media.program = Some(env!("CARGO_BIN_EXE_synesthesie").into());
    config
}

/// A folder that nobody else has; it is there when something is put into it, and goes with the server.
fn media_folder() -> String {
    let name = uuid::Uuid::new_v4().simple().to_string();
    format!("file:{}", Path::new(env!("CARGO_TARGET_TMPDIR")).join("media").join(name).display())
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if let MediaUrl::Folder(folder) = &self.app.config.media.url
            && folder.starts_with(env!("CARGO_TARGET_TMPDIR"))
        {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// An address that no other test has.
pub fn unique_email(who: &str) -> String {
    format!("{who}-{}@example.org", uuid::Uuid::new_v4().simple())
}

/// A good body for `/auth/register`.
pub fn registration(code: &str, email: &str) -> Value {
    json!({
        "invite_code": code, "email": email, "password": PASSWORD, "first_name": "Ada", "last_name": "Byron",
    })
}

fn person(app: &TestApp, email: &str, session: &Value) -> Person {
    Person {
        id: session["user"]["id"].as_str().unwrap().to_owned(),
        email: email.to_owned(),
        refresh_token: session["refresh_token"].as_str().unwrap().to_owned(),
        client: app.with_token(session["access_token"].as_str().unwrap()),
    }
}

/// The methods that routes have.
pub fn method(name: &str) -> Method {
    name.parse().unwrap()
}
