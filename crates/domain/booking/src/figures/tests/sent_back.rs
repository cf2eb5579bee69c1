//! To which types the money of a refund belongs.

use super::*;
use crate::Seat;
use crate::ledger::{Account, EntryKind};
use kernel::SeatId;

fn seat(number: u128) -> Seat {
    Seat { id: SeatId::from(uuid::Uuid::from_u128(number)), label: format!("A {number}") }
}

/// An entry by which so much goes back of an order that was sold for what its lines cost.
fn decided(items: &[Item], cents: u32, given_back: Vec<GivenBack>) -> Moved {
    let sum: i64 = items.iter().map(|item| item.unit_price.minor() * i64::from(item.quantity)).sum();
    let sale = sale_of(items.to_vec(), u32::try_from(sum).unwrap());
    let earlier = Earlier {
        kind: EntryKind::Sale,
        reversal: false,
        from: sale.from.clone(),
        to: sale.to.clone(),
        amount: sale.amount,
        refund: None,
        given_back: Vec::new(),
    };
    Moved {
        kind: EntryKind::RefundDecided,
        from: Account::Refunds,
        to: sale.from.clone(),
        amount: Money::eur(cents),
        given_back,
        earlier: vec![earlier],
        ..sale
    }
}

/// The same with a refund before.
fn after(first: &Moved, refund: RefundId, second: Moved) -> Moved {
    let Moved { kind, reversal, from, to, amount, given_back, .. } = first.clone();
    let before = Earlier { kind, reversal, from, to, amount, refund: Some(refund), given_back };
    Moved { earlier: [first.earlier.clone(), vec![before]].concat(), ..second }
}

fn refunded(moved: &Moved, parts: &[Item]) -> Vec<i64> {
    let rows = Facts { moved: vec![moved.clone()], sold: Vec::new() }.rows();
    parts.iter().map(|item| row(&rows, Part::Type(item.ticket_type)).refunded).collect()
}

#[test]
fn what_goes_back_for_a_seat_is_its_own_price() {
    let cheap = Item { seat: Some(seat(1)), ..item(1000, 1) };
    let dear = Item { seat: Some(seat(2)), unit_price: Money::eur(3000), ..cheap.clone() };
    let items = [cheap.clone(), dear.clone(), item(2000, 1)];
    let back = |item: &Item| GivenBack {
        ticket_type: item.ticket_type,
        seat: item.seat.as_ref().map(|seat| seat.id),
    };
    let both = decided(&items, 5000, vec![back(&dear), back(&items[2])]);
    assert_eq!(refunded(&both, &[cheap, items[2].clone()]), [3000, 2000]);
}

#[test]
fn what_goes_back_for_no_ticket_is_taken_from_what_is_left() {
    let items = [item(3000, 1), item(1000, 1)];
    let first = GivenBack { ticket_type: items[0].ticket_type, seat: None };
    let (id, first) = (RefundId::generate(noon()), decided(&items, 3000, vec![first]));
    assert_eq!(refunded(&first, &items), [3000, 0]);
    assert_eq!(refunded(&decided(&items, 500, vec![]), &items), [375, 125], "of a whole order");
    let second = after(&first, id, decided(&items, 500, vec![]));
    assert_eq!(refunded(&second, &items), [0, 500]);
    // What took the first one back gives back what that one took, whatever followed.
    let of_second = after(&second, RefundId::generate(noon()), decided(&items, 3000, vec![]));
    let (from, to) = (first.to.clone(), first.from.clone());
    let undone = Moved { reversal: true, from, to, refund: Some(id), ..of_second };
    assert_eq!(refunded(&undone, &items), [-3000, 0]);
    // And then it can go back again.
    let third = after(&undone, id, decided(&items, 3500, vec![]));
    assert_eq!(refunded(&third, &items), [3000, 500]);
}

#[test]
fn more_than_was_left_is_divided_over_the_order() {
    let items = [item(3000, 1), item(1000, 1)];
    assert_eq!(refunded(&decided(&items, 4400, vec![]), &items), [3300, 1100]);
}

#[test]
fn what_was_posted_before_is_found_among_the_entries_of_the_booking() {
    let (_, mut booking, mut tickets) = paid(10, 2);
    booking.items[0].quantity = 1;
    booking.items[0].unit_price = Money::eur(4000);
    let other = Item { ticket_type: TicketTypeId::generate(noon()), ..item(1000, 1) };
    tickets[1].ticket_type = other.ticket_type;
    booking.items.push(other);
    let mut entries = postings(None, &booking, noon());
    let day = |number| noon() + TimeDelta::days(number);
    let mut before = booking.clone();
    for (number, cents, named) in [(1, 4000, 1), (2, 500, 0)] {
        send_back(&mut booking, cents, &tickets[..named], RefundStatus::Created);
        entries.extend(postings(Some(&before), &booking, day(number)));
        before = booking.clone();
    }
    booking.refunds[0].status = RefundStatus::Failed;
    entries.extend(postings(Some(&before), &booking, day(3)));
    let days = recounted(&booking, &tickets, &entries).days();
    let told: Vec<_> = days
        .iter()
        .map(|(_, rows)| [0, 1].map(|place| row(rows, Part::Type(booking.items[place].ticket_type)).refunded))
        .collect();
    assert_eq!(told, [[0, 0], [4000, 0], [0, 500], [-4000, 0]]);
}

proptest! {
    #[test]
    fn however_it_goes_back_it_adds_up_and_can_be_undone(
        prices in proptest::collection::vec((0_u32..5000, 1_u32..5), 1..5),
        backs in proptest::collection::vec((1_u32..9000, 0_usize..5), 1..5),
    ) {
        let items: Vec<_> = prices.into_iter().map(|(cents, quantity)| item(cents, quantity)).collect();
        let mut earlier = decided(&items, 1, vec![]).earlier;
        let mut all = Vec::new();
        for (cents, named) in backs {
            let named = items.get(named).map(|item| GivenBack { ticket_type: item.ticket_type, seat: None });
            let next = decided(&items, cents, named.into_iter().collect());
            let refund = RefundId::generate(noon());
            let next = Moved { earlier: earlier.clone(), ..next };
            earlier = after(&next, refund, next.clone()).earlier;
            let rows = Facts { moved: vec![next.clone()], sold: Vec::new() }.rows();
            let sum: i64 = rows.iter().map(|row| row.flow.refunded).sum();
            prop_assert_eq!(sum, i64::from(cents));
            let (from, to) = (next.to.clone(), next.from.clone());
            let (refund, earlier) = (Some(refund), earlier.clone());
            let undone = Moved { reversal: true, from, to, refund, earlier, ..next.clone() };
            all.extend([next, undone]);
        }
        prop_assert_eq!(Facts { moved: all, sold: Vec::new() }.rows(), Vec::new());
    }
}
