//! What every store promises of the waiting list.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

mod free;
mod shown;

pub use free::*;
pub use shown::*;

use crate::fixtures_bookings::{
    House, booked_paid, booked_unpaid, bookings, buyer, by, confirm_free, confirm_paid, house,
};
use crate::fixtures_events::{events_at_noon, on_sale, organiser};
use crate::fixtures_seats::seated;
use crate::outbox::EVERY_DOMAIN;
use crate::pages::in_pages;
use crate::{Stores, noon};
use booking::use_cases::{HoldError, JoinError};
use booking::{
    BookingStatus, Charge, Effect, EntryStatus, HoldRefusal, JoinRefusal, JoinWish, ListNews, Rules,
    Standing as Stands, WaitlistEntry,
};
use chrono::TimeDelta;
use events::Standing;
use kernel::{AccountId, Clock, EventId, PageRequest, StoreError, WaitlistEntryId, transact};

/// One test per promise: `testkit::waitlist_store_contract!(open)`, as for the other stores.
#[macro_export]
macro_rules! waitlist_store_contract {
    ($open:ident) => {
        $crate::waitlist_store_contract!($open;
            an_entry_reads_back_whole,
            freed_places_are_offered_in_the_order_of_the_list,
            no_outsider_takes_a_place_while_somebody_waits,
            outsiders_in_a_crowd_get_nothing_while_places_are_freed,
            an_offer_that_nobody_takes_goes_to_the_next,
            a_used_offer_whose_booking_ends_frees_the_place_for_the_next,
            a_group_that_does_not_fit_keeps_its_place,
            who_leaves_makes_room_for_the_next,
            one_is_on_a_list_once_however_often_one_asks,
            a_store_keeps_one_living_entry_per_buyer,
            late_money_is_behind_those_who_wait,
            late_money_is_behind_those_whom_staff_serves_by_hand,
            a_hold_that_ended_gives_no_seat_twice,
            what_one_was_offered_counts_for_what_one_asks_for_meanwhile,
            what_one_confirms_just_now_counts_for_what_one_is_offered,
            staff_offers_by_hand_and_nobody_else_gets_the_places,
            a_long_list_is_served_in_parts_and_nobody_gets_between,
            a_list_ends_with_its_sale,
            a_list_ends_with_its_event,
            entries_come_in_their_order_in_pages_that_meet,
            a_list_is_counted,
            events_with_lists_are_found,
            an_event_goes_with_its_list,
            only_those_are_found_whom_something_free_fits,
            what_staff_keeps_for_a_list_is_shown_to_nobody_else,
            what_is_shown_beside_a_list_can_be_held_and_no_more,
            all_lists_are_left_that_one_was_on,
            a_seat_that_is_cheaper_than_its_type_is_offered,
            a_list_for_one_section_leaves_the_others_alone,
            staff_with_a_long_list_keeps_its_places_and_no_more,
            who_named_only_what_is_gone_waits_no_longer,
            what_one_need_not_act_on_is_told_in_the_morning,
            entries_of_a_buyer_come_newest_first_in_pages_that_meet,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod waitlist_store {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::waitlist_store::$case(super::$open().await).await;
                }
            )+
        }
    };
}

fn wish(buyer: AccountId, quantity: u32) -> JoinWish {
    JoinWish { buyer, ticket_types: Vec::new(), quantity, max_price: None }
}

/// A free house of so many places, all taken by one buyer.
async fn full(stores: Stores, places: u32) -> (House, AccountId, booking::use_cases::Placed) {
    let house = house(stores, places, None, 0).await;
    let guest = buyer(&house.stores).await;
    let hold = bookings(&house).hold(guest, house.event.id, house.want(places)).await.unwrap();
    let placed = confirm_free(&bookings(&house), guest, hold.id).await;
    (house, guest, placed)
}

async fn joined(house: &House, quantity: u32) -> WaitlistEntry {
    let buyer = buyer(&house.stores).await;
    bookings(house).join_list(house.event.id, wish(buyer, quantity)).await.unwrap().entry
}

async fn now(house: &House, entry: &WaitlistEntry) -> WaitlistEntry {
    house.stores.booking.entry(entry.id).await.unwrap().unwrap()
}

async fn statuses(house: &House, entries: &[WaitlistEntry]) -> Vec<EntryStatus> {
    let mut all = Vec::new();
    for entry in entries {
        all.push(now(house, entry).await.status);
    }
    all
}

/// Gives so many tickets of the full house back, and serves the list as the worker does.
async fn freed(
    house: &House,
    guest: AccountId,
    placed: &booking::use_cases::Placed,
    from: usize,
    count: usize,
) {
    let chosen: Vec<_> = placed.tickets[from..from + count].iter().map(|ticket| ticket.id).collect();
    bookings(house).cancel(&by(guest), placed.booking.id, Some(&chosen)).await.unwrap();
    let owed = owed(house).await;
    assert!(owed.contains(&Effect::ServeWaitlist { event: house.event.id }), "{owed:?}");
    bookings(house).serve_list(house.event.id).await.unwrap();
}

async fn owed(house: &House) -> Vec<Effect> {
    let now = house.clock.now();
    let due =
        house.stores.outbox.claim(&EVERY_DOMAIN, now, now + TimeDelta::milliseconds(1), 1000).await.unwrap();
    due.iter().filter_map(|due| serde_json::from_str(&due.body).ok()).collect()
}

async fn consistent(house: &House) {
    assert_eq!(house.stores.booking.stock_differences().await.unwrap(), []);
}

pub async fn an_entry_reads_back_whole(stores: Stores) {
    let (house, guest, placed) = full(stores, 2).await;
    let waits = buyer(&house.stores).await;
    let wish = JoinWish {
        ticket_types: vec![house.ticket_type.id],
        max_price: Some(kernel::Money::eur(1200)),
        ..wish(waits, 1)
    };
    let place = bookings(&house).join_list(house.event.id, wish).await.unwrap();
    let store = &house.stores.booking;
    assert_eq!(place.position, Some(1));
    assert_eq!(store.entry(place.entry.id).await.unwrap().as_ref(), Some(&place.entry));
    assert_eq!(store.last_entry(house.event.id, waits).await.unwrap().as_ref(), Some(&place.entry));
    assert_eq!(store.living_entries(waits, None, 9).await.unwrap(), std::slice::from_ref(&place.entry));
    assert_eq!(store.entry(WaitlistEntryId::generate(noon())).await.unwrap(), None);
    assert_eq!(store.last_entry(house.event.id, guest).await.unwrap(), None);
    freed(&house, guest, &placed, 0, 1).await;
    let offered = now(&house, &place.entry).await;
    assert_eq!((offered.status, offered.offered_at), (EntryStatus::Offered, Some(house.clock.now())));
    let hold = store.hold(offered.hold.unwrap()).await.unwrap().unwrap();
    assert_eq!((hold.entry, hold.buyer, hold.places()), (Some(offered.id), waits, 1));
    assert_eq!(offered.expires_at, Some(hold.expires_at));
    let news = Effect::TellWaiting { entry: offered.id, news: ListNews::Offered };
    assert!(owed(&house).await.contains(&news));
    consistent(&house).await;
}

pub async fn freed_places_are_offered_in_the_order_of_the_list(stores: Stores) {
    let (house, guest, placed) = full(stores, 4).await;
    let mut entries = Vec::new();
    for _ in 0..4 {
        entries.push(joined(&house, 1).await);
    }
    let use_cases = bookings(&house);
    let position = use_cases.place_on_list(house.event.id, entries[3].buyer).await.unwrap().unwrap().position;
    assert_eq!(position, Some(4));
    freed(&house, guest, &placed, 0, 2).await;
    let (waiting, offered) = (EntryStatus::Waiting, EntryStatus::Offered);
    assert_eq!(statuses(&house, &entries).await, [offered, offered, waiting, waiting]);
    let position = use_cases.place_on_list(house.event.id, entries[3].buyer).await.unwrap().unwrap().position;
    assert_eq!(position, Some(2), "it is counted anew");
    freed(&house, guest, &placed, 2, 1).await;
    assert_eq!(statuses(&house, &entries).await, [offered, offered, offered, waiting]);
    consistent(&house).await;
}

pub async fn no_outsider_takes_a_place_while_somebody_waits(stores: Stores) {
    let (house, guest, placed) = full(stores, 2).await;
    let entry = joined(&house, 1).await;
    // The place is free and nobody has served the list: whoever asks now comes after it all the same.
    let chosen = [placed.tickets[0].id];
    bookings(&house).cancel(&by(guest), placed.booking.id, Some(&chosen)).await.unwrap();
    let outsider = buyer(&house.stores).await;
    let refused = bookings(&house).hold(outsider, house.event.id, house.want(1)).await;
    assert!(matches!(refused, Err(HoldError::Refused(HoldRefusal::SoldOut { .. }))), "{refused:?}");
    assert_eq!(now(&house, &entry).await.status, EntryStatus::Offered);
    // What nobody on the list can use is for everybody.
    freed_for_all(&house, guest, &placed).await;
    bookings(&house).hold(outsider, house.event.id, house.want(1)).await.unwrap();
    consistent(&house).await;
}

async fn freed_for_all(house: &House, guest: AccountId, placed: &booking::use_cases::Placed) {
    let chosen = [placed.tickets[1].id];
    bookings(house).cancel(&by(guest), placed.booking.id, Some(&chosen)).await.unwrap();
}

pub async fn outsiders_in_a_crowd_get_nothing_while_places_are_freed(stores: Stores) {
    let (house, guest, placed) = full(stores, 8).await;
    let mut entries = Vec::new();
    for _ in 0..8 {
        entries.push(joined(&house, 1).await);
    }
    let use_cases = std::sync::Arc::new(bookings(&house));
    let mut crowd = Vec::new();
    for _ in 0..60 {
        let (use_cases, outsider) = (use_cases.clone(), buyer(&house.stores).await);
        let (event, want) = (house.event.id, house.want(1));
        crowd.push(tokio::spawn(async move { use_cases.hold(outsider, event, want).await.is_ok() }));
    }
    for ticket in &placed.tickets {
        bookings(&house).cancel(&by(guest), placed.booking.id, Some(&[ticket.id])).await.unwrap();
    }
    for outsider in crowd {
        assert!(!outsider.await.unwrap(), "an outsider had a place");
    }
    bookings(&house).serve_list(house.event.id).await.unwrap();
    assert_eq!(statuses(&house, &entries).await, [EntryStatus::Offered; 8]);
    consistent(&house).await;
}

pub async fn an_offer_that_nobody_takes_goes_to_the_next(stores: Stores) {
    let (house, guest, placed) = full(stores, 1).await;
    let (first, second) = (joined(&house, 1).await, joined(&house, 1).await);
    freed(&house, guest, &placed, 0, 1).await;
    let offered = now(&house, &first).await;
    house.clock.set(offered.expires_at.unwrap());
    assert_eq!(bookings(&house).sweep().await.unwrap(), 1);
    let (waits_no_more, next) = (now(&house, &first).await, now(&house, &second).await);
    assert_eq!((waits_no_more.status, next.status), (EntryStatus::Expired, EntryStatus::Offered));
    assert_eq!(waits_no_more.decided_at, Some(house.clock.now()));
    let owed = owed(&house).await;
    assert!(owed.contains(&Effect::TellWaiting { entry: first.id, news: ListNews::Expired }), "{owed:?}");
    let confirmed = bookings(&house)
        .confirm(booking::use_cases::ConfirmRequest {
            buyer: first.buyer,
            hold: offered.hold.unwrap(),
            payment: None,
            attendees: Vec::new(),
        })
        .await;
    assert!(confirmed.is_err(), "it is over");
    // Also when an outsider's wish is what finds it.
    house.clock.set(next.expires_at.unwrap());
    let third = bookings(&house).join_list(house.event.id, wish(first.buyer, 1)).await;
    assert!(matches!(third, Err(JoinError::Refused(JoinRefusal::PlacesAvailable))), "{third:?}");
    consistent(&house).await;
}

pub async fn a_used_offer_whose_booking_ends_frees_the_place_for_the_next(stores: Stores) {
    let house = house(stores, 1, None, 2500).await;
    let guest = buyer(&house.stores).await;
    let unpaid = booked_unpaid(&house, guest, 1).await;
    let (first, second) = (joined(&house, 1).await, joined(&house, 1).await);
    house.clock.set(unpaid.pay_by);
    bookings(&house).attend(unpaid.id).await.unwrap();
    let offered = now(&house, &first).await;
    assert_eq!(offered.status, EntryStatus::Offered, "in the transaction that gave the place back");
    let used = confirm_paid(&bookings(&house), first.buyer, offered.hold.unwrap()).await.booking;
    assert_eq!(now(&house, &first).await.status, EntryStatus::Accepted);
    assert_eq!(now(&house, &second).await.status, EntryStatus::Waiting);
    house.clock.set(used.pay_by);
    bookings(&house).attend(used.id).await.unwrap();
    let booking = house.stores.booking.booking(used.id).await.unwrap().unwrap();
    assert_eq!(booking.status, BookingStatus::Expired);
    assert_eq!(now(&house, &second).await.status, EntryStatus::Offered);
    consistent(&house).await;
}

pub async fn a_group_that_does_not_fit_keeps_its_place(stores: Stores) {
    let (house, guest, placed) = full(stores, 3).await;
    let (three, one, two) = (joined(&house, 3).await, joined(&house, 1).await, joined(&house, 2).await);
    freed(&house, guest, &placed, 0, 1).await;
    let (waiting, offered) = (EntryStatus::Waiting, EntryStatus::Offered);
    let entries = [three.clone(), one.clone(), two.clone()];
    assert_eq!(statuses(&house, &entries).await, [waiting, offered, waiting]);
    freed(&house, guest, &placed, 1, 2).await;
    assert_eq!(statuses(&house, &entries).await, [waiting, offered, offered], "two fit, three do not");
    for entry in [&one, &two] {
        assert!(bookings(&house).leave_list(house.event.id, entry.buyer).await.unwrap());
    }
    assert_eq!(now(&house, &three).await.status, offered, "all three are free together");
    consistent(&house).await;
}

pub async fn who_leaves_makes_room_for_the_next(stores: Stores) {
    let (house, guest, placed) = full(stores, 1).await;
    let (first, second, third) = (joined(&house, 1).await, joined(&house, 1).await, joined(&house, 1).await);
    freed(&house, guest, &placed, 0, 1).await;
    let (use_cases, event) = (bookings(&house), house.event.id);
    assert!(use_cases.leave_list(event, first.buyer).await.unwrap());
    assert!(!use_cases.leave_list(event, first.buyer).await.unwrap(), "once");
    let (waiting, offered, left) = (EntryStatus::Waiting, EntryStatus::Offered, EntryStatus::Left);
    let entries = [first.clone(), second.clone(), third];
    assert_eq!(statuses(&house, &entries).await, [left, offered, waiting]);
    // Giving the hold back is the same.
    let hold = now(&house, &second).await.hold.unwrap();
    assert!(use_cases.release(second.buyer, hold).await.unwrap().is_some());
    assert_eq!(statuses(&house, &entries).await, [left, left, offered]);
    let counts = house.stores.booking.count_entries(event).await.unwrap();
    assert_eq!(counts.lapsed_offers, 2, "offers that were not wanted have ended");
    let again = use_cases.join_list(event, wish(first.buyer, 1)).await.unwrap();
    assert_eq!((again.entry.number, again.position), (4, Some(1)), "at the end");
    let before = again.entry.joined_at - TimeDelta::microseconds(1);
    use_cases.leave_lists(first.buyer, Some(before)).await.unwrap();
    assert_eq!(now(&house, &again.entry).await.status, waiting, "it was not on the list then");
    use_cases.leave_lists(first.buyer, Some(again.entry.joined_at)).await.unwrap();
    assert_eq!(now(&house, &again.entry).await.status, left);
    let (fourth, fifth) = (joined(&house, 1).await, joined(&house, 1).await);
    use_cases.leave_lists(fourth.buyer, None).await.unwrap();
    assert_eq!(statuses(&house, &[fourth, fifth]).await, [left, waiting]);
    consistent(&house).await;
}

pub async fn all_lists_are_left_that_one_was_on(stores: Stores) {
    let (waits, mut entries) = (buyer(&stores).await, Vec::new());
    let house = house(stores, 1, None, 0).await;
    // More than are read together, all but the last of them joined later.
    let until = noon();
    for number in 0..=100 {
        let event = if number == 0 { house.event.clone() } else { on_sale(&house.stores, 1).await.0 };
        entries.push((event.id, WaitlistEntryId::generate(noon())));
    }
    entries.sort_unstable();
    let last = entries[100];
    for (event, id) in &entries {
        let at = if *id == last.1 { until } else { until + TimeDelta::seconds(1) };
        let entry = free::waiting(*event, waits, (*id, 1, at));
        free::added(&house, &entry).await;
    }
    let use_cases = bookings(&house);
    assert_eq!(use_cases.leave_lists(waits, Some(until)).await.unwrap(), [last.0]);
    assert_eq!(house.stores.booking.living_entries(waits, None, 200).await.unwrap().len(), 100);
    let rest: Vec<_> = entries[..100].iter().map(|(event, _)| *event).collect();
    assert_eq!(use_cases.leave_lists(waits, None).await.unwrap(), rest);
    assert_eq!(house.stores.booking.living_entries(waits, None, 9).await.unwrap(), []);
}

pub async fn one_is_on_a_list_once_however_often_one_asks(stores: Stores) {
    let (house, _, _) = full(stores, 1).await;
    let waits = buyer(&house.stores).await;
    let (one, other) = (bookings(&house), bookings(&house));
    let asks = (0..8).map(|at| {
        let use_cases = if at % 2 == 0 { &one } else { &other };
        use_cases.join_list(house.event.id, wish(waits, 1))
    });
    let answers = futures_util::future::join_all(asks).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    let refused = |answer: &&Result<_, JoinError>| {
        matches!(answer, Err(JoinError::Refused(JoinRefusal::WaitingAlready)))
    };
    assert_eq!(answers.iter().filter(refused).count(), 7);
    assert_eq!(house.stores.booking.living_entries(waits, None, 9).await.unwrap().len(), 1);
}

pub async fn a_store_keeps_one_living_entry_per_buyer(stores: Stores) {
    let (house, _, _) = full(stores, 1).await;
    let entry = joined(&house, 1).await;
    let same_buyer = WaitlistEntry { id: WaitlistEntryId::generate(noon()), number: 2, ..entry.clone() };
    let same_number =
        WaitlistEntry { id: WaitlistEntryId::generate(noon()), buyer: buyer(&house.stores).await, ..entry };
    for wrong in [same_buyer, same_number] {
        let tx = house.stores.booking.begin().await.unwrap();
        let written: Result<(), StoreError> = transact(tx, async |tx| {
            tx.lock_sales(&[wrong.event]).await?;
            tx.add_entry(&wrong).await
        })
        .await;
        assert!(matches!(written, Err(StoreError::Broken { .. })), "{written:?}");
    }
}

pub async fn late_money_is_behind_those_who_wait(stores: Stores) {
    late_money(stores, true).await;
}

pub async fn late_money_is_behind_those_whom_staff_serves_by_hand(stores: Stores) {
    late_money(stores, false).await;
}

async fn late_money(stores: Stores, automatic: bool) {
    let house = house(stores, 1, None, 2500).await;
    let late = buyer(&house.stores).await;
    let unpaid = booked_unpaid(&house, late, 1).await;
    let payment = unpaid.payments[0].id;
    house.clock.set(unpaid.pay_by);
    bookings(&house).attend(unpaid.id).await.unwrap();
    let other = booked_paid(&house, buyer(&house.stores).await, 1).await;
    let entry = joined(&house, 1).await;
    let staff = by(other.buyer);
    bookings(&house).set_rules(house.event.id, Rules { automatic, returns: true }, &staff).await.unwrap();
    let tickets = house.stores.booking.tickets_of_bookings(&[other.id]).await.unwrap();
    let wish = booking::RefundWish {
        id: None,
        amount: None,
        tickets: Some(vec![tickets[0].id]),
        again: false,
        keep_tickets: false,
        reason: booking::RefundReason::Staff,
        by: None,
        note: None,
    };
    bookings(&house).refund(other.id, &wish, &staff).await.unwrap();
    // Its page was ended, and a charge came all the same.
    let session = crate::ScriptedProvider::session(payment);
    let charge = Charge { reference: "late".into(), amount: kernel::Money::eur(2500), live: false };
    house.provider.stands(&session, Stands::Paid(charge));
    let headers = vec![("session".into(), session), ("id".into(), "late".into())];
    let notice = booking::RawNotice { headers, body: Vec::new() };
    bookings(&house).hear(booking::Provider::Stripe, &notice).await.unwrap();
    let came = house.stores.booking.booking(unpaid.id).await.unwrap().unwrap();
    assert_eq!((came.status, came.refunds.len()), (BookingStatus::Expired, 1), "the place was another's");
    let stands = if automatic { EntryStatus::Offered } else { EntryStatus::Waiting };
    assert_eq!(now(&house, &entry).await.status, stands);
    consistent(&house).await;
}

pub async fn a_hold_that_ended_gives_no_seat_twice(stores: Stores) {
    let house = seated(stores, "A", 2, 2500).await;
    let (seats, guest, use_cases) = (house.seats().await, buyer(&house.stores).await, bookings(&house));
    let hold = use_cases.keep(house.wish_for(guest, &seats[1..])).await.unwrap();
    let unpaid = confirm_paid(&use_cases, guest, hold.id).await.booking;
    house.clock.advance(TimeDelta::minutes(25));
    use_cases.keep(house.wish_for(guest, &seats[..1])).await.unwrap();
    let entries = [joined(&house, 1).await, joined(&house, 1).await, joined(&house, 1).await];
    // The hold has ended and nobody has looked: its seat looks free before its place is.
    house.clock.set(unpaid.pay_by.max(house.clock.now() + TimeDelta::minutes(10)));
    use_cases.attend(unpaid.id).await.unwrap();
    use_cases.sweep().await.unwrap();
    use_cases.serve_list(house.event.id).await.unwrap();
    let (waiting, offered) = (EntryStatus::Waiting, EntryStatus::Offered);
    assert_eq!(statuses(&house, &entries).await, [offered, offered, waiting]);
    let claims = house.stores.booking.claimed_seats(house.event.id, None).await.unwrap();
    assert_eq!(claims.len(), 2);
    consistent(&house).await;
}

pub async fn what_one_was_offered_counts_for_what_one_asks_for_meanwhile(stores: Stores) {
    let (house, guest, placed) = full(stores, 3).await;
    let house = house.with_limit_per_user(1).await;
    let entry = joined(&house, 1).await;
    let chosen: Vec<_> = placed.tickets.iter().map(|ticket| ticket.id).collect();
    bookings(&house).cancel(&by(guest), placed.booking.id, Some(&chosen)).await.unwrap();
    // The list is served in the transaction that decides this.
    let more = bookings(&house).hold(entry.buyer, house.event.id, house.want(1)).await;
    assert!(matches!(more, Err(HoldError::Refused(HoldRefusal::LimitExceeded { most: 1, .. }))), "{more:?}");
    let outsider = buyer(&house.stores).await;
    bookings(&house).hold(outsider, house.event.id, house.want(1)).await.unwrap();
    assert_eq!(now(&house, &entry).await.status, EntryStatus::Offered, "others find it served");
    consistent(&house).await;
}

pub async fn what_one_confirms_just_now_counts_for_what_one_is_offered(stores: Stores) {
    let (house, guest, placed) = full(stores, 3).await;
    let house = house.with_limit_per_user(2).await;
    let (pair, use_cases) = (joined(&house, 2).await, bookings(&house));
    let give_back = async |from: usize, to: usize| {
        let chosen: Vec<_> = placed.tickets[from..to].iter().map(|ticket| ticket.id).collect();
        bookings(&house).cancel(&by(guest), placed.booking.id, Some(&chosen)).await.unwrap();
    };
    give_back(0, 1).await;
    // One place is not enough for the two that are waited for, so anybody may have it.
    let hold = use_cases.hold(pair.buyer, house.event.id, house.want(1)).await.unwrap();
    give_back(1, 3).await;
    confirm_free(&use_cases, pair.buyer, hold.id).await;
    assert_eq!(now(&house, &pair).await.status, EntryStatus::Waiting, "it would be three");
    consistent(&house).await;
}

pub async fn staff_offers_by_hand_and_nobody_else_gets_the_places(stores: Stores) {
    let (house, guest, placed) = full(stores, 3).await;
    let (use_cases, event) = (bookings(&house), house.event.id);
    let rules = Rules { automatic: false, returns: true };
    assert!(use_cases.set_rules(event, rules, &by(guest)).await.unwrap());
    assert_eq!(use_cases.rules(event).await.unwrap(), Some(rules));
    assert!(!use_cases.set_rules(EventId::generate(noon()), rules, &by(guest)).await.unwrap());
    let entries = [joined(&house, 1).await, joined(&house, 1).await];
    freed(&house, guest, &placed, 0, 3).await;
    let (waiting, offered) = (EntryStatus::Waiting, EntryStatus::Offered);
    assert_eq!(statuses(&house, &entries).await, [waiting, waiting]);
    let outsider = buyer(&house.stores).await;
    let refused = use_cases.hold(outsider, event, house.want(2)).await;
    assert!(matches!(refused, Err(HoldError::Refused(HoldRefusal::SoldOut { left: 1, .. }))), "{refused:?}");
    use_cases.hold(outsider, event, house.want(1)).await.unwrap();
    consistent(&house).await;
    assert_eq!(use_cases.notify_list(event, 1, &by(guest)).await.unwrap(), 1);
    assert_eq!(statuses(&house, &entries).await, [offered, waiting]);
    assert!(use_cases.set_rules(event, Rules::default(), &by(guest)).await.unwrap());
    assert_eq!(statuses(&house, &entries).await, [offered, offered], "by itself again");
    assert_eq!(use_cases.notify_list(event, 9, &by(guest)).await.unwrap(), 0, "nothing is left");
    consistent(&house).await;
}

pub async fn a_long_list_is_served_in_parts_and_nobody_gets_between(stores: Stores) {
    let (house, _, _) = full(stores, 1).await;
    for _ in 0..203 {
        joined(&house, 1).await;
    }
    let house = house.with_places(204).await;
    let (use_cases, event) = (bookings(&house), house.event.id);
    let outsider = buyer(&house.stores).await;
    let refused = use_cases.hold(outsider, event, house.want(1)).await;
    assert!(matches!(refused, Err(HoldError::Refused(HoldRefusal::SoldOut { left: 0, .. }))), "{refused:?}");
    let offered = async || {
        let counts = house.stores.booking.count_entries(event).await.unwrap();
        counts.by_status.iter().find(|(status, _)| *status == EntryStatus::Offered).map(|(_, count)| *count)
    };
    assert_eq!(offered().await, Some(200));
    consistent(&house).await;
    assert!(owed(&house).await.contains(&Effect::ServeWaitlist { event }));
    assert_eq!(use_cases.serve_list(event).await.unwrap(), 3);
    assert_eq!(offered().await, Some(203));
    consistent(&house).await;
}

/// Whom the effects tell that the list is over.
fn told_over(owed: &[Effect]) -> Vec<WaitlistEntryId> {
    let over = |effect: &Effect| match effect {
        Effect::TellWaiting { entry, news: ListNews::Over } => Some(*entry),
        _ => None,
    };
    let mut told: Vec<_> = owed.iter().filter_map(over).collect();
    told.sort_unstable();
    told
}

pub async fn a_list_ends_with_its_sale(stores: Stores) {
    let (house, guest, placed) = full(stores, 1).await;
    let entries = [joined(&house, 1).await, joined(&house, 1).await];
    let mut ids = entries.each_ref().map(|entry| entry.id);
    ids.sort_unstable();
    house.clock.set(house.event.starts_at - TimeDelta::seconds(1));
    bookings(&house).serve_list(house.event.id).await.unwrap();
    assert_eq!(told_over(&owed(&house).await), []);
    house.clock.set(house.event.starts_at);
    assert_eq!(bookings(&house).serve_lists().await.unwrap(), 0);
    assert_eq!(statuses(&house, &entries).await, [EntryStatus::Expired; 2]);
    assert_eq!(house.stores.booking.events_waited_for(None, 9).await.unwrap(), []);
    assert_eq!(told_over(&owed(&house).await), ids, "nobody waits for nothing without knowing");
    bookings(&house).serve_list(house.event.id).await.unwrap();
    assert_eq!(told_over(&owed(&house).await), [], "once");
    assert_eq!(placed.booking.buyer, guest);
    consistent(&house).await;
}

pub async fn a_list_ends_with_its_event(stores: Stores) {
    let (house, guest, placed) = full(stores, 2).await;
    let entries = [joined(&house, 1).await, joined(&house, 2).await];
    let mut ids = entries.each_ref().map(|entry| entry.id);
    ids.sort_unstable();
    freed(&house, guest, &placed, 0, 1).await;
    let hold = now(&house, &entries[0]).await.hold.unwrap();
    let staff = crate::fixtures_bookings::staff(&house).await;
    bookings(&house).cancel_event(house.event.id, &by(staff.account), None).await.unwrap();
    assert!(owed(&house).await.contains(&Effect::ServeWaitlist { event: house.event.id }), "at once");
    assert_eq!(bookings(&house).serve_list(house.event.id).await.unwrap(), 0);
    assert_eq!(
        statuses(&house, &entries).await,
        [EntryStatus::Expired; 2],
        "what was offered is worth nothing"
    );
    assert_eq!(house.stores.booking.hold(hold).await.unwrap(), None);
    assert_eq!(told_over(&owed(&house).await), ids);
    let page = PageRequest { limit: 100, after: None };
    let acts = house.stores.audit.acts(&kernel::audit::ActFilter::default(), page).await.unwrap().items;
    assert_eq!(acts.iter().filter(|sealed| sealed.act.act == "waitlist.end").count(), 1, "{acts:?}");
    bookings(&house).serve_list(house.event.id).await.unwrap();
    assert_eq!(told_over(&owed(&house).await), [], "once");
    consistent(&house).await;
}

pub async fn entries_come_in_their_order_in_pages_that_meet(stores: Stores) {
    let (house, _, _) = full(stores, 1).await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(joined(&house, 1).await.id);
    }
    let store = &house.stores.booking;
    let seen = in_pages(2, async |page| store.entries_of_event(house.event.id, page).await).await;
    let seen: Vec<_> = seen.iter().map(|entry| entry.id).collect();
    assert_eq!(seen, ids);
    let nowhere = store.entries_of_event(EventId::generate(noon()), PageRequest { limit: 2, after: None });
    assert_eq!(nowhere.await.unwrap().items, []);
}

pub async fn a_list_is_counted(stores: Stores) {
    let (house, guest, placed) = full(stores, 3).await;
    let store = &house.stores.booking;
    let nothing = store.count_entries(house.event.id).await.unwrap();
    assert_eq!((nothing.by_status.len(), nothing.wanted, nothing.median_wait_seconds), (0, 0, None));
    for quantity in [1, 1, 2, 3] {
        joined(&house, quantity).await;
        house.clock.advance(TimeDelta::minutes(10));
    }
    freed(&house, guest, &placed, 0, 2).await;
    let mut counts = store.count_entries(house.event.id).await.unwrap();
    counts.by_status.sort_by_key(|(status, _)| status.as_str());
    assert_eq!(counts.by_status, [(EntryStatus::Offered, 2), (EntryStatus::Waiting, 2)]);
    assert_eq!((counts.wanted, counts.median_wait_seconds), (5, Some(30 * 60)));
    assert_eq!(counts.lapsed_offers, 0);
    house.clock.set(house.event.starts_at);
    bookings(&house).serve_list(house.event.id).await.unwrap();
    let ended = |counts: booking::ListCounts| {
        let expired = counts.by_status.iter().find(|(status, _)| *status == EntryStatus::Expired);
        (expired.map(|(_, count)| *count), counts.lapsed_offers)
    };
    let over = ended(store.count_entries(house.event.id).await.unwrap());
    assert_eq!(over, (Some(2), 0), "these were never offered anything");
    bookings(&house).sweep().await.unwrap();
    assert_eq!(ended(store.count_entries(house.event.id).await.unwrap()), (Some(4), 2));
}

pub async fn events_with_lists_are_found(stores: Stores) {
    let mut events = Vec::new();
    for _ in 0..3 {
        let (house, _, _) = full(stores.clone(), 1).await;
        joined(&house, 1).await;
        joined(&house, 1).await;
        events.push(house.event.id);
    }
    events.sort_unstable();
    let store = &stores.booking;
    assert_eq!(store.events_waited_for(None, 2).await.unwrap(), events[..2]);
    assert_eq!(store.events_waited_for(Some(events[1]), 2).await.unwrap(), events[2..]);
    assert_eq!(store.events_waited_for(Some(events[2]), 2).await.unwrap(), []);
}

pub async fn an_event_goes_with_its_list(stores: Stores) {
    let house = house(stores, 1, None, 0).await;
    let (guest, use_cases, event) = (buyer(&house.stores).await, bookings(&house), house.event.id);
    let hold = use_cases.hold(guest, event, house.want(1)).await.unwrap();
    let entry = joined(&house, 1).await;
    let rules = Rules { automatic: false, returns: false };
    assert!(use_cases.set_rules(event, rules, &by(guest)).await.unwrap());
    assert_eq!(use_cases.release(guest, hold.id).await.unwrap(), Some(event));
    let actor = organiser(&house.stores, house.event.organisation, Standing::Manager).await;
    events_at_noon(&house.stores).delete(actor, event).await.unwrap();
    let store = &house.stores.booking;
    assert_eq!(store.entry(entry.id).await.unwrap(), None);
    assert_eq!(store.living_entries(entry.buyer, None, 9).await.unwrap(), []);
    assert_eq!(store.events_waited_for(None, 9).await.unwrap(), []);
}
