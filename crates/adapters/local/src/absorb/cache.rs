//! Short-lived copies of answers.

use super::shelf::Shelf;
use async_trait::async_trait;
use chrono::TimeDelta;
use kernel::{Absent, Cache, Clock, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Most entries.
const MOST: usize = 10_000;
/// Most bytes of values.
const MOST_BYTES: usize = 32 << 20;

/// A [`Cache`] in this process, bounded in entries and in bytes. Clones are the same cache.
#[derive(Clone)]
pub struct LocalCache {
    shelf: Arc<Mutex<Weighed<Shelf<Vec<u8>>>>>,
    clock: Arc<dyn Clock>,
}

struct Weighed<S> {
    shelf: S,
    bytes: usize,
}

impl LocalCache {
    /// An empty one.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { shelf: Arc::new(Mutex::new(Weighed { shelf: Shelf::new(MOST), bytes: 0 })), clock }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Weighed<Shelf<Vec<u8>>>) -> T) -> T {
        work(&mut self.shelf.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The end of something that lasts `span` from `now` on, however long that is.
pub(super) fn end(now: Timestamp, span: Duration) -> Timestamp {
    TimeDelta::from_std(span).ok().and_then(|span| now.checked_add_signed(span)).unwrap_or(Timestamp::MAX_UTC)
}

#[async_trait]
impl Cache for LocalCache {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Absent> {
        let now = self.clock.now();
        Ok(self.with(|cache| cache.shelf.get_mut(key, now).map(|(_, value)| value.clone())))
    }

    async fn put(&self, key: &str, value: &[u8], ttl: Duration) -> Result<(), Absent> {
        let end = end(self.clock.now(), ttl);
        self.with(|cache| {
            let gone = cache.shelf.put(key, end, value.to_vec());
            cache.bytes += value.len();
            cache.bytes -= gone.iter().map(Vec::len).sum::<usize>();
            while cache.bytes > MOST_BYTES {
                let Some(gone) = cache.shelf.pop() else { break };
                cache.bytes -= gone.len();
            }
        });
        Ok(())
    }

    async fn forget(&self, key: &str) -> Result<(), Absent> {
        self.with(|cache| {
            if let Some(gone) = cache.shelf.remove(key) {
                cache.bytes -= gone.len();
            }
        });
        Ok(())
    }
}
