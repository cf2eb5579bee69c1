use super::*;
use crate::RefundStatus;
use crate::ledger::{Account, Entry, balances, differences, postings};
use crate::samples::{held, noon, unpaid};
use crate::{BuyerNews, Lapse, RefundReason};

const CASH: Receipt = Receipt { provider: Provider::Cash, amount: None, again: false };

fn mark(booking: &mut Booking, sale: &mut Sale, receipt: Receipt) -> Result<Settled, MarkRefusal> {
    mark_paid(booking, sale, receipt, &Holdings::default(), noon()).map(|(_, settled)| settled)
}

#[test]
fn cash_confirms_a_booking_once() {
    let (mut sale, mut booking) = unpaid(10, 1);
    assert!(matches!(mark(&mut booking, &mut sale, CASH), Ok(Settled::Confirmed(_))));
    assert_eq!((booking.status, booking.paid()), (BookingStatus::Confirmed, booking.total));
    let before = booking.clone();
    assert_eq!(mark(&mut booking, &mut sale, CASH), Err(MarkRefusal::AlreadyPaid));
    assert_eq!(booking, before);
    let again = Receipt { again: true, ..CASH };
    assert_eq!(mark(&mut booking, &mut sale, again), Ok(Settled::SentBack(BuyerNews::Overpaid)));
    assert_eq!((booking.paid(), booking.refunds.len()), (booking.total, 1));
}

#[test]
fn what_a_provider_tells_itself_is_not_marked() {
    let (mut sale, mut booking) = unpaid(10, 1);
    for provider in [Provider::Stripe, Provider::Paypal] {
        let receipt = Receipt { provider, ..CASH };
        assert_eq!(mark(&mut booking, &mut sale, receipt), Err(MarkRefusal::NotByHand));
    }
    let nothing = Receipt { amount: Some(Money::eur(0)), ..CASH };
    assert_eq!(mark(&mut booking, &mut sale, nothing), Err(MarkRefusal::WrongAmount));
}

#[test]
fn a_transfer_that_comes_too_late_gets_places_or_goes_back() {
    for crowded in [false, true] {
        let (mut sale, mut booking) = unpaid(1, 1);
        booking.payments[0].status = PaymentStatus::Closed;
        let by = booking.pay_by;
        assert_eq!(booking.lapse(&mut sale, by), Lapse::Expired);
        if crowded {
            held(&mut sale, 1);
        }
        let transfer = Receipt { provider: Provider::BankTransfer, ..CASH };
        let settled = mark(&mut booking, &mut sale, transfer).unwrap();
        if crowded {
            assert_eq!(settled, Settled::SentBack(BuyerNews::TooLate));
            assert_eq!(booking.refunds[0].reason, RefundReason::NoPlaces);
        } else {
            assert!(matches!(settled, Settled::Confirmed(_)));
        }
    }
}

#[test]
fn another_amount_waits_for_a_person_who_may_take_it_as_it_came() {
    // Whoever runs the event has sold at what came; only the cents by which cash is rounded are nobody's.
    for (cents, rounded) in [(2400, 0), (2600, 0), (2497, 3), (2505, -5), (2494, 0)] {
        let (mut sale, mut booking) = unpaid(10, 1);
        let unpaid = booking.clone();
        let receipt = Receipt { amount: Some(Money::eur(cents)), ..CASH };
        assert!(matches!(mark(&mut booking, &mut sale, receipt), Ok(Settled::Incident(_))));
        assert_eq!((booking.status, booking.paid()), (BookingStatus::PendingPayment, Money::eur(0)));
        let id = booking.payments[1].id;
        let settled = accept(&mut booking, &mut sale, id, &Holdings::default(), noon());
        assert!(matches!(settled, Ok(Settled::Confirmed(_))));
        assert_eq!(booking.paid(), Money::eur(cents));
        let entries = postings(Some(&unpaid), &booking, noon());
        assert_eq!(differences(&booking, &entries), []);
        let on = |account: Account, entries: &[Entry]| {
            balances(entries).into_iter().find(|it| it.account == account).map_or(0, |it| it.minor)
        };
        let organiser = Account::Organiser(booking.organisation);
        assert_eq!(on(Account::Rounding, &entries), rounded);
        assert_eq!(on(organiser.clone(), &entries), -i64::from(cents) - rounded, "what is owed is what came");
        // And when all of it goes back, nothing is owed to or by anybody but for those cents.
        let mut given = booking.clone();
        given.send_back(id, RefundReason::Staff, noon()).unwrap();
        let refund = given.refunds[0].id;
        given.refund_stands(refund, RefundStatus::Done, Some("by hand"), noon()).unwrap();
        let all: Vec<Entry> =
            entries.iter().cloned().chain(postings(Some(&booking), &given, noon())).collect();
        assert_eq!(on(organiser, &all), -rounded);
        let again = accept(&mut booking, &mut sale, id, &Holdings::default(), noon());
        assert_eq!(again, Err(AcceptRefusal::NotAcceptable));
    }
}

#[test]
fn many_times_the_price_is_a_slip_of_the_pen() {
    let (mut sale, booking) = unpaid(10, 1);
    let mut tries = |cents: i64| {
        let amount = Some(Money::new(cents, booking.total.currency()).unwrap());
        mark(&mut booking.clone(), &mut sale, Receipt { amount, ..CASH }).map(drop)
    };
    assert_eq!(tries(25_000), Ok(()));
    for cents in [25_001, i64::MAX / 2, i64::MAX] {
        assert_eq!(tries(cents), Err(MarkRefusal::WrongAmount), "{cents}");
    }
}

#[test]
fn what_went_back_in_part_is_not_accepted() {
    let (mut sale, mut booking) = unpaid(10, 1);
    let receipt = Receipt { amount: Some(Money::eur(100)), ..CASH };
    mark(&mut booking, &mut sale, receipt).unwrap();
    let id = booking.payments[1].id;
    booking.send_back(id, RefundReason::Overpaid, noon()).unwrap();
    let refused = accept(&mut booking, &mut sale, id, &Holdings::default(), noon());
    assert_eq!(refused, Err(AcceptRefusal::NotAcceptable));
}
