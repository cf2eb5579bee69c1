//! One process: what it may say is bounded, and it does not outlive who waits for it.

use rustix::process::{Pid, Signal, kill_process_group};
use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

/// Most bytes that are read of what a process says on either way; when there is more, it is told to stop.
const MOST_SAID: u64 = 64 << 10;

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// With 0.
    Well,
    /// With another number, or by a fault of its own.
    Badly,
    /// There is no such program.
    NotFound,
    /// It used up what it was allowed.
    Exhausted,
    /// By somebody else.
    Killed,
    /// By us, as it did not end in time by the clock. It had not used up its time of the processor, so the machine stood
    /// still.
    Late,
}

/// What is left of a process.
#[derive(Debug)]
pub(super) struct End {
    pub(super) ended: Ended,
    pub(super) said: Vec<u8>,
    complained: Vec<u8>,
}

impl End {
    /// What it wrote of its trouble.
    pub(super) fn complaint(&self) -> String {
        String::from_utf8_lossy(&self.complained).trim().to_owned()
    }
}

/// Runs a command line in an empty environment until it ends, or until `patience` does.
///
/// # Errors
/// When nothing could be started or waited for.
pub(super) async fn run(line: &[OsString], patience: Duration) -> io::Result<End> {
    let (program, arguments) =
        line.split_first().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "no program"))?;
    let mut command = Command::new(program);
    command.args(arguments).env_clear();
    // An arena of memory per thread counts as address space whether or not it is used.
    command.env("MALLOC_ARENA_MAX", "2");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.process_group(0).kill_on_drop(true);
    let mut child = match command.spawn() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(End { ended: Ended::NotFound, said: Vec::new(), complained: Vec::new() });
        }
        spawned => spawned?,
    };
    let group = Group(child.id().and_then(|id| Pid::from_raw(id.cast_signed())));
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let all = async { tokio::join!(bounded(out), bounded(err), child.wait()) };
    let Ok((said, complained, status)) = tokio::time::timeout(patience, all).await else {
        drop(group);
        child.kill().await?;
        return Ok(End { ended: Ended::Late, said: Vec::new(), complained: Vec::new() });
    };
    group.forget();
    let complained = complained?;
    let ended = ended(status?, &complained);
    Ok(End { ended, said: said?, complained })
}

async fn bounded(from: Option<impl AsyncRead + Unpin>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(from) = from {
        from.take(MOST_SAID).read_to_end(&mut bytes).await?;
    }
    Ok(bytes)
}

fn ended(status: ExitStatus, complained: &[u8]) -> Ended {
    let by = |signals: &[Signal]| {
        status.signal().is_some_and(|number| signals.iter().any(|signal| signal.as_raw() == number))
    };
    match status.code() {
        Some(0) => Ended::Well,
        Some(127) => Ended::NotFound,
        _ if by(&[Signal::XCPU, Signal::XFSZ]) || out_of_memory(complained) => Ended::Exhausted,
        // Whose time is up gets the other signal, seconds before this one.
        _ if by(&[Signal::KILL, Signal::TERM, Signal::INT]) => Ended::Killed,
        _ => Ended::Badly,
    }
}

/// Rust says `memory allocation of ... bytes failed` and aborts, C++ throws `bad_alloc`.
fn out_of_memory(complained: &[u8]) -> bool {
    let words = String::from_utf8_lossy(complained);
    words.contains("memory allocation of") || words.contains("bad_alloc")
}

/// All processes that came of one.
struct Group(Option<Pid>);

impl Group {
    /// It has ended by itself.
    fn forget(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // It may just have ended.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}
