//! What opens an account stands neither in the log, at its most talkative, nor in the store.

use crate::events::cast::Cast;
use crate::harness::collector::Lines;
use crate::harness::{PASSWORD, TestApp, registration, unique_email};
use crate::night::{Night, wish};
use adapter_postgres::testing::fresh_database;
use messaging::MailList;
use reqwest::Method;
use serde_json::{Value, json};
use synesthesie::worker;
use testkit::certificates::{Chain, PASS_TYPE, TEAM};
use testkit::dkim;
use testkit::fixtures_accounts::shown_code;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

/// Writes down all that this process logs, at its most talkative, and every span with what it says.
fn listen() -> Lines {
    let lines = Lines::default();
    let sink = lines.clone();
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new("debug,actix_http::h1::dispatcher=off"))
        .with_span_events(FmtSpan::NEW | FmtSpan::CLOSE)
        .with_writer(move || sink.clone())
        .init();
    lines
}

/// Somebody logs in, enrols a device, logs in by it, and asks for another address: all that nobody else shall see of the
/// device, and the address.
async fn enrolled(app: &TestApp, email: &str) -> (Vec<String>, String) {
    let person = app.login(email, PASSWORD).await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let begun = person.client.post("/users/me/totp", &json!({"password": PASSWORD})).await.expect(201);
    let secret = text(&begun["secret"]);
    let first = json!({"totp": shown_code(&secret, app.app.clock.now())});
    let codes = person.client.post("/users/me/totp/confirm", &first).await.expect(200);
    let codes: Vec<_> = codes["recovery_codes"].as_array().unwrap().iter().map(text).collect();
    let login = json!({"email": email, "password": PASSWORD, "totp": codes[0]});
    app.stranger().post("/auth/login", &login).await.expect(200);
    let moved = unique_email("elsewhere");
    let asked = json!({"email": moved, "password": PASSWORD, "totp": codes[1]});
    person.client.post("/users/me/email", &asked).await.expect(202);
    (codes.into_iter().chain([secret]).collect(), moved)
}

#[tokio::test]
async fn no_password_token_code_or_address_is_logged() {
    let lines = listen();
    let app = TestApp::start().await;
    let (code, email, wrong) = (app.invite(2).await, unique_email("secretive"), "a wrong password");
    let stranger = app.stranger();
    stranger.get(&format!("/invites/{code}")).await.expect(200);
    let opened = stranger.post("/auth/register", &registration(&code, &email)).await.expect(201);
    stranger.post("/auth/register", &registration(&code, &email)).await.expect_problem(409, "email_taken");
    let login = json!({"email": email, "password": wrong});
    stranger.post("/auth/login", &login).await.expect_problem(401, "invalid_credentials");
    let refresh = json!({"refresh_token": opened["refresh_token"]});
    let refreshed = stranger.post("/auth/refresh", &refresh).await.expect(200);
    stranger.post("/auth/refresh", &refresh).await.expect_problem(401, "refresh_reused");
    let malformed = format!("{{\"password\": \"{PASSWORD}\", \"email\": \"{email}\"");
    let broken = stranger.request(reqwest::Method::POST, "/auth/login").body(malformed).send().await.unwrap();
    assert!(broken.status().is_client_error());
    let (device, moved) = enrolled(&app, &email).await;
    let account = opened["user"]["id"].as_str().unwrap().parse().unwrap();
    let link = app.app.announcements.link(account, MailList::News);
    stranger.post(&format!("/api/v1/unsubscribe/{link}"), &json!({})).await.expect(204);
    let logged = lines.text();
    let secret = |name: &str| [&opened, &refreshed].map(|session| session[name].as_str().unwrap().to_owned());
    let said = [code, email, wrong.to_owned(), PASSWORD.to_owned(), moved, link];
    for secret in said.into_iter().chain(device).chain(secret("access_token")).chain(secret("refresh_token"))
    {
        assert!(!logged.contains(&secret), "{secret} is in the log:\n{logged}");
    }
    assert!(logged.contains("/api/v1/invites/{code}"), "the requests were logged: {logged}");
}

#[tokio::test]
async fn nothing_in_the_store_opens_an_account() {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("local:{}", folder.path().display());
    let app = TestApp::with(&[("store.url", store.as_str())]).await;
    let (code, email) = (app.invite(2).await, unique_email("secretive"));
    let opened = app.stranger().post("/auth/register", &registration(&code, &email)).await.expect(201);
    app.stranger().post("/auth/forgot-password", &json!({"email": email})).await.expect(202);
    let tokens = ["access_token", "refresh_token"].map(|name| opened[name].as_str().unwrap().to_owned());
    let (device, _) = enrolled(&app, &email).await;
    app.stop().await;
    let mut kept = Vec::new();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        kept.extend(std::fs::read(file.unwrap().path()).unwrap());
    }
    let holds = |text: &str| kept.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(holds(&email), "the store was written");
    let bare = code.replace('-', "");
    for secret in tokens.iter().chain(&device).chain([&code, &bare]).map(String::as_str).chain([PASSWORD]) {
        assert!(!holds(secret), "{secret} is in the store");
    }
}

/// What is secret of the configuration (marked so in docs/operations.md), each with letters that stand nowhere else. Without
/// letters: what is shown to others, as the name of who asks in links to a bucket. Private keys of backups are in no
/// configuration: `backup::told` looks for them.
const CONFIGURED: [(&str, Option<&str>); 22] = [
    ("auth.signing_key", Some("5ec2e75ec2e7")),
    ("backup.access_key", None),
    ("backup.scratch_url", Some("hunter2-scratch")),
    ("backup.secret_key", Some("hunter2-backup")),
    ("events.url", Some("hunter2-events")),
    ("mail.dkim_key", Some("MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v")),
    ("mail.url", Some("hunter2-mail")),
    ("mail.webhook_secrets", Some("hunter2reports")),
    ("media.access_key", None),
    ("media.secret_key", Some("hunter2-media")),
    ("paypal.client_id", Some("hunter2-client")),
    ("paypal.client_secret", Some("hunter2-paypal")),
    ("paypal.webhook_id", Some("HUNTER2WEBHOOK")),
    ("redis.url", Some("hunter2-redis")),
    ("store.url", Some("hunter2-store")),
    ("stripe.secret_key", Some("hunter2stripe")),
    ("stripe.webhook_secrets", Some("hunter2hooks")),
    ("telemetry.otlp_authorization", Some("hunter2-traces")),
    // Looked for by their own letters, which are made for each test.
    ("wallet.apple_certificate", None),
    ("wallet.apple_key", None),
    ("wallet.apple_wwdr", None),
    ("wallet.google_service_account", None),
];

#[test]
fn every_secret_of_the_configuration_is_looked_for() {
    let page = include_str!("../../../../docs/operations.md");
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let mut documented: Vec<_> = rows
        .flat_map(|row| {
            let pieces: Vec<_> = row.split('`').collect();
            let keys =
                pieces.windows(2).filter(|pair| pair[1].starts_with(" †")).map(|pair| pair[0].to_owned());
            keys.collect::<Vec<_>>()
        })
        .collect();
    documented.sort();
    assert!(documented.len() > 15, "{documented:?}");
    documented.retain(|key| !CONFIGURED.iter().any(|(known, _)| known == key));
    assert_eq!(documented, Vec::<String>::new(), "give them values here that are looked for");
}

#[tokio::test]
async fn nothing_secret_of_the_configuration_is_logged_or_shown() {
    let lines = listen();
    let folder = tempfile::tempdir().unwrap();
    let chain = Chain::made_in(folder.path());
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let account = json!({"type": "service_account", "client_email": "passes@example.org",
        "private_key": chain.text("own.key")});
    std::fs::write(folder.path().join("account.json"), account.to_string()).unwrap();
    let database = fresh_database(&testkit::servers::postgres().url).await.unwrap();
    // Nobody is asked for a password there; one that is given has to stay where it is.
    let store = database.url().replacen("@127.0.0.1", ":hunter2-store@127.0.0.1", 1);
    assert!(store.contains("hunter2-store"));
    let (key, certificate, above) = (path("own.key"), path("own.pem"), path("above.pem"));
    let (account, signing) = (path("account.json"), "5ec2e75ec2e7".repeat(6)[..64].to_owned());
    let nobody = "http://127.0.0.1:9";
    let app = TestApp::with(&[
        ("auth.signing_key", &signing),
        ("backup.access_key", "AKIABACKUP"),
        ("backup.endpoint", nobody),
        ("backup.recipient", "age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa"),
        ("backup.region", "somewhere"),
        ("backup.scratch_url", "postgres://me:hunter2-scratch@127.0.0.1:9/postgres"),
        ("backup.secret_key", "hunter2-backup"),
        ("backup.url", "s3://backups/here"),
        ("events.url", "nats://me:hunter2-events@127.0.0.1:9/tickets"),
        ("mail.dkim_key", dkim::KEY),
        ("mail.dkim_selector", "summer"),
        ("mail.from", "The House <tickets@house.example>"),
        ("mail.url", "smtp://me:hunter2-mail@127.0.0.1:9"),
        ("mail.webhook_secrets", "whsec_hunter2reportshunter2reportsabcd"),
        ("media.access_key", "AKIAMEDIA"),
        ("media.endpoint", nobody),
        ("media.path_style", "true"),
        ("media.region", "somewhere"),
        ("media.secret_key", "hunter2-media"),
        ("media.url", "s3://media/here"),
        ("payments.timeout_seconds", "1"),
        ("paypal.api_base", nobody),
        ("paypal.client_id", "hunter2-client"),
        ("paypal.client_secret", "hunter2-paypal"),
        ("paypal.webhook_id", "HUNTER2WEBHOOK"),
        ("redis.url", "redis://:hunter2-redis@127.0.0.1:9"),
        ("store.url", &store),
        ("stripe.api_base", nobody),
        ("stripe.secret_key", "sk_test_hunter2stripe"),
        ("stripe.webhook_secrets", "whsec_hunter2hooks"),
        ("telemetry.otlp_authorization", "Basic hunter2-traces"),
        ("telemetry.otlp_url", nobody),
        ("wallet.apple_certificate_file", &certificate),
        ("wallet.apple_key_file", &key),
        ("wallet.apple_pass_type", PASS_TYPE),
        ("wallet.apple_team", TEAM),
        ("wallet.apple_wwdr_file", &above),
        ("wallet.google_issuer", "3388000000022"),
        ("wallet.google_service_account_file", &account),
    ])
    .await;
    let cast = Cast::of(&app).await;
    let night = Night::of(&cast, "Opening").await;
    let member = &cast.member.client;
    night.book(member, 1).await;
    // Nobody is there who could be asked: all of it fails, and says so.
    for provider in ["stripe", "paypal"] {
        let hold = night.hold(member, &night.paid, 1).await;
        let confirm = member.request(Method::POST, "/bookings/confirm").json(&wish(&hold, provider));
        assert_ne!(confirm.send().await.unwrap().status(), 404);
        let notice = app.stranger().request(Method::POST, &format!("/webhooks/{provider}"));
        let notice = notice.header("stripe-signature", "t=1,v1=00").json(&json!({"id": "evt_1"}));
        assert!(notice.send().await.unwrap().status().is_client_error());
    }
    let wish =
        json!({"kind": "set", "filename": "night.flac", "size": 1_000_000, "content_type": "audio/flac"});
    let upload = cast.admin.client.request(Method::POST, "/admin/uploads").json(&wish);
    assert!(!upload.send().await.unwrap().status().is_success());
    while worker::round(&app.app).await.unwrap() > 0 {}
    let backups = synesthesie::wiring::backups::build(&app.app.config, &app.app.clock).unwrap();
    assert!(backups.list().await.is_err(), "nobody keeps them");
    let shown = format!("{:?}{}", app.app.config, app.stranger().get("/metrics").await.text);
    let said = lines.text();
    assert!(said.contains("an effect failed") && said.contains("answered"), "{said}");
    let pem = chain.text("own.key");
    let of_wallets = pem.lines().find(|line| line.len() > 40).unwrap();
    let secrets = CONFIGURED.iter().filter_map(|(_, letters)| *letters);
    for secret in secrets.chain([of_wallets]) {
        assert!(!said.contains(secret), "{secret} is in the log:\n{said}");
        assert!(!shown.contains(secret), "{secret} is shown");
    }
}
