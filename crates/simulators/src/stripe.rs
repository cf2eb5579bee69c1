//! Stripe: Checkout Sessions, PaymentIntents, Charges, Refunds, Disputes and the balance as its API writes them.

mod api;
mod balance;
mod books;
mod buyer;
mod create;
mod currency;
mod dispute;
mod events;
mod form;
mod hand;
mod lists;
mod objects;
mod payment;
mod payment_objects;
mod refusal;
mod replay;
mod session;

use crate::call::{Call, Reply};
use crate::desk::{Provider, Served};
use crate::notices::{Batch, Notice};
use crate::settings::Settings;
use books::Books;
use kernel::Timestamp;
use refusal::Refusal;
use serde_json::Value;

/// The Stripe side.
pub(crate) struct Stripe {
    secret_key: String,
    webhook_secret: String,
    /// Where a buyer's browser finds the pages.
    public_base: String,
}

impl Stripe {
    pub(crate) fn new(settings: &Settings, base: &str) -> Self {
        let public = settings.stripe_public_base.as_deref().unwrap_or(base);
        Self {
            secret_key: settings.stripe_secret_key.clone(),
            webhook_secret: settings.stripe_webhook_secret.clone(),
            public_base: public.trim_end_matches('/').to_owned(),
        }
    }
}

impl Provider for Stripe {
    type Books = Books;
    const NAME: &'static str = "stripe";

    fn serve(&self, books: &mut Books, call: &Call, now: Timestamp) -> Served {
        match call.parts().as_slice() {
            ["v1", ..] => self.api(books, call, now),
            ["checkout", id, rest @ ..] => self.page(books, call, id, rest, now),
            _ => Refusal::unknown_url(call).into(),
        }
    }

    fn tick(&self, books: &mut Books, now: Timestamp) -> Vec<Batch> {
        self.expire_due(books, now)
    }

    fn state(&self, books: &Books) -> Value {
        books.state()
    }

    fn finish_refund(
        &self,
        books: &mut Books,
        id: &str,
        succeeds: bool,
        now: Timestamp,
    ) -> Option<Vec<Batch>> {
        self.settle_refund(books, id, succeeds, now)
    }

    fn event(&self, kind: &str, object: Value, now: Timestamp) -> Notice {
        events::event(kind, object, &events::Cause::default(), now)
    }

    fn sign(&self, body: &str, genuine: bool, now: Timestamp) -> Vec<(&'static str, String)> {
        let secret = if genuine { self.webhook_secret.as_str() } else { "whsec_of_a_stranger" };
        vec![("stripe-signature", events::signature(body, secret, now))]
    }

    fn request_key(&self, call: &Call) -> Option<String> {
        (call.method == "POST").then(|| replay::key(call)).flatten()
    }

    fn busy(&self) -> Reply {
        Refusal::in_use().reply()
    }

    fn broken(&self) -> Reply {
        Refusal::broken().reply()
    }
}
