//! The pool of connections, and how each is set up.

use crate::failure::failed;
use crate::span;
use crate::tls::Address;
use crate::transaction::PgTx;
use deadpool::managed::{HookError, QueueMode};
use diesel::{ConnectionError, ConnectionResult};
use diesel_async::pooled_connection::deadpool::{Hook, Object, Pool};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use futures_util::FutureExt;
use kernel::{InWhichTrace, StoreError, untraced};
use std::ops::{Deref, DerefMut};
use std::time::Duration;
use tokio_postgres::NoTls;
use tracing::Span;

/// A connection of the pool, lent for one purpose.
pub(crate) struct Pooled {
    connection: Object<AsyncPgConnection>,
    /// Ends when it is given back.
    _span: Span,
}

impl Deref for Pooled {
    type Target = AsyncPgConnection;

    fn deref(&self) -> &AsyncPgConnection {
        &self.connection
    }
}

impl DerefMut for Pooled {
    fn deref_mut(&mut self) -> &mut AsyncPgConnection {
        &mut self.connection
    }
}

/// How long the pool and a connection wait.
#[derive(Debug, Clone)]
pub struct PoolOptions {
    /// Most connections at a time. Few are enough: a transaction is short, and more only queue inside PostgreSQL.
    pub max_size: usize,
    /// How long a request waits for a free connection.
    pub wait: Duration,
    /// How long opening a connection may take.
    pub connect: Duration,
    /// How long a statement waits for a row lock.
    pub lock: Duration,
    /// How long a statement may run.
    pub statement: Duration,
    /// How long a transaction may sit idle before the server ends it and frees its locks.
    pub idle_in_transaction: Duration,
    /// A connection is replaced when it is older: its cached plans are made anew, its memory is given back.
    pub longest_life: Duration,
    /// How the connections call themselves in `pg_stat_activity`.
    pub application_name: String,
    /// Asked in which trace something is owed.
    pub trace: InWhichTrace,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self {
            max_size: 16,
            wait: Duration::from_secs(5),
            connect: Duration::from_secs(3),
            lock: Duration::from_secs(3),
            statement: Duration::from_secs(10),
            idle_in_transaction: Duration::from_secs(15),
            longest_life: Duration::from_secs(30 * 60),
            application_name: "synesthesie".to_owned(),
            trace: untraced,
        }
    }
}

/// How busy the pool is, for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolStatus {
    /// Most connections at a time.
    pub max_size: usize,
    /// Open ones.
    pub size: usize,
    /// Open ones that nobody uses.
    pub available: usize,
    /// Requests that wait for one.
    pub waiting: usize,
}

/// Every store port on one PostgreSQL database. Cloning is cheap: clones share the pool.
#[derive(Clone)]
pub struct PgStore {
    pool: Pool<AsyncPgConnection>,
    trace: InWhichTrace,
    /// Whether there is a stream that all news go to.
    streams: bool,
}

impl PgStore {
    /// Makes the pool and sees that the database answers.
    ///
    /// # Errors
    /// [`StoreError::Broken`] for a faulty URL, [`StoreError::Unavailable`] when the database cannot be reached.
    pub async fn connect(url: &str, options: PoolOptions) -> Result<Self, StoreError> {
        let store = Self { pool: pool(url, &options)?, trace: options.trace, streams: false };
        store.ping().await?;
        Ok(store)
    }

    /// The same where there is a stream: what happens to bookings is kept for it.
    #[must_use]
    pub fn streaming(self) -> Self {
        Self { streams: true, ..self }
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn ping(&self) -> Result<(), StoreError> {
        let doing = "asking for a sign of life";
        self.connection(doing).await?.batch_execute("SELECT 1").await.map_err(failed(doing))
    }

    /// How busy the pool is.
    #[must_use]
    pub fn status(&self) -> PoolStatus {
        let status = self.pool.status();
        let (size, available, waiting) = (status.size, status.available, status.waiting);
        PoolStatus { max_size: status.max_size, size, available, waiting }
    }

    /// Closes the pool: who waits is refused, connections in use end when they come back.
    pub fn close(&self) {
        self.pool.close();
    }

    /// A connection that was alive a moment ago.
    pub(crate) async fn connection(&self, doing: &'static str) -> Result<Pooled, StoreError> {
        // From here on: who waits for a connection waits for the database.
        let span = span::of(doing);
        Ok(Pooled { connection: self.free(doing).await?, _span: span })
    }

    /// A transaction; nothing is sent before its first statement.
    pub(crate) async fn transaction(&self) -> Result<PgTx, StoreError> {
        let span = span::of("a transaction");
        let connection = self.free("beginning a transaction").await?;
        Ok(PgTx::new(connection, span, (self.trace, self.streams)))
    }

    async fn free(&self, doing: &'static str) -> Result<Object<AsyncPgConnection>, StoreError> {
        self.pool.get().await.map_err(|cause| StoreError::unavailable(doing, cause))
    }
}

impl std::fmt::Debug for PgStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PgStore").field("status", &self.status()).finish()
    }
}

fn pool(url: &str, options: &PoolOptions) -> Result<Pool<AsyncPgConnection>, StoreError> {
    let mut address = Address::parse(url)?;
    set_up(&mut address.config, options);
    let mut config = ManagerConfig::default();
    // Asks no one: the driver knows when its socket is closed. A dead peer shows within `tcp_user_timeout`.
    config.recycling_method = RecyclingMethod::Fast;
    config.custom_setup = Box::new(move |_| open(address.clone()).boxed());
    // The URL stays out of the manager, it has a password inside.
    let manager = AsyncDieselConnectionManager::new_with_config(String::new(), config);
    let longest_life = options.longest_life;
    let not_too_old = Hook::sync_fn(move |_, metrics| {
        if metrics.age() < longest_life { Ok(()) } else { Err(HookError::message("old enough")) }
    });
    Pool::builder(manager)
        .max_size(options.max_size)
        .wait_timeout(Some(options.wait))
        .create_timeout(Some(options.connect + Duration::from_secs(1)))
        // The connection that was used last has the warmest cache.
        .queue_mode(QueueMode::Lifo)
        .pre_recycle(not_too_old)
        .runtime(deadpool::Runtime::Tokio1)
        .build()
        .map_err(|cause| StoreError::broken("making the pool", cause))
}

fn set_up(config: &mut tokio_postgres::Config, options: &PoolOptions) {
    let given = config.get_options().map(|given| format!("{given} ")).unwrap_or_default();
    let settings = format!(
        "{given}-c lock_timeout={} -c statement_timeout={} -c idle_in_transaction_session_timeout={} {PLANNING}",
        options.lock.as_millis(),
        options.statement.as_millis(),
        options.idle_in_transaction.as_millis(),
    );
    config
        .options(settings)
        .application_name(&options.application_name)
        .connect_timeout(options.connect)
        .tcp_user_timeout(options.statement + Duration::from_secs(5))
        .keepalives_idle(Duration::from_secs(30))
        .keepalives_interval(Duration::from_secs(5))
        .keepalives_retries(3);
}

/// Every statement finds its rows by an index, whatever the values, so it is planned once. Sequential scans are
/// priced out because a plan made while a table is empty would prefer one, and stay when the table has grown.
const PLANNING: &str = "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off \
                        -c default_transaction_isolation=read\\ committed";

/// Error messages are told apart by their English text (see `failure`). Only a superuser may choose the language;
/// for others the server's own setting stays.
const ENGLISH: &str = "DO $$ BEGIN PERFORM set_config('lc_messages', 'C', false); \
                       EXCEPTION WHEN insufficient_privilege THEN NULL; END $$";

/// Opens one connection.
pub(crate) async fn open(address: Address) -> ConnectionResult<AsyncPgConnection> {
    let refused = |cause: tokio_postgres::Error| ConnectionError::BadConnection(with_causes(&cause));
    let mut connection = match address.tls {
        Some(tls) => {
            let (client, connection) = address.config.connect(tls).await.map_err(refused)?;
            AsyncPgConnection::try_from_client_and_connection(client, connection).await?
        }
        None => {
            let (client, connection) = address.config.connect(NoTls).await.map_err(refused)?;
            AsyncPgConnection::try_from_client_and_connection(client, connection).await?
        }
    };
    connection.batch_execute(ENGLISH).await.map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(connection)
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
