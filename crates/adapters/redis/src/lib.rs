//! Cache, rate limits and broadcast in Redis, shared by all instances of the program.
//!
//! Redis only absorbs. Every call answers within half a second, with [`Absent`] when Redis does not; after a
//! failure calls are answered `Absent` at once, and about once a second one of them looks whether it is back.

mod circuit;
mod ear;

use async_trait::async_trait;
use circuit::Circuit;
use deadpool_redis::redis::{Client, Cmd, FromRedisValue, RedisError, cmd};
use deadpool_redis::{Connection, CreatePoolError, Manager, Pool, PoolError, Runtime};
use ear::Ear;
use kernel::{Absent, Broadcast, Cache, RateLimiter, Subscription, Verdict};
use std::time::Duration;

/// How long opening a connection may take.
const CONNECT: Duration = Duration::from_millis(250);
/// How long one command may take, or waiting for a free connection.
const COMMAND: Duration = Duration::from_millis(150);
/// Connections are used by one request at a time, each for a fraction of a millisecond.
const CONNECTIONS: usize = 16;

/// Counts an attempt within the limit and starts the window with the first one, in one step: `{attempts with this one,
/// milliseconds left}`.
const ATTEMPT: &str = "local n = redis.call('INCR', KEYS[1]) \
    local left = redis.call('PTTL', KEYS[1]) \
    if left < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) left = tonumber(ARGV[1]) end \
    if n > tonumber(ARGV[2]) then redis.call('DECR', KEYS[1]) end \
    return {n, left}";

/// Counts one attempt less, never less than none, and leaves the window as it is.
const GIVE_BACK: &str = "local n = tonumber(redis.call('GET', KEYS[1]) or '0') \
    if n > 0 then redis.call('DECR', KEYS[1]) end \
    return n";

/// The three absorbers in one Redis. Keys of each begin with a letter of their own.
#[derive(Debug)]
pub struct Redis {
    pool: Pool,
    client: Client,
    circuit: Circuit,
}

/// The URL cannot be used; nothing was connected yet.
#[derive(Debug, thiserror::Error)]
#[error("this is no usable Redis URL (redis://[user:password@]host:port/database)")]
pub struct UnusableUrl(#[source] Box<dyn std::error::Error + Send + Sync>);

/// Whether [`Redis::new`] would take this URL; nothing is connected.
///
/// # Errors
/// [`UnusableUrl`].
pub fn check_url(url: &str) -> Result<(), UnusableUrl> {
    Client::open(url).map(drop).map_err(|error| UnusableUrl(error.into()))
}

/// Why a call was answered [`Absent`].
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("Redis failed a moment ago")]
    Resting,
    #[error("Redis did not answer in time")]
    Late,
    #[error(transparent)]
    Pool(#[from] PoolError),
    #[error(transparent)]
    Redis(#[from] RedisError),
}

impl Redis {
    /// Prepares connections to the server at `url`; the first call opens one.
    ///
    /// # Errors
    /// [`UnusableUrl`].
    pub fn new(url: &str) -> Result<Self, UnusableUrl> {
        let client = Client::open(url).map_err(|error| UnusableUrl(error.into()))?;
        let pool = pool(url).map_err(|error| UnusableUrl(error.into()))?;
        Ok(Self { pool, client, circuit: Circuit::default() })
    }

    /// Whether Redis answers, for the health report.
    ///
    /// # Errors
    /// [`Absent`] when it does not.
    pub async fn ping(&self) -> Result<(), Absent> {
        self.ask::<()>(&cmd("PING")).await
    }

    /// Sends one command, unless Redis failed a moment ago.
    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Absent> {
        self.guarded(async {
            let mut connection = self.pool.get().await?;
            match command.query_async(&mut connection).await {
                Ok(answer) => Ok(answer),
                Err(error) => {
                    // Whatever is wrong with this connection is nobody else's trouble.
                    drop(Connection::take(connection));
                    Err(error.into())
                }
            }
        })
        .await
    }

    async fn guarded<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Absent> {
        if !self.circuit.lets_pass() {
            return Err(Absent(Box::new(Failure::Resting)));
        }
        let answer = tokio::time::timeout(CONNECT + COMMAND, work).await.unwrap_or(Err(Failure::Late));
        match answer {
            Ok(answer) => {
                if self.circuit.worked() {
                    tracing::info!("Redis is back");
                }
                Ok(answer)
            }
            Err(failure) => {
                if self.circuit.failed() {
                    tracing::warn!(%failure, "Redis is away; going on without it");
                }
                Err(Absent(Box::new(failure)))
            }
        }
    }
}

fn pool(url: &str) -> Result<Pool, CreatePoolError> {
    use deadpool_redis::redis::AsyncConnectionConfig;
    let settings = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECT))
        .set_response_timeout(Some(COMMAND));
    let manager = Manager::new_with_config(url, settings)
        .map_err(|error| CreatePoolError::Config(deadpool_redis::ConfigError::Redis(error)))?;
    Pool::builder(manager)
        .max_size(CONNECTIONS)
        .wait_timeout(Some(COMMAND))
        .create_timeout(Some(CONNECT))
        .recycle_timeout(Some(COMMAND))
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(CreatePoolError::Build)
}

/// Whole milliseconds as Redis takes them, at least one.
fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).clamp(1, i64::MAX.unsigned_abs() / 2)
}

#[async_trait]
impl Cache for Redis {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Absent> {
        self.ask(cmd("GET").arg(format!("c:{key}"))).await
    }

    async fn put(&self, key: &str, value: &[u8], ttl: Duration) -> Result<(), Absent> {
        self.ask(cmd("SET").arg(format!("c:{key}")).arg(value).arg("PX").arg(millis(ttl))).await
    }

    async fn forget(&self, key: &str) -> Result<(), Absent> {
        self.ask(cmd("DEL").arg(format!("c:{key}"))).await
    }
}

#[async_trait]
impl RateLimiter for Redis {
    async fn attempt(&self, key: &str, limit: u32, window: Duration) -> Result<Verdict, Absent> {
        let mut command = cmd("EVAL");
        command.arg(ATTEMPT).arg(1).arg(format!("r:{key}")).arg(millis(window)).arg(limit);
        let (attempts, left): (u64, u64) = self.ask(&command).await?;
        if attempts <= u64::from(limit) {
            return Ok(Verdict::Allowed);
        }
        // The key lives through its last millisecond.
        Ok(Verdict::RetryAfter(Duration::from_millis(left.saturating_add(1))))
    }

    async fn give_back(&self, key: &str) -> Result<(), Absent> {
        self.ask::<u64>(cmd("EVAL").arg(GIVE_BACK).arg(1).arg(format!("r:{key}"))).await.map(drop)
    }
}

#[async_trait]
impl Broadcast for Redis {
    async fn publish(&self, channel: &str, message: &[u8]) -> Result<(), Absent> {
        self.ask(cmd("PUBLISH").arg(format!("b:{channel}")).arg(message)).await
    }

    async fn subscribe(&self, channel: &str) -> Result<Box<dyn Subscription>, Absent> {
        let channel = format!("b:{channel}");
        let ear = self.guarded(async { Ok(Ear::open(&self.client, &channel).await?) }).await?;
        Ok(Box::new(ear))
    }
}
