//! What a program that reads foreign bytes may do: as good as nothing.
//!
//! `synesthesie confined ... -- PROGRAM` takes from itself all that the program does not need and then becomes it: its
//! memory, time, files and descriptors are limited by the kernel's resource limits, what it may open and where it may
//! connect by Landlock, which needs no privileges and cannot be taken back. It gets none of our variables but those that
//! say where programs lie, and works when nobody else wants to.

use clap::Args;
use rustix::process::{Resource, Rlimit, nice, setrlimit};
use std::ffi::OsString;
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// Descriptors that it may hold: a program and its libraries open some ten at a time.
const DESCRIPTORS: u64 = 256;
/// Seconds between the signal that its time is over and the one that cannot be caught.
const GRACE: u64 = 5;
/// How far others go first.
const NICE: i32 = 10;
/// Variables that it keeps. All others may be secrets.
const KEPT: [&str; 2] = ["PATH", "LD_LIBRARY_PATH"];

/// As shells have it: the program is not there; it is, and cannot be started; it could not be confined.
const NOT_FOUND: u8 = 127;
const NOT_STARTED: u8 = 126;
const NOT_CONFINED: u8 = 125;

/// What to run, and what it may use.
#[derive(Args, Debug)]
pub struct Confined {
    /// Bytes of address space.
    #[arg(long)]
    pub memory: u64,
    /// Seconds of the processor.
    #[arg(long)]
    pub seconds: u64,
    /// Bytes of the largest file that it may write.
    #[arg(long)]
    pub file: u64,
    /// A file or folder that it may read.
    #[arg(long)]
    pub read: Vec<PathBuf>,
    /// A folder that it may write in.
    #[arg(long)]
    pub write: Vec<PathBuf>,
    /// Who waits for the program: it ends with them.
    #[arg(long)]
    pub parent: Option<u32>,
    /// The program and its arguments.
    #[arg(last = true, required = true)]
    pub line: Vec<OsString>,
}

/// Becomes the program. Returns only when that failed.
#[must_use]
pub fn become_program(confined: &Confined) -> ExitCode {
    let Some((program, arguments)) = confined.line.split_first() else { return NOT_FOUND.into() };
    let confining = walls::end_with(confined.parent).and_then(|()| limit(confined));
    if let Err(error) = confining.and_then(|()| walls::shut_in(confined, Path::new(program))) {
        return complain(program, &error, NOT_CONFINED);
    }
    let mut command = Command::new(program);
    command.args(arguments).env_clear();
    command.envs(KEPT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    let error = command.exec();
    let code = if error.kind() == io::ErrorKind::NotFound { NOT_FOUND } else { NOT_STARTED };
    complain(program, &error, code)
}

/// The version of Landlock by which this machine's kernel keeps programs from files that are not theirs, and from 4 on from
/// connections by TCP; `None`: it does neither. Tried out, not only asked.
#[must_use]
pub fn landlock() -> Option<i32> {
    walls::version()
}

/// From this version of Landlock on programs are kept from the network.
pub const KEEPS_FROM_NETWORK: i32 = 4;

/// Says in the log what this machine's kernel cannot keep programs from.
pub fn warn() {
    match landlock() {
        Some(version) if version >= KEEPS_FROM_NETWORK => {}
        Some(version) => tracing::warn!(
            version,
            "programs that read what is sent may use the network: Landlock of this kernel knows no rules for it"
        ),
        None => tracing::warn!(
            "programs that read what is sent may read other files and use the network: this kernel has no Landlock"
        ),
    }
}

fn limit(confined: &Confined) -> io::Result<()> {
    let both = |most: u64| Rlimit { current: Some(most), maximum: Some(most) };
    let time =
        Rlimit { current: Some(confined.seconds), maximum: Some(confined.seconds.saturating_add(GRACE)) };
    setrlimit(Resource::Core, both(0))?; // It would hold what it has read.
    setrlimit(Resource::Nofile, both(DESCRIPTORS))?;
    setrlimit(Resource::Fsize, both(confined.file))?;
    setrlimit(Resource::Cpu, time)?;
    setrlimit(Resource::As, both(confined.memory))?;
    nice(NICE)?;
    Ok(())
}

fn complain(program: &OsString, error: &io::Error, code: u8) -> ExitCode {
    let _ = writeln!(io::stderr(), "synesthesie confined: {}: {error}", program.display());
    code.into()
}

#[cfg(target_os = "linux")]
mod walls {
    use super::Confined;
    use landlock::{
        ABI, Access, AccessFs, AccessNet, BitFlags, LandlockStatus, RestrictionStatus, Ruleset, RulesetAttr,
        RulesetCreated, RulesetCreatedAttr, RulesetError, Scope, make_bitflags, path_beneath_rules,
    };
    use rustix::process::{Signal, getppid, set_parent_process_death_signal};
    use std::io;
    use std::path::Path;

    /// The newest rights that are asked for; a kernel that knows fewer grants fewer.
    const KNOWN: ABI = ABI::V7;
    /// Where programs and libraries lie, on Debian and others.
    const SYSTEM: [&str; 8] = ["/usr", "/lib", "/lib32", "/lib64", "/libx32", "/bin", "/sbin", "/nix/store"];
    /// What the loader and libraries read.
    const LOADER: [&str; 9] = [
        "/etc/ld.so.cache",
        "/etc/ld.so.conf",
        "/etc/ld.so.conf.d",
        "/etc/ld.so.preload",
        "/etc/localtime",
        "/proc/self",
        "/sys/devices/system/cpu",
        "/dev/zero",
        "/dev/urandom",
    ];

    /// Has this process, and what it becomes, ended with the one that started it, however that ends.
    pub(super) fn end_with(parent: Option<u32>) -> io::Result<()> {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        let now = getppid().map(|parent| parent.as_raw_nonzero().get().cast_unsigned());
        // It may have ended before that was said.
        if parent.is_some() && now != parent { Err(io::Error::other("nobody waits")) } else { Ok(()) }
    }

    /// Shuts this thread in, and what it becomes.
    pub(super) fn shut_in(confined: &Confined, program: &Path) -> io::Result<()> {
        let reading = make_bitflags!(AccessFs::{ReadFile | ReadDir});
        let running = make_bitflags!(AccessFs::{ReadFile | ReadDir | Execute});
        let writing = make_bitflags!(AccessFs::{
            ReadFile | ReadDir | WriteFile | Truncate | MakeReg | MakeDir | RemoveFile | RemoveDir
        });
        let nothing = make_bitflags!(AccessFs::{ReadFile | WriteFile});
        let rules = |created: RulesetCreated| {
            created
                .add_rules(path_beneath_rules(SYSTEM, running))?
                .add_rules(path_beneath_rules([program], running))?
                .add_rules(path_beneath_rules(LOADER, reading))?
                .add_rules(path_beneath_rules(["/dev/null"], nothing))?
                .add_rules(path_beneath_rules(&confined.read, reading))?
                .add_rules(path_beneath_rules(&confined.write, writing))
        };
        restrict(rules).map(|_| ()).map_err(io::Error::other)
    }

    /// Shuts a thread in that does nothing else.
    pub(super) fn version() -> Option<i32> {
        match std::thread::spawn(|| restrict(Ok)).join().ok()?.ok()?.landlock {
            LandlockStatus::Available { effective_abi, kernel_abi } => {
                Some(kernel_abi.unwrap_or(effective_abi as i32))
            }
            _ => None,
        }
    }

    fn restrict(
        rules: impl FnOnce(RulesetCreated) -> Result<RulesetCreated, RulesetError>,
    ) -> Result<RestrictionStatus, RulesetError> {
        let files: BitFlags<AccessFs> = AccessFs::from_all(KNOWN);
        let created = Ruleset::default()
            .handle_access(files)?
            .handle_access(AccessNet::from_all(KNOWN))?
            .scope(Scope::from_all(KNOWN))?
            .create()?;
        rules(created)?.restrict_self()
    }
}

#[cfg(not(target_os = "linux"))]
mod walls {
    use super::Confined;
    use std::io;
    use std::path::Path;

    pub(super) fn end_with(_: Option<u32>) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn shut_in(_: &Confined, _: &Path) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn version() -> Option<i32> {
        None
    }
}
