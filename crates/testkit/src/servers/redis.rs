//! A private Redis server.

use super::process::{PATIENCE, POLL, ServerProcess, Signal, on_path, tail};
use super::{ServerError, io, port};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;
use tempfile::TempDir;

/// A Redis server of one test, on 127.0.0.1, without persistence. Dropping it ends it.
#[derive(Debug)]
pub struct RedisServer {
    /// Declared first: the server ends before its directory is removed.
    process: Option<ServerProcess>,
    program: PathBuf,
    port: u16,
    directory: TempDir,
}

impl RedisServer {
    /// Starts one on a free port and returns when it takes connections.
    ///
    /// # Errors
    /// [`ServerError`], with the end of its log.
    pub fn start() -> Result<Self, ServerError> {
        let program = on_path("redis-server")
            .ok_or(ServerError::Missing { program: "redis-server", package: "redis-server" })?;
        let directory = tempfile::Builder::new()
            .prefix("synesthesie-redis-")
            .tempdir()
            .map_err(io("making a directory for Redis"))?;
        let mut server = Self { process: None, program, port: 0, directory };
        for _ in 0..5 {
            server.port = port::free().map_err(io("finding a free port"))?;
            if server.launch()? {
                return Ok(server);
            }
        }
        Err(server.not_ready())
    }

    /// `redis://` URL of its database 0; stays the same over [`Self::stop`] and [`Self::start_again`].
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    /// Ends it at once: connections break, data is lost, the port refuses.
    ///
    /// # Errors
    /// [`ServerError::Io`] when the system does not let us.
    pub fn stop(&mut self) -> Result<(), ServerError> {
        self.process.take().map_or(Ok(()), |process| process.stop(Signal::Kill))
    }

    /// Starts it on the same port after [`Self::stop`], empty.
    ///
    /// # Errors
    /// [`ServerError`], with the end of its log.
    pub fn start_again(&mut self) -> Result<(), ServerError> {
        self.stop()?;
        let since = Instant::now();
        while since.elapsed() < PATIENCE {
            if self.launch()? {
                return Ok(());
            }
            std::thread::sleep(POLL);
        }
        Err(self.not_ready())
    }

    /// Lets it hang: connections stay open and nothing is answered, until [`Self::thaw`].
    ///
    /// # Errors
    /// [`ServerError::Io`] when the system does not let us.
    pub fn freeze(&mut self) -> Result<(), ServerError> {
        self.process.as_mut().map_or(Ok(()), |process| process.signal(Signal::Stop))
    }

    /// Ends [`Self::freeze`].
    ///
    /// # Errors
    /// [`ServerError::Io`] when the system does not let us.
    pub fn thaw(&mut self) -> Result<(), ServerError> {
        self.process.as_mut().map_or(Ok(()), |process| process.signal(Signal::Continue))
    }

    fn log(&self) -> PathBuf {
        self.directory.path().join("redis.log")
    }

    fn not_ready(&self) -> ServerError {
        ServerError::NotReady { program: "redis-server", said: tail(&self.log()) }
    }

    /// Runs it; `false` when it ended at once, as it does when its port was taken meanwhile.
    fn launch(&mut self) -> Result<bool, ServerError> {
        let _ = std::fs::remove_file(self.log());
        let mut command = Command::new(&self.program);
        command
            .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--appendonly", "no", "--daemonize", "no"])
            .arg("--dir")
            .arg(self.directory.path())
            .arg("--logfile")
            .arg(self.log())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut process = ServerProcess::spawn(&mut command, self.directory.path(), Signal::Kill)?;
        let since = Instant::now();
        while since.elapsed() < PATIENCE {
            let log = std::fs::read_to_string(self.log()).unwrap_or_default();
            if log.contains("Ready to accept connections") {
                self.process = Some(process);
                return Ok(true);
            }
            if process.has_ended() {
                return Ok(false);
            }
            std::thread::sleep(POLL);
        }
        Err(self.not_ready())
    }
}
