//! All that the PayPal side remembers.

use super::capture::{Capture, Refund};
use super::dispute::Dispute;
use super::order::Order;
use crate::call::Call;
use crate::shelf::Shelf;
use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Orders go by their own id and by those of their captures and refunds.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Books {
    pub orders: Shelf<Order, 10_000>,
    /// What a `PayPal-Request-Id` made: the id of an order, a capture or a refund.
    pub requests: Shelf<String, 20_000>,
}

/// Names a request by its path and `PayPal-Request-Id`; `None` without one.
pub(crate) fn request_key(call: &Call) -> Option<String> {
    let id = call.header("paypal-request-id").filter(|id| !id.is_empty())?;
    Some(format!("{} {id}", call.path))
}

impl Books {
    /// The order with this id, unless it was forgotten.
    pub(crate) fn order(&self, id: &str, now: Timestamp) -> Option<&Order> {
        self.orders.get(id).filter(|order| order.id == id && !order.is_gone(now))
    }

    /// The same, to change it.
    pub(crate) fn order_mut(&mut self, id: &str, now: Timestamp) -> Option<&mut Order> {
        self.orders.get_mut(id).filter(|order| order.id == id && !order.is_gone(now))
    }

    /// The capture with this id, with its order.
    pub(crate) fn capture(&self, id: &str) -> Option<(&Order, &Capture)> {
        let order = self.orders.get(id)?;
        Some((order, order.captures.iter().find(|capture| capture.id == id)?))
    }

    /// The same, to change it.
    pub(crate) fn capture_mut(&mut self, id: &str) -> Option<&mut Capture> {
        self.orders.get_mut(id)?.captures.iter_mut().find(|capture| capture.id == id)
    }

    /// The refund with this id, with its order and capture.
    pub(crate) fn refund(&self, id: &str) -> Option<(&Order, &Capture, &Refund)> {
        let order = self.orders.get(id)?;
        let mut all =
            order.captures.iter().flat_map(|capture| capture.refunds.iter().map(move |one| (capture, one)));
        all.find(|(_, refund)| refund.id == id).map(|(capture, refund)| (order, capture, refund))
    }

    /// The dispute with this id, with its order and capture.
    pub(crate) fn dispute(&self, id: &str) -> Option<(&Order, &Capture, &Dispute)> {
        let order = self.orders.get(id)?;
        let mut all = disputes(order);
        all.find(|(_, _, dispute)| dispute.id == id)
    }

    /// Whether another order with this invoice number was paid: PayPal takes each once.
    pub(crate) fn invoice_was_paid(&self, order: &Order) -> bool {
        let Some(invoice) = order.unit_text("invoice_id") else { return false };
        let mut others =
            self.orders.iter().filter(|other| other.id != order.id && !other.captures.is_empty());
        others.any(|other| other.unit_text("invoice_id") == Some(invoice))
    }

    /// What the provider believes.
    pub(crate) fn state(&self) -> Value {
        let orders: Vec<_> = self.orders.iter().map(order_state).collect();
        json!({ "provider": "paypal", "orders": orders })
    }
}

/// Every dispute of an order, with its capture, from the oldest to the newest.
pub(crate) fn disputes(order: &Order) -> impl Iterator<Item = (&Order, &Capture, &Dispute)> {
    let captures = order.captures.iter();
    captures.flat_map(move |capture| capture.disputes.iter().map(move |dispute| (order, capture, dispute)))
}

fn order_state(order: &Order) -> Value {
    let captures = order.captures.iter().map(|capture| {
        let refunds = capture
            .refunds
            .iter()
            .map(|refund| json!({ "id": refund.id, "amount": refund.amount, "status": refund.status }));
        let disputes = capture.disputes.iter();
        let disputes =
            disputes.map(|one| json!({ "id": one.id, "amount": one.amount, "outcome": one.outcome }));
        json!({
            "id": capture.id, "status": capture.status(), "amount": capture.amount,
            "refunded": capture.refunded(), "refunds": refunds.collect::<Vec<_>>(),
            "disputes": disputes.collect::<Vec<_>>(),
        })
    });
    json!({
        "id": order.id, "status": order.status, "amount": order.amount,
        "custom_id": order.unit_text("custom_id"), "invoice_id": order.unit_text("invoice_id"),
        "reference_id": order.unit_text("reference_id"), "captures": captures.collect::<Vec<_>>(),
    })
}
