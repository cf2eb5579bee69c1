//! What every store promises of the return desk.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

use crate::fixtures_bookings::{
    House, booked_paid, booked_unpaid, bookings, buyer, by, confirm_free, confirm_paid, house, staff,
};
use crate::fixtures_events::{events_at_noon, organiser, type_input};
use crate::fixtures_seats::seated;
use crate::outbox::EVERY_DOMAIN;
use crate::{ScriptedProvider, Stores, noon, voucher_store};
use booking::office::IncidentFilter;
use booking::use_cases::{ReturnError, Told};
use booking::{
    Booking, CodeSigner, Door, Effect, EntryStatus, Flag, Incident, IncidentKind, JoinWish, RefundReason,
    RefundWish, Return, ReturnRefusal, ReturnStatus, Ticket, TicketStatus, Verdict, Way,
};
use events::{PriceInput, SeatChange, Standing, TicketTypeInput};
use kernel::{
    AccountId, Clock, Money, PageRequest, ReturnId, SeatId, StoreError, TicketTypeId, Timestamp, transact,
};

/// One test per promise: `testkit::return_store_contract!(open)`, as for the other stores.
#[macro_export]
macro_rules! return_store_contract {
    ($open:ident) => {
        $crate::return_store_contract!($open;
            a_return_reads_back_whole,
            a_returned_ticket_is_offered_sold_again_and_paid_out_once,
            what_was_never_sold_out_is_sold_before_a_return,
            the_one_that_waits_longest_is_paid_first,
            a_ticket_is_returned_once_however_often_one_asks,
            a_ticket_is_taken_back_while_its_place_is_free,
            what_nobody_bought_is_its_holders_again_when_sales_are_over,
            a_seat_whose_type_was_sold_out_elsewhere_is_paid_out,
            a_seat_that_was_blocked_is_paid_out_when_sales_are_over,
            what_a_voucher_keeps_is_given_back_when_sales_are_over,
            what_stays_kept_after_the_event_is_paid_out_at_last,
            a_cancelled_event_pays_for_what_waits,
            staff_that_refunds_a_returned_ticket_ends_its_return,
            a_free_ticket_is_returned_and_nothing_is_paid,
            a_ticket_of_a_closed_type_is_sold_again_as_another,
            a_ticket_that_had_admitted_is_taken_back_from_the_desk,
            a_used_ticket_that_was_paid_out_is_a_case_once,
            a_dead_code_that_let_somebody_in_is_a_case_before_money_goes_back,
            entries_before_and_after_a_return_come_to_the_same_in_any_order,
            an_entry_is_looked_at_whatever_was_told_of_the_ticket_before,
            a_store_keeps_one_waiting_return_per_ticket,
            returns_are_listed_the_latest_first_in_pages_that_meet,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod return_store {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::return_store::$case(super::$open().await).await;
                }
            )+
        }
    };
}

/// A house of so many places, of which somebody has bought these.
async fn sold(stores: Stores, places: u32, bought: u32) -> (House, Booking, Vec<Ticket>) {
    let house = house(stores, places, None, 2500).await;
    let holder = buyer(&house.stores).await;
    let booking = booked_paid(&house, holder, bought).await;
    let tickets = house.stores.booking.tickets_of_bookings(&[booking.id]).await.unwrap();
    (house, booking, tickets)
}

async fn returned(house: &House, ticket: &Ticket) -> Return {
    bookings(house).give_to_desk(&by(ticket.holder), ticket.id).await.unwrap().0
}

async fn now(house: &House, made: &Return) -> Return {
    house.stores.booking.ticket_return(made.id).await.unwrap().unwrap()
}

async fn ticket_now(house: &House, ticket: &Ticket) -> Ticket {
    house.stores.booking.ticket(ticket.id).await.unwrap().unwrap()
}

async fn booking_now(house: &House, booking: &Booking) -> Booking {
    house.stores.booking.booking(booking.id).await.unwrap().unwrap()
}

async fn joined(house: &House) -> AccountId {
    let buyer = buyer(&house.stores).await;
    let wish = JoinWish { buyer, ticket_types: Vec::new(), quantity: 1, max_price: None };
    bookings(house).join_list(house.event.id, wish).await.unwrap();
    buyer
}

async fn consistent(house: &House) {
    assert_eq!(house.stores.booking.stock_differences().await.unwrap(), []);
}

pub async fn a_return_reads_back_whole(stores: Stores) {
    let (house, booking, tickets) = sold(stores, 2, 2).await;
    let made = returned(&house, &tickets[0]).await;
    assert_eq!(
        (made.status, made.price, made.booking),
        (ReturnStatus::Waiting, Money::eur(2500), booking.id)
    );
    assert_eq!(now(&house, &made).await, made);
    assert_eq!(house.stores.booking.ticket_return(ReturnId::generate(noon())).await.unwrap(), None);
    let ticket = ticket_now(&house, &tickets[0]).await;
    assert_eq!((ticket.status, ticket.version), (TicketStatus::Returned, tickets[0].version + 1));
    let sale = house.stores.booking.sales(&[house.event.id]).await.unwrap().remove(0);
    assert_eq!((sale.offers[0].sold, sale.resale.returned), (1, true));
    consistent(&house).await;
}

pub async fn a_returned_ticket_is_offered_sold_again_and_paid_out_once(stores: Stores) {
    let (house, booking, tickets) = sold(stores, 2, 2).await;
    let waits = joined(&house).await;
    let made = returned(&house, &tickets[0]).await;
    let entry = house.stores.booking.last_entry(house.event.id, waits).await.unwrap().unwrap();
    assert_eq!(entry.status, EntryStatus::Offered, "in the same transaction");
    let use_cases = bookings(&house);
    let placed = confirm_paid(&use_cases, waits, entry.hold.unwrap()).await;
    use_cases.settle_return(made.id).await.unwrap();
    assert_eq!(now(&house, &made).await.status, ReturnStatus::Waiting, "nothing was paid yet");
    let payment = placed.booking.payments[0].id;
    house.provider.pay(&ScriptedProvider::session(payment));
    use_cases.come_back(payment).await.unwrap();
    assert_eq!(now(&house, &made).await.status, ReturnStatus::Sold);
    for _ in 0..2 {
        use_cases.settle_return(made.id).await.unwrap();
        let (one, other) = (bookings(&house), bookings(&house));
        let (first, second) = tokio::join!(one.settle_return(made.id), other.settle_return(made.id));
        first.unwrap();
        second.unwrap();
    }
    let paid_out = booking_now(&house, &booking).await;
    let refunds: Vec<_> =
        paid_out.refunds.iter().map(|it| (it.amount, it.reason, it.tickets.clone())).collect();
    assert_eq!(refunds, [(Money::eur(2500), RefundReason::Resold, vec![tickets[0].id])]);
    assert_eq!(now(&house, &made).await.status, ReturnStatus::Refunded);
    assert_eq!(ticket_now(&house, &tickets[0]).await.status, TicketStatus::Cancelled);
    assert_eq!(ticket_now(&house, &tickets[1]).await.status, TicketStatus::Valid);
    consistent(&house).await;
}

pub async fn what_was_never_sold_out_is_sold_before_a_return(stores: Stores) {
    let (house, booking, tickets) = sold(stores, 3, 2).await;
    let made = returned(&house, &tickets[0]).await;
    booked_paid(&house, buyer(&house.stores).await, 1).await;
    assert_eq!(now(&house, &made).await.status, ReturnStatus::Waiting, "one place had never been sold");
    booked_paid(&house, buyer(&house.stores).await, 1).await;
    assert_eq!(now(&house, &made).await.status, ReturnStatus::Sold);
    bookings(&house).settle_return(made.id).await.unwrap();
    assert_eq!(booking_now(&house, &booking).await.refunded(), Money::eur(2500));
    consistent(&house).await;
}

pub async fn the_one_that_waits_longest_is_paid_first(stores: Stores) {
    let (house, _, tickets) = sold(stores, 3, 3).await;
    let mut made = Vec::new();
    for ticket in &tickets {
        made.push(returned(&house, ticket).await);
        house.clock.advance(chrono::TimeDelta::seconds(1));
    }
    booked_paid(&house, buyer(&house.stores).await, 2).await;
    let mut statuses = Vec::new();
    for made in &made {
        statuses.push(now(&house, made).await.status);
    }
    assert_eq!(statuses, [ReturnStatus::Sold, ReturnStatus::Sold, ReturnStatus::Waiting]);
    consistent(&house).await;
}

pub async fn a_ticket_is_returned_once_however_often_one_asks(stores: Stores) {
    let (house, _, tickets) = sold(stores, 2, 1).await;
    let (one, other, cause) = (bookings(&house), bookings(&house), by(tickets[0].holder));
    let asks = (0..6).map(|at| {
        let use_cases = if at % 2 == 0 { &one } else { &other };
        use_cases.give_to_desk(&cause, tickets[0].id)
    });
    let answers = futures_util::future::join_all(asks).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    let twice = |answer: &&Result<_, ReturnError>| {
        matches!(answer, Err(ReturnError::Refused(ReturnRefusal::NotReturnable)))
    };
    assert_eq!(answers.iter().filter(twice).count(), 5);
    let stranger = one.give_to_desk(&by(buyer(&house.stores).await), tickets[0].id).await;
    assert!(matches!(stranger, Err(ReturnError::Refused(ReturnRefusal::Unknown))), "{stranger:?}");
    consistent(&house).await;
}

pub async fn a_ticket_is_taken_back_while_its_place_is_free(stores: Stores) {
    let (house, booking, tickets) = sold(stores, 1, 1).await;
    let made = returned(&house, &tickets[0]).await;
    let use_cases = bookings(&house);
    let hold = use_cases.hold(buyer(&house.stores).await, house.event.id, house.want(1)).await.unwrap();
    let cause = by(booking.buyer);
    let taken = use_cases.take_from_desk(&cause, tickets[0].id).await;
    assert!(matches!(taken, Err(ReturnError::Refused(ReturnRefusal::PlaceTaken))), "{taken:?}");
    assert!(use_cases.release(hold.buyer, hold.id).await.unwrap().is_some());
    let taken = use_cases.take_from_desk(&cause, tickets[0].id).await.unwrap();
    assert_eq!((taken.status, taken.version), (TicketStatus::Valid, tickets[0].version + 2));
    assert_eq!(ticket_now(&house, &tickets[0]).await, taken);
    assert_eq!(now(&house, &made).await.status, ReturnStatus::TakenBack);
    let again = use_cases.take_from_desk(&cause, tickets[0].id).await;
    assert!(matches!(again, Err(ReturnError::Refused(ReturnRefusal::NotReturned))), "{again:?}");
    consistent(&house).await;
}

pub async fn what_nobody_bought_is_its_holders_again_when_sales_are_over(stores: Stores) {
    let (house, booking, tickets) = sold(stores, 1, 1).await;
    let made = returned(&house, &tickets[0]).await;
    let use_cases = bookings(&house);
    let again = use_cases.watch_return(made.id).await.unwrap();
    assert_eq!(again, Some(house.event.starts_at), "while it is sold");
    house.clock.set(house.event.starts_at);
    assert_eq!(use_cases.watch_return(made.id).await.unwrap(), None);
    let ticket = ticket_now(&house, &tickets[0]).await;
    assert_eq!((ticket.status, ticket.version), (TicketStatus::Valid, tickets[0].version + 2));
    assert_eq!(now(&house, &made).await.status, ReturnStatus::GivenBack);
    assert_eq!(use_cases.watch_return(made.id).await.unwrap(), None);
    assert!(booking_now(&house, &booking).await.refunds.is_empty());
    consistent(&house).await;
}

/// Buys the very seat, as another type than the first of its section if one is named, and pays.
async fn seat_bought(house: &House, seat: SeatId, as_type: Option<TicketTypeId>) -> (Booking, Ticket) {
    let (guest, use_cases) = (buyer(&house.stores).await, bookings(house));
    let mut wish = house.wish_for(guest, &[seat]);
    wish.seats.chosen[0].ticket_type = as_type;
    let hold = use_cases.keep(wish).await.unwrap();
    let payment = confirm_paid(&use_cases, guest, hold.id).await.booking.payments[0].id;
    house.provider.pay(&ScriptedProvider::session(payment));
    let booking = use_cases.come_back(payment).await.unwrap().unwrap();
    let ticket = house.stores.booking.tickets_of_bookings(&[booking.id]).await.unwrap().remove(0);
    (booking, ticket)
}

pub async fn a_seat_whose_type_was_sold_out_elsewhere_is_paid_out(stores: Stores) {
    let house = seated(stores, "A", 4, 2500).await;
    let actor = organiser(&house.stores, house.event.organisation, Standing::Manager).await;
    let reduced = TicketTypeInput {
        name: "Reduced".into(),
        price: PriceInput { amount: 1000, currency: "EUR".into() },
        section: house.ticket_type.section,
        ..type_input(1)
    };
    let events = events_at_noon(&house.stores);
    let reduced = events.add_ticket_type(actor, house.event.id, &reduced).await.unwrap().id;
    let seats = house.seats().await;
    let (booking, ticket) = seat_bought(&house, seats[0], Some(reduced)).await;
    let made = returned(&house, &ticket).await;
    seat_bought(&house, seats[1], None).await;
    assert_eq!(now(&house, &made).await.status, ReturnStatus::Waiting, "of the other type there is enough");
    seat_bought(&house, seats[2], Some(reduced)).await;
    assert_eq!(now(&house, &made).await.status, ReturnStatus::Sold, "its seat is free, and its place is not");
    bookings(&house).settle_return(made.id).await.unwrap();
    assert_eq!(booking_now(&house, &booking).await.refunded(), Money::eur(1000));
    consistent(&house).await;
}

pub async fn a_seat_that_was_blocked_is_paid_out_when_sales_are_over(stores: Stores) {
    let house = seated(stores, "A", 3, 2500).await;
    let actor = organiser(&house.stores, house.event.organisation, Standing::Manager).await;
    let seats = house.seats().await;
    let (booking, ticket) = seat_bought(&house, seats[0], None).await;
    let (_, other) = seat_bought(&house, seats[1], None).await;
    let (made, kept) = (returned(&house, &ticket).await, returned(&house, &other).await);
    let block =
        SeatChange { seat: seats[0], accessible: None, blocked: Some(true), aisle_after: None, price: None };
    events_at_noon(&house.stores).change_seats(actor, house.event.id, &[block]).await.unwrap();
    let use_cases = bookings(&house);
    let refused = use_cases.take_from_desk(&by(booking.buyer), ticket.id).await;
    assert!(matches!(refused, Err(ReturnError::Refused(ReturnRefusal::PlaceTaken))), "{refused:?}");
    house.clock.set(house.event.starts_at);
    for made in [&made, &kept] {
        assert_eq!(use_cases.watch_return(made.id).await.unwrap(), None);
    }
    assert_eq!(now(&house, &made).await.status, ReturnStatus::Sold);
    assert_eq!(now(&house, &kept).await.status, ReturnStatus::GivenBack);
    use_cases.settle_return(made.id).await.unwrap();
    assert_eq!(booking_now(&house, &booking).await.refunded(), Money::eur(2500));
    consistent(&house).await;
}

pub async fn what_a_voucher_keeps_is_given_back_when_sales_are_over(stores: Stores) {
    let (house, _, tickets) = sold(stores, 1, 1).await;
    let made = returned(&house, &tickets[0]).await;
    voucher_store::make(&house, "GUESTS", &voucher_store::keeping(&house, 1)).await.unwrap();
    let use_cases = bookings(&house);
    house.clock.set(house.event.starts_at);
    assert_eq!(use_cases.watch_return(made.id).await.unwrap(), None);
    assert_eq!(now(&house, &made).await.status, ReturnStatus::GivenBack);
    assert_eq!(ticket_now(&house, &tickets[0]).await.status, TicketStatus::Valid);
    consistent(&house).await;
}

pub async fn what_stays_kept_after_the_event_is_paid_out_at_last(stores: Stores) {
    let (house, booking, tickets) = sold(stores, 1, 1).await;
    let made = returned(&house, &tickets[0]).await;
    let almost = house.event.starts_at - chrono::TimeDelta::seconds(60);
    house.clock.set(almost);
    booked_unpaid(&house, buyer(&house.stores).await, 1).await;
    let use_cases = bookings(&house);
    house.clock.set(house.event.starts_at);
    let again = use_cases.watch_return(made.id).await.unwrap();
    assert!(again.is_some(), "it may not be paid, and the place is free then");
    let sale = house.stores.booking.sales(&[house.event.id]).await.unwrap().remove(0);
    house.clock.set(sale.ends_at + chrono::TimeDelta::days(7));
    assert_eq!(use_cases.watch_return(made.id).await.unwrap(), None);
    use_cases.settle_return(made.id).await.unwrap();
    assert_eq!(booking_now(&house, &booking).await.refunded(), Money::eur(2500));
    assert_eq!(ticket_now(&house, &tickets[0]).await.status, TicketStatus::Cancelled);
    consistent(&house).await;
}

pub async fn a_cancelled_event_pays_for_what_waits(stores: Stores) {
    let (house, booking, tickets) = sold(stores, 3, 3).await;
    let waits = returned(&house, &tickets[0]).await;
    house.clock.advance(chrono::TimeDelta::seconds(1));
    let sold_again = returned(&house, &tickets[1]).await;
    // The first that waits is the first that is sold again.
    booked_paid(&house, buyer(&house.stores).await, 1).await;
    assert_eq!(now(&house, &waits).await.status, ReturnStatus::Sold);
    let use_cases = bookings(&house);
    let job = use_cases.cancel_event(house.event.id, &by(staff(&house).await.account), None).await.unwrap();
    while use_cases.cancel_bookings(job).await.unwrap().is_some() {}
    use_cases.settle_return(waits.id).await.unwrap();
    assert_eq!(use_cases.watch_return(sold_again.id).await.unwrap(), None);
    assert_eq!(booking_now(&house, &booking).await.refunded(), Money::eur(7500), "all, and nothing twice");
    for made in [&waits, &sold_again] {
        assert_eq!(now(&house, made).await.status, ReturnStatus::Cancelled);
    }
    consistent(&house).await;
}

fn refund_of(ticket: &Ticket) -> RefundWish {
    RefundWish {
        id: None,
        amount: None,
        tickets: Some(vec![ticket.id]),
        again: false,
        keep_tickets: false,
        reason: RefundReason::Staff,
        by: None,
        note: None,
    }
}

pub async fn staff_that_refunds_a_returned_ticket_ends_its_return(stores: Stores) {
    let (house, booking, tickets) = sold(stores, 2, 2).await;
    let made = returned(&house, &tickets[0]).await;
    let wish = refund_of(&tickets[0]);
    let cause = by(staff(&house).await.account);
    bookings(&house).refund(booking.id, &wish, &cause).await.unwrap();
    assert_eq!(now(&house, &made).await.status, ReturnStatus::Cancelled);
    booked_paid(&house, buyer(&house.stores).await, 1).await;
    bookings(&house).settle_return(made.id).await.unwrap();
    assert_eq!(booking_now(&house, &booking).await.refunded(), Money::eur(2500));
    consistent(&house).await;
}

pub async fn a_free_ticket_is_returned_and_nothing_is_paid(stores: Stores) {
    let house = house(stores, 1, None, 0).await;
    let (holder, next) = (buyer(&house.stores).await, buyer(&house.stores).await);
    let use_cases = bookings(&house);
    let hold = use_cases.hold(holder, house.event.id, house.want(1)).await.unwrap();
    let placed = confirm_free(&use_cases, holder, hold.id).await;
    let made = returned(&house, &placed.tickets[0]).await;
    let hold = use_cases.hold(next, house.event.id, house.want(1)).await.unwrap();
    confirm_free(&use_cases, next, hold.id).await;
    assert_eq!(now(&house, &made).await.status, ReturnStatus::Sold);
    use_cases.settle_return(made.id).await.unwrap();
    let booking = booking_now(&house, &placed.booking).await;
    assert_eq!((booking.refunds.len(), booking.status), (0, booking::BookingStatus::Cancelled));
    assert_eq!(now(&house, &made).await.status, ReturnStatus::Refunded);
    consistent(&house).await;
}

pub async fn a_ticket_of_a_closed_type_is_sold_again_as_another(stores: Stores) {
    let (house, booking, tickets) = sold(stores, 2, 1).await;
    let house = house.with_quota(1).await;
    let actor = organiser(&house.stores, house.event.organisation, Standing::Manager).await;
    let regular = TicketTypeInput {
        quota: house.ticket_type.quota,
        price: PriceInput { amount: 4000, currency: "EUR".into() },
        ..type_input(2)
    };
    let events = events_at_noon(&house.stores);
    let regular = events.add_ticket_type(actor, house.event.id, &regular).await.unwrap();
    let mut early = house.ticket_type.clone();
    early.sales_end = Some(house.clock.now());
    let tx = house.stores.events.begin().await.unwrap();
    let saved: Result<(), StoreError> = transact(tx, async |tx| {
        tx.lock_event(house.event.id).await?;
        tx.save_ticket_type(&early).await
    })
    .await;
    saved.unwrap();
    let use_cases = bookings(&house);
    let refused = use_cases.hold(booking.buyer, house.event.id, house.want(1)).await;
    assert!(refused.is_err(), "its own type is closed");
    let made = returned(&house, &tickets[0]).await;
    assert!(use_cases.watch_return(made.id).await.unwrap().is_some(), "it can still be sold");
    assert_eq!(now(&house, &made).await.status, ReturnStatus::Waiting);
    let next = buyer(&house.stores).await;
    let want = vec![booking::Wanted { ticket_type: regular.id, quantity: 1 }];
    let hold = use_cases.hold(next, house.event.id, want).await.unwrap();
    let payment = confirm_paid(&use_cases, next, hold.id).await.booking.payments[0].id;
    house.provider.pay(&ScriptedProvider::session(payment));
    use_cases.come_back(payment).await.unwrap();
    use_cases.settle_return(made.id).await.unwrap();
    assert_eq!(booking_now(&house, &booking).await.refunded(), Money::eur(2500));
    consistent(&house).await;
}

/// Scanners tell at once that somebody came in with these codes of a ticket, half an hour after the first did. What is
/// owed by that is done twice. How often it was owed, and the flags of what was told.
async fn told(house: &House, ticket: &Ticket, entries: &[(&str, Timestamp)]) -> (usize, Vec<Vec<Flag>>) {
    let one = |(code, at): &(&str, Timestamp)| Told {
        nonce: format!("in with {} at {at}", ticket.id),
        code: (*code).to_owned(),
        way: Way::In,
        at: *at,
        verdict: Verdict::Admitted,
        forced: false,
        reason: None,
    };
    let told: Vec<_> = entries.iter().map(one).collect();
    let door = Door::new(house.stores.booking.clone(), house.clock.clone(), CodeSigner::new(&[7; 32]));
    let before = house.clock.now();
    house.clock.set(before.max(entries[0].1 + chrono::TimeDelta::minutes(30)));
    let synced = door.sync(&staff(house).await, house.event.id, &told).await.unwrap();
    let now = house.clock.now();
    let due =
        house.stores.outbox.claim(&EVERY_DOMAIN, now, now + chrono::TimeDelta::days(1), 1000).await.unwrap();
    let effects = due.iter().filter_map(|due| serde_json::from_str(&due.body).ok());
    let reviews = effects.filter_map(|effect| match effect {
        Effect::ReviewEntry { booking, ticket, case } => Some((booking, ticket, case)),
        _ => None,
    });
    let reviews: Vec<_> = reviews.filter(|(_, of, _)| *of == ticket.id).collect();
    for (booking, _, case) in reviews.iter().chain(&reviews) {
        bookings(house).review_entry(*booking, ticket.id, *case).await.unwrap();
    }
    let flags = synced.results.into_iter().map(|result| result.scan.unwrap().flags);
    (reviews.len(), flags.collect())
}

/// The same of one entry, which is to be looked at once.
async fn told_later(house: &House, ticket: &Ticket, code: String, at: Timestamp) -> Vec<Flag> {
    let (owed, mut flags) = told(house, ticket, &[(&code, at)]).await;
    assert_eq!(owed, 1);
    flags.remove(0)
}

/// Doors are open, and tickets are still sold; also a code of each ticket.
fn doors_open(house: &House, tickets: &[Ticket]) -> (Timestamp, Vec<String>) {
    let at = house.event.starts_at - chrono::TimeDelta::hours(1);
    house.clock.set(at + chrono::TimeDelta::minutes(5));
    let signer = CodeSigner::new(&[7; 32]);
    (at, tickets.iter().map(|ticket| signer.code(ticket)).collect())
}

async fn cases(house: &House) -> Vec<Incident> {
    let page = PageRequest { limit: 9, after: None };
    let found = house.stores.office.incidents(&IncidentFilter::default(), page).await.unwrap();
    found.items.into_iter().map(|of| of.what).collect()
}

pub async fn a_ticket_that_had_admitted_is_taken_back_from_the_desk(stores: Stores) {
    let (house, booking, tickets) = sold(stores, 3, 3).await;
    let (at, codes) = doors_open(&house, &tickets);
    let (free, taken) = (returned(&house, &tickets[0]).await, returned(&house, &tickets[1]).await);
    assert_eq!(told_later(&house, &tickets[0], codes[0].clone(), at).await, [Flag::EndedMeanwhile]);
    assert_eq!(now(&house, &free).await.status, ReturnStatus::TakenBack);
    let used = ticket_now(&house, &tickets[0]).await;
    assert_eq!((used.status, used.checked_in_at), (TicketStatus::CheckedIn, Some(at)));
    let page = PageRequest { limit: 9, after: None };
    let conflicts = house.stores.booking.conflicts(house.event.id, page).await.unwrap().items;
    assert_eq!((conflicts, cases(&house).await), (Vec::new(), Vec::new()), "all is well again");
    // The other place is kept for somebody: the price does not go back when it is bought.
    let next = booked_unpaid(&house, buyer(&house.stores).await, 1).await;
    told_later(&house, &tickets[1], codes[1].clone(), at).await;
    assert_eq!(now(&house, &taken).await.status, ReturnStatus::Cancelled);
    assert_eq!(ticket_now(&house, &tickets[1]).await.status, TicketStatus::Cancelled);
    let payment = next.payments[0].id;
    house.provider.pay(&ScriptedProvider::session(payment));
    bookings(&house).come_back(payment).await.unwrap();
    assert!(booking_now(&house, &booking).await.refunds.is_empty());
    let cases = cases(&house).await;
    let kinds: Vec<_> = cases.iter().map(|it| (it.kind, it.booking, it.refund)).collect();
    assert_eq!(kinds, [(IncidentKind::UsedAndGivenUp, booking.id, None)]);
    consistent(&house).await;
}

pub async fn a_used_ticket_that_was_paid_out_is_a_case_once(stores: Stores) {
    let (house, booking, tickets) = sold(stores, 2, 2).await;
    let (at, codes) = doors_open(&house, &tickets);
    let made = returned(&house, &tickets[0]).await;
    booked_paid(&house, buyer(&house.stores).await, 1).await;
    bookings(&house).settle_return(made.id).await.unwrap();
    assert_eq!(told_later(&house, &tickets[0], codes[0].clone(), at).await, [Flag::EndedMeanwhile]);
    let cases = cases(&house).await;
    let refund = booking_now(&house, &booking).await.refunds[0].id;
    assert!(!cases.is_empty());
    assert!(cases.iter().all(|it| (it.kind, it.refund) == (IncidentKind::UsedAndGivenUp, Some(refund))));
    assert_eq!(cases.len(), 1, "however often the worker looks");
    assert_eq!(ticket_now(&house, &tickets[0]).await.inside(), 1);
    consistent(&house).await;
}

pub async fn a_dead_code_that_let_somebody_in_is_a_case_before_money_goes_back(stores: Stores) {
    let (house, booking, tickets) = sold(stores, 2, 2).await;
    let (_, codes) = doors_open(&house, &tickets);
    let made = returned(&house, &tickets[0]).await;
    let after = house.clock.now() + chrono::TimeDelta::minutes(1);
    assert_eq!(told_later(&house, &tickets[0], codes[0].clone(), after).await, [Flag::LateRevocation]);
    let found = cases(&house).await;
    let kinds: Vec<_> = found.iter().map(|it| (it.kind, it.booking, it.refund)).collect();
    assert_eq!(kinds, [(IncidentKind::UsedAndGivenUp, booking.id, None)]);
    // Whoever came in need not be who gave it back, so it goes on as it was promised.
    assert_eq!(now(&house, &made).await.status, ReturnStatus::Waiting);
    assert_eq!(ticket_now(&house, &tickets[0]).await.status, TicketStatus::Returned);
    booked_paid(&house, buyer(&house.stores).await, 1).await;
    bookings(&house).settle_return(made.id).await.unwrap();
    assert_eq!(booking_now(&house, &booking).await.refunded(), Money::eur(2500));
    assert_eq!(cases(&house).await.len(), 1);
    consistent(&house).await;
}

pub async fn entries_before_and_after_a_return_come_to_the_same_in_any_order(stores: Stores) {
    let (house, booking, tickets) = sold(stores, 3, 3).await;
    let (at, codes) = doors_open(&house, &tickets);
    let mut ends = Vec::new();
    for (ticket, order) in tickets.iter().zip([&[&[1][..], &[0]][..], &[&[0], &[1]], &[&[1, 0]]]) {
        let before_any = cases(&house).await.len();
        let code = codes[tickets.iter().position(|it| it.id == ticket.id).unwrap()].as_str();
        house.clock.set(at + chrono::TimeDelta::minutes(5));
        let made = returned(&house, ticket).await;
        let entries = [(code, at), (code, at + chrono::TimeDelta::minutes(10))];
        for batch in order {
            told(&house, ticket, &batch.iter().map(|it: &usize| entries[*it]).collect::<Vec<_>>()).await;
        }
        let used = ticket_now(&house, ticket).await;
        let mut scans = house.stores.booking.scans_of_booking(booking.id).await.unwrap();
        scans.retain(|scan| scan.ticket == Some(ticket.id));
        scans.sort_by_key(|scan| scan.at);
        let flags: Vec<_> = scans.into_iter().map(|scan| scan.flags).collect();
        let state = (used.status, used.checked_in_at, used.inside(), used.version - ticket.version);
        ends.push((now(&house, &made).await.status, state, flags));
        // What a person was told before more was known stays told.
        assert_eq!(cases(&house).await.len() - before_any, usize::from(order[0] == [1]), "{order:?}");
    }
    let flags = vec![Vec::new(), vec![Flag::LateRevocation, Flag::DoubleEntry]];
    let state = (TicketStatus::CheckedIn, Some(at), 2, 2);
    assert_eq!(ends[0], (ReturnStatus::TakenBack, state, flags));
    assert_eq!((&ends[1], &ends[2]), (&ends[0], &ends[0]));
    assert!(booking_now(&house, &booking).await.refunds.is_empty(), "nothing goes back for what was used");
    consistent(&house).await;
}

pub async fn an_entry_is_looked_at_whatever_was_told_of_the_ticket_before(stores: Stores) {
    let (house, booking, tickets) = sold(stores, 2, 2).await;
    let (at, codes) = doors_open(&house, &tickets);
    let friend = buyer(&house.stores).await;
    let use_cases = bookings(&house);
    let offered = use_cases.offer_ticket(&by(tickets[0].holder), tickets[0].id, Some(friend)).await.unwrap();
    let theirs = use_cases.accept_transfer(&by(friend), offered.id).await.unwrap();
    let minutes = |count| at + chrono::TimeDelta::minutes(count);
    let (owed, flags) = told(&house, &theirs, &[(&codes[0], minutes(10))]).await;
    assert_eq!((owed, flags), (0, vec![vec![Flag::LateRevocation]]), "the ticket is good");
    house.clock.set(minutes(50));
    let wish = refund_of(&tickets[0]);
    use_cases.refund(booking.id, &wish, &by(staff(&house).await.account)).await.unwrap();
    let good = CodeSigner::new(&[7; 32]).code(&theirs);
    house.clock.set(minutes(60));
    assert_eq!(
        told_later(&house, &theirs, good.clone(), minutes(20)).await,
        [Flag::EndedMeanwhile, Flag::DoubleEntry]
    );
    assert_eq!(cases(&house).await.len(), 1, "its price went back, and its holder was inside");
    // By the dead code once more: that is another matter, and however often it happens it is one.
    for minute in [55, 57] {
        let flags = told_later(&house, &theirs, good.clone(), minutes(minute)).await;
        assert_eq!(flags, [Flag::LateRevocation, Flag::DoubleEntry]);
        assert_eq!(cases(&house).await.len(), 2);
    }
    consistent(&house).await;
}

pub async fn a_store_keeps_one_waiting_return_per_ticket(stores: Stores) {
    let (house, _, tickets) = sold(stores, 1, 1).await;
    let made = returned(&house, &tickets[0]).await;
    let another = Return { id: ReturnId::generate(house.clock.now()), ..made };
    let tx = house.stores.booking.begin().await.unwrap();
    let written: Result<(), StoreError> = transact(tx, async |tx| {
        tx.lock_sales(&[another.event]).await?;
        tx.add_return(&another).await
    })
    .await;
    assert!(matches!(written, Err(StoreError::Broken { .. })), "{written:?}");
}

pub async fn returns_are_listed_the_latest_first_in_pages_that_meet(stores: Stores) {
    let (house, booking, tickets) = sold(stores, 3, 3).await;
    let mut ids = Vec::new();
    for ticket in &tickets {
        ids.push(returned(&house, ticket).await.id);
        house.clock.advance(chrono::TimeDelta::seconds(1));
    }
    ids.reverse();
    let store = &house.stores.booking;
    let page = |after| PageRequest { limit: 2, after };
    let first = store.returns_of(booking.buyer, page(None)).await.unwrap();
    let rest = store.returns_of(booking.buyer, page(first.next)).await.unwrap();
    let seen: Vec<_> = first.items.iter().chain(&rest.items).map(|made| made.id).collect();
    assert_eq!((&seen, rest.next), (&ids, None));
    let of_event =
        store.returns_of_event(house.event.id, PageRequest { limit: 9, after: None }).await.unwrap();
    assert_eq!(of_event.items.iter().map(|made| made.id).collect::<Vec<_>>(), ids);
    let others = store.returns_of(buyer(&house.stores).await, page(None)).await.unwrap();
    assert_eq!(others.items, []);
}
