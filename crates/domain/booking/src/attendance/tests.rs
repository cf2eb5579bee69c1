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

#[test]
fn who_goes_out_may_come_in_again_and_nobody_goes_out_twice() {
    let (gate, mut ticket) = at_the_door();
    let now = gate.opens_at;
    assert_eq!(gate.release(&mut ticket, None), Verdict::NotInside);
    assert_eq!(gate.admit(&mut ticket, 1, None, now), Verdict::Admitted);
    assert_eq!(gate.release(&mut ticket, Some(EventId::generate(noon()))), Verdict::WrongEvent);
    assert_eq!((gate.release(&mut ticket, None), ticket.inside()), (Verdict::Left, 0));
    assert_eq!(gate.release(&mut ticket, None), Verdict::NotInside);
    let later = now + TimeDelta::minutes(5);
    assert_eq!(gate.admit(&mut ticket, 1, None, later), Verdict::Admitted);
    assert_eq!((ticket.checked_in_at, ticket.inside()), (Some(now), 1), "checked in once");
    ticket.status = TicketStatus::Cancelled;
    assert_eq!(gate.release(&mut ticket, None), Verdict::Left, "whoever is inside may go");
}

#[test]
fn who_insists_overrules_everything_but_that_it_is_no_ticket_here() {
    let (gate, ticket) = at_the_door();
    let now = gate.opens_at;
    let insist = |mut ticket: Ticket, version, way, refused, asked| {
        let verdict = gate.insist(&mut ticket, version, (way, refused), (asked, now));
        (verdict, ticket.status, ticket.inside())
    };
    let early = insist(ticket.clone(), 1, Way::In, Verdict::NotYet, None);
    assert_eq!(early, (Verdict::Admitted, TicketStatus::CheckedIn, 1));
    let mut inside = ticket.clone();
    inside.enter(true, now);
    let twice = insist(inside, 1, Way::In, Verdict::AlreadyCheckedIn, None);
    assert_eq!(twice, (Verdict::Admitted, TicketStatus::CheckedIn, 2));
    let dead = Ticket { status: TicketStatus::Cancelled, ..ticket.clone() };
    assert_eq!(
        insist(dead, 1, Way::In, Verdict::Cancelled, None),
        (Verdict::Admitted, TicketStatus::Cancelled, 1)
    );
    let reissued = Ticket { version: 2, ..ticket.clone() };
    let old = insist(reissued, 1, Way::In, Verdict::Cancelled, None);
    assert_eq!(old, (Verdict::Admitted, TicketStatus::Valid, 1), "the new code is not used up");
    let elsewhere = Some(EventId::generate(noon()));
    let foreign = insist(ticket.clone(), 1, Way::In, Verdict::WrongEvent, elsewhere);
    assert_eq!(foreign, (Verdict::WrongEvent, TicketStatus::Valid, 0));
    assert_eq!(insist(ticket, 1, Way::Out, Verdict::NotInside, None).0, Verdict::Left);
}
