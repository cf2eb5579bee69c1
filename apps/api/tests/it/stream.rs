//! What happens to bookings, as other programs read it from a stream.

use crate::harness::on_each_store;
use crate::harness::process::Process;
use crate::harness::providers::Till;
use crate::harness::shop::{LOOK, Shop, Store, TO_PAY, id};
use async_nats::jetstream;
use kernel::Message;
use serde_json::Value;
use std::sync::Arc;
use std::time::{Duration, Instant};
use synesthesie::wiring::App;
use synesthesie::{published, worker};
use testkit::StoppedClock;
use testkit::scripted_stream::heard;
use testkit::servers::NatsServer;
use tokio::task::spawn_blocking;

on_each_store!(
    what_happened_while_the_stream_was_away_is_read_in_order,
    who_is_killed_while_they_publish_leaves_nothing_out,
);

/// The stream's name.
const NAME: &str = "tickets";
/// How long anything may take on a machine that compiles meanwhile.
const PATIENCE: Duration = Duration::from_secs(120);
/// Between two looks.
const POLL: Duration = Duration::from_millis(50);

/// To take over a change: `synesthesie events-schema > docs/events.schema.json`.
#[test]
fn the_written_schema_is_that_of_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/events.schema.json");
    let written = std::fs::read_to_string(path).unwrap();
    assert!(
        written == published::schema(),
        "docs/events.schema.json is not that of the code; if that is intended: \
         synesthesie events-schema > docs/events.schema.json"
    );
}

async fn server() -> NatsServer {
    spawn_blocking(NatsServer::start).await.unwrap().unwrap()
}

/// What the stream has, the first first.
async fn messages(server: &NatsServer) -> Vec<Message> {
    let context = jetstream::new(async_nats::connect(server.url()).await.unwrap());
    let Ok(stream) = context.get_stream(NAME).await else { return Vec::new() };
    let state = stream.get_info().await.unwrap().state;
    let mut messages = Vec::new();
    for place in state.first_sequence.max(1)..=state.last_sequence {
        let found = stream.get_raw_message(place).await.unwrap();
        let header = |name: &str| found.headers.get(name).unwrap().as_str().to_owned();
        let kind = found.subject.to_string().split_once('.').unwrap().1.to_owned();
        let body = String::from_utf8(found.payload.to_vec()).unwrap();
        messages.push(Message { id: header("Nats-Msg-Id"), key: header("Key"), kind, body });
    }
    messages
}

/// Publishes until nothing is left to publish.
async fn publish_all(app: &App) {
    let since = Instant::now();
    while worker::stream_round(app).await.is_err() || app.news.lag().await.unwrap().unsent > 0 {
        assert!(since.elapsed() < PATIENCE, "never published");
        tokio::time::sleep(POLL).await;
    }
}

fn data(message: &Message) -> Value {
    serde_json::from_str::<Value>(&message.body).unwrap()["data"].clone()
}

fn kinds(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|message| message.kind.as_str()).collect()
}

/// Each is as its schema says, says the same as its envelope, and names nobody.
fn are_as_promised(messages: &[Message]) {
    let schema: Value = serde_json::from_str(&published::schema()).unwrap();
    let options =
        jsonschema::options().with_draft(jsonschema::Draft::Draft202012).should_validate_formats(true);
    let validator = options.build(&schema).unwrap();
    for message in messages {
        let said: Value = serde_json::from_str(&message.body).unwrap();
        let wrong: Vec<_> = validator.iter_errors(&said).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{wrong:?}: {said:#}");
        assert_eq!((said["id"].as_str(), said["type"].as_str()), (Some(&*message.id), Some(&*message.kind)));
        assert_eq!(said["data"]["booking_id"], message.key);
        for secret in ["Ada", "Byron", "example.org", "checkout_url", "code"] {
            assert!(!message.body.contains(secret), "{secret}: {said:#}");
        }
    }
    assert!(!validator.is_valid(&serde_json::json!({"id": "x"})));
}

async fn what_happened_while_the_stream_was_away_is_read_in_order(store: Store) {
    let mut server = server().await;
    let more = [("events.url", format!("{}/{NAME}", server.url()))];
    let shop = Shop::open_with(store, 20, Arc::new(StoppedClock::default()), &more).await;
    let app = &shop.app.app;
    let ada = shop.buyer().await;
    let one = shop.book(&ada, Till::Stripe).await;
    publish_all(app).await;
    assert_eq!(kinds(&messages(&server).await)[0], "booking.created");
    server.stop().unwrap();
    shop.press(&one, "pay").await;
    shop.work().await;
    let other = shop.book(&ada, Till::Stripe).await;
    assert!(worker::stream_round(app).await.is_err());
    shop.later(TO_PAY).await;
    shop.later(LOOK).await;
    assert_eq!(shop.look(&ada, &other).await["status"], "expired");
    assert!(app.news.lag().await.unwrap().unsent >= 4);
    server.start_again().unwrap();
    publish_all(app).await;
    let all = messages(&server).await;
    are_as_promised(&all);
    let heard = heard(&all);
    assert_eq!(heard.len(), 2);
    let (one, other) = (&heard[id(&one)], &heard[id(&other)]);
    assert_eq!(
        (kinds(one)[0], data(one.last().unwrap())["status"].clone()),
        ("booking.created", "confirmed".into())
    );
    assert!(kinds(one).contains(&"booking.confirmed"), "{:?}", kinds(one));
    assert_eq!(kinds(other).last(), Some(&"booking.expired"));
    let first = data(&one[0]);
    assert_eq!((&first["status"], &first["total"]["amount"]), (&"pending_payment".into(), &2500.into()));
    assert_eq!(data(one.last().unwrap())["paid"]["amount"], 2500);
}

async fn who_is_killed_while_they_publish_leaves_nothing_out(store: Store) {
    let server = server().await;
    let more = [("events.url", format!("{}/{NAME}", server.url()))];
    let process = Process::start_with(store, 3600, &more).await;
    for turn in 0..8 {
        process.book_and_die(turn % 3 != 1).await;
    }
    let since = Instant::now();
    loop {
        let (bookings, heard) = (process.bookings().await, heard(&messages(&server).await));
        let told = |booking: &Value| {
            let last = heard.get(id(booking)).and_then(|all| all.last());
            last.is_some_and(|last| data(last)["status"] == booking["status"])
        };
        let paid = bookings.iter().filter(|booking| booking["status"] == "confirmed").count();
        if (bookings.len(), paid) == (8, 5) && bookings.iter().all(told) {
            break;
        }
        assert!(since.elapsed() < PATIENCE, "{paid} are paid; {bookings:#?} {heard:#?}");
        tokio::time::sleep(POLL).await;
    }
    are_as_promised(&messages(&server).await);
}
