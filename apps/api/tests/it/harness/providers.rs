//! Stripe and PayPal as simulators in the test's own process: buyers press their buttons, tests break them and look
//! into their books.

use super::client::{Answer, answer};
use kernel::Clock;
use reqwest::Method;
use serde_json::{Value, json};
use simulators::{Running, Settings, start};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

const STRIPE_KEY: &str = "sk_test_simulator_of_this_test";
const STRIPE_SECRET: &str = "whsec_of_this_test";
const PAYPAL_CLIENT: &str = "simulator";
const PAYPAL_SECRET: &str = "secret_of_this_test";
const PAYPAL_WEBHOOK: &str = "1JE4291016473214C";

/// Through whom a test pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Till {
    Stripe,
    Paypal,
}

impl Till {
    pub const BOTH: [Self; 2] = [Self::Stripe, Self::Paypal];

    /// As the API names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stripe => "stripe",
            Self::Paypal => "paypal",
        }
    }

    /// The other one.
    pub const fn other(self) -> Self {
        match self {
            Self::Stripe => Self::Paypal,
            Self::Paypal => Self::Stripe,
        }
    }

    /// The call that opens a checkout, as faults and traps name it.
    pub const fn open(self) -> &'static str {
        match self {
            Self::Stripe => "POST /v1/checkout/sessions",
            Self::Paypal => "POST /v2/checkout/orders",
        }
    }

    /// The call that asks where a checkout stands.
    pub const fn ask(self) -> &'static str {
        match self {
            Self::Stripe => "GET /v1/checkout/sessions/*",
            Self::Paypal => "GET /v2/checkout/orders/*",
        }
    }

    /// The call that sends money back.
    pub const fn refund(self) -> &'static str {
        match self {
            Self::Stripe => "POST /v1/refunds",
            Self::Paypal => "POST /v2/payments/captures/*/refund",
        }
    }
}

/// What a provider's books say.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// What it took less what it gave back, in minor units per currency; zeros are left out.
    pub kept: BTreeMap<String, i64>,
    /// What banks took back from it and it from us, with its fee where it says one.
    pub lost: BTreeMap<String, i64>,
    /// How often it took money.
    pub charges: usize,
    /// How often it gave some back, or is about to.
    pub refunds: usize,
    /// How many checkouts it was asked to open.
    pub checkouts: usize,
}

/// Both simulators.
pub struct Providers {
    running: Option<Running>,
    settings: Settings,
    http: reqwest::Client,
    folder: tempfile::TempDir,
}

impl Providers {
    pub async fn start(clock: Arc<dyn Clock>) -> Self {
        let any = "127.0.0.1:0".parse().unwrap();
        let settings = Settings {
            stripe_bind: any,
            paypal_bind: any,
            stripe_public_base: None,
            paypal_public_base: None,
            stripe_secret_key: STRIPE_KEY.into(),
            stripe_webhook_secret: STRIPE_SECRET.into(),
            stripe_webhook_url: None,
            paypal_client_id: PAYPAL_CLIENT.into(),
            paypal_client_secret: PAYPAL_SECRET.into(),
            paypal_webhook_id: PAYPAL_WEBHOOK.into(),
            paypal_webhook_url: None,
            state_file: None,
            clock,
            production: false,
            configured_keys: Vec::new(),
        };
        // A connection that was idle may be closed just when it is used again.
        let http = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let running = Some(start(settings.clone()).await.unwrap());
        Self { running, settings, http, folder }
    }

    /// The variables under which the adapters reach them at these addresses.
    pub fn variables(stripe_base: &str, paypal_base: &str) -> Vec<(&'static str, String)> {
        vec![
            ("stripe.secret_key", STRIPE_KEY.to_owned()),
            ("stripe.webhook_secrets", STRIPE_SECRET.to_owned()),
            ("stripe.api_base", stripe_base.to_owned()),
            ("paypal.client_id", PAYPAL_CLIENT.to_owned()),
            ("paypal.client_secret", PAYPAL_SECRET.to_owned()),
            ("paypal.webhook_id", PAYPAL_WEBHOOK.to_owned()),
            ("paypal.api_base", paypal_base.to_owned()),
        ]
    }

    fn running(&self) -> &Running {
        self.running.as_ref().expect("the simulators are running")
    }

    /// Where one listens.
    pub fn base(&self, till: Till) -> &str {
        match till {
            Till::Stripe => &self.running().stripe_base,
            Till::Paypal => &self.running().paypal_base,
        }
    }

    /// Sends notices to a server at this address.
    pub fn tell(&mut self, url: &str) {
        let hook = |till: Till| Some(format!("{url}/api/v1/webhooks/{}", till.name()));
        self.settings.stripe_webhook_url = hook(Till::Stripe);
        self.settings.paypal_webhook_url = hook(Till::Paypal);
        self.running().deliver_to(hook(Till::Stripe), hook(Till::Paypal));
    }

    /// Returns when no notice is on its way.
    pub async fn drained(&self) {
        if let Some(running) = &self.running {
            running.drained().await;
        }
    }

    /// Presses a button of a checkout page, as `pay?webhook=lost`, and expects that it can be pressed.
    #[track_caller]
    pub fn press(&self, checkout_url: &str, button: &str) -> impl Future<Output = Value> + use<> {
        let pressed = self.try_press(checkout_url, button);
        async move { pressed.await.expect(200) }
    }

    /// Presses a button, whatever comes of it.
    pub fn try_press(&self, checkout_url: &str, button: &str) -> impl Future<Output = Answer> + use<> {
        answer(self.http.post(format!("{checkout_url}/{button}")))
    }

    async fn control(&self, till: Till, method: Method, call: &str, body: &Value) -> Answer {
        let url = format!("{}/simulator/{call}", self.base(till));
        answer(self.http.request(method, url).json(body)).await
    }

    /// The next calls of this kind go wrong: `timeout_after_act`, `error_500`, `drop`, `refund_pending`.
    pub async fn break_calls(&self, till: Till, on: &str, kind: &str, times: u32) {
        let fault = json!({"on": on, "kind": kind, "times": times});
        self.control(till, Method::POST, "faults", &fault).await.expect(201);
    }

    /// Only these events are told from now on.
    pub async fn register(&self, till: Till, events: &[&str]) {
        self.control(till, Method::POST, "endpoint", &json!({"events": events})).await.expect(200);
    }

    /// No call goes wrong any more.
    pub async fn mend(&self, till: Till) {
        self.control(till, Method::DELETE, "faults", &Value::Null).await.expect(200);
    }

    /// Whether every fault has struck.
    pub async fn all_faults_struck(&self, till: Till) -> bool {
        self.control(till, Method::GET, "faults", &Value::Null).await.expect(200)["faults"] == json!([])
    }

    /// Every notice so far, with how often it was sent and accepted.
    pub async fn notices(&self, till: Till) -> Vec<Value> {
        let answer = self.control(till, Method::GET, "notices", &Value::Null).await.expect(200);
        answer["notices"].as_array().unwrap().clone()
    }

    /// Sends all that nobody accepted, or one of them; the statuses that were answered.
    pub async fn resend(&self, till: Till, id: Option<&str>) -> Vec<u64> {
        let order = id.map_or_else(|| json!({}), |id| json!({"id": id}));
        let answer = self.control(till, Method::POST, "notices/resend", &order).await.expect(200);
        let sent = answer["notices"].as_array().unwrap();
        sent.iter().map(|notice| notice["status"].as_u64().unwrap()).collect()
    }

    /// Sends a known notice as a stranger would; the status that was answered.
    pub async fn forge(&self, till: Till, id: &str) -> u64 {
        let order = json!({"id": id});
        let answer = self.control(till, Method::POST, "notices/forge", &order).await.expect(200);
        answer["status"].as_u64().unwrap()
    }

    /// Ends a pending refund.
    pub async fn finish_refund(&self, till: Till, id: &str, outcome: &str) {
        let call = format!("refunds/{id}/finish?outcome={outcome}");
        self.control(till, Method::POST, &call, &Value::Null).await.expect(200);
    }

    /// What the provider believes.
    pub async fn state(&self, till: Till) -> Value {
        self.control(till, Method::GET, "state", &Value::Null).await.expect(200)
    }

    /// The same, added up.
    pub async fn ledger(&self, till: Till) -> Ledger {
        let state = self.state(till).await;
        match till {
            Till::Stripe => stripe_ledger(&state),
            Till::Paypal => paypal_ledger(&state),
        }
    }

    /// Stops both; what they know is kept for [`Self::restart`].
    pub async fn stop(&mut self) {
        let running = self.running.take().expect("the simulators are running");
        let address = |base: &str| base.trim_start_matches("http://").parse().unwrap();
        self.settings.stripe_bind = address(&running.stripe_base);
        self.settings.paypal_bind = address(&running.paypal_base);
        running.stop().await;
    }

    /// Starts both where they were.
    pub async fn restart(&mut self) {
        self.running = Some(start(self.settings.clone()).await.unwrap());
    }

    /// From here on what they know is in a file; to be called before anything is asked of them.
    pub async fn keep(&mut self) {
        self.stop().await;
        let file: PathBuf = self.folder.path().join("state.json");
        self.settings.state_file = Some(file);
        self.restart().await;
    }
}

fn stripe_ledger(state: &Value) -> Ledger {
    let mut ledger = Ledger::default();
    for session in state["sessions"].as_array().unwrap() {
        ledger.checkouts += 1;
        let payment = &session["payment_intent"];
        let received = payment["amount_received"].as_i64().unwrap_or(0);
        if received > 0 {
            let currency = payment["currency"].as_str().unwrap().to_uppercase();
            ledger.charges += 1;
            ledger.add(&currency, received - payment["amount_refunded"].as_i64().unwrap());
            let lost = payment["disputes"].as_array().unwrap().iter().filter(|it| it["status"] == "lost");
            for dispute in lost {
                let minor = dispute["amount"].as_i64().unwrap() + dispute["fee"].as_i64().unwrap();
                *ledger.lost.entry(currency.clone()).or_default() += minor;
            }
            ledger.refunds += living(&payment["refunds"], "failed");
        }
    }
    ledger.without_zeros()
}

fn paypal_ledger(state: &Value) -> Ledger {
    let mut ledger = Ledger::default();
    for order in state["orders"].as_array().unwrap() {
        ledger.checkouts += 1;
        for capture in order["captures"].as_array().unwrap() {
            if ["COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"].contains(&capture["status"].as_str().unwrap())
            {
                let amount = |field: &str| capture[field]["amount"].as_i64().unwrap();
                ledger.charges += 1;
                ledger.add(
                    capture["amount"]["currency"].as_str().unwrap(),
                    amount("amount") - amount("refunded"),
                );
                ledger.refunds += living(&capture["refunds"], "FAILED");
                let disputes = capture["disputes"].as_array().unwrap();
                for dispute in disputes.iter().filter(|it| it["outcome"] == "RESOLVED_BUYER_FAVOUR") {
                    let currency = dispute["amount"]["currency"].as_str().unwrap().to_owned();
                    *ledger.lost.entry(currency).or_default() +=
                        dispute["amount"]["amount"].as_i64().unwrap();
                }
            }
        }
    }
    ledger.without_zeros()
}

/// Refunds that were not given up.
fn living(refunds: &Value, failed: &str) -> usize {
    refunds.as_array().unwrap().iter().filter(|refund| refund["status"] != failed).count()
}

impl Ledger {
    fn add(&mut self, currency: &str, minor: i64) {
        *self.kept.entry(currency.to_owned()).or_default() += minor;
    }

    /// What lies there: what it kept less what banks took back.
    pub fn lies(&self) -> BTreeMap<String, i64> {
        let mut lies = self.kept.clone();
        for (currency, minor) in &self.lost {
            *lies.entry(currency.clone()).or_default() -= minor;
        }
        lies.retain(|_, minor| *minor != 0);
        lies
    }

    fn without_zeros(mut self) -> Self {
        self.kept.retain(|_, minor| *minor != 0);
        self
    }
}
