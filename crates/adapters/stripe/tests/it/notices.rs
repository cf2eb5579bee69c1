//! Webhooks as the simulator signs and writes them.

use crate::{adapter, settings};
use adapter_stripe::{Settings, StripeAdapter};
use booking::{NoticeError, NoticeSubject, PaymentProvider, RawNotice, Standing};
use chrono::TimeDelta;
use kernel::Money;
use testkit::payment_provider::stage::STRIPE_WEBHOOK_SECRET;
use testkit::payment_provider::{Stage, opened};

/// The notices of one payment.
async fn notices(stage: &Stage) -> Vec<RawNotice> {
    let opened = opened(&adapter(&stage.site), &stage.order(Money::eur(2_500))).await;
    stage.press(&opened.checkout_url, "pay").await;
    let notices = stage.notices().await;
    assert!(!notices.is_empty());
    notices
}

fn with_secrets(stage: &Stage, secrets: &[&str]) -> StripeAdapter {
    let webhook_secrets = secrets.iter().map(|secret| (*secret).to_owned()).collect();
    StripeAdapter::new(Settings { webhook_secrets, ..settings(&stage.site) }).unwrap()
}

fn is_forged<T>(answer: &Result<T, NoticeError>) -> bool {
    matches!(answer, Err(NoticeError::Forged))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_of_two_secrets_is_as_good_as_the_first() {
    let stage = Stage::start().await;
    let both = with_secrets(&stage, &["whsec_of_next_week", STRIPE_WEBHOOK_SECRET]);
    let other = with_secrets(&stage, &["whsec_of_next_week"]);
    for notice in notices(&stage).await {
        assert!(both.read_notice(&notice).await.is_ok());
        assert!(is_forged(&other.read_notice(&notice).await));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_secret_no_notice_is_believed() {
    let stage = Stage::start().await;
    let notices = notices(&stage).await;
    for secrets in [&[][..], &["", " "]] {
        let adapter = with_secrets(&stage, secrets);
        assert!(is_forged(&adapter.read_notice(&notices[0]).await), "{secrets:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_of_another_time_is_not_believed() {
    let stage = Stage::start().await;
    let (adapter, notices) = (adapter(&stage.site), notices(&stage).await);
    for (minutes, believed) in [(5, true), (1, false), (-11, true), (-1, false)] {
        stage.site.clock.advance(TimeDelta::minutes(minutes));
        let answer = adapter.read_notice(&notices[0]).await;
        assert_eq!(!is_forged(&answer), believed, "{minutes}: {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_that_takes_days_is_told_in_steps() {
    for (button, end) in
        [("finish?outcome=succeeded", None), ("finish?outcome=failed", Some(Standing::Failed))]
    {
        let stage = Stage::start().await;
        let adapter = adapter(&stage.site);
        let order = stage.order(Money::eur(2_500));
        let opened = opened(&adapter, &order).await;
        stage.press(&opened.checkout_url, "pay?outcome=processing").await;
        assert_eq!(of_session(&adapter, &stage).await, [Standing::Processing]);
        stage.press(&opened.checkout_url, button).await;
        let told = of_session(&adapter, &stage).await;
        match end {
            Some(standing) => assert_eq!(told, [standing]),
            None => assert!(matches!(told.as_slice(), [Standing::Paid(_)]), "{told:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_declined_card_and_an_ended_session_are_told() {
    let stage = Stage::start().await;
    let adapter = adapter(&stage.site);
    let order = stage.order(Money::eur(2_500));
    let opened = opened(&adapter, &order).await;
    stage.press(&opened.checkout_url, "decline").await;
    let declined = adapter.read_notice(&stage.notices().await[0]).await.unwrap().subject;
    let told =
        NoticeSubject::Payment { payment: Some(order.payment), session: None, standing: Standing::Declined };
    assert_eq!(declined, told);
    adapter.close(&opened.session).await.unwrap();
    assert_eq!(of_session(&adapter, &stage).await, [Standing::Closed]);
}

/// What the notices say that name a session.
async fn of_session(adapter: &StripeAdapter, stage: &Stage) -> Vec<Standing> {
    let mut told = Vec::new();
    for raw in stage.notices().await {
        if let NoticeSubject::Payment { session: Some(_), standing, .. } =
            adapter.read_notice(&raw).await.unwrap().subject
        {
            told.push(standing);
        }
    }
    told
}
