use super::*;
use crate::samples::{choice, noon, paid, pay, till, unpaid};
use crate::{Provider, TicketStatus};
use chrono::TimeDelta;
use kernel::Currency;
use proptest::prelude::*;

fn wish() -> RefundWish {
    RefundWish {
        id: None,
        amount: None,
        tickets: None,
        again: false,
        keep_tickets: false,
        reason: RefundReason::Staff,
        by: None,
        note: Some("the band is ill".into()),
    }
}

fn amount(cents: u32) -> RefundWish {
    RefundWish { amount: Some(Money::eur(cents)), ..wish() }
}

/// Everything that has not failed is done.
fn done(booking: &mut Booking) {
    for refund in booking.refunds.iter_mut().filter(|refund| refund.counts()) {
        refund.status = RefundStatus::Done;
    }
}

#[test]
fn a_whole_refund_gives_all_back_and_takes_the_tickets_out_of_use() {
    let (mut sale, mut booking, mut tickets) = paid(10, 2);
    let refunds = booking.refund_by_staff(&mut tickets, &mut sale, &wish(), noon()).unwrap();
    assert_eq!((refunds.len(), booking.refunds[0].amount), (1, Money::eur(5000)));
    assert_eq!(booking.refunds[0].note.as_deref(), Some("the band is ill"));
    assert!(tickets.iter().all(|ticket| ticket.status == TicketStatus::Cancelled));
    assert_eq!((booking.status, booking.shown_status()), (BookingStatus::Cancelled, "refunded"));
    assert_eq!((sale.offers[0].held, sale.offers[0].sold), (0, 0));
    let again = booking.refund_by_staff(&mut tickets, &mut sale, &wish(), noon());
    assert_eq!(again, Err(RefundRefusal::Nothing), "the second of two admins");
}

#[test]
fn some_money_leaves_the_tickets_as_they_are() {
    let (mut sale, mut booking, mut tickets) = paid(10, 2);
    let before = sale.clone();
    booking.refund_by_staff(&mut tickets, &mut sale, &amount(1000), noon()).unwrap();
    assert_eq!((booking.left(), booking.shown_status()), (Money::eur(4000), "partially_refunded"));
    assert!(tickets.iter().all(|ticket| ticket.status == TicketStatus::Valid));
    assert_eq!(sale, before);
    let twice = booking.refund_by_staff(&mut tickets, &mut sale, &amount(1000), noon());
    assert_eq!(twice, Err(RefundRefusal::InProgress), "a double click is one refund");
    done(&mut booking);
    let most = Money::eur(4000);
    let too_much = booking.refund_by_staff(&mut tickets, &mut sale, &amount(4001), noon());
    assert_eq!(too_much, Err(RefundRefusal::TooMuch { most }));
    booking.refund_by_staff(&mut tickets, &mut sale, &amount(4000), noon()).unwrap();
    assert_eq!(booking.shown_status(), "refunded");
    let none = booking.refund_by_staff(&mut tickets, &mut sale, &amount(0), noon());
    assert_eq!(none, Err(RefundRefusal::WrongAmount));
}

#[test]
fn a_ticket_is_refunded_once() {
    let (mut sale, mut booking, mut tickets) = paid(10, 3);
    let one = RefundWish { tickets: Some(vec![tickets[1].id, tickets[1].id]), ..wish() };
    booking.refund_by_staff(&mut tickets, &mut sale, &one, noon()).unwrap();
    assert_eq!(booking.refunds[0].amount, Money::eur(2500));
    assert_eq!((booking.status, sale.offers[0].sold), (BookingStatus::Confirmed, 2));
    let again = booking.refund_by_staff(&mut tickets, &mut sale, &one, noon());
    assert_eq!(again, Err(RefundRefusal::RefundedBefore(tickets[1].id)));
    let kept = RefundWish { tickets: Some(vec![tickets[0].id]), keep_tickets: true, ..wish() };
    booking.refund_by_staff(&mut tickets, &mut sale, &kept, noon()).unwrap();
    assert_eq!((tickets[0].status, sale.offers[0].sold), (TicketStatus::Valid, 2));
    let more = RefundWish { amount: Some(Money::eur(2501)), tickets: Some(vec![tickets[2].id]), ..wish() };
    let refused = booking.refund_by_staff(&mut tickets, &mut sale, &more, noon());
    assert_eq!(refused, Err(RefundRefusal::TooMuch { most: Money::eur(2500) }));
    let unknown = RefundWish { tickets: Some(vec![kernel::TicketId::generate(noon())]), ..wish() };
    let refused = booking.refund_by_staff(&mut tickets, &mut sale, &unknown, noon());
    assert!(matches!(refused, Err(RefundRefusal::UnknownTicket(_))));
}

#[test]
fn staff_cancels_without_money_by_naming_none() {
    let (mut sale, mut booking, mut tickets) = paid(10, 2);
    let chosen = Some(vec![tickets[0].id]);
    let wish = RefundWish { amount: Some(Money::eur(0)), tickets: chosen, ..wish() };
    assert_eq!(booking.refund_by_staff(&mut tickets, &mut sale, &wish, noon()), Ok(vec![]));
    assert_eq!((tickets[0].status, sale.offers[0].sold), (TicketStatus::Cancelled, 1));
    assert_eq!((booking.left(), booking.shown_status()), (Money::eur(5000), "confirmed"));
}

#[test]
fn nothing_was_paid_nothing_goes_back() {
    let (mut sale, mut booking) = unpaid(10, 1);
    let refused = booking.refund_by_staff(&mut [], &mut sale, &wish(), noon());
    assert_eq!(refused, Err(RefundRefusal::Nothing));
    let yen = RefundWish { amount: Some(Money::new(1, Currency::JPY).unwrap()), ..wish() };
    let refused = booking.refund_by_staff(&mut [], &mut sale, &yen, noon());
    assert_eq!(refused, Err(RefundRefusal::WrongAmount));
}

#[test]
fn money_paid_twice_does_not_count_as_the_price() {
    let (mut sale, mut booking) = unpaid(10, 1);
    booking.pay(&choice(Provider::Paypal), &till(Provider::Paypal), noon()).unwrap();
    let mut tickets = pay(&mut booking, &mut sale, 1, "first");
    pay(&mut booking, &mut sale, 0, "second");
    assert_eq!((booking.left(), booking.shown_status()), (Money::eur(2500), "confirmed"));
    let ids = booking.refund_by_staff(&mut tickets, &mut sale, &wish(), noon()).unwrap();
    let new = booking.refunds.iter().find(|refund| refund.id == ids[0]).unwrap();
    assert_eq!((ids.len(), new.payment, new.amount), (1, booking.payments[1].id, Money::eur(2500)));
    assert_eq!(booking.shown_status(), "refunded");
}

#[test]
fn what_bought_the_places_goes_back_before_what_came_besides() {
    let (mut sale, mut booking) = unpaid(10, 2);
    booking.pay(&choice(Provider::Stripe), &till(Provider::Stripe), noon()).unwrap();
    let mut tickets = pay(&mut booking, &mut sale, 0, "first");
    pay(&mut booking, &mut sale, 1, "second");
    // The refund of the second payment failed: both are here.
    booking.refunds[0].status = RefundStatus::Failed;
    booking.payments[1].changed_at += TimeDelta::minutes(1);
    let ids = booking.refund_by_staff(&mut tickets, &mut sale, &amount(6000), noon()).unwrap();
    let parts: Vec<_> = booking.refunds[1..].iter().map(|refund| (refund.payment, refund.amount)).collect();
    let (first, second) = (booking.payments[0].id, booking.payments[1].id);
    assert_eq!((ids.len(), parts), (2, vec![(first, Money::eur(5000)), (second, Money::eur(1000))]));
}

#[test]
fn paypal_gives_nothing_back_after_180_days() {
    let (mut sale, mut booking, mut tickets) = paid(10, 1);
    let after = |days| noon() + TimeDelta::days(days);
    let stripe =
        booking.clone().refund_by_staff(&mut tickets.clone(), &mut sale.clone(), &wish(), after(400));
    assert!(stripe.is_ok());
    booking.payments[0].provider = Provider::Paypal;
    let late = after(180) + TimeDelta::seconds(1);
    let before = (booking.clone(), tickets.clone(), sale.clone());
    let refused = booking.refund_by_staff(&mut tickets, &mut sale, &wish(), late);
    assert_eq!(refused, Err(RefundRefusal::WindowOver));
    assert_eq!((booking.clone(), tickets.clone(), sale.clone()), before, "nothing has changed");
    assert!(booking.refund_by_staff(&mut tickets, &mut sale, &wish(), after(180)).is_ok());
}

#[test]
fn a_failed_refund_is_made_again_once() {
    let (mut sale, mut booking, mut tickets) = paid(10, 2);
    let failed = booking.refund_by_staff(&mut tickets, &mut sale, &amount(1000), noon()).unwrap()[0];
    assert_eq!(booking.refund_again(failed, None, noon()), Err(RefundRefusal::NotFailed));
    booking.refunds[0].status = RefundStatus::Failed;
    let second = booking.refund_again(failed, None, noon()).unwrap();
    assert_ne!(failed, second, "the provider sees another one");
    assert_eq!(booking.refund_again(failed, None, noon()), Err(RefundRefusal::NotFailed));
    assert_eq!(booking.left(), Money::eur(4000));
    booking.refunds[1].status = RefundStatus::Failed;
    booking.refund_again(failed, None, noon()).unwrap();
    assert_eq!(booking.left(), Money::eur(4000));
}

proptest! {
    /// Whatever staff asks for and whatever providers answer: never more goes back than was paid, for the booking
    /// and for each charge, and places sold are living tickets.
    #[test]
    fn never_more_goes_back_than_was_paid(
        places in 1_u32..5,
        twice in any::<bool>(),
        wishes in proptest::collection::vec(
            (proptest::option::of(0_u32..12_000), proptest::option::of(0_usize..5), any::<bool>(), 0_u8..4), 1..12),
    ) {
        let (mut sale, mut booking, mut tickets) = paid(10, places);
        if twice {
            let mut other = booking.payments[0].clone();
            other.id = PaymentId::generate(noon());
            other.attempt = 2;
            booking.payments.push(other);
        }
        let charged = booking.charged();
        for (cents, ticket, keep_tickets, outcome) in wishes {
            let chosen = ticket.map(|at| vec![tickets[at % tickets.len()].id]);
            let wish = RefundWish { amount: cents.map(Money::eur), tickets: chosen, keep_tickets, ..wish() };
            let before = (booking.left(), booking.refunds.len());
            match booking.refund_by_staff(&mut tickets, &mut sale, &wish, noon()) {
                Ok(ids) => {
                    let new: i64 = booking.refunds[before.1..].iter().map(|it| it.amount.minor()).sum();
                    prop_assert_eq!(ids.len(), booking.refunds.len() - before.1);
                    prop_assert_eq!(booking.left().minor(), before.0.minor() - new);
                    if let Some(cents) = cents {
                        prop_assert_eq!(new, i64::from(cents));
                    }
                }
                Err(_) => prop_assert_eq!((booking.left(), booking.refunds.len()), before),
            }
            if let Some(last) = booking.refunds.last_mut().filter(|it| it.status == RefundStatus::Created) {
                last.status = match outcome {
                    0 => RefundStatus::Failed,
                    1 => RefundStatus::InTransit,
                    2 => RefundStatus::Uncertain,
                    _ => RefundStatus::Done,
                };
            }
            prop_assert_eq!(booking.left().plus(booking.refunded()), Some(charged));
            for payment in &booking.payments {
                let of_it = booking.refunds.iter().filter(|it| it.counts() && it.payment == payment.id);
                prop_assert!(of_it.map(|it| it.amount.minor()).sum::<i64>() <= payment.paid.unwrap().minor());
            }
            let living = tickets.iter().filter(|ticket| ticket.status.lives()).count();
            prop_assert_eq!(usize::try_from(sale.offers[0].sold).unwrap(), living);
            prop_assert_eq!(booking.status == BookingStatus::Confirmed, living > 0);
        }
    }
}

#[test]
fn two_people_who_send_the_same_amount_back_in_the_same_minutes_mean_one_refund() {
    let (mut sale, mut booking, mut tickets) = paid(10, 4);
    let first = booking.refund_by_staff(&mut tickets, &mut sale, &amount(1000), noon()).unwrap();
    done(&mut booking);
    let soon = noon() + TimeDelta::minutes(9);
    let twice = booking.refund_by_staff(&mut tickets, &mut sale, &amount(1000), soon);
    assert_eq!(twice, Err(RefundRefusal::Repeated));
    assert_eq!(booking.refunds.len(), first.len());
    let meant = RefundWish { again: true, ..amount(1000) };
    booking.refund_by_staff(&mut tickets, &mut sale, &meant, soon).unwrap();
    done(&mut booking);
    booking.refund_by_staff(&mut tickets, &mut sale, &amount(999), soon).unwrap();
    done(&mut booking);
    booking.refund_by_staff(&mut tickets, &mut sale, &amount(1000), soon + TimeDelta::minutes(10)).unwrap();
}

#[test]
fn a_refund_that_failed_is_made_again_for_what_has_not_gone_back_otherwise() {
    let (_, mut booking, _) = paid(10, 2);
    let payment = booking.payments[0].id;
    let failed = booking.send_back(payment, RefundReason::Staff, noon()).unwrap();
    booking.refund_stands(failed, RefundStatus::Failed, None, noon());
    let outside = Refund {
        status: RefundStatus::Done,
        ..Refund::new(payment, Money::eur(700), RefundReason::External, noon())
    };
    booking.refunds.push(outside);
    let again = booking.refund_again(failed, None, noon()).unwrap();
    let again = booking.refunds.iter().find(|it| it.id == again).unwrap();
    assert_eq!(again.amount, Money::eur(4_300));
    let nothing = booking.refund_again(failed, None, noon());
    assert_eq!(nothing, Err(RefundRefusal::NotFailed));
}

#[test]
fn what_went_back_for_a_ticket_is_not_made_again_by_any_way() {
    let (mut sale, mut booking, mut tickets) = paid(10, 2);
    let one = |again| RefundWish { tickets: Some(vec![tickets[0].id]), again, ..wish() };
    let (first, second) = (one(false), one(true));
    let failed = booking.refund_by_staff(&mut tickets, &mut sale, &first, noon()).unwrap()[0];
    booking.refund_stands(failed, RefundStatus::Failed, None, noon());
    booking.refund_by_staff(&mut tickets, &mut sale, &second, noon()).unwrap();
    let again = booking.refund_again(failed, None, noon());
    assert_eq!(again, Err(RefundRefusal::RefundedBefore(tickets[0].id)));
    // A failure whose repetition failed and was made once more is made again by none of them.
    let (_, mut booking, _) = paid(10, 2);
    let a = booking.send_back(booking.payments[0].id, RefundReason::Staff, noon()).unwrap();
    booking.refund_stands(a, RefundStatus::Failed, None, noon());
    let b = booking.refund_again(a, None, noon()).unwrap();
    booking.refund_stands(b, RefundStatus::Failed, None, noon());
    booking.refunds[0].amount = Money::eur(1_000);
    booking.refunds[1].amount = Money::eur(1_000);
    booking.refund_again(b, None, noon()).unwrap();
    assert_eq!(booking.refund_again(a, None, noon()), Err(RefundRefusal::NotFailed));
    assert_eq!(booking.refund_again(b, None, noon()), Err(RefundRefusal::NotFailed));
}

#[test]
fn a_part_of_the_price_of_a_ticket_that_stays_good_is_guarded_like_any_money() {
    let (mut sale, mut booking, mut tickets) = paid(10, 2);
    let part = RefundWish { tickets: Some(vec![tickets[0].id]), keep_tickets: true, ..amount(500) };
    booking.refund_by_staff(&mut tickets, &mut sale, &part, noon()).unwrap();
    let twice = booking.refund_by_staff(&mut tickets, &mut sale, &part, noon());
    assert_eq!(twice, Err(RefundRefusal::InProgress));
    done(&mut booking);
    let later = booking.refund_by_staff(&mut tickets, &mut sale, &part, noon());
    assert_eq!(later, Err(RefundRefusal::Repeated));
}
