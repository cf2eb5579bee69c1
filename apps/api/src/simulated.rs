//! The simulated providers that stand beside a development server, so that a local buyer can pay.

use crate::config::{Config, Environment, PayPal, Secret, Stripe};
use data_encoding::BASE32_NOPAD;
use kernel::Clock;
use simulators::{Refused, Running, Settings, start};
use std::net::SocketAddr;
use std::sync::Arc;

/// Running simulators, and the configuration under which the production adapters reach them.
pub struct Simulated {
    /// As configured, with the simulators in the providers' places.
    pub config: Config,
    /// The servers.
    pub running: Running,
}

/// Why there are none.
#[derive(Debug, thiserror::Error)]
pub enum SimulatedError {
    /// They refuse to run here.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Secrets cannot be made.
    #[error("no random numbers can be had: {0}")]
    Random(getrandom::Error),
}

fn random() -> Result<String, SimulatedError> {
    let mut bytes = [0; 20];
    getrandom::fill(&mut bytes).map_err(SimulatedError::Random)?;
    Ok(BASE32_NOPAD.encode(&bytes))
}

/// Starts simulators if configured. `address` is where our own server listens.
///
/// # Errors
/// A [`SimulatedError`].
pub async fn simulated(
    config: &Config,
    address: SocketAddr,
    clock: Arc<dyn Clock>,
) -> Result<Option<Simulated>, SimulatedError> {
    if !config.payments.simulators {
        return Ok(None);
    }
    let (webhook_secret, webhook_id, client_secret) = (format!("whsec_{}", random()?), random()?, random()?);
    let (secret_key, client_id) =
        (format!("sk_test_simulator{}", random()?), format!("simulator{}", random()?));
    let configured = [
        config.stripe.as_ref().map(|stripe| stripe.secret_key.expose().to_owned()),
        config.paypal.as_ref().map(|paypal| paypal.client_id.expose().to_owned()),
    ];
    let hook = |provider| Some(format!("http://{address}/api/v1/webhooks/{provider}"));
    let running = start(Settings {
        stripe_bind: config.payments.stripe_bind,
        paypal_bind: config.payments.paypal_bind,
        stripe_public_base: None,
        paypal_public_base: None,
        stripe_secret_key: secret_key.clone(),
        stripe_webhook_secret: webhook_secret.clone(),
        stripe_webhook_url: hook("stripe"),
        paypal_client_id: client_id.clone(),
        paypal_client_secret: client_secret.clone(),
        paypal_webhook_id: webhook_id.clone(),
        paypal_webhook_url: hook("paypal"),
        state_file: config.store.url.folder().map(|folder| folder.join("simulators.json")),
        clock,
        production: config.environment == Environment::Production,
        configured_keys: configured.into_iter().flatten().collect(),
    })
    .await?;
    let stripe = Stripe {
        account: "main".into(),
        secret_key: Secret::new(&secret_key),
        webhook_secrets: vec![Secret::new(&webhook_secret)],
        api_base: Some(running.stripe_base.clone()),
    };
    let paypal = PayPal {
        account: "main".into(),
        client_id: Secret::new(&client_id),
        client_secret: Secret::new(&client_secret),
        webhook_id: Secret::new(&webhook_id),
        api_base: Some(running.paypal_base.clone()),
    };
    let config = Config { stripe: Some(stripe), paypal: Some(paypal), ..config.clone() };
    Ok(Some(Simulated { config, running }))
}
