//! Notices as the simulator signs and writes them.

use crate::{adapter, settings};
use adapter_paypal::{PaypalAdapter, Settings};
use booking::{NoticeError, NoticeSubject, PaymentProvider, RawNotice, Standing};
use kernel::Money;
use testkit::payment_provider::{Stage, opened};

/// The notices of one payment.
async fn notices(stage: &Stage) -> Vec<RawNotice> {
    let (adapter, order) = (adapter(&stage.site), stage.order(Money::eur(2_500)));
    let opened = opened(&adapter, &order).await;
    stage.press(&opened.checkout_url, "pay").await;
    adapter.capture(order.payment, 0, &opened.session).await.unwrap();
    let notices = stage.notices().await;
    assert_eq!(notices.len(), 2);
    notices
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn approval_and_capture_are_told_with_the_order() {
    let stage = Stage::start().await;
    let (adapter, order) = (adapter(&stage.site), stage.order(Money::eur(2_500)));
    let opened = opened(&adapter, &order).await;
    for (button, last) in
        [("pay?capture=pending", Standing::Processing), ("finish?outcome=denied", Standing::Failed)]
    {
        stage.press(&opened.checkout_url, button).await;
        adapter.capture(order.payment, 0, &opened.session).await.unwrap();
        let mut told = Vec::new();
        for raw in stage.notices().await {
            let subject = adapter.read_notice(&raw).await.unwrap().subject;
            let NoticeSubject::Payment { payment, session, standing } = subject else {
                panic!("{subject:?}")
            };
            assert_eq!((payment, session), (Some(order.payment), Some(opened.session.clone())));
            told.push(standing);
        }
        assert!(told.contains(&last), "{told:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_webhook_id_no_notice_is_believed() {
    let stage = Stage::start().await;
    let notices = notices(&stage).await;
    for webhook_id in ["", " ", "ANOTHERWEBHOOK"] {
        let settings = Settings { webhook_id: webhook_id.into(), ..settings(&stage.site) };
        let answer = PaypalAdapter::new(settings).unwrap().read_notice(&notices[0]).await;
        assert!(matches!(answer, Err(NoticeError::Forged)), "{webhook_id:?}: {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_waits_for_a_provider_that_is_away() {
    let stage = Stage::start().await;
    let notices = notices(&stage).await;
    stage.stop().await;
    let answer = adapter(&stage.site).read_notice(&notices[0]).await;
    assert!(matches!(answer, Err(NoticeError::Unchecked(_))), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_genuine_signature_does_not_carry_another_body() {
    let stage = Stage::start().await;
    let notices = notices(&stage).await;
    let mixed = RawNotice { headers: notices[0].headers.clone(), body: notices[1].body.clone() };
    let answer = adapter(&stage.site).read_notice(&mixed).await;
    assert!(matches!(answer, Err(NoticeError::Forged)), "{answer:?}");
}
