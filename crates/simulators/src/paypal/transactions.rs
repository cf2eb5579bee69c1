//! `GET /v1/reporting/transactions`: what moved on the shop's account.
//!
//! Source: <https://developer.paypal.com/docs/api/transaction-search/v1/>, codes from
//! <https://developer.paypal.com/docs/reports/reference/tcodes/>.

use super::PayPal;
use super::books::Books;
use super::capture::{Capture, RefundStatus, Taken};
use super::dispute::{Dispute, Outcome};
use super::lists::{asked, number, time};
use super::objects::{fee_of, instant};
use super::order::Order;
use super::refusal::Refusal;
use crate::call::{Call, Reply};
use crate::desk::Served;
use chrono::TimeDelta;
use kernel::{Money, Timestamp};
use serde_json::{Map, Value, json};

/// The longest time that one search looks at.
const WINDOW: TimeDelta = TimeDelta::days(31);

/// An express checkout payment.
const PAYMENT: &str = "T0006";
/// Money given back by the shop.
const REFUND: &str = "T1107";
/// Money held while a dispute is decided, and the end of that.
const HOLD: &str = "T1110";
const HOLD_ENDED: &str = "T1111";
/// Money that PayPal took back for a buyer, and what it charges for that.
const REVERSAL: &str = "T1106";
const DISPUTE_FEE: &str = "T0114";

/// One movement.
struct Movement<'b> {
    id: &'b str,
    code: &'static str,
    at: Timestamp,
    amount: Money,
    /// Whether it left the account.
    out: bool,
    fee: Money,
    /// What it belongs to, and of which kind that is.
    about: (&'b str, &'static str),
    invoice: Option<&'b str>,
    custom: Option<&'b str>,
}

impl PayPal {
    pub(crate) fn list_transactions(
        &self,
        books: &Books,
        call: &Call,
        now: Timestamp,
    ) -> Result<Served, Refusal> {
        let missing =
            |name| Refusal::query(name, "MISSING_REQUIRED_PARAMETER", "A required field is missing.");
        let from = time(call, "start_date")?.ok_or_else(|| missing("start_date"))?;
        let until = time(call, "end_date")?.ok_or_else(|| missing("end_date"))?;
        if until < from || until - from > WINDOW {
            let description = "Date range is greater than 31 days, or ends before it begins.";
            return Err(Refusal::query("end_date", "INVALID_DATE_RANGE", description));
        }
        let size = number(call, "page_size", 100, 500)?;
        let page = number(call, "page", 1, usize::MAX)?;
        let id = asked(call, "transaction_id");
        let mut all: Vec<_> = books.orders.iter().flat_map(of_order).collect();
        all.retain(|moved| (from..=until).contains(&moved.at));
        all.retain(|moved| id.as_ref().is_none_or(|id| moved.id == id));
        all.sort_by_key(|moved| moved.at);
        let pages = all.len().div_ceil(size).max(1);
        let details: Vec<_> = all.iter().skip((page - 1) * size).take(size).map(Movement::object).collect();
        let at = format!("{}/v1/reporting/transactions", self.base);
        Ok(Reply::json(
            200,
            &json!({
                "transaction_details": details,
                "account_number": "SHQ2SHQ2SHQ2S",
                "start_date": offset(from),
                "end_date": offset(until),
                "last_refreshed_datetime": offset(now),
                "page": page,
                "total_items": all.len(),
                "total_pages": pages,
                "links": [{ "href": at, "rel": "self", "method": "GET" }],
            }),
        )
        .into())
    }
}

fn of_order(order: &Order) -> Vec<Movement<'_>> {
    let mut all = Vec::new();
    for capture in order.captures.iter().filter(|capture| capture.taken == Taken::Completed) {
        of_capture(order, capture, &mut all);
    }
    all
}

fn of_capture<'b>(order: &'b Order, capture: &'b Capture, all: &mut Vec<Movement<'b>>) {
    let (invoice, custom) = (order.unit_text("invoice_id"), order.unit_text("custom_id"));
    let none = Money::zero(capture.amount.currency());
    all.push(Movement {
        id: &capture.id,
        code: PAYMENT,
        at: capture.completed.unwrap_or(capture.created),
        amount: capture.amount,
        out: false,
        fee: fee_of(capture.amount),
        about: (&order.id, "ODR"),
        invoice,
        custom,
    });
    for back in capture.refunds.iter().filter(|refund| refund.status == RefundStatus::Completed) {
        all.push(Movement {
            id: &back.id,
            code: REFUND,
            at: back.updated,
            amount: back.amount,
            out: true,
            fee: none,
            about: (&capture.id, "TXN"),
            invoice: back.invoice_id.as_deref().or(invoice),
            custom: back.custom_id.as_deref().or(custom),
        });
    }
    for dispute in &capture.disputes {
        of_dispute(capture, dispute, all);
    }
}

fn of_dispute<'b>(capture: &'b Capture, dispute: &'b Dispute, all: &mut Vec<Movement<'b>>) {
    let [hold, hold_ended, reversal, fee] = &dispute.movements;
    let mut add = |id: &'b str, code, at, amount, out| {
        let about = (capture.id.as_str(), "TXN");
        let fee = Money::zero(dispute.amount.currency());
        all.push(Movement { id, code, at, amount, out, fee, about, invoice: None, custom: None });
    };
    add(hold, HOLD, dispute.created, dispute.amount, true);
    let Some(outcome) = dispute.outcome else { return };
    add(hold_ended, HOLD_ENDED, dispute.updated, dispute.amount, false);
    if outcome == Outcome::ResolvedBuyerFavour {
        add(reversal, REVERSAL, dispute.updated, dispute.amount, true);
        add(fee, DISPUTE_FEE, dispute.updated, dispute.fee(), true);
    }
}

impl Movement<'_> {
    fn object(&self) -> Value {
        let (about, kind) = self.about;
        let mut info = json!({
            "transaction_id": self.id,
            "paypal_reference_id": about,
            "paypal_reference_id_type": kind,
            "transaction_event_code": self.code,
            "transaction_initiation_date": offset(self.at),
            "transaction_updated_date": offset(self.at),
            "transaction_amount": signed(self.amount, self.out),
            "transaction_status": "S",
            "protection_eligibility": "01",
        });
        if let Value::Object(fields) = &mut info {
            self.rest(fields);
        }
        json!({ "transaction_info": info })
    }

    fn rest(&self, fields: &mut Map<String, Value>) {
        if !self.fee.is_zero() {
            fields.insert("fee_amount".into(), signed(self.fee, true));
        }
        for (name, text) in [("invoice_id", self.invoice), ("custom_field", self.custom)] {
            if let Some(text) = text {
                fields.insert(name.into(), json!(text));
            }
        }
    }
}

/// What left has a minus.
fn signed(money: Money, out: bool) -> Value {
    let sign = if out && !money.is_zero() { "-" } else { "" };
    json!({ "currency_code": money.currency().code(), "value": format!("{sign}{}", money.decimal()) })
}

/// `2026-01-31T12:00:00+0000`, as this part of PayPal writes instants.
fn offset(at: Timestamp) -> String {
    instant(at).replace('Z', "+0000")
}
