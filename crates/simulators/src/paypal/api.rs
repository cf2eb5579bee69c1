//! The calls under `/v1/` and `/v2/`: tokens, signatures and orders. Captures and refunds: [`super::payments`].

use super::PayPal;
use super::books::{Books, request_key};
use super::capture::Taken;
use super::create;
use super::order::{NotCaptured, Order};
use super::refusal::Refusal;
use crate::call::{Call, Reply};
use crate::desk::{Provider, Served};
use crate::notices::{Batch, Notice};
use kernel::Timestamp;
use serde_json::Value;

impl PayPal {
    /// Answers a call of the API.
    pub(crate) fn api(&self, books: &mut Books, call: &Call, now: Timestamp) -> Served {
        let parts = call.parts();
        if (call.method.as_str(), parts.as_slice()) == ("POST", &["v1", "oauth2", "token"]) {
            return self.token(call, now).into();
        }
        if !self.is_authorised(call, now) {
            return Refusal::unauthorised().into();
        }
        let answer = match (call.method.as_str(), parts.as_slice()) {
            ("POST", ["v1", "notifications", "verify-webhook-signature"]) => Ok(self.verify(call).into()),
            ("POST", ["v2", "checkout", "orders"]) => self.create_order(books, call, now),
            ("GET", ["v2", "checkout", "orders", id]) => match books.order(id, now) {
                Some(order) => Ok(Reply::json(200, &self.order(order)).into()),
                None => Err(Refusal::not_found()),
            },
            ("POST", ["v2", "checkout", "orders", id, "capture"]) => self.capture_order(books, call, id, now),
            ("GET", ["v2", "payments", "captures", id]) => self.get_capture(books, id),
            ("POST", ["v2", "payments", "captures", id, "refund"]) => {
                self.refund_capture(books, call, id, now)
            }
            ("GET", ["v2", "payments", "refunds", id]) => self.get_refund(books, id),
            ("GET", ["v1", "reporting", "transactions"]) => self.list_transactions(books, call, now),
            ("GET", ["v1", "customer", "disputes"]) => self.list_disputes(books, call),
            ("GET", ["v1", "customer", "disputes", id]) => self.get_dispute(books, id),
            ("GET", ["v1", "notifications", "webhooks"]) => Ok(self.list_webhooks(call).into()),
            _ => Err(Refusal::unknown_url()),
        };
        answer.unwrap_or_else(Served::from)
    }

    fn create_order(&self, books: &mut Books, call: &Call, now: Timestamp) -> Result<Served, Refusal> {
        let known = request_key(call).and_then(|key| books.requests.get(&key));
        if let Some(order) = known.and_then(|id| books.order(id, now)) {
            return Ok(Reply::json(200, &self.preferred(call, order)).into());
        }
        let body = json_body(call)?;
        let order = create::order(&body, call.header("paypal-request-id"), now)?;
        let reply = Reply::json(201, &self.preferred(call, &order));
        if let Some(key) = request_key(call) {
            books.requests.put(key, order.id.clone());
        }
        books.orders.put(order.id.clone(), order);
        Ok(reply.into())
    }

    fn capture_order(
        &self,
        books: &mut Books,
        call: &Call,
        id: &str,
        now: Timestamp,
    ) -> Result<Served, Refusal> {
        let order = books.order(id, now).ok_or_else(Refusal::not_found)?;
        if request_key(call).is_some_and(|key| books.requests.get(&key).is_some()) {
            return Ok(Reply::json(200, &self.preferred(call, order)).into());
        }
        if order.captures.is_empty() && books.invoice_was_paid(order) {
            let description = "Duplicate Invoice ID detected.";
            return Err(Refusal::unprocessable(None, "DUPLICATE_INVOICE_ID", description));
        }
        let order = books.order_mut(id, now).ok_or_else(Refusal::not_found)?;
        let page = self.approve_url(order);
        let capture = order.capture(now).map(|capture| (capture.id.clone(), capture.taken));
        let (capture, taken) = capture.map_err(|why| not_captured(why, page))?;
        let batch = self.capture_batch(order, taken, now);
        let reply = Reply::json(201, &self.preferred(call, order));
        books.orders.also_name(id, capture.clone());
        if let Some(key) = request_key(call) {
            books.requests.put(key, capture);
        }
        Ok(Served { reply, batches: vec![batch] })
    }

    /// Tells of a capture as the order's delivery says, with what was held back for it.
    pub(crate) fn capture_batch(&self, order: &mut Order, taken: Taken, now: Timestamp) -> Batch {
        let kind = match taken {
            Taken::Completed => "PAYMENT.CAPTURE.COMPLETED",
            Taken::Pending => "PAYMENT.CAPTURE.PENDING",
            Taken::Declined => "PAYMENT.CAPTURE.DENIED",
        };
        let mut notices: Vec<Notice> = order.held.take().into_iter().collect();
        if let Some(capture) = order.captures.last() {
            notices.push(self.event(kind, self.capture_alone(order, capture), now));
        }
        Batch { notices, delivery: order.delivery }
    }

    /// The whole order, or little when the caller prefers that (as PayPal does when nothing is said).
    fn preferred(&self, call: &Call, order: &Order) -> Value {
        if wants_whole(call) { self.order(order) } else { self.minimal_order(order) }
    }
}

/// Whether `Prefer: return=representation` was sent.
pub(crate) fn wants_whole(call: &Call) -> bool {
    call.header("prefer").is_some_and(|prefer| prefer.contains("return=representation"))
}

/// # Errors
/// A 400 for what is no JSON object.
pub(crate) fn json_body(call: &Call) -> Result<Value, Refusal> {
    let body = serde_json::from_slice::<Value>(&call.body).ok().filter(Value::is_object);
    let description = "The request JSON is not well formed.";
    body.ok_or_else(|| Refusal::invalid("/", "MALFORMED_REQUEST_JSON", description))
}

fn not_captured(why: NotCaptured, page: String) -> Refusal {
    match why {
        NotCaptured::NotApproved => {
            let description = "Payer has not yet approved the Order for payment. Please redirect the payer to the \
                               'rel':'approve' url returned as part of the HATEOAS links within the Create Order call.";
            Refusal::unprocessable(None, "ORDER_NOT_APPROVED", description)
        }
        NotCaptured::AlreadyCaptured => {
            let description =
                "Order already captured. If 'intent=CAPTURE' only one capture per order is allowed.";
            Refusal::unprocessable(None, "ORDER_ALREADY_CAPTURED", description)
        }
        NotCaptured::InstrumentDeclined => {
            let description = "The instrument presented was either declined by the processor or bank, or it can't \
                               be used for this payment.";
            Refusal::unprocessable(None, "INSTRUMENT_DECLINED", description).payer_action(page)
        }
    }
}
