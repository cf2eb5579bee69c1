//! The one transaction that implements every domain's.

use crate::failure::failed;
use crate::pool::Pooled;
use crate::statement::Statement;
use async_trait::async_trait;
use diesel::QueryResult;
use diesel::deserialize::FromSqlRow;
use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use diesel::sql_types::Untyped;
use diesel_async::pooled_connection::deadpool::Object;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures_util::future::join;
use kernel::{StoreError, Transaction};

/// A transaction on a connection of its own. Dropped unfinished it closes the connection, so that the server frees
/// its locks at once; given back to the pool it would keep them.
pub struct PgTx {
    connection: Option<Pooled>,
    progress: Progress,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// The server knows nothing of it yet.
    NotBegun,
    /// Open, all well.
    Sound,
    /// A statement failed: PostgreSQL would answer a COMMIT with a rollback, and not call that an error.
    Failed,
    /// Committed or rolled back.
    Ended,
}

impl PgTx {
    pub(crate) const fn new(connection: Pooled) -> Self {
        Self { connection: Some(connection), progress: Progress::NotBegun }
    }

    /// The open transaction's connection, for a statement that diesel builds; its result goes through
    /// [`Self::checked`].
    pub(crate) async fn connection(&mut self) -> Result<&mut AsyncPgConnection, StoreError> {
        let (connection, begin) = self.pipe()?;
        let begun = begin_if(begin, connection).await;
        self.checked("beginning a transaction", begun)?;
        self.connection.as_deref_mut().ok_or_else(ended)
    }

    /// Takes note of a statement's failure.
    pub(crate) fn checked<T>(
        &mut self,
        doing: &'static str,
        result: QueryResult<T>,
    ) -> Result<T, StoreError> {
        result.map_err(|error| {
            self.progress = Progress::Failed;
            failed(doing)(error)
        })
    }

    /// Runs a statement; returns how many rows it touched.
    pub(crate) async fn execute<Q>(
        &mut self,
        doing: &'static str,
        statement: Statement<Q>,
    ) -> Result<usize, StoreError>
    where
        Q: QueryFragment<Pg> + Send,
    {
        let (mut pipe, begin) = self.pipe()?;
        let (begun, touched) = join(begin_if(begin, pipe), statement.execute(&mut pipe)).await;
        self.checked(doing, begun.and(touched))
    }

    /// Runs a statement; returns its rows.
    pub(crate) async fn load<Q, Row>(
        &mut self,
        doing: &'static str,
        statement: Statement<Q>,
    ) -> Result<Vec<Row>, StoreError>
    where
        Q: QueryFragment<Pg> + Send,
        Row: FromSqlRow<Untyped, Pg> + Send + 'static,
    {
        let (mut pipe, begin) = self.pipe()?;
        let (begun, rows) = join(begin_if(begin, pipe), statement.load(&mut pipe)).await;
        self.checked(doing, begun.and(rows))
    }

    /// Locks with one statement and reads with the next, which sees what those who had the lock before have
    /// committed. Both are sent together and cost one round trip.
    pub(crate) async fn lock_and_load<L, Q, Row>(
        &mut self,
        doing: &'static str,
        lock: Statement<L>,
        read: Statement<Q>,
    ) -> Result<Vec<Row>, StoreError>
    where
        L: QueryFragment<Pg> + Send,
        Q: QueryFragment<Pg> + Send,
        Row: FromSqlRow<Untyped, Pg> + Send + 'static,
    {
        let (pipe, begin) = self.pipe()?;
        let (mut first, mut second) = (pipe, pipe);
        let locked = join(begin_if(begin, pipe), lock.execute(&mut first));
        let ((begun, locked), rows) = join(locked, read.load(&mut second)).await;
        self.checked(doing, begun.and(locked).and(rows))
    }

    /// The connection, for statements that are sent without waiting for one another, and whether BEGIN has to be
    /// the first of them. They reach the server in the order in which their futures are polled first.
    fn pipe(&mut self) -> Result<(&AsyncPgConnection, bool), StoreError> {
        let begin = self.progress == Progress::NotBegun;
        if begin {
            // Before anything is sent: if this future is dropped half-way, the connection must be closed.
            self.progress = Progress::Sound;
        }
        self.connection.as_deref().map(|connection| (connection, begin)).ok_or_else(ended)
    }

    async fn end(mut self: Box<Self>, doing: &'static str, command: &str) -> Result<(), StoreError> {
        if self.progress == Progress::NotBegun {
            return Ok(());
        }
        let connection = self.connection.as_deref_mut().ok_or_else(ended)?;
        connection.batch_execute(command).await.map_err(failed(doing))?;
        self.progress = Progress::Ended;
        Ok(())
    }
}

async fn begin_if(needed: bool, mut connection: &AsyncPgConnection) -> QueryResult<()> {
    if needed { connection.batch_execute("BEGIN").await } else { Ok(()) }
}

fn ended() -> StoreError {
    StoreError::broken("using a transaction", "it has ended")
}

#[async_trait]
impl Transaction for PgTx {
    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        if self.progress == Progress::Failed {
            return Err(StoreError::broken("committing", "a statement of this transaction failed"));
        }
        self.end("committing", "COMMIT").await
    }

    async fn rollback(self: Box<Self>) -> Result<(), StoreError> {
        self.end("rolling back", "ROLLBACK").await
    }
}

impl Drop for PgTx {
    fn drop(&mut self) {
        let reusable = matches!(self.progress, Progress::NotBegun | Progress::Ended);
        if let Some(connection) = self.connection.take().filter(|_| !reusable) {
            drop(Object::take(connection));
        }
    }
}
