//! Backups of a large database: how long they take, how large they are, and what the program has in memory meanwhile.

use crate::databases::LARGE;
use crate::options::Options;
use crate::report::table::{Line, readable, thousands};
use crate::{Failure, SIGNING_KEY, megabytes, program};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use testkit::load::Stock;
use testkit::servers::{Memory, PostgresServer};

/// A pair, as `age-keygen` writes it.
const RECIPIENT: &str = "age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa";
const IDENTITY: &str = "AGE-SECRET-KEY-1GQ9778VQXMMJVE8SK7J6VT8UJ4HDQAJUVSFCWCM02D8GEWQ72PVQ2Y5J33";
/// Where it is put back.
const RESTORED: &str = "restored";
/// Between two looks at a process.
const POLL: Duration = Duration::from_millis(20);

/// Where backups lie: on the disk that is built on, as the system's temporary folder may be memory.
struct Folder(PathBuf);

/// What a command came to.
struct Ran {
    time: Duration,
    /// In bytes; that of PostgreSQL's own programs is not in it.
    memory: u64,
}

impl Folder {
    /// What a killed run left there goes.
    fn fresh() -> Result<Self, Failure> {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-run");
        if path.exists() {
            std::fs::remove_dir_all(&path)?;
        }
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Makes one, looks whether it is good, opens it, and puts it back.
pub(crate) fn measure(server: &PostgresServer, options: &Options) -> Result<Vec<Line>, Failure> {
    let folder = Folder::fresh()?;
    let key = folder.path("own.key");
    std::fs::write(&key, format!("{IDENTITY}\n"))?;
    let key = key.display().to_string();
    let bookings = thousands(f64::from(options.bookings));
    eprintln!("backup: pg_dump of {bookings} bookings to nobody");
    let bare = dumped(server)?;
    let step = |what: &str, arguments: &[&str]| -> Result<Ran, Failure> {
        eprintln!("backup: {what}");
        let ran = ran(server, &folder, arguments)?;
        eprintln!("  {:.1} s", ran.time.as_secs_f64());
        Ok(ran)
    };
    // Without the store that is made of it else: that is measured below, as `restore`.
    let made = step("create", &["backup", "create", "--untried"])?;
    let looked = step("verify, without the key", &["backup", "verify"])?;
    let opened = step("verify", &["backup", "verify", "--identity", key.as_str()])?;
    server.query("postgres", &format!("DROP DATABASE IF EXISTS {RESTORED};\nCREATE DATABASE {RESTORED};"))?;
    let into = server.database_url(RESTORED);
    let restored =
        step("restore", &["backup", "restore", "--identity", key.as_str(), "--into", into.as_str()])?;
    let (before, after) = (Stock::count(server, LARGE)?, Stock::count(server, RESTORED)?);
    server.query("postgres", &format!("DROP DATABASE {RESTORED};"))?;
    if before != after {
        return Err(format!("{before:?} was backed up, {after:?} is there again").into());
    }
    let size = megabytes(bytes_below(&folder.path("backups"))?);
    let database = format!("SELECT pg_database_size('{LARGE}');");
    let database = megabytes(server.query("postgres", &database)?.trim().parse()?);
    let mut lines = vec![
        Line::new(format!("backup of {bookings} bookings, s"), made.time.as_secs_f64()).beside(
            format!("pg_dump alone: {} s", readable(bare.as_secs_f64())),
            bare.as_secs_f64() / made.time.as_secs_f64(),
        ),
        memory(&made),
        Line::new("    its size, MB", size)
            .beside(format!("the database: {} MB", readable(database)), size / database),
    ];
    for (name, ran) in [
        ("verify without the private key, s", &looked),
        ("verify with it: opened to the last byte, s", &opened),
        ("restore into an empty database, s", &restored),
    ] {
        lines.extend([Line::new(name, ran.time.as_secs_f64()), memory(ran)]);
    }
    Ok(lines)
}

fn memory(ran: &Ran) -> Line {
    Line::new("    memory of the program at its most, MB", megabytes(ran.memory))
}

/// The least: the database's own program, whose output nobody keeps.
fn dumped(server: &PostgresServer) -> Result<Duration, Failure> {
    let begun = Instant::now();
    let status = Command::new(server.programs().join("pg_dump"))
        .args(["--format=custom", "--compress=0", "--no-owner", "--dbname"])
        .arg(server.database_url(LARGE))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()?;
    if status.success() { Ok(begun.elapsed()) } else { Err(format!("pg_dump ended with {status}").into()) }
}

/// Runs a command to its end, and weighs it meanwhile.
fn ran(server: &PostgresServer, folder: &Folder, arguments: &[&str]) -> Result<Ran, Failure> {
    let (log, place) = (folder.path("log"), |name: &str| format!("file:{}", folder.path(name).display()));
    let tool = |name: &str| server.programs().join(name).display().to_string();
    let settings = [
        ("STORE__URL", server.database_url(LARGE)),
        ("MEDIA__URL", place("media")),
        ("BACKUP__URL", place("backups")),
        ("BACKUP__RECIPIENT", RECIPIENT.to_owned()),
        ("BACKUP__PG_DUMP", tool("pg_dump")),
        ("BACKUP__PG_RESTORE", tool("pg_restore")),
        ("AUTH__SIGNING_KEY", SIGNING_KEY.to_owned()),
        ("PAYMENTS__SIMULATORS", "false".to_owned()),
    ];
    let written = File::create(&log)?;
    let begun = Instant::now();
    let mut child = Command::new(program())
        .args(arguments)
        .current_dir(&folder.0)
        .envs(settings.map(|(key, value)| (format!("SYNESTHESIE__{key}"), value)))
        .stdin(Stdio::null())
        .stdout(written.try_clone()?)
        .stderr(written)
        .spawn()?;
    let mut memory = 0;
    let status = loop {
        memory = Memory::of(child.id()).map_or(memory, |found| found.peak.max(memory));
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(POLL);
    };
    if status.success() {
        return Ok(Ran { time: begun.elapsed(), memory });
    }
    Err(format!("{arguments:?} ended with {status}: {}", std::fs::read_to_string(log)?).into())
}

fn bytes_below(folder: &Path) -> Result<u64, Failure> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let about = entry.metadata()?;
        bytes += if about.is_dir() { bytes_below(&entry.path())? } else { about.len() };
    }
    Ok(bytes)
}
