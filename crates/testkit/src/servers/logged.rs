//! A private server that says in its log when it takes connections.

use super::process::{PATIENCE, POLL, ServerProcess, Signal, tail};
use super::{ServerError, io, port};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;
use tempfile::TempDir;

/// What such servers differ in.
#[derive(Debug)]
pub(super) struct Kind {
    /// What it is called, as a program and as a Debian package.
    pub(super) program: &'static str,
    /// What its log says when it is ready.
    pub(super) ready: &'static str,
    /// Adds how it is run on a port, with its directory and its log.
    pub(super) arguments: fn(&mut Command, u16, &Path, &Path),
}

/// A server of one test, on 127.0.0.1. Dropping it ends it.
#[derive(Debug)]
pub(super) struct LoggedServer {
    /// Declared first: the server ends before its directory is removed.
    process: Option<ServerProcess>,
    kind: &'static Kind,
    program: PathBuf,
    port: u16,
    directory: TempDir,
}

impl LoggedServer {
    /// Starts one on a free port and returns when it takes connections; `program` is where it was found.
    pub(super) fn start(kind: &'static Kind, program: Option<PathBuf>) -> Result<Self, ServerError> {
        let program = program.ok_or(ServerError::Missing { program: kind.program, package: kind.program })?;
        let directory = tempfile::Builder::new()
            .prefix(&format!("synesthesie-{}-", kind.program))
            .tempdir()
            .map_err(io("making a directory for a server"))?;
        let mut server = Self { process: None, kind, program, port: 0, directory };
        for _ in 0..5 {
            server.port = port::free().map_err(io("finding a free port"))?;
            if server.launch()? {
                return Ok(server);
            }
        }
        Err(server.not_ready())
    }

    /// Stays the same over [`Self::stop`] and [`Self::start_again`].
    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    /// Ends it at once.
    pub(super) fn stop(&mut self) -> Result<(), ServerError> {
        self.process.take().map_or(Ok(()), |process| process.stop(Signal::Kill))
    }

    /// Starts it on the same port, with what is in its directory.
    pub(super) fn start_again(&mut self) -> Result<(), ServerError> {
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

    /// Lets it hang, until [`Self::thaw`].
    pub(super) fn freeze(&mut self) -> Result<(), ServerError> {
        self.process.as_mut().map_or(Ok(()), |process| process.signal(Signal::Stop))
    }

    /// Ends [`Self::freeze`].
    pub(super) fn thaw(&mut self) -> Result<(), ServerError> {
        self.process.as_mut().map_or(Ok(()), |process| process.signal(Signal::Continue))
    }

    fn log(&self) -> PathBuf {
        self.directory.path().join("log")
    }

    fn not_ready(&self) -> ServerError {
        ServerError::NotReady { program: self.kind.program, said: tail(&self.log()) }
    }

    /// Runs it; `false` when it ended at once, as it does when its port was taken meanwhile.
    fn launch(&mut self) -> Result<bool, ServerError> {
        let _ = std::fs::remove_file(self.log());
        let mut command = Command::new(&self.program);
        (self.kind.arguments)(&mut command, self.port, self.directory.path(), &self.log());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = ServerProcess::spawn(&mut command, self.directory.path(), Signal::Kill)?;
        let since = Instant::now();
        while since.elapsed() < PATIENCE {
            let log = std::fs::read_to_string(self.log()).unwrap_or_default();
            if log.contains(self.kind.ready) {
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
