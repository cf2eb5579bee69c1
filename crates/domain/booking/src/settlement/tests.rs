use super::*;
use crate::samples::{choice, held, noon, till, unpaid};
use crate::{Lapse, Provider, RefundStatus};
use chrono::TimeDelta;
use kernel::{Currency, Money};
use proptest::prelude::*;

fn charge(reference: &str, cents: u32) -> Standing {
    Standing::Paid(Charge { reference: reference.into(), amount: Money::eur(cents), live: false })
}

fn expired(quantity: u32, places: u32) -> (Sale, Booking) {
    let (mut sale, mut booking) = unpaid(quantity, places);
    booking.payments[0].status = PaymentStatus::Closed;
    let by = booking.pay_by;
    assert_eq!(booking.lapse(&mut sale, by), Lapse::Expired);
    (sale, booking)
}

fn hear(booking: &mut Booking, sale: &mut Sale, standing: &Standing) -> Settled {
    let attempt = booking.payments[0].id;
    settle(booking, sale, attempt, (standing, &Holdings::default()), noon() + TimeDelta::hours(1))
}

#[test]
fn what_is_paid_is_confirmed_and_a_repeat_changes_nothing() {
    let (mut sale, mut booking) = unpaid(10, 2);
    let Settled::Confirmed(tickets) = hear(&mut booking, &mut sale, &charge("pi_1", 5000)) else { panic!() };
    assert_eq!(tickets.len(), 2);
    assert_eq!((booking.status, booking.paid()), (BookingStatus::Confirmed, Money::eur(5000)));
    assert_eq!((sale.offers[0].held, sale.offers[0].sold), (0, 2));
    let before = (sale.clone(), booking.clone());
    assert_eq!(hear(&mut booking, &mut sale, &charge("pi_1", 5000)), Settled::Unchanged);
    assert_eq!((sale, booking), before);
}

#[test]
fn a_failure_never_overwrites_a_success() {
    for late in
        [Standing::Failed, Standing::Closed, Standing::Declined, Standing::Processing, Standing::Approved]
    {
        let (mut sale, mut booking) = unpaid(10, 1);
        hear(&mut booking, &mut sale, &charge("pi_1", 2500));
        let before = booking.clone();
        assert_eq!(hear(&mut booking, &mut sale, &late), Settled::Unchanged, "{late:?}");
        assert_eq!(booking, before);
    }
}

#[test]
fn paid_after_failed_still_counts() {
    for early in [Standing::Failed, Standing::Closed, Standing::Declined, Standing::Processing] {
        let (mut sale, mut booking) = unpaid(10, 1);
        assert_eq!(hear(&mut booking, &mut sale, &early), Settled::Noted);
        let settled = hear(&mut booking, &mut sale, &charge("pi_1", 2500));
        assert!(matches!(settled, Settled::Confirmed(_)), "{early:?}");
    }
}

#[test]
fn a_mismatch_issues_nothing_and_keeps_the_evidence() {
    let yen = Money::new(2500, Currency::JPY).unwrap();
    let paid = |amount, live| Standing::Paid(Charge { reference: "pi_1".into(), amount, live });
    let cases = [
        (paid(Money::eur(2499), false), IncidentKind::WrongAmount),
        (paid(Money::eur(2501), false), IncidentKind::WrongAmount),
        (paid(yen, false), IncidentKind::WrongCurrency),
        (paid(Money::eur(2500), true), IncidentKind::WrongMode),
    ];
    for (standing, kind) in cases {
        let (mut sale, mut booking) = unpaid(10, 1);
        let Settled::Incident(incident) = hear(&mut booking, &mut sale, &standing) else {
            panic!("{standing:?}")
        };
        assert_eq!(incident.kind, kind);
        assert!(incident.evidence.contains("pi_1"));
        assert_eq!(booking.status, BookingStatus::PendingPayment);
        assert_eq!(booking.payments[0].status, PaymentStatus::Mismatched);
        assert_eq!((booking.paid(), sale.offers[0].sold), (Money::eur(0), 0));
        assert_eq!(
            hear(&mut booking, &mut sale, &standing),
            Settled::Unchanged,
            "a repeat is no second incident"
        );
    }
}

#[test]
fn paying_from_two_tabs_sends_the_second_payment_back_once() {
    let (mut sale, mut booking) = unpaid(10, 1);
    let second = booking.pay(&choice(Provider::Paypal), &till(Provider::Paypal), noon()).unwrap();
    hear(&mut booking, &mut sale, &charge("pi_1", 2500));
    let settled =
        settle(&mut booking, &mut sale, second, (&charge("cap_1", 2500), &Holdings::default()), noon());
    assert_eq!(settled, Settled::SentBack(BuyerNews::Overpaid));
    assert_eq!(
        settle(&mut booking, &mut sale, second, (&charge("cap_1", 2500), &Holdings::default()), noon()),
        Settled::Unchanged
    );
    assert_eq!((booking.refunds.len(), booking.refunds[0].payment), (1, second));
    assert_eq!((booking.paid(), sale.offers[0].sold), (Money::eur(2500), 1));
}

#[test]
fn one_attempt_charged_twice_is_a_case_for_a_person() {
    let (mut sale, mut booking) = unpaid(10, 1);
    hear(&mut booking, &mut sale, &charge("pi_1", 2500));
    let Settled::Incident(incident) = hear(&mut booking, &mut sale, &charge("pi_2", 2500)) else { panic!() };
    assert_eq!(incident.kind, IncidentKind::SecondCharge);
    let again = booking.payment(incident.payment).unwrap();
    assert_eq!((again.charge.as_deref(), again.paid), (Some("pi_2"), Some(Money::eur(2500))));
    assert_eq!((booking.paid(), booking.current_payment().unwrap().attempt), (Money::eur(2500), 1));
    let before = booking.clone();
    assert_eq!(hear(&mut booking, &mut sale, &charge("pi_2", 2500)), Settled::Unchanged, "once");
    assert_eq!(booking, before);
}

#[test]
fn late_money_gets_the_places_when_they_are_still_there() {
    let (mut sale, mut booking) = expired(10, 2);
    assert!(matches!(hear(&mut booking, &mut sale, &charge("pi_1", 5000)), Settled::Confirmed(_)));
    assert_eq!((sale.offers[0].held, sale.offers[0].sold), (0, 2));
}

#[test]
fn late_money_goes_back_once_when_the_places_are_gone() {
    let (mut sale, mut booking) = expired(2, 2);
    held(&mut sale, 1);
    assert_eq!(hear(&mut booking, &mut sale, &charge("pi_1", 5000)), Settled::SentBack(BuyerNews::TooLate));
    assert_eq!(hear(&mut booking, &mut sale, &charge("pi_1", 5000)), Settled::Unchanged);
    assert_eq!((booking.status, booking.refunds.len()), (BookingStatus::Expired, 1));
    assert_eq!(booking.refunds[0].status, RefundStatus::Created);
    assert_eq!((booking.paid(), sale.offers[0].sold, sale.offers[0].held), (Money::eur(0), 0, 1));
}

#[test]
fn an_approval_is_not_a_payment() {
    let (mut sale, mut booking) = unpaid(10, 1);
    assert_eq!(hear(&mut booking, &mut sale, &Standing::Approved), Settled::Capture { revived: false });
    assert_eq!(hear(&mut booking, &mut sale, &Standing::Approved), Settled::StillToCapture);
    assert_eq!((booking.status, booking.paid()), (BookingStatus::PendingPayment, Money::eur(0)));
    assert_eq!(sale.offers[0].sold, 0);
}

#[test]
fn an_approval_that_comes_again_after_another_attempt_was_paid_is_not_to_be_captured() {
    let (mut sale, mut booking) = unpaid(10, 1);
    let second = booking.pay(&choice(Provider::Paypal), &till(Provider::Paypal), noon()).unwrap();
    hear(&mut booking, &mut sale, &charge("pi_1", 2500));
    for expected in [Settled::Noted, Settled::Unchanged] {
        assert_eq!(
            settle(&mut booking, &mut sale, second, (&Standing::Approved, &Holdings::default()), noon()),
            expected
        );
    }
}

#[test]
fn while_money_is_on_its_way_another_approval_waits_until_that_came_to_nothing() {
    let (mut sale, mut booking) = unpaid(10, 1);
    let second = booking.pay(&choice(Provider::Paypal), &till(Provider::Paypal), noon()).unwrap();
    hear(&mut booking, &mut sale, &Standing::Approved);
    assert_eq!(
        settle(&mut booking, &mut sale, second, (&Standing::Approved, &Holdings::default()), noon()),
        Settled::Unchanged
    );
    assert_eq!(booking.payments[1].status, PaymentStatus::Created, "it is asked about again");
    hear(&mut booking, &mut sale, &Standing::Failed);
    let settled =
        settle(&mut booking, &mut sale, second, (&Standing::Approved, &Holdings::default()), noon());
    assert_eq!(settled, Settled::Capture { revived: false });
}

#[test]
fn a_late_approval_is_taken_only_if_there_is_a_place_for_it() {
    let (mut sale, mut booking) = expired(1, 1);
    assert_eq!(hear(&mut booking, &mut sale, &Standing::Approved), Settled::Capture { revived: true });
    assert_eq!((booking.status, sale.offers[0].held), (BookingStatus::PendingPayment, 1));
    let (mut full, mut booking) = expired(1, 1);
    held(&mut full, 1);
    let effects =
        hear(&mut booking, &mut full, &Standing::Approved).effects(&booking, booking.payments[0].id);
    assert_eq!(effects, [], "nothing is captured");
    assert_eq!((booking.status, full.offers[0].held), (BookingStatus::Expired, 1));
}

#[test]
fn other_open_attempts_are_ended_once_one_is_paid() {
    let (mut sale, mut booking) = unpaid(10, 1);
    booking.pay(&choice(Provider::Stripe), &till(Provider::Stripe), noon()).unwrap();
    let (first, id) = (booking.payments[0].id, booking.id);
    let settled = hear(&mut booking, &mut sale, &charge("pi_1", 2500));
    let effects = settled.effects(&booking, first);
    assert!(effects.contains(&Effect::SendTickets { booking: id }));
    assert!(effects.contains(&Effect::WatchBooking { booking: id }));
}

#[test]
fn a_declined_buyer_may_try_again() {
    let (mut sale, mut booking) = unpaid(10, 1);
    assert_eq!(hear(&mut booking, &mut sale, &Standing::Declined), Settled::Noted);
    assert!(booking.payments[0].status.may_be_paid());
    assert_eq!(booking.payments[0].problem.as_deref(), Some("declined"));
    hear(&mut booking, &mut sale, &charge("pi_1", 2500));
    assert_eq!(booking.payments[0].problem, None);
}

fn standings() -> impl Strategy<Value = Vec<(usize, Standing)>> {
    let standing = prop_oneof![
        Just(Standing::Open),
        Just(Standing::Declined),
        Just(Standing::Approved),
        Just(Standing::Processing),
        Just(Standing::Failed),
        Just(Standing::Closed),
        (0..3u8, prop::sample::select(vec![2500u32, 2499]), any::<bool>()).prop_map(
            |(number, cents, live)| {
                let reference = format!("charge-{number}");
                Standing::Paid(Charge { reference, amount: Money::eur(cents), live })
            }
        ),
    ];
    prop::collection::vec((0..2usize, standing), 0..30)
}

proptest! {
    /// Whatever providers say, in any order and number: one booking, its places once, and never more money than owed.
    #[test]
    fn no_history_breaks_the_books(history in standings(), crowded in any::<bool>(), lapses in 0..30usize) {
        let (mut sale, mut booking) = unpaid(1, 1);
        booking.pay(&choice(Provider::Paypal), &till(Provider::Paypal), noon()).unwrap();
        let mut issued = 0;
        for (at, (attempt, standing)) in history.into_iter().enumerate() {
            if at == lapses {
                let by = booking.pay_by;
                if booking.lapse(&mut sale, by) == Lapse::Expired && crowded {
                    held(&mut sale, 1);
                }
            }
            let attempt = booking.payments[attempt].id;
            let refunds = booking.refunds.len();
            match settle(&mut booking, &mut sale, attempt, (&standing, &Holdings::default()), noon()) {
                Settled::Confirmed(tickets) => issued += tickets.len(),
                Settled::SentBack(_) => prop_assert_eq!(booking.refunds.len(), refunds + 1),
                _ => prop_assert_eq!(booking.refunds.len(), refunds),
            }
            let offer = &sale.offers[0];
            prop_assert!(offer.held + offer.sold <= offer.quantity);
            prop_assert!(issued <= 1);
            let confirmed = booking.status == BookingStatus::Confirmed;
            prop_assert_eq!(confirmed, issued == 1);
            prop_assert_eq!(booking.paid(), if confirmed { booking.total } else { Money::eur(0) });
        }
    }
}

#[test]
fn an_agreement_that_was_taken_back_can_be_given_again() {
    let (mut sale, mut booking) = unpaid(10, 1);
    hear(&mut booking, &mut sale, &Standing::Approved);
    assert_eq!(hear(&mut booking, &mut sale, &Standing::Open), Settled::Noted);
    assert_eq!(booking.payments[0].status, PaymentStatus::Open);
    assert_eq!(hear(&mut booking, &mut sale, &Standing::Approved), Settled::Capture { revived: false });
}

#[test]
fn an_older_word_does_not_bring_a_dead_attempt_back() {
    for end in [Standing::Failed, Standing::Closed] {
        let (mut sale, mut booking) = unpaid(10, 1);
        hear(&mut booking, &mut sale, &end);
        assert_eq!(hear(&mut booking, &mut sale, &Standing::Processing), Settled::Unchanged);
    }
}
