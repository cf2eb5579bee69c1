//! A machine that can be lost: the program as a process, its store, and backups that lie elsewhere.

use crate::harness::bucket::OwnBucket;
use crate::harness::providers::{Providers, Till};
use crate::harness::shop::Store;
use crate::harness::{Client, TestApp, config};
use adapter_postgres::testing::{FreshDatabase, empty_database, fresh_database};
use kernel::Clock;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use synesthesie::config::Config;
use synesthesie::wiring::store::Stores;
use tempfile::TempDir;
use testkit::servers::{Program, postgres};

pub(super) const ADMIN: &str = "admin@example.org";
pub(super) const PASSWORD: &str = "correct horse battery";
/// A pair, as `age-keygen` writes it.
const RECIPIENT: &str = "age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa";
const IDENTITY: &str = "AGE-SECRET-KEY-1GQ9778VQXMMJVE8SK7J6VT8UJ4HDQAJUVSFCWCM02D8GEWQ72PVQ2Y5J33";
/// How long anything may take on a machine that compiles meanwhile.
const PATIENCE: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(50);

/// Where backups lie.
#[derive(Debug, Clone, Copy)]
pub(super) enum Vault {
    Folder,
    Bucket,
}

pub(super) struct Machine {
    store: Store,
    program: Program,
    settings: Vec<(&'static str, String)>,
    /// What is on its disk, and goes with it.
    disk: Option<TempDir>,
    /// Where backups and the private key are: elsewhere.
    elsewhere: TempDir,
    _bucket: Option<OwnBucket>,
    /// Goes with it, too. Declared last: dropped when nobody uses it any more.
    database: Option<FreshDatabase>,
}

/// Another one, with a store that was made of a backup.
pub(super) struct Another {
    pub(super) program: Program,
    settings: Vec<(&'static str, String)>,
    _disk: TempDir,
    _database: Option<FreshDatabase>,
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}

fn program(settings: &[(&'static str, String)]) -> Program {
    let settings: Vec<_> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
    Program::new(env!("CARGO_BIN_EXE_synesthesie").as_ref(), &settings).unwrap()
}

/// What is on a disk of its own.
fn on_disk(disk: &Path) -> [(&'static str, String); 2] {
    [("media.url", format!("file:{}", path(disk, "media"))), ("media.workplace", path(disk, "work"))]
}

impl Machine {
    /// That serves an empty house.
    pub(super) async fn start(store: Store, vault: Vault, till: &Providers) -> Self {
        let (disk, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let database = match store {
            Store::Local => None,
            Store::Postgres => Some(fresh_database(&postgres().url).await.unwrap()),
        };
        let local = || format!("local:{}", path(disk.path(), "data"));
        let url = database.as_ref().map_or_else(local, FreshDatabase::url);
        let bucket = match vault {
            Vault::Folder => None,
            Vault::Bucket => Some(OwnBucket::new().await),
        };
        let text = str::to_owned;
        let mut settings = Providers::variables(till.base(Till::Stripe), till.base(Till::Paypal));
        settings.extend(on_disk(disk.path()));
        settings.extend([
            ("store.url", url),
            ("auth.registration", text("open")),
            ("auth.bcrypt_cost", text("4")),
            ("auth.signing_key", "01".repeat(32)),
            ("booking.first_look_seconds", text("1")),
            ("booking.look_again_seconds", text("1")),
            ("worker.lease_seconds", text("1")),
            ("payments.simulators", text("false")),
            ("limits.enabled", text("false")),
            ("backup.recipient", text(RECIPIENT)),
            // Asked for by hand here.
            ("backup.every_hours", text("0")),
        ]);
        match &bucket {
            None => settings.push(("backup.url", format!("file:{}", path(elsewhere.path(), "backups")))),
            Some(bucket) => settings.extend(bucket.settings_of_backups()),
        }
        std::fs::write(elsewhere.path().join("backup.key"), format!("{IDENTITY}\n")).unwrap();
        let mut program = program(&settings);
        program.run(&["migrate"], "").unwrap();
        program.run(&["user", "create-admin", "--email", ADMIN, "--password-stdin"], PASSWORD).unwrap();
        program.serve().unwrap();
        Self { store, program, settings, disk: Some(disk), elsewhere, _bucket: bucket, database }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.program.address()
    }

    /// Somebody who calls it, logged in, and their id.
    pub(super) async fn log_in(&self, email: &str) -> (Client, String) {
        let http = crate::harness::http().timeout(PATIENCE).build().unwrap();
        let stranger = Client::new(http, format!("http://{}", self.address()), None);
        let body = json!({"email": email, "password": PASSWORD});
        let session = stranger.post("/auth/login", &body).await.expect(200);
        let id = session["user"]["id"].as_str().unwrap().to_owned();
        (stranger.with(session["access_token"].as_str()), id)
    }

    /// A backup once its making has ended.
    pub(super) async fn made(&self, admin: &Client, asked: &Value) -> Value {
        let path = format!("/admin/backups/{}", asked["id"].as_str().unwrap());
        let since = Instant::now();
        loop {
            let backup = admin.get(&path).await.expect(200);
            let status = backup["status"].as_str().unwrap();
            if !["waiting", "running"].contains(&status) && backup["under_way"].is_null() {
                return backup;
            }
            assert!(since.elapsed() < PATIENCE, "never made: {backup}\n{}", self.program.log());
            tokio::time::sleep(POLL).await;
        }
    }

    /// It burns: nothing of its disk and of its database is left.
    pub(super) fn burn(&mut self) {
        self.program.kill().unwrap();
        self.disk.take().unwrap().close().unwrap();
        drop(self.database.take());
    }

    /// Another machine, on which the drill is followed with the newest backup.
    pub(super) async fn drill(&self) -> Another {
        let disk = tempfile::tempdir().unwrap();
        let database = match self.store {
            Store::Local => None,
            Store::Postgres => Some(empty_database(&postgres().url).await.unwrap()),
        };
        let local = || format!("local:{}", path(disk.path(), "data"));
        let url = database.as_ref().map_or_else(local, FreshDatabase::url);
        let mut settings = self.settings.clone();
        let others = ["store.url", "media.url", "media.workplace", "booking.look_again_seconds"];
        settings.retain(|(key, _)| !others.contains(key));
        settings.extend([("store.url", url), ("booking.look_again_seconds", "60".to_owned())]);
        settings.extend(on_disk(disk.path()));
        let program = program(&settings);
        let identity = path(self.elsewhere.path(), "backup.key");
        let said = program.run(&["backup", "restore", "--identity", &identity], "").unwrap();
        assert!(said.contains("rows are there, as of"), "{said}");
        assert!(said.contains("The signing key is the one that it was made under."), "{said}");
        for command in [&["migrate"][..], &["check-stock"], &["ledger", "check"], &["audit", "verify"]] {
            program.run(command, "").unwrap();
        }
        Another { program, settings, _disk: disk, _database: database }
    }
}

impl Another {
    fn settings(&self) -> Vec<(&str, &str)> {
        self.settings.iter().map(|(key, value)| (*key, value.as_str())).collect()
    }

    pub(super) fn config(&self) -> Config {
        config("127.0.0.1:0", &self.settings())
    }

    /// It serves, by this clock.
    pub(super) async fn serve(&self, clock: Arc<dyn Clock>) -> TestApp {
        TestApp::with_clock(&self.settings(), clock).await
    }

    /// Its store, once nobody else has it.
    pub(super) async fn stores(&self) -> Stores {
        let (url, since) = (self.config().store.url, Instant::now());
        loop {
            match Stores::open_existing(&url).await {
                Ok(stores) => return stores,
                Err(error) => assert!(since.elapsed() < PATIENCE, "{error:?}"),
            }
            tokio::time::sleep(POLL).await;
        }
    }
}
