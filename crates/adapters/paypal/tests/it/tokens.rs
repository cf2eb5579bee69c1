//! Access tokens: one for many calls, and a new one in time.

use crate::recorder::Recorder;
use crate::{adapter, settings};
use adapter_paypal::{PaypalAdapter, Settings};
use booking::{PaymentProvider, ProviderError, Standing};
use chrono::TimeDelta;
use kernel::Money;
use std::sync::Arc;
use std::time::{Duration, Instant};
use testkit::StoppedClock;
use testkit::payment_provider::{Site, Stage, opened};

fn tokens(recorder: &Recorder) -> usize {
    recorder.seen().iter().filter(|request| request.path == "/v1/oauth2/token").count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_who_come_together_share_one_token() {
    let stage = Stage::start().await;
    let opened = opened(&adapter(&stage.site), &stage.order(Money::eur(2_500))).await;
    let recorder = Recorder::before(&stage.site.paypal_base);
    let adapter = Arc::new(adapter(&Site { paypal_base: recorder.base.clone(), ..stage.site.clone() }));
    let callers: Vec<_> = (0..20)
        .map(|_| {
            let (adapter, session) = (Arc::clone(&adapter), opened.session.clone());
            tokio::spawn(async move { adapter.ask(&session).await.unwrap() })
        })
        .collect();
    for caller in callers {
        assert_eq!(caller.await.unwrap(), Standing::Open);
    }
    assert_eq!(tokens(&recorder), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_renewed_before_it_ends() {
    let stage = Stage::start().await;
    let recorder = Recorder::before(&stage.site.paypal_base);
    let adapter = adapter(&Site { paypal_base: recorder.base.clone(), ..stage.site.clone() });
    let mut refused = Vec::new();
    for (minutes, expected) in [(0, 1), (500, 1), (36, 2), (30, 2)] {
        stage.site.clock.advance(TimeDelta::minutes(minutes));
        opened(&adapter, &stage.order(Money::eur(2_500))).await;
        assert_eq!(tokens(&recorder), expected, "{minutes}");
        refused.extend(recorder.seen().into_iter().filter(|request| request.status == 401));
    }
    assert!(refused.is_empty(), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_token_is_replaced_once_and_the_call_repeated() {
    let stage = Stage::start().await;
    let recorder = Recorder::before(&stage.site.paypal_base);
    let site = Site { paypal_base: recorder.base.clone(), ..stage.site.clone() };
    // For this clock no time passes, so that the adapter believes in its token for ever.
    let settings = Settings { clock: Arc::new(StoppedClock::default()), ..settings(&site) };
    let adapter = PaypalAdapter::new(settings).unwrap();
    opened(&adapter, &stage.order(Money::eur(2_500))).await;
    stage.site.clock.advance(TimeDelta::hours(10));
    let order = stage.order(Money::eur(2_500));
    let opened = opened(&adapter, &order).await;
    let seen = recorder.seen();
    let orders: Vec<_> = seen.iter().filter(|request| request.path == "/v2/checkout/orders").collect();
    assert_eq!(orders.iter().map(|request| request.status).collect::<Vec<_>>(), [201, 401, 201]);
    assert_eq!(orders[1].headers["paypal-request-id"], orders[2].headers["paypal-request-id"]);
    assert_eq!(tokens(&recorder), 2);
    assert_eq!(adapter.ask(&opened.session).await.unwrap(), Standing::Open);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_behind_one_that_gets_no_answer_do_not_wait_one_after_another() {
    let stage = Stage::start().await;
    // Takes every connection and never says a word.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", silent.local_addr().unwrap());
    let deadline = Duration::from_millis(500);
    let site = Site { paypal_base: base, deadline, ..stage.site.clone() };
    let (adapter, since) = (Arc::new(adapter(&site)), Instant::now());
    let callers: Vec<_> = (0..20)
        .map(|_| {
            let adapter = Arc::clone(&adapter);
            tokio::spawn(async move { adapter.ask("SESSION").await })
        })
        .collect();
    for caller in callers {
        assert!(matches!(caller.await.unwrap(), Err(ProviderError::Away(_))));
    }
    assert!(since.elapsed() < deadline * 20, "one after another it would have taken twenty times as long");
}
