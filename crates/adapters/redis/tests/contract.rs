//! The promises of the absorbers, kept by a real Redis, and what happens while it is away.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use adapter_redis::Redis;
use kernel::{Broadcast, Cache, RateLimiter, Verdict};
use std::sync::Arc;
use std::time::{Duration, Instant};
use testkit::servers::RedisServer;

fn shared() -> Arc<Redis> {
    Arc::new(Redis::new(&testkit::servers::redis().url).unwrap())
}

async fn cache() -> Arc<dyn Cache> {
    shared()
}

async fn limiter() -> Arc<dyn RateLimiter> {
    shared()
}

async fn broadcast() -> Arc<dyn Broadcast> {
    shared()
}

testkit::cache_contract!(cache);
testkit::rate_limiter_contract!(limiter);
testkit::broadcast_contract!(broadcast);

const MINUTE: Duration = Duration::from_secs(60);

/// Asks until Redis is used again.
async fn back(redis: &Redis) {
    let started = Instant::now();
    while redis.get("key").await.is_err() {
        assert!(started.elapsed() < MINUTE, "Redis was never used again");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A thousand calls; with Redis away they have to cost no more than a few tries.
async fn a_thousand_calls_fail_quickly(redis: &Redis) {
    let started = Instant::now();
    for number in 0..1000 {
        assert!(redis.get("key").await.is_err(), "call {number}");
    }
    assert!(started.elapsed() < Duration::from_secs(5), "they took {:?}", started.elapsed());
}

#[tokio::test]
async fn while_redis_is_stopped_calls_fail_at_once_and_then_it_is_used_again() {
    let mut server = RedisServer::start().unwrap();
    let redis = Redis::new(&server.url()).unwrap();
    redis.put("key", b"value", MINUTE).await.unwrap();
    server.stop().unwrap();
    a_thousand_calls_fail_quickly(&redis).await;
    assert!(redis.attempt("key", 1, MINUTE).await.is_err());
    assert!(redis.publish("channel", b"message").await.is_err());
    assert!(redis.subscribe("channel").await.is_err());
    assert!(redis.ping().await.is_err());
    server.start_again().unwrap();
    back(&redis).await;
    redis.ping().await.unwrap();
    assert_eq!(redis.get("key").await.unwrap(), None);
    assert_eq!(redis.attempt("key", 1, MINUTE).await.unwrap(), Verdict::Allowed);
}

#[tokio::test]
async fn while_redis_hangs_calls_fail_quickly_and_then_it_is_used_again() {
    let mut server = RedisServer::start().unwrap();
    let redis = Redis::new(&server.url()).unwrap();
    redis.put("key", b"value", MINUTE).await.unwrap();
    server.freeze().unwrap();
    a_thousand_calls_fail_quickly(&redis).await;
    server.thaw().unwrap();
    back(&redis).await;
    assert_eq!(redis.get("key").await.unwrap().as_deref(), Some(&b"value"[..]));
}

#[tokio::test]
async fn a_subscription_ends_when_the_line_is_cut() {
    let mut server = RedisServer::start().unwrap();
    let redis = Redis::new(&server.url()).unwrap();
    let mut ear = redis.subscribe("channel").await.unwrap();
    server.stop().unwrap();
    assert_eq!(tokio::time::timeout(MINUTE, ear.next()).await.unwrap(), None);
    server.start_again().unwrap();
    back(&redis).await;
    let mut ear = redis.subscribe("channel").await.unwrap();
    redis.publish("channel", b"again").await.unwrap();
    assert_eq!(tokio::time::timeout(MINUTE, ear.next()).await.unwrap().as_deref(), Some(&b"again"[..]));
}

#[tokio::test]
async fn what_is_no_redis_url_is_refused_at_the_start() {
    for url in ["", "localhost:6379", "http://localhost", "redis://"] {
        assert!(Redis::new(url).is_err(), "{url}");
    }
}
