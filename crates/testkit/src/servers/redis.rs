//! A private Redis server.

use super::ServerError;
use super::logged::{Kind, LoggedServer};
use super::process::on_path;
use std::path::Path;
use std::process::Command;

static REDIS: Kind = Kind { program: "redis-server", ready: "Ready to accept connections", arguments };

fn arguments(command: &mut Command, port: u16, directory: &Path, log: &Path) {
    command
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
        .args(["--save", "", "--appendonly", "no", "--daemonize", "no"])
        .arg("--dir")
        .arg(directory)
        .arg("--logfile")
        .arg(log);
}

/// A Redis server of one test, on 127.0.0.1, without persistence. Dropping it ends it.
#[derive(Debug)]
pub struct RedisServer(LoggedServer);

impl RedisServer {
    /// Starts one on a free port and returns when it takes connections.
    ///
    /// # Errors
    /// [`ServerError`], with the end of its log.
    pub fn start() -> Result<Self, ServerError> {
        LoggedServer::start(&REDIS, on_path(REDIS.program)).map(Self)
    }

    /// `redis://` URL of its database 0; stays the same over [`Self::stop`] and [`Self::start_again`].
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.0.port())
    }

    /// Ends it at once: connections break, data is lost, the port refuses.
    ///
    /// # Errors
    /// [`ServerError::Io`] when the system does not let us.
    pub fn stop(&mut self) -> Result<(), ServerError> {
        self.0.stop()
    }

    /// Starts it on the same port after [`Self::stop`], empty.
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
