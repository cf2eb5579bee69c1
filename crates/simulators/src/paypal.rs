//! PayPal: tokens, Orders v2, captures and refunds of Payments v2, disputes, the transaction search, and webhook
//! signatures as its API writes them.

mod api;
mod books;
mod buyer;
mod capture;
mod create;
mod dispute;
mod hand;
mod lists;
mod money;
mod objects;
mod order;
mod payments;
mod refusal;
mod signature;
mod token;
mod transactions;

use crate::call::{Call, Reply};
use crate::desk::{Provider, Served};
use crate::ids;
use crate::notices::{Batch, Notice};
use crate::settings::Settings;
use books::Books;
use kernel::Timestamp;
use refusal::Refusal;
use serde_json::{Value, json};

/// The PayPal side.
pub(crate) struct PayPal {
    client_id: String,
    client_secret: String,
    webhook_id: String,
    /// Where the API is found: links begin with it.
    base: String,
    /// Where a buyer's browser finds the pages.
    public_base: String,
}

impl PayPal {
    pub(crate) fn new(settings: &Settings, base: &str) -> Self {
        let public = settings.paypal_public_base.as_deref().unwrap_or(base);
        Self {
            client_id: settings.paypal_client_id.clone(),
            client_secret: settings.paypal_client_secret.clone(),
            webhook_id: settings.paypal_webhook_id.clone(),
            base: base.to_owned(),
            public_base: public.trim_end_matches('/').to_owned(),
        }
    }
}

impl Provider for PayPal {
    type Books = Books;
    const NAME: &'static str = "paypal";

    fn serve(&self, books: &mut Books, call: &Call, now: Timestamp) -> Served {
        match call.parts().as_slice() {
            ["v1" | "v2", ..] => self.api(books, call, now),
            ["checkoutnow", id, rest @ ..] => self.page(books, call, id, rest, now),
            _ => Refusal::unknown_url().into(),
        }
    }

    /// An order nobody approved or captured in time is simply not found any more; nobody is told.
    fn tick(&self, _: &mut Books, _: Timestamp) -> Vec<Batch> {
        Vec::new()
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
        let id = ids::paypal_notice();
        let (resource_type, resource_version, summary) = match kind {
            "CHECKOUT.ORDER.APPROVED" => ("checkout-order", "2.0", "An order has been approved by buyer"),
            "PAYMENT.CAPTURE.COMPLETED" => ("capture", "2.0", "Payment completed"),
            "PAYMENT.CAPTURE.PENDING" => ("capture", "2.0", "Payment pending"),
            "PAYMENT.CAPTURE.DENIED" => ("capture", "2.0", "Payment denied"),
            "PAYMENT.CAPTURE.REFUNDED" => ("refund", "2.0", "A payment was refunded"),
            "CUSTOMER.DISPUTE.CREATED" => ("dispute", "1.0", "A new dispute opened"),
            "CUSTOMER.DISPUTE.RESOLVED" => ("dispute", "1.0", "A dispute was resolved"),
            _ => ("resource", "1.0", "Something happened"),
        };
        let at = format!("{}/v1/notifications/webhooks-events/{id}", self.base);
        let body = json!({
            "id": id,
            "event_version": "1.0",
            "create_time": objects::instant(now),
            "resource_type": resource_type,
            "resource_version": resource_version,
            "event_type": kind,
            "summary": summary,
            "resource": object,
            "links": [
                { "href": at, "rel": "self", "method": "GET" },
                { "href": format!("{at}/resend"), "rel": "resend", "method": "POST" },
            ],
        });
        Notice { id, kind: kind.to_owned(), body: body.to_string() }
    }

    fn sign(&self, body: &str, genuine: bool, now: Timestamp) -> Vec<(&'static str, String)> {
        self.signed_headers(body, genuine, now)
    }

    fn request_key(&self, call: &Call) -> Option<String> {
        (call.method == "POST").then(|| books::request_key(call)).flatten()
    }

    fn busy(&self) -> Reply {
        Refusal::in_progress().reply()
    }

    fn broken(&self) -> Reply {
        Refusal::broken().reply()
    }
}
