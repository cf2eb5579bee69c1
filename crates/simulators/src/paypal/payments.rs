//! The calls under `/v2/payments/`: captures and refunds.

use super::PayPal;
use super::api::{json_body, wants_whole};
use super::books::{Books, request_key};
use super::capture::{NotRefundable, RefundStatus};
use super::refusal::Refusal;
use super::{create, money};
use crate::call::{Call, Reply};
use crate::desk::{Provider, Served};
use crate::notices::{Batch, Delivery};
use kernel::Timestamp;
use serde_json::{Value, json};

impl PayPal {
    pub(crate) fn get_capture(&self, books: &Books, id: &str) -> Result<Served, Refusal> {
        let (order, capture) = books.capture(id).ok_or_else(Refusal::not_found)?;
        Ok(Reply::json(200, &self.capture_alone(order, capture)).into())
    }

    pub(crate) fn get_refund(&self, books: &Books, id: &str) -> Result<Served, Refusal> {
        let (order, capture, refund) = books.refund(id).ok_or_else(Refusal::not_found)?;
        Ok(Reply::json(200, &self.refund(order, capture, refund)).into())
    }

    pub(crate) fn refund_capture(
        &self,
        books: &mut Books,
        call: &Call,
        id: &str,
        now: Timestamp,
    ) -> Result<Served, Refusal> {
        let known = request_key(call).and_then(|key| books.requests.get(&key));
        if let Some(before) = known {
            return Ok(Reply::json(200, &self.preferred_refund(books, call, before)?).into());
        }
        let body = if call.body.is_empty() { json!({}) } else { json_body(call)? };
        let amount = body.get("amount").filter(|amount| !amount.is_null());
        let amount = amount.map(|amount| money::read(Some(amount), "/amount")).transpose()?;
        let invoice_id = create::text(&body, "invoice_id", 127, "")?;
        let custom_id = create::text(&body, "custom_id", 127, "")?;
        let note_to_payer = create::text(&body, "note_to_payer", 255, "")?;
        let capture = books.capture_mut(id).ok_or_else(Refusal::not_found)?;
        let made = capture.refund(amount, call.refund_pends, now).map_err(not_refundable)?;
        made.invoice_id = invoice_id;
        made.custom_id = custom_id;
        made.note_to_payer = note_to_payer;
        let (made, completed) = (made.id.clone(), made.status == RefundStatus::Completed);
        books.orders.also_name(id, made.clone());
        if let Some(key) = request_key(call) {
            books.requests.put(key, made.clone());
        }
        let reply = Reply::json(201, &self.preferred_refund(books, call, &made)?);
        let batches = if completed { self.refund_batch(books, &made, now) } else { Vec::new() };
        Ok(Served { reply, batches })
    }

    /// Ends a pending refund. PayPal tells of a refund when the money has gone back.
    pub(crate) fn settle_refund(
        &self,
        books: &mut Books,
        id: &str,
        succeeds: bool,
        now: Timestamp,
    ) -> Option<Vec<Batch>> {
        let order = books.orders.get_mut(id)?;
        let mut all = order.captures.iter_mut().flat_map(|capture| capture.refunds.iter_mut());
        let refund = all.find(|refund| refund.id == id && refund.status == RefundStatus::Pending)?;
        refund.status = if succeeds { RefundStatus::Completed } else { RefundStatus::Failed };
        refund.updated = now;
        Some(if succeeds { self.refund_batch(books, id, now) } else { Vec::new() })
    }

    pub(super) fn refund_batch(&self, books: &Books, id: &str, now: Timestamp) -> Vec<Batch> {
        let found = books.refund(id).into_iter();
        found
            .map(|(order, capture, refund)| {
                let notice = self.event("PAYMENT.CAPTURE.REFUNDED", self.refund(order, capture, refund), now);
                Batch { notices: vec![notice], delivery: Delivery::default() }
            })
            .collect()
    }

    fn preferred_refund(&self, books: &Books, call: &Call, id: &str) -> Result<Value, Refusal> {
        let (order, capture, refund) = books.refund(id).ok_or_else(Refusal::not_found)?;
        Ok(if wants_whole(call) {
            self.refund(order, capture, refund)
        } else {
            self.minimal_refund(capture, refund)
        })
    }
}

fn not_refundable(why: NotRefundable) -> Refusal {
    let (issue, description) = match why {
        NotRefundable::Pending => ("PENDING_CAPTURE", "Cannot initiate a refund as the capture is pending."),
        NotRefundable::Declined => ("REFUND_NOT_ALLOWED", "Full refund refused: the capture was declined."),
        NotRefundable::Already => ("CAPTURE_FULLY_REFUNDED", "The capture has already been fully refunded."),
        NotRefundable::TooMuch => (
            "REFUND_AMOUNT_EXCEEDED",
            "The refund amount must be less than or equal to the capture amount that has not yet been refunded.",
        ),
        NotRefundable::TooLate => {
            ("REFUND_TIME_LIMIT_EXCEEDED", "The time limit to refund this transaction has been exceeded.")
        }
        NotRefundable::Disputed => {
            ("REFUND_NOT_ALLOWED", "Refund refused: there is a dispute or chargeback on the capture.")
        }
        NotRefundable::Currency => {
            ("REFUND_CAPTURE_CURRENCY_MISMATCH", "Refund must be in the same currency as the capture.")
        }
    };
    Refusal::unprocessable(None, issue, description)
}
