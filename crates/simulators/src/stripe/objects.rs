//! The Checkout Session as Stripe's API writes it.

use super::payment_objects::intent;
use super::refusal::Refusal;
use super::session::{Line, Session, Status};
use serde_json::{Value, json};

/// Which linked objects are written out instead of their ids.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Expand {
    pub line_items: bool,
    pub payment_intent: bool,
    pub latest_charge: bool,
    pub charge: bool,
}

impl Expand {
    /// Reads `expand[]` for an object whose linked objects are `allowed`.
    ///
    /// # Errors
    /// A 400 for anything else.
    pub(crate) fn read(wanted: &[&str], allowed: &[&str]) -> Result<Self, Refusal> {
        let mut expand = Self::default();
        for path in wanted {
            if !allowed.contains(path) {
                let message = format!("This property cannot be expanded ({path}).");
                return Err(Refusal::invalid(Some("expand"), message));
            }
            expand.line_items |= *path == "line_items";
            expand.payment_intent |= path.starts_with("payment_intent");
            expand.latest_charge |= path.ends_with("latest_charge");
            expand.charge |= *path == "charge";
        }
        Ok(expand)
    }
}

/// The session; `public_base` is where its page is found.
pub(crate) fn session(session: &Session, public_base: &str, expand: Expand) -> Value {
    let mut object = json!({
        "id": session.id,
        "object": "checkout.session",
        "adaptive_pricing": { "enabled": false },
        "after_expiration": null,
        "allow_promotion_codes": null,
        "amount_subtotal": session.amount,
        "amount_total": session.amount,
        "automatic_tax": { "enabled": false, "liability": null, "provider": null, "status": null },
        "billing_address_collection": session.terms.billing_address_collection,
        "cancel_url": session.terms.cancel_url,
        "client_reference_id": session.terms.client_reference_id,
        "client_secret": null,
        "collected_information": null,
        "consent": null,
        "consent_collection": null,
        "created": session.created,
        "currency": session.currency,
        "currency_conversion": null,
        "custom_fields": [],
        "custom_text": custom_text(),
        "customer": null,
        "customer_account": null,
        "customer_creation": "if_required",
        "customer_details": customer_details(session),
        "customer_email": session.terms.customer_email,
        "discounts": [],
        "expires_at": session.expires_at,
        "integration_identifier": null,
        "invoice": null,
    });
    let rest = session_rest(session, public_base, expand);
    if let (Value::Object(object), Value::Object(rest)) = (&mut object, rest) {
        object.extend(rest);
        if expand.line_items {
            object.insert("line_items".into(), line_items(session));
        }
    }
    object
}

fn session_rest(session: &Session, public_base: &str, expand: Expand) -> Value {
    let url = (session.status == Status::Open).then(|| format!("{public_base}/checkout/{}", session.id));
    let payment = session.intent.as_ref().map(|payment| {
        if expand.payment_intent { intent(payment, expand.latest_charge) } else { json!(payment.id) }
    });
    json!({
        "invoice_creation": {
            "enabled": false,
            "invoice_data": {
                "account_tax_ids": null, "custom_fields": null, "description": null, "footer": null, "issuer": null,
                "metadata": {}, "rendering_options": null,
            },
        },
        "livemode": false,
        "locale": session.terms.locale,
        "managed_payments": { "enabled": false },
        "metadata": session.terms.metadata,
        "mode": "payment",
        "origin_context": null,
        "payment_intent": payment,
        "payment_link": null,
        "payment_method_collection": "if_required",
        "payment_method_configuration_details": null,
        "payment_method_options": {},
        "payment_method_types": session.terms.payment_method_types,
        "payment_status": session.payment_status(),
        "permissions": null,
        "phone_number_collection": { "enabled": false },
        "recovered_from": null,
        "saved_payment_method_options": null,
        "setup_intent": null,
        "shipping_address_collection": null,
        "shipping_cost": null,
        "shipping_options": [],
        "status": session.status,
        "submit_type": session.terms.submit_type,
        "subscription": null,
        "success_url": session.terms.success_url,
        "total_details": { "amount_discount": 0, "amount_shipping": 0, "amount_tax": 0 },
        "ui_mode": null,
        "url": url,
        "wallet_options": null,
    })
}

fn custom_text() -> Value {
    json!({
        "after_submit": null, "shipping_address": null, "submit": null, "terms_of_service_acceptance": null,
    })
}

/// Known once the buyer has tried to pay; before, only the address the shop gave.
fn customer_details(session: &Session) -> Value {
    let email = session.terms.customer_email.as_deref();
    let tried = session.intent.is_some().then_some("buyer@simulator.example");
    let Some(email) = email.or(tried) else { return Value::Null };
    json!({
        "address": { "city": null, "country": null, "line1": null, "line2": null, "postal_code": null, "state": null },
        "business_name": null, "email": email, "individual_name": null, "name": null, "phone": null,
        "tax_exempt": "none", "tax_ids": [],
    })
}

/// What is sold, as a list.
pub(crate) fn line_items(session: &Session) -> Value {
    let data: Vec<_> = session.terms.lines.iter().map(|line| line_item(session, line)).collect();
    let url = format!("/v1/checkout/sessions/{}/line_items", session.id);
    json!({ "object": "list", "data": data, "has_more": false, "url": url })
}

fn line_item(session: &Session, line: &Line) -> Value {
    let total = line.unit_amount.saturating_mul(line.quantity);
    json!({
        "id": line.id, "object": "item", "adjustable_quantity": null, "amount_discount": 0,
        "amount_subtotal": total, "amount_tax": 0, "amount_total": total, "currency": session.currency,
        "description": line.name, "metadata": {}, "quantity": line.quantity,
        "price": {
            "id": line.price, "object": "price", "active": false, "billing_scheme": "per_unit",
            "created": session.created, "currency": session.currency, "custom_unit_amount": null, "livemode": false,
            "lookup_key": null, "metadata": {}, "nickname": null, "product": line.product, "recurring": null,
            "tax_behavior": "unspecified", "tiers_mode": null, "transform_quantity": null, "type": "one_time",
            "unit_amount": line.unit_amount, "unit_amount_decimal": line.unit_amount.to_string(),
        },
    })
}

/// A list that has room for all that belongs in it.
pub(crate) fn list(url: &str, data: &[Value], has_more: bool) -> Value {
    json!({ "object": "list", "data": data, "has_more": has_more, "url": url })
}
