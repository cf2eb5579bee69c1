//! The promises of the stream, kept through librdkafka's own mock of a cluster, and what happens while it is away.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use adapter_kafka::Kafka;
use adapter_local::{LocalStore, Place};
use kernel::{Message, Stream};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{Headers, Message as _};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use testkit::Stores;
use testkit::stream::Broker;

const TOPIC: &str = "tickets";
const PARTITIONS: i32 = 4;
const PATIENCE: Duration = Duration::from_secs(120);

/// A cluster with a topic on it.
struct House {
    cluster: MockCluster<'static, DefaultProducerContext>,
    stream: Arc<Kafka>,
}

async fn open() -> House {
    let cluster = MockCluster::new(3).unwrap();
    cluster.create_topic(TOPIC, PARTITIONS, 3).unwrap();
    let url = format!("kafka://{}/{TOPIC}", cluster.bootstrap_servers());
    House { stream: Arc::new(Kafka::new(&url, "a test").unwrap()), cluster }
}

async fn stores() -> Stores {
    Stores::of(Arc::new(LocalStore::open(Place::Memory).unwrap().streaming()))
}

/// Everything in the topic, each partition in its order.
fn received(brokers: &str) -> Vec<Message> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("group.id", "a reader")
        .set("enable.auto.commit", "false")
        .set("enable.partition.eof", "true")
        .create()
        .unwrap();
    let mut all = TopicPartitionList::new();
    for partition in 0..PARTITIONS {
        all.add_partition_offset(TOPIC, partition, Offset::Beginning).unwrap();
    }
    consumer.assign(&all).unwrap();
    let (mut messages, mut ended, since) = (Vec::new(), BTreeSet::new(), Instant::now());
    while ended.len() < usize::try_from(PARTITIONS).unwrap() {
        assert!(since.elapsed() < PATIENCE, "only {ended:?} came to their ends");
        match consumer.poll(Duration::from_millis(100)) {
            None => {}
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                ended.insert(partition);
            }
            // Brokers that were away a moment ago are asked again by the library itself.
            Some(Err(_)) => {}
            Some(Ok(message)) => {
                let text = |bytes: Option<&[u8]>| String::from_utf8(bytes.unwrap().to_vec()).unwrap();
                let header = |name: &str| {
                    let headers = message.headers().unwrap();
                    text(headers.iter().find(|header| header.key == name).unwrap().value)
                };
                messages.push(Message {
                    id: header("message-id"),
                    key: text(message.key()),
                    kind: header("type"),
                    body: text(message.payload()),
                });
            }
        }
    }
    messages
}

#[async_trait::async_trait(?Send)]
impl Broker for House {
    fn stream(&self) -> Arc<dyn Stream> {
        self.stream.clone()
    }

    async fn received(&self) -> Vec<Message> {
        let brokers = self.cluster.bootstrap_servers();
        tokio::task::spawn_blocking(move || received(&brokers)).await.unwrap()
    }

    async fn stop(&mut self) {
        self.cluster.broker_down(-1).unwrap();
    }

    async fn start_again(&mut self) {
        self.cluster.broker_up(-1).unwrap();
    }
}

testkit::stream_contract!(open, stores);

fn message(number: u32) -> Message {
    Message {
        id: format!("thing-{number}"),
        key: "thing".into(),
        kind: "booking.confirmed".into(),
        body: format!("{{\"number\":{number}}}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_brokers_refuse_for_a_moment_comes_once_and_in_order() {
    let house = open().await;
    house.stream.publish(&message(1)).await.unwrap();
    let refusals = [
        RDKafkaRespErr::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
        RDKafkaRespErr::RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
        RDKafkaRespErr::RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
    ];
    house.cluster.request_errors(RDKafkaApiKey::Produce, &refusals);
    for number in 2..=5 {
        house.stream.publish(&message(number)).await.unwrap();
    }
    let ids: Vec<_> = house.received().await.into_iter().map(|message| message.id).collect();
    assert_eq!(ids, [1, 2, 3, 4, 5].map(|number| format!("thing-{number}")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_that_is_away_is_not_waited_for_long() {
    let stream = Kafka::new("kafka://127.0.0.1:9/tickets", "a test").unwrap();
    let since = Instant::now();
    assert!(stream.publish(&message(1)).await.is_err());
    assert!(stream.ping().await.is_err());
    assert!(since.elapsed() < Duration::from_secs(30), "it took {:?}", since.elapsed());
}
