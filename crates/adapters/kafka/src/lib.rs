//! The stream, kept by Kafka.
//!
//! Messages are keyed by what they are about, so that all about one thing lie in one partition in the order in which they were
//! published; the producer is idempotent, so that none comes twice because of its own retries. Their names are in the header
//! `message-id`: what is published again after a lost answer has the same.

mod address;

pub use address::{UnusableUrl, check_url};

use address::Address;
use async_trait::async_trait;
use kernel::{Message, Stream, StreamError};
use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord, Producer};
use rdkafka::util::Timeout;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long the cluster may take to keep a message, with all that the producer tries by itself.
const DELIVERY: Duration = Duration::from_secs(10);
/// How long one question to a broker may take.
const QUESTION: Duration = Duration::from_secs(5);

/// A topic of a cluster.
pub struct Kafka {
    config: ClientConfig,
    topic: String,
    producer: Mutex<FutureProducer>,
}

impl Kafka {
    /// Reads a URL, as `kafka://host:9092,other:9092/topic` or `kafka://user:password@host:9092/topic`; whether the cluster can
    /// be reached shows later.
    ///
    /// # Errors
    /// [`UnusableUrl`].
    pub fn new(url: &str, client: &str) -> Result<Self, UnusableUrl> {
        let Address { brokers, login, topic } = Address::parse(url)?;
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", brokers)
            .set("client.id", client)
            .set("enable.idempotence", "true")
            // Each message is waited for: nothing is gained by collecting some.
            .set("linger.ms", "0")
            .set("delivery.timeout.ms", DELIVERY.as_millis().to_string())
            .set("request.timeout.ms", QUESTION.as_millis().to_string())
            .set("socket.keepalive.enable", "true");
        if let Some((user, password)) = login {
            config
                .set("security.protocol", "SASL_PLAINTEXT")
                .set("sasl.mechanism", "PLAIN")
                .set("sasl.username", user)
                .set("sasl.password", password);
        }
        let producer = config.create().map_err(UnusableUrl::Settings)?;
        Ok(Self { config, topic, producer: Mutex::new(producer) })
    }

    fn producer(&self) -> FutureProducer {
        self.producer.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A producer that the cluster has disowned never publishes anything again: another one takes its place.
    fn replace(&self, producer: &FutureProducer) {
        let Some((code, said)) = producer.client().fatal_error() else { return };
        tracing::warn!(%code, %said, "the producer is replaced");
        match self.config.create() {
            Ok(new) => *self.producer.lock().unwrap_or_else(PoisonError::into_inner) = new,
            Err(error) => tracing::error!(%error, "there is no new producer"),
        }
    }
}

impl fmt::Debug for Kafka {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kafka").field("topic", &self.topic).finish_non_exhaustive()
    }
}

#[async_trait]
impl Stream for Kafka {
    async fn publish(&self, message: &Message) -> Result<(), StreamError> {
        let producer = self.producer();
        let headers = OwnedHeaders::new()
            .insert(Header { key: "message-id", value: Some(message.id.as_str()) })
            .insert(Header { key: "type", value: Some(message.kind.as_str()) });
        let record = FutureRecord::to(&self.topic)
            .key(message.key.as_str())
            .payload(message.body.as_str())
            .headers(headers);
        match producer.send(record, Timeout::After(QUESTION)).await {
            Ok(_) => Ok(()),
            Err((error, _)) => {
                self.replace(&producer);
                Err(StreamError::new("publishing to Kafka", error))
            }
        }
    }

    async fn ping(&self) -> Result<(), StreamError> {
        let doing = "asking Kafka for a sign of life";
        let (producer, topic) = (self.producer(), self.topic.clone());
        let asked = move || -> Result<(), KafkaError> {
            producer.client().fetch_metadata(Some(topic.as_str()), QUESTION).map(|_| ())
        };
        let answered = tokio::task::spawn_blocking(asked).await;
        let answered = answered.map_err(|error| StreamError::new(doing, error))?;
        answered.map_err(|error| StreamError::new(doing, error))
    }
}
