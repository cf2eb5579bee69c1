use super::*;
use booking::{DisputeStanding, DisputeStatus, RefundStatus};
use kernel::{Money, RefundId, Timestamp};
use serde_json::json;

fn noon() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

fn subject(kind: &str, object: Value) -> NoticeSubject {
    let event =
        json!({ "id": "evt_1", "type": kind, "data": { "object": object }, "api_version": "1999-12-31" });
    let notice = read(event.to_string().as_bytes()).unwrap();
    assert_eq!((notice.id.as_str(), notice.kind.as_str()), ("evt_1", kind));
    notice.subject
}

fn session(payment: PaymentId, status: &str) -> Value {
    json!({
        "id": "cs_1", "payment_status": status, "payment_intent": "pi_1", "amount_total": 2500, "currency": "eur",
        "livemode": false, "metadata": { "payment_id": payment.to_string() }, "something_new": [1],
    })
}

fn of_session(payment: PaymentId, standing: Standing) -> NoticeSubject {
    NoticeSubject::Payment { payment: Some(payment), session: Some("cs_1".into()), standing }
}

fn paid() -> Standing {
    Standing::Paid(Charge { reference: "pi_1".into(), amount: Money::eur(2_500), live: false })
}

#[test]
fn sessions_tell_where_their_payment_stands() {
    let payment = PaymentId::generate(noon());
    for (kind, status, standing) in [
        ("checkout.session.completed", "paid", paid()),
        ("checkout.session.completed", "unpaid", Standing::Processing),
        ("checkout.session.async_payment_succeeded", "paid", paid()),
        ("checkout.session.async_payment_failed", "unpaid", Standing::Failed),
        ("checkout.session.expired", "unpaid", Standing::Closed),
    ] {
        assert_eq!(subject(kind, session(payment, status)), of_session(payment, standing), "{kind} {status}");
    }
}

#[test]
fn an_expanded_intent_is_its_id() {
    let payment = PaymentId::generate(noon());
    let mut object = session(payment, "paid");
    object["payment_intent"] = json!({ "id": "pi_1", "object": "payment_intent" });
    assert_eq!(subject("checkout.session.completed", object), of_session(payment, paid()));
}

#[test]
fn intents_of_ours_tell_and_those_of_others_do_not() {
    let payment = PaymentId::generate(noon());
    let mut object = json!({
        "id": "pi_1", "amount": 2600, "amount_received": 2500, "currency": "eur", "livemode": true,
        "metadata": { "payment_id": payment.to_string() },
    });
    let told = |standing| NoticeSubject::Payment { payment: Some(payment), session: None, standing };
    let charge = Charge { reference: "pi_1".into(), amount: Money::eur(2_500), live: true };
    assert_eq!(subject("payment_intent.succeeded", object.clone()), told(Standing::Paid(charge)));
    assert_eq!(subject("payment_intent.payment_failed", object.clone()), told(Standing::Declined));
    object["metadata"] = json!({});
    assert_eq!(subject("payment_intent.succeeded", object.clone()), NoticeSubject::Other);
    object["metadata"] = Value::Null;
    assert_eq!(subject("payment_intent.payment_failed", object), NoticeSubject::Other);
}

#[test]
fn refunds_are_told_whoever_made_them() {
    let ours = RefundId::generate(noon());
    for (status, read) in [
        ("pending", RefundStatus::InTransit),
        ("requires_action", RefundStatus::InTransit),
        ("succeeded", RefundStatus::Done),
        ("failed", RefundStatus::Failed),
        ("canceled", RefundStatus::Failed),
    ] {
        for refund in [Some(ours), None] {
            let metadata = refund.map_or(json!({}), |id| json!({ "refund_id": id.to_string() }));
            let object = json!({ "id": "re_1", "status": status, "payment_intent": "pi_1", "metadata": metadata,
                    "amount": 1000, "currency": "eur" });
            let standing = RefundStanding { reference: "re_1".into(), status: read };
            let amount = Some(Money::eur(1_000));
            let told = NoticeSubject::Refund { refund, charge: "pi_1".into(), amount, standing };
            assert_eq!(subject("refund.updated", object.clone()), told);
            assert_eq!(subject("charge.refunded", json!({ "refunds": { "data": [object] } })), told);
        }
    }
    assert_eq!(subject("charge.refunded", json!({ "id": "ch_1" })), NoticeSubject::Other);
}

#[test]
fn disputes_are_told_with_what_the_bank_wants_and_what_that_costs() {
    let object = |status: &str| {
        json!({ "id": "dp_1", "status": status, "payment_intent": "pi_1", "amount": 2600, "currency": "eur",
            "reason": "fraudulent", "created": 1780315200, "evidence_details": { "due_by": 1781092800 },
            "balance_transactions": [{ "fee": 2000, "currency": "eur" }, { "fee": 0, "currency": "eur" }] })
    };
    for (status, read) in [
        ("needs_response", DisputeStatus::Open),
        ("under_review", DisputeStatus::Open),
        ("won", DisputeStatus::Won),
        ("prevented", DisputeStatus::Won),
        ("lost", DisputeStatus::Lost),
    ] {
        let told = NoticeSubject::Dispute(DisputeStanding {
            reference: "dp_1".into(),
            charge: "pi_1".into(),
            amount: Money::eur(2_600),
            fee: Some(Money::eur(2_000)),
            reason: "fraudulent".into(),
            status: read,
            opened_at: noon(),
            answer_by: Some("2026-06-10T12:00:00Z".parse().unwrap()),
        });
        assert_eq!(subject("charge.dispute.updated", object(status)), told, "{status}");
    }
    // Questions of a bank move no money and block nothing.
    assert_eq!(subject("charge.dispute.created", object("warning_needs_response")), NoticeSubject::Other);
    let mut strange = object("lost");
    strange["payment_intent"] = Value::Null;
    assert_eq!(subject("charge.dispute.closed", strange), NoticeSubject::Other);
}

#[test]
fn what_we_do_not_act_on_is_other() {
    for kind in ["customer.created", "checkout.session.something_new", "payout.paid"] {
        assert_eq!(subject(kind, json!({ "id": 7 })), NoticeSubject::Other);
    }
}

#[test]
fn a_payment_of_ours_that_cannot_be_read_is_said_and_one_of_others_is_not() {
    let mut object = session(PaymentId::generate(noon()), "paid");
    object["currency"] = json!("zzz");
    let event = |object: &Value| {
        json!({ "id": "evt_1", "type": "checkout.session.completed", "data": { "object": object } })
            .to_string()
    };
    assert!(matches!(read(event(&object).as_bytes()), Err(NoticeError::Unreadable(_))));
    object["metadata"] = Value::Null;
    assert_eq!(read(event(&object).as_bytes()).unwrap().subject, NoticeSubject::Other);
    assert!(matches!(read(b"not json"), Err(NoticeError::Unreadable(_))));
    assert!(matches!(read(b"{}"), Err(NoticeError::Unreadable(_))));
}
