//! What absorbs load and may vanish: cache, rate limits, broadcast. None of it decides anything that matters;
//! losing it slows the system down and breaks nothing.

use async_trait::async_trait;
use std::time::Duration;

/// The absorber cannot be reached; callers go on without it.
#[derive(Debug, thiserror::Error)]
#[error("the absorber is away")]
pub struct Absent(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Short-lived copies of answers that can be made again.
#[async_trait]
pub trait Cache: Send + Sync {
    /// What was put under the key and has not ended.
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Absent>;
    /// Keeps `value` for `ttl`.
    async fn put(&self, key: &str, value: &[u8], ttl: Duration) -> Result<(), Absent>;
    /// Drops it.
    async fn forget(&self, key: &str) -> Result<(), Absent>;
}

/// What a limiter says of one more attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Within the limit; it was counted.
    Allowed,
    /// One too many, and not counted; the earliest time at which another try can pass.
    RetryAfter(Duration),
}

/// Counts attempts per key in fixed windows.
#[async_trait]
pub trait RateLimiter: Send + Sync {
    /// Counts one attempt under `key`; the `limit + 1`st within `window` is told to wait.
    async fn attempt(&self, key: &str, limit: u32, window: Duration) -> Result<Verdict, Absent>;
    /// Counts one attempt less in the window that runs, if one does: it turned out to be none.
    async fn give_back(&self, key: &str) -> Result<(), Absent>;
}

/// Tells every instance of the program something, at most once, without a promise that it arrives.
#[async_trait]
pub trait Broadcast: Send + Sync {
    /// Tells all who listen to `channel` now.
    async fn publish(&self, channel: &str, message: &[u8]) -> Result<(), Absent>;
    /// Listens from now on.
    async fn subscribe(&self, channel: &str) -> Result<Box<dyn Subscription>, Absent>;
}

/// An open ear.
#[async_trait]
pub trait Subscription: Send {
    /// The next message; `None` when the line is cut and one has to subscribe again.
    async fn next(&mut self) -> Option<Vec<u8>>;
}
