//! One confined program at work: ended with whoever waits for it, and what it says bounded.

use crate::complaints;
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
/// With what ends who was to start a program and could not: what confines, the loader, and shells have it so.
const NOT_STARTED: std::ops::RangeInclusive<i32> = 125..=127;

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
    /// It was not there, or could not be started or confined.
    NotStarted,
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

/// The end of what it says, from the beginning of a line on.
async fn tail(mut complaints: impl AsyncRead + Unpin) -> io::Result<String> {
    let (mut kept, mut cut) = (Vec::new(), false);
    let mut bytes = [0; 4096];
    loop {
        let read = complaints.read(&mut bytes).await?;
        if read == 0 {
            break;
        }
        kept.extend_from_slice(bytes.get(..read).unwrap_or_default());
        if kept.len() > 2 * COMPLAINTS {
            kept.drain(..kept.len() - COMPLAINTS);
            cut = true;
        }
    }
    let said = String::from_utf8_lossy(&kept);
    // Half a line may pretend to be another one.
    let whole = if cut { said.split_once('\n').map_or("", |(_, rest)| rest) } else { &said };
    Ok(whole.to_owned())
}

fn ending(status: ExitStatus, said: &str) -> Ending {
    if status.success() {
        return Ending::Well;
    }
    match status.signal().and_then(Signal::from_named_raw) {
        Some(Signal::XCPU | Signal::XFSZ) => Ending::Exhausted,
        Some(Signal::SEGV | Signal::BUS | Signal::ABORT | Signal::ILL | Signal::FPE | Signal::SYS) => {
            if out_of_memory(said) {
                Ending::Exhausted
            } else {
                Ending::Crashed
            }
        }
        Some(_) => Ending::Killed,
        None if status.code().is_some_and(|code| NOT_STARTED.contains(&code)) => Ending::NotStarted,
        // ffmpeg catches the signal that ends its time, and ends like at a wish.
        None if complaints::signalled(said, Signal::XCPU.as_raw()) => Ending::Exhausted,
        None if out_of_memory(said) => Ending::Exhausted,
        None => Ending::Badly,
    }
}

fn out_of_memory(said: &str) -> bool {
    complaints::found(said, &["Cannot allocate memory", "bad_alloc", "out of memory"]).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(code: i32, said: &str) -> Ending {
        ending(ExitStatus::from_raw(code << 8), said)
    }

    #[test]
    fn the_words_of_a_file_do_not_say_how_it_ended() {
        assert_eq!(ended(1, "[info]     title           : out of memory\n"), Ending::Badly);
        assert_eq!(ended(1, "[info]     title           : received signal 24\n"), Ending::Badly);
        assert_eq!(ended(1, "[flac @ 0x1] [error] Cannot allocate memory\n"), Ending::Exhausted);
        assert_eq!(ended(255, "[info] Exiting normally, received signal 24.\n"), Ending::Exhausted);
        assert_eq!([125, 126, 127].map(|code| ended(code, "")), [Ending::NotStarted; 3]);
        assert_eq!(ending(ExitStatus::from_raw(9), ""), Ending::Killed);
    }

    #[tokio::test]
    async fn what_is_left_of_its_words_begins_with_a_line() {
        let said = format!("[info] {}[error] No such file\n{}end\n", "a".repeat(40_000), "b\n".repeat(100));
        let kept = tail(said.as_bytes()).await.unwrap();
        assert!(kept.ends_with("b\nend\n") && !kept.contains("No such file"), "{}", kept.len());
        assert_eq!(tail(&b"[error] x\n"[..]).await.unwrap(), "[error] x\n");
    }
}
