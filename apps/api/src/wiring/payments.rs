//! The accounts through which money comes in.

use crate::config::{Config, PayPal, Stripe};
use adapter_paypal::PaypalAdapter;
use adapter_stripe::StripeAdapter;
use booking::PaymentProvider;
use kernel::Clock;
use std::sync::Arc;
use std::time::Duration;

/// Why a provider cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProviderSettingsError {
    /// Stripe.
    #[error("the settings of Stripe are not usable")]
    Stripe(#[from] adapter_stripe::SettingsError),
    /// PayPal.
    #[error("the settings of PayPal are not usable")]
    Paypal(#[from] adapter_paypal::SettingsError),
}

/// The configured providers.
///
/// # Errors
/// A [`ProviderSettingsError`].
pub fn providers(
    config: &Config,
    clock: &Arc<dyn Clock>,
) -> Result<Vec<Arc<dyn PaymentProvider>>, ProviderSettingsError> {
    let mut providers: Vec<Arc<dyn PaymentProvider>> = Vec::new();
    let deadline = Duration::from_secs(config.payments.timeout_seconds.into());
    if let Some(Stripe { account, secret_key, webhook_secrets, api_base }) = &config.stripe {
        let stripe = StripeAdapter::new(adapter_stripe::Settings {
            account: account.clone(),
            secret_key: secret_key.expose().to_owned(),
            webhook_secrets: webhook_secrets.iter().map(|secret| secret.expose().to_owned()).collect(),
            api_base: api_base.clone(),
            clock: Arc::clone(clock),
        })?;
        providers.push(Arc::new(stripe.with_deadline(deadline)));
    }
    if let Some(PayPal { account, client_id, client_secret, webhook_id, api_base }) = &config.paypal {
        let paypal = PaypalAdapter::new(adapter_paypal::Settings {
            account: account.clone(),
            client_id: client_id.expose().to_owned(),
            client_secret: client_secret.expose().to_owned(),
            webhook_id: webhook_id.expose().to_owned(),
            api_base: api_base.clone(),
            clock: Arc::clone(clock),
        })?;
        providers.push(Arc::new(paypal.with_deadline(deadline)));
    }
    Ok(providers)
}
