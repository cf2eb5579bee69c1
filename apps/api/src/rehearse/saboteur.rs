//! Breaks things while the crowd buys, with two hands: one breaks this and that, the other kills processes by turns where
//! there are several.

use super::fault::Fault;
use super::fleet::Fleet;
use super::server::Part;
use super::wire::Wire;
use crate::cli::Failure;
use fastrand::Rng;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::{Mutex, watch};

/// What was done, by name.
type Done = BTreeMap<&'static str, u64>;

/// What can be broken.
pub struct Saboteur<'a> {
    /// What is to happen and can.
    pub faults: Vec<Fault>,
    /// The system under rehearsal; only one hand at a time.
    pub fleet: Mutex<&'a mut Fleet>,
    /// To the database, if there is one.
    pub database: Option<&'a Wire>,
    /// To Redis, if there is one.
    pub redis: Option<&'a Wire>,
    /// The simulators of Stripe and PayPal.
    pub providers: [String; 2],
    /// For the simulators' own interface.
    pub client: reqwest::Client,
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

/// What is killed by turns.
const TURNS: [(Fault, Part); 2] =
    [(Fault::InstanceKilled, Part::Instance), (Fault::WorkerKilled, Part::Worker)];

impl Saboteur<'_> {
    /// Goes on until told to stop; then everything is whole again. What was done.
    ///
    /// # Errors
    /// What was broken could not be mended.
    pub async fn work(&self, seed: u64, stop: watch::Receiver<bool>) -> Result<Done, Failure> {
        let (mut done, killed) =
            tokio::try_join!(self.breaks(seed, stop.clone()), self.kills_by_turns(seed, stop))?;
        done.extend(killed);
        Ok(done)
    }

    /// This and that, several times a second.
    async fn breaks(&self, seed: u64, mut stop: watch::Receiver<bool>) -> Result<Done, Failure> {
        // Another row of numbers than the crowd's.
        let (mut random, mut done) = (Rng::with_seed(seed ^ 0x5eed), Done::new());
        let choices: Vec<Fault> = self.faults.iter().copied().filter(|fault| is_at_once(*fault)).collect();
        while !*stop.borrow() {
            let pause = Duration::from_millis(random.u64(100..900));
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = stop.changed() => break,
            }
            if let Some(fault) = random.choice(choices.iter().copied()) {
                self.strike(fault, &mut random).await?;
                *done.entry(fault.as_str()).or_default() += 1;
            }
        }
        self.forget_calls().await;
        Ok(done)
    }

    /// An instance, a worker, the next instance and so on: each is away for a moment, and the others go on. Every kind is
    /// killed once at least, however soon the crowd is through: there is work left then.
    async fn kills_by_turns(&self, seed: u64, mut stop: watch::Receiver<bool>) -> Result<Done, Failure> {
        let (mut random, mut done) = (Rng::with_seed(seed ^ 0xdead), Done::new());
        let turns: Vec<_> = TURNS.into_iter().filter(|(fault, _)| self.faults.contains(fault)).collect();
        for (turn, (fault, part)) in turns.iter().copied().cycle().enumerate() {
            if turn >= turns.len() && *stop.borrow() {
                break;
            }
            let pause = Duration::from_millis(random.u64(500..2500));
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = stop.changed() => {}
            }
            let away = Duration::from_millis(random.u64(0..1000));
            let mut fleet = self.fleet.lock().await;
            let Some(server) = fleet.one(part, turn / turns.len().max(1)) else { break };
            server.kill().await?;
            tokio::time::sleep(away).await;
            server.start().await?;
            *done.entry(fault.as_str()).or_default() += 1;
        }
        Ok(done)
    }

    async fn strike(&self, fault: Fault, random: &mut Rng) -> Result<(), Failure> {
        match fault {
            Fault::ServerKilled => {
                let mut fleet = self.fleet.lock().await;
                fleet.kill().await?;
                fleet.start().await?;
            }
            Fault::DatabaseCut => cut(self.database, Duration::from_millis(random.u64(0..500))).await,
            Fault::RedisGone => cut(self.redis, Duration::from_millis(random.u64(200..3000))).await,
            Fault::ProviderTimeouts => self.break_call("timeout_after_act", random).await,
            Fault::ProviderErrors => self.break_call("error_500", random).await,
            Fault::WebhooksLost
            | Fault::WebhooksDoubled
            | Fault::WebhooksReversed
            | Fault::WebhooksLate
            | Fault::InstanceKilled
            | Fault::WorkerKilled => {}
        }
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

/// What the crowd's notices bring about, and what goes by turns, is not among it.
const fn is_at_once(fault: Fault) -> bool {
    match fault {
        Fault::ProviderTimeouts
        | Fault::ProviderErrors
        | Fault::RedisGone
        | Fault::DatabaseCut
        | Fault::ServerKilled => true,
        Fault::WebhooksLost
        | Fault::WebhooksDoubled
        | Fault::WebhooksReversed
        | Fault::WebhooksLate
        | Fault::InstanceKilled
        | Fault::WorkerKilled => false,
    }
}
