//! PaymentIntent, Charge and Refund as Stripe's API writes them.

use super::balance::of_dispute;
use super::dispute::{Dispute, DisputeStatus};
use super::payment::{Charge, ChargeStatus, Intent, IntentStatus, Refund, RefundStatus};
use serde_json::{Value, json};

/// The payment; with its latest charge written out when `expanded`.
pub(crate) fn intent(intent: &Intent, expanded: bool) -> Value {
    let latest = intent.latest_charge();
    let latest_charge = latest.map(|latest| if expanded { charge(intent, latest) } else { json!(latest.id) });
    let failed = latest.filter(|latest| latest.status == ChargeStatus::Failed);
    let method =
        matches!(intent.status, IntentStatus::Succeeded | IntentStatus::Processing).then(|| method(intent));
    json!({
        "id": intent.id,
        "object": "payment_intent",
        "amount": intent.amount,
        "amount_capturable": 0,
        "amount_details": { "tip": {} },
        "amount_received": intent.received(),
        "application": null,
        "application_fee_amount": null,
        "automatic_payment_methods": null,
        "canceled_at": intent.canceled_at,
        "cancellation_reason": intent.canceled_at.map(|_| "automatic"),
        "capture_method": "automatic",
        "client_secret": format!("{}_secret_of_the_simulator", intent.id),
        "confirmation_method": "automatic",
        "created": intent.created,
        "currency": intent.currency,
        "customer": null,
        "customer_account": null,
        "description": intent.description,
        "excluded_payment_method_types": null,
        "last_payment_error": failed.map(decline),
        "latest_charge": latest_charge,
        "livemode": false,
        "managed_payments": null,
        "metadata": intent.metadata,
        "next_action": null,
        "on_behalf_of": null,
        "payment_method": method,
        "payment_method_configuration_details": null,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "processing": null,
        "receipt_email": intent.receipt_email,
        "review": null,
        "setup_future_usage": null,
        "shipping": null,
        "source": null,
        "statement_descriptor": null,
        "statement_descriptor_suffix": null,
        "status": intent.status,
        "transfer_data": null,
        "transfer_group": null,
    })
}

/// What a bank says that does not want to pay.
fn decline(charge: &Charge) -> Value {
    json!({
        "charge": charge.id, "code": "card_declined", "decline_code": "generic_decline",
        "doc_url": "https://stripe.com/docs/error-codes/card-declined", "message": "Your card was declined.",
        "type": "card_error",
    })
}

fn method(intent: &Intent) -> String {
    format!("pm_{}", intent.id.trim_start_matches("pi_"))
}

/// One try to take the money.
pub(crate) fn charge(intent: &Intent, charge: &Charge) -> Value {
    let succeeded = charge.status == ChargeStatus::Succeeded;
    let failed = charge.status == ChargeStatus::Failed;
    let refunds: Vec<_> = charge.refunds.iter().rev().map(|one| refund(intent, charge, one)).collect();
    json!({
        "id": charge.id,
        "object": "charge",
        "amount": charge.amount,
        "amount_captured": if succeeded { charge.amount } else { 0 },
        "amount_refunded": charge.refunded(),
        "application": null,
        "application_fee": null,
        "application_fee_amount": null,
        "balance_transaction": succeeded.then_some(&charge.balance_transaction),
        "billing_details": billing_details(),
        "calculated_statement_descriptor": "SIMULATOR",
        "captured": succeeded,
        "created": charge.created,
        "currency": intent.currency,
        "customer": null,
        "description": intent.description,
        "disputed": !charge.disputes.is_empty(),
        "failure_balance_transaction": null,
        "failure_code": failed.then_some("card_declined"),
        "failure_message": failed.then_some("Your card was declined."),
        "fraud_details": {},
        "livemode": false,
        "metadata": intent.metadata,
        "on_behalf_of": null,
        "outcome": outcome(failed),
        "paid": succeeded,
        "payment_intent": intent.id,
        "payment_method": method(intent),
        "payment_method_details": { "card": card(charge), "type": "card" },
        "receipt_email": intent.receipt_email,
        "receipt_number": null,
        "receipt_url": null,
        "refunded": charge.refunded() == charge.amount && succeeded,
        "refunds": {
            "object": "list", "data": refunds, "has_more": false, "url": format!("/v1/charges/{}/refunds", charge.id),
        },
        "review": null,
        "shipping": null,
        "source": null,
        "source_transfer": null,
        "statement_descriptor": null,
        "statement_descriptor_suffix": null,
        "status": charge.status,
        "transfer_data": null,
        "transfer_group": null,
    })
}

fn billing_details() -> Value {
    json!({
        "address": { "city": null, "country": null, "line1": null, "line2": null, "postal_code": null, "state": null },
        "email": null, "name": null, "phone": null, "tax_id": null,
    })
}

fn outcome(failed: bool) -> Value {
    json!({
        "advice_code": null,
        "network_advice_code": null,
        "network_decline_code": null,
        "network_status": if failed { "declined_by_network" } else { "approved_by_network" },
        "reason": failed.then_some("generic_decline"),
        "risk_level": "normal",
        "seller_message": if failed { "The bank declined the payment." } else { "Payment complete." },
        "type": if failed { "issuer_declined" } else { "authorized" },
    })
}

/// The card of a buyer who is not there: Stripe's own test number.
fn card(charge: &Charge) -> Value {
    json!({
        "amount_authorized": charge.amount,
        "authorization_code": null,
        "brand": "visa",
        "checks": { "address_line1_check": null, "address_postal_code_check": null, "cvc_check": "pass" },
        "country": "US",
        "exp_month": 12,
        "exp_year": 2040,
        "extended_authorization": { "status": "disabled" },
        "fingerprint": "simulator0000000",
        "funding": "credit",
        "incremental_authorization": { "status": "unavailable" },
        "installments": null,
        "last4": "4242",
        "mandate": null,
        "multicapture": { "status": "unavailable" },
        "network": "visa",
        "network_token": { "used": false },
        "network_transaction_id": null,
        "overcapture": { "maximum_amount_capturable": charge.amount, "status": "unavailable" },
        "regulated_status": "unregulated",
        "three_d_secure": null,
        "transaction_link_id": null,
        "wallet": null,
    })
}

/// Money that goes back.
pub(crate) fn refund(intent: &Intent, charge: &Charge, refund: &Refund) -> Value {
    let mut object = json!({
        "id": refund.id,
        "object": "refund",
        "amount": refund.amount,
        "balance_transaction": (refund.status == RefundStatus::Succeeded).then_some(&refund.balance_transaction),
        "charge": charge.id,
        "created": refund.created,
        "currency": intent.currency,
        "customer": null,
        "customer_account": null,
        "destination_details": { "card": { "type": "refund" }, "type": "card" },
        "metadata": refund.metadata,
        "payment_intent": intent.id,
        "payment_method": method(intent),
        "reason": refund.reason,
        "receipt_number": null,
        "source_transfer_reversal": null,
        "status": refund.status,
        "transfer_reversal": null,
    });
    if let (RefundStatus::Failed, Value::Object(fields)) = (refund.status, &mut object) {
        fields.insert("failure_reason".into(), json!("unknown"));
    }
    object
}

/// A charge that a bank took back.
pub(crate) fn dispute(intent: &Intent, charge: &Charge, dispute: &Dispute) -> Value {
    let moved: Vec<_> = of_dispute(intent, charge, dispute).map(|moved| moved.alone(intent)).collect();
    json!({
        "id": dispute.id,
        "object": "dispute",
        "amount": dispute.amount,
        "balance_transactions": moved,
        "charge": charge.id,
        "created": dispute.created,
        "currency": intent.currency,
        "enhanced_eligibility_types": [],
        "evidence": evidence(),
        "evidence_details": {
            "due_by": dispute.due_by, "enhanced_eligibility": {}, "has_evidence": false, "past_due": false,
            "submission_count": 0,
        },
        "is_charge_refundable": dispute.status == DisputeStatus::Won,
        "livemode": false,
        "metadata": {},
        "payment_intent": intent.id,
        "payment_method_details": {
            "card": { "brand": "visa", "case_type": "chargeback", "network": "visa", "network_reason_code": "10.4" },
            "type": "card",
        },
        "reason": dispute.reason,
        "status": dispute.status,
    })
}

/// What nobody has sent in yet.
fn evidence() -> Value {
    const NAMES: [&str; 27] = [
        "access_activity_log",
        "billing_address",
        "cancellation_policy",
        "cancellation_policy_disclosure",
        "cancellation_rebuttal",
        "customer_communication",
        "customer_email_address",
        "customer_name",
        "customer_purchase_ip",
        "customer_signature",
        "duplicate_charge_documentation",
        "duplicate_charge_explanation",
        "duplicate_charge_id",
        "product_description",
        "receipt",
        "refund_policy",
        "refund_policy_disclosure",
        "refund_refusal_explanation",
        "service_date",
        "service_documentation",
        "shipping_address",
        "shipping_carrier",
        "shipping_date",
        "shipping_documentation",
        "shipping_tracking_number",
        "uncategorized_file",
        "uncategorized_text",
    ];
    let mut evidence: serde_json::Map<String, Value> =
        NAMES.iter().map(|name| ((*name).to_owned(), Value::Null)).collect();
    evidence.insert("enhanced_evidence".into(), json!({}));
    Value::Object(evidence)
}
