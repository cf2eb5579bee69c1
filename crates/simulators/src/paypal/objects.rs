//! Orders, captures and refunds as PayPal's API writes them.

use super::PayPal;
use super::capture::{Capture, Refund, Taken};
use super::money::write;
use super::order::{Order, Status};
use chrono::SecondsFormat;
use kernel::{Money, Timestamp};
use serde_json::{Map, Value, json};

/// An instant as `2026-01-31T12:00:00Z`.
pub(crate) fn instant(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The shop.
fn payee() -> Value {
    json!({ "email_address": "shop@simulator.example", "merchant_id": "SHQ2SHQ2SHQ2S" })
}

impl PayPal {
    /// The page on which the buyer approves.
    pub(crate) fn approve_url(&self, order: &Order) -> String {
        format!("{}/checkoutnow/{}", self.public_base, order.id)
    }

    /// The whole order.
    pub(crate) fn order(&self, order: &Order) -> Value {
        let mut object = Map::new();
        object.insert("id".into(), json!(order.id));
        object.insert("intent".into(), json!("CAPTURE"));
        object.insert("status".into(), json!(order.status));
        object.insert("purchase_units".into(), json!([self.unit(order, true)]));
        object.insert("create_time".into(), json!(instant(order.created)));
        object.insert("update_time".into(), json!(instant(order.updated)));
        object.insert("links".into(), self.order_links(order));
        if let Some((payer, source)) = payer(order) {
            object.insert("payer".into(), payer);
            object.insert("payment_source".into(), source);
        } else if order.names_source {
            object.insert("payment_source".into(), json!({ "paypal": {} }));
        }
        Value::Object(object)
    }

    /// What is answered when the caller prefers little.
    pub(crate) fn minimal_order(&self, order: &Order) -> Value {
        let mut object = json!({ "id": order.id, "status": order.status, "links": self.order_links(order) });
        if let (Value::Object(fields), Some((payer, source))) = (&mut object, payer(order)) {
            fields.insert("payer".into(), payer);
            fields.insert("payment_source".into(), source);
            fields.insert("purchase_units".into(), json!([self.unit(order, false)]));
        }
        object
    }

    fn unit(&self, order: &Order, whole: bool) -> Value {
        let mut unit = order.unit.clone();
        let breakdown = unit.remove("breakdown");
        if whole {
            let mut amount = write(order.amount);
            if let (Value::Object(amount), Some(breakdown)) = (&mut amount, breakdown) {
                amount.insert("breakdown".into(), breakdown);
            }
            unit.insert("amount".into(), amount);
            unit.insert("payee".into(), payee());
        } else {
            unit.retain(|name, _| name == "reference_id");
        }
        if !order.captures.is_empty() {
            unit.insert("payments".into(), self.payments(order));
        }
        Value::Object(unit)
    }

    fn payments(&self, order: &Order) -> Value {
        let captures: Vec<_> = order.captures.iter().map(|capture| self.capture(order, capture)).collect();
        let all =
            order.captures.iter().flat_map(|capture| capture.refunds.iter().map(move |one| (capture, one)));
        let refunds: Vec<_> = all.map(|(capture, refund)| self.refund(order, capture, refund)).collect();
        let mut payments = json!({ "captures": captures });
        if let (Value::Object(payments), false) = (&mut payments, refunds.is_empty()) {
            payments.insert("refunds".into(), json!(refunds));
        }
        payments
    }

    fn order_links(&self, order: &Order) -> Value {
        let at = format!("{}/v2/checkout/orders/{}", self.base, order.id);
        let mut links = vec![json!({ "href": at, "rel": "self", "method": "GET" })];
        let page = self.approve_url(order);
        match order.status {
            Status::Created => {
                links.push(json!({ "href": page, "rel": "approve", "method": "GET" }));
                links.push(json!({ "href": at, "rel": "update", "method": "PATCH" }));
                links.push(json!({ "href": format!("{at}/capture"), "rel": "capture", "method": "POST" }));
            }
            Status::PayerActionRequired => {
                links.push(json!({ "href": page, "rel": "payer-action", "method": "GET" }));
            }
            Status::Approved => {
                links.push(json!({ "href": at, "rel": "update", "method": "PATCH" }));
                links.push(json!({ "href": format!("{at}/capture"), "rel": "capture", "method": "POST" }));
            }
            Status::Completed => {}
        }
        json!(links)
    }

    /// A capture, as it stands in an order and for itself.
    pub(crate) fn capture(&self, order: &Order, capture: &Capture) -> Value {
        let at = format!("{}/v2/payments/captures/{}", self.base, capture.id);
        let up = format!("{}/v2/checkout/orders/{}", self.base, order.id);
        let mut object = json!({
            "id": capture.id,
            "status": capture.status(),
            "amount": write(capture.amount),
            "final_capture": true,
            "disbursement_mode": "INSTANT",
            "seller_protection": {
                "status": "ELIGIBLE",
                "dispute_categories": ["ITEM_NOT_RECEIVED", "UNAUTHORIZED_TRANSACTION"],
            },
            "create_time": instant(capture.created),
            "update_time": instant(capture.updated),
            "links": [
                { "href": at, "rel": "self", "method": "GET" },
                { "href": format!("{at}/refund"), "rel": "refund", "method": "POST" },
                { "href": up, "rel": "up", "method": "GET" },
            ],
        });
        let Value::Object(fields) = &mut object else { return object };
        match capture.taken {
            Taken::Completed => {
                fields.insert("seller_receivable_breakdown".into(), receivable(capture.amount));
            }
            Taken::Pending => {
                fields.insert("status_details".into(), json!({ "reason": "PENDING_REVIEW" }));
            }
            Taken::Declined => {
                fields.insert("status_details".into(), json!({ "reason": "OTHER" }));
            }
        }
        for name in ["custom_id", "invoice_id"] {
            if let Some(text) = order.unit_text(name) {
                fields.insert(name.into(), json!(text));
            }
        }
        object
    }

    /// The same with what only the capture's own address and notices tell.
    pub(crate) fn capture_alone(&self, order: &Order, capture: &Capture) -> Value {
        let mut object = self.capture(order, capture);
        if let Value::Object(fields) = &mut object {
            let related = json!({ "related_ids": { "order_id": order.id } });
            fields.insert("supplementary_data".into(), related);
            fields.insert("payee".into(), payee());
        }
        object
    }

    /// A refund.
    pub(crate) fn refund(&self, order: &Order, capture: &Capture, refund: &Refund) -> Value {
        let refunded = capture.refunded();
        let mut object = json!({
            "id": refund.id,
            "status": refund.status,
            "amount": write(refund.amount),
            "seller_payable_breakdown": {
                "gross_amount": write(refund.amount),
                "paypal_fee": write(Money::zero(refund.amount.currency())),
                "net_amount": write(refund.amount),
                "total_refunded_amount": write(refunded),
            },
            "payer": payee(),
            "create_time": instant(refund.created),
            "update_time": instant(refund.updated),
            "links": self.refund_links(capture, refund),
        });
        let Value::Object(fields) = &mut object else { return object };
        let invoice = refund.invoice_id.as_deref().or_else(|| order.unit_text("invoice_id"));
        let custom = refund.custom_id.as_deref().or_else(|| order.unit_text("custom_id"));
        let texts = [
            ("invoice_id", invoice),
            ("custom_id", custom),
            ("note_to_payer", refund.note_to_payer.as_deref()),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                fields.insert(name.into(), json!(text));
            }
        }
        object
    }

    /// What is answered when the caller prefers little.
    pub(crate) fn minimal_refund(&self, capture: &Capture, refund: &Refund) -> Value {
        json!({ "id": refund.id, "status": refund.status, "links": self.refund_links(capture, refund) })
    }

    fn refund_links(&self, capture: &Capture, refund: &Refund) -> Value {
        let payments = format!("{}/v2/payments", self.base);
        json!([
            { "href": format!("{payments}/refunds/{}", refund.id), "rel": "self", "method": "GET" },
            { "href": format!("{payments}/captures/{}", capture.id), "rel": "up", "method": "GET" },
        ])
    }
}

/// Who approved, in the two places where PayPal says it.
fn payer(order: &Order) -> Option<(Value, Value)> {
    let id = order.payer_id.as_ref()?;
    let name = json!({ "given_name": "Simulated", "surname": "Buyer" });
    let email = "buyer@simulator.example";
    let payer = json!({
        "name": name, "email_address": email, "payer_id": id, "address": { "country_code": "DE" },
    });
    let wallet = json!({
        "name": name, "email_address": email, "account_id": id, "account_status": "VERIFIED",
        "address": { "country_code": "DE" },
    });
    Some((payer, json!({ "paypal": wallet })))
}

/// PayPal's fee of 2.99 % and 39 cents, at most the amount itself, in this currency's units.
pub(crate) fn fee_of(amount: Money) -> Money {
    let fee = (amount.minor() / 10_000).saturating_mul(299) + (amount.minor() % 10_000) * 299 / 10_000 + 39;
    Money::new(fee.min(amount.minor()), amount.currency()).unwrap_or(Money::zero(amount.currency()))
}

/// What the shop gets.
fn receivable(amount: Money) -> Value {
    let fee = fee_of(amount);
    let net = amount.minus(fee).unwrap_or(Money::zero(amount.currency()));
    json!({ "gross_amount": write(amount), "paypal_fee": write(fee), "net_amount": write(net) })
}
