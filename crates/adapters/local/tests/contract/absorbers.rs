//! The contracts of cache, rate limiter and broadcast.

use adapter_local::{LocalBroadcast, LocalCache, LocalLimiter};
use chrono::TimeDelta;
use kernel::{Broadcast, Cache, RateLimiter, SystemClock, Verdict};
use std::sync::Arc;
use std::time::Duration;
use testkit::StoppedClock;

const MINUTE: Duration = Duration::from_secs(60);

async fn a_cache() -> Arc<dyn Cache> {
    Arc::new(LocalCache::new(Arc::new(SystemClock)))
}

async fn a_limiter() -> Arc<dyn RateLimiter> {
    Arc::new(LocalLimiter::new(Arc::new(SystemClock)))
}

async fn a_broadcast() -> Arc<dyn Broadcast> {
    Arc::new(LocalBroadcast::new())
}

testkit::cache_contract!(a_cache);
testkit::rate_limiter_contract!(a_limiter);
testkit::broadcast_contract!(a_broadcast);

#[tokio::test]
async fn a_window_ends_at_its_very_instant_by_the_clock_that_was_given() {
    let clock = Arc::new(StoppedClock::default());
    let limiter = LocalLimiter::new(clock.clone());
    assert_eq!(limiter.attempt("one", 1, MINUTE).await.unwrap(), Verdict::Allowed);
    clock.advance(TimeDelta::seconds(59));
    let verdict = limiter.attempt("one", 1, MINUTE).await.unwrap();
    assert_eq!(verdict, Verdict::RetryAfter(Duration::from_secs(1)));
    clock.advance(TimeDelta::seconds(1));
    assert_eq!(limiter.attempt("one", 1, MINUTE).await.unwrap(), Verdict::Allowed);
}

#[tokio::test]
async fn a_full_limiter_forgets_what_ends_first() {
    let clock = Arc::new(StoppedClock::default());
    let limiter = LocalLimiter::new(clock.clone());
    assert_eq!(limiter.attempt("victim", 1, MINUTE * 10).await.unwrap(), Verdict::Allowed);
    clock.advance(TimeDelta::seconds(1));
    for number in 0..100_000 {
        limiter.attempt(&format!("attacker {number}"), 1, MINUTE).await.unwrap();
    }
    assert!(matches!(limiter.attempt("victim", 1, MINUTE).await.unwrap(), Verdict::RetryAfter(_)));
    // Keys of one end go in their order, so this was the first of the attackers to make room.
    assert_eq!(limiter.attempt("attacker 0", 1, MINUTE).await.unwrap(), Verdict::Allowed);
}

#[tokio::test]
async fn a_cache_never_holds_more_than_its_bytes() {
    let clock = Arc::new(StoppedClock::default());
    let cache = LocalCache::new(clock);
    let value = vec![7; 1 << 20];
    for number in 0..40 {
        cache.put(&format!("{number}"), &value, MINUTE * (number + 1)).await.unwrap();
    }
    let mut kept = Vec::new();
    for number in 0..40 {
        if cache.get(&format!("{number}")).await.unwrap().is_some() {
            kept.push(number);
        }
    }
    assert_eq!(kept, (8..40).collect::<Vec<_>>(), "32 MiB, and what ends last");
}
