//! Checkout Sessions: what Stripe is told, and what becomes of keys and time.

use crate::{adapter, settings};
use adapter_stripe::StripeAdapter;
use booking::{CheckoutOrder, PaymentProvider, Provider, ProviderError, Standing};
use chrono::TimeDelta;
use kernel::{Clock, Money, PaymentId};
use testkit::payment_provider::{Stage, opened};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stripe_is_told_whose_payment_it_is_and_when_it_ends() {
    let stage = Stage::start().await;
    let order = stage.order(Money::eur(2_500));
    let opened = opened(&adapter(&stage.site), &order).await;
    stage.press(&opened.checkout_url, "pay").await;
    let state = stage.state(Provider::Stripe).await;
    let session = &state["sessions"][0];
    assert_eq!(session["client_reference_id"], order.booking.to_string());
    for metadata in [&session["metadata"], &session["payment_intent"]["metadata"]] {
        assert_eq!(metadata["payment_id"], order.payment.to_string());
        assert_eq!(metadata["booking_id"], order.booking.to_string());
    }
    assert_eq!(session["expires_at"], (stage.site.clock.now() + TimeDelta::minutes(60)).timestamp());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeat_a_while_later_is_the_same_request() {
    let stage = Stage::start().await;
    let (adapter, order) = (adapter(&stage.site), stage.order(Money::eur(2_500)));
    let first = opened(&adapter, &order).await;
    stage.site.clock.advance(TimeDelta::minutes(25));
    assert_eq!(opened(&adapter, &order).await, first);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attempt_whose_first_call_never_arrived_can_still_be_opened_a_while_later() {
    let stage = Stage::start().await;
    let order = stage.order(Money::eur(2_500));
    stage.site.clock.advance(TimeDelta::minutes(25));
    opened(&adapter(&stage.site), &order).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_was_used_for_something_else_leaves_it_uncertain() {
    let stage = Stage::start().await;
    let (adapter, order) = (adapter(&stage.site), stage.order(Money::eur(2_500)));
    opened(&adapter, &order).await;
    let other = CheckoutOrder { amount: Money::eur(2_600), ..order };
    let answer = adapter.open(&other).await;
    assert!(matches!(answer, Err(ProviderError::Uncertain(_))), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_ends_by_itself() {
    let stage = Stage::start().await;
    let (adapter, order) = (adapter(&stage.site), stage.order(Money::eur(2_500)));
    let opened = opened(&adapter, &order).await;
    stage.site.clock.advance(TimeDelta::minutes(61));
    assert_eq!(adapter.ask(&opened.session).await.unwrap(), Standing::Closed);
    assert_eq!(adapter.close(&opened.session).await.unwrap(), Standing::Closed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_is_not_let_in_says_nothing_about_the_payment() {
    let stage = Stage::start().await;
    let opened = opened(&adapter(&stage.site), &stage.order(Money::eur(2_500))).await;
    let settings = adapter_stripe::Settings { secret_key: "sk_test_another".into(), ..settings(&stage.site) };
    let stranger = StripeAdapter::new(settings).unwrap();
    for answer in [stranger.ask(&opened.session).await, stranger.close(&opened.session).await] {
        assert!(matches!(answer, Err(ProviderError::Away(_))), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_stripe_does_not_know_is_refused() {
    let stage = Stage::start().await;
    let adapter = adapter(&stage.site);
    for answer in [adapter.ask("cs_test_none").await, adapter.close("cs_test_none").await] {
        assert!(
            matches!(answer, Err(ProviderError::Refused { ref code }) if code == "resource_missing"),
            "{answer:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_krona_of_iceland_is_charged_whole() {
    let stage = Stage::start().await;
    let adapter = adapter(&stage.site);
    let order = stage.order(Money::new(1_500, "ISK".parse().unwrap()).unwrap());
    let opened = opened(&adapter, &order).await;
    stage.press(&opened.checkout_url, "pay").await;
    let state = stage.state(Provider::Stripe).await;
    assert_eq!(state["sessions"][0]["amount_total"], 150_000);
    let paid = adapter.ask(&opened.session).await.unwrap();
    assert!(matches!(paid, Standing::Paid(charge) if charge.amount == order.amount));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stripe_does_not_take_is_refused_with_its_code() {
    let stage = Stage::start().await;
    let order =
        CheckoutOrder { payment: PaymentId::generate(stage.site.clock.now()), ..stage.order(Money::eur(1)) };
    let answer = adapter(&stage.site).open(&order).await;
    assert!(
        matches!(answer, Err(ProviderError::Refused { ref code }) if code == "amount_too_small"),
        "{answer:?}"
    );
}
