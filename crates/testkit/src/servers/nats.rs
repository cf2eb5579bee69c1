//! A private NATS server with JetStream.

use super::process::{PATIENCE, POLL, ServerProcess, Signal, on_path, tail};
use super::{ServerError, io, port};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;
use tempfile::TempDir;

const PROGRAM: &str = "nats-server";

/// A NATS server of one test, on 127.0.0.1, whose streams lie in a directory. Dropping it ends it.
#[derive(Debug)]
pub struct NatsServer {
    /// Declared first: the server ends before its directory is removed.
    process: Option<ServerProcess>,
    program: PathBuf,
    port: u16,
    directory: TempDir,
}

impl NatsServer {
    /// Starts one on a free port and returns when it takes connections.
    ///
    /// # Errors
    /// [`ServerError`], with the end of its log.
    pub fn start() -> Result<Self, ServerError> {
        let missing = ServerError::Missing { program: PROGRAM, package: PROGRAM };
        let program = on_path(PROGRAM)
            // Debian puts it where only root looks.
            .or_else(|| Some(PathBuf::from("/usr/sbin/nats-server")).filter(|file| file.is_file()))
            .ok_or(missing)?;
        let directory = tempfile::Builder::new()
            .prefix("synesthesie-nats-")
            .tempdir()
            .map_err(io("making a directory for NATS"))?;
        let mut server = Self { process: None, program, port: 0, directory };
        for _ in 0..5 {
            server.port = port::free().map_err(io("finding a free port"))?;
            if server.launch()? {
                return Ok(server);
            }
        }
        Err(server.not_ready())
    }

    /// `nats://` URL; stays the same over [`Self::stop`] and [`Self::start_again`].
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Ends it at once: connections break, the port refuses. Its streams stay.
    ///
    /// # Errors
    /// [`ServerError::Io`] when the system does not let us.
    pub fn stop(&mut self) -> Result<(), ServerError> {
        self.process.take().map_or(Ok(()), |process| process.stop(Signal::Kill))
    }

    /// Starts it on the same port after [`Self::stop`], with its streams.
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
        self.directory.path().join("nats.log")
    }

    fn not_ready(&self) -> ServerError {
        ServerError::NotReady { program: PROGRAM, said: tail(&self.log()) }
    }

    /// Runs it; `false` when it ended at once, as it does when its port was taken meanwhile.
    fn launch(&mut self) -> Result<bool, ServerError> {
        let _ = std::fs::remove_file(self.log());
        let mut command = Command::new(&self.program);
        command
            .args(["--jetstream", "--addr", "127.0.0.1", "--port", &self.port.to_string()])
            .arg("--store_dir")
            .arg(self.directory.path().join("streams"))
            .arg("--log")
            .arg(self.log())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut process = ServerProcess::spawn(&mut command, self.directory.path(), Signal::Kill)?;
        let since = Instant::now();
        while since.elapsed() < PATIENCE {
            let log = std::fs::read_to_string(self.log()).unwrap_or_default();
            if log.contains("Server is ready") {
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
