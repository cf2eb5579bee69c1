//! Orders: what PayPal is told, and what becomes of them with time.

use crate::{adapter, settings};
use adapter_paypal::{PaypalAdapter, Settings};
use booking::{PaymentProvider, Provider, ProviderError, Standing};
use chrono::TimeDelta;
use kernel::{Money, PaymentId};
use testkit::noon;
use testkit::payment_provider::{Stage, opened, refund_of};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn paypal_is_told_whose_payment_it_is() {
    let stage = Stage::start().await;
    let order = stage.order(Money::eur(2_500));
    opened(&adapter(&stage.site), &order).await;
    let state = stage.state(Provider::Paypal).await;
    assert_eq!(state["orders"][0]["custom_id"], order.payment.to_string());
    assert!(state["orders"][0]["invoice_id"].as_str().unwrap().starts_with("K7QX2M-"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approval_is_not_money_and_is_told_when_closing() {
    let stage = Stage::start().await;
    let adapter = adapter(&stage.site);
    let order = stage.order(Money::eur(2_500));
    let opened = opened(&adapter, &order).await;
    stage.press(&opened.checkout_url, "pay").await;
    assert_eq!(adapter.ask(&opened.session).await.unwrap(), Standing::Approved);
    assert_eq!(adapter.close(&opened.session).await.unwrap(), Standing::Approved);
    assert_eq!(stage.state(Provider::Paypal).await["orders"][0]["captures"].as_array().unwrap().len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeat_after_the_approval_names_the_same_order_and_leads_back_to_us() {
    let stage = Stage::start().await;
    let adapter = adapter(&stage.site);
    let order = stage.order(Money::eur(2_500));
    let first = opened(&adapter, &order).await;
    stage.press(&first.checkout_url, "pay").await;
    adapter.capture(order.payment, 0, &first.session).await.unwrap();
    let again = opened(&adapter, &order).await;
    assert_eq!(again.session, first.session);
    assert_eq!(again.checkout_url, order.return_url);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_attempts_of_one_booking_can_both_be_paid() {
    let stage = Stage::start().await;
    let adapter = adapter(&stage.site);
    let mut order = stage.order(Money::eur(2_500));
    for _ in 0..2 {
        order.payment = PaymentId::generate(noon());
        let opened = opened(&adapter, &order).await;
        stage.press(&opened.checkout_url, "pay").await;
        let standing = adapter.capture(order.payment, 0, &opened.session).await.unwrap();
        assert!(matches!(standing, Standing::Paid(_)), "{standing:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_capture_that_is_denied_has_failed() {
    let stage = Stage::start().await;
    let adapter = adapter(&stage.site);
    let order = stage.order(Money::eur(2_500));
    let opened = opened(&adapter, &order).await;
    stage.press(&opened.checkout_url, "pay?capture=denied").await;
    assert_eq!(adapter.capture(order.payment, 0, &opened.session).await.unwrap(), Standing::Failed);
    assert_eq!(adapter.ask(&opened.session).await.unwrap(), Standing::Failed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_paypal_has_forgotten_is_closed() {
    let stage = Stage::start().await;
    let adapter = adapter(&stage.site);
    let order = stage.order(Money::eur(2_500));
    let opened = opened(&adapter, &order).await;
    stage.site.clock.advance(TimeDelta::hours(4));
    assert_eq!(adapter.ask(&opened.session).await.unwrap(), Standing::Closed);
    assert_eq!(adapter.capture(order.payment, 0, &opened.session).await.unwrap(), Standing::Closed);
    assert_eq!(adapter.close(&opened.session).await.unwrap(), Standing::Closed);
    // Whether something was refunded, nobody can say any more.
    let refund = refund_of(&order, &opened.session, "2GG279541U471931P", order.amount, &*stage.site.clock);
    let answer = adapter.find_refund(&refund).await;
    assert!(matches!(answer, Err(ProviderError::Refused { .. })), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_is_not_let_in_says_nothing_about_the_payment() {
    let stage = Stage::start().await;
    let opened = opened(&adapter(&stage.site), &stage.order(Money::eur(2_500))).await;
    let stranger = Settings { client_secret: "another".into(), ..settings(&stage.site) };
    let answer = PaypalAdapter::new(stranger).unwrap().ask(&opened.session).await;
    assert!(matches!(answer, Err(ProviderError::Away(_))), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_asked_for_is_refused_without_asking() {
    let stage = Stage::start().await;
    let adapter = adapter(&stage.site);
    let dinar = stage.order(Money::new(2_500, kernel::Currency::KWD).unwrap());
    stage.stop().await;
    let answers = [adapter.open(&dinar).await.map(|_| ()), adapter.ask("../../v1/oauth2").await.map(|_| ())];
    for (answer, expected) in answers.into_iter().zip(["currency_not_supported", "MALFORMED_ID"]) {
        assert!(matches!(answer, Err(ProviderError::Refused { ref code }) if code == expected), "{answer:?}");
    }
}
