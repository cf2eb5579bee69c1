//! Where other programs hear what happens here: a log of messages that somebody else keeps.

use async_trait::async_trait;

/// A message for whoever reads the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Names it: a message that comes twice has the same name.
    pub id: String,
    /// What it is about. Messages about the same thing keep the order in which they were published.
    pub key: String,
    /// What happened: lower-case words with dots between them.
    pub kind: String,
    /// JSON.
    pub body: String,
}

/// The stream did not say that it has a message. It may have it all the same.
#[derive(Debug, thiserror::Error)]
#[error("{doing} failed")]
pub struct StreamError {
    /// What was being done, for the log.
    pub doing: &'static str,
    /// What the technology said.
    #[source]
    pub cause: Box<dyn std::error::Error + Send + Sync>,
}

impl StreamError {
    /// With what the technology said.
    pub fn new(doing: &'static str, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { doing, cause: cause.into() }
    }
}

/// A stream that messages are published to.
#[async_trait]
pub trait Stream: Send + Sync {
    /// Answers when the stream keeps the message as surely as it was set up to. Whoever publishes the messages about a
    /// thing one after the other, each when the one before was answered well, has them read in that order; one whose
    /// answer was lost is published again, under the same name.
    async fn publish(&self, message: &Message) -> Result<(), StreamError>;
    /// Whether it could be published to at this moment; nothing is.
    async fn ping(&self) -> Result<(), StreamError>;
}
