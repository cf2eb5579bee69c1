//! Rehearsals, as anybody would run them: the program with its own crowd and faults.

use adapter_postgres::testing::fresh_database;
use serde_json::Value;
use std::path::Path;
use testkit::servers::{postgres, redis};
use tokio::process::Command;

/// Runs one; whether it passed, and its report.
async fn rehearse(arguments: &[&str], folder: &Path) -> (bool, Value) {
    let report = folder.join("report.json");
    let ended = Command::new(env!("CARGO_BIN_EXE_synesthesie"))
        .arg("rehearse")
        .args(arguments)
        .arg("--report")
        .arg(&report)
        .env("SYNESTHESIE__REDIS__URL", &redis().url)
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned() + &String::from_utf8_lossy(&ended.stdout);
    let text = std::fs::read(&report).unwrap_or_else(|cause| panic!("no report ({cause}): {said}"));
    let report: Value = serde_json::from_slice(&text).unwrap();
    assert_eq!(report["passed"], ended.status.success(), "{said}");
    (ended.status.success(), report)
}

fn assert_whole((passed, report): (bool, Value), seats: u64) {
    assert!(passed, "{report:#}");
    for nothing in ["oversold", "payments_without_outcome", "in_doubt", "ledger_sum", "ledger_differences"] {
        assert_eq!(report[nothing], 0, "{nothing}: {report:#}");
    }
    // Some cancelled in the end; most places have found somebody.
    assert!(report["tickets_sold"].as_u64().unwrap() > seats / 2, "{report:#}");
    assert!(
        report["payments"].as_u64().unwrap() > 0 && report["refunds"].as_u64().unwrap() > 0,
        "{report:#}"
    );
}

/// What nobody did was not rehearsed. Only where nothing breaks, because the faults decide who comes through.
fn assert_lively(report: &Value) {
    for habit in ["seated", "vouchers", "offers_taken", "handed_on", "resold"] {
        assert!(report["habits"][habit].as_u64().unwrap() > 0, "{habit}: {report:#}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rehearsal_with_every_fault_passes_on_the_local_store() {
    let folder = tempfile::tempdir().unwrap();
    let report =
        rehearse(&["--seats", "90", "--buyers", "300", "--faults", "all", "--seed", "1"], folder.path())
            .await;
    assert_eq!(report.1["store"], "local");
    assert!(report.1["faults"]["server-killed"].as_u64() > Some(0), "{:#}", report.1);
    assert_whole(report, 90);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rehearsal_with_every_fault_passes_on_postgres_and_again_on_the_same_database() {
    let folder = tempfile::tempdir().unwrap();
    let database = fresh_database(&postgres().url).await.unwrap();
    for seed in ["2", "3"] {
        let url = database.url();
        let arguments =
            ["--seats", "60", "--buyers", "250", "--faults", "all", "--seed", seed, "--store", &url];
        let report = rehearse(&arguments, folder.path()).await;
        assert_eq!(report.1["store"], "postgres");
        assert_whole(report, 60);
    }
}

/// Two that serve and two that work, on one PostgreSQL and one Redis: one of them is killed every few seconds, and each kind
/// at least once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_instances_and_two_workers_lose_nothing_and_double_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let database = fresh_database(&postgres().url).await.unwrap();
    let url = database.url();
    let faults = "instance-killed,worker-killed,database-cut,redis-gone,provider-timeouts,provider-errors,\
                  webhooks-lost,webhooks-doubled,webhooks-reversed,webhooks-late";
    let mut arguments = vec!["--seats", "80", "--buyers", "300", "--faults", faults, "--seed", "4"];
    arguments.extend(["--store", &url, "--instances", "2", "--workers", "2"]);
    let report = rehearse(&arguments, folder.path()).await;
    let told = &report.1;
    assert_eq!((&told["instances"], &told["workers"]), (&2.into(), &2.into()));
    assert_eq!(told["faults_not_tried"], serde_json::json!({}), "{told:#}");
    for killed in ["instance-killed", "worker-killed"] {
        assert!(told["faults"][killed].as_u64() > Some(0), "{killed}: {told:#}");
    }
    // Whoever met a dead instance went on at the other one, and the mail came whoever was killed.
    assert!(told["moved_on"].as_u64() > Some(0), "{told:#}");
    assert!(told["mails"].as_u64() > told["tickets_sold"].as_u64().map(|sold| sold / 6), "{told:#}");
    assert_whole(report, 80);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_processes_are_refused_where_the_store_belongs_to_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("local:{}", folder.path().join("new").display());
    for several in [["--instances", "2"], ["--workers", "1"]] {
        for on in [&["--store", store.as_str()][..], &[]] {
            let refused = Command::new(env!("CARGO_BIN_EXE_synesthesie"))
                .arg("rehearse")
                .args(several)
                .args(on)
                .output()
                .await
                .unwrap();
            let said = String::from_utf8_lossy(&refused.stderr).into_owned();
            assert!(!refused.status.success() && said.contains("need --store postgres://"), "{said}");
        }
    }
    for number in ["0", "5"] {
        let refused = Command::new(env!("CARGO_BIN_EXE_synesthesie"))
            .args(["rehearse", "--instances", number])
            .output()
            .await
            .unwrap();
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && said.contains("1..=4"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rehearsal_without_faults_meets_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let report = rehearse(&["--seats", "120", "--buyers", "300", "--faults", "none"], folder.path()).await;
    assert_eq!(report.1["errors"], serde_json::json!({}), "{:#}", report.1);
    assert_eq!((&report.1["unanswered"], &report.1["faults"]), (&0.into(), &serde_json::json!({})));
    assert_lively(&report.1);
    assert_whole(report, 120);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_rehearsal_takes_place_on_a_store_with_real_accounts() {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("local:{}", folder.path().join("real").display());
    let admin = Command::new(env!("CARGO_BIN_EXE_synesthesie"))
        .args(["user", "create-admin", "--email", "owner@example.org"])
        .env("SYNESTHESIE__STORE__URL", &store)
        .current_dir(folder.path())
        .output();
    assert!(admin.await.unwrap().status.success());
    let refused =
        Command::new(env!("CARGO_BIN_EXE_synesthesie")).args(["rehearse", "--store", &store]).output();
    let refused = refused.await.unwrap();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("real accounts"), "{said}");
}
