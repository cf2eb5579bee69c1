//! What `work` tells machines, which serves nobody else.

use adapter_postgres::testing::fresh_database;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use testkit::servers::postgres;
use tokio::task::spawn_blocking;

/// How long anything may take on a machine that compiles meanwhile.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);

/// The program as `work`, ended at the latest when this is dropped.
struct Work {
    process: Child,
    url: String,
    _folder: TempDir,
}

impl Work {
    fn on(store: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let process = Command::new(env!("CARGO_BIN_EXE_synesthesie"))
            .arg("work")
            .current_dir(folder.path())
            .env("SYNESTHESIE__STORE__URL", store)
            .env("SYNESTHESIE__PAYMENTS__SIMULATORS", "false")
            .env("SYNESTHESIE__WORKER__METRICS_BIND", &address)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { process, url: format!("http://{address}"), _folder: folder }
    }

    async fn ask(&self, path: &str) -> Option<(u16, String)> {
        let http = crate::harness::http().timeout(PATIENCE).build().unwrap();
        let answer = http.get(format!("{}{path}", self.url)).send().await.ok()?;
        Some((answer.status().as_u16(), answer.text().await.ok()?))
    }

    async fn until_ready(&mut self) {
        let since = Instant::now();
        while self.ask("/health/ready").await.is_none_or(|(status, _)| status != 200) {
            assert_eq!(self.process.try_wait().unwrap(), None, "it works on");
            assert!(since.elapsed() < PATIENCE, "it is never ready");
            tokio::time::sleep(POLL).await;
        }
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn a_worker_by_itself_tells_machines_how_it_is() {
    let database = fresh_database(&postgres().url).await.unwrap();
    let mut work = Work::on(&database.url());
    work.until_ready().await;
    let (status, text) = work.ask("/health/live").await.unwrap();
    assert_eq!((status, serde_json::from_str::<Value>(&text).unwrap()), (200, json!({"status": "ok"})));
    let (status, text) = work.ask("/metrics").await.unwrap();
    assert!(status == 200 && text.contains("synesthesie_outbox_waiting 0"), "{status}: {text}");
    let (status, text) = work.ask("/api/v1/events").await.unwrap();
    assert_eq!(status, 404, "it serves nothing else: {text}");

    let id = Pid::from_raw(work.process.id().cast_signed()).unwrap();
    kill_process(id, Signal::TERM).unwrap();
    let ended = spawn_blocking(move || (work.process.wait().unwrap(), work)).await.unwrap();
    assert!(ended.0.success(), "{:?}", ended.0);
}
