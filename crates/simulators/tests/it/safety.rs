//! When nothing starts.

use crate::scene::{clock, settings};
use simulators::{Refused, Settings};

async fn refusal(change: impl FnOnce(&mut Settings)) -> Refused {
    let mut settings = settings(clock());
    change(&mut settings);
    match simulators::start(settings).await {
        Ok(_) => panic!("it started"),
        Err(refused) => refused,
    }
}

#[tokio::test]
async fn nothing_starts_in_production() {
    assert!(matches!(refusal(|settings| settings.production = true).await, Refused::Production));
}

#[tokio::test]
async fn nothing_starts_beside_a_key_that_is_not_the_simulators() {
    for key in ["sk_live_1", "rk_live_1", "sk_test_1", ""] {
        let refused = refusal(|settings| settings.stripe_secret_key = key.into()).await;
        assert!(matches!(refused, Refused::RealKey { .. }), "{key}: {refused}");
    }
    let refused = refusal(|settings| settings.paypal_client_id = "AdV4d6nLHabWLyemrw4BKdO9".into()).await;
    assert!(matches!(refused, Refused::RealKey { .. }), "{refused}");
    for key in ["sk_live_1", "rk_live_1", "sk_test_1"] {
        let refused = refusal(|settings| settings.configured_keys.push(key.into())).await;
        assert!(matches!(refused, Refused::RealKey { .. }), "{key}: {refused}");
        assert!(!refused.to_string().contains(key), "{refused}");
    }
}

#[tokio::test]
async fn nothing_listens_where_strangers_reach_it() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let refused = refusal(|settings| settings.paypal_bind = address.parse().unwrap()).await;
        assert!(matches!(refused, Refused::NotLoopback(_)), "{address}: {refused}");
    }
}

#[tokio::test]
async fn an_address_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let refused = refusal(|settings| settings.stripe_bind = address).await;
    assert!(refused.to_string().contains(&address.to_string()), "{refused}");
}

#[tokio::test]
async fn a_webhook_id_is_letters_and_digits() {
    let refused = refusal(|settings| settings.paypal_webhook_id = "not/one".into()).await;
    assert!(matches!(refused, Refused::Malformed(_)), "{refused}");
}
