//! Two running simulators with a clock that tests move, and a shop that takes their notices.

use actix_web::web::{Bytes, Data, to};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use chrono::{DateTime, TimeDelta};
use kernel::{Clock, Timestamp};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use simulators::{Running, Settings};
use std::collections::{HashMap, VecDeque};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

pub(crate) const STRIPE_KEY: &str = "sk_test_simulator_of_this_test";
pub(crate) const STRIPE_SECRET: &str = "whsec_of_this_test";
pub(crate) const WEBHOOK_ID: &str = "1JE4291016473214C";

/// A clock that stands still until it is moved.
pub(crate) struct TestClock(Mutex<Timestamp>);

impl TestClock {
    pub(crate) fn forward(&self, by: TimeDelta) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// A notice as the shop got it.
#[derive(Clone)]
pub(crate) struct Received {
    pub headers: HashMap<String, String>,
    pub body: String,
}

impl Received {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Stripe's `type` or PayPal's `event_type`.
    pub(crate) fn kind(&self) -> String {
        let event = self.json();
        event.get("type").or_else(|| event.get("event_type")).unwrap().as_str().unwrap().to_owned()
    }
}

/// The shop's side: keeps what comes, and answers as it is told (200 when it is told nothing).
#[derive(Clone, Default)]
pub(crate) struct Shop {
    pub received: Arc<Mutex<Vec<Received>>>,
    pub answers: Arc<Mutex<VecDeque<u16>>>,
}

impl Shop {
    pub(crate) fn kinds(&self) -> Vec<String> {
        self.received.lock().unwrap().iter().map(Received::kind).collect()
    }

    pub(crate) fn last(&self) -> Received {
        self.received.lock().unwrap().last().unwrap().clone()
    }

    fn open(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/webhook", listener.local_addr().unwrap());
        let shop = Data::new(self.clone());
        let app = move || App::new().app_data(shop.clone()).default_service(to(take));
        let server = HttpServer::new(app).workers(1).disable_signals().listen(listener).unwrap().run();
        tokio::spawn(server);
        url
    }
}

async fn take(shop: Data<Shop>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let headers = request.headers().iter();
    let headers =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    let body = String::from_utf8(body.to_vec()).unwrap();
    shop.received.lock().unwrap().push(Received { headers, body });
    let status = shop.answers.lock().unwrap().pop_front().unwrap_or(200);
    HttpResponse::build(actix_web::http::StatusCode::from_u16(status).unwrap()).finish()
}

pub(crate) struct Scene {
    pub running: Running,
    pub clock: Arc<TestClock>,
    pub shop: Shop,
    /// Where the shop takes notices.
    pub webhook_url: String,
    pub http: reqwest::Client,
}

/// An answer that was read.
pub(crate) struct Answer {
    pub status: u16,
    pub headers: HashMap<String, String>,
    pub body: Value,
}

pub(crate) fn clock() -> Arc<TestClock> {
    Arc::new(TestClock(Mutex::new(DateTime::from_timestamp(1_800_000_000, 0).unwrap())))
}

pub(crate) fn settings(clock: Arc<dyn Clock>) -> Settings {
    Settings {
        stripe_bind: "127.0.0.1:0".parse().unwrap(),
        paypal_bind: "127.0.0.1:0".parse().unwrap(),
        stripe_public_base: None,
        paypal_public_base: None,
        stripe_secret_key: STRIPE_KEY.into(),
        stripe_webhook_secret: STRIPE_SECRET.into(),
        stripe_webhook_url: None,
        paypal_client_id: "simulator".into(),
        paypal_client_secret: "secret".into(),
        paypal_webhook_id: WEBHOOK_ID.into(),
        paypal_webhook_url: None,
        state_file: None,
        clock,
        production: false,
        configured_keys: Vec::new(),
    }
}

pub(crate) async fn scene() -> Scene {
    open(clock(), None).await
}

pub(crate) async fn open(clock: Arc<TestClock>, state_file: Option<PathBuf>) -> Scene {
    let shop = Shop::default();
    let webhook_url = shop.open();
    let told = Arc::clone(&clock);
    let running = simulators::start(Settings {
        stripe_webhook_url: Some(webhook_url.clone()),
        paypal_webhook_url: Some(webhook_url.clone()),
        state_file,
        ..settings(told)
    });
    let http =
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    Scene { running: running.await.unwrap(), clock, shop, webhook_url, http }
}

pub(crate) async fn read(response: Response) -> Answer {
    let status = response.status().as_u16();
    let headers = response.headers().iter();
    let headers =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Answer { status, headers, body }
}

pub(crate) async fn send(request: RequestBuilder) -> Answer {
    read(request.send().await.unwrap()).await
}

impl Scene {
    pub(crate) fn stripe(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.running.stripe_base)).bearer_auth(STRIPE_KEY)
    }

    pub(crate) async fn stripe_get(&self, path: &str) -> Answer {
        send(self.stripe(Method::GET, path)).await
    }

    pub(crate) async fn stripe_post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        send(self.stripe(Method::POST, path).form(form)).await
    }

    /// A session for 2 × 12.50 EUR.
    pub(crate) async fn session(&self) -> Value {
        let answer = self.stripe_post("/v1/checkout/sessions", &SESSION).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    }

    /// A session that was paid, as it then is.
    pub(crate) async fn paid_session(&self) -> Value {
        let session = self.session().await;
        self.press(&session["url"], "pay").await;
        let path = format!("/v1/checkout/sessions/{}", session["id"].as_str().unwrap());
        self.stripe_get(&path).await.body
    }

    /// Presses a button of a hosted page: `pay?webhook=late`.
    pub(crate) async fn press(&self, url: &Value, action: &str) -> Answer {
        send(self.http.post(format!("{}/{action}", url.as_str().unwrap()))).await
    }

    pub(crate) async fn token(&self) -> String {
        let url = format!("{}/v1/oauth2/token", self.running.paypal_base);
        let request = self.http.post(url).basic_auth("simulator", Some("secret"));
        let answer = send(request.body("grant_type=client_credentials")).await;
        answer.body["access_token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn paypal(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.running.paypal_base));
        request.bearer_auth(self.token().await).header("prefer", "return=representation")
    }

    pub(crate) async fn paypal_get(&self, path: &str) -> Answer {
        send(self.paypal(Method::GET, path).await).await
    }

    pub(crate) async fn paypal_post(&self, path: &str, body: &Value) -> Answer {
        send(self.paypal(Method::POST, path).await.json(body)).await
    }

    /// An order for 25.00 EUR.
    pub(crate) async fn order(&self) -> Value {
        let answer = self.paypal_post("/v2/checkout/orders", &order_request()).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.body
    }

    /// An order that a buyer approved (`action` is `pay` with what a test wants) and that was captured.
    pub(crate) async fn captured_order(&self, action: &str) -> Answer {
        let order = self.order().await;
        self.press(&link(&order, "approve"), action).await;
        let path = format!("/v2/checkout/orders/{}/capture", order["id"].as_str().unwrap());
        self.paypal_post(&path, &json!({})).await
    }

    /// Returns when no fault waits any more: the calls they were for have arrived.
    pub(crate) async fn faults_struck(&self, base: &str) {
        let at = format!("{base}/simulator/faults");
        while send(self.http.get(&at)).await.body["faults"] != json!([]) {
            tokio::task::yield_now().await;
        }
    }

    /// Asks one side's own interface for tests.
    pub(crate) async fn control(&self, base: &str, path: &str, body: &Value) -> Answer {
        send(self.http.post(format!("{base}/simulator/{path}")).json(body)).await
    }
}

pub(crate) const SESSION: [(&str, &str); 11] = [
    ("mode", "payment"),
    ("line_items[0][quantity]", "2"),
    ("line_items[0][price_data][currency]", "eur"),
    ("line_items[0][price_data][unit_amount]", "1250"),
    ("line_items[0][price_data][product_data][name]", "Ticket"),
    ("success_url", "https://shop.example/ok?session={CHECKOUT_SESSION_ID}"),
    ("cancel_url", "https://shop.example/cancel"),
    ("client_reference_id", "booking-7"),
    ("metadata[booking]", "7"),
    ("payment_intent_data[metadata][booking]", "7"),
    ("expires_at", "1800001800"),
];

pub(crate) fn order_request() -> Value {
    json!({
        "intent": "CAPTURE",
        "purchase_units": [{
            "reference_id": "booking-7",
            "custom_id": "7",
            "description": "Two tickets",
            "amount": {
                "currency_code": "EUR",
                "value": "25.00",
                "breakdown": { "item_total": { "currency_code": "EUR", "value": "25.00" } },
            },
            "items": [{
                "name": "Ticket", "quantity": "2", "unit_amount": { "currency_code": "EUR", "value": "12.50" },
            }],
        }],
        "application_context": {
            "return_url": "https://shop.example/ok?booking=7",
            "cancel_url": "https://shop.example/cancel",
        },
    })
}

pub(crate) fn link(object: &Value, rel: &str) -> Value {
    let links = object["links"].as_array().unwrap();
    let link = links.iter().find(|link| link["rel"] == rel);
    link.unwrap_or_else(|| panic!("no link {rel} in {object}"))["href"].clone()
}

/// A document of a provider; `None` where it is not at hand. On CI it has to be.
pub(crate) fn document(path: &str) -> Option<Value> {
    let folder = std::env::var("SYNESTHESIE_SPECS").unwrap_or_else(|_| "../../../shared/specs".into());
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder).join(path);
    match std::fs::read(&path) {
        Ok(bytes) => Some(serde_json::from_slice(&bytes).unwrap()),
        Err(error) => {
            let required = std::env::var("CI").as_deref() == Ok("true");
            assert!(!required, "{} cannot be read: {error}", path.display());
            eprintln!("SKIPPED: {} cannot be read ({error}); nothing was compared", path.display());
            None
        }
    }
}
