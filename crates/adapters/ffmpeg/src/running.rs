//! One confined program at work: ended with whoever waits for it, and what it says bounded.

use media::Confines;
use media::confines::Allowed;
use rustix::process::{Pid, Signal, kill_process_group};
use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

/// What of its complaints is kept: the end.
const COMPLAINTS: usize = 16 * 1024;

/// Variables of ours that it gets: where programs and libraries lie. Others hold secrets, or change what ffmpeg does.
const KEPT: [&str; 2] = ["PATH", "LD_LIBRARY_PATH"];

/// A program at work. Dropping it ends it and all that it started.
pub(crate) struct Running {
    child: Child,
    /// What it reads.
    pub(crate) input: Option<ChildStdin>,
    /// What it writes.
    pub(crate) output: Option<ChildStdout>,
    complaints: Option<ChildStderr>,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Well.
    Well,
    /// It gave up.
    Badly,
    /// It used more time or memory than it may.
    Exhausted,
    /// It fell over.
    Crashed,
    /// Somebody ended it.
    Killed,
}

impl Running {
    /// Starts a program in a group of its own, in the folder that it may write in, if it may.
    pub(crate) fn start(
        confines: &Confines,
        allowed: &Allowed<'_>,
        program: &Path,
        arguments: &[OsString],
        reads_input: bool,
    ) -> io::Result<Self> {
        let line = confines.command(allowed, program, arguments);
        let (first, rest) = line.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        let mut command = Command::new(first);
        command.args(rest).env_clear().process_group(0).kill_on_drop(true);
        command.envs(KEPT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        if let Some(folder) = allowed.writes.first() {
            command.current_dir(folder);
        }
        let input = if reads_input { Stdio::piped() } else { Stdio::null() };
        let mut child = command.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let (input, output, complaints) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        Ok(Self { child, input, output, complaints })
    }

    /// Reads its complaints until it is silent for ever; the end of them. To be waited for beside everything else, or it
    /// stops when nobody listens.
    pub(crate) fn complaints(&mut self) -> impl Future<Output = io::Result<String>> + Send + use<> {
        let complaints = self.complaints.take();
        async move {
            match complaints {
                Some(complaints) => tail(complaints).await,
                None => Ok(String::new()),
            }
        }
    }

    /// Waits for its end.
    pub(crate) async fn ending(&mut self, complaints: &str) -> io::Result<Ending> {
        Ok(ending(self.child.wait().await?, complaints))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let group = self.child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        if let Some(group) = group {
            let _ = kill_process_group(group, Signal::KILL); // It may have ended just now.
        }
    }
}

async fn tail(mut complaints: impl AsyncRead + Unpin) -> io::Result<String> {
    let mut kept = Vec::new();
    let mut bytes = [0; 4096];
    loop {
        let read = complaints.read(&mut bytes).await?;
        if read == 0 {
            return Ok(String::from_utf8_lossy(&kept).into_owned());
        }
        kept.extend_from_slice(bytes.get(..read).unwrap_or_default());
        if kept.len() > 2 * COMPLAINTS {
            kept.drain(..kept.len() - COMPLAINTS);
        }
    }
}

fn ending(status: ExitStatus, complaints: &str) -> Ending {
    if status.success() {
        return Ending::Well;
    }
    match status.signal().and_then(Signal::from_named_raw) {
        Some(Signal::XCPU | Signal::XFSZ) => Ending::Exhausted,
        Some(Signal::SEGV | Signal::BUS | Signal::ABORT | Signal::ILL | Signal::FPE | Signal::SYS) => {
            if out_of_memory(complaints) {
                Ending::Exhausted
            } else {
                Ending::Crashed
            }
        }
        Some(_) => Ending::Killed,
        // ffmpeg catches the signal that ends its time, and ends like at a wish.
        None if complaints.contains(&format!("signal {}", Signal::XCPU.as_raw())) => Ending::Exhausted,
        None if out_of_memory(complaints) => Ending::Exhausted,
        None => Ending::Badly,
    }
}

fn out_of_memory(complaints: &str) -> bool {
    ["Cannot allocate memory", "bad_alloc", "out of memory"].iter().any(|words| complaints.contains(words))
}
