//! Telling those who listen in this process.

use async_trait::async_trait;
use kernel::{Absent, Broadcast, Subscription};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::broadcast::{Receiver, Sender, channel};

/// How many messages a slow listener may be behind before its line is cut.
const BEHIND: usize = 256;

type Channels = Arc<Mutex<HashMap<String, Sender<Arc<[u8]>>>>>;

/// A [`Broadcast`] within this process, which is every instance there is. Clones are the same one.
#[derive(Clone, Default)]
pub struct LocalBroadcast {
    channels: Channels,
}

/// One who listens.
struct Listener {
    channel: String,
    channels: Channels,
    /// `None` once the line is cut.
    messages: Option<Receiver<Arc<[u8]>>>,
}

impl LocalBroadcast {
    /// One that nobody listens to.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl Broadcast for LocalBroadcast {
    async fn publish(&self, channel: &str, message: &[u8]) -> Result<(), Absent> {
        let channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = channels.get(channel) {
            // Nobody there to hear it is no failure.
            let _ = sender.send(message.into());
        }
        Ok(())
    }

    async fn subscribe(&self, name: &str) -> Result<Box<dyn Subscription>, Absent> {
        let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = channels.entry(name.to_owned()).or_insert_with(|| channel(BEHIND).0);
        let messages = Some(sender.subscribe());
        Ok(Box::new(Listener { channel: name.to_owned(), channels: Arc::clone(&self.channels), messages }))
    }
}

#[async_trait]
impl Subscription for Listener {
    async fn next(&mut self) -> Option<Vec<u8>> {
        let message = self.messages.as_mut()?.recv().await;
        match message {
            Ok(message) => Some(message.to_vec()),
            // Whoever missed something has to look anew, and so has to be told.
            Err(_) => {
                self.messages = None;
                None
            }
        }
    }
}

impl Drop for Listener {
    /// The last one out removes the channel: their names (one per event) would pile up otherwise.
    fn drop(&mut self) {
        let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.messages.take());
        if channels.get(&self.channel).is_some_and(|sender| sender.receiver_count() == 0) {
            channels.remove(&self.channel);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_channel_goes_with_its_last_listener() {
        let broadcast = LocalBroadcast::new();
        let first = broadcast.subscribe("event").await.unwrap();
        let second = broadcast.subscribe("event").await.unwrap();
        drop(first);
        assert_eq!(broadcast.channels.lock().unwrap().len(), 1);
        drop(second);
        assert!(broadcast.channels.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_listener_that_is_too_slow_is_cut_off() {
        let broadcast = LocalBroadcast::new();
        let mut slow = broadcast.subscribe("event").await.unwrap();
        for _ in 0..=BEHIND {
            broadcast.publish("event", b"changed").await.unwrap();
        }
        assert_eq!(slow.next().await, None);
        assert_eq!(slow.next().await, None);
    }
}
