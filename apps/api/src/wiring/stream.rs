//! Where other programs hear what happens.

use crate::config::{Config, StreamUrl};
use adapter_nats::Nats;
use kernel::Stream;
use std::sync::Arc;

/// What we are called there.
const CLIENT: &str = "synesthesie";

/// Why nothing can be published.
#[derive(Debug, thiserror::Error)]
pub enum StreamSettingsError {
    /// NATS cannot be used as configured.
    #[error("events.url cannot be used")]
    Nats(#[from] adapter_nats::UnusableUrl),
    /// Kafka cannot be used as configured.
    #[cfg(feature = "kafka")]
    #[error("events.url cannot be used")]
    Kafka(#[from] adapter_kafka::UnusableUrl),
}

/// The configured stream, if there is one. Whether it can be reached shows later.
///
/// # Errors
/// A [`StreamSettingsError`].
pub async fn build(config: &Config) -> Result<Option<Arc<dyn Stream>>, StreamSettingsError> {
    let stream: Arc<dyn Stream> = match &config.stream.url {
        None => return Ok(None),
        Some(StreamUrl::Nats(url)) => Arc::new(Nats::connect(url.expose(), CLIENT).await?),
        #[cfg(feature = "kafka")]
        Some(StreamUrl::Kafka(url)) => Arc::new(adapter_kafka::Kafka::new(url.expose(), CLIENT)?),
    };
    Ok(Some(stream))
}
