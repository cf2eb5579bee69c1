//! Bookings that have to be paid, at a simulated Stripe, and its notices.

use crate::Failure;
use crate::drive::{Dice, Load, Measured, Window};
use hmac::{Hmac, KeyInit, Mac};
use kernel::{Clock, SystemClock};
use serde_json::Value;
use sha2::Sha256;
use simulators::{Running, Settings};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use testkit::load::{Buyer, Connection, LoadError, Offered};
use tokio::task::JoinSet;

const SECRET: &str = "whsec_bench";
const KEY: &str = "sk_test_simulator_bench";
/// Payments that are made and told of in one measurement at most.
const MOST_NOTICES: usize = 4000;

/// A simulated Stripe.
pub(crate) struct Till {
    running: Running,
    client: reqwest::Client,
}

impl Till {
    pub(crate) async fn open() -> Result<Self, Failure> {
        let any = "127.0.0.1:0".parse()?;
        let running = simulators::start(Settings {
            stripe_bind: any,
            paypal_bind: any,
            stripe_public_base: None,
            paypal_public_base: None,
            stripe_secret_key: KEY.into(),
            stripe_webhook_secret: SECRET.into(),
            stripe_webhook_url: None,
            paypal_client_id: "simulatorbench".into(),
            paypal_client_secret: "secret".into(),
            paypal_webhook_id: "BENCH".into(),
            paypal_webhook_url: None,
            state_file: None,
            clock: Arc::new(SystemClock),
            production: false,
            configured_keys: Vec::new(),
        })
        .await?;
        Ok(Self { running, client: reqwest::Client::builder().no_proxy().build()? })
    }

    /// What the program has to know of it.
    pub(crate) fn settings(&self) -> [(&'static str, String); 3] {
        [
            ("stripe.secret_key", KEY.into()),
            ("stripe.webhook_secrets", SECRET.into()),
            ("stripe.api_base", self.running.stripe_base.clone()),
        ]
    }

    /// Pays the latest checkouts without telling; the notices that would tell, as Stripe would send them. The simulator
    /// keeps no more than some thousands, so the earliest may be gone.
    pub(crate) async fn pay(&self, checkouts: &[String]) -> Result<Vec<Vec<u8>>, Failure> {
        let mut wanted = Vec::new();
        for checkout in checkouts.iter().rev().take(MOST_NOTICES) {
            self.client.post(format!("{checkout}/pay?webhook=lost")).send().await?.error_for_status()?;
            wanted.push(checkout.rsplit('/').next().unwrap_or_default().to_owned());
        }
        wanted.sort_unstable();
        let list = self.client.get(format!("{}/simulator/notices", self.running.stripe_base)).send().await?;
        let list: Value = serde_json::from_slice(&list.bytes().await?)?;
        let told = list.get("notices").and_then(Value::as_array).cloned().unwrap_or_default();
        let of_ours = |notice: &&Value| {
            let session = notice.pointer("/body/data/object/id").and_then(Value::as_str).unwrap_or_default();
            let kind = notice.get("type").and_then(Value::as_str);
            kind == Some("checkout.session.completed")
                && wanted.binary_search_by(|id| id.as_str().cmp(session)).is_ok()
        };
        Ok(told
            .iter()
            .filter(of_ours)
            .filter_map(|notice| Some(signed(&notice.get("body")?.to_string())))
            .collect())
    }
}

/// A whole request.
fn signed(body: &str) -> Vec<u8> {
    let time = SystemClock.now().timestamp();
    let mut signature = String::new();
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()) {
        mac.update(format!("{time}.{body}").as_bytes());
        signature = data_encoding::HEXLOWER.encode(&mac.finalize().into_bytes());
    }
    format!(
        "POST /api/v1/webhooks/stripe HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         stripe-signature: t={time},v1={signature}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Measurements so far: in each, everybody chooses other events, or the few that they choose would come to be full of
/// bookings that nobody pays.
static MEASURED: AtomicU64 = AtomicU64::new(0);

/// Everybody holds one ticket of some event and confirms it with Stripe, again and again; the pages to pay on.
pub(crate) async fn order(load: Load, tokens: &[String], offers: &Arc<[Offered]>) -> (Measured, Vec<String>) {
    let window = Window::of(load);
    let checkouts = Arc::new(Mutex::new(Vec::new()));
    let mut loops = JoinSet::new();
    let turn = MEASURED.fetch_add(1, Ordering::Relaxed);
    for row in 0..load.connections {
        let of_row = tokens.iter().skip(row).step_by(load.connections);
        let buyers: Vec<Buyer> = of_row.map(|token| Buyer::paying(token, "stripe")).collect();
        let (offers, window, checkouts) = (Arc::clone(offers), window.clone(), Arc::clone(&checkouts));
        loops.spawn(order_in_turn((load, row, turn), buyers, offers, window, checkouts));
    }
    let measured = Measured::of(loops, load.time).await;
    let checkouts = std::mem::take(&mut *checkouts.lock().unwrap_or_else(PoisonError::into_inner));
    (measured, checkouts)
}

async fn order_in_turn(
    (load, row, turn): (Load, usize, u64),
    mut buyers: Vec<Buyer>,
    offers: Arc<[Offered]>,
    window: Window,
    checkouts: Arc<Mutex<Vec<String>>>,
) -> Measured {
    let (mut measured, mut connection) = (Measured::default(), Connection::new(load.address));
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ u64::try_from(row).unwrap_or(0) << 32 ^ turn << 48);
    while window.is_open() {
        for buyer in &mut buyers {
            let Some(offered) = dice.choice(&offers).filter(|_| window.is_open()) else { break };
            let began = Instant::now();
            let ordered = match buyer.hold(&mut connection, offered).await {
                Ok(Some(hold)) => buyer.order(&mut connection, &hold).await,
                Ok(None) => {
                    let (doing, body) =
                        ("holding a ticket", "an event is sold out that should not be".to_owned());
                    Err(LoadError::Answer { doing, status: 409, body })
                }
                Err(failure) => Err(failure),
            };
            match ordered {
                Ok(checkout) => {
                    let ended = Instant::now();
                    if window.counts(ended) {
                        measured.first.add(ended - began);
                    }
                    checkouts.lock().unwrap_or_else(PoisonError::into_inner).push(checkout);
                }
                Err(failure) => measured.failed(&window, &failure),
            }
        }
    }
    measured
}

/// Sends all notices, as many at a time as there are connections.
pub(crate) async fn notify(load: Load, notices: Vec<Vec<u8>>) -> Measured {
    let window = Window::of(load);
    let queue = Arc::new(Mutex::new(VecDeque::from(notices)));
    let began = Instant::now();
    let mut loops = JoinSet::new();
    for _ in 0..load.connections {
        loops.spawn(notify_on(load, Arc::clone(&queue), window.clone()));
    }
    let mut measured = Measured::of(loops, load.time).await;
    // So many in all, however long it took.
    let count = u32::try_from(measured.first.count()).unwrap_or(u32::MAX);
    measured.per_second = f64::from(count) / began.elapsed().as_secs_f64();
    measured
}

async fn notify_on(load: Load, queue: Arc<Mutex<VecDeque<Vec<u8>>>>, window: Window) -> Measured {
    let (mut measured, mut connection) = (Measured::default(), Connection::new(load.address));
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let Some(request) = next else { return measured };
        let (began, doing) = (Instant::now(), "sending a notice");
        let failure = match connection.send(&request).await {
            Ok(answer) if answer.status == 200 => None,
            Ok(answer) => {
                let body = String::from_utf8_lossy(answer.body).into_owned();
                Some(LoadError::Answer { doing, status: answer.status, body })
            }
            Err(cause) => Some(LoadError::Connection { doing, cause }),
        };
        match failure {
            Some(failure) => measured.failed(&window, &failure),
            None => measured.first.add(began.elapsed()),
        }
    }
}
