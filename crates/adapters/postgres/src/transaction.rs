//! The one transaction that implements every domain's.
//!
//! What it sends, it sends in as few round trips as it can, because others wait for its locks meanwhile: BEGIN goes
//! out with the first statement, and writes that nobody asks the outcome of with the statement after them. The
//! server carries statements out in the order in which they were sent; COMMIT is sent when all have been answered.

use crate::failure::failed;
use crate::span;
use crate::statement::Statement;
use async_trait::async_trait;
use diesel::QueryResult;
use diesel::deserialize::FromSqlRow;
use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use diesel::result::Error;
use diesel::sql_types::Untyped;
use diesel_async::pooled_connection::deadpool::Object;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join, join_all, ready};
use kernel::{InWhichTrace, StoreError, TraceParent, Transaction};
use tracing::{Instrument, Span};

/// A transaction on a connection of its own. Dropped unfinished it closes the connection, so that the server frees
/// its locks at once; given back to the pool it would keep them.
pub struct PgTx {
    connection: Option<Object<AsyncPgConnection>>,
    progress: Progress,
    unsent: Vec<Unsent>,
    /// Of all of it.
    span: Span,
    /// Of the statement that diesel builds and has not been [checked](Self::checked) yet.
    statement: Span,
    trace: InWhichTrace,
    /// Whether there is a stream that all news go to.
    streams: bool,
}

/// A write on its way out, and what it does.
struct Unsent {
    doing: &'static str,
    send: Sending,
}

type Sending = Box<dyn for<'c> FnOnce(&'c AsyncPgConnection) -> BoxFuture<'c, QueryResult<usize>> + Send>;

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
    pub(crate) fn new(
        connection: Object<AsyncPgConnection>,
        span: Span,
        (trace, streams): (InWhichTrace, bool),
    ) -> Self {
        let (connection, statement) = (Some(connection), Span::none());
        let (progress, unsent) = (Progress::NotBegun, Vec::new());
        Self { connection, progress, unsent, span, statement, trace, streams }
    }

    /// In which trace it is written, if in any.
    pub(crate) fn trace(&self) -> Option<TraceParent> {
        (self.trace)()
    }

    /// Whether there is a stream that all news go to.
    pub(crate) const fn streams(&self) -> bool {
        self.streams
    }

    /// The open transaction's connection, for a statement that diesel builds; its result goes through
    /// [`Self::checked`].
    pub(crate) async fn connection(&mut self) -> Result<&mut AsyncPgConnection, StoreError> {
        self.pipe()?.before(ready(Ok(()))).await.map_err(|failure| self.note(failure))?;
        self.statement = span::part(&self.span, None);
        self.connection.as_deref_mut().ok_or_else(ended)
    }

    /// Takes note of a statement's failure.
    pub(crate) fn checked<T>(
        &mut self,
        doing: &'static str,
        result: QueryResult<T>,
    ) -> Result<T, StoreError> {
        let statement = std::mem::replace(&mut self.statement, Span::none());
        span::named(&statement, doing);
        if result.is_err() {
            span::failed(&statement);
        }
        result.map_err(|error| self.note((doing, error)))
    }

    /// Writes without waiting for the outcome: a failure shows with a later statement, at the latest with the
    /// commit, which then fails.
    pub(crate) fn write<Q>(&mut self, doing: &'static str, statement: Statement<Q>)
    where
        Q: QueryFragment<Pg> + Send + 'static,
    {
        let send: Sending =
            Box::new(move |mut connection| async move { statement.execute(&mut connection).await }.boxed());
        self.unsent.push(Unsent { doing, send });
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
        let pipe = self.pipe()?;
        let (mut connection, span) = (pipe.connection, span::part(pipe.span, Some(doing)));
        let touched = pipe.before(named(doing, span, statement.execute(&mut connection))).await;
        touched.map_err(|failure| self.note(failure))
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
        let pipe = self.pipe()?;
        let (mut connection, span) = (pipe.connection, span::part(pipe.span, Some(doing)));
        let rows = pipe.before(named(doing, span, statement.load(&mut connection))).await;
        rows.map_err(|failure| self.note(failure))
    }

    /// Locks with one statement and reads with the next, which sees what those who had the lock before have
    /// committed. Both are sent together.
    pub(crate) async fn lock_and_load<L, Q, Row>(
        &mut self,
        doing: &'static str,
        lock: Statement<L>,
        read: Statement<Q>,
    ) -> Result<Vec<Row>, StoreError>
    where
        L: QueryFragment<Pg> + Send + 'static,
        Q: QueryFragment<Pg> + Send,
        Row: FromSqlRow<Untyped, Pg> + Send + 'static,
    {
        self.write(doing, lock);
        self.load(doing, read).await
    }

    /// The last line of defence: what must not happen, and from then on nothing can be committed.
    pub(crate) fn refuse(&mut self, doing: &'static str, why: &'static str) -> StoreError {
        self.progress = Progress::Failed;
        StoreError::broken(doing, why)
    }

    /// The way to the server, with all that has to go ahead of the next statement.
    fn pipe(&mut self) -> Result<Pipe<'_>, StoreError> {
        let connection = self.connection.as_deref().ok_or_else(ended)?;
        let begin = self.progress == Progress::NotBegun;
        if begin {
            // Before anything is sent: if the sending is given up half-way, the connection must be closed.
            self.progress = Progress::Sound;
        }
        Ok(Pipe { connection, begin, unsent: std::mem::take(&mut self.unsent), span: &self.span })
    }

    fn note(&mut self, (doing, error): Failure) -> StoreError {
        self.progress = Progress::Failed;
        failed(doing)(error)
    }
}

/// What failed, and how.
type Failure = (&'static str, Error);

/// A connection to which statements are sent without waiting for one another's answers.
struct Pipe<'a> {
    connection: &'a AsyncPgConnection,
    begin: bool,
    unsent: Vec<Unsent>,
    /// Of the transaction.
    span: &'a Span,
}

impl Pipe<'_> {
    /// Sends what has to go ahead, then `next`; answers with the first failure, which is the cause of the others.
    ///
    /// Statements reach the server in the order in which their futures are polled for the first time: one that has
    /// to be prepared first holds the connection's cache of statements until it is sent, and the others line up for
    /// it. A command that needs no preparing would overtake them, so only BEGIN, which goes first, may be one.
    async fn before<T>(self, next: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        let Self { connection, begin, unsent, span: whole } = self;
        let beginning = "beginning a transaction";
        let span = if begin { span::part(whole, Some(beginning)) } else { Span::none() };
        let begun = named(beginning, span, begin_if(begin, connection));
        if unsent.is_empty() {
            let (begun, next) = join(begun, next).await;
            return begun.and(next);
        }
        let writes = unsent
            .into_iter()
            .map(|Unsent { doing, send }| named(doing, span::part(whole, Some(doing)), send(connection)));
        let ((begun, written), next) = join(join(begun, join_all(writes)), next).await;
        begun?;
        written.into_iter().collect::<Result<Vec<_>, _>>()?;
        next
    }
}

/// With what was done, if it fails, and followed by a span of its own.
async fn named<T>(
    doing: &'static str,
    span: Span,
    sent: impl Future<Output = QueryResult<T>>,
) -> Result<T, Failure> {
    let outcome = sent.instrument(span.clone()).await;
    if outcome.is_err() {
        span::failed(&span);
    }
    outcome.map_err(|error| (doing, error))
}

async fn begin_if(needed: bool, mut connection: &AsyncPgConnection) -> QueryResult<()> {
    if needed { connection.batch_execute("BEGIN").await } else { Ok(()) }
}

fn ended() -> StoreError {
    StoreError::broken("using a transaction", "it has ended")
}

#[async_trait]
impl Transaction for PgTx {
    async fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        match self.progress {
            Progress::NotBegun if self.unsent.is_empty() => return Ok(()),
            Progress::Failed => {
                return Err(StoreError::broken("committing", "a statement of this transaction failed"));
            }
            Progress::NotBegun | Progress::Sound | Progress::Ended => {}
        }
        let connection = self.connection().await?;
        let committed = connection.batch_execute("COMMIT").await;
        self.checked("committing", committed)?;
        self.progress = Progress::Ended;
        Ok(())
    }

    async fn rollback(mut self: Box<Self>) -> Result<(), StoreError> {
        if self.progress == Progress::NotBegun {
            return Ok(());
        }
        let connection = self.connection.as_deref_mut().ok_or_else(ended)?;
        connection.batch_execute("ROLLBACK").await.map_err(failed("rolling back"))?;
        self.progress = Progress::Ended;
        Ok(())
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
