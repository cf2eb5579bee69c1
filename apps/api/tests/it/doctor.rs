//! The doctor beside real servers: nothing is wrong with a sound system, and each thing that is broken is named.

use crate::ahead::{LESS, MORE, migrated_further};
use crate::harness::providers::{Providers, Till};
use adapter_postgres::testing::{FreshDatabase, fresh_database};
use booking::{NoticeKey, Provider};
use chrono::TimeDelta;
use kernel::{Clock, SystemClock, transact};
use serde_json::Value;
use std::process::Command;
use std::sync::Arc;
use synesthesie::config::Config;
use synesthesie::doctor::{Report, State, examine};
use synesthesie::wiring;
use synesthesie::wiring::store::Stores;
use synesthesie::worker::seal_round;
use testkit::StoppedClock;
use testkit::dkim;
use testkit::servers::scripted::{Asked, Reply, serving};
use testkit::servers::{RedisServer, SmtpOptions, SmtpSink};

const KEY: &str = "2b7e151628aed2a6abf7158809cf4f3c2b7e151628aed2a6abf7158809cf4f3c";
const HOME: &str = "http://tickets.example";

/// Everything a system leans on.
struct Surroundings {
    database: FreshDatabase,
    redis: RedisServer,
    mail: SmtpSink,
    /// What the mail server's certificate is trusted by.
    trusted: tempfile::NamedTempFile,
    providers: Providers,
    settings: Vec<(String, String)>,
    clock: Arc<dyn Clock>,
}

impl Surroundings {
    /// All is as it should be.
    async fn sound() -> Self {
        let database = fresh_database(&testkit::servers::postgres().url).await.unwrap();
        let redis = RedisServer::start().unwrap();
        let login = Some(("me".to_owned(), "secret".to_owned()));
        let mail = SmtpSink::start(&SmtpOptions { starttls: true, login, ..SmtpOptions::default() }).unwrap();
        let trusted = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(trusted.path(), &mail.certificate().unwrap().pem).unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let mut providers = Providers::start(Arc::clone(&clock)).await;
        providers.tell(HOME);
        let mut all = Self { database, redis, mail, trusted, providers, settings: Vec::new(), clock };
        for (key, value) in
            Providers::variables(all.providers.base(Till::Stripe), all.providers.base(Till::Paypal))
        {
            all.set(key, &value);
        }
        let (url, redis, mail) = (all.database.url(), all.redis.url(), all.mail_url("me:secret"));
        for (key, value) in [
            ("store.url", url.as_str()),
            ("redis.url", &redis),
            ("mail.url", &mail),
            ("payments.simulators", "false"),
            ("http.public_url", HOME),
            ("auth.signing_key", KEY),
        ] {
            all.set(key, value);
        }
        all
    }

    fn mail_url(&self, login: &str) -> String {
        format!("smtp://{login}@127.0.0.1:{}?ca_file={}", self.mail.port(), self.trusted.path().display())
    }

    /// The last word wins.
    fn set(&mut self, key: &str, value: &str) {
        let name = format!("SYNESTHESIE__{}", key.to_uppercase().replace('.', "__"));
        self.settings.retain(|(known, _)| *known != name);
        self.settings.push((name, value.to_owned()));
    }

    async fn report(&self) -> Report {
        let config = Config::from_sources(None, self.settings.clone()).unwrap();
        examine(&config, &self.clock).await
    }

    /// What is broken now, and what is to be done about it.
    async fn broken(&self) -> Vec<(String, String)> {
        let report = self.report().await;
        let broken = report.findings.into_iter().filter(|finding| finding.state == State::Error);
        broken.map(|finding| (finding.check, finding.advice.unwrap())).collect()
    }

    /// That this and nothing else is broken.
    async fn only(&self, check: &str, advice: &str) {
        let broken = self.broken().await;
        let [(found, advised)] = broken.as_slice() else { panic!("{broken:?}") };
        assert_eq!(found, check);
        assert!(advised.contains(advice), "{advised}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_wrong_with_a_sound_system_and_its_last_notices_are_known() {
    let all = Surroundings::sound().await;
    let report = all.report().await;
    assert_eq!(report.count(State::Error), 0, "{report}");
    let warned: Vec<_> = report.findings.iter().filter(|one| one.state == State::Warning).collect();
    assert!(warned.iter().all(|one| one.check.ends_with("_last_notice")), "{report}");
    assert_eq!(warned.len(), 2);
    let config = Config::from_sources(None, all.settings.clone()).unwrap();
    let stores = Stores::open(&config.store.url).await.unwrap();
    for provider in [Provider::Stripe, Provider::Paypal] {
        let at = all.clock.now();
        let key = NoticeKey { provider, id: "evt_1".into(), kind: "any".into(), at };
        let tx = stores.booking.begin().await.unwrap();
        transact(tx, async |tx| tx.remember_notice(&key).await).await.unwrap();
    }
    let report = all.report().await;
    assert_eq!((report.count(State::Error), report.count(State::Warning)), (0, 0), "{report}");
    assert!(report.findings.len() > 10, "{report}");
    assert!(all.mail.messages().unwrap().is_empty(), "no mail is sent");
    for secret in [KEY, "me:secret", "whsec_", "sk_test"] {
        assert!(!report.to_string().contains(secret) && !report.json().contains(secret), "{report}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_away_or_of_another_shape_is_named() {
    let mut all = Surroundings::sound().await;
    let url = all.database.url();
    adapter_postgres::migrations::revert(&url).await.unwrap().unwrap();
    all.only("schema", "synesthesie migrate").await;
    adapter_postgres::migrate(&url).await.unwrap();
    migrated_further(&url, &[MORE]).await;
    let report = all.report().await;
    let found = report.findings.iter().find(|one| one.check == "schema").unwrap();
    assert!(found.state == State::Warning && found.found.contains("29991231000001"), "{report}");
    assert_eq!(report.count(State::Error), 0, "{report}");
    migrated_further(&url, &[MORE, LESS]).await;
    all.only("schema", "run the version that made it").await;
    all.set("store.url", "postgres://nobody@127.0.0.1:9/none");
    all.only("database", "start PostgreSQL").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_is_away_is_named() {
    let mut all = Surroundings::sound().await;
    all.redis.stop().unwrap();
    all.only("redis", "start Redis").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_server_that_does_not_take_us_is_named() {
    let mut all = Surroundings::sound().await;
    let wrong = all.mail_url("me:wrong");
    all.set("mail.url", &wrong);
    all.only("mail", "user and password").await;
    let untrusted = format!("smtp://me:secret@127.0.0.1:{}", all.mail.port());
    all.set("mail.url", &untrusted);
    all.only("mail", "certificate").await;
    all.set("mail.url", "smtp://127.0.0.1:9");
    all.only("mail", "host, port").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_that_providers_do_not_take_are_named() {
    let mut all = Surroundings::sound().await;
    all.set("stripe.secret_key", "sk_test_of_nobody");
    all.only("stripe_key", "stripe.secret_key").await;
    let mut all = Surroundings::sound().await;
    all.set("paypal.client_secret", "guessed");
    all.only("paypal_key", "paypal.client_id").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_that_are_missing_half_registered_or_not_believed_are_named() {
    let mut all = Surroundings::sound().await;
    all.set("http.public_url", "http://moved.example");
    let broken = all.broken().await;
    let checks: Vec<_> = broken.iter().map(|(check, _)| check.as_str()).collect();
    assert_eq!(checks, ["stripe_webhook", "paypal_webhook"]);
    assert!(broken[0].1.contains("http://moved.example/api/v1/webhooks/stripe"), "{broken:?}");
    all.set("http.public_url", HOME);
    all.providers.register(Till::Stripe, &["checkout.session.completed", "charge.dispute.created"]).await;
    all.only("stripe_webhook", "payment_intent.succeeded").await;
    all.providers.register(Till::Stripe, &["*"]).await;
    all.set("paypal.webhook_id", "OFSOMEBODYELSE");
    all.only("paypal_webhook", "webhook's id").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_off_is_named() {
    let mut all = Surroundings::sound().await;
    all.clock = Arc::new(StoppedClock::at(SystemClock.now() - TimeDelta::minutes(10)));
    let checks: Vec<_> = all.broken().await.into_iter().map(|(check, _)| check).collect();
    assert_eq!(checks, ["database_clock", "stripe_clock", "paypal_clock"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_is_kept_on_one_machine_alone_is_named() {
    let mut all = Surroundings::sound().await;
    all.set("auth.signing_key", "");
    assert_eq!(all.broken().await, []);
    let report = all.report().await;
    let found = report.findings.iter().find(|finding| finding.check == "signing_key").unwrap();
    assert_eq!(found.state, State::Warning);
    assert!(found.advice.as_ref().unwrap().contains("openssl rand -hex 32"), "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_under_which_the_store_was_not_served_is_named() {
    let mut all = Surroundings::sound().await;
    let config = Config::from_sources(None, all.settings.clone()).unwrap();
    let app = wiring::build(&config, Arc::clone(&all.clock)).await.unwrap();
    let password = "correct horse battery staple".to_owned();
    app.accounts.create_admin("root@house.example", password, ("Ada", "Byron")).await.unwrap();
    assert!(seal_round(&app).await.unwrap() > 0);
    assert_eq!(all.broken().await, []);
    all.set("auth.signing_key", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
    all.only("signing_key", "synesthesie audit verify").await;
}

fn run(folder: &std::path::Path, arguments: &[&str], more: &[(&str, &str)]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_synesthesie"))
        .args(arguments)
        .env("SYNESTHESIE__STORE__URL", format!("local:{}", folder.display()))
        .envs(more.iter().copied())
        .output()
        .unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn the_command_says_it_in_words_or_as_json_and_fails_when_something_is_broken() {
    let folder = tempfile::tempdir().unwrap();
    let (code, said) = run(folder.path(), &["doctor"], &[]);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("ok       signing_key")
            && said.contains("ok       wallet")
            && said.contains("0 errors"),
        "{said}"
    );
    let broken = [("SYNESTHESIE__REDIS__URL", "redis://127.0.0.1:9/0")];
    let (code, said) = run(folder.path(), &["doctor", "--json"], &broken);
    assert_eq!(code, 1, "{said}");
    let report: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(report["errors"], 1);
    let found = report["findings"].as_array().unwrap().iter().find(|one| one["check"] == "redis").unwrap();
    assert_eq!(found["state"], "error");
    assert!(found["advice"].as_str().unwrap().contains("Redis"));
    let google = [
        ("SYNESTHESIE__WALLET__GOOGLE_ISSUER", "3388000000022"),
        ("SYNESTHESIE__WALLET__GOOGLE_SERVICE_ACCOUNT", "hunter2"),
    ];
    let (code, said) = run(folder.path(), &["doctor"], &google);
    assert!(code == 1 && said.contains("ERROR    wallet") && !said.contains("hunter2"), "{said}");
    let wrong = [("SYNESTHESIE__HTTP__BIND", "nowhere"), ("SYNESTHESIE__HTTP__BNID", "x")];
    let (code, said) = run(folder.path(), &["doctor", "--json"], &wrong);
    let report: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, &report["errors"]), (1, &serde_json::json!(2)), "{said}");
}

#[test]
fn what_dns_has_to_say_of_signatures_is_said_and_one_that_says_nothing_is_named() {
    let folder = tempfile::tempdir().unwrap();
    // Nobody is there, which is a mistake of its own.
    let mut settings = vec![
        ("SYNESTHESIE__MAIL__URL", "smtp://127.0.0.1:9"),
        ("SYNESTHESIE__MAIL__FROM", "The House <tickets@house.example>"),
    ];
    let (_, said) = run(folder.path(), &["doctor"], &settings);
    assert!(said.contains("ok       mail_dkim") && said.contains("not signed here"), "{said}");
    settings.push(("SYNESTHESIE__MAIL__DKIM_KEY", dkim::KEY));
    settings.push(("SYNESTHESIE__MAIL__DKIM_SELECTOR", "summer"));
    let (_, said) = run(folder.path(), &["doctor"], &settings);
    let record = format!("summer._domainkey.house.example. IN TXT ( \"{}\" )", dkim::PUBLISHED);
    assert!(said.contains("ok       mail_dkim") && said.contains(&record), "{said}");
    settings.push(("SYNESTHESIE__MAIL__DKIM_DOMAIN", "warehouse.example"));
    let (code, said) = run(folder.path(), &["doctor"], &settings);
    assert!(said.contains("warning  mail_dkim") && said.contains("set mail.dkim_domain"), "{said}");
    assert_eq!(code, 1, "the mail server is missed: {said}");
    assert!(said.contains("1 errors") && !said.contains("MC4CAQ"), "{said}");
}

/// What strangers may be let do with a bucket, as it is called.
static RIGHTS: [&str; 4] =
    ["read objects", "list the bucket", "put objects into the bucket", "remove objects"];

/// Which of them is made use of.
fn used(asked: &Asked) -> &'static str {
    match asked.line.split(' ').next() {
        Some("PUT") => "put objects into the bucket",
        Some("DELETE") => "remove objects",
        _ if asked.line.contains("list-type=2") => "list the bucket",
        _ => "read objects",
    }
}

/// As a store answers in which all goes well, for whoever asks: it has what the doctor has put there, until the doctor has
/// removed it and looks whether that is gone.
fn obliging(asked: &Asked) -> Reply {
    const PUT: &str = "May be removed.";
    let mut words = asked.line.split(' ');
    let (method, address) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let query = address.split_once('?').map_or("", |(_, query)| query);
    let said = |name: &str| {
        let mut pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        pairs.find(|(found, _)| *found == name).map(|(_, value)| value.replace("%2F", "/"))
    };
    let (begins, in_parts, lists) =
        (said("uploads").is_some(), said("uploadId").is_some(), said("list-type").is_some());
    let size = PUT.len();
    match method {
        "HEAD" => Reply::status(404, ""),
        "GET" if lists => Reply::fine(format!(
            "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>{}</Key><Size>{size}</Size>\
             </Contents></ListBucketResult>",
            said("prefix").unwrap_or_default()
        )),
        "GET" if begins => Reply::fine("<ListMultipartUploadsResult></ListMultipartUploadsResult>"),
        "GET" if in_parts => Reply::fine(format!(
            "<ListPartsResult><IsTruncated>false</IsTruncated><Part><PartNumber>1</PartNumber>\
             <ETag>\"x\"</ETag><Size>{size}</Size></Part></ListPartsResult>"
        )),
        "GET" => Reply::fine(PUT),
        "POST" if begins => Reply::fine(
            "<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>",
        ),
        "POST" if in_parts => {
            Reply::fine("<CompleteMultipartUploadResult><ETag>\"x\"</ETag></CompleteMultipartUploadResult>")
        }
        "POST" => Reply::fine("<DeleteResult></DeleteResult>"),
        _ => Reply::fine(""),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_that_is_open_to_strangers_fails_the_command_and_is_named() {
    let mut cases: Vec<&'static [&'static str]> = RIGHTS.chunks(1).collect();
    cases.extend([&RIGHTS[..], &[]]);
    for open in cases {
        let endpoint = serving(move |asked: &Asked| {
            let known = asked.is_signed() || asked.is_by_link() || asked.line.starts_with("OPTIONS");
            if known || open.contains(&used(asked)) { obliging(asked) } else { Reply::status(403, "") }
        });
        let endpoint = endpoint.await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let workplace = folder.path().join("work").display().to_string();
        let settings = [
            ("SYNESTHESIE__MEDIA__URL", "s3://the-house/live"),
            ("SYNESTHESIE__MEDIA__ENDPOINT", endpoint.as_str()),
            ("SYNESTHESIE__MEDIA__REGION", "somewhere"),
            ("SYNESTHESIE__MEDIA__ACCESS_KEY", "me"),
            ("SYNESTHESIE__MEDIA__SECRET_KEY", "hunter2"),
            ("SYNESTHESIE__MEDIA__PATH_STYLE", "true"),
            ("SYNESTHESIE__MEDIA__WORKPLACE", workplace.as_str()),
        ];
        let (code, said) = run(folder.path(), &["doctor"], &settings);
        let of = |check: &str| {
            let line = said.lines().find(|line| line.split_whitespace().nth(1) == Some(check));
            line.unwrap_or_else(|| panic!("no {check}: {said}"))
        };
        // Whatever else there is to be said of it is good: what fails is that it is open.
        assert!(of("media").starts_with("ok") && of("media").contains(" the-house,"), "{said}");
        assert!(of("media_cors").starts_with("ok"), "{said}");
        let (privacy, is_open) = (of("media_privacy"), !open.is_empty());
        assert_eq!((code, privacy.starts_with("ERROR")), (i32::from(is_open), is_open), "{open:?}: {said}");
        for right in RIGHTS {
            let named = privacy.contains(&format!("anybody can {right}: take "));
            assert_eq!(named, open.contains(&right), "{right}: {said}");
        }
        assert_eq!(said.contains("make the bucket private at once"), is_open, "{said}");
        assert!(said.contains(if is_open { "1 errors" } else { "0 errors" }), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}
