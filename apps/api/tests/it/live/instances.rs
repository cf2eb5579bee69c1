//! Two instances on one database: each hears what changes on the other, with Redis and without.

use super::Ear;
use crate::harness::shop::put_on_sale;
use crate::harness::{Client, PASSWORD, Person, TestApp};
use adapter_postgres::testing::{FreshDatabase, fresh_database};
use kernel::{Clock, SystemClock};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::servers::RedisServer;

struct Both {
    one: TestApp,
    other: TestApp,
    event: String,
    ticket_type: String,
    buyer: Person,
    /// Declared last: it is dropped when nobody uses it any more.
    _database: FreshDatabase,
}

impl Both {
    async fn start(redis: &str) -> Self {
        let database = fresh_database(&testkit::servers::postgres().url).await.unwrap();
        let url = database.url();
        let settings = [("store.url", url.as_str()), ("redis.url", redis)];
        let (one, other) = (TestApp::with(&settings).await, TestApp::with(&settings).await);
        one.app.events.ensure_default_organisation("House").await.unwrap();
        let admin = one.admin().await;
        let (event, ticket_type) = put_on_sale(&admin, SystemClock.now(), 100).await;
        let buyer = one.member().await;
        Self { one, other, event, ticket_type, buyer, _database: database }
    }

    async fn hold(&self, client: &Client, quantity: u32) -> Value {
        let wish = json!({
            "event_id": self.event, "items": [{"ticket_type_id": self.ticket_type, "quantity": quantity}],
        });
        client.post("/seats/hold", &wish).await.expect(201)
    }

    /// What is taken on one instance is heard by who listens to either, and what is given back as well.
    async fn hear_each_other(&self) {
        let there = self.other.login(&self.buyer.email, PASSWORD).await.client;
        let here = self.one.login(&self.buyer.email, PASSWORD).await.client;
        let mut ears = [Ear::open(&here, &self.event).await, Ear::open(&there, &self.event).await];
        for ear in &mut ears {
            ear.hears(100).await;
        }
        for (takes, gives) in [(&here, &there), (&there, &here)] {
            let hold = self.hold(takes, 2).await;
            for ear in &mut ears {
                ear.hears(98).await;
            }
            gives.delete(&format!("/seats/hold/{}", hold["hold_id"].as_str().unwrap())).await.expect(204);
            for ear in &mut ears {
                ear.hears(100).await;
            }
        }
    }
}

#[tokio::test]
async fn instances_without_redis_hear_each_other_within_a_second() {
    Both::start("").await.hear_each_other().await;
}

#[tokio::test]
async fn instances_with_redis_hear_each_other_also_while_it_is_dead_and_when_it_is_back() {
    let mut redis = RedisServer::start().unwrap();
    let both = Both::start(&redis.url()).await;
    both.hear_each_other().await;
    redis.stop().unwrap();
    both.hear_each_other().await;
    redis.start_again().unwrap();
    both.hear_each_other().await;
}

#[tokio::test]
async fn a_stream_ends_with_a_session_that_another_instance_ended() {
    let both = Both::start("").await;
    let here = both.one.login(&both.buyer.email, PASSWORD).await.client;
    let there = both.other.login(&both.buyer.email, PASSWORD).await.client;
    let mut ear = Ear::open(&here, &both.event).await;
    ear.hears(100).await;
    there.post("/auth/logout-all", &json!({})).await.expect(204);
    ear.is_logged_out().await;
}

/// The look in its turn would find it too: so the hint itself is listened to.
#[tokio::test]
async fn a_change_is_told_to_the_others_by_redis() {
    let redis = RedisServer::start().unwrap();
    let both = Both::start(&redis.url()).await;
    let mut line = both.other.app.broadcast.subscribe("places").await.unwrap();
    both.hold(&both.buyer.client, 1).await;
    let told = async {
        loop {
            let message = String::from_utf8(line.next().await.unwrap()).unwrap();
            if message.contains(&both.event) {
                return message;
            }
        }
    };
    let message = tokio::time::timeout(Duration::from_secs(20), told).await.expect("nothing was told");
    // An instance and an event: nothing about anybody.
    assert_eq!(message.split(' ').count(), 2, "{message}");
}
