//! The accounts through which money comes in.

use crate::config::{Config, PayPal, Stripe};
use adapter_paypal::PaypalAdapter;
use adapter_stripe::StripeAdapter;
use async_trait::async_trait;
use booking::{BookingStore, CallListener, Objection, PaymentProvider};
use events::{Chargeable, RefundRules, Till};
use kernel::{Clock, EventId, Money, StoreError};
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

/// The configured providers, and who is told of each call to them.
///
/// # Errors
/// A [`ProviderSettingsError`].
pub fn providers(
    config: &Config,
    clock: &Arc<dyn Clock>,
    listener: Option<&CallListener>,
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
        let stripe = stripe.with_deadline(deadline);
        providers.push(Arc::new(match listener {
            Some(listener) => stripe.heard_by(Arc::clone(listener)),
            None => stripe,
        }));
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
        let paypal = paypal.with_deadline(deadline);
        providers.push(Arc::new(match listener {
            Some(listener) => paypal.heard_by(Arc::clone(listener)),
            None => paypal,
        }));
    }
    Ok(providers)
}

/// What buyers can pay through, for those who price tickets.
pub struct Counter {
    /// The accounts that take money.
    pub providers: Vec<Arc<dyn PaymentProvider>>,
    /// Whether `serve` brings simulated ones, which this process may not have.
    pub simulators: bool,
    /// Whether buyers can transfer money to an account of a bank, which takes any amount.
    pub transfer: bool,
}

impl Till for Counter {
    fn charge(&self, price: Money) -> Chargeable {
        if self.transfer {
            return Chargeable::Yes;
        }
        if self.providers.is_empty() {
            return if self.simulators { Chargeable::Yes } else { Chargeable::NoProvider };
        }
        let mut best = Chargeable::NotInCurrency;
        for provider in &self.providers {
            match (provider.objection(price), best) {
                (None, _) => return Chargeable::Yes,
                (Some(Objection::Below(least)), Chargeable::BelowMinimum(other))
                    if other.minor() <= least.minor() => {}
                (Some(Objection::Below(least)), _) => best = Chargeable::BelowMinimum(least),
                (Some(Objection::Amount), Chargeable::NotInCurrency) => best = Chargeable::OddAmount,
                (Some(Objection::Amount | Objection::Currency), _) => {}
            }
        }
        best
    }
}

/// What buyers are promised who cancel, for those who publish events.
pub struct Promises(pub Arc<dyn BookingStore>);

#[async_trait]
impl RefundRules for Promises {
    async fn is_ruled(&self, event: EventId) -> Result<bool, StoreError> {
        let sales = self.0.sales(&[event]).await?;
        Ok(sales.iter().any(|sale| sale.promise.is_some()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configured(more: &[(&str, &str)]) -> Counter {
        let variables = [("PAYMENTS__SIMULATORS", "false")].iter().chain(more);
        let variables = variables.map(|(key, value)| (format!("SYNESTHESIE__{key}"), (*value).to_owned()));
        let config = Config::from_sources(None, variables).unwrap();
        let clock: Arc<dyn Clock> = Arc::new(kernel::SystemClock);
        let providers = providers(&config, &clock, None).unwrap();
        Counter { providers, simulators: false, transfer: false }
    }

    fn price(minor: i64, currency: &str) -> Money {
        Money::new(minor, currency.parse().unwrap()).unwrap()
    }

    const STRIPE: [(&str, &str); 2] =
        [("STRIPE__SECRET_KEY", "sk_test_x"), ("STRIPE__WEBHOOK_SECRETS", "whsec_x")];
    const PAYPAL: [(&str, &str); 3] =
        [("PAYPAL__CLIENT_ID", "x"), ("PAYPAL__CLIENT_SECRET", "x"), ("PAYPAL__WEBHOOK_ID", "x")];

    #[test]
    fn a_price_is_chargeable_when_one_of_the_ways_to_pay_takes_it() {
        let (none, stripe, paypal) = (configured(&[]), configured(&STRIPE), configured(&PAYPAL));
        let both = configured(&[STRIPE.as_slice(), &PAYPAL].concat());
        assert_eq!(none.charge(price(2500, "EUR")), Chargeable::NoProvider);
        assert_eq!(stripe.charge(price(49, "EUR")), Chargeable::BelowMinimum(price(50, "EUR")));
        assert_eq!(both.charge(price(49, "EUR")), Chargeable::Yes, "by PayPal");
        assert_eq!(paypal.charge(price(2500, "KWD")), Chargeable::NotInCurrency);
        assert_eq!(both.charge(price(2500, "KWD")), Chargeable::Yes, "by Stripe");
        assert_eq!(both.charge(price(2501, "KWD")), Chargeable::OddAmount);
        let later = Counter { providers: Vec::new(), simulators: true, transfer: false };
        assert_eq!(later.charge(price(2500, "EUR")), Chargeable::Yes);
        let bank = Counter { providers: Vec::new(), simulators: false, transfer: true };
        assert_eq!(bank.charge(price(1, "KWD")), Chargeable::Yes);
    }
}
