use super::*;
use booking::{Charge, RefundStatus};
use kernel::{Money, RefundId, Timestamp};
use serde_json::json;

fn noon() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

fn event(kind: &str, resource: &Value) -> String {
    json!({ "id": "WH-1", "event_type": kind, "resource": resource, "event_version": "9.0" }).to_string()
}

fn subject(kind: &str, resource: &Value) -> NoticeSubject {
    let notice = read(event(kind, resource).as_bytes(), true).unwrap();
    assert_eq!((notice.id.as_str(), notice.kind.as_str()), ("WH-1", kind));
    notice.subject
}

fn capture(payment: PaymentId) -> Value {
    json!({
        "id": "C1", "status": "COMPLETED", "amount": { "currency_code": "EUR", "value": "25.00" },
        "custom_id": payment.to_string(), "supplementary_data": { "related_ids": { "order_id": "O1" } },
        "something_new": 1,
    })
}

fn told(payment: PaymentId, standing: Standing) -> NoticeSubject {
    NoticeSubject::Payment { payment: Some(payment), session: Some("O1".into()), standing }
}

#[test]
fn captures_tell_where_their_payment_stands() {
    let payment = PaymentId::generate(noon());
    let paid = Standing::Paid(Charge { reference: "C1".into(), amount: Money::eur(2_500), live: true });
    for (kind, standing) in [
        ("PAYMENT.CAPTURE.COMPLETED", paid),
        ("PAYMENT.CAPTURE.PENDING", Standing::Processing),
        ("PAYMENT.CAPTURE.DENIED", Standing::Failed),
        ("PAYMENT.CAPTURE.DECLINED", Standing::Failed),
    ] {
        assert_eq!(subject(kind, &capture(payment)), told(payment, standing), "{kind}");
    }
}

#[test]
fn an_approval_names_order_and_attempt() {
    let payment = PaymentId::generate(noon());
    let order = json!({
        "id": "O1", "status": "APPROVED", "purchase_units": [{ "custom_id": payment.to_string() }],
        "payer": { "email_address": "buyer@example.com" },
    });
    assert_eq!(subject("CHECKOUT.ORDER.APPROVED", &order), told(payment, Standing::Approved));
    let bare = json!({ "id": "O1", "status": "APPROVED", "purchase_units": [{}] });
    assert_eq!(
        subject("CHECKOUT.ORDER.APPROVED", &bare),
        NoticeSubject::Payment { payment: None, session: Some("O1".into()), standing: Standing::Approved }
    );
}

#[test]
fn refunds_are_told_whoever_made_them() {
    let ours = RefundId::generate(noon());
    for (status, read) in [
        ("COMPLETED", RefundStatus::Done),
        ("PENDING", RefundStatus::InTransit),
        ("FAILED", RefundStatus::Failed),
    ] {
        for refund in [Some(ours), None] {
            let mut resource = json!({
                "id": "R1", "status": status,
                "links": [
                    { "rel": "self", "href": "https://api-m.paypal.com/v2/payments/refunds/R1", "method": "GET" },
                    { "rel": "up", "href": "https://api-m.paypal.com/v2/payments/captures/C1", "method": "GET" },
                ],
            });
            if let Some(id) = refund {
                resource["invoice_id"] = json!(id.to_string());
            }
            let standing = RefundStanding { reference: "R1".into(), status: read };
            let told = NoticeSubject::Refund { refund, charge: "C1".into(), amount: None, standing };
            assert_eq!(subject("PAYMENT.CAPTURE.REFUNDED", &resource), told);
        }
    }
    let rootless = json!({ "id": "R1", "status": "COMPLETED", "links": [] });
    assert_eq!(subject("PAYMENT.CAPTURE.REFUNDED", &rootless), NoticeSubject::Other);
}

#[test]
fn what_we_do_not_act_on_is_other() {
    for kind in ["BILLING.PLAN.CREATED", "PAYMENT.SALE.COMPLETED", "CHECKOUT.ORDER.SOMETHING"] {
        assert_eq!(subject(kind, &json!({ "id": 7 })), NoticeSubject::Other);
    }
    let foreign = json!({ "id": "C1", "status": "COMPLETED", "custom_id": "basket 7" });
    assert_eq!(subject("PAYMENT.CAPTURE.PENDING", &foreign), NoticeSubject::Other);
}

#[test]
fn a_payment_of_ours_that_cannot_be_read_is_said_and_one_of_others_is_not() {
    let mut resource = capture(PaymentId::generate(noon()));
    resource["amount"]["currency_code"] = json!("THB");
    let read = |resource: &Value| read(event("PAYMENT.CAPTURE.COMPLETED", resource).as_bytes(), true);
    assert!(matches!(read(&resource), Err(NoticeError::Unreadable(_))));
    resource["custom_id"] = json!("basket 7");
    assert_eq!(read(&resource).unwrap().subject, NoticeSubject::Other);
    assert!(matches!(super::read(b"{}", true), Err(NoticeError::Unreadable(_))));
}
