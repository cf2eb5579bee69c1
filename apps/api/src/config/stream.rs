//! Where other programs hear what happens.

use super::reader::{Reader, Secret};

/// Where events are published to.
#[derive(Debug, Clone)]
pub struct Stream {
    /// The stream; `None`: there is none.
    pub url: Option<StreamUrl>,
}

/// Who keeps the stream. Addresses may hold passwords.
#[derive(Debug, Clone)]
pub enum StreamUrl {
    /// NATS JetStream.
    Nats(Secret),
    /// Kafka.
    #[cfg(feature = "kafka")]
    Kafka(Secret),
}

/// Reads the section.
pub(super) fn read(reader: &mut Reader) -> Stream {
    const KEY: &str = "events.url";
    let given = reader.secret(KEY);
    let begins = |beginning: &str| given.as_ref().is_some_and(|url| url.expose().starts_with(beginning));
    let url = if begins("nats://") || begins("tls://") {
        if let Some(Err(error)) = given.as_ref().map(|url| adapter_nats::check_url(url.expose())) {
            reader.wrong(KEY, error.to_string());
        }
        given.map(StreamUrl::Nats)
    } else if begins("kafka://") {
        #[cfg(feature = "kafka")]
        let kafka = {
            if let Some(Err(error)) = given.as_ref().map(|url| adapter_kafka::check_url(url.expose())) {
                reader.wrong(KEY, error.to_string());
            }
            given.map(StreamUrl::Kafka)
        };
        #[cfg(not(feature = "kafka"))]
        let kafka = {
            reader.wrong(KEY, "this program was built without Kafka: cargo build --features kafka");
            None
        };
        kafka
    } else {
        if given.is_some() {
            reader.wrong(KEY, "must be nats://host:port/stream, kafka://host:port/topic or empty");
        }
        None
    };
    Stream { url }
}
