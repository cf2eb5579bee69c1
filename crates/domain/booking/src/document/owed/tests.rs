use super::*;
use crate::samples::{choice, noon, till, unpaid};
use crate::{Charge, Holdings, Provider, Sale, Standing, settle};
use kernel::{Money, OrganisationId, RefundId, VatRate};

fn party(name: &str, address: &[&str]) -> Party {
    let address = address.iter().map(|line| (*line).to_owned()).collect();
    Party { name: name.into(), address, vat_id: None, iban: None }
}

fn particulars() -> Particulars {
    Particulars {
        organisation: OrganisationId::from(uuid::Uuid::nil()),
        prefix: "RE-".into(),
        issuer: party("House", &["Street 1"]),
        recipient: party("Ada Byron", &[]),
        occasion: super::super::Occasion {
            reference: "AAAA-BBBB-CCCC".into(),
            title: "Night".into(),
            takes_place_on: "2026-07-01".parse().unwrap(),
        },
        names: Vec::new(),
        today: "2026-06-01".parse().unwrap(),
    }
}

fn pay(sale: &mut Sale, booking: &mut Booking, attempt: usize) {
    let payment = booking.payments[attempt].clone();
    let charge = Charge { reference: format!("pi_{attempt}"), amount: payment.amount, live: payment.live };
    let _ = settle(booking, sale, payment.id, (&Standing::Paid(charge), &Holdings::default()), noon());
}

/// A confirmed booking of two places at 25.00.
fn paid() -> (Sale, Booking) {
    let (mut sale, mut booking) = unpaid(10, 2);
    booking.items[0].vat = VatRate::new(1900).unwrap();
    pay(&mut sale, &mut booking, 0);
    (sale, booking)
}

/// Issues all that is due; answers with the kinds, and whether each is in the buyer's favour.
fn issue(booking: &Booking, documents: &mut Vec<Document>) -> Vec<(DocumentKind, bool)> {
    let before = documents.len();
    while let Some(task) = next(booking, &[], documents) {
        let mut document = task.write(booking, &particulars(), noon()).unwrap();
        document.number.serial = documents.len() as u64 + 1;
        documents.push(document);
    }
    documents[before..].iter().map(|document| (document.kind, document.credits)).collect()
}

#[test]
fn nothing_is_due_before_money_has_bought_something() {
    let (sale, booking) = unpaid(10, 2);
    assert!(next(&booking, &[], &[]).is_none());
    let free = Booking { total: Money::eur(0), ..paid().1 };
    assert!(next(&free, &[], &[]).is_none());
    drop(sale);
}

#[test]
fn what_was_paid_has_one_receipt() {
    let (_, booking) = paid();
    assert!(may_be_due(Some(&unpaid(10, 2).1), &booking));
    assert!(!may_be_due(Some(&booking), &booking));
    let mut documents = Vec::new();
    assert_eq!(issue(&booking, &mut documents), [(DocumentKind::Receipt, false)]);
    assert_eq!(documents[0].number.to_string(), "RE-2026-000001");
    assert_eq!(documents[0].gross(), Some(booking.total));
    assert_eq!(issue(&booking, &mut documents), []);
}

#[test]
fn an_address_makes_an_invoice_of_it() {
    let (_, booking) = paid();
    let to = party("Ada Byron", &["Street 2", "Town"]);
    let task = Task::Sale { origin: Origin::Payment(booking.payments[0].id), recipient: Some(to.clone()) };
    let document = task.write(&booking, &particulars(), noon()).unwrap();
    assert_eq!((document.kind, document.recipient), (DocumentKind::Invoice, to));
}

#[test]
fn a_second_payment_that_goes_back_is_on_no_document() {
    let (mut sale, mut booking) = unpaid(10, 2);
    booking.pay(&choice(Provider::Paypal), &till(Provider::Paypal), noon()).unwrap();
    pay(&mut sale, &mut booking, 1);
    pay(&mut sale, &mut booking, 0);
    booking.refunds[0].status = RefundStatus::Done;
    let mut documents = Vec::new();
    assert_eq!(issue(&booking, &mut documents), [(DocumentKind::Receipt, false)]);
    assert_eq!(documents[0].origin, Origin::Payment(booking.payments[1].id));
}

#[test]
fn what_takes_a_document_back_mirrors_it() {
    let (_, booking) = paid();
    let mut documents = Vec::new();
    issue(&booking, &mut documents);
    let wrong = Box::new(documents[0].clone());
    let task = Task::Cancellation { wrong: wrong.clone(), reason: Some("wrong address".into()) };
    let document = task.write(&booking, &particulars(), noon()).unwrap();
    assert_eq!((&document.lines, document.credits), (&wrong.lines, true));
    assert_eq!(document.corrects.as_ref().map(|it| it.number.as_str()), Some("RE-2026-000001"));
    documents.push(document);
    assert!(living_sale(&documents).is_none());
    assert_eq!(issue(&booking, &mut documents), [], "a person took it back: no other is made");
}

/// Sends money back for what was bought; answers with the refund's place.
fn send_back(booking: &mut Booking, cents: u32, reason: RefundReason, status: RefundStatus) -> RefundId {
    let refund = Refund::new(booking.payments[0].id, Money::eur(cents), reason, noon());
    let id = refund.id;
    booking.refunds.push(Refund { status, ..refund });
    id
}

#[test]
fn what_went_back_has_one_credit_note_when_the_buyer_has_it() {
    let (_, mut booking) = paid();
    let mut documents = Vec::new();
    let id = send_back(&mut booking, 2000, RefundReason::Cancelled, RefundStatus::InTransit);
    assert_eq!(issue(&booking, &mut documents), [(DocumentKind::Receipt, false)]);
    let before = booking.clone();
    booking.refunds[0].status = RefundStatus::Done;
    assert!(may_be_due(Some(&before), &booking));
    assert_eq!(issue(&booking, &mut documents), [(DocumentKind::CreditNote, true)]);
    assert_eq!(issue(&booking, &mut documents), []);
    assert_eq!((documents[1].origin, documents[1].gross()), (Origin::Refund(id), Some(Money::eur(2000))));
    assert_eq!(documents[1].corrects.as_ref().map(|it| it.id), Some(documents[0].id));
}

#[test]
fn a_refund_that_comes_back_takes_its_credit_note_with_it_and_brings_another_when_it_arrives() {
    let (_, mut booking) = paid();
    let mut documents = Vec::new();
    send_back(&mut booking, 5000, RefundReason::Staff, RefundStatus::Done);
    issue(&booking, &mut documents);
    booking.refunds[0].status = RefundStatus::Failed;
    assert_eq!(issue(&booking, &mut documents), [(DocumentKind::Cancellation, false)]);
    assert_eq!(living_credits(&documents).count(), 0);
    booking.refunds[0].status = RefundStatus::Done;
    assert_eq!(issue(&booking, &mut documents), [(DocumentKind::CreditNote, true)]);
    assert_eq!(living_credits(&documents).count(), 1);
    assert_eq!(issue(&booking, &mut documents), []);
}

#[test]
fn what_a_person_cancelled_stays_so() {
    let (_, mut booking) = paid();
    let mut documents = Vec::new();
    send_back(&mut booking, 5000, RefundReason::Staff, RefundStatus::Done);
    issue(&booking, &mut documents);
    let wrong = Box::new(documents[1].clone());
    let task = Task::Cancellation { wrong, reason: Some("wrong".into()) };
    documents.push(task.write(&booking, &particulars(), noon()).unwrap());
    assert_eq!(issue(&booking, &mut documents), []);
}

#[test]
fn the_price_of_a_ticket_goes_back_from_its_own_line() {
    let (_, mut booking) = paid();
    let tickets = Ticket::issue(&booking, noon());
    let mut documents = Vec::new();
    issue(&booking, &mut documents);
    send_back(&mut booking, 2500, RefundReason::Cancelled, RefundStatus::Done);
    booking.refunds[0].tickets = vec![tickets[0].id];
    let Some(Task::Credit { lines, .. }) = next(&booking, &tickets, &documents) else { panic!() };
    let pieces = lines[0].pieces.map(|pieces| (pieces.quantity, pieces.unit_price));
    assert_eq!((lines.len(), pieces), (1, Some((1, Money::eur(2500)))));
}

#[test]
fn all_that_went_back_in_any_parts_is_all_that_was_paid() {
    let (_, mut booking) = paid();
    for cents in [1, 999, 2500, 1500] {
        send_back(&mut booking, cents, RefundReason::Staff, RefundStatus::Done);
    }
    let mut documents = Vec::new();
    issue(&booking, &mut documents);
    let tax = |document: &Document| document.totals().iter().map(|sum| sum.tax.minor()).sum::<i64>();
    let gross = |document: &Document| document.gross().unwrap().minor();
    assert_eq!(living_credits(&documents).map(gross).sum::<i64>(), gross(&documents[0]));
    assert_eq!(living_credits(&documents).map(tax).sum::<i64>(), tax(&documents[0]));
}
