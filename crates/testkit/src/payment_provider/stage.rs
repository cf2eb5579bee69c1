//! A payment provider on stage: its simulator, the adapter that is tried, and a letter box for its notices.

use crate::StoppedClock;
use actix_web::web::{Bytes, Data, to};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use booking::{
    CallListener, CallOutcome, Called, CheckoutOrder, Opened, PaymentProvider, Provider, RawNotice,
    RefundOrder,
};
use chrono::TimeDelta;
use kernel::{BookingId, Clock, Money, PaymentId, RefundId};
use serde_json::{Value, json};
use simulators::{Running, Settings};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The one key that the Stripe side takes.
pub const STRIPE_KEY: &str = "sk_test_simulator_of_a_test";
/// What its notices are signed with.
pub const STRIPE_WEBHOOK_SECRET: &str = "whsec_of_a_test";
/// The one client that the PayPal side knows.
pub const PAYPAL_CLIENT: &str = "simulator-of-a-test";
/// That client's secret.
pub const PAYPAL_CLIENT_SECRET: &str = "secret-of-a-test";
/// The webhook that PayPal's notices are signed for.
pub const PAYPAL_WEBHOOK: &str = "WEBHOOKOFATEST";

/// What an adapter is made of in a test.
#[derive(Clone)]
pub struct Site {
    /// Base address of the Stripe side.
    pub stripe_base: String,
    /// Base address of the PayPal side.
    pub paypal_base: String,
    /// The simulators' clock; it stands still.
    pub clock: Arc<StoppedClock>,
    /// How long a call may take.
    pub deadline: Duration,
    /// Calls that adapters told of.
    pub told: Arc<Mutex<Vec<Called>>>,
}

impl Site {
    /// What an adapter is to tell of its calls.
    pub fn listener(&self) -> CallListener {
        let told = Arc::clone(&self.told);
        Arc::new(move |called: &Called| {
            told.lock().unwrap_or_else(PoisonError::into_inner).push(*called);
        })
    }

    /// What was told of calls so far: to whom, what, and how it ended.
    pub fn calls(&self) -> Vec<(Provider, &'static str, CallOutcome)> {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.iter().map(|called| (called.provider, called.call, called.outcome)).collect()
    }
}

/// How a call goes wrong; see the simulators' documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is done, and no answer comes.
    TimeoutAfterAct,
    /// It is answered with 500 and not done.
    Error500,
    /// The connection is closed without an answer.
    Drop,
    /// A refund made by it stays pending.
    RefundPending,
}

/// Calls of the port, as faults name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// [`PaymentProvider::open`].
    Open,
    /// [`PaymentProvider::ask`].
    Ask,
    /// [`PaymentProvider::refund`].
    Refund,
}

/// Simulators that listen, and where their notices end up.
pub struct Stage {
    /// What adapters are made of.
    pub site: Site,
    running: Mutex<Option<Running>>,
    http: reqwest::Client,
    received: Arc<Mutex<Vec<RawNotice>>>,
    letter_box: actix_web::dev::ServerHandle,
}

impl Stage {
    /// Starts both simulators on free ports at [`crate::noon`].
    ///
    /// # Panics
    /// When they do not start.
    pub async fn start() -> Self {
        let clock = Arc::new(StoppedClock::default());
        let received = Arc::new(Mutex::new(Vec::new()));
        let (letter_box, address) = letter_box(Arc::clone(&received));
        let url = format!("http://{address}/");
        let running = simulators::start(settings(Arc::clone(&clock) as Arc<dyn Clock>, &url)).await.unwrap();
        let site = Site {
            stripe_base: running.stripe_base.clone(),
            paypal_base: running.paypal_base.clone(),
            clock,
            deadline: Duration::from_secs(10),
            told: Arc::default(),
        };
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { site, running: Mutex::new(Some(running)), http, received, letter_box }
    }

    /// The site for an adapter that gives up soon.
    pub fn impatient(&self) -> Site {
        Site { deadline: Duration::from_secs(2), ..self.site.clone() }
    }

    /// An order of so much, of a new attempt to pay a new booking.
    pub fn order(&self, amount: Money) -> CheckoutOrder {
        let now = self.site.clock.now();
        CheckoutOrder {
            payment: PaymentId::generate(now),
            booking: BookingId::generate(now),
            reference: "K7QX2M".into(),
            description: "Sommerfest – zwei Karten".into(),
            amount,
            return_url: "http://127.0.0.1:9/payments/return".into(),
            cancel_url: "http://127.0.0.1:9/payments/return?left=true".into(),
            expires_at: now + TimeDelta::minutes(20),
        }
    }

    /// The buyer presses a button: `pay`, `decline`, `finish?outcome=...`.
    ///
    /// # Panics
    /// When the page does not take it.
    pub async fn press(&self, checkout: &str, button: &str) {
        let answer = self.http.post(format!("{checkout}/{button}")).send().await.unwrap();
        assert!(answer.status().is_success(), "{button}: {}", answer.text().await.unwrap());
    }

    /// The next such call goes wrong.
    ///
    /// # Panics
    /// When the simulator does not take the order.
    pub async fn break_next(&self, provider: Provider, call: Call, fault: Fault) {
        let on = match (provider, call) {
            (Provider::Stripe | Provider::BankTransfer | Provider::Cash, Call::Open) => {
                "POST /v1/checkout/sessions"
            }
            (Provider::Stripe | Provider::BankTransfer | Provider::Cash, Call::Ask) => {
                "GET /v1/checkout/sessions/{id}"
            }
            (Provider::Stripe | Provider::BankTransfer | Provider::Cash, Call::Refund) => "POST /v1/refunds",
            (Provider::Paypal, Call::Open) => "POST /v2/checkout/orders",
            (Provider::Paypal, Call::Ask) => "GET /v2/checkout/orders/{id}",
            (Provider::Paypal, Call::Refund) => "POST /v2/payments/captures/{id}/refund",
        };
        let kind = match fault {
            Fault::TimeoutAfterAct => "timeout_after_act",
            Fault::Error500 => "error_500",
            Fault::Drop => "drop",
            Fault::RefundPending => "refund_pending",
        };
        self.control(provider, "faults", &json!({ "on": on, "kind": kind })).await;
    }

    /// A pending refund ends.
    ///
    /// # Panics
    /// When there is none.
    pub async fn finish_refund(&self, provider: Provider, reference: &str, succeeds: bool) {
        let outcome = if succeeds { "succeeded" } else { "failed" };
        self.control(provider, &format!("refunds/{reference}/finish?outcome={outcome}"), &json!({})).await;
    }

    /// Only these events are told from now on.
    ///
    /// # Panics
    /// When the simulator does not take it.
    pub async fn register(&self, provider: Provider, events: &[&str]) {
        self.control(provider, "endpoint", &json!({ "events": events })).await;
    }

    /// A stranger sends a notice with this body, signed with another key.
    ///
    /// # Panics
    /// When the simulator does not take it.
    pub async fn forge(&self, provider: Provider, body: &Value) {
        self.control(provider, "notices/forge", &json!({ "body": body })).await;
    }

    /// What the provider believes.
    ///
    /// # Panics
    /// When it does not say.
    pub async fn state(&self, provider: Provider) -> Value {
        let url = format!("{}/simulator/state", self.base(provider));
        self.http.get(url).send().await.unwrap().json().await.unwrap()
    }

    /// The refunds that the provider made.
    ///
    /// # Panics
    /// When it does not say.
    pub async fn refunds(&self, provider: Provider) -> Vec<Value> {
        let mut found = Vec::new();
        collect_refunds(&self.state(provider).await, &mut found);
        found
    }

    /// Every notice that has come in, once nothing is on its way any more; the letter box is empty afterwards.
    ///
    /// # Panics
    /// When the simulators were stopped.
    pub async fn notices(&self) -> Vec<RawNotice> {
        for provider in [Provider::Stripe, Provider::Paypal] {
            self.control(provider, "notices/drain", &json!({})).await;
        }
        std::mem::take(&mut self.received.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The providers are gone: nobody listens where they were.
    pub async fn stop(&self) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(running) = running {
            running.stop().await;
        }
    }

    fn base(&self, provider: Provider) -> &str {
        match provider {
            Provider::Stripe | Provider::BankTransfer | Provider::Cash => &self.site.stripe_base,
            Provider::Paypal => &self.site.paypal_base,
        }
    }

    async fn control(&self, provider: Provider, path: &str, body: &Value) {
        let url = format!("{}/simulator/{path}", self.base(provider));
        let answer = self.http.post(url).json(body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        drop(self.letter_box.stop(false));
    }
}

/// Opens a checkout.
///
/// # Panics
/// When the provider does not.
pub async fn opened(provider: &dyn PaymentProvider, order: &CheckoutOrder) -> Opened {
    provider.open(order).await.unwrap()
}

/// A refund of part of a charge, with a new id.
pub fn refund_of(
    order: &CheckoutOrder,
    session: &str,
    charge: &str,
    amount: Money,
    clock: &dyn Clock,
) -> RefundOrder {
    RefundOrder {
        refund: RefundId::generate(clock.now()),
        payment: order.payment,
        session: session.into(),
        charge: charge.into(),
        amount,
        reference: None,
    }
}

fn settings(clock: Arc<dyn Clock>, url: &str) -> Settings {
    let free: SocketAddr = ([127, 0, 0, 1], 0).into();
    Settings {
        stripe_bind: free,
        paypal_bind: free,
        stripe_public_base: None,
        paypal_public_base: None,
        stripe_secret_key: STRIPE_KEY.into(),
        stripe_webhook_secret: STRIPE_WEBHOOK_SECRET.into(),
        stripe_webhook_url: Some(url.into()),
        paypal_client_id: PAYPAL_CLIENT.into(),
        paypal_client_secret: PAYPAL_CLIENT_SECRET.into(),
        paypal_webhook_id: PAYPAL_WEBHOOK.into(),
        paypal_webhook_url: Some(url.into()),
        state_file: None,
        clock,
        production: false,
        configured_keys: Vec::new(),
    }
}

/// Takes whatever comes and says that it is well.
fn letter_box(received: Arc<Mutex<Vec<RawNotice>>>) -> (actix_web::dev::ServerHandle, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let received = Data::from(received);
    let app = move || App::new().app_data(received.clone()).default_service(to(take));
    let server = HttpServer::new(app).workers(1).disable_signals().listen(listener).unwrap().run();
    let handle = server.handle();
    tokio::spawn(server);
    (handle, address)
}

async fn take(received: Data<Mutex<Vec<RawNotice>>>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let headers = request.headers().iter();
    let headers = headers.map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap().to_owned()));
    let notice = RawNotice { headers: headers.collect(), body: body.to_vec() };
    received.lock().unwrap_or_else(PoisonError::into_inner).push(notice);
    HttpResponse::Ok().finish()
}

/// Wherever they are in what a provider believes.
fn collect_refunds(value: &Value, found: &mut Vec<Value>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::Array(refunds) if name == "refunds" => found.extend(refunds.iter().cloned()),
                    other => collect_refunds(other, found),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect_refunds(value, found)),
        _ => {}
    }
}
