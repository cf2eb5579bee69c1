//! Cache, limits and broadcast: in the process, or shared between instances with the process as the reserve.

use crate::config::Config;
use adapter_local::{LocalBroadcast, LocalCache, LocalLimiter};
use async_trait::async_trait;
use kernel::{Absent, Broadcast, Cache, Clock, RateLimiter, Subscription, Verdict};
use std::sync::Arc;
use std::time::Duration;

/// What absorbs load.
pub struct Absorbers {
    /// Counts attempts.
    pub limiter: Arc<dyn RateLimiter>,
    /// Keeps copies.
    pub cache: Arc<dyn Cache>,
    /// Tells all instances.
    pub broadcast: Arc<dyn Broadcast>,
}

/// In the process alone.
#[must_use]
pub fn build(_config: &Config, clock: &Arc<dyn Clock>) -> Absorbers {
    Absorbers {
        limiter: Arc::new(LocalLimiter::new(Arc::clone(clock))),
        cache: Arc::new(LocalCache::new(Arc::clone(clock))),
        broadcast: Arc::new(LocalBroadcast::new()),
    }
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
            Err(Absent(_)) => self.second.subscribe(channel).await,
        }
    }
}
