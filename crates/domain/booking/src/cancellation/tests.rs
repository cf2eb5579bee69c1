use super::*;
use crate::policy::{CancellationPolicy, Tier};
use crate::samples::{noon, paid, somebody, unpaid};
use crate::{Charge, Holdings, RefundWish, Settled, Standing, settle};
use chrono::TimeDelta;
use kernel::Currency;
use proptest::prelude::*;
use serde_json::json;

fn promise(points: u16, fixed: Option<u32>) -> Option<Promise> {
    let fee_fixed = fixed.map(Money::eur);
    let tier = Tier { until_hours_before: 24, fee_basis_points: points, fee_fixed };
    Some(Promise::Policy(CancellationPolicy::new(true, vec![tier]).unwrap()))
}

fn cents(money: Money) -> i64 {
    money.minor()
}

/// Money that staff gives back for no ticket in particular.
fn goodwill(amount: Money) -> RefundWish {
    RefundWish {
        id: None,
        amount: Some(amount),
        tickets: None,
        again: false,
        keep_tickets: true,
        reason: RefundReason::Staff,
        by: None,
        note: None,
    }
}

#[test]
fn what_the_preview_says_is_what_happens() {
    let (mut sale, mut booking, mut tickets) = paid(10, 3);
    booking.promise = promise(1250, Some(100));
    let chosen = [tickets[0].id, tickets[2].id];
    let quote = booking.quote(&tickets, Some(&chosen), sale.starts_at, noon()).unwrap();
    let lines: Vec<_> = quote.lines.iter().map(|it| (it.ticket, cents(it.fee), cents(it.refund))).collect();
    assert_eq!(lines, [(chosen[0], 413, 2087), (chosen[1], 413, 2087)]);
    assert_eq!((cents(quote.fee), cents(quote.refund), quote.obstacle), (826, 4174, None));
    let cancelled = booking.cancel(&mut tickets, Some(&chosen), &mut sale, noon()).unwrap();
    assert_eq!(cancelled.tickets, chosen);
    assert_eq!((booking.refunds.len(), booking.refunds[0].amount), (1, quote.refund));
    assert_eq!((sale.offers[0].sold, booking.shown_status()), (1, "partially_refunded"));
    let statuses: Vec<_> = tickets.iter().map(|ticket| ticket.status).collect();
    assert_eq!(statuses, [TicketStatus::Cancelled, TicketStatus::Valid, TicketStatus::Cancelled]);
    let again = booking.cancel(&mut tickets, Some(&chosen), &mut sale, noon());
    assert_eq!(again, Err(CancelRefusal::NotGivenBack(chosen[0])));
    booking.cancel(&mut tickets, None, &mut sale, noon()).unwrap();
    assert_eq!((booking.status, booking.shown_status()), (BookingStatus::Cancelled, "cancelled"));
    assert_eq!((sale.offers[0].sold, cents(booking.left())), (0, 3 * 413));
    assert_eq!(booking.cancel(&mut tickets, None, &mut sale, noon()), Err(CancelRefusal::Ended));
}

#[test]
fn the_fee_is_kept_of_what_is_there_and_told_as_it_is_kept() {
    let (mut sale, mut booking, mut tickets) = paid(10, 1);
    booking.promise = promise(1000, None);
    let goodwill = goodwill(Money::eur(2000));
    booking.refund_by_staff(&mut tickets, &mut sale, &goodwill, noon()).unwrap();
    let quote = booking.quote(&tickets, None, sale.starts_at, noon()).unwrap();
    assert_eq!((cents(quote.lines[0].paid), cents(quote.fee), cents(quote.refund)), (500, 250, 250));
    booking.cancel(&mut tickets, None, &mut sale, noon()).unwrap();
    assert_eq!(cents(booking.left()), 250, "what was told to be kept is kept");
    booking.promise = None;
    let (sale, mut poor, tickets) = paid(10, 1);
    poor.payments[0].paid = Some(Money::eur(5));
    let quote = poor.quote(&tickets, None, sale.starts_at, noon()).unwrap();
    assert_eq!((cents(quote.lines[0].paid), cents(quote.refund)), (5, 0), "no more than was paid");
}

#[test]
fn one_by_one_comes_to_the_same_as_all_at_once_also_after_goodwill() {
    let goodwill = goodwill(Money::eur(2000));
    let sent = |groups: &[&[usize]]| {
        let (mut sale, mut booking, mut tickets) = paid(10, 2);
        booking.promise = promise(5000, None);
        booking.refund_by_staff(&mut tickets, &mut sale, &goodwill, noon()).unwrap();
        for group in groups {
            let chosen: Vec<_> = group.iter().map(|at| tickets[*at].id).collect();
            booking.cancel(&mut tickets, Some(&chosen), &mut sale, noon()).unwrap();
        }
        cents(booking.left())
    };
    assert_eq!(sent(&[&[0, 1]]), 1_750);
    assert_eq!(sent(&[&[0], &[1]]), 1_750);
}

#[test]
fn a_ticket_is_worth_its_part_of_what_was_taken_for_the_price() {
    let (sale, mut booking, tickets) = paid(10, 2);
    booking.promise = promise(0, None);
    booking.payments[0].paid = Some(Money::eur(3000));
    let quote = booking.quote(&tickets, Some(&[tickets[0].id]), sale.starts_at, noon()).unwrap();
    assert_eq!(cents(quote.refund), 1_500);
}

#[test]
fn what_was_not_promised_does_not_happen_and_is_previewed_as_nothing() {
    let never = Promise::Policy(CancellationPolicy::new(false, vec![]).unwrap());
    let broken = Promise::Malformed(json!({"refundable": "perhaps"}));
    let cases =
        [(None, NoWay::NotRefundable), (Some(never), NoWay::NotRefundable), (Some(broken), NoWay::Malformed)];
    for (promise, no_way) in cases {
        let (mut sale, mut booking, mut tickets) = paid(10, 1);
        booking.promise = promise;
        let quote = booking.quote(&tickets, None, sale.starts_at, noon()).unwrap();
        assert_eq!((cents(quote.refund), cents(quote.fee)), (0, 2500));
        assert_eq!(quote.obstacle, Some(no_way.into()));
        let before = (sale.clone(), booking.clone(), tickets.clone());
        assert_eq!(booking.cancel(&mut tickets, None, &mut sale, noon()), Err(no_way.into()));
        assert_eq!((sale, booking, tickets), before);
    }
}

#[test]
fn the_deadline_counts_from_the_beginning_of_the_event() {
    let (mut sale, mut booking, mut tickets) = paid(10, 1);
    booking.promise = promise(0, None);
    let deadline = sale.starts_at - TimeDelta::hours(24);
    let late = booking.cancel(&mut tickets, None, &mut sale, deadline + TimeDelta::microseconds(1));
    assert_eq!(late, Err(NoWay::TooLate.into()));
    assert!(booking.cancel(&mut tickets, None, &mut sale, deadline).is_ok());
}

#[test]
fn tickets_that_were_used_or_belong_to_another_are_not_given_back() {
    let (mut sale, mut booking, mut tickets) = paid(10, 3);
    booking.promise = promise(0, None);
    tickets[0].status = TicketStatus::CheckedIn;
    tickets[1].holder = somebody();
    for used in [tickets[0].id, tickets[1].id] {
        let refused = booking.cancel(&mut tickets, Some(&[used]), &mut sale, noon());
        assert_eq!(refused, Err(CancelRefusal::NotGivenBack(used)));
    }
    let all = booking.cancel(&mut tickets, None, &mut sale, noon());
    assert_eq!(all, Err(CancelRefusal::NotGivenBack(tickets[0].id)), "all or nothing");
    let third = [tickets[2].id];
    booking.cancel(&mut tickets, Some(&third), &mut sale, noon()).unwrap();
    assert_eq!((booking.status, sale.offers[0].sold), (BookingStatus::Confirmed, 2));
}

#[test]
fn all_of_mine_are_those_that_were_not_handed_on() {
    let (mut sale, mut booking, mut tickets) = paid(10, 3);
    booking.promise = promise(0, None);
    tickets[1].holder = somebody();
    let quote = booking.quote(&tickets, None, sale.starts_at, noon()).unwrap();
    assert_eq!((quote.lines.len(), cents(quote.refund)), (2, 5000));
    let cancelled = booking.cancel(&mut tickets, None, &mut sale, noon()).unwrap();
    assert_eq!(cancelled.tickets, [tickets[0].id, tickets[2].id]);
    assert_eq!((tickets[1].status, booking.status), (TicketStatus::Valid, BookingStatus::Confirmed));
    assert_eq!((sale.offers[0].sold, cents(booking.left())), (1, 2500));
    let rest = booking.cancel(&mut tickets, None, &mut sale, noon());
    assert_eq!(rest, Err(CancelRefusal::Ended), "nothing is left that is the buyer's");
}

#[test]
fn a_granted_request_leaves_alone_what_was_handed_on_meanwhile() {
    let (mut sale, mut booking, mut tickets) = paid(10, 2);
    booking.ask_to_cancel(&tickets, None, None, noon()).unwrap();
    tickets[0].holder = somebody();
    let granted = (&Decision::Grant(None), None, None);
    let mut both_gone = (booking.clone(), tickets.clone());
    booking.decide_request(&mut tickets, &mut sale, granted.clone(), noon()).unwrap();
    let statuses: Vec<_> = tickets.iter().map(|ticket| ticket.status).collect();
    assert_eq!(statuses, [TicketStatus::Valid, TicketStatus::Cancelled]);
    assert_eq!((cents(booking.refunds[0].amount), sale.offers[0].sold), (2500, 1));
    let (booking, tickets) = (&mut both_gone.0, &mut both_gone.1);
    tickets[1].holder = somebody();
    let before = (booking.clone(), tickets.clone(), sale.clone());
    let nothing = booking.decide_request(tickets, &mut sale, granted, noon());
    assert_eq!(nothing, Err(CancelRefusal::Ended.into()));
    assert_eq!((booking.clone(), tickets.clone(), sale), before);
}

#[test]
fn what_is_called_off_before_it_is_paid_never_becomes_a_booking_again() {
    let (mut sale, mut booking) = unpaid(10, 2);
    let quote = booking.quote(&[], None, sale.starts_at, noon()).unwrap();
    assert_eq!((quote.lines.len(), cents(quote.refund), quote.obstacle), (0, 0, None));
    booking.cancel(&mut [], None, &mut sale, noon()).unwrap();
    assert_eq!((booking.status, booking.shown_status()), (BookingStatus::Cancelled, "cancelled"));
    assert_eq!((sale.offers[0].held, sale.offers[0].sold), (0, 0));
    let attempt = booking.payments[0].id;
    let mut hear =
        |standing| settle(&mut booking, &mut sale, attempt, (&standing, &Holdings::default()), noon());
    assert_eq!(hear(Standing::Approved), Settled::Noted, "what was agreed to is not taken");
    let charge = Charge { reference: "pi_1".into(), amount: Money::eur(5000), live: false };
    assert!(matches!(hear(Standing::Paid(charge.clone())), Settled::SentBack(_)));
    assert_eq!(hear(Standing::Paid(charge)), Settled::Unchanged, "once");
    assert_eq!((cents(booking.left()), booking.refunds.len(), sale.offers[0].sold), (0, 1, 0));
}

#[test]
fn staff_is_asked_once_and_decides_once() {
    let (mut sale, mut booking, mut tickets) = paid(10, 2);
    let staff = somebody();
    let refuse =
        booking.decide_request(&mut tickets, &mut sale, (&Decision::Refuse, Some(staff), None), noon());
    assert_eq!(refuse, Err(RequestRefusal::NothingAsked));
    let one = [tickets[0].id];
    booking.ask_to_cancel(&tickets, Some(&one), Some("ill".into()), noon()).unwrap();
    let twice = booking.ask_to_cancel(&tickets, None, None, noon());
    assert_eq!(twice, Err(RequestRefusal::Waiting));
    booking.decide_request(&mut tickets, &mut sale, (&Decision::Refuse, Some(staff), None), noon()).unwrap();
    assert_eq!(booking.request.as_ref().unwrap().status, RequestStatus::Refused);
    assert_eq!((sale.offers[0].sold, booking.refunds.len()), (2, 0));
    booking.ask_to_cancel(&tickets, None, None, noon()).unwrap();
    let grant = Decision::Grant(Some(Money::eur(4000)));
    booking
        .decide_request(&mut tickets, &mut sale, (&grant, Some(staff), Some("get well".into())), noon())
        .unwrap();
    let request = booking.request.as_ref().unwrap();
    assert_eq!((request.status, request.decided_by), (RequestStatus::Granted, Some(staff)));
    assert_eq!((booking.status, cents(booking.left())), (BookingStatus::Cancelled, 1000));
    assert_eq!((booking.refunds[0].reason, booking.refunds[0].by), (RefundReason::Cancelled, Some(staff)));
    assert_eq!(sale.offers[0].sold, 0);
}

#[test]
fn an_event_that_is_cancelled_gives_back_what_living_tickets_cost() {
    let (mut sale, mut booking, mut tickets) = paid(10, 3);
    booking.promise = promise(2000, None);
    let first = [tickets[0].id];
    booking.cancel(&mut tickets, Some(&first), &mut sale, noon()).unwrap();
    let done = booking.event_cancelled(&mut tickets, &mut sale, None, noon()).unwrap();
    let amounts: Vec<_> = booking.refunds.iter().map(|refund| cents(refund.amount)).collect();
    assert_eq!((done.unwrap().len(), amounts), (1, vec![2000, 5000]), "the fee that was agreed on stays");
    assert_eq!((booking.status, sale.offers[0].sold), (BookingStatus::Cancelled, 0));
    assert_eq!(booking.event_cancelled(&mut tickets, &mut sale, None, noon()), None, "once");
    let (mut sale, mut waiting) = unpaid(10, 2);
    assert_eq!(waiting.event_cancelled(&mut [], &mut sale, None, noon()), Some(Ok(vec![])));
    assert_eq!((waiting.status, sale.offers[0].held), (BookingStatus::Cancelled, 0));
}

#[test]
fn money_that_cannot_go_back_by_itself_is_named_and_the_tickets_are_cancelled_all_the_same() {
    let (mut sale, mut booking, mut tickets) = paid(10, 1);
    booking.payments[0].provider = crate::Provider::Paypal;
    let late = noon() + TimeDelta::days(181);
    let done = booking.event_cancelled(&mut tickets, &mut sale, None, late).unwrap();
    assert_eq!(done, Err(RefundRefusal::WindowOver));
    assert_eq!((booking.status, cents(booking.left())), (BookingStatus::Cancelled, 2500));
    assert_eq!(tickets[0].status, TicketStatus::Cancelled);
}

fn in_currency(booking: &mut Booking, price: i64, currency: Currency) {
    let price = Money::new(price, currency).unwrap();
    let total = price.times(booking.items[0].quantity).unwrap();
    booking.items[0].unit_price = price;
    booking.total = total;
    (booking.payments[0].amount, booking.payments[0].paid) = (total, Some(total));
}

proptest! {
    /// Whether tickets are cancelled one by one or together, in whichever currency: sums are exact, no fee is more
    /// than the ticket's price, and what is kept and what goes back is what was paid.
    #[test]
    fn cancelling_is_exact_to_the_smallest_unit(
        places in 1_u32..6,
        price in 1_i64..1_000_000,
        points in 0_u16..=10_000,
        fixed in proptest::option::of(0_i64..2000),
        currency in prop_oneof![Just(Currency::EUR), Just(Currency::JPY), Just(Currency::KWD)],
        together in 0_usize..6,
        goodwill in 0_i64..3000,
    ) {
        let (mut sale, mut booking, mut tickets) = paid(10, places);
        // Prices and what staff sends are checked to be amounts that providers move.
        let movable = |minor| Money::new(minor, currency).unwrap().movable().unwrap();
        let price = movable(price).minor();
        in_currency(&mut booking, price, currency);
        let fee_fixed = fixed.map(|minor| Money::new(minor, currency).unwrap());
        let tier = Tier { until_hours_before: 1, fee_basis_points: points, fee_fixed };
        booking.promise = Some(Promise::Policy(CancellationPolicy::new(true, vec![tier]).unwrap()));
        let charged = booking.charged();
        let goodwill = movable(goodwill.min(charged.minor() - currency.step()));
        let wish = self::goodwill(goodwill);
        let given = booking.refund_by_staff(&mut tickets, &mut sale, &wish, noon()).is_ok();
        prop_assert_eq!(given, !goodwill.is_zero());
        let mut back = booking.refunded();
        let ids: Vec<_> = tickets.iter().map(|ticket| ticket.id).collect();
        let first = together.min(ids.len());
        let groups = std::iter::once(&ids[..first]).chain(ids[first..].chunks(1)).filter(|group| !group.is_empty());
        for group in groups {
            let quote = booking.quote(&tickets, Some(group), sale.starts_at, noon()).unwrap();
            for line in &quote.lines {
                prop_assert_eq!(line.fee.plus(line.refund), Some(line.paid));
                prop_assert!(line.paid.minor() <= price && line.fee.minor() <= price);
                prop_assert_eq!(line.refund.movable(), Some(line.refund), "a provider can send it");
            }
            prop_assert_eq!(quote.lines.iter().map(|it| it.refund.minor()).sum::<i64>(), quote.refund.minor());
            prop_assert_eq!(quote.lines.iter().map(|it| it.fee.minor()).sum::<i64>(), quote.fee.minor());
            booking.cancel(&mut tickets, Some(group), &mut sale, noon()).unwrap();
            back = back.plus(quote.refund).unwrap();
            prop_assert_eq!(booking.refunded(), back);
            prop_assert_eq!(booking.left().plus(back), Some(charged));
        }
        prop_assert_eq!((booking.status, sale.offers[0].sold), (BookingStatus::Cancelled, 0));
        if goodwill.is_zero() {
            let price = Money::new(price, currency).unwrap();
            let rest = price.minus(tier.fee(price).unwrap()).unwrap();
            let kept = price.minus(rest.movable().unwrap()).unwrap();
            prop_assert_eq!(booking.left(), kept.times(places).unwrap());
        }
    }
}
