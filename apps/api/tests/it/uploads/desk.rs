//! An admin who sends files, at a clock that stands still, into a folder of their own.

use crate::harness::bucket::OwnBucket;
use crate::harness::shop::Store;
use crate::harness::{Answer, Client, PASSWORD, Person, TestApp, answer};
use adapter_postgres::testing::{FreshDatabase, fresh_database};
use kernel::{AccountId, Clock, ObjectKey, SystemClock};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use synesthesie::worker;
use tempfile::TempDir;
use testkit::StoppedClock;

/// Bytes of a part.
pub(crate) const PART: usize = 16 * 1024 * 1024;
/// Something that begins as a recording.
pub(crate) const FLAC: &[u8] = b"fLaC and some bytes behind it";

pub(crate) struct Desk {
    pub(crate) app: TestApp,
    pub(crate) clock: Arc<StoppedClock>,
    admin: Person,
    folder: TempDir,
    /// Declared last: it is dropped when nobody uses it any more.
    _database: Option<FreshDatabase>,
}

impl Desk {
    pub(crate) async fn open(store: Store) -> Self {
        Self::with(store, &[]).await
    }

    /// With variables.
    pub(crate) async fn with(store: Store, settings: &[(&str, &str)]) -> Self {
        Self::at(StoppedClock::default(), store, settings).await
    }

    /// With files in a bucket, whose keeper looks at the real time.
    pub(crate) async fn in_bucket(bucket: &OwnBucket, more: &[(&str, &str)]) -> Self {
        let settings = bucket.settings();
        let mut settings: Vec<_> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
        settings.extend(more);
        Self::at(StoppedClock::at(SystemClock.now()), Store::Local, &settings).await
    }

    async fn at(clock: StoppedClock, store: Store, settings: &[(&str, &str)]) -> Self {
        let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::new(clock));
        let database = match store {
            Store::Local => None,
            Store::Postgres => Some(fresh_database(&testkit::servers::postgres().url).await.unwrap()),
        };
        let url = database.as_ref().map_or_else(|| "local::memory:".to_owned(), FreshDatabase::url);
        let media = format!("file:{}", folder.path().join("objects").display());
        let mut all = vec![("store.url", url.as_str()), ("media.url", media.as_str())];
        all.extend(settings);
        let told: Arc<dyn Clock> = clock.clone();
        let app = TestApp::with_clock(&all, told).await;
        let admin = app.admin().await;
        Self { app, clock, admin, folder, _database: database }
    }

    /// The admin, with a token that is good now.
    pub(crate) async fn admin(&self) -> Client {
        self.app.login(&self.admin.email, PASSWORD).await.client
    }

    /// Whose account the admin's is.
    pub(crate) fn me(&self) -> AccountId {
        self.admin.id.parse().unwrap()
    }

    pub(crate) async fn begin(&self, kind: &str, size: usize, content_type: &str) -> Value {
        self.admin().await.post("/admin/uploads", &wish(kind, size, content_type)).await.expect(201)
    }

    /// Puts bytes to a link.
    pub(crate) async fn send(&self, url: String, bytes: &[u8]) -> Answer {
        if self.app.app.disk.is_none() {
            let sent = reqwest::Client::new().put(url).body(bytes.to_vec()).send().await;
            return Answer::of(sent.unwrap()).await;
        }
        let request = self.app.stranger().request(Method::PUT, below(&url, &self.app.url));
        answer(request.body(bytes.to_vec())).await
    }

    pub(crate) async fn complete(&self, begun: &Value, body: &Value) -> Answer {
        self.admin().await.post(&format!("{}/complete", path(begun)), body).await
    }

    /// What lies under the name of an upload.
    pub(crate) async fn object(&self, begun: &Value) -> Option<Vec<u8>> {
        let key = ObjectKey::parse(&format!("uploads/{}", text(begun, "upload_id"))).unwrap();
        let mut content = self.app.app.objects.get(&key, None).await.unwrap()?;
        let mut bytes = Vec::new();
        while let Some(more) = content.reader.next().await.unwrap() {
            bytes.extend(more);
        }
        Some(bytes)
    }

    /// Does all that is owed.
    pub(crate) async fn work(&self) {
        while worker::round(&self.app.app).await.unwrap() > 0 {}
    }

    /// How large all files of objects and parts are together.
    pub(crate) fn bytes_on_disk(&self) -> u64 {
        size_of(self.folder.path())
    }
}

/// What names nothing but says what it is about is not counted.
fn size_of(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let sizes = entries.map(|path| match path.is_dir() {
        true => size_of(&path),
        false if path.extension().is_some_and(|ending| ending == "json") => 0,
        false => path.metadata().unwrap().len(),
    });
    sizes.sum()
}

pub(crate) fn wish(kind: &str, size: usize, content_type: &str) -> Value {
    json!({"kind": kind, "filename": "Nächte.bin", "size": size, "content_type": content_type})
}

/// A recording of so many bytes, none of which is like those around it.
pub(crate) fn sound(length: usize) -> Vec<u8> {
    let mut bytes = b"fLaC".to_vec();
    bytes.extend((4..length).map(|place| u8::try_from(place * 31 % 251).unwrap()));
    bytes
}

/// The path and query of a link that leads to this server.
pub(crate) fn below<'u>(url: &'u str, server: &str) -> &'u str {
    let rest = url.strip_prefix(server).unwrap_or_else(|| panic!("{url} does not lead to {server}"));
    assert!(rest.starts_with("/media/"), "{url}");
    rest
}

/// A text of an answer.
#[track_caller]
pub(crate) fn text(answer: &Value, field: &str) -> String {
    answer[field].as_str().unwrap_or_else(|| panic!("no {field} in {answer}")).to_owned()
}

/// Where an upload is shown.
pub(crate) fn path(upload: &Value) -> String {
    format!("/admin/uploads/{}", text(upload, "upload_id"))
}

/// Which parts are missing.
pub(crate) fn parts(shown: &Value) -> Vec<u64> {
    shown["parts"].as_array().unwrap().iter().map(|part| part["number"].as_u64().unwrap()).collect()
}

/// Where a part goes.
pub(crate) fn part(shown: &Value, number: u64) -> String {
    let mut all = shown["parts"].as_array().unwrap().iter();
    let found = all.find(|part| part["number"] == number);
    text(found.unwrap_or_else(|| panic!("no part {number} in {shown}")), "url")
}

/// What a page says of the parts that it knows to have arrived.
pub(crate) fn etags(shown: &Value) -> Value {
    let one = |part: &Value| json!({"number": part["number"], "etag": part["etag"]});
    shown["arrived"].as_array().unwrap().iter().map(one).collect()
}
