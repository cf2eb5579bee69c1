use super::*;
use crate::samples::{noon, paid, somebody};
use crate::{Gate, Verdict};

/// A sale with a ticket of it that was paid, and to whom it is offered.
fn offered() -> (Sale, Ticket, Transfer, AccountId) {
    let (sale, _, tickets) = paid(10, 1);
    let (ticket, to) = (tickets[0].clone(), somebody());
    let transfer = ticket.offer((ticket.holder, Some(to)), &[], &sale, noon()).unwrap();
    (sale, ticket, transfer, to)
}

#[test]
fn a_ticket_goes_over_with_a_new_code_and_without_its_guest() {
    let (sale, mut ticket, mut transfer, to) = offered();
    let (from, before) = (ticket.holder, ticket.version);
    transfer.accept(to, &mut ticket, (&sale, &Holdings::default()), noon()).unwrap();
    assert_eq!((ticket.holder, ticket.version, ticket.attendee.clone()), (to, before + 1, None));
    assert_eq!(transfer.status_at(noon() + WAITS), TransferStatus::Accepted, "what is decided stays so");
    let gate = Gate::of(&sale);
    let old = gate.admit(&mut ticket.clone(), before, Some(ticket.event), sale.starts_at);
    assert_ne!(old, Verdict::Admitted, "the old code is dead");
    assert_eq!(
        gate.admit(&mut ticket.clone(), before + 1, Some(ticket.event), sale.starts_at),
        Verdict::Admitted
    );
    let again = transfer.accept(to, &mut ticket, (&sale, &Holdings::default()), noon());
    assert_eq!(again, Err(TransferRefusal::Over(TransferStatus::Accepted)));
    assert_eq!(
        ticket.offer((from, None), &[], &sale, noon()),
        Err(TransferRefusal::Unknown),
        "it is not theirs"
    );
}

#[test]
fn only_who_it_is_for_takes_it_and_only_who_gave_it_takes_it_back() {
    let (sale, mut ticket, mut transfer, to) = offered();
    let (from, stranger) = (ticket.holder, somebody());
    for wrong in [from, stranger] {
        let taken = transfer.accept(wrong, &mut ticket, (&sale, &Holdings::default()), noon());
        assert_eq!(taken, Err(TransferRefusal::Unknown));
        assert_eq!(transfer.decline(wrong, noon()), Err(TransferRefusal::Unknown));
    }
    for wrong in [to, stranger] {
        assert_eq!(transfer.withdraw(wrong, noon()), Err(TransferRefusal::Unknown));
    }
    assert!(transfer.concerns(from) && transfer.concerns(to) && !transfer.concerns(stranger));
    transfer.clone().decline(to, noon()).unwrap();
    transfer.withdraw(from, noon()).unwrap();
    let late = transfer.accept(to, &mut ticket, (&sale, &Holdings::default()), noon());
    assert_eq!(late, Err(TransferRefusal::Over(TransferStatus::Withdrawn)));
}

#[test]
fn an_offer_ends_by_itself_and_can_be_made_anew() {
    let (sale, mut ticket, mut transfer, to) = offered();
    let again = ticket.offer((ticket.holder, Some(to)), std::slice::from_ref(&transfer), &sale, noon());
    assert_eq!(again, Err(TransferRefusal::Waiting));
    let end = transfer.expires_at;
    assert_eq!(end, noon() + WAITS);
    assert_eq!(transfer.status_at(end - TimeDelta::microseconds(1)), TransferStatus::Offered);
    let late = transfer.accept(to, &mut ticket, (&sale, &Holdings::default()), end);
    assert_eq!(late, Err(TransferRefusal::Over(TransferStatus::Expired)));
    transfer.lapse(end);
    assert_eq!(transfer.status, TransferStatus::Expired);
    assert!(ticket.offer((ticket.holder, Some(to)), &[transfer], &sale, end).is_ok());
    let soon = Sale { ends_at: noon() + TimeDelta::hours(1), ..sale };
    let short = ticket.offer((ticket.holder, Some(to)), &[], &soon, noon()).unwrap();
    assert_eq!(short.expires_at, soon.ends_at, "not beyond the event");
}

#[test]
fn what_is_used_cancelled_or_over_is_not_handed_on() {
    let (sale, ticket, transfer, to) = offered();
    let tries = |ticket: &Ticket, sale: &Sale, now| {
        let offer = ticket.offer((ticket.holder, Some(to)), &[], sale, now).map(drop);
        let accept = transfer.clone().accept(to, &mut ticket.clone(), (sale, &Holdings::default()), now);
        (offer, accept)
    };
    let refused = (Err(TransferRefusal::NotTransferable), Err(TransferRefusal::NotTransferable));
    for status in [TicketStatus::CheckedIn, TicketStatus::Cancelled] {
        assert_eq!(tries(&Ticket { status, ..ticket.clone() }, &sale, noon()), refused);
    }
    let cancelled = Sale { status: SaleStatus::Cancelled, ..sale.clone() };
    assert_eq!(tries(&ticket, &cancelled, noon()), refused);
    let closed = Sale { status: SaleStatus::Closed, ..sale.clone() };
    assert_eq!(tries(&ticket, &closed, noon()), (Ok(()), Ok(())), "what was sold stays good");
    assert_eq!(
        ticket.offer((ticket.holder, Some(to)), &[], &sale, sale.ends_at),
        Err(TransferRefusal::NotTransferable)
    );
    let moved = Ticket { holder: somebody(), ..ticket };
    let taken = transfer.clone().accept(to, &mut moved.clone(), (&sale, &Holdings::default()), noon());
    assert_eq!(taken, Err(TransferRefusal::NotTransferable), "it went to somebody else meanwhile");
}

#[test]
fn who_takes_a_ticket_has_no_more_than_anybody_may_buy() {
    let (mut sale, ticket, transfer, to) = offered();
    let has = |count| Holdings { taken: [(ticket.ticket_type, count)].into(), ..Holdings::default() };
    let take = |sale: &Sale, already: &Holdings| {
        transfer.clone().accept(to, &mut ticket.clone(), (sale, already), noon())
    };
    sale.offers[0].max_per_user = Some(2);
    assert_eq!(take(&sale, &has(1)), Ok(()));
    assert_eq!(take(&sale, &has(2)), Err(TransferRefusal::LimitExceeded { limit: Limit::PerUser, most: 2 }));
    sale.offers[0].max_per_user = None;
    sale.max_per_user = Some(3);
    assert_eq!(take(&sale, &has(2)), Ok(()));
    assert_eq!(
        take(&sale, &has(3)),
        Err(TransferRefusal::LimitExceeded { limit: Limit::EventPerUser, most: 3 })
    );
}

#[test]
fn a_ticket_is_offered_so_often_and_not_to_its_holder() {
    let (sale, ticket, mut transfer, to) = offered();
    assert_eq!(
        ticket.offer((ticket.holder, Some(ticket.holder)), &[], &sale, noon()),
        Err(TransferRefusal::ToOneself)
    );
    transfer.decline(to, noon()).unwrap();
    let earlier = vec![transfer; MOST_OFFERS];
    assert!(ticket.offer((ticket.holder, None), &earlier[1..], &sale, noon()).is_ok());
    assert_eq!(ticket.offer((ticket.holder, None), &earlier, &sale, noon()), Err(TransferRefusal::TooOften));
}

#[test]
fn words_read_back() {
    for status in TransferStatus::ALL {
        let word = serde_json::to_value(status).unwrap();
        assert_eq!(word, status.as_str());
    }
}
