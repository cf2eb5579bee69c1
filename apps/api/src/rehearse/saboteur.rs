//! Breaks things while the crowd buys.

use super::fault::{Fault, Faults};
use super::server::Server;
use super::wire::Wire;
use crate::cli::Failure;
use fastrand::Rng;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::watch;

/// What can be broken.
pub struct Saboteur<'a> {
    /// What is to happen.
    pub faults: &'a Faults,
    /// The server under rehearsal.
    pub server: &'a mut Server,
    /// To the database, if there is one.
    pub database: Option<&'a Wire>,
    /// To Redis, if there is one.
    pub redis: Option<&'a Wire>,
    /// The simulators of Stripe and PayPal.
    pub providers: [String; 2],
    /// For the simulators' own interface.
    pub client: reqwest::Client,
    /// What was done, by name.
    pub done: BTreeMap<&'static str, u64>,
}

/// Calls of providers that go wrong, and how.
const CALLS: [(usize, &str); 7] = [
    (0, "POST /v1/checkout/sessions"),
    (0, "GET /v1/checkout/sessions/*"),
    (0, "POST /v1/refunds"),
    (1, "POST /v2/checkout/orders"),
    (1, "GET /v2/checkout/orders/*"),
    (1, "POST /v2/checkout/orders/*/capture"),
    (1, "POST /v2/payments/captures/*/refund"),
];

impl Saboteur<'_> {
    /// Goes on until told to stop; then everything is whole again.
    ///
    /// # Errors
    /// What was broken could not be mended.
    pub async fn work(&mut self, seed: u64, mut stop: watch::Receiver<bool>) -> Result<(), Failure> {
        // Another row of numbers than the crowd's.
        let mut random = Rng::with_seed(seed ^ 0x5eed);
        let choices: Vec<Fault> = self.possible();
        while !*stop.borrow() {
            let pause = Duration::from_millis(random.u64(100..900));
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = stop.changed() => break,
            }
            if let Some(fault) = random.choice(choices.iter().copied()) {
                self.strike(fault, &mut random).await?;
            }
        }
        self.forget_calls().await;
        Ok(())
    }

    /// Those that this system can suffer; what the crowd brings about by itself is not among them.
    #[must_use]
    pub fn possible(&self) -> Vec<Fault> {
        let possible = |fault: &Fault| match fault {
            Fault::DatabaseCut => self.database.is_some(),
            Fault::RedisGone => self.redis.is_some(),
            Fault::ProviderTimeouts | Fault::ProviderErrors | Fault::ServerKilled => true,
            Fault::WebhooksLost | Fault::WebhooksDoubled | Fault::WebhooksReversed | Fault::WebhooksLate => {
                false
            }
        };
        self.faults.0.iter().copied().filter(possible).collect()
    }

    async fn strike(&mut self, fault: Fault, random: &mut Rng) -> Result<(), Failure> {
        match fault {
            Fault::ServerKilled => {
                self.server.kill().await?;
                self.server.start().await?;
            }
            Fault::DatabaseCut => cut(self.database, Duration::from_millis(random.u64(0..500))).await,
            Fault::RedisGone => cut(self.redis, Duration::from_millis(random.u64(200..3000))).await,
            Fault::ProviderTimeouts => self.break_call("timeout_after_act", random).await,
            Fault::ProviderErrors => self.break_call("error_500", random).await,
            Fault::WebhooksLost | Fault::WebhooksDoubled | Fault::WebhooksReversed | Fault::WebhooksLate => {
                return Ok(());
            }
        }
        *self.done.entry(fault.as_str()).or_default() += 1;
        Ok(())
    }

    async fn break_call(&self, kind: &str, random: &mut Rng) {
        let Some((provider, on)) = random.choice(CALLS) else { return };
        let Some(base) = self.providers.get(provider) else { return };
        let fault = json!({ "on": on, "kind": kind, "times": random.u32(1..6) });
        let _ = self.client.post(format!("{base}/simulator/faults")).json(&fault).send().await;
    }

    async fn forget_calls(&self) {
        for base in &self.providers {
            let _ = self.client.delete(format!("{base}/simulator/faults")).send().await;
        }
    }
}

async fn cut(wire: Option<&Wire>, time: Duration) {
    if let Some(wire) = wire {
        wire.cut();
        tokio::time::sleep(time).await;
        wire.mend();
    }
}
