use super::*;
use crate::Booking;
use crate::samples::{by, held, noon, offer, sale, terms};

fn at_the_door() -> (Gate, Ticket) {
    let mut sale = sale(vec![offer(10, 0)]);
    let hold = held(&mut sale, 1);
    let booking = Booking::confirm(&hold, &by(&hold, None), &mut sale, terms(), noon()).unwrap();
    (Gate::of(&sale), Ticket::issue(&booking, noon()).remove(0))
}

#[test]
fn a_ticket_admits_once() {
    let (gate, mut ticket) = at_the_door();
    let now = gate.opens_at;
    assert_eq!(gate.admit(&mut ticket, 1, None, now), Verdict::Admitted);
    assert_eq!((ticket.status, ticket.checked_in_at), (TicketStatus::CheckedIn, Some(now)));
    assert_eq!(gate.admit(&mut ticket, 1, None, now + TimeDelta::minutes(1)), Verdict::AlreadyCheckedIn);
    assert_eq!(ticket.checked_in_at, Some(now));
}

#[test]
fn doors_open_two_hours_early_unless_told_otherwise_and_close_after_the_end() {
    let (gate, ticket) = at_the_door();
    let judge = |at| gate.clone().admit(&mut ticket.clone(), 1, None, at);
    assert_eq!(judge(gate.opens_at - TimeDelta::seconds(1)), Verdict::NotYet);
    assert_eq!(judge(gate.closes_at - TimeDelta::seconds(1)), Verdict::Admitted);
    assert_eq!(judge(gate.closes_at), Verdict::WrongEvent);
    let mut told = sale(vec![offer(1, 0)]);
    assert_eq!(Gate::of(&told).opens_at, told.starts_at - TimeDelta::hours(2));
    told.doors_at = Some(told.starts_at - TimeDelta::hours(1));
    assert_eq!(Gate::of(&told).opens_at, told.starts_at - TimeDelta::hours(1));
}

#[test]
fn an_old_code_a_cancelled_ticket_and_a_cancelled_event_admit_nobody() {
    let (gate, ticket) = at_the_door();
    let now = gate.opens_at;
    let mut reissued = Ticket { version: 2, ..ticket.clone() };
    assert_eq!(gate.admit(&mut reissued, 1, None, now), Verdict::Cancelled);
    assert_eq!(gate.admit(&mut reissued, 2, None, now), Verdict::Admitted);
    for status in [TicketStatus::Cancelled, TicketStatus::Transferred] {
        let mut dead = Ticket { status, ..ticket.clone() };
        assert_eq!(gate.admit(&mut dead, 1, None, now), Verdict::Cancelled);
        assert_eq!(dead.status, status);
    }
    let off = Gate { cancelled: true, ..gate };
    assert_eq!(off.admit(&mut ticket.clone(), 1, None, now), Verdict::Cancelled);
}

#[test]
fn a_scanner_at_another_event_admits_nobody() {
    let (gate, mut ticket) = at_the_door();
    let other = EventId::generate(noon());
    assert_eq!(gate.admit(&mut ticket, 1, Some(other), gate.opens_at), Verdict::WrongEvent);
    assert_eq!(ticket.status, TicketStatus::Valid);
    let event = ticket.event;
    assert_eq!(gate.admit(&mut ticket, 1, Some(event), gate.opens_at), Verdict::Admitted);
}
