use super::*;

use crate::samples::{by, choice, held, noon, offer, sale, somebody, terms, till, unpaid};
use crate::{RefundReason, RefundStatus, Ticket};
use std::collections::BTreeSet;

fn free() -> (Sale, Hold) {
    let mut sale = sale(vec![offer(10, 0)]);
    let hold = held(&mut sale, 2);
    (sale, hold)
}

#[test]
fn a_free_booking_is_confirmed_by_the_same_path_without_a_provider() {
    let (mut sale, hold) = free();
    let booking = Booking::confirm(&hold, &by(&hold, None), &mut sale, terms(), noon()).unwrap();
    assert_eq!(booking.status, BookingStatus::Confirmed);
    assert!(booking.payments.is_empty());
    assert_eq!((sale.offers[0].held, sale.offers[0].sold), (0, 2));
    assert_eq!(Ticket::issue(&booking, noon()).len(), 2);
}

#[test]
fn a_booking_to_be_paid_keeps_its_places_until_its_time_is_over() {
    let (sale, booking) = unpaid(10, 2);
    assert_eq!(booking.status, BookingStatus::PendingPayment);
    assert_eq!(booking.pay_by, noon() + TimeDelta::minutes(30));
    assert_eq!((booking.payments[0].attempt, booking.payments[0].amount), (1, Money::eur(5000)));
    assert_eq!((sale.offers[0].held, sale.offers[0].sold), (2, 0));
}

#[test]
fn only_the_owner_confirms_and_only_while_the_hold_lives() {
    let (mut sale, hold) = free();
    let stranger = Confirmation { buyer: somebody(), ..by(&hold, None) };
    let refused = Booking::confirm(&hold, &stranger, &mut sale, terms(), noon());
    assert_eq!(refused.unwrap_err(), ConfirmRefusal::HoldExpired);
    let late = Booking::confirm(&hold, &by(&hold, None), &mut sale, terms(), hold.expires_at);
    assert_eq!(late.unwrap_err(), ConfirmRefusal::HoldExpired);
}

#[test]
fn an_event_that_went_off_sale_confirms_nothing() {
    for status in [SaleStatus::Closed, SaleStatus::Cancelled] {
        let (mut sale, hold) = free();
        sale.status = status;
        let refused = Booking::confirm(&hold, &by(&hold, None), &mut sale, terms(), noon());
        assert_eq!(refused.unwrap_err(), ConfirmRefusal::NotOnSale);
    }
}

#[test]
fn the_way_to_pay_has_to_fit_the_total() {
    let (mut nothing_to_pay, hold) = free();
    let provider = Some(Provider::Paypal);
    let refused = Booking::confirm(&hold, &by(&hold, provider), &mut nothing_to_pay, terms(), noon());
    assert_eq!(refused.unwrap_err(), ConfirmRefusal::PaymentDoesNotFit);
    let mut costs = sale(vec![offer(1, 2500)]);
    let hold = held(&mut costs, 1);
    let refused = Booking::confirm(&hold, &by(&hold, None), &mut costs, terms(), noon());
    assert_eq!(refused.unwrap_err(), ConfirmRefusal::PaymentDoesNotFit);
}

#[test]
fn there_are_never_more_attendees_than_tickets() {
    let (mut sale, hold) = free();
    let guest = || Attendee { first_name: "A".into(), last_name: "B".into(), email: None };
    let with = |count| Confirmation { attendees: (0..count).map(|_| guest()).collect(), ..by(&hold, None) };
    let refused = Booking::confirm(&hold, &with(3), &mut sale, terms(), noon());
    assert_eq!(refused.unwrap_err(), ConfirmRefusal::TooManyAttendees);
    let booking = Booking::confirm(&hold, &with(1), &mut sale, terms(), noon()).unwrap();
    let named: Vec<_> = Ticket::issue(&booking, noon()).iter().map(|t| t.attendee.is_some()).collect();
    assert_eq!(named, [true, false]);
}

#[test]
fn another_attempt_has_a_number_and_an_id_of_its_own() {
    let (_, mut booking) = unpaid(10, 1);
    let second = booking.pay(&choice(Provider::Paypal), &till(Provider::Paypal), noon()).unwrap();
    assert_eq!(booking.payments.len(), 2);
    assert_eq!(booking.payment(second).unwrap().attempt, 2);
    assert_ne!(booking.payments[0].id, second);
}

#[test]
fn attempts_end_with_the_booking_s_time_and_have_a_limit() {
    let (_, mut booking) = unpaid(10, 1);
    let (stripe, at) = (choice(Provider::Stripe), till(Provider::Stripe));
    let by = booking.pay_by;
    assert_eq!(booking.pay(&stripe, &at, by), Err(PayRefusal::NotPayable));
    for _ in 1..MOST_ATTEMPTS {
        booking.pay(&stripe, &at, noon()).unwrap();
    }
    assert_eq!(booking.pay(&stripe, &at, noon()), Err(PayRefusal::TooManyAttempts));
}

#[test]
fn a_checkout_that_nobody_may_pay_is_not_handed_out() {
    let (_, mut booking) = unpaid(10, 1);
    let id = booking.payments[0].id;
    assert!(booking.opened(id, "cs_1", "https://pay", noon()));
    assert_eq!(booking.payments[0].checkout_url.as_deref(), Some("https://pay"));
    let (_, mut given_up) = unpaid(10, 1);
    let id = given_up.payments[0].id;
    given_up.status = BookingStatus::Expired;
    assert!(!given_up.opened(id, "cs_1", "https://pay", noon()));
    assert_eq!(given_up.payments[0].session.as_deref(), Some("cs_1"));
    assert_eq!(given_up.payments[0].checkout_url, None);
}

#[test]
fn places_are_kept_while_an_attempt_could_still_be_paid() {
    for status in [PaymentStatus::Created, PaymentStatus::Open, PaymentStatus::Processing] {
        let (mut sale, mut booking) = unpaid(10, 2);
        booking.payments[0].status = status;
        let (by, id) = (booking.pay_by, booking.payments[0].id);
        assert_eq!(booking.lapse(&mut sale, by), Lapse::AskFirst(vec![id]));
        assert_eq!(sale.offers[0].held, 2);
    }
}

#[test]
fn places_go_back_once_no_attempt_can_be_paid() {
    for status in [PaymentStatus::Failed, PaymentStatus::Closed] {
        let (mut sale, mut booking) = unpaid(10, 2);
        booking.payments[0].status = status;
        let by = booking.pay_by;
        assert_eq!(booking.lapse(&mut sale, by - TimeDelta::seconds(1)), Lapse::TooEarly);
        assert_eq!(booking.lapse(&mut sale, by), Lapse::Expired);
        assert_eq!((booking.status, sale.offers[0].held), (BookingStatus::Expired, 0));
        assert_eq!(booking.lapse(&mut sale, by), Lapse::Settled);
        assert_eq!(sale.offers[0].held, 0);
    }
}

#[test]
fn a_refund_only_goes_forward() {
    let (_, mut booking) = unpaid(10, 1);
    booking.payments[0].status = PaymentStatus::Paid;
    booking.payments[0].paid = Some(booking.total);
    let payment = booking.payments[0].id;
    let id = booking.send_back(payment, RefundReason::Overpaid, noon()).unwrap();
    assert_eq!(booking.paid(), Money::eur(0), "a refund on its way counts");
    assert_eq!(booking.send_back(payment, RefundReason::Overpaid, noon()), None, "nothing goes back twice");
    assert!(booking.refund_stands(id, RefundStatus::InTransit, Some("re_1"), noon()).is_some());
    assert!(booking.refund_stands(id, RefundStatus::Uncertain, None, noon()).is_none());
    assert!(booking.refund_stands(id, RefundStatus::Done, Some("re_1"), noon()).is_some());
    assert!(booking.refund_stands(id, RefundStatus::InTransit, Some("re_1"), noon()).is_none());
    assert_eq!(booking.refunds[0].status, RefundStatus::Done);
    assert!(
        booking.refund_stands(id, RefundStatus::Failed, Some("re_1"), noon()).is_some(),
        "the bank returned it"
    );
    assert!(booking.refund_stands(id, RefundStatus::Done, Some("re_1"), noon()).is_none());
}

#[test]
fn a_refund_that_failed_gives_its_money_back_to_the_sum() {
    let (_, mut booking) = unpaid(10, 1);
    booking.payments[0].status = PaymentStatus::Paid;
    booking.payments[0].paid = Some(booking.total);
    let id = booking.send_back(booking.payments[0].id, RefundReason::NoPlaces, noon()).unwrap();
    booking.refund_stands(id, RefundStatus::Failed, None, noon());
    assert_eq!(booking.paid(), booking.total);
    let told = booking.refund_stands(id, RefundStatus::Done, Some("re_1"), noon());
    assert!(told.is_some(), "the provider knows better than our conclusion");
    assert_eq!(booking.paid(), Money::eur(0));
}

#[test]
fn references_are_twelve_letters_in_groups_and_differ() {
    let made: BTreeSet<_> = (0..1000).map(|_| Reference::generate().to_string()).collect();
    assert_eq!(made.len(), 1000);
    for reference in &made {
        let groups: Vec<_> = reference.split('-').collect();
        assert_eq!(groups.iter().map(|group| group.len()).collect::<Vec<_>>(), [4, 4, 4], "{reference}");
        assert!(!reference.contains(['0', '1', 'I', 'O']), "{reference}");
    }
    for at in [0, 3, 5, 13] {
        let letters: BTreeSet<_> = made.iter().filter_map(|reference| reference.chars().nth(at)).collect();
        assert!(letters.len() >= 16, "position {at} is random");
    }
}
