//! The program as a process, with objects on a disk or in a bucket, and an admin and a member who use it.

use super::processes::{Helper, below};
use crate::harness::bucket::OwnBucket;
use crate::harness::shop::Store;
use crate::harness::{Answer, Client, PASSWORD};
use adapter_local::Disk;
use adapter_postgres::testing::{FreshDatabase, fresh_database};
use kernel::{ObjectStore, SystemClock};
use reqwest::Method;
use reqwest::redirect::Policy;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use testkit::servers::Program;
use tokio::task::spawn_blocking;

/// How long anything may take on a machine that compiles meanwhile.
const PATIENCE: Duration = Duration::from_secs(180);
/// Between two looks at something outside of this process.
const POLL: Duration = Duration::from_millis(20);
pub(super) const ADMIN: &str = "admin@example.org";
/// Any 32 bytes: links and tokens must be worth as much after a restart.
const SIGNING_KEY: &str = "2b7e151628aed2a6abf7158809cf4f3c2b7e151628aed2a6abf7158809cf4f3c";

pub(super) struct House {
    /// Declared first: it ends before its folders go.
    program: Option<Program>,
    http: reqwest::Client,
    pub(super) url: String,
    /// All that lies there now, whoever put it.
    pub(super) objects: Arc<dyn ObjectStore>,
    pub(super) bucket: Option<OwnBucket>,
    /// Holds the store, the objects and the workplace of a program that needs no servers.
    folder: TempDir,
    /// Declared last: it is dropped when nobody uses it any more.
    database: Option<FreshDatabase>,
}

impl House {
    /// With objects on a disk.
    pub(super) async fn open(store: Store) -> Self {
        Self::start(store, None, &[]).await
    }

    /// With objects in a bucket of its own.
    pub(super) async fn in_bucket(store: Store) -> Self {
        Self::start(store, Some(OwnBucket::new().await), &[]).await
    }

    /// With variables.
    pub(super) async fn start(
        store: Store,
        bucket: Option<OwnBucket>,
        more: &[(&'static str, &str)],
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = match store {
            Store::Local => None,
            Store::Postgres => Some(fresh_database(&testkit::servers::postgres().url).await.unwrap()),
        };
        let objects: Arc<dyn ObjectStore> = match &bucket {
            Some(bucket) => bucket.objects(),
            None => disk(&folder.path().join("objects")),
        };
        let mut settings = settings(folder.path(), database.as_ref());
        settings.extend(bucket.iter().flat_map(OwnBucket::settings));
        settings.extend(more.iter().map(|(key, value)| (*key, (*value).to_owned())));
        let settings: Vec<_> = settings.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        let program = spawn_blocking(move || launch(&settings)).await.unwrap();
        let url = format!("http://{}", program.address());
        Self { program: Some(program), http: http(), url, objects, bucket, folder, database }
    }

    /// A second program on the same database, with objects and keys as this one has them.
    pub(super) async fn beside(&self, more: &[(&str, &str)]) -> (Program, Client) {
        let mut settings = settings(self.folder.path(), self.database.as_ref());
        settings.extend(more.iter().map(|(key, value)| (*key, (*value).to_owned())));
        let settings: Vec<_> = settings.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        let program = spawn_blocking(move || {
            let mut program = program(&settings);
            program.serve().unwrap();
            program
        });
        let program = program.await.unwrap();
        let url = format!("http://{}", program.address());
        (program, Client::new(http(), url, None))
    }

    /// Where what it writes down lies, when that is a database.
    pub(super) fn store(&self) -> String {
        self.database.as_ref().expect("a database").url()
    }

    pub(super) fn stranger(&self) -> Client {
        Client::new(self.http.clone(), self.url.clone(), None)
    }

    pub(super) async fn admin(&self) -> Client {
        logged_in(&self.stranger(), ADMIN).await
    }

    /// Somebody new.
    pub(super) async fn member(&self) -> Client {
        let email = crate::harness::unique_email("member");
        let body = json!({"email": email, "password": PASSWORD, "first_name": "Ada", "last_name": "Byron"});
        self.stranger().post("/auth/register", &body).await.expect(201);
        logged_in(&self.stranger(), &email).await
    }

    /// Follows an address as a browser does, without a token and not further than it leads.
    pub(super) async fn follow(&self, url: &str, headers: &[(&'static str, &str)]) -> reqwest::Response {
        let mut request = self.http.get(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }

    /// Sends a file in parts to wherever the links lead.
    pub(super) async fn uploaded(&self, kind: &str, bytes: &[u8], content_type: &str, said: &Value) -> Value {
        let admin = self.admin().await;
        let wish =
            json!({"kind": kind, "filename": "Night.bin", "size": bytes.len(), "content_type": content_type});
        let begun = admin.post("/admin/uploads", &wish).await.expect(201);
        self.sent(&begun, bytes, usize::MAX).await;
        let path = format!("/admin/uploads/{}/complete", text(&begun, "upload_id"));
        admin.post(&path, said).await.expect(200)
    }

    /// Sends the first parts of an upload.
    pub(super) async fn sent(&self, begun: &Value, bytes: &[u8], parts: usize) {
        let size = usize::try_from(begun["part_size"].as_u64().unwrap()).unwrap();
        for (part, bytes) in begun["parts"].as_array().unwrap().iter().zip(bytes.chunks(size)).take(parts) {
            let sent = self.http.put(text(part, "url")).body(bytes.to_vec()).send().await.unwrap();
            assert!(sent.status().is_success(), "{}: {}", sent.status(), sent.text().await.unwrap());
        }
    }

    /// A set of a recording, on its way; its id.
    pub(super) async fn set(&self, bytes: &[u8], content_type: &str) -> String {
        let upload = self.uploaded("set", bytes, content_type, &json!({})).await;
        let body = json!({"title": "The night", "artist": "Ada", "upload_id": upload["upload_id"],
            "downloadable": true});
        text(&self.admin().await.post("/admin/sets", &body).await.expect(201), "id")
    }

    /// A picture of an album of its own, on its way; the ids of both.
    pub(super) async fn image(&self, bytes: &[u8], content_type: &str) -> (String, String) {
        let album = json!({"title": "Nächte: eins", "access": "members"});
        let album = text(&self.admin().await.post("/admin/albums", &album).await.expect(201), "id");
        let image = self.uploaded("image", bytes, content_type, &json!({"album_id": album})).await;
        (album, text(&image, "image_id"))
    }

    /// What the admin sees there once it is ready.
    pub(super) async fn ready(&self, path: &str) -> Value {
        let since = Instant::now();
        // A token lives longer than this may take.
        let admin = self.admin().await;
        loop {
            let now = admin.get(path).await.expect(200);
            if now["status"] == "ready" {
                return now;
            }
            assert!(now["status"] == "processing" && since.elapsed() < PATIENCE, "{now}\n{}", self.log());
            tokio::time::sleep(POLL).await;
        }
    }

    /// The names of all objects below a prefix that were made here.
    pub(super) async fn names(&self, prefix: &str) -> Vec<String> {
        let listed = self.objects.list(prefix, None, 1000).await.unwrap();
        let names = listed.into_iter().map(|one| one.key.to_string());
        names.filter(|name| !name.contains("/original.")).collect()
    }

    /// Returns when exactly these objects lie below a prefix.
    pub(super) async fn until_only(&self, prefix: &str, wanted: &[String]) {
        let since = Instant::now();
        loop {
            let there = self.names(prefix).await;
            if there == wanted {
                return;
            }
            assert!(since.elapsed() < PATIENCE, "{there:#?} instead of {wanted:#?}\n{}", self.log());
            tokio::time::sleep(POLL).await;
        }
    }

    /// Returns when no object is left at all, nor what was sent.
    pub(super) async fn until_empty(&self) {
        let since = Instant::now();
        loop {
            let there = self.objects.list("", None, 1000).await.unwrap();
            if there.is_empty() {
                return;
            }
            assert!(since.elapsed() < PATIENCE, "{there:#?} is left\n{}", self.log());
            tokio::time::sleep(POLL).await;
        }
    }

    /// What lies in the workplace: the files and folders of each process that works there, without its lock.
    pub(super) fn workplace(&self) -> Vec<Vec<String>> {
        let inside = |folder: &Path| -> Vec<String> {
            let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
        };
        let root = self.folder.path().join("work");
        let left = |name: &String| inside(&root.join(name)).into_iter().filter(|it| it != ".lock").collect();
        inside(&root).iter().map(left).collect()
    }

    /// What the program has started.
    pub(super) fn helpers(&self) -> Vec<Helper> {
        below(self.id())
    }

    fn id(&self) -> u32 {
        self.program.as_ref().unwrap().id().expect("it runs")
    }

    /// Ends the program at once, wherever it is.
    pub(super) async fn kill(&mut self) {
        // Without another process, which would take its time.
        let id = Pid::from_raw(self.id().cast_signed()).unwrap();
        kill_process(id, Signal::KILL).unwrap();
        self.on_program(|program| program.kill().unwrap()).await;
    }

    /// Starts it again.
    pub(super) async fn rise(&mut self) {
        self.on_program(|program| program.serve().unwrap()).await;
    }

    /// Another command of it; what it said.
    pub(super) async fn run(&mut self, arguments: &'static [&'static str]) -> String {
        self.on_program(move |program| program.run(arguments, "").unwrap_or_else(|error| panic!("{error}")))
            .await
    }

    async fn on_program<T: Send + 'static>(
        &mut self,
        act: impl FnOnce(&mut Program) -> T + Send + 'static,
    ) -> T {
        let mut program = self.program.take().unwrap();
        let acting = spawn_blocking(move || {
            let said = act(&mut program);
            (program, said)
        });
        let (program, said) = acting.await.unwrap();
        self.program = Some(program);
        said
    }

    pub(super) fn log(&self) -> String {
        self.program.as_ref().map_or_else(String::new, Program::log)
    }

    /// The most bytes that the program had in memory.
    pub(super) fn peak(&self) -> u64 {
        self.program.as_ref().unwrap().memory().unwrap().peak
    }
}

fn settings(folder: &Path, database: Option<&FreshDatabase>) -> Vec<(&'static str, String)> {
    let text = |text: &str| text.to_owned();
    let below = |name: &str| folder.join(name).display().to_string();
    let store = database.map_or_else(|| format!("local:{}", below("store")), FreshDatabase::url);
    vec![
        ("store.url", store),
        ("media.url", format!("file:{}", below("objects"))),
        ("media.workplace", below("work")),
        ("payments.simulators", text("false")),
        ("worker.lease_seconds", text("3")),
        ("auth.signing_key", text(SIGNING_KEY)),
        ("auth.registration", text("open")),
        ("auth.bcrypt_cost", text("4")),
        ("limits.enabled", text("false")),
    ]
}

fn program(settings: &[(String, String)]) -> Program {
    // The last word wins.
    let settings: Vec<_> = settings.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    Program::new(Path::new(env!("CARGO_BIN_EXE_synesthesie")), &settings).unwrap()
}

fn launch(settings: &[(String, String)]) -> Program {
    let mut program = program(settings);
    let create = ["user", "create-admin", "--email", ADMIN, "--password-stdin"];
    program.run(&create, PASSWORD).unwrap();
    program.serve().unwrap();
    program
}

/// The folder of a program, looked into by another one.
fn disk(folder: &Path) -> Arc<dyn ObjectStore> {
    let disk = Disk::open(folder, "http://nobody.example/media", [0; 32], Arc::new(SystemClock));
    Arc::new(disk.unwrap())
}

fn http() -> reqwest::Client {
    let http = crate::harness::http().redirect(Policy::none());
    http.timeout(PATIENCE).build().unwrap()
}

pub(super) async fn logged_in(stranger: &Client, email: &str) -> Client {
    let body = json!({"email": email, "password": PASSWORD});
    let session = stranger.post("/auth/login", &body).await.expect(200);
    stranger.with(session["access_token"].as_str())
}

/// A field of whatever was answered.
#[track_caller]
pub(super) fn text(answer: &Value, field: &str) -> String {
    answer[field].as_str().unwrap_or_else(|| panic!("no {field} in {answer}")).to_owned()
}

/// The name of the object that a link leads to, which begins so.
#[track_caller]
pub(super) fn name_in<'u>(url: &'u str, beginning: &str) -> &'u str {
    let bare = url.split_once('?').map_or(url, |(bare, _)| bare);
    let at = bare.find(&format!("/{beginning}")).unwrap_or_else(|| panic!("no {beginning} in {url}"));
    &bare[at + 1..]
}

/// What ffmpeg makes of a source that it makes up (`lavfi`), as a file with this ending.
pub(super) async fn made_up(source: &str, ending: &str, arguments: &str) -> Vec<u8> {
    let (source, ending, arguments) = (source.to_owned(), ending.to_owned(), arguments.to_owned());
    let make = move || {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("made").with_extension(ending);
        let mut ffmpeg = Command::new("ffmpeg");
        ffmpeg.args(["-v", "error", "-f", "lavfi", "-i", &source]).args(arguments.split_whitespace());
        let made = ffmpeg.arg(&file).status();
        assert!(made.expect("ffmpeg is installed: `./dev test` brings it").success());
        std::fs::read(file).unwrap()
    };
    spawn_blocking(make).await.unwrap()
}

/// The whole of what was answered, when it is this.
pub(super) async fn whole(response: reqwest::Response, status: u16) -> Answer {
    let answer = Answer::of(response).await;
    assert_eq!(answer.status, status, "{}", answer.text);
    answer
}

/// As [`Client::request`], where more than JSON is answered.
pub(super) async fn asked(client: &Client, path: &str) -> reqwest::Response {
    client.request(Method::GET, path).send().await.unwrap()
}
