use super::*;
use crate::attendance::Offline;
use crate::samples::{by, held, noon, offer, sale, somebody, terms};
use crate::{Booking, Gate};
use chrono::TimeDelta;
use proptest::prelude::*;

fn ticket() -> Ticket {
    let mut sale = sale(vec![offer(10, 0)]);
    let hold = held(&mut sale, 1);
    let booking = Booking::confirm(&hold, &by(&hold, None), &mut sale, terms(), noon()).unwrap();
    Ticket::issue(&booking, noon()).remove(0)
}

fn minute(minutes: i64) -> Timestamp {
    noon() + TimeDelta::minutes(minutes)
}

/// An offline scan with the first code of a ticket.
fn scan(ticket: &Ticket, way: Way, minutes: i64) -> Scan {
    let verdict = match way {
        Way::In => Verdict::Admitted,
        Way::Out => Verdict::Left,
    };
    let at = minute(minutes);
    Scan {
        id: ScanId::generate(at),
        scanner: somebody(),
        nonce: Some(format!("{way:?} {minutes}")),
        ticket: Some(ticket.id),
        event: Some(ticket.event),
        verdict,
        checked_in_at: None,
        at,
        way,
        overruled: None,
        reason: None,
        version: Some(1),
        offline: Some(Offline { said_at: at, told_at: minute(600) }),
        flags: Vec::new(),
        after: None,
    }
}

/// Minutes and flags of what is flagged.
fn flagged(scans: &[Scan]) -> Vec<(i64, Vec<Flag>)> {
    let minutes = |scan: &Scan| (scan.at - noon()).num_minutes();
    scans.iter().filter(|it| !it.flags.is_empty()).map(|it| (minutes(it), it.flags.clone())).collect()
}

#[test]
fn who_went_out_comes_in_again_and_who_is_inside_does_not() {
    let mut ticket = ticket();
    let mut scans =
        [(Way::In, 1), (Way::Out, 2), (Way::In, 3), (Way::In, 5)].map(|(way, at)| scan(&ticket, way, at));
    ticket.follow(&mut scans);
    assert_eq!((ticket.status, ticket.checked_in_at), (TicketStatus::CheckedIn, Some(minute(1))));
    assert_eq!(ticket.inside(), 2, "both happened");
    assert_eq!(flagged(&scans), [(5, vec![Flag::DoubleEntry])]);
    assert_eq!(scans[3].after, Some(scans[2].id));
}

#[test]
fn an_exit_that_is_told_later_takes_the_double_entry_back() {
    let mut ticket = ticket();
    let mut scans = vec![scan(&ticket, Way::In, 1), scan(&ticket, Way::In, 9)];
    ticket.follow(&mut scans);
    assert_eq!(flagged(&scans), [(9, vec![Flag::DoubleEntry])]);
    scans.push(scan(&ticket, Way::Out, 4));
    ticket.follow(&mut scans);
    assert_eq!((flagged(&scans), ticket.inside()), (vec![], 1));
}

#[test]
fn what_was_taken_back_is_as_if_it_had_not_been() {
    let mut ticket = ticket();
    let undone = Scan { verdict: Verdict::Undone, ..scan(&ticket, Way::Out, 5) };
    let mut scans = vec![scan(&ticket, Way::In, 1), scan(&ticket, Way::In, 2), undone];
    ticket.follow(&mut scans);
    assert_eq!((ticket.status, ticket.checked_in_at, ticket.inside()), (TicketStatus::Valid, None, 0));
    scans.push(scan(&ticket, Way::In, 8));
    ticket.follow(&mut scans);
    assert_eq!((ticket.checked_in_at, ticket.inside()), (Some(minute(8)), 1));
}

#[test]
fn who_was_refused_is_nowhere() {
    let mut ticket = ticket();
    let mut scans = vec![Scan { verdict: Verdict::AlreadyCheckedIn, ..scan(&ticket, Way::In, 1) }];
    ticket.follow(&mut scans);
    assert_eq!((ticket.status, ticket.inside(), flagged(&scans)), (TicketStatus::Valid, 0, vec![]));
}

#[test]
fn an_entry_with_a_code_that_had_died_is_told_and_does_not_use_the_new_one_up() {
    let mut ticket = ticket();
    ticket.version = 2;
    ticket.presence.ended.push(minute(10));
    let mut late = vec![scan(&ticket, Way::In, 11)];
    ticket.follow(&mut late);
    assert_eq!(flagged(&late), [(11, vec![Flag::LateRevocation])]);
    assert_eq!((ticket.status, ticket.inside()), (TicketStatus::Valid, 1), "somebody is inside");
    let mut early = vec![scan(&ticket, Way::In, 9)];
    ticket.follow(&mut early);
    assert_eq!((ticket.status, flagged(&early)), (TicketStatus::CheckedIn, vec![]), "it was good then");
    // With a network nobody is admitted by mistake: who insists knows what they do.
    let mut forced = vec![Scan { offline: None, ..scan(&ticket, Way::In, 11) }];
    ticket.follow(&mut forced);
    assert_eq!(flagged(&forced), []);
}

#[test]
fn a_cancelled_ticket_stays_cancelled_whoever_came_in_with_it() {
    let mut ticket = ticket();
    ticket.status = TicketStatus::Cancelled;
    ticket.presence.ended.push(minute(10));
    let mut scans = vec![scan(&ticket, Way::In, 3), scan(&ticket, Way::Out, 4), scan(&ticket, Way::In, 20)];
    ticket.follow(&mut scans);
    assert_eq!((ticket.status, ticket.inside()), (TicketStatus::Cancelled, 1));
    assert_eq!(ticket.checked_in_at, Some(minute(3)), "that it had admitted is not forgotten");
    assert_eq!(flagged(&scans), [(3, vec![Flag::EndedMeanwhile]), (20, vec![Flag::LateRevocation])]);
    let mut late = vec![scan(&ticket, Way::In, 20)];
    ticket.follow(&mut late);
    assert_eq!(ticket.checked_in_at, None, "with a dead code nobody is checked in");
}

#[test]
fn who_gave_a_ticket_up_that_had_admitted_is_found_unless_that_was_known() {
    for status in [TicketStatus::Cancelled, TicketStatus::Returned] {
        let mut given_up = Ticket { status, ..ticket() };
        given_up.presence.ended.push(minute(10));
        let mut unknown = vec![scan(&given_up, Way::In, 3)];
        given_up.follow(&mut unknown);
        assert_eq!(flagged(&unknown), [(3, vec![Flag::EndedMeanwhile])]);
        let told = |minutes| Offline { said_at: minute(3), told_at: minute(minutes) };
        let mut known = vec![Scan { offline: Some(told(9)), ..scan(&given_up, Way::In, 3) }];
        given_up.follow(&mut known);
        assert_eq!(flagged(&known), [], "whoever gave it up knew, or could have known");
        let mut online = vec![Scan { offline: None, ..scan(&given_up, Way::In, 3) }];
        given_up.follow(&mut online);
        assert_eq!(flagged(&online), []);
    }
    // Under its next code it is good: the one who came in with the old one was its bearer.
    let mut again = Ticket { version: 2, ..ticket() };
    again.presence.ended.push(minute(10));
    let mut entry = vec![scan(&again, Way::In, 3)];
    again.follow(&mut entry);
    assert_eq!((flagged(&entry), again.status), (vec![], TicketStatus::CheckedIn));
}

#[test]
fn of_codes_that_died_before_it_was_kept_when_nothing_is_believed() {
    let mut ticket = Ticket { version: 3, ..ticket() };
    assert_eq!(
        [1, 2, 3].map(|version| ticket.death(version)),
        [Death::Unknown, Death::Unknown, Death::Lives]
    );
    assert_eq!(ticket.death(4), Death::Unknown, "there is no such code");
    ticket.presence.ended.push(minute(2));
    assert_eq!(
        [1, 2, 3].map(|version| ticket.death(version)),
        [Death::Unknown, Death::At(minute(2)), Death::Lives]
    );
    ticket.status = TicketStatus::Cancelled;
    ticket.presence.ended.push(minute(3));
    assert_eq!([2, 3].map(|version| ticket.death(version)), [Death::At(minute(2)), Death::At(minute(3))]);
    assert!(Death::Unknown.by(noon()) && Death::At(noon()).by(noon()) && !Death::Lives.by(noon()));
}

#[test]
fn a_ticket_of_old_is_inside_when_it_is_checked_in() {
    let ticket = Ticket { status: TicketStatus::CheckedIn, ..ticket() };
    assert_eq!(ticket.inside(), 1);
    let old: Ticket = serde_json::from_value({
        let mut document = serde_json::to_value(&ticket).unwrap();
        document.as_object_mut().unwrap().remove("presence").unwrap();
        document
    })
    .unwrap();
    assert_eq!(old, ticket);
}

#[test]
fn a_clock_is_believed_from_the_day_before_the_doors_until_it_is_told() {
    let gate = Gate::of(&sale(vec![offer(1, 0)]));
    let (first, told) = (gate.opens_at - TimeDelta::days(1), gate.opens_at + TimeDelta::hours(3));
    for (said, believed) in [
        (gate.opens_at, gate.opens_at),
        (told + TimeDelta::seconds(1), told),
        (noon() - TimeDelta::days(9000), first),
    ] {
        assert_eq!(gate.credible(said, told), believed);
    }
}

#[test]
fn a_clock_that_cannot_be_believed_still_tells_what_came_first() {
    // The names are in the other order.
    let scanner = somebody();
    for clock in [TimeDelta::days(400), TimeDelta::days(-400)] {
        let mut ticket = ticket();
        let scans = [(Way::In, 1, "c"), (Way::Out, 2, "b"), (Way::In, 3, "a")];
        let mut scans: Vec<_> = scans
            .into_iter()
            .map(|(way, minutes, nonce)| {
                let made = scan(&ticket, way, minutes);
                let offline = made.offline.clone().map(|it| Offline { said_at: it.said_at + clock, ..it });
                Scan { scanner, nonce: Some(nonce.into()), at: minute(0), offline, ..made }
            })
            .collect();
        ticket.follow(&mut scans);
        assert_eq!((ticket.inside(), flagged(&scans)), (1, vec![]));
    }
}

#[derive(Debug, Clone)]
struct Event {
    what: u8,
    minute: i64,
    version: u32,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event =
        (0..5u8, 0..30i64, 1..4u32).prop_map(|(what, minute, version)| Event { what, minute, version });
    prop::collection::vec(event, 1..12)
}

proptest! {
    /// One scanner tells everything at once: whatever its clock says, it comes to what a right one would have told.
    #[test]
    fn however_wrong_a_clock_is_it_scrambles_nothing(
        events in events(),
        wrong in -2_000_000..2_000_000i64,
        order in any::<prop::sample::Index>(),
    ) {
        let mut sale = sale(vec![offer(10, 0)]);
        sale.starts_at = minute(60);
        let gate = Gate::of(&sale);
        let told = minute(600);
        let (ticket, scanner) = (ticket(), somebody());
        let all = |clock: TimeDelta| -> Vec<Scan> {
            let mut scans: Vec<_> = events.iter().enumerate().map(|(place, event)| {
                let way = if event.what == 1 { Way::Out } else { Way::In };
                let made = scan(&ticket, way, event.minute * 20 + i64::try_from(place).unwrap());
                let said_at = made.at + clock;
                let verdict = if event.what == 3 { Verdict::Undone } else { made.verdict };
                let offline = Some(Offline { said_at, told_at: told });
                // Names that say nothing of the order, as those of scanners.
                let nonce = Some(format!("{:02}", (place * 7) % 13));
                Scan { at: gate.credible(said_at, told), scanner, verdict, offline, nonce, ..made }
            }).collect();
            let turn = order.index(scans.len());
            scans.rotate_left(turn);
            scans
        };
        let follow = |mut scans: Vec<Scan>| {
            let mut ticket = ticket.clone();
            ticket.follow(&mut scans);
            let flags: Vec<_> = scans.into_iter().map(|it| (it.nonce, it.way, it.flags)).collect();
            (ticket.status, ticket.inside(), flags)
        };
        prop_assert_eq!(follow(all(TimeDelta::minutes(wrong))), follow(all(TimeDelta::zero())));
    }

    /// Batches are told one after the other, shuffled and some of them twice; what comes of it is what comes of all at once.
    #[test]
    fn the_order_of_telling_and_repeats_change_nothing(
        events in events(),
        order in prop::collection::vec(any::<prop::sample::Index>(), 24),
        size in 1..5usize,
        died in prop::collection::vec(0..30i64, 2),
    ) {
        let mut ticket = Ticket { version: 3, ..ticket() };
        let (first, second) = (died[0].min(died[1]), died[0].max(died[1]));
        ticket.presence.ended = vec![minute(first), minute(second)];
        let all: Vec<Scan> = events.iter().enumerate().map(|(place, event)| {
            let way = if event.what == 1 { Way::Out } else { Way::In };
            let made = scan(&ticket, way, event.minute);
            let verdict = match event.what { 3 => Verdict::Undone, 4 => Verdict::Cancelled, _ => made.verdict };
            Scan { nonce: Some(format!("{place}")), verdict, version: Some(event.version), ..made }
        }).collect();
        let mut expected = (ticket.clone(), all.clone());
        expected.0.follow(&mut expected.1);
        let mut told = (ticket, Vec::<Scan>::new());
        let mut waiting: Vec<_> = order.iter().map(|index| index.index(all.len().max(1))).filter(|at| *at < all.len()).collect();
        waiting.extend(0..all.len());
        for batch in waiting.chunks(size) {
            for place in batch {
                if !told.1.iter().any(|known| known.nonce == all[*place].nonce) {
                    told.1.push(all[*place].clone());
                }
            }
            told.0.follow(&mut told.1);
        }
        prop_assert_eq!(told, expected);
    }
}
