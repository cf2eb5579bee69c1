//! Disputes and webhooks as PayPal's API lists them.

use super::PayPal;
use super::books::{Books, disputes};
use super::capture::Capture;
use super::dispute::{Dispute, Outcome};
use super::money::write;
use super::objects::instant;
use super::order::Order;
use super::refusal::Refusal;
use crate::call::{Call, Reply};
use crate::desk::Served;
use kernel::{Money, Timestamp};
use serde_json::{Value, json};

/// A part of the query that was given and is not empty.
pub(super) fn asked(call: &Call, name: &str) -> Option<String> {
    let mut fields = call.query_fields().into_iter();
    fields.find(|(field, value)| field == name && !value.is_empty()).map(|(_, value)| value)
}

/// A number of the query within bounds.
pub(super) fn number(call: &Call, name: &str, usual: usize, most: usize) -> Result<usize, Refusal> {
    let Some(text) = asked(call, name) else { return Ok(usual) };
    let number = text.parse().ok().filter(|number| (1..=most).contains(number));
    number.ok_or_else(|| Refusal::query(name, "INVALID_PARAMETER_VALUE", "The value is out of range."))
}

/// An instant of the query.
pub(super) fn time(call: &Call, name: &str) -> Result<Option<Timestamp>, Refusal> {
    let Some(text) = asked(call, name) else { return Ok(None) };
    let read = chrono::DateTime::parse_from_rfc3339(&text).map(|at| at.to_utc());
    let invalid = |_| Refusal::query(name, "INVALID_PARAMETER_SYNTAX", "The value is no date and time.");
    read.map(Some).map_err(invalid)
}

impl PayPal {
    /// `GET /v1/customer/disputes`.
    pub(crate) fn list_disputes(&self, books: &Books, call: &Call) -> Result<Served, Refusal> {
        let from = time(call, "start_time")?;
        let changed = time(call, "update_time_after")?;
        let capture = asked(call, "disputed_transaction_id");
        let size = number(call, "page_size", 10, 50)?;
        let skip: usize = asked(call, "next_page_token").and_then(|token| token.parse().ok()).unwrap_or(0);
        let mut found: Vec<_> = books.orders.iter().flat_map(disputes).collect();
        found.retain(|(_, its, one)| {
            from.is_none_or(|from| one.created >= from)
                && changed.is_none_or(|changed| one.updated >= changed)
                && capture.as_ref().is_none_or(|id| its.id == *id)
        });
        found.sort_by_key(|(_, _, one)| std::cmp::Reverse(one.created));
        let items: Vec<_> =
            found.iter().skip(skip).take(size).map(|(_, _, one)| self.dispute_summary(one)).collect();
        let at = format!("{}/v1/customer/disputes", self.base);
        let mut links = vec![json!({ "href": at, "rel": "self", "method": "GET" })];
        if skip + size < found.len() {
            let next = format!("{at}?page_size={size}&next_page_token={}", skip + size);
            links.push(json!({ "href": next, "rel": "next", "method": "GET" }));
        }
        let mut body = json!({ "links": links });
        if let (Value::Object(fields), false) = (&mut body, items.is_empty()) {
            fields.insert("items".into(), json!(items));
        }
        Ok(Reply::json(200, &body).into())
    }

    /// `GET /v1/customer/disputes/{id}`.
    pub(crate) fn get_dispute(&self, books: &Books, id: &str) -> Result<Served, Refusal> {
        let (order, capture, dispute) = books.dispute(id).ok_or_else(Refusal::not_found)?;
        Ok(Reply::json(200, &self.dispute_object(order, capture, dispute)).into())
    }

    /// `GET /v1/notifications/webhooks`: the one that notices are signed for.
    pub(crate) fn list_webhooks(&self, call: &Call) -> Reply {
        let known = call.endpoint.as_ref().map(|endpoint| {
            let names = endpoint.events.iter().map(|name| json!({ "name": name }));
            let at = format!("{}/v1/notifications/webhooks/{}", self.base, self.webhook_id);
            json!({
                "id": self.webhook_id, "url": endpoint.url, "event_types": names.collect::<Vec<_>>(),
                "links": [{ "href": at, "rel": "self", "method": "GET" }],
            })
        });
        Reply::json(200, &json!({ "webhooks": known.into_iter().collect::<Vec<_>>() }))
    }

    fn dispute_summary(&self, dispute: &Dispute) -> Value {
        let (status, state) = match dispute.outcome {
            None => ("WAITING_FOR_SELLER_RESPONSE", "REQUIRED_ACTION"),
            Some(_) => ("RESOLVED", "RESOLVED"),
        };
        let at = format!("{}/v1/customer/disputes/{}", self.base, dispute.id);
        json!({
            "dispute_id": dispute.id,
            "create_time": precise(dispute.created),
            "update_time": precise(dispute.updated),
            "reason": dispute.reason,
            "status": status,
            "dispute_state": state,
            "dispute_amount": write(dispute.amount),
            "dispute_life_cycle_stage": "CHARGEBACK",
            "dispute_channel": "INTERNAL",
            "seller_response_due_date": precise(dispute.due_by),
            "links": [{ "href": at, "rel": "self", "method": "GET" }],
        })
    }

    /// The whole dispute, as notices tell it too.
    pub(crate) fn dispute_object(&self, order: &Order, capture: &Capture, dispute: &Dispute) -> Value {
        let mut object = self.dispute_summary(dispute);
        let Value::Object(fields) = &mut object else { return object };
        fields.remove("dispute_state");
        let mut paid = json!({
            "buyer_transaction_id": capture.id,
            "seller_transaction_id": capture.id,
            "create_time": precise(capture.created),
            "transaction_status": "COMPLETED",
            "gross_amount": write(capture.amount),
            "buyer": { "name": "Simulated Buyer" },
            "seller": { "email": "shop@simulator.example", "merchant_id": "SHQ2SHQ2SHQ2S", "name": "Shop" },
        });
        if let Value::Object(paid) = &mut paid {
            if let Some(text) = order.unit_text("custom_id") {
                paid.insert("custom".into(), json!(text));
            }
            if let Some(text) = order.unit_text("invoice_id") {
                paid.insert("invoice_number".into(), json!(text));
            }
        }
        fields.insert("disputed_transactions".into(), json!([paid]));
        if let Some(outcome) = dispute.outcome {
            let none = Money::zero(dispute.amount.currency());
            let back = if outcome == Outcome::ResolvedBuyerFavour { dispute.amount } else { none };
            let ended = json!({ "outcome_code": outcome, "amount_refunded": write(back) });
            fields.insert("dispute_outcome".into(), ended);
        }
        object
    }
}

/// Disputes have their instants with milliseconds.
fn precise(at: Timestamp) -> String {
    instant(at).replace('Z', ".000Z")
}
