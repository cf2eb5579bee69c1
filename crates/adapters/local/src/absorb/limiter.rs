//! Counting attempts.

use super::cache::end;
use super::shelf::Shelf;
use async_trait::async_trait;
use kernel::{Absent, Clock, RateLimiter, Verdict};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Most keys that are counted at a time. Beyond that the windows that end first are forgotten, so that an attacker
/// with many addresses fills the memory of nobody.
const MOST: usize = 100_000;

/// A [`RateLimiter`] in this process. A window begins with the first attempt in it. Clones are the same limiter.
#[derive(Clone)]
pub struct LocalLimiter {
    windows: Arc<Mutex<Shelf<u32>>>,
    clock: Arc<dyn Clock>,
}

impl LocalLimiter {
    /// One that has counted nothing.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { windows: Arc::new(Mutex::new(Shelf::new(MOST))), clock }
    }
}

#[async_trait]
impl RateLimiter for LocalLimiter {
    async fn attempt(&self, key: &str, limit: u32, window: Duration) -> Result<Verdict, Absent> {
        let now = self.clock.now();
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = match windows.get_mut(key, now) {
            Some((_, count)) if *count < limit => {
                *count += 1;
                return Ok(Verdict::Allowed);
            }
            Some((end, _)) => (end - now).to_std().unwrap_or_default(),
            None if limit == 0 => window,
            None => {
                windows.put(key, end(now, window), 1);
                return Ok(Verdict::Allowed);
            }
        };
        Ok(Verdict::RetryAfter(wait))
    }

    async fn give_back(&self, key: &str) -> Result<(), Absent> {
        let now = self.clock.now();
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, count)) = windows.get_mut(key, now) {
            *count = count.saturating_sub(1);
        }
        Ok(())
    }
}
