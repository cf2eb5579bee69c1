//! A private NATS server with JetStream.

use super::ServerError;
use super::logged::{Kind, LoggedServer};
use super::process::on_path;
use std::path::{Path, PathBuf};
use std::process::Command;

static NATS: Kind = Kind { program: "nats-server", ready: "Server is ready", arguments };

fn arguments(command: &mut Command, port: u16, directory: &Path, log: &Path) {
    command
        .args(["--jetstream", "--addr", "127.0.0.1", "--port", &port.to_string()])
        .arg("--store_dir")
        .arg(directory.join("streams"))
        .arg("--log")
        .arg(log);
}

/// A NATS server of one test, on 127.0.0.1, whose streams lie in a directory. Dropping it ends it.
#[derive(Debug)]
pub struct NatsServer(LoggedServer);

impl NatsServer {
    /// Starts one on a free port and returns when it takes connections.
    ///
    /// # Errors
    /// [`ServerError`], with the end of its log.
    pub fn start() -> Result<Self, ServerError> {
        // Debian puts it where only root looks.
        let for_root = || Some(PathBuf::from("/usr/sbin/nats-server")).filter(|file| file.is_file());
        LoggedServer::start(&NATS, on_path(NATS.program).or_else(for_root)).map(Self)
    }

    /// `nats://` URL; stays the same over [`Self::stop`] and [`Self::start_again`].
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.0.port())
    }

    /// Ends it at once: connections break, the port refuses. Its streams stay.
    ///
    /// # Errors
    /// [`ServerError::Io`] when the system does not let us.
    pub fn stop(&mut self) -> Result<(), ServerError> {
        self.0.stop()
    }

    /// Starts it on the same port after [`Self::stop`], with its streams.
    ///
    /// # Errors
    /// [`ServerError`], with the end of its log.
    pub fn start_again(&mut self) -> Result<(), ServerError> {
        self.0.start_again()
    }

    /// Lets it hang: connections stay open and nothing is answered, until [`Self::thaw`].
    ///
    /// # Errors
    /// [`ServerError::Io`] when the system does not let us.
    pub fn freeze(&mut self) -> Result<(), ServerError> {
        self.0.freeze()
    }

    /// Ends [`Self::freeze`].
    ///
    /// # Errors
    /// [`ServerError::Io`] when the system does not let us.
    pub fn thaw(&mut self) -> Result<(), ServerError> {
        self.0.thaw()
    }
}
