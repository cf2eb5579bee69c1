//! A server with PostgreSQL behind it and a folder of objects, and the same put together in this process, for what no
//! call does.

use crate::{Failure, program};
use kernel::{AccountId, SystemClock};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use synesthesie::config::Config;
use synesthesie::wiring::{App, build};
use testkit::servers::{PostgresOptions, PostgresServer, Program};

const ADMIN: &str = "admin@example.org";
const PASSWORD: &str = "correct horse battery";
const DATABASE: &str = "media";
/// Any 32 bytes: both have to sign alike.
const SIGNING_KEY: &str = "2b7e151628aed2a6abf7158809cf4f3c2b7e151628aed2a6abf7158809cf4f3c";
/// What takes longer has failed: parts of 4 GiB are put together meanwhile.
const PATIENCE: Duration = Duration::from_secs(900);

/// All of it. What is declared first ends first.
pub(crate) struct House {
    pub(crate) program: Program,
    /// The same in this process: it never serves, and never works off what is owed.
    pub(crate) app: App,
    /// Asks whoever it is.
    pub(crate) http: reqwest::Client,
    _server: PostgresServer,
    folder: Folder,
}

/// Where objects lie: on the disk that is built on, as the system's temporary folder may be memory.
struct Folder(PathBuf);

/// An admin, with a token that is good now.
pub(crate) struct Admin {
    http: reqwest::Client,
    base: String,
    token: String,
    pub(crate) id: AccountId,
}

impl Folder {
    /// What a killed run left there goes.
    fn fresh() -> Result<Self, Failure> {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-media");
        if path.exists() {
            std::fs::remove_dir_all(&path)?;
        }
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl House {
    /// Starts it, with an admin.
    pub(crate) async fn open() -> Result<Self, Failure> {
        eprintln!("starting PostgreSQL and the server");
        let server = PostgresServer::start(&PostgresOptions { durable: true, ..PostgresOptions::default() })?;
        server.query("postgres", &format!("CREATE DATABASE {DATABASE};"))?;
        let folder = Folder::fresh()?;
        let settings = [
            ("store.url", server.database_url(DATABASE)),
            ("media.url", format!("file:{}", folder.0.display())),
            ("mail.url", "box:".to_owned()),
            ("payments.simulators", "false".to_owned()),
            ("limits.enabled", "false".to_owned()),
            ("auth.registration", "open".to_owned()),
            ("auth.bcrypt_cost", "4".to_owned()),
            ("auth.signing_key", SIGNING_KEY.to_owned()),
            ("worker.enabled", "false".to_owned()),
        ];
        let given: Vec<_> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let mut serving = Program::new(&program(), &given)?;
        serving.run(&["migrate"], "")?;
        serving.run(&["user", "create-admin", "--email", ADMIN, "--password-stdin"], PASSWORD)?;
        serving.serve()?;
        let bind = ("http.bind", serving.address().to_string());
        let variables = settings
            .into_iter()
            .chain([bind])
            .map(|(key, value)| (format!("SYNESTHESIE__{}", key.to_uppercase().replace('.', "__")), value));
        let mut config = Config::from_sources(None, variables)?;
        // What runs is this, which knows no hidden commands.
        config.media.program = Some(program());
        let app = build(&config, Arc::new(SystemClock)).await?;
        let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?;
        Ok(Self { program: serving, app, http, _server: server, folder })
    }

    /// Where objects lie.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder.0
    }

    /// Logs the admin in.
    pub(crate) async fn admin(&self) -> Result<Admin, Failure> {
        let mut admin = Admin {
            http: self.http.clone(),
            base: format!("http://{}/api/v1", self.program.address()),
            token: String::new(),
            id: AccountId::from(uuid::Uuid::nil()),
        };
        let session = admin.post("/auth/login", &json!({"email": ADMIN, "password": PASSWORD})).await?;
        admin.token = text(&session, "/access_token")?;
        admin.id = text(&session, "/user/id")?.parse()?;
        Ok(admin)
    }

    /// What the server's process has taken of the processors since it started, in seconds (Linux counts them a hundred
    /// a second).
    pub(crate) fn worked(&self) -> f64 {
        let about = self.program.id().map(|id| std::fs::read_to_string(format!("/proc/{id}/stat")));
        let about = about.and_then(Result::ok).unwrap_or_default();
        // What stands before the last bracket is its name.
        let fields = about.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
        fields.filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / 100.0
    }
}

impl Admin {
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.ask(Method::POST, path, body).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.ask(Method::PATCH, path, body).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Result<(), Failure> {
        self.ask(Method::DELETE, path, &Value::Null).await.map(|_| ())
    }

    async fn ask(&self, method: Method, path: &str, body: &Value) -> Result<Value, Failure> {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        if !body.is_null() {
            request = request.json(body);
        }
        let answer = request.send().await?;
        let (status, said) = (answer.status(), answer.text().await?);
        if !status.is_success() {
            return Err(format!("{path} was answered with {status}: {said}").into());
        }
        Ok(if said.is_empty() { Value::Null } else { serde_json::from_str(&said)? })
    }
}

/// The text at a JSON pointer (RFC 6901).
pub(crate) fn text(value: &Value, pointer: &str) -> Result<String, Failure> {
    let text = value.pointer(pointer).and_then(Value::as_str);
    text.map(str::to_owned).ok_or_else(|| format!("no {pointer} in {value}").into())
}
