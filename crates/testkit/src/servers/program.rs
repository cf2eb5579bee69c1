//! The program itself as a process of its own: killed, started again and weighed from outside.

use super::process::{PATIENCE, POLL, ServerProcess, Signal, tail};
use super::{ServerError, io, port};
use std::fs::File;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What every variable of the configuration begins with.
const PREFIX: &str = "SYNESTHESIE";
/// Only the first request after a start can take long.
const READY: &[u8] = b"GET /health/ready HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

/// A `synesthesie serve` on 127.0.0.1, configured by variables alone. Dropping it ends it.
#[derive(Debug)]
pub struct Program {
    /// Declared first: it ends before its directory is removed.
    process: Option<ServerProcess>,
    binary: PathBuf,
    settings: Vec<(String, String)>,
    port: u16,
    directory: TempDir,
}

/// What a process has in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// Now, in bytes (`VmRSS` of proc(5)).
    pub now: u64,
    /// The most since it started, in bytes (`VmHWM`).
    pub peak: u64,
}

impl Memory {
    /// Of the process with this number; `None` when there is none, or where there is no `/proc`.
    #[must_use]
    pub fn of(process: u32) -> Option<Self> {
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        Some(Self { now: kilobytes(&status, "VmRSS:")?, peak: kilobytes(&status, "VmHWM:")? })
    }
}

impl Program {
    /// Gets everything ready but does not start it yet: `settings` as `("store.url", "postgres://...")`.
    ///
    /// # Errors
    /// [`ServerError::Io`].
    pub fn new(binary: &Path, settings: &[(&str, &str)]) -> Result<Self, ServerError> {
        let directory = tempfile::Builder::new()
            .prefix("synesthesie-")
            .tempdir()
            .map_err(io("making a directory for the program"))?;
        let variable = |(key, value): &(&str, &str)| {
            (format!("{PREFIX}__{}", key.to_uppercase().replace('.', "__")), (*value).to_owned())
        };
        let settings = settings.iter().map(variable).collect();
        let port = port::free().map_err(io("finding a free port"))?;
        Ok(Self { process: None, binary: binary.to_path_buf(), settings, port, directory })
    }

    /// Runs another command of it, as `&["migrate"]`, with something on standard input; gives what it printed.
    ///
    /// # Errors
    /// [`ServerError::Refused`] with its words when it fails.
    pub fn run(&self, arguments: &[&str], input: &str) -> Result<String, ServerError> {
        let mut child = self
            .command()
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(io("running the program"))?;
        if let Some(mut pipe) = child.stdin.take() {
            let _ = pipe.write_all(input.as_bytes()); // a command that reads nothing may have ended
        }
        let said = child.wait_with_output().map_err(io("running the program"))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if said.status.success() {
            return Ok(text(&said.stdout));
        }
        Err(ServerError::Refused { program: "synesthesie", said: text(&said.stderr) })
    }

    /// Serves, on the same port each time, and returns when it is ready for requests.
    ///
    /// # Errors
    /// [`ServerError`], with the end of its log.
    pub fn serve(&mut self) -> Result<(), ServerError> {
        self.kill()?;
        let since = Instant::now();
        while since.elapsed() < PATIENCE {
            if self.launch()? {
                return Ok(());
            }
            // Its port is taken, as it can be for a moment after it was killed.
            std::thread::sleep(POLL);
        }
        Err(self.not_ready())
    }

    /// Ends it as a crash would.
    ///
    /// # Errors
    /// [`ServerError::Io`] when the system does not let us.
    pub fn kill(&mut self) -> Result<(), ServerError> {
        self.process.take().map_or(Ok(()), |process| process.stop(Signal::Kill))
    }

    /// Ends it in order.
    ///
    /// # Errors
    /// [`ServerError::Io`] when the system does not let us.
    pub fn stop(&mut self) -> Result<(), ServerError> {
        self.process.take().map_or(Ok(()), |process| process.stop(Signal::Terminate))
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// What it has in memory; `None` when it does not run, or where there is no `/proc`.
    #[must_use]
    pub fn memory(&self) -> Option<Memory> {
        Memory::of(self.id()?)
    }

    /// Its number in the process table, while it runs.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.process.as_ref().map(ServerProcess::id)
    }

    /// The end of what it logged.
    #[must_use]
    pub fn log(&self) -> String {
        tail(&self.log_file())
    }

    fn log_file(&self) -> PathBuf {
        self.directory.path().join("log")
    }

    fn not_ready(&self) -> ServerError {
        ServerError::NotReady { program: "synesthesie", said: self.log() }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        // What a developer exported for a server of theirs must not reach ours.
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with(PREFIX)) {
                command.env_remove(&name);
            }
        }
        command
            .current_dir(self.directory.path())
            .env(format!("{PREFIX}__HTTP__BIND"), self.address().to_string())
            .envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs it; `false` when it could not have its port.
    fn launch(&mut self) -> Result<bool, ServerError> {
        let log = File::create(self.log_file()).map_err(io("opening the log of the program"))?;
        let copy = log.try_clone().map_err(io("opening the log of the program"))?;
        let mut command = self.command();
        command.arg("serve").stdin(Stdio::null()).stdout(log).stderr(copy);
        let mut process = ServerProcess::spawn(&mut command, self.directory.path(), Signal::Kill)?;
        let since = Instant::now();
        while since.elapsed() < PATIENCE {
            if process.has_ended() {
                return if self.log().contains("in use") { Ok(false) } else { Err(self.not_ready()) };
            }
            if is_ready(self.address()) {
                self.process = Some(process);
                return Ok(true);
            }
            std::thread::sleep(POLL);
        }
        Err(self.not_ready())
    }
}

fn is_ready(address: SocketAddr) -> bool {
    let ask = || {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(READY)?;
        let mut status = [0; 12];
        stream.read_exact(&mut status)?;
        Ok::<_, std::io::Error>(status.ends_with(b"200"))
    };
    ask().unwrap_or(false)
}

/// A field of `/proc/PID/status`, in bytes.
fn kilobytes(status: &str, field: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_in_bytes() {
        let status = "Name:\tx\nVmHWM:\t  130000 kB\nVmRSS:\t     129 kB\n";
        assert_eq!(kilobytes(status, "VmRSS:"), Some(129 * 1024));
        assert_eq!(kilobytes(status, "VmHWM:"), Some(130_000 * 1024));
        assert_eq!(kilobytes(status, "VmSwap:"), None);
    }
}
