//! A worker that is told to stop leaves nothing behind that others have to wait for.

use crate::harness::{TestApp, unique_email};
use chrono::TimeDelta;
use kernel::Due;
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};
use synesthesie::worker::{self, QUICK};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

/// How long anything may take on a machine that compiles meanwhile.
const PATIENCE: Duration = Duration::from_secs(60);

/// A mail server that takes connections and says nothing on them; tells of each.
async fn silent() -> (String, mpsc::UnboundedReceiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let (knock, knocked) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((line, _)) = listener.accept().await {
            open.push(line);
            let _ = knock.send(());
        }
    });
    (url, knocked)
}

/// A worker that hangs in sending an invite, under a lease of an hour.
struct Stuck {
    app: TestApp,
    stop: watch::Sender<bool>,
    work: JoinHandle<()>,
}

impl Stuck {
    async fn with(stop_seconds: &str) -> Self {
        let (url, mut knocked) = silent().await;
        let settings = [
            ("mail.url", url.as_str()),
            ("worker.lease_seconds", "3600"),
            ("worker.stop_seconds", stop_seconds),
        ];
        let app = TestApp::with(&settings).await;
        let admin = app.admin().await;
        // Bound to an address, an invite owes a mail.
        let wish = json!({"email": unique_email("guest")});
        admin.client.post("/admin/invites", &wish).await.expect(201);
        let (stop, stopped) = watch::channel(false);
        let work = tokio::spawn(worker::run(Arc::clone(&app.app), stopped));
        tokio::time::timeout(PATIENCE, knocked.recv()).await.expect("a mail is sent").unwrap();
        Self { app, stop, work }
    }

    /// The invite, as the next worker would get it now.
    async fn free(&self) -> Option<Due> {
        let now = self.app.app.clock.now();
        let due = self.app.app.outbox.claim(&QUICK, now, now + TimeDelta::minutes(1), 100).await.unwrap();
        due.into_iter().find(|due| due.domain == invites::DOMAIN)
    }
}

#[tokio::test]
async fn what_outlives_its_worker_is_given_back_and_is_due_at_once() {
    let mut stuck = Stuck::with("1").await;
    assert_eq!(stuck.free().await, None, "it is leased for an hour");
    let since = Instant::now();
    stuck.stop.send(true).unwrap();
    tokio::time::timeout(PATIENCE, &mut stuck.work).await.expect("the worker ends").unwrap();
    assert!(since.elapsed() >= Duration::from_secs(1), "it had a second to end by itself");
    let due = stuck.free().await.expect("the next worker gets it");
    assert_eq!(due.attempts, 0, "that the worker stopped is no failure of what it did");
}

#[tokio::test]
async fn what_is_under_way_has_its_time_to_end() {
    let stuck = Stuck::with("600").await;
    stuck.stop.send(true).unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(!stuck.work.is_finished());
    assert_eq!(stuck.free().await, None, "the worker is still at it");
    stuck.work.abort();
}
