//! The client library that the production adapter uses understands every object and every notice.

use crate::scene::{STRIPE_KEY, STRIPE_SECRET, Scene, scene};
use chrono::TimeDelta;
use kernel::Clock;
use std::collections::HashMap;
use stripe::{Client, ClientBuilder, IdempotencyKey, RequestStrategy, StripeError, StripeRequest};
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionLineItems, CreateCheckoutSessionLineItemsPriceData,
    CreateCheckoutSessionPaymentIntentData, ExpireCheckoutSession, ProductData, RetrieveCheckoutSession,
};
use stripe_checkout::{
    CheckoutSession, CheckoutSessionMode, CheckoutSessionPaymentStatus, CheckoutSessionStatus,
};
use stripe_core::PaymentIntentStatus;
use stripe_core::payment_intent::RetrievePaymentIntent;
use stripe_core::refund::{CreateRefund, ListRefund, RetrieveRefund};
use stripe_webhook::{EventObject, Webhook};

fn client(scene: &Scene) -> Client {
    ClientBuilder::new(STRIPE_KEY).url(scene.running.stripe_base.clone()).build().unwrap()
}

fn create(scene: &Scene) -> CreateCheckoutSession {
    let price = CreateCheckoutSessionLineItemsPriceData {
        currency: "eur".parse().unwrap(),
        product: None,
        product_data: Some(ProductData::new("Ticket")),
        recurring: None,
        tax_behavior: None,
        unit_amount: Some(1_250),
        unit_amount_decimal: None,
    };
    let mut line = CreateCheckoutSessionLineItems::new();
    line.price_data = Some(price);
    line.quantity = Some(2);
    let metadata = HashMap::from([("booking".to_owned(), "7".to_owned())]);
    let mut payment = CreateCheckoutSessionPaymentIntentData::new();
    payment.metadata = Some(metadata.clone());
    CreateCheckoutSession::new()
        .mode(CheckoutSessionMode::Payment)
        .line_items(vec![line])
        .metadata(metadata)
        .payment_intent_data(payment)
        .client_reference_id("booking-7")
        .customer_email("guest@shop.example")
        .success_url("https://shop.example/ok")
        .cancel_url("https://shop.example/cancel")
        .expires_at(scene.clock.now().timestamp() + 1_800)
}

async fn pay(scene: &Scene, session: &CheckoutSession) {
    scene.press(&session.url.clone().into(), "pay").await;
}

#[tokio::test]
async fn a_session_is_created_paid_read_and_refunded() {
    let scene = scene().await;
    let client = client(&scene);
    let session = create(&scene).send(&client).await.unwrap();
    assert_eq!(session.status, Some(CheckoutSessionStatus::Open));
    assert_eq!((session.amount_total, session.payment_intent.is_none()), (Some(2_500), true));
    pay(&scene, &session).await;

    let wanted = vec!["payment_intent.latest_charge".to_owned(), "line_items".to_owned()];
    let session = RetrieveCheckoutSession::new(session.id).expand(wanted).send(&client).await.unwrap();
    assert_eq!(session.status, Some(CheckoutSessionStatus::Complete));
    assert_eq!(session.payment_status, CheckoutSessionPaymentStatus::Paid);
    assert_eq!(session.line_items.unwrap().data.len(), 1);
    let payment = session.payment_intent.unwrap().into_object().unwrap();
    assert_eq!(payment.metadata.get("booking").map(String::as_str), Some("7"));
    assert_eq!(payment.latest_charge.unwrap().into_object().unwrap().amount, 2_500);

    let payment = RetrievePaymentIntent::new(payment.id)
        .expand(vec!["latest_charge".into()])
        .send(&client)
        .await
        .unwrap();
    assert_eq!((payment.status, payment.amount_received), (PaymentIntentStatus::Succeeded, 2_500));

    let refund =
        CreateRefund::new().payment_intent(payment.id.to_string()).amount(1_000).send(&client).await.unwrap();
    assert_eq!((refund.amount, refund.status.as_deref()), (1_000, Some("succeeded")));
    let again = RetrieveRefund::new(refund.id.clone()).send(&client).await.unwrap();
    assert_eq!(again.id, refund.id);
    let all = ListRefund::new().payment_intent(payment.id.to_string()).send(&client).await.unwrap();
    assert_eq!(all.data.len(), 1);
}

#[tokio::test]
async fn a_session_is_expired_once() {
    let scene = scene().await;
    let client = client(&scene);
    let session = create(&scene).send(&client).await.unwrap();
    let expired = ExpireCheckoutSession::new(session.id.clone()).send(&client).await.unwrap();
    assert_eq!((expired.status, expired.url), (Some(CheckoutSessionStatus::Expired), None));
    let refused = ExpireCheckoutSession::new(session.id).send(&client).await.unwrap_err();
    let StripeError::Stripe(error, 400) = refused else { panic!("{refused}") };
    assert!(error.message.unwrap().contains("`expired`"));
}

#[tokio::test]
async fn errors_are_read_with_their_codes() {
    let scene = scene().await;
    let client = client(&scene);
    let session = create(&scene).send(&client).await.unwrap();
    pay(&scene, &session).await;
    let session = RetrieveCheckoutSession::new(session.id).send(&client).await.unwrap();
    let payment = session.payment_intent.unwrap().id().to_string();
    CreateRefund::new().payment_intent(payment.clone()).send(&client).await.unwrap();
    let refused = CreateRefund::new().payment_intent(payment).send(&client).await.unwrap_err();
    let StripeError::Stripe(error, 400) = refused else { panic!("{refused}") };
    assert_eq!(error.code.unwrap().as_str(), "charge_already_refunded");

    let refused = RetrievePaymentIntent::new("pi_nobody").send(&client).await.unwrap_err();
    let StripeError::Stripe(error, 404) = refused else { panic!("{refused}") };
    assert_eq!(error.code.unwrap().as_str(), "resource_missing");

    let stranger =
        ClientBuilder::new("sk_test_stranger").url(scene.running.stripe_base.clone()).build().unwrap();
    let refused = create(&scene).send(&stranger).await.unwrap_err();
    assert!(matches!(refused, StripeError::Stripe(_, 401)), "{refused}");
}

#[tokio::test]
async fn one_key_opens_one_session() {
    let scene = scene().await;
    let client = client(&scene);
    let key = RequestStrategy::Idempotent(IdempotencyKey::new("booking-7").unwrap());
    let create = create(&scene);
    let first = create.customize().request_strategy(key.clone()).send(&client).await.unwrap();
    scene.clock.forward(TimeDelta::minutes(5));
    let second = create.customize().request_strategy(key).send(&client).await.unwrap();
    assert_eq!(first.id, second.id);
}

#[tokio::test]
async fn every_notice_is_understood_and_its_signature_holds() {
    let scene = scene().await;
    let client = client(&scene);
    let session = create(&scene).send(&client).await.unwrap();
    let url = session.url.clone().into();
    scene.press(&url, "decline").await;
    scene.press(&url, "pay?outcome=processing").await;
    scene.press(&url, "finish?outcome=succeeded").await;
    let unpaid = create(&scene).send(&client).await.unwrap();
    ExpireCheckoutSession::new(unpaid.id).send(&client).await.unwrap();
    let failing = create(&scene).send(&client).await.unwrap().url.into();
    scene.press(&failing, "pay?outcome=processing").await;
    scene.press(&failing, "finish?outcome=failed").await;
    let session = RetrieveCheckoutSession::new(session.id).send(&client).await.unwrap();
    let payment = session.payment_intent.unwrap().id().to_string();
    CreateRefund::new().payment_intent(payment).send(&client).await.unwrap();
    scene.running.drained().await;

    let now = scene.clock.now().timestamp();
    let received = scene.shop.received.lock().unwrap().clone();
    let mut kinds: Vec<_> = received
        .iter()
        .map(|notice| {
            let signature = notice.headers.get("stripe-signature").unwrap();
            let event =
                Webhook::construct_event_with_timestamp(&notice.body, signature, STRIPE_SECRET, now).unwrap();
            assert!(!matches!(event.data.object, EventObject::Unknown(_)), "{}", notice.body);
            event.type_.to_string()
        })
        .collect();
    kinds.sort();
    kinds.dedup();
    let expected = [
        "charge.refunded",
        "checkout.session.async_payment_failed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.completed",
        "checkout.session.expired",
        "payment_intent.payment_failed",
        "payment_intent.succeeded",
        "refund.created",
    ];
    assert_eq!(kinds, expected);
}
