use super::*;
use crate::samples::{noon, unpaid};
use chrono::TimeDelta;

fn told(status: DisputeStatus) -> DisputeStanding {
    DisputeStanding {
        reference: "dp_1".into(),
        charge: "pi_1".into(),
        amount: Money::eur(2_600),
        fee: None,
        reason: "fraudulent".into(),
        status,
        opened_at: noon(),
        answer_by: Some(noon() + TimeDelta::days(9)),
    }
}

fn charged() -> Booking {
    let (_, mut booking) = unpaid(10, 1);
    booking.payments[0].charge = Some("pi_1".into());
    booking
}

fn disputed() -> (Booking, PaymentId, DisputeId) {
    let mut booking = charged();
    let payment = booking.payments[0].id;
    let news = booking.dispute_stands(payment, &told(DisputeStatus::Open), noon());
    let Some(DisputeNews::Opened(id)) = news else { panic!("{news:?}") };
    (booking, payment, id)
}

#[test]
fn an_open_dispute_blocks_its_charge_and_its_amount_is_the_banks() {
    let (booking, payment, id) = disputed();
    assert!(booking.is_disputed(payment) && !booking.lost_dispute(payment));
    assert_eq!(booking.dispute(id).map(|one| one.amount), Some(Money::eur(2_600)));
}

#[test]
fn a_won_dispute_blocks_nothing_and_a_lost_one_does() {
    let (mut booking, payment, id) = disputed();
    let mut lost = booking.clone();
    assert_eq!(
        booking.dispute_stands(payment, &told(DisputeStatus::Won), noon()),
        Some(DisputeNews::Won(id))
    );
    assert!(!booking.is_disputed(payment));
    assert_eq!(lost.dispute_stands(payment, &told(DisputeStatus::Lost), noon()), Some(DisputeNews::Lost(id)));
    assert!(lost.is_disputed(payment) && lost.lost_dispute(payment));
}

#[test]
fn words_in_any_order_and_twice_leave_one_dispute_as_it_was_decided() {
    let mut booking = charged();
    let payment = booking.payments[0].id;
    let first = booking.dispute_stands(payment, &told(DisputeStatus::Lost), noon());
    assert!(matches!(first, Some(DisputeNews::Lost(_))));
    for late in [DisputeStatus::Open, DisputeStatus::Lost] {
        assert_eq!(booking.dispute_stands(payment, &told(late), noon()), None);
    }
    assert_eq!(booking.disputes.len(), 1);
    assert!(booking.lost_dispute(payment));
}

#[test]
fn a_decision_that_is_turned_round_is_told_once_and_not_followed() {
    let (mut booking, payment, id) = disputed();
    booking.dispute_stands(payment, &told(DisputeStatus::Lost), noon()).unwrap();
    let turned = told(DisputeStatus::Won);
    assert_eq!(booking.dispute_stands(payment, &turned, noon()), Some(DisputeNews::Reversed(id)));
    assert_eq!(booking.dispute_stands(payment, &turned, noon()), None);
    assert!(booking.lost_dispute(payment));
}

#[test]
fn a_better_known_amount_is_noted_while_it_is_open() {
    let (mut booking, payment, id) = disputed();
    let more = DisputeStanding {
        amount: Money::eur(2_700),
        fee: Some(Money::eur(2_000)),
        ..told(DisputeStatus::Open)
    };
    assert_eq!(booking.dispute_stands(payment, &more, noon()), Some(DisputeNews::Noted(id)));
    assert_eq!(booking.dispute_stands(payment, &more, noon()), None);
    let known = booking.dispute(id).unwrap();
    assert_eq!((known.amount, known.fee), (Money::eur(2_700), Some(Money::eur(2_000))));
}

#[test]
fn a_dispute_of_an_unknown_charge_is_none_of_ours() {
    let (mut booking, _, _) = disputed();
    let other = PaymentId::generate(noon());
    assert_eq!(booking.dispute_stands(other, &told(DisputeStatus::Open), noon()), None);
    let (_, mut uncharged) = unpaid(10, 1);
    let attempt = uncharged.payments[0].id;
    assert_eq!(uncharged.dispute_stands(attempt, &told(DisputeStatus::Open), noon()), None);
}
