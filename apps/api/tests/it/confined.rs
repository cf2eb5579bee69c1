//! Programs that read foreign bytes get what they need, and nothing else.

use std::fs;
use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;
use synesthesie::confine::{KEEPS_FROM_NETWORK, landlock};

const MIB: u64 = 1024 * 1024;

/// What a test allows.
struct Room<'a> {
    memory: u64,
    seconds: u64,
    file: u64,
    read: &'a [&'a Path],
    write: &'a [&'a Path],
}

const ROOM: Room<'static> = Room { memory: 512 * MIB, seconds: 20, file: 10 * MIB, read: &[], write: &[] };

impl Room<'_> {
    fn run(&self, line: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_synesthesie"));
        command.arg("confined").env("SYNESTHESIE__AUTH__SECRET", "known to nobody");
        for (name, value) in [("--memory", self.memory), ("--seconds", self.seconds), ("--file", self.file)] {
            command.args([name, &value.to_string()]);
        }
        for (name, paths) in [("--read", self.read), ("--write", self.write)] {
            paths.iter().for_each(|path| {
                command.arg(name).arg(path);
            });
        }
        command.arg("--").args(line).output().unwrap()
    }
}

/// Where it is said that this is known, the tests are run on a kernel without Landlock.
const KNOWN: &str = "SYNESTHESIE_TEST_WITHOUT_LANDLOCK";

/// Whether the kernel keeps programs from files. What it cannot do is not passed over in silence.
fn files_are_fenced() -> bool {
    let fenced = landlock().is_some();
    assert!(fenced || std::env::var_os(KNOWN).is_some(), "no Landlock here; {KNOWN}=1 leaves it out");
    fenced
}

#[test]
fn it_reads_what_it_was_given_and_no_other_file() {
    let folder = tempfile::tempdir().unwrap();
    let (given, other) = (folder.path().join("given"), folder.path().join("other"));
    fs::write(&given, "foreign bytes").unwrap();
    fs::write(&other, "a secret").unwrap();
    let room = Room { read: &[&given], ..ROOM };
    let read = |path: &Path| room.run(&["/usr/bin/cat", path.to_str().unwrap()]);
    assert_eq!(read(&given).stdout, b"foreign bytes");
    if files_are_fenced() {
        for path in [other.as_path(), Path::new("/etc/passwd"), Path::new("/proc/1/environ")] {
            let output = read(path);
            assert!(!output.status.success() && output.stdout.is_empty(), "{}", path.display());
        }
    }
}

#[test]
fn it_writes_where_it_may_and_nowhere_else() {
    let (mine, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let room = Room { write: &[mine.path()], ..ROOM };
    let write = |folder: &Path| {
        let script = format!("echo x > {0}/new && mkdir {0}/deep && echo y > {0}/deep/z", folder.display());
        room.run(&["/bin/sh", "-c", &script]).status.success()
    };
    assert!(write(mine.path()));
    assert_eq!(fs::read(mine.path().join("deep/z")).unwrap(), b"y\n");
    if files_are_fenced() {
        assert!(!write(other.path()));
        assert_eq!(fs::read_dir(other.path()).unwrap().count(), 0);
        let read_only = Room { read: &[other.path()], ..ROOM };
        let script = format!("echo x > {}/new", other.path().display());
        assert!(!read_only.run(&["/bin/sh", "-c", &script]).status.success());
    }
}

#[test]
fn what_it_brings_along_cannot_be_started() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("script");
    fs::copy("/usr/bin/true", &script).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let room = Room { read: &[folder.path()], write: &[folder.path()], ..ROOM };
    let start = |room: &Room<'_>| room.run(&["/bin/sh", "-c", script.to_str().unwrap()]).status.success();
    if files_are_fenced() {
        assert!(!start(&room));
    }
    assert!(room.run(&[script.to_str().unwrap()]).status.success(), "what we start is ours to choose");
}

#[test]
fn it_calls_nobody() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let call = format!("echo hello > /dev/tcp/127.0.0.1/{}", listener.local_addr().unwrap().port());
    assert!(Command::new("bash").args(["-c", &call]).status().unwrap().success(), "it can be called");
    std::thread::sleep(Duration::from_millis(50));
    assert!(listener.accept().is_ok());
    // Debian 12's kernel is older, which `doctor` says.
    if files_are_fenced() && landlock() >= Some(KEEPS_FROM_NETWORK) {
        assert!(!ROOM.run(&["/usr/bin/bash", "-c", &call]).status.success());
        std::thread::sleep(Duration::from_millis(50));
        assert!(listener.accept().is_err());
    }
}

#[test]
fn it_takes_no_more_memory_time_and_disk_than_it_may() {
    let room = Room { seconds: 1, file: MIB, ..ROOM };
    let take = |mib: u32| {
        let size = format!("bs={mib}M");
        room.run(&["/usr/bin/dd", "if=/dev/zero", "of=/dev/null", &size, "count=1"]).status.success()
    };
    assert!(take(100));
    assert!(!take(1024));

    let ended = room.run(&["/bin/sh", "-c", "while :; do :; done"]).status;
    assert_eq!(ended.signal(), Some(24), "its time was over: {ended}");

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("large");
    let of = format!("of={}", file.display());
    let room = Room { write: &[folder.path()], file: MIB, ..ROOM };
    let written = room.run(&["/usr/bin/dd", "if=/dev/zero", &of, "bs=64K", "count=100"]);
    assert!(!written.status.success());
    assert_eq!(file.metadata().unwrap().len(), MIB);
}

#[test]
fn it_knows_none_of_our_secrets() {
    let output = ROOM.run(&["/usr/bin/env"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("PATH="), "{said}");
    assert!(!said.contains("SYNESTHESIE"), "{said}");
    let status = ROOM.run(&["/usr/bin/cat", "/proc/self/status"]);
    let said = String::from_utf8(status.stdout).unwrap();
    assert!(files_are_fenced() <= said.contains("NoNewPrivs:\t1"), "{said}");
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let output = ROOM.run(&["/nowhere/ffmpeg"]);
    assert_eq!(output.status.code(), Some(127));
    assert!(String::from_utf8(output.stderr).unwrap().contains("/nowhere/ffmpeg"));
}

/// A process of this id that is there and not only waits to be buried.
fn lives(id: &str) -> bool {
    let status = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    status.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

#[test]
fn it_ends_with_whoever_waits_for_it_however_they_end() {
    let folder = tempfile::tempdir().unwrap();
    let told = folder.path().join("id");
    // A shell that starts it, tells its number, waits for it, and is killed.
    let (program, told_to) = (env!("CARGO_BIN_EXE_synesthesie"), told.display());
    let script = format!(
        "{program} confined --memory {} --seconds 60 --file 0 --parent $$ -- /usr/bin/sleep 600 & \
         echo $! > {told_to}.new; mv {told_to}.new {told_to}; wait",
        512 * MIB,
    );
    let mut shell = Command::new("/bin/sh").args(["-c", &script]).spawn().unwrap();
    let until = |what: &str, is: &dyn Fn() -> bool| {
        for _ in 0..200 {
            if is() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("{what}");
    };
    until("it is started", &|| told.exists());
    let id = fs::read_to_string(&told).unwrap().trim().to_owned();
    let name = || fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
    until("it became the program", &|| name().trim() == "sleep");
    shell.kill().unwrap();
    shell.wait().unwrap();
    until("it ended", &|| !lives(&id));
}

#[test]
fn it_is_not_started_for_somebody_who_is_gone() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_synesthesie"));
    command.args(["confined", "--memory", "536870912", "--seconds", "5", "--file", "0", "--parent", "1"]);
    assert_eq!(command.args(["--", "/usr/bin/true"]).status().unwrap().code(), Some(125));
}
