//! What every cache, rate limiter and broadcast promises while it is there.
#![expect(clippy::unwrap_used, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

use kernel::{Broadcast, Cache, EffectId, RateLimiter, Subscription, Verdict};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Longer than any test lives.
const LONG: Duration = Duration::from_secs(600);
/// Within this time everything has happened that is going to.
const PATIENCE: Duration = Duration::from_secs(20);

/// One test per promise: `testkit::cache_contract!(open)`, where `open` is an `async fn() -> Arc<dyn Cache>`. Cases
/// use keys of their own, so that they can share a server.
#[macro_export]
macro_rules! cache_contract {
    ($open:ident) => {
        $crate::absorb_cases!(cache, $open;
            a_value_is_kept_as_it_was_put,
            what_was_never_put_is_not_there,
            a_value_is_replaced,
            a_forgotten_value_is_gone,
            a_value_ends,
            keys_do_not_share_values,
        );
    };
}

/// As [`cache_contract!`], of an `Arc<dyn RateLimiter>`.
#[macro_export]
macro_rules! rate_limiter_contract {
    ($open:ident) => {
        $crate::absorb_cases!(rate_limiter, $open;
            the_next_attempt_over_the_limit_is_refused,
            waiting_as_told_is_enough,
            the_window_does_not_move_with_further_attempts,
            keys_do_not_share_attempts,
            attempts_at_the_same_time_count_exactly,
            nothing_passes_a_limit_of_none,
            what_is_given_back_was_no_attempt,
            giving_back_what_was_not_tried_allows_no_more,
            giving_back_moves_no_window,
        );
    };
}

/// As [`cache_contract!`], of an `Arc<dyn Broadcast>`.
#[macro_export]
macro_rules! broadcast_contract {
    ($open:ident) => {
        $crate::absorb_cases!(broadcast, $open;
            all_who_listen_hear_in_order,
            channels_do_not_share_messages,
            nobody_need_listen,
        );
    };
}

/// For the macros above.
#[doc(hidden)]
#[macro_export]
macro_rules! absorb_cases {
    ($suite:ident, $open:ident; $($case:ident),+ $(,)?) => {
        mod $suite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::absorb::$case(super::$open().await).await;
                }
            )+
        }
    };
}

/// A key that no other test uses.
fn key(name: &str) -> String {
    let now = kernel::Clock::now(&kernel::SystemClock);
    format!("{name}-{}", EffectId::generate(now))
}

pub async fn a_value_is_kept_as_it_was_put(cache: Arc<dyn Cache>) {
    for value in [&b"text"[..], b"", &[0, 255, 13, 10], &[7; 100_000]] {
        let key = key("a key: with ÄÖÜ and \r\n");
        cache.put(&key, value, LONG).await.unwrap();
        assert_eq!(cache.get(&key).await.unwrap().as_deref(), Some(value));
    }
}

pub async fn what_was_never_put_is_not_there(cache: Arc<dyn Cache>) {
    let key = key("never");
    assert_eq!(cache.get(&key).await.unwrap(), None);
    cache.forget(&key).await.unwrap();
}

pub async fn a_value_is_replaced(cache: Arc<dyn Cache>) {
    let key = key("replaced");
    cache.put(&key, b"one", LONG).await.unwrap();
    cache.put(&key, b"two", LONG).await.unwrap();
    assert_eq!(cache.get(&key).await.unwrap().as_deref(), Some(&b"two"[..]));
}

pub async fn a_forgotten_value_is_gone(cache: Arc<dyn Cache>) {
    let key = key("forgotten");
    cache.put(&key, b"one", LONG).await.unwrap();
    cache.forget(&key).await.unwrap();
    assert_eq!(cache.get(&key).await.unwrap(), None);
}

pub async fn a_value_ends(cache: Arc<dyn Cache>) {
    let (ending, staying) = (key("ending"), key("staying"));
    let ttl = Duration::from_millis(300);
    cache.put(&staying, b"s", LONG).await.unwrap();
    let started = Instant::now();
    cache.put(&ending, b"e", ttl).await.unwrap();
    while cache.get(&ending).await.unwrap().is_some() {
        assert!(started.elapsed() < PATIENCE, "the value did not end");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(started.elapsed() >= ttl - Duration::from_millis(2), "it ended after {:?}", started.elapsed());
    assert!(cache.get(&staying).await.unwrap().is_some());
}

pub async fn keys_do_not_share_values(cache: Arc<dyn Cache>) {
    let (one, other) = (key("one"), key("other"));
    cache.put(&one, b"1", LONG).await.unwrap();
    assert_eq!(cache.get(&other).await.unwrap(), None);
    cache.put(&other, b"2", LONG).await.unwrap();
    cache.forget(&other).await.unwrap();
    assert_eq!(cache.get(&one).await.unwrap().as_deref(), Some(&b"1"[..]));
}

pub async fn the_next_attempt_over_the_limit_is_refused(limiter: Arc<dyn RateLimiter>) {
    let key = key("limit");
    for _ in 0..3 {
        assert_eq!(limiter.attempt(&key, 3, LONG).await.unwrap(), Verdict::Allowed);
    }
    for _ in 0..3 {
        let Verdict::RetryAfter(wait) = limiter.attempt(&key, 3, LONG).await.unwrap() else {
            panic!("an attempt over the limit was allowed");
        };
        assert!(wait <= LONG + Duration::from_secs(1) && wait > LONG / 2, "{wait:?}");
    }
}

pub async fn waiting_as_told_is_enough(limiter: Arc<dyn RateLimiter>) {
    let (key, window) = (key("window"), Duration::from_millis(300));
    let started = Instant::now();
    let mut waited = 0;
    while waited < 2 {
        assert!(started.elapsed() < PATIENCE, "no attempt was ever refused");
        if let Verdict::RetryAfter(wait) = limiter.attempt(&key, 1, window).await.unwrap() {
            assert!(wait <= window + Duration::from_millis(2), "{wait:?}");
            tokio::time::sleep(wait).await;
            assert_eq!(limiter.attempt(&key, 1, window).await.unwrap(), Verdict::Allowed);
            waited += 1;
        }
    }
}

pub async fn the_window_does_not_move_with_further_attempts(limiter: Arc<dyn RateLimiter>) {
    let (key, window) = (key("fixed"), Duration::from_millis(300));
    limiter.attempt(&key, 1, window).await.unwrap();
    let started = Instant::now();
    while limiter.attempt(&key, 1, window).await.unwrap() != Verdict::Allowed {
        assert!(started.elapsed() < PATIENCE, "whoever keeps trying waits for ever");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub async fn keys_do_not_share_attempts(limiter: Arc<dyn RateLimiter>) {
    let (one, other) = (key("one"), key("other"));
    assert_eq!(limiter.attempt(&one, 1, LONG).await.unwrap(), Verdict::Allowed);
    assert_ne!(limiter.attempt(&one, 1, LONG).await.unwrap(), Verdict::Allowed);
    assert_eq!(limiter.attempt(&other, 1, LONG).await.unwrap(), Verdict::Allowed);
}

pub async fn attempts_at_the_same_time_count_exactly(limiter: Arc<dyn RateLimiter>) {
    let key = key("together");
    let attempts: Vec<_> = (0..100)
        .map(|_| {
            let (limiter, key) = (limiter.clone(), key.clone());
            tokio::spawn(async move { limiter.attempt(&key, 20, LONG).await.unwrap() == Verdict::Allowed })
        })
        .collect();
    let mut allowed = 0;
    for attempt in attempts {
        allowed += u32::from(attempt.await.unwrap());
    }
    assert_eq!(allowed, 20);
}

pub async fn nothing_passes_a_limit_of_none(limiter: Arc<dyn RateLimiter>) {
    assert_ne!(limiter.attempt(&key("none"), 0, LONG).await.unwrap(), Verdict::Allowed);
}

pub async fn what_is_given_back_was_no_attempt(limiter: Arc<dyn RateLimiter>) {
    let key = key("back");
    let allowed = async || limiter.attempt(&key, 2, LONG).await.unwrap() == Verdict::Allowed;
    assert!(allowed().await && allowed().await);
    for _ in 0..3 {
        assert!(!allowed().await);
    }
    limiter.give_back(&key).await.unwrap();
    assert!(allowed().await, "what was refused does not count either");
    assert!(!allowed().await);
}

pub async fn giving_back_what_was_not_tried_allows_no_more(limiter: Arc<dyn RateLimiter>) {
    let key = key("never");
    limiter.give_back(&key).await.unwrap();
    assert_eq!(limiter.attempt(&key, 1, LONG).await.unwrap(), Verdict::Allowed);
    for _ in 0..3 {
        limiter.give_back(&key).await.unwrap();
    }
    assert_eq!(limiter.attempt(&key, 1, LONG).await.unwrap(), Verdict::Allowed);
    assert_ne!(limiter.attempt(&key, 1, LONG).await.unwrap(), Verdict::Allowed);
}

pub async fn giving_back_moves_no_window(limiter: Arc<dyn RateLimiter>) {
    let (key, window) = (key("kept"), Duration::from_millis(300));
    let started = Instant::now();
    limiter.attempt(&key, 2, window).await.unwrap();
    limiter.attempt(&key, 2, window).await.unwrap();
    while limiter.attempt(&key, 1, window).await.unwrap() != Verdict::Allowed {
        assert!(started.elapsed() < PATIENCE, "whoever gives back waits for ever");
        limiter.attempt(&key, 2, window).await.unwrap();
        limiter.give_back(&key).await.unwrap();
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn heard(ear: &mut Box<dyn Subscription>) -> Option<Vec<u8>> {
    tokio::time::timeout(PATIENCE, ear.next()).await.unwrap()
}

pub async fn all_who_listen_hear_in_order(broadcast: Arc<dyn Broadcast>) {
    let channel = key("channel");
    let mut ears =
        [broadcast.subscribe(&channel).await.unwrap(), broadcast.subscribe(&channel).await.unwrap()];
    let messages = [&b"one"[..], b"", &[0, 255, 13, 10]];
    for message in messages {
        broadcast.publish(&channel, message).await.unwrap();
    }
    for ear in &mut ears {
        for message in messages {
            assert_eq!(heard(ear).await.as_deref(), Some(message));
        }
    }
}

pub async fn channels_do_not_share_messages(broadcast: Arc<dyn Broadcast>) {
    let (one, other) = (key("one"), key("other"));
    let mut ear = broadcast.subscribe(&one).await.unwrap();
    broadcast.publish(&other, b"other").await.unwrap();
    broadcast.publish(&one, b"one").await.unwrap();
    assert_eq!(heard(&mut ear).await.as_deref(), Some(&b"one"[..]));
}

pub async fn nobody_need_listen(broadcast: Arc<dyn Broadcast>) {
    let channel = key("channel");
    broadcast.publish(&channel, b"lost").await.unwrap();
    drop(broadcast.subscribe(&channel).await.unwrap());
    broadcast.publish(&channel, b"lost too").await.unwrap();
    let mut ear = broadcast.subscribe(&channel).await.unwrap();
    broadcast.publish(&channel, b"heard").await.unwrap();
    assert_eq!(heard(&mut ear).await.as_deref(), Some(&b"heard"[..]));
}
