use super::*;
use crate::presence::Death;
use crate::samples::{held, noon, offer, paid, sale, somebody};
use crate::{Gate, Verdict};
use chrono::TimeDelta;
use kernel::QuotaId;

/// A sold-out sale of two, both tickets one buyer's, and one of them at the desk.
fn at_desk() -> (Sale, Booking, Vec<Ticket>, Return) {
    let (mut sale, booking, mut tickets) = paid(2, 2);
    let made = booking.give_to_desk(&mut tickets[0], &mut sale, booking.buyer, noon()).unwrap();
    (sale, booking, tickets, made)
}

#[test]
fn a_ticket_at_the_desk_admits_nobody_and_its_place_is_free() {
    let (sale, booking, mut tickets, made) = at_desk();
    assert_eq!((tickets[0].status, tickets[0].version), (TicketStatus::Returned, 2));
    assert_eq!(
        (made.status, made.price, made.holder),
        (ReturnStatus::Waiting, Money::eur(2500), booking.buyer)
    );
    assert_eq!((sale.offers[0].sold, sale.left_of(&sale.offers[0])), (1, 1));
    let gate = Gate::of(&sale);
    for version in [1, 2] {
        let verdict = gate.admit(&mut tickets[0], version, None, sale.starts_at);
        assert_eq!(verdict, Verdict::Cancelled, "{version}");
        assert_eq!(tickets[0].death(version), Death::At(noon()), "{version}");
    }
}

#[test]
fn only_who_bought_a_good_ticket_gives_it_back_while_it_is_on_sale() {
    let (mut sale, booking, mut tickets) = paid(3, 3);
    let (own, other) = (booking.buyer, somebody());
    let refused = |ticket: &mut Ticket, sale: &mut Sale, by, now| {
        let before = (ticket.clone(), sale.clone());
        let refusal = booking.give_to_desk(ticket, sale, by, now).unwrap_err();
        assert_eq!((&before.0, &before.1), (&*ticket, &*sale));
        refusal
    };
    assert_eq!(refused(&mut tickets[0], &mut sale, other, noon()), ReturnRefusal::Unknown);
    tickets[1].holder = other;
    assert_eq!(refused(&mut tickets[1], &mut sale, other, noon()), ReturnRefusal::NotReturnable);
    for status in [TicketStatus::CheckedIn, TicketStatus::Cancelled, TicketStatus::Returned] {
        tickets[2].status = status;
        assert_eq!(refused(&mut tickets[2], &mut sale, own, noon()), ReturnRefusal::NotReturnable);
    }
    let late = sale.starts_at;
    assert_eq!(refused(&mut tickets[0], &mut sale, own, late), ReturnRefusal::NotOnSale);
    tickets[0].version = MOST_CODES;
    assert_eq!(refused(&mut tickets[0], &mut sale, own, noon()), ReturnRefusal::TooOften);
    tickets[0].version = 1;
    sale.resale.returns = false;
    assert_eq!(refused(&mut tickets[0], &mut sale, own, noon()), ReturnRefusal::NotAllowed);
}

#[test]
fn money_goes_back_once_and_in_full_when_it_was_sold_again() {
    let (mut sale, mut booking, mut tickets, mut made) = at_desk();
    made.becomes(ReturnStatus::Sold, noon());
    let refunds = booking.resold(&mut made, &mut tickets, noon()).unwrap();
    assert_eq!((refunds.len(), booking.refunds[0].amount), (1, Money::eur(2500)));
    assert_eq!((made.status, tickets[0].status), (ReturnStatus::Refunded, TicketStatus::Cancelled));
    assert_eq!([1, 2].map(|version| tickets[0].death(version)), [Death::At(noon()); 2]);
    assert_eq!(booking.status, BookingStatus::Confirmed, "the other ticket is good");
    made.becomes(ReturnStatus::Sold, noon());
    assert_eq!(booking.resold(&mut made, &mut tickets, noon()), Ok(Vec::new()));
    let cancelled = booking.event_cancelled(&mut tickets, &mut sale, None, noon()).unwrap().unwrap();
    assert_eq!((cancelled.len(), booking.refunded()), (1, Money::eur(5000)), "the rest, and not twice");
}

#[test]
fn an_event_that_is_cancelled_pays_for_what_waits_at_the_desk() {
    let (mut sale, mut booking, mut tickets, mut made) = at_desk();
    let sold = sale.offers[0].sold;
    booking.event_cancelled(&mut tickets, &mut sale, None, noon()).unwrap().unwrap();
    assert_eq!((booking.refunded(), booking.status), (Money::eur(5000), BookingStatus::Cancelled));
    assert_eq!((sold, sale.offers[0].sold), (1, 0), "its place was free already");
    made.becomes(ReturnStatus::Sold, noon());
    assert_eq!(booking.resold(&mut made, &mut tickets, noon()), Ok(Vec::new()));
    assert_eq!((made.status, booking.refunded()), (ReturnStatus::Cancelled, Money::eur(5000)));
}

#[test]
fn the_rest_of_a_booking_can_be_given_up_while_a_ticket_waits() {
    let (mut sale, mut booking, mut tickets, mut made) = at_desk();
    let other = tickets[1].id;
    booking.void(&mut tickets, &[other], &mut sale, noon());
    assert_eq!(booking.status, BookingStatus::Confirmed, "one is not settled");
    made.becomes(ReturnStatus::Sold, noon());
    booking.resold(&mut made, &mut tickets, noon()).unwrap();
    assert_eq!(booking.status, BookingStatus::Cancelled);
}

#[test]
fn what_is_taken_again_is_good_under_a_new_code_if_its_place_is_free() {
    let (mut sale, booking, mut tickets, mut made) = at_desk();
    let hold = held(&mut sale, 1);
    let none = Holdings::default();
    let taken = booking.take_from_desk(&mut made, &mut tickets[0], (&mut sale, &none), noon());
    assert_eq!((taken, made.status), (Err(ReturnRefusal::PlaceTaken), ReturnStatus::Waiting));
    sale.release(&hold.items, hold.id);
    booking.take_from_desk(&mut made, &mut tickets[0], (&mut sale, &none), noon()).unwrap();
    assert_eq!((tickets[0].status, tickets[0].version), (TicketStatus::Valid, 3));
    assert_eq!((made.status, sale.offers[0].sold), (ReturnStatus::TakenBack, 2));
    let again = booking.take_from_desk(&mut made, &mut tickets[0], (&mut sale, &none), noon());
    assert_eq!(again, Err(ReturnRefusal::NotReturned));
}

#[test]
fn nobody_takes_back_what_staff_paid_for_or_more_than_they_may_have() {
    let (mut sale, mut booking, mut tickets, mut made) = at_desk();
    sale.offers[0].max_per_user = Some(2);
    let mut already = Holdings::default();
    already.taken.insert(tickets[0].ticket_type, 2);
    let taken = booking.take_from_desk(&mut made, &mut tickets[0], (&mut sale, &already), noon());
    assert_eq!(taken, Err(ReturnRefusal::LimitExceeded { limit: Limit::PerUser, most: 2 }));
    let grounds = Booking::grounds(tickets[0].id);
    booking.give_back(Money::eur(2500), &grounds, noon()).unwrap();
    let taken = booking.take_from_desk(&mut made, &mut tickets[0], (&mut sale, &Holdings::default()), noon());
    assert_eq!(taken, Err(ReturnRefusal::PlaceTaken));
    assert!(!booking.unsold(&mut made, &mut tickets[0], &mut sale, noon()));
}

#[test]
fn what_nobody_bought_is_its_holders_again() {
    let (mut sale, booking, mut tickets, mut made) = at_desk();
    let end = sale.starts_at + TimeDelta::seconds(1);
    assert!(booking.unsold(&mut made, &mut tickets[0], &mut sale, end));
    assert_eq!((made.status, made.decided_at), (ReturnStatus::GivenBack, Some(end)));
    assert_eq!((tickets[0].status, tickets[0].version, sale.offers[0].sold), (TicketStatus::Valid, 3, 2));
    let deaths = [Death::At(noon()), Death::At(noon()), Death::Lives];
    assert_eq!([1, 2, 3].map(|version| tickets[0].death(version)), deaths, "the old code died at the desk");
    // The next code's end is its own, too.
    let later = end + TimeDelta::hours(1);
    let id = tickets[0].id;
    booking.clone().void(&mut tickets, &[id], &mut sale, later);
    assert_eq!([1, 3].map(|version| tickets[0].death(version)), [Death::At(noon()), Death::At(later)]);
}

#[test]
fn a_return_is_sold_again_when_fewer_places_are_unsold_than_tickets_wait() {
    let mut sale = sale(vec![offer(10, 2500), offer(10, 2500)]);
    let (one, other) = (sale.offers[0].ticket_type, sale.offers[1].ticket_type);
    let waiting = |first: u32, second: u32| BTreeMap::from([(one, first), (other, second)]);
    (sale.offers[0].sold, sale.offers[1].sold) = (8, 9);
    assert_eq!(sale.sold_again(&waiting(2, 1)), None, "as many are unsold as wait");
    sale.offers[0].held = 2;
    assert_eq!(sale.sold_again(&waiting(2, 1)), None, "held is not sold");
    sale.offers[0].sold = 9;
    assert_eq!(sale.sold_again(&waiting(2, 1)), Some(vec![one]));
    assert_eq!(sale.sold_again(&waiting(1, 1)), None, "one was found");
    let quota = crate::Quota { id: QuotaId::generate(noon()), quantity: 19 };
    (sale.offers[0].quota, sale.offers[1].quota) = (Some(quota), Some(quota));
    assert_eq!(sale.sold_again(&waiting(1, 1)), Some(vec![one, other]), "they share nineteen places");
    (sale.offers[0].quota, sale.capacity) = (None, Some(19));
    assert_eq!(sale.sold_again(&waiting(1, 1)), Some(vec![one, other]), "or the house has no more");
}

#[test]
fn a_seat_is_sold_again_when_its_kind_of_place_was_taken_elsewhere() {
    let section = Some(kernel::SectionId::generate(noon()));
    let seated = |quantity| crate::Offer { section, ..offer(quantity, 2500) };
    let mut sale = sale(vec![seated(5), seated(15), offer(10, 2500)]);
    let ids: Vec<_> = sale.offers.iter().map(|offer| offer.ticket_type).collect();
    let quota = crate::Quota { id: QuotaId::generate(noon()), quantity: 15 };
    (sale.offers[0].quota, sale.offers[1].quota) = (Some(quota), Some(quota));
    let waiting = |count: u32| BTreeMap::from([(ids[0], count)]);
    sale.offers[0].sold = 4;
    assert_eq!(sale.sold_again(&waiting(1)), None);
    assert_eq!(
        sale.sold_again(&waiting(2)),
        None,
        "one of them was blocked, and one can have its seat again"
    );
    sale.offers[0].sold = 5;
    assert_eq!(sale.sold_again(&waiting(1)), Some(vec![ids[0]]), "its type is sold out by other seats");
    (sale.offers[0].sold, sale.offers[1].sold) = (4, 11);
    assert_eq!(sale.sold_again(&waiting(1)), Some(ids[..2].to_vec()), "or its section");
    sale.offers[1].sold = 0;
    (sale.capacity, sale.offers[2].sold) = (Some(12), 7);
    assert_eq!(sale.sold_again(&waiting(1)), None);
    sale.offers[2].sold = 8;
    assert_eq!(sale.sold_again(&waiting(1)), Some(ids), "or the house, by those who stand");
}

#[test]
fn a_ticket_of_a_closed_type_is_given_back_while_its_place_could_be_sold() {
    let (mut sale, booking, tickets) = paid(2, 1);
    let early = sale.offers[0].ticket_type;
    let closed = noon() + TimeDelta::hours(1);
    sale.offers[0].sales_end = Some(closed);
    sale.offers.push(offer(2, 4000));
    sale.offers[1].sales_end = Some(closed + TimeDelta::days(1));
    let given = |sale: &Sale| {
        booking.give_to_desk(&mut tickets[0].clone(), &mut sale.clone(), booking.buyer, closed).err()
    };
    assert_eq!(given(&sale), Some(ReturnRefusal::NotOnSale), "the other type has places of its own");
    assert_eq!(sale.resale_ends(early), closed);
    let quota = Some(crate::Quota { id: QuotaId::generate(noon()), quantity: 2 });
    let section = Some(kernel::SectionId::generate(noon()));
    for share in [
        |sale: &mut Sale, quota, _| sale.offers.iter_mut().for_each(|it| it.quota = quota),
        |sale: &mut Sale, _, section| sale.offers.iter_mut().for_each(|it| it.section = section),
        |sale: &mut Sale, _, _| sale.capacity = Some(2),
    ] {
        let mut shared = sale.clone();
        share(&mut shared, quota, section);
        assert_eq!(given(&shared), None);
        assert_eq!(shared.resale_ends(early), closed + TimeDelta::days(1), "so long it is watched");
        assert!(!shared.resells(early, closed + TimeDelta::days(1)));
        shared.offers[1].sales_start = Some(closed + TimeDelta::hours(1));
        assert_eq!(given(&shared), Some(ReturnRefusal::NotOnSale), "not yet");
    }
}

fn case() -> (kernel::IncidentId, Timestamp) {
    (kernel::IncidentId::generate(noon()), noon())
}

#[test]
fn a_used_ticket_is_its_holders_again_or_is_over_and_not_paid_out() {
    let (mut sale, booking, tickets, made) = at_desk();
    let (mut free, mut all, mut back) = (booking.clone(), tickets.clone(), made.clone());
    assert!(free.was_used(&mut back, &mut all, (&mut sale.clone(), false), noon()));
    assert_eq!((back.status, all[0].status), (ReturnStatus::TakenBack, TicketStatus::Valid));
    for seat_is_gone in [true, false] {
        let (mut over, mut all, mut ended) = (booking.clone(), tickets.clone(), made.clone());
        assert!(!over.was_used(&mut ended, &mut all, (&mut sale, seat_is_gone), noon()));
        assert_eq!((ended.status, all[0].status), (ReturnStatus::Cancelled, TicketStatus::Cancelled));
        ended.becomes(ReturnStatus::Sold, noon());
        assert_eq!(over.resold(&mut ended, &mut all, noon()), Ok(Vec::new()), "nothing goes back");
        let found = over.used_case(&tickets[0], Misuse::Kept, case()).unwrap();
        assert_eq!((found.kind, found.payment), (crate::IncidentKind::UsedAndGivenUp, over.payments[0].id));
        assert_eq!((over.used_case(&all[0], Misuse::Before, case()), found.refund), (None, None));
        let left = sale.left_of(&sale.offers[0]);
        if left > 0 {
            held(&mut sale, left);
        }
    }
}

#[test]
fn money_that_went_back_for_a_used_ticket_is_a_case() {
    let (_, mut booking, mut tickets, mut made) = at_desk();
    made.becomes(ReturnStatus::Sold, noon());
    assert_eq!(
        booking.used_case(&tickets[0], Misuse::Before, case()).map(|it| it.refund),
        Some(None),
        "soon"
    );
    for how in [Misuse::Before, Misuse::After] {
        let found = booking.used_case(&tickets[0], how, case()).unwrap();
        assert_eq!((found.refund, found.payment), (None, booking.payments[0].id), "{how:?}");
    }
    let refunds = booking.resold(&mut made, &mut tickets, noon()).unwrap();
    let found = booking.used_case(&tickets[0], Misuse::After, case()).unwrap();
    assert_eq!((found.refund, found.payment), (Some(refunds[0]), booking.payments[0].id));
    assert_eq!(booking.used_case(&tickets[1], Misuse::Before, case()), None, "the other one is good");
}

#[test]
fn what_staff_gave_back_before_keeps_no_ticket_at_the_desk() {
    let (mut sale, mut booking, mut tickets) = paid(2, 2);
    booking.give_back(Money::eur(2500), &Booking::grounds(tickets[0].id), noon()).unwrap();
    let (later, end) = (noon() + TimeDelta::minutes(1), sale.starts_at);
    let mut made = booking.give_to_desk(&mut tickets[0], &mut sale, booking.buyer, later).unwrap();
    assert!(made.price.is_zero() && !booking.is_paid_out(&made));
    assert!(booking.unsold(&mut made, &mut tickets[0], &mut sale, end));
    assert_eq!((made.status, tickets[0].status), (ReturnStatus::GivenBack, TicketStatus::Valid));
}

#[test]
fn a_place_may_become_free_that_somebody_keeps_now() {
    let mut sale = sale(vec![offer(1, 2500), offer(1, 2500)]);
    let own = sale.offers[0].ticket_type;
    sale.offers[1].held = 1;
    assert!(!sale.may_free(own), "another kind of place");
    sale.capacity = Some(1);
    assert!(sale.may_free(own), "of the same house");
    sale.capacity = None;
    let quota = Some(crate::Quota { id: QuotaId::generate(noon()), quantity: 1 });
    (sale.offers[0].quota, sale.offers[1].quota) = (quota, quota);
    assert!(sale.may_free(own), "of the same quota");
    (sale.offers[0].held, sale.offers[1].held) = (1, 0);
    assert!(sale.may_free(own), "of the same kind");
}
