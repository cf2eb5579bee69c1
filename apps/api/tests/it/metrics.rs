//! What is counted, and whether those who watch find it: in the documentation, on the dashboard, in the alarms.

use crate::harness::TestApp;
use crate::harness::on_each_store;
use crate::harness::providers::Till;
use crate::harness::shop::{Shop, Store};
use adapter_postgres::migrate;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use synesthesie::metrics::Metrics;
use synesthesie::worker;
use testkit::noon;
use testkit::servers::{PostgresOptions, PostgresServer, RedisServer};
use tokio::sync::watch;

/// How long anything may take on a machine that compiles meanwhile.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);

on_each_store!(what_a_sale_does_is_counted);

async fn text(app: &TestApp) -> String {
    let answer = app.stranger().get("/metrics").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.text
}

/// The value of a sample.
fn value(text: &str, sample: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '))?;
    line.parse().ok()
}

async fn what_a_sale_does_is_counted(store: Store) {
    let shop = Shop::open(store, 5).await;
    let (ada, eve) = (shop.buyer().await, shop.buyer().await);
    let booking = shop.book(&ada, Till::Stripe).await;
    shop.hold(&eve, 1).await;
    shop.press(&booking, "pay").await;
    shop.work().await;
    let forged = shop.app.stranger().post("/webhooks/stripe", &json!({})).await;
    forged.expect_problem(400, "signature_invalid");
    let text = text(&shop.app).await;
    for (sample, expected) in [
        ("synesthesie_store_up", 1.0),
        ("synesthesie_holds", 1.0),
        ("synesthesie_outbox_parked", 0.0),
        (
            "synesthesie_provider_call_seconds_count{provider=\"stripe\",call=\"open\",outcome=\"answered\"}",
            1.0,
        ),
        ("synesthesie_notices_total{of=\"stripe\",result=\"forged\"}", 1.0),
    ] {
        assert_eq!(value(&text, sample), Some(expected), "{sample} in:\n{text}");
    }
    for sample in [
        "synesthesie_job_seconds_count{lane=\"quick\",domain=\"booking\",result=\"finished\"}",
        "synesthesie_notices_total{of=\"stripe\",result=\"applied\"}",
        "synesthesie_effects_total{of=\"booking\",result=\"finished\"}",
        "synesthesie_mails_total{of=\"mail\",result=\"sent\"}",
    ] {
        assert!(value(&text, sample) >= Some(1.0), "{sample} in:\n{text}");
    }
    // Nobody configured these.
    assert!(!["redis_up", "backup_last_good", "events_"].iter().any(|name| text.contains(name)), "{text}");
}

#[tokio::test]
async fn what_is_away_is_told_and_the_rest_is_shown_all_the_same() {
    let mut postgres = PostgresServer::start(&PostgresOptions::default()).unwrap();
    postgres.query("postgres", "CREATE DATABASE watched;").unwrap();
    let (store, mut redis) = (postgres.database_url("watched"), RedisServer::start().unwrap());
    migrate(&store).await.unwrap();
    let app = TestApp::with(&[("store.url", &store), ("redis.url", &redis.url())]).await;
    let there = text(&app).await;
    for sample in ["synesthesie_store_up", "synesthesie_redis_up"] {
        assert_eq!(value(&there, sample), Some(1.0), "{there}");
    }
    redis.stop().unwrap();
    postgres.stop_immediate().unwrap();
    let away = text(&app).await;
    for sample in ["synesthesie_store_up", "synesthesie_redis_up"] {
        assert_eq!(value(&away, sample), Some(0.0), "{away}");
    }
    assert!(!away.contains("synesthesie_outbox") && !away.contains("synesthesie_holds"), "{away}");
    assert!(
        value(&away, "synesthesie_pool_open").is_some() && away.contains("synesthesie_build_info{"),
        "{away}"
    );
}

#[tokio::test]
async fn that_there_is_no_good_backup_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let vault = format!("file:{}", folder.path().display());
    let recipient = "age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa";
    let app = TestApp::with(&[("backup.url", &vault), ("backup.recipient", recipient)]).await;
    let (stop, stopped) = watch::channel(false);
    let work = tokio::spawn(worker::run(Arc::clone(&app.app), stopped));
    let since = Instant::now();
    while value(&text(&app).await, "synesthesie_backup_last_good_timestamp_seconds") != Some(0.0) {
        assert!(since.elapsed() < PATIENCE, "nobody looks at backups");
        tokio::time::sleep(POLL).await;
    }
    stop.send(true).unwrap();
    work.await.unwrap();
}

fn file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The metrics that a text names, of a histogram without what stands behind its name.
fn named(text: &str) -> BTreeSet<String> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    let ours = words.filter(|word| word.starts_with("synesthesie_") || word.starts_with("process_"));
    ours.map(|word| {
        let of_histogram = ["_bucket", "_count", "_sum"].iter().find_map(|end| word.strip_suffix(end));
        of_histogram.unwrap_or(word).to_owned()
    })
    .collect()
}

/// Those in the table of docs/operations.md.
fn documented() -> BTreeSet<String> {
    let document = file("docs/operations.md");
    let rows = document
        .lines()
        .filter(|line| line.starts_with("| `synesthesie_") || line.starts_with("| `process_"));
    let first = rows.map(|row| row.split('|').nth(1).unwrap());
    named(&first.collect::<Vec<_>>().join(" "))
}

/// All texts under this name, wherever they stand.
fn texts_under(value: &Value, name: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(text) if key == name => found.push(text.clone()),
                    other => texts_under(other, name, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| texts_under(item, name, found)),
        _ => {}
    }
}

fn dashboard() -> Value {
    serde_json::from_str(&file("docker/grafana/dashboards/synesthesie.json")).unwrap()
}

#[test]
fn every_metric_is_documented_and_on_the_dashboard_and_nothing_else_is() {
    let printed: BTreeSet<String> = Metrics::new(noon()).names().into_iter().collect();
    assert!(printed.len() > 25, "{printed:?}");
    assert_eq!(documented(), printed, "docs/operations.md");
    let mut asked = Vec::new();
    texts_under(&dashboard(), "expr", &mut asked);
    assert!(asked.len() > 30, "{asked:?}");
    assert_eq!(named(&asked.join(" ")), printed, "the dashboard");
}

#[test]
fn alarms_ask_for_what_there_is_and_say_what_it_means() {
    let printed: BTreeSet<String> = Metrics::new(noon()).names().into_iter().collect();
    let rules: Value = yaml_serde::from_str(&file("docker/prometheus/alerts.yaml")).unwrap();
    let rules = rules["groups"][0]["rules"].as_array().unwrap();
    assert!(rules.len() > 10);
    let document = file("docs/operations.md");
    for rule in rules {
        let (name, expression) = (rule["alert"].as_str().unwrap(), rule["expr"].as_str().unwrap());
        let asked = named(expression);
        assert!(asked.is_subset(&printed), "{name}: {asked:?}");
        assert!(!asked.is_empty() || expression.contains("up{job=\"synesthesie\""), "{name}");
        assert!(
            rule["annotations"]["summary"].as_str().is_some_and(|text| text.ends_with(['.', '?'])),
            "{name}"
        );
        assert!(["page", "ticket"].contains(&rule["labels"]["severity"].as_str().unwrap()), "{name}");
        assert!(document.contains(&format!("| `{name}` |")), "{name} is not in docs/operations.md");
    }
}

#[test]
fn the_dashboard_is_one_that_grafana_shows() {
    let dashboard = dashboard();
    assert_eq!((&dashboard["uid"], &dashboard["title"]), (&json!("synesthesie"), &json!("Synesthesie")));
    let provisioned: Value =
        yaml_serde::from_str(&file("docker/grafana/provisioning/datasources/prometheus.yaml")).unwrap();
    let source = &provisioned["datasources"][0]["uid"];
    let (mut ids, mut places) = (BTreeSet::new(), BTreeSet::new());
    for panel in dashboard["panels"].as_array().unwrap() {
        let title = panel["title"].as_str().unwrap();
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{title} has the number of another");
        let at = |name: &str| panel["gridPos"][name].as_u64().unwrap();
        for x in at("x")..at("x") + at("w") {
            for y in at("y")..at("y") + at("h") {
                assert!(x < 24 && places.insert((x, y)), "{title} lies on another");
            }
        }
        if panel["type"] == "row" {
            continue;
        }
        let targets = panel["targets"].as_array().unwrap();
        assert!(!targets.is_empty(), "{title}");
        for target in targets {
            assert_eq!(&target["datasource"]["uid"], source, "{title}");
        }
    }
}
