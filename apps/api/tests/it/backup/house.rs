//! The program with something in its store, a place for backups, and two pairs of keys.

use crate::harness::bucket::OwnBucket;
use crate::harness::shop::Store;
use adapter_postgres::testing::{FreshDatabase, empty_database, fresh_database};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// Two pairs, as `age-keygen` writes them.
pub(super) const RECIPIENT: &str = "age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa";
const IDENTITY: &str = "AGE-SECRET-KEY-1GQ9778VQXMMJVE8SK7J6VT8UJ4HDQAJUVSFCWCM02D8GEWQ72PVQ2Y5J33";
const OTHER: &str = "AGE-SECRET-KEY-1QURSWPC8QURSWPC8QURSWPC8QURSWPC8QURSWPC8QURSWPC8QURSKMP32K";
/// Any 32 bytes.
pub(super) const SIGNING_KEY: &str = "2b7e151628aed2a6abf7158809cf4f3c2b7e151628aed2a6abf7158809cf4f3c";

pub(super) struct House {
    folder: TempDir,
    settings: Vec<(String, String)>,
    /// Where backups lie, when it is no folder.
    pub(super) bucket: Option<OwnBucket>,
    /// Declared last: dropped when nobody uses them any more.
    databases: Vec<FreshDatabase>,
}

/// What a command came to.
pub(super) struct Said {
    pub(super) fine: bool,
    /// Both streams.
    pub(super) text: String,
}

impl House {
    /// With demo data, and backups in a folder.
    pub(super) async fn new(store: Store) -> Self {
        Self::with_backups(store, None).await
    }

    /// The same with backups in a bucket of its own.
    pub(super) async fn in_bucket(store: Store) -> Self {
        Self::with_backups(store, Some(OwnBucket::new().await)).await
    }

    async fn with_backups(store: Store, bucket: Option<OwnBucket>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let mut databases = Vec::new();
        let url = match store {
            Store::Local => format!("local:{}", path("data")),
            Store::Postgres => {
                databases.push(fresh_database(&testkit::servers::postgres().url).await.unwrap());
                databases[0].url()
            }
        };
        let text = str::to_owned;
        let mut settings = vec![
            (text("store.url"), url),
            (text("media.url"), format!("file:{}", path("media"))),
            (text("media.workplace"), path("work")),
            // Recordings would be packed for half a minute, and no backup has their bytes.
            (text("media.ffmpeg"), path("not there")),
            (text("auth.signing_key"), text(SIGNING_KEY)),
            (text("auth.bcrypt_cost"), text("4")),
            (text("log.filter"), text("warn")),
            (text("backup.recipient"), text(RECIPIENT)),
            // Made by hand here.
            (text("backup.every_hours"), text("0")),
        ];
        match &bucket {
            Some(bucket) => settings.extend(bucket.backup_settings()),
            None => settings.push((text("backup.url"), format!("file:{}", path("backups")))),
        }
        std::fs::write(folder.path().join("own.key"), format!("# ours\n{IDENTITY}\n")).unwrap();
        std::fs::write(folder.path().join("other.key"), format!("{OTHER}\n")).unwrap();
        let house = Self { folder, settings, bucket, databases };
        house.run(&["demo"]).fine();
        house
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The file of a private key: `own` or `other`.
    pub(super) fn key(&self, whose: &str) -> String {
        self.path(&format!("{whose}.key")).display().to_string()
    }

    /// Runs a command.
    pub(super) fn run(&self, arguments: &[&str]) -> Said {
        self.run_with(arguments, &[])
    }

    /// The same with other settings over those of the house.
    pub(super) fn run_with(&self, arguments: &[&str], more: &[(&str, &str)]) -> Said {
        let mut command = Command::new(env!("CARGO_BIN_EXE_synesthesie"));
        command.args(arguments).current_dir(self.folder.path());
        let variable = |key: &str| format!("SYNESTHESIE__{}", key.to_uppercase().replace('.', "__"));
        for (key, value) in &self.settings {
            command.env(variable(key), value);
        }
        for (key, value) in more {
            command.env(variable(key), value);
        }
        let Output { status, stdout, stderr } = command.output().unwrap();
        let text = String::from_utf8([stdout, stderr].concat()).unwrap();
        Said { fine: status.success(), text }
    }

    /// What a server of this house is told.
    pub(super) fn serving(&self) -> Vec<(String, String)> {
        let mut settings = self.settings.clone();
        // Their ports are everybody's.
        settings.push(("payments.simulators".to_owned(), "false".to_owned()));
        settings
    }

    /// Makes a backup; its name.
    pub(super) fn back_up(&self) -> String {
        let said = self.run(&["backup", "create"]).fine();
        let line = said.lines().find(|line| line.starts_with("Made ")).unwrap();
        line.split([' ', ':']).nth(1).unwrap().to_owned()
    }

    /// Looks at the newest one with a key.
    pub(super) fn verify(&self, whose: &str) -> Said {
        self.run(&["backup", "verify", "--identity", &self.key(whose)])
    }

    /// An empty place of the same kind as the store, as a URL.
    pub(super) async fn place(&mut self, store: Store) -> String {
        match store {
            Store::Local => format!("local:{}", self.path("restored").display()),
            Store::Postgres => {
                let database = empty_database(&testkit::servers::postgres().url).await.unwrap();
                let url = database.url();
                self.databases.push(database);
                url
            }
        }
    }

    /// Does something in its database behind the program's back.
    pub(super) fn sql(&self, command: &str) {
        let url = self.databases[0].url();
        let said =
            Command::new("psql").args(["-X", "-v", "ON_ERROR_STOP=1", "-d", &url, "-c", command]).output();
        let said = said.unwrap();
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    }

    /// The folder of the backups.
    pub(super) fn backups(&self) -> PathBuf {
        self.path("backups")
    }
}

impl Said {
    /// What was said, when all went well.
    #[track_caller]
    pub(super) fn fine(self) -> String {
        assert!(self.fine, "{}", self.text);
        self.text
    }

    /// What was said, when it did not.
    #[track_caller]
    pub(super) fn refused(self) -> String {
        assert!(!self.fine, "{}", self.text);
        self.text
    }
}

/// All files below a folder.
pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}
