//! A house with pictures: an admin who sends them, at a clock that stands still, into a folder of their own.

use crate::harness::shop::Store;
use crate::harness::{Answer, Client, PASSWORD, Person, TestApp, answer, form};
use adapter_postgres::testing::{FreshDatabase, fresh_database};
use kernel::{Clock, Mail, PageRequest, SystemClock};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use synesthesie::worker;
use tempfile::TempDir;
use testkit::StoppedClock;

pub(super) struct House {
    pub(super) app: TestApp,
    pub(super) clock: Arc<StoppedClock>,
    pub(super) admin: Person,
    folder: TempDir,
    /// Declared last: it is dropped when nobody uses it any more.
    _database: Option<FreshDatabase>,
}

impl House {
    pub(super) async fn open(store: Store) -> Self {
        Self::with(store, &[]).await
    }

    /// With variables.
    pub(super) async fn with(store: Store, settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(StoppedClock::at(SystemClock.now()));
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

    /// Somebody with a token that is good now.
    pub(super) async fn again(&self, who: &Person) -> Client {
        self.app.login(&who.email, PASSWORD).await.client
    }

    /// An album; its id.
    pub(super) async fn album(&self, body: &Value) -> String {
        text(&self.admin.client.post("/admin/albums", body).await.expect(201), "id")
    }

    /// An album for members; its id.
    pub(super) async fn open_album(&self) -> String {
        self.album(&json!({"title": "The night", "access": "members"})).await
    }

    /// Sends files as a form; each with its name.
    pub(super) async fn send(&self, album: &str, files: &[(&str, &[u8])]) -> Answer {
        self.send_raw(album, form::whole(files)).await
    }

    /// Sends a form as it is.
    pub(super) async fn send_raw(&self, album: &str, body: Vec<u8>) -> Answer {
        let request = self.admin.client.request(Method::POST, &format!("/admin/albums/{album}/images"));
        answer(request.header("content-type", form::KIND).body(body)).await
    }

    /// A picture that is made; its id.
    pub(super) async fn made(&self, album: &str) -> String {
        let sent = self.send(album, &[("a.png", &png(700, 500))]).await.expect(201);
        self.work().await;
        text(&sent["items"][0]["image"], "id")
    }

    /// One that members see; its id.
    pub(super) async fn shown(&self, album: &str) -> String {
        let id = self.made(album).await;
        self.publish(&[&id], true).await;
        id
    }

    pub(super) async fn publish(&self, ids: &[&str], published: bool) -> Value {
        let body = json!({"ids": ids, "published": published});
        self.admin.client.patch("/admin/images", &body).await.expect(200)
    }

    /// The picture as admins see it.
    pub(super) async fn image(&self, id: &str) -> Value {
        self.admin.client.get(&format!("/admin/images/{id}")).await.expect(200)
    }

    /// Follows an address that somebody was given, as whoever has it.
    pub(super) async fn follow(&self, url: &str) -> reqwest::Response {
        let path = url.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]));
        self.app.stranger().request(Method::GET, path.unwrap()).send().await.unwrap()
    }

    /// Does all that is owed.
    pub(super) async fn work(&self) {
        while worker::round(&self.app.app).await.unwrap() > 0 {}
    }

    /// All files in the folder of objects.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        let mut all = Vec::new();
        walk(&self.folder.path().join("objects"), &mut all);
        all.sort();
        all
    }

    /// The mails that somebody was sent, the latest first.
    pub(super) fn mails(&self, who: &Person) -> Vec<Mail> {
        let all = PageRequest { limit: 1000, after: None };
        let page = self.app.app.mail_box.as_ref().unwrap().list(all);
        page.items.into_iter().map(|kept| kept.mail).filter(|mail| mail.to == who.email).collect()
    }
}

fn walk(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        // What is on its way is no object yet.
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')) {
            continue;
        }
        if path.is_dir() { walk(&path, all) } else { all.push(path) }
    }
}

/// A field of whatever was answered.
#[track_caller]
pub(super) fn text(answer: &Value, field: &str) -> String {
    answer[field].as_str().unwrap_or_else(|| panic!("no {field} in {answer}")).to_owned()
}

/// A picture with something to see on it.
pub(super) fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let pixel = |at: u32| {
        let (x, y) = (at % width, at / width);
        let shade = |value: u32, of: u32| u8::try_from(value * 255 / of.max(1)).unwrap_or(255);
        [shade(x, width), shade(y, height), if (x / 16 + y / 16) % 2 == 0 { 200 } else { 40 }]
    };
    let pixels: Vec<u8> = (0..width * height).flat_map(pixel).collect();
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    bytes
}
