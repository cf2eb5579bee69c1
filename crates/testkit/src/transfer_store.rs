//! What every store promises of tickets that are handed on.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

use crate::fixtures_bookings::{House, booked_paid, bookings, buyer, by, house, staff};
use crate::outbox::EVERY_DOMAIN;
use crate::pages::first;
use crate::{Stores, noon};
use booking::transfer::MOST_OFFERS;
use booking::use_cases::{TransferError, VerifyRequest};
use booking::{
    CodeSigner, Door, Effect, RefundReason, RefundWish, Ticket, Transfer, TransferNews, TransferRefusal,
    TransferStatus, Verdict,
};
use chrono::TimeDelta;
use kernel::audit::ActFilter;
use kernel::{AccountId, Clock, PageRequest, StoreError, TransferId, transact};

/// One test per promise: `testkit::transfer_store_contract!(open)`, as for the other stores.
#[macro_export]
macro_rules! transfer_store_contract {
    ($open:ident) => {
        $crate::transfer_store_contract!($open;
            a_transfer_reads_back_whole,
            transfers_are_listed_the_latest_first_in_pages_that_meet,
            a_ticket_is_handed_on_and_nothing_else_changes,
            of_two_who_act_at_once_one_does,
            an_offer_that_nobody_answered_makes_room_for_the_next,
            a_store_keeps_one_offer_of_a_ticket_at_a_time,
            a_ticket_that_was_handed_on_is_not_the_buyers_to_cancel,
            an_offer_ends_with_its_ticket,
            who_took_a_ticket_is_told_when_it_is_cancelled,
            each_holder_may_offer_a_ticket_so_often,
            offers_and_how_they_end_are_recorded,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod transfer_store {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::transfer_store::$case(super::$open().await).await;
                }
            )+
        }
    };
}

/// A house, somebody with tickets of it, and a friend.
async fn with_tickets(stores: Stores, count: u32) -> (House, AccountId, Vec<Ticket>, AccountId) {
    let house = house(stores, 10, None, 2500).await;
    let holder = buyer(&house.stores).await;
    let promise = crate::cancelling_store::policy("0");
    bookings(&house).make_promise(house.event.id, &promise, &by(holder)).await.unwrap();
    let booking = booked_paid(&house, holder, count).await;
    let tickets = house.stores.booking.tickets_of_bookings(&[booking.id]).await.unwrap();
    let friend = buyer(&house.stores).await;
    (house, holder, tickets, friend)
}

async fn offered(house: &House, ticket: &Ticket, to: AccountId) -> Transfer {
    bookings(house).offer_ticket(&by(ticket.holder), ticket.id, Some(to)).await.unwrap()
}

/// What is owed now because of transfers, in the order in which it came to be owed.
async fn owed(house: &House) -> Vec<Effect> {
    let now = house.clock.now();
    let due = house.stores.outbox.claim(&EVERY_DOMAIN, now, now + TimeDelta::minutes(1), 100).await.unwrap();
    let effects = due.iter().filter_map(|due| serde_json::from_str(&due.body).ok());
    let ours = |effect: &Effect| {
        matches!(effect, Effect::SendTicket { .. } | Effect::TellTransfer { .. } | Effect::TellHolder { .. })
    };
    effects.filter(ours).collect()
}

pub async fn a_transfer_reads_back_whole(stores: Stores) {
    let (house, holder, tickets, friend) = with_tickets(stores, 2).await;
    let store = &house.stores.booking;
    let transfer = offered(&house, &tickets[0], friend).await;
    assert_eq!(store.transfer(transfer.id).await.unwrap().as_ref(), Some(&transfer));
    let nobody = bookings(&house).offer_ticket(&by(holder), tickets[1].id, None).await.unwrap();
    assert_eq!(store.transfer(nobody.id).await.unwrap(), Some(nobody));
    assert_eq!(store.transfer(TransferId::generate(noon())).await.unwrap(), None);
    let declined = bookings(&house).decline_transfer(&by(friend), transfer.id).await.unwrap();
    assert_eq!((declined.status, declined.decided_at), (TransferStatus::Declined, Some(house.clock.now())));
    assert_eq!(store.transfer(transfer.id).await.unwrap(), Some(declined));
}

pub async fn transfers_are_listed_the_latest_first_in_pages_that_meet(stores: Stores) {
    let (house, holder, tickets, friend) = with_tickets(stores, 3).await;
    let mut made = Vec::new();
    for ticket in &tickets {
        made.push(offered(&house, ticket, friend).await.id);
        house.clock.advance(TimeDelta::seconds(1));
    }
    made.reverse();
    let store = &house.stores.booking;
    let ids = |items: Vec<Transfer>| items.into_iter().map(|it| it.id).collect::<Vec<_>>();
    let page = store.transfers_to(friend, first(2)).await.unwrap();
    let rest = store.transfers_to(friend, PageRequest { limit: 2, after: page.next }).await.unwrap();
    assert_eq!((ids(page.items), ids(rest.items), rest.next), (made[..2].to_vec(), made[2..].to_vec(), None));
    assert_eq!(ids(store.transfers_from(holder, first(9)).await.unwrap().items), made);
    assert_eq!(store.transfers_to(holder, first(9)).await.unwrap().items, []);
    assert_eq!(store.transfers_from(friend, first(9)).await.unwrap().items, []);
}

pub async fn a_ticket_is_handed_on_and_nothing_else_changes(stores: Stores) {
    let (house, holder, tickets, friend) = with_tickets(stores, 2).await;
    let (store, bookings) = (&house.stores.booking, bookings(&house));
    let booking = store.booking(tickets[0].booking).await.unwrap().unwrap();
    let sale = store.sales(&[house.event.id]).await.unwrap();
    let transfer = offered(&house, &tickets[0], friend).await;
    let stranger = bookings.accept_transfer(&by(holder), transfer.id).await;
    assert!(matches!(stranger, Err(TransferError::Refused(TransferRefusal::Unknown))), "{stranger:?}");
    let taken = bookings.accept_transfer(&by(friend), transfer.id).await.unwrap();
    assert_eq!((taken.holder, taken.version), (friend, tickets[0].version + 1));
    assert_eq!(
        bookings.accept_transfer(&by(friend), transfer.id).await.unwrap(),
        taken,
        "once more is no more"
    );
    assert_eq!(store.ticket(taken.id).await.unwrap(), Some(taken.clone()));
    assert_eq!(bookings.ticket(holder, taken.id).await.unwrap(), None, "it is theirs no more");
    assert_eq!(bookings.ticket(friend, taken.id).await.unwrap(), Some(taken.clone()));
    assert_eq!(store.booking(booking.id).await.unwrap(), Some(booking), "the money is where it was");
    assert_eq!(store.sales(&[house.event.id]).await.unwrap(), sale, "and so are the places");
    assert_eq!(store.stock_differences().await.unwrap(), []);
    let told = |news| Effect::TellTransfer { transfer: transfer.id, news };
    let sent = Effect::SendTicket { booking: taken.booking, ticket: taken.id };
    let owed = owed(&house).await;
    assert_eq!(owed.len(), 3, "{owed:?}");
    for effect in [told(TransferNews::Offered), told(TransferNews::Accepted), sent] {
        assert!(owed.contains(&effect), "{effect:?}");
    }
}

pub async fn of_two_who_act_at_once_one_does(stores: Stores) {
    let (house, holder, tickets, friend) = with_tickets(stores, 8).await;
    for ticket in &tickets {
        let transfer = offered(&house, ticket, friend).await;
        let (one, other) = (bookings(&house), bookings(&house));
        let (giver, taker) = (by(holder), by(friend));
        let (back, taken) = tokio::join!(
            one.withdraw_transfer(&giver, transfer.id),
            other.accept_transfer(&taker, transfer.id)
        );
        assert_ne!(back.is_ok(), taken.is_ok(), "{back:?} {taken:?}");
        let now = house.stores.booking.ticket(ticket.id).await.unwrap().unwrap();
        assert_eq!(now.holder, if taken.is_ok() { friend } else { holder });
    }
}

pub async fn an_offer_that_nobody_answered_makes_room_for_the_next(stores: Stores) {
    let (house, holder, tickets, friend) = with_tickets(stores, 1).await;
    let bookings = bookings(&house);
    let first = offered(&house, &tickets[0], friend).await;
    let again = bookings.offer_ticket(&by(holder), tickets[0].id, Some(friend)).await;
    assert!(matches!(again, Err(TransferError::Refused(TransferRefusal::Waiting))), "{again:?}");
    house.clock.set(first.expires_at);
    let second = bookings.offer_ticket(&by(holder), tickets[0].id, Some(friend)).await.unwrap();
    let kept = house.stores.booking.transfer(first.id).await.unwrap().unwrap();
    assert_eq!(kept.status, TransferStatus::Expired);
    let late = bookings.accept_transfer(&by(friend), first.id).await;
    let over = TransferRefusal::Over(TransferStatus::Expired);
    assert!(matches!(late, Err(TransferError::Refused(refusal)) if refusal == over), "{late:?}");
    bookings.accept_transfer(&by(friend), second.id).await.unwrap();
}

pub async fn a_store_keeps_one_offer_of_a_ticket_at_a_time(stores: Stores) {
    let (house, _, tickets, friend) = with_tickets(stores, 1).await;
    let transfer = offered(&house, &tickets[0], friend).await;
    let another = Transfer { id: TransferId::generate(noon()), ..transfer };
    let tx = house.stores.booking.begin().await.unwrap();
    let written: Result<(), StoreError> = transact(tx, async |tx| {
        tx.lock_ticket(another.ticket).await?;
        tx.add_transfer(&another).await
    })
    .await;
    assert!(matches!(written, Err(StoreError::Broken { .. })), "{written:?}");
}

pub async fn a_ticket_that_was_handed_on_is_not_the_buyers_to_cancel(stores: Stores) {
    let (house, holder, tickets, friend) = with_tickets(stores, 2).await;
    let bookings = bookings(&house);
    let transfer = offered(&house, &tickets[0], friend).await;
    bookings.accept_transfer(&by(friend), transfer.id).await.unwrap();
    let (giver, booking) = (by(holder), tickets[0].booking);
    let refused = bookings.cancel(&giver, booking, Some(&[tickets[0].id])).await;
    assert!(refused.is_err(), "{refused:?}");
    bookings.cancel(&giver, booking, None).await.unwrap();
    let store = &house.stores.booking;
    let lives = async |ticket: &Ticket| store.ticket(ticket.id).await.unwrap().unwrap().status.lives();
    assert_eq!((lives(&tickets[0]).await, lives(&tickets[1]).await), (true, false));
}

async fn status(house: &House, transfer: &Transfer) -> TransferStatus {
    house.stores.booking.transfer(transfer.id).await.unwrap().unwrap().status
}

pub async fn an_offer_ends_with_its_ticket(stores: Stores) {
    let (house, holder, tickets, friend) = with_tickets(stores, 4).await;
    let bookings = bookings(&house);
    let late = offered(&house, &tickets[0], friend).await;
    house.clock.set(late.expires_at);
    let given_back = offered(&house, &tickets[1], friend).await;
    let chosen = [tickets[0].id, tickets[1].id];
    bookings.cancel(&by(holder), tickets[0].booking, Some(&chosen)).await.unwrap();
    assert_eq!(status(&house, &late).await, TransferStatus::Expired, "it had ended before");
    assert_eq!(status(&house, &given_back).await, TransferStatus::Withdrawn);
    let kept = house.stores.booking.transfer(given_back.id).await.unwrap().unwrap();
    assert_eq!(kept.decided_at, Some(house.clock.now()));
    house.clock.set(house.event.starts_at);
    let used = offered(&house, &tickets[2], friend).await;
    let untouched = offered(&house, &tickets[3], friend).await;
    let door = Door::new(house.stores.booking.clone(), house.clock.clone(), CodeSigner::new(&[7; 32]));
    let scan = VerifyRequest { code: door.code(&tickets[2]), ..VerifyRequest::default() };
    let admitted = door.verify(&staff(&house).await, &scan).await.unwrap();
    assert_eq!(admitted.verdict, Verdict::Admitted);
    assert_eq!(status(&house, &used).await, TransferStatus::Withdrawn);
    assert_eq!(status(&house, &untouched).await, TransferStatus::Offered);
}

pub async fn who_took_a_ticket_is_told_when_it_is_cancelled(stores: Stores) {
    let (house, holder, tickets, friend) = with_tickets(stores, 3).await;
    let (bookings, booking) = (bookings(&house), tickets[0].booking);
    for ticket in &tickets[..2] {
        let transfer = offered(&house, ticket, friend).await;
        bookings.accept_transfer(&by(friend), transfer.id).await.unwrap();
    }
    owed(&house).await;
    let wish = RefundWish {
        id: None,
        amount: None,
        tickets: None,
        again: false,
        keep_tickets: false,
        reason: RefundReason::Staff,
        by: None,
        note: None,
    };
    bookings.refund(booking, &wish, &by(holder)).await.unwrap();
    let told = Effect::TellHolder { booking, holder: friend, tickets: vec![tickets[0].id, tickets[1].id] };
    let owed = owed(&house).await;
    assert_eq!(owed, [told], "once, and not the buyer, who is told of the booking");
}

pub async fn each_holder_may_offer_a_ticket_so_often(stores: Stores) {
    let (house, holder, tickets, friend) = with_tickets(stores, 1).await;
    let bookings = bookings(&house);
    for _ in 1..MOST_OFFERS {
        let transfer = offered(&house, &tickets[0], friend).await;
        bookings.decline_transfer(&by(friend), transfer.id).await.unwrap();
    }
    let last = offered(&house, &tickets[0], friend).await;
    let taken = bookings.accept_transfer(&by(friend), last.id).await.unwrap();
    let back = offered(&house, &taken, holder).await;
    let again = bookings.accept_transfer(&by(holder), back.id).await.unwrap();
    let refused = bookings.offer_ticket(&by(holder), again.id, Some(friend)).await;
    assert!(matches!(refused, Err(TransferError::Refused(TransferRefusal::TooOften))), "{refused:?}");
}

pub async fn offers_and_how_they_end_are_recorded(stores: Stores) {
    let (house, holder, tickets, friend) = with_tickets(stores, 3).await;
    let bookings = bookings(&house);
    let declined = offered(&house, &tickets[0], friend).await;
    let withdrawn = offered(&house, &tickets[1], friend).await;
    let taken = offered(&house, &tickets[2], friend).await;
    house.clock.advance(TimeDelta::seconds(1));
    bookings.decline_transfer(&by(friend), declined.id).await.unwrap();
    bookings.withdraw_transfer(&by(holder), withdrawn.id).await.unwrap();
    bookings.accept_transfer(&by(friend), taken.id).await.unwrap();
    for (transfer, end, who) in [
        (&declined, "ticket.decline", friend),
        (&withdrawn, "ticket.withdraw", holder),
        (&taken, "ticket.transfer", friend),
    ] {
        let filter = ActFilter { subject: Some(transfer.ticket.as_uuid()), ..ActFilter::default() };
        let acts = house.stores.audit.acts(&filter, first(9)).await.unwrap().items;
        let said: Vec<_> = acts.iter().map(|it| (it.act.act.clone(), it.act.who.account())).collect();
        assert_eq!(said, [(end.into(), Some(who)), ("ticket.offer".into(), Some(holder))]);
        for act in acts {
            assert_eq!(act.act.organisation, Some(house.event.organisation));
            assert!(act.act.after.unwrap().contains(&transfer.id.to_string()), "{end}");
        }
    }
}
