//! The PayPal adapter against the simulator, and its requests against PayPal's published documents.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod documents;
mod notices;
mod orders;
mod recorder;
mod requests;
mod tokens;

use adapter_paypal::{PaypalAdapter, Settings};
use booking::PaymentProvider;
use std::sync::Arc;
use testkit::payment_provider::Site;
use testkit::payment_provider::stage::{PAYPAL_CLIENT, PAYPAL_CLIENT_SECRET, PAYPAL_WEBHOOK};

fn settings(site: &Site) -> Settings {
    Settings {
        account: "main".into(),
        client_id: PAYPAL_CLIENT.into(),
        client_secret: PAYPAL_CLIENT_SECRET.into(),
        webhook_id: PAYPAL_WEBHOOK.into(),
        api_base: Some(site.paypal_base.clone()),
        clock: site.clock.clone(),
    }
}

fn adapter(site: &Site) -> PaypalAdapter {
    PaypalAdapter::new(settings(site)).unwrap().with_deadline(site.deadline).heard_by(site.listener())
}

fn open(site: &Site) -> Arc<dyn PaymentProvider> {
    Arc::new(adapter(site))
}

testkit::payment_provider_contract!(open);
