//! The Stripe adapter against the simulator.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod checkout;
mod notices;

use adapter_stripe::{Settings, StripeAdapter};
use booking::PaymentProvider;
use std::sync::Arc;
use testkit::payment_provider::Site;
use testkit::payment_provider::stage::{STRIPE_KEY, STRIPE_WEBHOOK_SECRET};

fn settings(site: &Site) -> Settings {
    Settings {
        account: "main".into(),
        secret_key: STRIPE_KEY.into(),
        webhook_secrets: vec![STRIPE_WEBHOOK_SECRET.into()],
        api_base: Some(site.stripe_base.clone()),
        clock: site.clock.clone(),
    }
}

fn adapter(site: &Site) -> StripeAdapter {
    StripeAdapter::new(settings(site)).unwrap().with_deadline(site.deadline).heard_by(site.listener())
}

fn open(site: &Site) -> Arc<dyn PaymentProvider> {
    Arc::new(adapter(site))
}

testkit::payment_provider_contract!(open);
