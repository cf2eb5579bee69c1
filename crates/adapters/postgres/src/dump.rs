//! The database by PostgreSQL's own tools: `pg_dump` in its custom format, and `pg_restore`.
//!
//! What they have to know comes by variables that libpq reads: an argument would show the password to everybody on the
//! machine. Nothing else of our environment is passed on.

mod environment;

use self::environment::variables;
use crate::failure::failed;
use crate::migrations::applied;
use crate::pool::open;
use crate::statement::text;
use crate::tls::Address;
use async_trait::async_trait;
use backups::{Copied, Flow, FlowError, Kind, Rows, Source, Target};
use diesel::sql_types::{BigInt, Text};
use diesel::{QueryResult, QueryableByName};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use kernel::StoreError;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdout, Command};
use tokio::task::JoinHandle;

/// Bytes that are read at once.
const RUN: usize = 128 * 1024;
/// Most of what a program said that is told.
const SAID: u64 = 16 * 1024;
const COPYING: &str = "copying the database";
const RESTORING: &str = "restoring the database";
/// One look for everything that follows, however long that takes.
const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; \
                        SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0";
const TABLES: &str = "SELECT relname::text AS name FROM pg_class \
                      WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace ORDER BY relname";
/// Whatever a restore could run into.
const ANYTHING: &str = "SELECT relname::text AS name FROM pg_class \
                        WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S') \
                        AND relnamespace = current_schema()::regnamespace LIMIT 1";

/// A database, and the programs that copy and restore it.
#[derive(Clone)]
pub struct PgTools {
    address: Address,
    pg_dump: PathBuf,
    pg_restore: PathBuf,
}

impl PgTools {
    /// For the database of a `postgres://` URL, with these programs: names that are looked for as usual, or paths. They
    /// have to be as new as the server, or newer.
    ///
    /// # Errors
    /// [`StoreError::Broken`] for a faulty URL.
    pub fn new(url: &str, pg_dump: PathBuf, pg_restore: PathBuf) -> Result<Self, StoreError> {
        Ok(Self { address: Address::parse(url)?, pg_dump, pg_restore })
    }

    pub(crate) async fn connect(&self) -> Result<AsyncPgConnection, StoreError> {
        let mut address = self.address.clone();
        address.config.application_name("synesthesie backup").connect_timeout(Duration::from_secs(5));
        open(address).await.map_err(|cause| StoreError::unavailable("connecting to the database", cause))
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().kill_on_drop(true);
        // Where programs are looked for, and what Debian's wrapper around these wants.
        for name in ["PATH", "HOME"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        command.envs(variables(&self.address));
        command
    }
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

async fn names(connection: &mut AsyncPgConnection, sql: &'static str) -> Result<Vec<String>, StoreError> {
    let rows: QueryResult<Vec<Named>> = text(sql).load(connection).await;
    Ok(rows.map_err(failed(COPYING))?.into_iter().map(|row| row.name).collect())
}

/// How many rows each table has.
async fn counts(connection: &mut AsyncPgConnection) -> Result<Rows, StoreError> {
    let mut rows = Rows::new();
    for table in names(connection, TABLES).await? {
        let sql = format!("SELECT count(*) AS count FROM \"{}\"", table.replace('"', "\"\""));
        let counted: QueryResult<Vec<Counted>> = diesel::sql_query(sql).load(connection).await;
        let count = counted.map_err(failed(COPYING))?.as_slice().first().map_or(0, |row| row.count);
        rows.insert(table, u64::try_from(count).unwrap_or(0));
    }
    Ok(rows)
}

#[async_trait]
impl Source for PgTools {
    fn kind(&self) -> Kind {
        Kind::Postgres
    }

    async fn copy(&self) -> Result<Copied, StoreError> {
        let mut connection = self.connect().await?;
        connection.batch_execute(SNAPSHOT).await.map_err(failed(COPYING))?;
        let exported = names(&mut connection, "SELECT pg_export_snapshot() AS name").await?;
        let snapshot =
            exported.as_slice().first().ok_or_else(|| StoreError::broken(COPYING, "there is no snapshot"))?;
        let rows = counts(&mut connection).await?;
        let schema = applied(&mut connection).await?.pop().unwrap_or_default();
        let mut command = self.command(&self.pg_dump);
        command
            .args(["--format=custom", "--compress=0", "--no-password"])
            .arg(format!("--snapshot={snapshot}"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = started(&mut command, &self.pg_dump, COPYING)?;
        let said = tokio::spawn(listen(child.stderr.take()));
        let stdout = child.stdout.take().ok_or_else(|| StoreError::broken(COPYING, "nothing can be read"))?;
        let flow = Dump { child, stdout, said, ended: false, _snapshot: connection };
        Ok(Copied { schema, rows, flow: Box::new(flow) })
    }
}

/// What `pg_dump` writes. Dropped, it is killed.
struct Dump {
    child: Child,
    stdout: ChildStdout,
    said: JoinHandle<String>,
    ended: bool,
    /// Whose transaction has the snapshot: it has to last until `pg_dump` has taken it up.
    _snapshot: AsyncPgConnection,
}

#[async_trait]
impl Flow for Dump {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, FlowError> {
        if self.ended {
            return Ok(None);
        }
        let mut run = vec![0; RUN];
        let read = self.stdout.read(&mut run).await;
        let read = read.map_err(|error| StoreError::unavailable(COPYING, error))?;
        if read == 0 {
            // What it wrote is whole when it says so itself.
            ending(&mut self.child, &mut self.said, COPYING).await?;
            self.ended = true;
            return Ok(None);
        }
        run.truncate(read);
        Ok(Some(run))
    }
}

#[async_trait]
impl Target for PgTools {
    fn kind(&self) -> Kind {
        Kind::Postgres
    }

    async fn is_empty(&self) -> Result<bool, StoreError> {
        Ok(names(&mut self.connect().await?, ANYTHING).await?.is_empty())
    }

    async fn fill(&self, mut flow: Box<dyn Flow>) -> Result<(), FlowError> {
        let config = &self.address.config;
        let name = config.get_dbname().or_else(|| config.get_user());
        let name = name.ok_or_else(|| StoreError::broken(RESTORING, "the URL names no database"))?;
        let mut command = self.command(&self.pg_restore);
        command
            .args(["--format=custom", "--exit-on-error", "--single-transaction", "--no-password"])
            // Whoever restores it owns it, and says who else may use it.
            .args(["--no-owner", "--no-privileges"])
            .arg(format!("--dbname=dbname={}", quoted(name)))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = started(&mut command, &self.pg_restore, RESTORING)?;
        let mut said = tokio::spawn(listen(child.stderr.take()));
        let whole = match feed(&mut child, &mut *flow).await {
            Ok(whole) => whole,
            Err(error) => {
                // Before it can commit anything: the transaction ends with its connection.
                let _ = child.kill().await;
                return Err(error);
            }
        };
        ending(&mut child, &mut said, RESTORING).await?;
        if !whole {
            let why = "pg_restore says that all went well, and has not read the whole copy";
            return Err(StoreError::broken(RESTORING, why).into());
        }
        // What the planner knows of tables is not in a copy.
        self.connect().await?.batch_execute("ANALYZE").await.map_err(failed(RESTORING))?;
        Ok(())
    }

    async fn rows(&self) -> Result<Rows, StoreError> {
        counts(&mut self.connect().await?).await
    }
}

/// Hands a copy to `pg_restore`. Its last run is held back until it is known that the copy has come to its end: with less
/// than the whole, nothing is committed. `false` when it read no more: it has ended, and says itself why; the rest of the copy
/// need not be fetched for that.
async fn feed(child: &mut Child, flow: &mut dyn Flow) -> Result<bool, FlowError> {
    let Some(mut stdin) = child.stdin.take() else { return Ok(false) };
    let mut last: Option<Vec<u8>> = None;
    loop {
        let next = flow.next().await?;
        let over = next.is_none();
        let before = std::mem::replace(&mut last, next);
        if let Some(run) = before
            && stdin.write_all(&run).await.is_err()
        {
            return Ok(false);
        }
        if over {
            return Ok(true);
        }
    }
}

fn started(command: &mut Command, program: &Path, doing: &'static str) -> Result<Child, StoreError> {
    command.spawn().map_err(|error| {
        let program = program.display();
        let why = format!("{program} cannot be started ({error}): install PostgreSQL's client programs");
        StoreError::broken(doing, why)
    })
}

/// Waits until a program has ended, and tells what it said unless all went well.
async fn ending(
    child: &mut Child,
    said: &mut JoinHandle<String>,
    doing: &'static str,
) -> Result<(), StoreError> {
    let status = child.wait().await.map_err(|error| StoreError::unavailable(doing, error))?;
    if status.success() {
        return Ok(());
    }
    let said = said.await.unwrap_or_default();
    Err(StoreError::broken(doing, format!("{status}: {}", said.trim())))
}

/// The beginning of what is written there; the rest is read and forgotten, so that nobody waits to write it.
async fn listen(from: Option<impl AsyncRead + Unpin>) -> String {
    let Some(mut from) = from else { return String::new() };
    let mut said = Vec::new();
    let _ = (&mut from).take(SAID).read_to_end(&mut said).await;
    let _ = tokio::io::copy(&mut from, &mut tokio::io::sink()).await;
    String::from_utf8_lossy(&said).into_owned()
}

/// As a value stands in what libpq takes for the name of a database.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// So many runs of a copy that nobody wants, slowly; those that were fetched are counted.
    struct Runs(Arc<AtomicUsize>);

    const MANY: usize = 1000;

    #[async_trait]
    impl Flow for Runs {
        async fn next(&mut self) -> Result<Option<Vec<u8>>, FlowError> {
            tokio::time::sleep(Duration::from_millis(5)).await;
            let fetched = self.0.fetch_add(1, Ordering::Relaxed);
            Ok((fetched < MANY).then(|| vec![0; RUN]))
        }
    }

    /// What comes of a restore by a program that reads nothing, and how many runs were fetched for it.
    async fn restored_by(program: &str) -> (String, usize) {
        let url = "postgres://nobody@127.0.0.1:1/nothing";
        let tools = PgTools::new(url, "pg_dump".into(), program.into()).unwrap();
        let fetched = Arc::new(AtomicUsize::new(0));
        let refused = tools.fill(Box::new(Runs(Arc::clone(&fetched)))).await.unwrap_err();
        let FlowError::Store(StoreError::Broken { cause: Some(cause), .. }) = refused else {
            panic!("{refused:?}")
        };
        (cause.to_string(), fetched.load(Ordering::Relaxed))
    }

    #[tokio::test]
    async fn of_a_restore_that_has_ended_the_rest_is_not_fetched() {
        let (why, fetched) = restored_by("false").await;
        assert!(why.contains("exit status: 1"), "{why}");
        assert!(fetched < MANY, "{fetched} runs were fetched for nobody");
    }

    #[tokio::test]
    async fn a_restore_that_did_not_read_everything_has_not_gone_well() {
        let (why, _) = restored_by("true").await;
        assert!(why.contains("has not read the whole copy"), "{why}");
    }
}
