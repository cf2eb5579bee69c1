//! A process of the system under rehearsal: this program once more, which can be killed.

use crate::cli::Failure;
use std::fs::File;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::process::{Child, Command};

/// How long a start may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks whether it is ready.
const LOOK: Duration = Duration::from_millis(20);
/// What every variable of the configuration begins with.
const PREFIX: &str = "SYNESTHESIE";

/// Settings by their keys, as `("store.url", "local:...")`.
pub type Given = Vec<(&'static str, String)>;

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Serves, and performs what is owed unless there are workers.
    Instance,
    /// Performs what is owed.
    Worker,
}

impl Part {
    const fn command(self) -> &'static str {
        match self {
            Self::Instance => "rehearsed-server",
            Self::Worker => "rehearsed-worker",
        }
    }

    /// What says where it answers.
    const fn bind(self) -> &'static str {
        match self {
            Self::Instance => "http.bind",
            Self::Worker => "worker.metrics_bind",
        }
    }
}

/// One of them, on a port of its own.
pub struct Server {
    part: Part,
    /// As `instance-1`.
    name: String,
    settings: Given,
    /// Holds the file of the invented clock, and what the process logs.
    folder: PathBuf,
    address: SocketAddr,
    client: reqwest::Client,
    child: Option<Child>,
}

impl Server {
    /// Not started yet.
    #[must_use]
    pub fn new(
        (part, name): (Part, String),
        address: SocketAddr,
        settings: Given,
        (folder, client): (PathBuf, reqwest::Client),
    ) -> Self {
        Self { part, name, settings, folder, address, client, child: None }
    }

    /// Where it answers, `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All settings, as variables.
    #[must_use]
    pub fn variables(&self) -> Vec<(String, String)> {
        let name = |key: &str| format!("{PREFIX}__{}", key.to_uppercase().replace('.', "__"));
        let mut all: Vec<_> = self.settings.iter().map(|(key, value)| (name(key), value.clone())).collect();
        all.push((name(self.part.bind()), self.address.to_string()));
        all
    }

    /// Starts it, and returns when it is ready.
    ///
    /// # Errors
    /// It does not become ready; with the end of its log.
    pub async fn start(&mut self) -> Result<(), Failure> {
        let since = Instant::now();
        while since.elapsed() < PATIENCE {
            let mut child = self.launch()?;
            loop {
                if child.try_wait()?.is_some() {
                    // Its port or its file may still belong to the one that was killed a moment ago.
                    break;
                }
                let ready = self.client.get(format!("{}/health/ready", self.base())).send().await;
                if ready.is_ok_and(|answer| answer.status().is_success()) {
                    self.child = Some(child);
                    return Ok(());
                }
                if since.elapsed() >= PATIENCE {
                    break;
                }
                tokio::time::sleep(LOOK).await;
            }
        }
        Err(format!("a process under rehearsal did not start: {}", self.log()).into())
    }

    fn launch(&self) -> Result<Child, Failure> {
        let log = File::options().create(true).append(true).open(self.log_file())?;
        let mut command = Command::new(std::env::current_exe()?);
        // What is configured for the real system must not reach this one.
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with(PREFIX)) {
                command.env_remove(&name);
            }
        }
        // It ends when its standard input does, so that it never outlives us.
        let child = command
            .arg(self.part.command())
            .arg("--clock")
            .arg(self.folder.join("clock"))
            .current_dir(&self.folder)
            .envs(self.variables())
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()?;
        Ok(child)
    }

    /// Ends it as a crash would.
    ///
    /// # Errors
    /// The system does not let us.
    pub async fn kill(&mut self) -> Result<(), Failure> {
        match self.child.take() {
            Some(mut child) => Ok(child.kill().await?),
            None => Ok(()),
        }
    }

    /// Ends it in order.
    ///
    /// # Errors
    /// It does not end.
    pub async fn stop(&mut self) -> Result<(), Failure> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        drop(child.stdin.take());
        match tokio::time::timeout(PATIENCE, child.wait()).await {
            Ok(ended) => Ok(ended.map(drop)?),
            Err(_) => Err(format!("{} did not end", self.name).into()),
        }
    }

    /// Its name, and the end of what it logged.
    #[must_use]
    pub fn log(&self) -> String {
        let text = std::fs::read_to_string(self.log_file()).unwrap_or_default();
        let lines: Vec<_> = text.lines().rev().take(20).collect();
        let end = lines.into_iter().rev().collect::<Vec<_>>().join("\n");
        format!("{} says: {end}", self.name)
    }

    fn log_file(&self) -> PathBuf {
        self.folder.join(format!("{}.log", self.name))
    }
}
