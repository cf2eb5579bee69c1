//! The promises of the stream, kept by a real NATS server, and what happens while it is away.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use adapter_local::{LocalStore, Place};
use adapter_nats::Nats;
use async_nats::jetstream;
use kernel::{Message, Stream};
use std::sync::Arc;
use std::time::{Duration, Instant};
use testkit::Stores;
use testkit::servers::NatsServer;
use testkit::stream::Broker;

/// A server and a stream on it.
struct House {
    server: NatsServer,
    stream: Arc<Nats>,
}

async fn open() -> House {
    let server = tokio::task::spawn_blocking(NatsServer::start).await.unwrap().unwrap();
    let stream = Nats::connect(&format!("{}/tickets", server.url()), "a test").await.unwrap();
    House { server, stream: Arc::new(stream) }
}

async fn stores() -> Stores {
    Stores::of(Arc::new(LocalStore::open(Place::Memory).unwrap().streaming()))
}

/// What a stream has, the first first.
async fn messages(url: &str, name: &str) -> Vec<(String, Message)> {
    let context = jetstream::new(async_nats::connect(url).await.unwrap());
    let stream = context.get_stream(name).await.unwrap();
    let state = stream.get_info().await.unwrap().state;
    let mut messages = Vec::new();
    for place in state.first_sequence..=state.last_sequence {
        let found = stream.get_raw_message(place).await.unwrap();
        let header = |name: &str| found.headers.get(name).unwrap().as_str().to_owned();
        let subject = found.subject.to_string();
        let kind = subject.split_once('.').unwrap().1.to_owned();
        let body = String::from_utf8(found.payload.to_vec()).unwrap();
        messages.push((subject, Message { id: header("Nats-Msg-Id"), key: header("Key"), kind, body }));
    }
    messages
}

#[async_trait::async_trait(?Send)]
impl Broker for House {
    fn stream(&self) -> Arc<dyn Stream> {
        self.stream.clone()
    }

    async fn received(&self) -> Vec<Message> {
        messages(&self.server.url(), "tickets").await.into_iter().map(|(_, message)| message).collect()
    }

    async fn stop(&mut self) {
        self.server.stop().unwrap();
    }

    async fn start_again(&mut self) {
        self.server.start_again().unwrap();
    }
}

testkit::stream_contract!(open, stores);

fn message(number: u32) -> Message {
    Message {
        id: format!("thing-{number}"),
        key: "thing".into(),
        kind: "booking.confirmed".into(),
        body: "{}".into(),
    }
}

async fn published(stream: &Nats, message: &Message) {
    let since = Instant::now();
    while stream.publish(message).await.is_err() {
        assert!(since.elapsed() < Duration::from_secs(60), "never published");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn messages_lie_under_the_name_of_what_happened_and_come_once() {
    let url = &testkit::servers::nats().url;
    let name = format!("test-{}", uuid::Uuid::new_v4().simple());
    let stream = Nats::connect(&format!("{url}/{name}"), "a test").await.unwrap();
    for number in [1, 1, 2, 1] {
        published(&stream, &message(number)).await;
    }
    let found = messages(url, &name).await;
    let ids: Vec<_> = found.iter().map(|(_, message)| message.id.as_str()).collect();
    assert_eq!(ids, ["thing-1", "thing-2"], "the server drops what it knows");
    assert!(found.iter().all(|(subject, _)| *subject == format!("{name}.booking.confirmed")));
}

#[tokio::test]
async fn a_stream_that_is_there_stays_as_it_was_set_up_and_one_that_was_removed_is_made_again() {
    let url = &testkit::servers::nats().url;
    let name = format!("test-{}", uuid::Uuid::new_v4().simple());
    let context = jetstream::new(async_nats::connect(url).await.unwrap());
    let config = jetstream::stream::Config {
        name: name.clone(),
        subjects: vec![format!("{name}.booking.*")],
        max_messages: 1,
        ..Default::default()
    };
    context.create_stream(config).await.unwrap();
    let stream = Nats::connect(&format!("{url}/{name}"), "a test").await.unwrap();
    for number in [1, 2] {
        published(&stream, &message(number)).await;
    }
    assert_eq!(messages(url, &name).await.len(), 1);
    context.delete_stream(&name).await.unwrap();
    assert!(stream.publish(&message(3)).await.is_err(), "it is not known to be gone yet");
    published(&stream, &message(3)).await;
    published(&stream, &message(4)).await;
    assert_eq!(messages(url, &name).await.len(), 2);
}

#[tokio::test]
async fn a_server_that_hangs_is_not_waited_for_long() {
    let mut house = open().await;
    published(&house.stream, &message(1)).await;
    house.server.freeze().unwrap();
    let since = Instant::now();
    assert!(house.stream.publish(&message(2)).await.is_err());
    assert!(since.elapsed() < Duration::from_secs(20), "it took {:?}", since.elapsed());
    house.server.thaw().unwrap();
    published(&house.stream, &message(2)).await;
    assert_eq!(house.received().await.len(), 2);
}

#[tokio::test]
async fn nobody_waits_for_a_server_that_was_never_there() {
    let stream = Nats::connect("nats://127.0.0.1:9/tickets", "a test").await.unwrap();
    let since = Instant::now();
    assert!(stream.publish(&message(1)).await.is_err());
    assert!(stream.ping().await.is_err());
    assert!(since.elapsed() < Duration::from_secs(5));
}
