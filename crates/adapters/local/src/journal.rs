//! The SQLite file: one table of documents, written in transactions that are synced before they are answered.

use crate::state::{State, Unreadable};
use kernel::StoreError;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags, Row, params};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// The name of the file in its directory.
pub(crate) const FILE: &str = "synesthesie.sqlite";
/// Says in the file's header whose it is ("SYNE"; `PRAGMA application_id`, SQLite file format, offset 68).
const APPLICATION: i64 = 0x5359_4E45;
/// What the documents look like. A file with a larger number was written by a newer program.
pub(crate) const SCHEMA: i64 = 3;
/// What makes documents of each earlier schema into documents of the next one, from the first on.
const UPGRADES: [(i64, &str); 2] = [(
    1,
    // What a booking says about its money since the ledger: whose sale it is, what the platform keeps, and which
    // attempt bought it.
    "UPDATE docs SET body = json_set(body,
         '$.organisation', (
             SELECT json_extract(e.body, '$.organisation') FROM docs e
             WHERE e.kind = 'event' AND e.key = unhex(replace(json_extract(docs.body, '$.event'), '-', ''))
         ),
         '$.platform_fee', json_object('amount', 0, 'currency', json_extract(body, '$.total.currency')),
         '$.paid_by', CASE WHEN json_extract(body, '$.status') = 'confirmed' THEN (
             SELECT json_extract(p.value, '$.id') FROM json_each(docs.body, '$.payments') p
             WHERE json_extract(p.value, '$.status') = 'paid' AND NOT EXISTS (
                 SELECT 1 FROM json_each(docs.body, '$.refunds') r
                 WHERE json_extract(r.value, '$.payment') = json_extract(p.value, '$.id')
             )
             ORDER BY json_extract(p.value, '$.attempt') LIMIT 1
         ) END
     ) WHERE kind = 'booking';",
), (
    2,
    // Of the scans that admitted and are not the check-in that counts it is said that they were taken back. It happened
    // after them: of one instant and scanner, the name and then the id decide.
    "INSERT INTO docs (kind, key, body)
     WITH admitted AS MATERIALIZED (
         SELECT json_extract(body, '$.ticket') AS ticket, json_extract(body, '$.at') AS at, body FROM docs
         WHERE kind = 'scan' AND json_extract(body, '$.verdict') = 'admitted'
     ), last AS MATERIALIZED (
         SELECT s.body AS body, max(julianday(s.at)), 'ffffffffffff' || lower(hex(randomblob(10))) AS id
         FROM docs t JOIN admitted s ON s.ticket = json_extract(t.body, '$.id')
         WHERE t.kind = 'ticket' AND s.at IS NOT json_extract(t.body, '$.checked_in_at')
         GROUP BY s.ticket
     )
     SELECT 'scan', unhex(id), json_object(
         'id', printf('%s-%s-%s-%s-%s', substr(id, 1, 8), substr(id, 9, 4), substr(id, 13, 4), substr(id, 17, 4),
             substr(id, 21)),
         'scanner', json_extract(body, '$.scanner'),
         'nonce', json_extract(body, '$.nonce') || '#undone',
         'ticket', json_extract(body, '$.ticket'),
         'event', json_extract(body, '$.event'),
         'verdict', 'undone',
         'checked_in_at', NULL,
         'at', json_extract(body, '$.at'),
         'way', 'out',
         'reason', 'Taken back before this was kept'
     ) FROM last;",
)];
/// What stands in the ledger the file itself keeps as it is, whoever writes.
const APPEND_ONLY: &str = "
    CREATE TRIGGER IF NOT EXISTS ledger_unchanged BEFORE UPDATE ON docs WHEN OLD.kind = 'entry'
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: UPDATE is refused'); END;
    CREATE TRIGGER IF NOT EXISTS ledger_undeleted BEFORE DELETE ON docs WHEN OLD.kind = 'entry'
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: DELETE is refused'); END;";
/// How long a process that is just ending gets to let go of the file.
const PATIENCE: Duration = Duration::from_secs(1);

/// A document's new text, or `None` when it is gone.
pub(crate) type Changes = BTreeMap<(&'static str, Vec<u8>), Option<String>>;

/// The file, locked for the life of this value.
pub(crate) struct Journal {
    connection: Connection,
}

impl Journal {
    /// Opens or makes the file.
    pub(crate) fn open(directory: &Path) -> Result<Self, StoreError> {
        make_private(directory)
            .map_err(|error| StoreError::unavailable("making the directory of the data", error))?;
        let path = directory.join(FILE);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_EXRESCODE;
        let connection = Connection::open_with_flags(path, flags).map_err(opening)?;
        lock(&connection).map_err(opening)?;
        let journal = Self { connection };
        journal.check_schema()?;
        journal.connection.execute_batch(APPEND_ONLY).map_err(opening)?;
        Ok(journal)
    }

    fn check_schema(&self) -> Result<(), StoreError> {
        let number = |pragma| self.connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
        let application = number("application_id").map_err(opening)?;
        let schema = number("user_version").map_err(opening)?;
        let tables: i64 = self
            .connection
            .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
            .map_err(opening)?;
        match (application, schema) {
            (0, 0) if tables == 0 => self.create().map_err(opening),
            (APPLICATION, SCHEMA) => Ok(()),
            (APPLICATION, older) if (1..SCHEMA).contains(&older) => self.upgrade(older).map_err(opening),
            (APPLICATION, newer) if newer > SCHEMA => Err(StoreError::broken(
                "opening its file",
                format!("the file has schema {newer}, written by a newer version; this one knows {SCHEMA}"),
            )),
            _ => Err(StoreError::broken("opening its file", "the file belongs to another program")),
        }
    }

    /// Brings the documents of an earlier version into today's form: all of them, or none.
    fn upgrade(&self, from: i64) -> rusqlite::Result<()> {
        let steps = UPGRADES.iter().filter(|(of, _)| *of >= from).map(|(_, step)| *step);
        let steps = steps.collect::<Vec<_>>().join("\n");
        self.connection.execute_batch(&format!("BEGIN; {steps} PRAGMA user_version = {SCHEMA}; COMMIT;"))
    }

    fn create(&self) -> rusqlite::Result<()> {
        self.connection.execute_batch(&format!(
            "BEGIN;
             CREATE TABLE docs (
                 kind TEXT NOT NULL, key BLOB NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, key)
             ) WITHOUT ROWID;
             PRAGMA application_id = {APPLICATION};
             PRAGMA user_version = {SCHEMA};
             COMMIT;"
        ))
    }

    /// Reads everything.
    pub(crate) fn load(&self) -> Result<State, StoreError> {
        let mut state = State::default();
        let mut statement = self
            .connection
            .prepare("SELECT kind, key, body FROM docs")
            .map_err(failed("reading its file"))?;
        let mut rows = statement.query([]).map_err(failed("reading its file"))?;
        while let Some(row) = rows.next().map_err(failed("reading its file"))? {
            load_row(&mut state, row).map_err(|error| StoreError::broken("reading its file", error))?;
        }
        Ok(state)
    }

    /// Says that its documents are those of an earlier schema: whoever opens it next brings them into today's form.
    pub(crate) fn date_back(&self, schema: i64) -> rusqlite::Result<()> {
        self.connection.pragma_update(None, "user_version", schema)
    }

    /// Puts everything into the one file, and lets go of it.
    pub(crate) fn close(self) -> rusqlite::Result<()> {
        self.connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
        self.connection.close().map_err(|(_, error)| error)
    }

    /// Writes changes durably: all of them, or none.
    pub(crate) fn append(&mut self, changes: &Changes) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction()?;
        {
            let mut put = transaction.prepare_cached(
                "INSERT INTO docs (kind, key, body) VALUES (?1, ?2, ?3)
                 ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body",
            )?;
            let mut remove = transaction.prepare_cached("DELETE FROM docs WHERE kind = ?1 AND key = ?2")?;
            for ((kind, key), body) in changes {
                match body {
                    Some(body) => put.execute(params![kind, key, body])?,
                    None => remove.execute(params![kind, key])?,
                };
            }
        }
        transaction.commit()
    }
}

/// The exclusive lock comes first: in this mode the write-ahead log needs no shared memory, and the lock is held
/// until the connection closes or the process ends, however it ends.
fn lock(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(PATIENCE)?;
    connection.execute_batch(
        "PRAGMA locking_mode = EXCLUSIVE;
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         BEGIN EXCLUSIVE;
         COMMIT;",
    )
}

fn load_row(state: &mut State, row: &Row<'_>) -> Result<(), Unreadable> {
    let column = |index| row.get_ref(index).unwrap_or(ValueRef::Null);
    let kind = String::from_utf8_lossy(column(0).as_bytes().unwrap_or_default()).into_owned();
    let key = column(1).as_blob().unwrap_or_default();
    let body = column(2).as_str().map_err(|error| Unreadable::new(&kind, key, error))?;
    state.load(&kind, key, body)
}

/// Password hashes and addresses are for nobody else on the machine.
fn make_private(directory: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    let mut options = fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
        builder.mode(0o700);
        options.mode(0o600);
    }
    builder.create(directory)?;
    // SQLite gives the files beside it the same mode.
    options.open(directory.join(FILE)).map(drop)
}

fn opening(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            StoreError::unavailable("opening its file, which is in use by another process", error)
        }
        _ => failed("opening its file")(error),
    }
}

/// What a failing disk or a damaged file means to callers.
pub(crate) fn failed(doing: &'static str) -> impl Fn(rusqlite::Error) -> StoreError {
    move |error| match error.sqlite_error_code() {
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::PermissionDenied
            | ErrorCode::ReadOnly
            | ErrorCode::OutOfMemory,
        ) => StoreError::unavailable(doing, error),
        _ => StoreError::broken(doing, error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Journal {
        /// As a full disk does, refuses to let the file grow beyond so many pages.
        pub(crate) fn limit_pages(&self, pages: u32) {
            self.connection.execute_batch(&format!("PRAGMA max_page_count = {pages}")).unwrap();
        }
    }

    #[test]
    fn every_commit_is_synced() {
        let directory = tempfile::tempdir().unwrap();
        let journal = Journal::open(directory.path()).unwrap();
        let text =
            |pragma| journal.connection.pragma_query_value(None, pragma, |row| row.get::<_, String>(0));
        let number = |pragma| journal.connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
        assert_eq!(text("journal_mode").unwrap(), "wal");
        assert_eq!(text("locking_mode").unwrap(), "exclusive");
        assert_eq!(number("synchronous").unwrap(), 2, "FULL");
    }
}
