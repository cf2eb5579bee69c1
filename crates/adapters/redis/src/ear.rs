//! A line of its own that messages come in by.

use async_trait::async_trait;
use deadpool_redis::redis::aio::PubSub;
use deadpool_redis::redis::{Client, Msg, RedisError};
use futures_util::StreamExt;
use kernel::Subscription;

/// A connection that does nothing but listen to one channel.
pub(crate) struct Ear(PubSub);

impl Ear {
    pub(crate) async fn open(client: &Client, channel: &str) -> Result<Self, RedisError> {
        let mut line = client.get_async_pubsub().await?;
        line.subscribe(channel).await?;
        Ok(Self(line))
    }
}

#[async_trait]
impl Subscription for Ear {
    async fn next(&mut self) -> Option<Vec<u8>> {
        let message: Msg = self.0.on_message().next().await?;
        Some(message.get_payload_bytes().to_vec())
    }
}
