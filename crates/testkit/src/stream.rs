//! What every stream promises, shown on a real broker that is stopped and started again.
#![expect(clippy::unwrap_used, reason = "a contract fails by panicking")]
#![allow(clippy::indexing_slicing, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

use crate::Stores;
use crate::fixtures_bookings::{House, booked_paid, booked_unpaid, buyer, house};
use crate::scripted_stream::{heard, plainly};
use async_trait::async_trait;
use booking::news::Facts;
use chrono::TimeDelta;
use kernel::news::send;
use kernel::{Message, Stream, SystemClock};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long anything may take on a machine that compiles meanwhile.
const PATIENCE: Duration = Duration::from_secs(120);
/// Between two looks.
const POLL: Duration = Duration::from_millis(20);

/// A broker of one test, with a stream of its own.
#[async_trait(?Send)]
pub trait Broker {
    /// A way to it.
    fn stream(&self) -> Arc<dyn Stream>;
    /// Everything that it has, as a reader gets it: of each key in the order in which the broker has it.
    async fn received(&self) -> Vec<Message>;
    /// It is gone from one moment to the next.
    async fn stop(&mut self);
    /// It is there again, with what it had.
    async fn start_again(&mut self);
}

/// One test per promise: `testkit::stream_contract!(open, stores)`, where `open` is an `async fn() -> impl Broker` and
/// `stores` an `async fn() -> Stores` of a system with a stream.
#[macro_export]
macro_rules! stream_contract {
    ($open:ident, $stores:ident) => {
        $crate::stream_contract!($open;
            what_is_published_is_read_as_it_was_said,
            messages_about_one_thing_keep_their_order,
            what_is_published_again_is_known_by_its_name,
            while_it_is_away_nothing_is_called_published,
        );

        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn every_booking_is_heard_in_order_whatever_goes_wrong() {
            let stores = $stores().await;
            $crate::stream::every_booking_is_heard_in_order_whatever_goes_wrong($open().await, stores).await;
        }
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod stream {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::stream::$case(super::$open().await).await;
                }
            )+
        }
    };
}

fn message(key: &str, number: u32) -> Message {
    Message {
        id: format!("{key}-{number}"),
        key: key.to_owned(),
        kind: "booking.changed".to_owned(),
        body: format!("{{\"number\": {number}, \"said\": \"Grüße, \\\"{key}\\\"\"}}"),
    }
}

/// Publishes until it is published.
async fn publish(stream: &dyn Stream, message: &Message) {
    let since = Instant::now();
    while let Err(error) = stream.publish(message).await {
        assert!(since.elapsed() < PATIENCE, "never published: {error:?}");
        tokio::time::sleep(POLL).await;
    }
}

pub async fn what_is_published_is_read_as_it_was_said(broker: impl Broker) {
    let stream = broker.stream();
    let messages = [message("one", 1), message("two", 1), message("one", 2)];
    for message in &messages {
        publish(&*stream, message).await;
    }
    stream.ping().await.unwrap();
    let heard = heard(&broker.received().await);
    assert_eq!(heard["one"], [messages[0].clone(), messages[2].clone()]);
    assert_eq!(heard["two"], [messages[1].clone()]);
}

pub async fn messages_about_one_thing_keep_their_order(broker: impl Broker) {
    let keys = ["a", "b", "c", "d", "e"];
    let publishing = keys.map(|key| {
        let stream = broker.stream();
        tokio::spawn(async move {
            for number in 1..=20 {
                publish(&*stream, &message(key, number)).await;
            }
        })
    });
    for one in publishing {
        one.await.unwrap();
    }
    let heard = heard(&broker.received().await);
    assert!(keys.iter().all(|key| heard[*key].len() == 20), "{heard:#?}");
}

pub async fn what_is_published_again_is_known_by_its_name(broker: impl Broker) {
    let stream = broker.stream();
    for message in [message("one", 1), message("one", 1), message("one", 2), message("one", 1)] {
        publish(&*stream, &message).await;
    }
    assert_eq!(heard(&broker.received().await)["one"].len(), 2);
}

pub async fn while_it_is_away_nothing_is_called_published(mut broker: impl Broker) {
    let stream = broker.stream();
    publish(&*stream, &message("one", 1)).await;
    broker.stop().await;
    let since = Instant::now();
    assert!(stream.publish(&message("one", 2)).await.is_err());
    assert!(stream.ping().await.is_err());
    assert!(since.elapsed() < PATIENCE, "it took {:?}", since.elapsed());
    broker.start_again().await;
    publish(&*stream, &message("one", 2)).await;
    stream.ping().await.unwrap();
    assert_eq!(heard(&broker.received().await)["one"], [message("one", 1), message("one", 2)]);
}

/// Sends whatever is to be sent, until it is killed.
async fn sender(stores: Stores, stream: Arc<dyn Stream>) {
    loop {
        for part in stores.news.unsent_parts().await.unwrap() {
            let turn = (part, TimeDelta::seconds(2));
            // What goes wrong is tried again.
            let _ = send(&*stores.news, &*stream, &SystemClock, turn, &plainly).await;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Somebody buys, and pays or does not.
async fn sell(house: &House) {
    let somebody = buyer(&house.stores).await;
    booked_unpaid(house, somebody, 1).await;
    booked_paid(house, somebody, 1).await;
}

pub async fn every_booking_is_heard_in_order_whatever_goes_wrong(mut broker: impl Broker, stores: Stores) {
    let house = house(stores, 200, None, 2500).await;
    let news = &house.stores.news;
    for turn in 0..12 {
        // Two beside each other, who are killed in the middle of whatever they are at.
        let senders = [(); 2].map(|()| tokio::spawn(sender(house.stores.clone(), broker.stream())));
        for _ in 0..3 {
            sell(&house).await;
        }
        match turn {
            4 => broker.stop().await,
            6 => broker.start_again().await,
            _ => {}
        }
        tokio::time::sleep(Duration::from_millis(7 * turn)).await;
        senders.iter().for_each(tokio::task::JoinHandle::abort);
    }
    let last = tokio::spawn(sender(house.stores.clone(), broker.stream()));
    let since = Instant::now();
    while news.lag().await.unwrap().unsent > 0 {
        assert!(since.elapsed() < PATIENCE, "never sent: {:?}", news.lag().await.unwrap());
        tokio::time::sleep(POLL).await;
    }
    last.abort();
    let heard = heard(&broker.received().await);
    let bookings = house.stores.ledger.bookings_after(None, 1000).await.unwrap();
    assert_eq!((bookings.len(), heard.len()), (72, 72));
    for booking in bookings {
        let last = heard[&booking.id.to_string()].last().unwrap();
        assert_eq!(serde_json::from_str::<Facts>(&last.body).unwrap(), Facts::from(&booking));
    }
}
