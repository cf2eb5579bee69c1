//! A private PostgreSQL server.

use super::process::{PATIENCE, POLL, ServerProcess, Signal, on_path, tail};
use super::{Certificate, ServerError, io, port};
use std::fs::File;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;
use tempfile::TempDir;

/// Superuser of the test cluster. Everybody on this machine may connect as it: there is nothing to protect.
const USER: &str = "synesthesie";
/// What a cluster for tests gives up: a crash of the machine may lose it.
const FORGETFUL: [&str; 3] = ["fsync=off", "full_page_writes=off", "autovacuum=off"];

/// How a private server differs from PostgreSQL's own defaults.
#[derive(Debug, Clone, Default)]
pub struct PostgresOptions {
    /// Keeps what was committed even when the machine stops, as in production. Off, commits survive
    /// [`PostgresServer::stop_immediate`] but not a power cut, there is no autovacuum, and tests are faster.
    pub durable: bool,
    /// Further settings, `name=value` as for `postgres -c`; they win over ours.
    pub settings: Vec<String>,
    /// Lets clients encrypt; without one the server cannot.
    pub certificate: Option<Certificate>,
}

/// A PostgreSQL server of one test, on 127.0.0.1. Dropping it ends it.
#[derive(Debug)]
pub struct PostgresServer {
    /// Declared first: the server ends before its directory is removed.
    process: Option<ServerProcess>,
    programs: PathBuf,
    settings: Vec<String>,
    account: Option<Account>,
    port: u16,
    directory: TempDir,
}

/// An unprivileged user: PostgreSQL refuses to run as root.
#[derive(Debug, Clone, Copy)]
struct Account {
    uid: u32,
    gid: u32,
}

impl PostgresServer {
    /// Makes a cluster in a temporary directory, starts it on a free port and returns when it takes connections.
    ///
    /// # Errors
    /// [`ServerError`], with the end of its log.
    pub fn start(options: &PostgresOptions) -> Result<Self, ServerError> {
        let programs = programs().ok_or(ServerError::Missing { program: "initdb", package: "postgresql" })?;
        let directory = tempfile::Builder::new()
            .prefix("synesthesie-pg-")
            .tempdir()
            .map_err(io("making a directory for PostgreSQL"))?;
        let account = unprivileged(directory.path())?;
        let mut server =
            Self { process: None, programs, settings: settings(options), account, port: 0, directory };
        server.make_cluster()?;
        if let Some(certificate) = &options.certificate {
            server.install(certificate)?;
        }
        for _ in 0..5 {
            server.port = port::free().map_err(io("finding a free port"))?;
            if server.launch()? {
                return Ok(server);
            }
        }
        Err(server.not_ready("postgres"))
    }

    /// `postgres://` URL of the maintenance database, as a superuser; stays the same over stops and restarts.
    pub fn url(&self) -> String {
        self.database_url("postgres")
    }

    /// `postgres://` URL of a database on it, which need not exist yet.
    pub fn database_url(&self, database: &str) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/{database}", self.port)
    }

    /// The folder of `initdb`, `postgres`, `pgbench` and `psql` that this server runs from.
    pub fn programs(&self) -> &Path {
        &self.programs
    }

    /// Ends it as a crash of the server would: no checkpoint, connections break, the port refuses.
    ///
    /// # Errors
    /// [`ServerError::Io`] when the system does not let us.
    pub fn stop_immediate(&mut self) -> Result<(), ServerError> {
        self.process.take().map_or(Ok(()), |process| process.stop(Signal::Quit))
    }

    /// Starts it on the same port with what was committed; stops it in order first when it runs.
    ///
    /// # Errors
    /// [`ServerError`], with the end of its log.
    pub fn restart(&mut self) -> Result<(), ServerError> {
        if let Some(process) = self.process.take() {
            process.stop(Signal::Interrupt)?;
        }
        let since = Instant::now();
        while since.elapsed() < PATIENCE {
            if self.launch()? {
                return Ok(());
            }
            std::thread::sleep(POLL);
        }
        Err(self.not_ready("postgres"))
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn log(&self) -> PathBuf {
        self.directory.path().join("postgres.log")
    }

    fn not_ready(&self, program: &'static str) -> ServerError {
        ServerError::NotReady { program, said: tail(&self.log()) }
    }

    /// One of PostgreSQL's programs, as the unprivileged user and with its words going to the log.
    fn command(&self, program: &str) -> Result<Command, ServerError> {
        let log = File::options().create(true).append(true).open(self.log());
        let log = log.map_err(io("opening the log of PostgreSQL"))?;
        let copy = log.try_clone().map_err(io("opening the log of PostgreSQL"))?;
        let mut command = Command::new(self.programs.join(program));
        command.current_dir(self.directory.path()).stdin(Stdio::null()).stdout(log).stderr(copy);
        // What a developer exported for a server of theirs must not reach ours.
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with("PG")) {
                command.env_remove(&name);
            }
        }
        if let Some(Account { uid, gid }) = self.account {
            command.uid(uid).gid(gid);
        }
        Ok(command)
    }

    fn make_cluster(&self) -> Result<(), ServerError> {
        let made = self
            .command("initdb")?
            .args(["--username", USER, "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync"])
            .arg("--pgdata")
            .arg(self.data())
            .status()
            .map_err(io("running initdb"))?;
        if made.success() { Ok(()) } else { Err(self.not_ready("initdb")) }
    }

    /// Puts a certificate where the server looks for one; it insists that the key is its own and nobody else's.
    fn install(&mut self, certificate: &Certificate) -> Result<(), ServerError> {
        for (name, pem) in [("server.crt", &certificate.pem), ("server.key", &certificate.key_pem)] {
            let file = self.data().join(name);
            std::fs::write(&file, pem).map_err(io("writing a certificate"))?;
            let private = std::fs::Permissions::from_mode(0o600);
            std::fs::set_permissions(&file, private).map_err(io("writing a certificate"))?;
            if let Some(Account { uid, gid }) = self.account {
                chown(&file, Some(uid), Some(gid)).map_err(io("giving a file away"))?;
            }
        }
        self.settings.push("ssl=on".to_owned());
        Ok(())
    }

    /// Runs it; `false` when it ended at once, as it does when its port was taken meanwhile.
    fn launch(&mut self) -> Result<bool, ServerError> {
        let mut command = self.command("postgres")?;
        command
            .arg("-D")
            .arg(self.data())
            .args(["-p", &self.port.to_string(), "-k"])
            .arg(self.directory.path());
        for setting in &self.settings {
            command.args(["-c", setting]);
        }
        let mut process = ServerProcess::spawn(&mut command, self.directory.path(), Signal::Quit)?;
        let since = Instant::now();
        while since.elapsed() < PATIENCE {
            if self.is_ready(process.id()) {
                self.process = Some(process);
                return Ok(true);
            }
            if process.has_ended() {
                return Ok(false);
            }
            std::thread::sleep(POLL);
        }
        Err(self.not_ready("postgres"))
    }

    /// The server writes its process number on line 1 of its lock file, and `ready` on line 8 once it answers
    /// (`src/include/utils/pidfile.h`): nobody else who took our port can be mistaken for it.
    fn is_ready(&self, process: u32) -> bool {
        let lock = std::fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
        let mut lines = lock.lines().map(str::trim);
        lines.next() == Some(process.to_string().as_str()) && lines.nth(6) == Some("ready")
    }
}

fn settings(options: &PostgresOptions) -> Vec<String> {
    let mut settings: Vec<String> =
        ["listen_addresses=127.0.0.1", "max_connections=300", "timezone=UTC", "log_timezone=UTC"]
            .map(String::from)
            .to_vec();
    if !options.durable {
        settings.extend(FORGETFUL.map(String::from));
    }
    settings.extend(options.settings.iter().cloned());
    settings
}

/// The folder of the server's programs: from the search path, else the newest where Debian keeps them.
fn programs() -> Option<PathBuf> {
    // A link on the search path stands for the folder it leads to, where the other programs are.
    let linked = on_path("initdb").and_then(|file| file.canonicalize().ok());
    if let Some(folder) = linked.as_deref().and_then(Path::parent)
        && folder.join("postgres").is_file()
    {
        return Some(folder.to_path_buf());
    }
    let version = |folder: &PathBuf| folder.file_name()?.to_str()?.parse::<u32>().ok();
    std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|folder| folder.join("bin/initdb").is_file())
        .max_by_key(version)
        .map(|folder| folder.join("bin"))
}

/// Whom to run as when we are root, and gives that user the directory; `None` when we are not root.
fn unprivileged(directory: &Path) -> Result<Option<Account>, ServerError> {
    // The directory is ours: its owner is who we are.
    let owner = std::fs::metadata(directory).map_err(io("looking at a directory"))?.uid();
    if owner != 0 {
        return Ok(None);
    }
    let users = std::fs::read_to_string("/etc/passwd").map_err(io("reading the list of users"))?;
    let account =
        ["postgres", "nobody"].iter().find_map(|name| account(&users, name)).ok_or(ServerError::Missing {
            program: "an unprivileged user called postgres or nobody",
            package: "postgresql",
        })?;
    chown(directory, Some(account.uid), Some(account.gid)).map_err(io("giving a directory away"))?;
    Ok(Some(account))
}

/// Finds a user in the format of passwd(5): `name:password:uid:gid:...`.
fn account(users: &str, name: &str) -> Option<Account> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next() != Some(name) {
            return None;
        }
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        Some(Account { uid, gid })
    })
}
