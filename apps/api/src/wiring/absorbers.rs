//! Cache, limits and broadcast: in the process, or shared between instances with the process as the reserve.

use crate::config::Config;
use adapter_local::{LocalBroadcast, LocalCache, LocalLimiter};
use adapter_redis::{Redis, UnusableUrl};
use async_trait::async_trait;
use kernel::{Absent, Broadcast, Cache, Clock, RateLimiter, Subscription, Verdict};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// For how long somebody listens to the second before trying the first again.
const RESERVE: Duration = Duration::from_secs(5);

/// What absorbs load.
pub struct Absorbers {
    /// Counts attempts.
    pub limiter: Arc<dyn RateLimiter>,
    /// Keeps copies.
    pub cache: Arc<dyn Cache>,
    /// Tells all instances.
    pub broadcast: Arc<dyn Broadcast>,
    /// What is asked first, when it is to be used.
    pub redis: Option<Arc<Redis>>,
}

/// In the process alone, or in Redis first.
///
/// # Errors
/// When the address of Redis cannot be used. Whether Redis is there shows later, and matters little.
pub fn build(config: &Config, clock: &Arc<dyn Clock>) -> Result<Absorbers, UnusableUrl> {
    let limiter: Arc<dyn RateLimiter> = Arc::new(LocalLimiter::new(Arc::clone(clock)));
    let cache: Arc<dyn Cache> = Arc::new(LocalCache::new(Arc::clone(clock)));
    let broadcast: Arc<dyn Broadcast> = Arc::new(LocalBroadcast::new());
    let Some(url) = &config.redis.url else {
        return Ok(Absorbers { limiter, cache, broadcast, redis: None });
    };
    let redis = Arc::new(Redis::new(url.expose())?);
    Ok(Absorbers {
        limiter: Arc::new(Fallback::<dyn RateLimiter> { first: redis.clone(), second: limiter }),
        cache: Arc::new(Fallback::<dyn Cache> { first: redis.clone(), second: cache }),
        broadcast: Arc::new(Fallback::<dyn Broadcast> { first: redis.clone(), second: broadcast }),
        redis: Some(redis),
    })
}

/// Asks the first; while it is away, the second.
pub struct Fallback<T: ?Sized> {
    /// Shared between instances.
    pub first: Arc<T>,
    /// In the process.
    pub second: Arc<T>,
}

#[async_trait]
impl RateLimiter for Fallback<dyn RateLimiter> {
    async fn attempt(&self, key: &str, limit: u32, window: Duration) -> Result<Verdict, Absent> {
        match self.first.attempt(key, limit, window).await {
            Ok(verdict) => Ok(verdict),
            Err(Absent(_)) => self.second.attempt(key, limit, window).await,
        }
    }

    async fn give_back(&self, key: &str) -> Result<(), Absent> {
        match self.first.give_back(key).await {
            Ok(()) => Ok(()),
            Err(Absent(_)) => self.second.give_back(key).await,
        }
    }
}

#[async_trait]
impl Cache for Fallback<dyn Cache> {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Absent> {
        match self.first.get(key).await {
            Ok(value) => Ok(value),
            Err(Absent(_)) => self.second.get(key).await,
        }
    }

    async fn put(&self, key: &str, value: &[u8], ttl: Duration) -> Result<(), Absent> {
        match self.first.put(key, value, ttl).await {
            Ok(()) => Ok(()),
            Err(Absent(_)) => self.second.put(key, value, ttl).await,
        }
    }

    async fn forget(&self, key: &str) -> Result<(), Absent> {
        // Both: what was put into the reserve must not come back when the first is away again.
        self.second.forget(key).await?;
        self.first.forget(key).await
    }
}

#[async_trait]
impl Broadcast for Fallback<dyn Broadcast> {
    async fn publish(&self, channel: &str, message: &[u8]) -> Result<(), Absent> {
        match self.first.publish(channel, message).await {
            Ok(()) => Ok(()),
            Err(Absent(_)) => self.second.publish(channel, message).await,
        }
    }

    async fn subscribe(&self, channel: &str) -> Result<Box<dyn Subscription>, Absent> {
        match self.first.subscribe(channel).await {
            Ok(line) => Ok(line),
            Err(Absent(_)) => {
                let line = self.second.subscribe(channel).await?;
                Ok(Box::new(Reserve { line, until: Instant::now() + RESERVE }))
            }
        }
    }
}

/// A line of the second that is cut after a while, so that whoever listens tries the first again.
struct Reserve {
    line: Box<dyn Subscription>,
    until: Instant,
}

#[async_trait]
impl Subscription for Reserve {
    async fn next(&mut self) -> Option<Vec<u8>> {
        timeout_at(self.until, self.line.next()).await.ok().flatten()
    }
}
