//! A server process that never outlives the test that started it.

use super::{ServerError, io};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a server may take to become ready, or to end: generous, for a machine that compiles meanwhile.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
/// How often something outside of us is looked at.
pub(super) const POLL: Duration = Duration::from_millis(10);

/// Waits for the end of its input, which comes when we close the pipe or die, then ends the server and removes
/// its directory. `$1` signal, `$2` process, `$3` directory.
const WATCHDOG: &str = r#"
read -r _
kill -s "$1" "$2" 2>/dev/null
tries=0
while kill -s 0 "$2" 2>/dev/null && [ "$tries" -lt 100 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
kill -s KILL "$2" 2>/dev/null
rm -rf -- "$3"
"#;

/// A signal, by its POSIX name.
#[derive(Debug, Clone, Copy)]
pub(super) enum Signal {
    /// For PostgreSQL: disconnect everybody and shut down in order.
    Interrupt,
    /// For PostgreSQL: end at once without a checkpoint, as in a crash.
    Quit,
    /// Ask to end in order.
    Terminate,
    /// End at once.
    Kill,
    /// Freeze.
    Stop,
    /// Go on.
    Continue,
}

impl Signal {
    const fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "INT",
            Self::Quit => "QUIT",
            Self::Terminate => "TERM",
            Self::Kill => "KILL",
            Self::Stop => "STOP",
            Self::Continue => "CONT",
        }
    }
}

/// A running server and the watchdog that ends it should we die.
#[derive(Debug)]
pub(super) struct ServerProcess {
    server: Child,
    watchdog: Child,
    /// Ends the server quickly and completely.
    end: Signal,
}

impl ServerProcess {
    /// Starts `command` in a process group of its own, so that Ctrl-C reaches the test before its servers.
    pub(super) fn spawn(command: &mut Command, directory: &Path, end: Signal) -> Result<Self, ServerError> {
        let mut server = command.process_group(0).spawn().map_err(io("starting a server"))?;
        let watchdog = Command::new("sh")
            .args(["-c", WATCHDOG, "watchdog", end.name(), &server.id().to_string()])
            .arg(directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn();
        match watchdog {
            Ok(watchdog) => Ok(Self { server, watchdog, end }),
            Err(cause) => {
                let _ = server.kill();
                let _ = server.wait();
                Err(io("starting the watchdog of a server")(cause))
            }
        }
    }

    /// Its number in the process table.
    pub(super) fn id(&self) -> u32 {
        self.server.id()
    }

    /// Its output, where `command` asked for a pipe.
    pub(super) fn take_stdout(&mut self) -> Option<std::process::ChildStdout> {
        self.server.stdout.take()
    }

    /// Whether it is gone.
    pub(super) fn has_ended(&mut self) -> bool {
        !matches!(self.server.try_wait(), Ok(None))
    }

    /// Sends a signal; the process is ours and not reaped, so that the number cannot mean another one.
    pub(super) fn signal(&mut self, signal: Signal) -> Result<(), ServerError> {
        if self.has_ended() {
            return Ok(());
        }
        Command::new("sh")
            .args(["-c", r#"kill -s "$1" "$2""#, "signal", signal.name(), &self.server.id().to_string()])
            .stderr(Stdio::null())
            .status()
            .map(|_| ())
            .map_err(io("signalling a server"))
    }

    /// Sends a signal that ends it, and waits until it is gone.
    pub(super) fn stop(mut self, signal: Signal) -> Result<(), ServerError> {
        self.end_by(signal)
    }

    fn end_by(&mut self, signal: Signal) -> Result<(), ServerError> {
        self.signal(signal)?;
        let since = Instant::now();
        while !self.has_ended() {
            if since.elapsed() > PATIENCE {
                self.server.kill().map_err(io("ending a server"))?;
            }
            std::thread::sleep(POLL);
        }
        // Only now: until here it would have done our work, had we died.
        self.watchdog.kill().map_err(io("ending the watchdog of a server"))?;
        self.watchdog.wait().map(|_| ()).map_err(io("ending the watchdog of a server"))
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _ = self.signal(Signal::Continue);
        let _ = self.end_by(self.end);
    }
}

/// The end of a log file, for an error message.
pub(super) fn tail(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().rev().take(8).collect();
    if lines.is_empty() {
        return "it left no log".into();
    }
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}

/// The program of this name on the search path.
pub(super) fn on_path(program: &str) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|directory| directory.join(program)).find(|file| file.is_file())
}
