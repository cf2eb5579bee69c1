//! What the audit log says of a booking's change: everything about money, and what became of the order.

use crate::{Booking, BookingStatus, Dispute, Payment, Refund};
use kernel::{Act, Cause, Money, Subject, Timestamp};
use serde_json::{Value, json};

/// The acts that a change of a booking is; none, when it changed nothing that matters to money.
#[must_use]
pub fn acts(before: Option<&Booking>, after: &Booking, by: &Cause, now: Timestamp) -> Vec<Act> {
    let stood = before.map(|booking| booking.status);
    let order = (stood != Some(after.status)).then(|| {
        let said = |booking: &Booking| json!({"status": booking.status.as_str()});
        let subject = Subject::new("booking", after.id.as_uuid());
        changed(by.act(of_order(after.status), subject, now), before.map(said), said(after))
    });
    let payments = after.payments.iter().filter_map(|payment| {
        let known = before.and_then(|booking| booking.payment(payment.id));
        of_payment(known, payment, by, now)
    });
    let refunds = after.refunds.iter().filter_map(|refund| {
        let known = before.and_then(|booking| booking.refunds.iter().find(|it| it.id == refund.id));
        of_refund(known, refund, by, now)
    });
    let disputes = after.disputes.iter().filter_map(|dispute| {
        of_dispute(before.and_then(|booking| booking.dispute(dispute.id)), dispute, by, now)
    });
    let all = order.into_iter().chain(payments).chain(refunds).chain(disputes);
    all.map(|act| act.of(after.organisation)).collect()
}

fn changed(act: Act, before: Option<Value>, after: Value) -> Act {
    act.changing(before.map(|value| value.to_string()), Some(after.to_string()))
}

const fn of_order(status: BookingStatus) -> &'static str {
    match status {
        // Taken up again, because late money is on its way.
        BookingStatus::PendingPayment => "booking.revive",
        BookingStatus::Confirmed => "booking.confirm",
        BookingStatus::Cancelled => "booking.cancel",
        BookingStatus::Expired => "booking.expire",
    }
}

fn amount(money: Money) -> Value {
    json!({"amount": money.minor(), "currency": money.currency().code()})
}

/// A charge arrived, or was taken as it came.
fn of_payment(before: Option<&Payment>, after: &Payment, by: &Cause, now: Timestamp) -> Option<Act> {
    let paid = after.paid?;
    let arrived = before.and_then(|payment| payment.paid).is_none();
    let stood = before.map(|payment| payment.status);
    if !arrived && stood == Some(after.status) {
        return None;
    }
    let name = if arrived { "payment.charge" } else { "payment.accept" };
    let said = json!({
        "status": after.status.as_str(), "provider": after.provider.as_str(), "account": after.account,
        "charge": after.charge, "paid": amount(paid), "asked": amount(after.amount),
    });
    let stood = before.map(|payment| json!({"status": payment.status.as_str()}));
    Some(changed(by.act(name, Subject::new("payment", after.id.as_uuid()), now), stood, said))
}

/// A refund was decided, or stands otherwise than before.
fn of_refund(before: Option<&Refund>, after: &Refund, by: &Cause, now: Timestamp) -> Option<Act> {
    if before.is_some_and(|refund| refund.status == after.status) {
        return None;
    }
    let name = if before.is_none() { "refund.decide" } else { "refund.stand" };
    let said = json!({
        "status": after.status.as_str(), "amount": amount(after.amount), "reason": after.reason.as_str(),
        "payment_id": after.payment, "reference": after.reference,
    });
    let stood = before.map(|refund| json!({"status": refund.status.as_str()}));
    Some(changed(by.act(name, Subject::new("refund", after.id.as_uuid()), now), stood, said))
}

/// Somebody asked a bank for a charge, or that was decided.
fn of_dispute(before: Option<&Dispute>, after: &Dispute, by: &Cause, now: Timestamp) -> Option<Act> {
    let stood = before.map(|dispute| (dispute.status, dispute.contradicted));
    if stood == Some((after.status, after.contradicted)) {
        return None;
    }
    let name = if before.is_none() { "dispute.open" } else { "dispute.stand" };
    let said = |dispute: &Dispute| {
        json!({
            "status": dispute.status.as_str(), "amount": amount(dispute.amount), "payment_id": dispute.payment,
            "reference": dispute.reference, "contradicted": dispute.contradicted,
        })
    };
    let subject = Subject::new("dispute", after.id.as_uuid());
    Some(changed(by.act(name, subject, now), before.map(said), said(after)))
}
