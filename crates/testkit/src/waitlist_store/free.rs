//! What is free, and whom it fits: what a store is asked for, and what comes of it.

use super::shown::told;
use super::{consistent, freed, full, joined, now, owed, statuses, wish};
use crate::fixtures_bookings::{House, bookings, buyer, by, house};
use crate::fixtures_events::{events_at_noon, organiser, type_input};
use crate::fixtures_seats::{hall, seated, seated_in, section};
use crate::{Stores, noon};
use booking::use_cases::{HoldError, JoinError, Pages};
use booking::waitlist::Free;
use booking::{
    Bookings, Effect, EntryStatus, HoldRefusal, JoinRefusal, JoinWish, ListNews, OfferTerms, Quiet, Rules,
    Terms, WaitlistEntry,
};
use chrono::TimeDelta;
use events::{Availability, SeatChange, SeatPrice, Standing};
use kernel::{
    AccountId, Clock, EventId, Money, PageRequest, StoreError, TicketTypeId, Timestamp, WaitlistEntryId,
    transact,
};

/// Asks the store under the sale's lock whom this fits: numbers of entries, types, and what is wished of them.
async fn fits(house: &House, free: &[Free], after: u64) -> (Vec<u64>, Vec<TicketTypeId>, Vec<u64>) {
    let event = house.event.id;
    let tx = house.stores.booking.begin().await.unwrap();
    let found: Result<_, StoreError> = transact(tx, async |tx| {
        tx.lock_sales(&[event]).await?;
        let waiting = tx.waiting(&[(event, free)], after, 100).await?;
        Ok((waiting, tx.wanted(event, free).await?, tx.wished(event, free, after).await?))
    })
    .await;
    let (waiting, mut wanted, mut wished) = found.unwrap();
    let order = |id: &TicketTypeId| free.iter().position(|free| free.ticket_type == *id);
    wanted.sort_by_key(&order);
    wished.sort_by_key(|(id, _)| order(id));
    let numbers = waiting.iter().map(|entry| entry.number).collect();
    (numbers, wanted, wished.into_iter().map(|(_, places)| places).collect())
}

/// Puts somebody on the list whatever is free: of these types, so many, for no more than this.
pub(super) async fn queued(
    house: &House,
    number: u64,
    (ticket_types, quantity, max_price): (Vec<TicketTypeId>, u32, Option<Money>),
) -> AccountId {
    let buyer = buyer(&house.stores).await;
    let entry = waiting(house.event.id, buyer, (WaitlistEntryId::generate(noon()), number, noon()));
    added(house, &WaitlistEntry { ticket_types, quantity, max_price, ..entry }).await;
    buyer
}

/// Somebody who waits for one place of whatever type.
pub(super) const fn waiting(
    event: EventId,
    buyer: AccountId,
    (id, number, joined_at): (WaitlistEntryId, u64, Timestamp),
) -> WaitlistEntry {
    WaitlistEntry {
        id,
        event,
        buyer,
        ticket_types: Vec::new(),
        quantity: 1,
        max_price: None,
        number,
        status: EntryStatus::Waiting,
        joined_at,
        hold: None,
        offered_at: None,
        expires_at: None,
        decided_at: None,
    }
}

pub(super) async fn added(house: &House, entry: &WaitlistEntry) {
    let tx = house.stores.booking.begin().await.unwrap();
    let added: Result<(), StoreError> = transact(tx, async |tx| tx.add_entry(entry).await).await;
    added.unwrap();
}

pub async fn only_those_are_found_whom_something_free_fits(stores: Stores) {
    let (house, _, _) = full(stores, 2).await;
    let actor = organiser(&house.stores, house.event.organisation, Standing::Manager).await;
    let events = events_at_noon(&house.stores);
    let other = events.add_ticket_type(actor, house.event.id, &type_input(9)).await.unwrap();
    let (own, other, cheap) = (house.ticket_type.id, other.id, Some(Money::eur(1000)));
    let entries =
        [(vec![own], 2, None), (vec![], 1, cheap), (vec![other], 9, None), (vec![own, other], 3, None)];
    for (at, (ticket_types, quantity, max_price)) in entries.into_iter().enumerate() {
        queued(&house, u64::try_from(at).unwrap() + 1, (ticket_types, quantity, max_price)).await;
    }
    let line = |ticket_type, places, cents| Free { ticket_type, places, price: Money::eur(cents) };
    let one = [line(own, 1, 2500), line(other, 500, 2500)];
    assert_eq!(fits(&house, &one, 0).await, (vec![3, 4], vec![other], vec![12]), "plenty of the other one");
    assert_eq!(fits(&house, &one, 3).await, (vec![4], vec![other], vec![3]));
    let two = [line(own, 2, 1000), line(other, 2, 1001)];
    assert_eq!(fits(&house, &two, 0).await, (vec![1, 2], vec![own], vec![3]));
    assert_eq!(fits(&house, &[line(own, 3, 0), line(other, 9, 0)], 0).await.2, [6, 13]);
    assert_eq!(fits(&house, &[line(other, 1, 1001)], 0).await, (vec![], vec![], vec![]));
    assert_eq!(fits(&house, &[], 0).await, (vec![], vec![], vec![]));
}

pub async fn a_seat_that_is_cheaper_than_its_type_is_offered(stores: Stores) {
    let house = seated(stores, "A", 2, 2000).await;
    let actor = organiser(&house.stores, house.event.organisation, Standing::Manager).await;
    let (seats, guest, use_cases) = (house.seats().await, buyer(&house.stores).await, bookings(&house));
    let half = Some(Some(SeatPrice::Exact(Money::eur(1000))));
    let cheaper =
        SeatChange { seat: seats[1], accessible: None, blocked: None, aisle_after: None, price: half };
    events_at_noon(&house.stores).change_seats(actor, house.event.id, &[cheaper]).await.unwrap();
    let held = use_cases.keep(house.wish_for(guest, &seats)).await.unwrap();
    let (waits, too_low) = (buyer(&house.stores).await, Some(Money::eur(999)));
    let refused =
        use_cases.join_list(house.event.id, JoinWish { max_price: too_low, ..wish(waits, 1) }).await;
    assert!(matches!(refused, Err(JoinError::Refused(JoinRefusal::TooCheap))), "{refused:?}");
    let wish = JoinWish { max_price: Some(Money::eur(1000)), ..wish(waits, 1) };
    let entry = use_cases.join_list(house.event.id, wish).await.unwrap().entry;
    use_cases.release(guest, held.id).await.unwrap();
    let offered = now(&house, &entry).await;
    assert_eq!(offered.status, EntryStatus::Offered);
    let hold = house.stores.booking.hold(offered.hold.unwrap()).await.unwrap().unwrap();
    let seat = hold.items[0].seat.as_ref().map(|seat| seat.id);
    assert_eq!((seat, hold.total), (Some(seats[1]), Money::eur(1000)));
    consistent(&house).await;
}

pub async fn a_list_for_one_section_leaves_the_others_alone(stores: Stores) {
    let (template, actor) = hall(&stores, "A", 2).await;
    let events = events_at_noon(&stores);
    events.add_section(actor, template.id, &section("Balcony", "A", 2, "1")).await.unwrap();
    let house = seated_in(stores, &template, actor, 2000).await;
    let (seats, guest, use_cases) = (house.seats().await, buyer(&house.stores).await, bookings(&house));
    let sale = house.stores.booking.sales(&[house.event.id]).await.unwrap().remove(0);
    let balcony = sale.offers[1].ticket_type;
    assert_eq!(sale.offers[0].ticket_type, house.ticket_type.id);
    let held = use_cases.keep(house.wish_for(guest, &seats[2..])).await.unwrap();
    let waits = buyer(&house.stores).await;
    let wish = JoinWish { ticket_types: vec![balcony], ..wish(waits, 2) };
    let entry = use_cases.join_list(house.event.id, wish).await.unwrap().entry;
    // Stalls are for everybody, by number and by seat.
    let outsider = buyer(&house.stores).await;
    use_cases.keep(house.wish_for(outsider, &seats[..1])).await.unwrap();
    use_cases.hold(outsider, house.event.id, house.want(1)).await.unwrap();
    assert_eq!(now(&house, &entry).await.status, EntryStatus::Waiting);
    use_cases.release(guest, held.id).await.unwrap();
    assert_eq!(now(&house, &entry).await.status, EntryStatus::Offered);
    assert_eq!(house.stores.booking.claimed_seats(house.event.id, None).await.unwrap().len(), 4);
    consistent(&house).await;
}

pub async fn staff_with_a_long_list_keeps_its_places_and_no_more(stores: Stores) {
    let (house, guest, _) = full(stores, 2).await;
    let (use_cases, event) = (bookings(&house), house.event.id);
    let rules = Rules { automatic: false, returns: true };
    assert!(use_cases.set_rules(event, rules, &by(guest)).await.unwrap());
    for _ in 0..202 {
        joined(&house, 1).await;
    }
    joined(&house, 2).await;
    // Of 206 places those on the list wish 204, four of them behind the first 200.
    let house = house.with_places(208).await;
    assert_eq!(told(&house).await, ([2].into(), Availability::Few));
    let outsider = buyer(&house.stores).await;
    let refused = use_cases.hold(outsider, event, house.want(3)).await;
    assert!(matches!(refused, Err(HoldError::Refused(HoldRefusal::SoldOut { left: 2, .. }))), "{refused:?}");
    use_cases.hold(outsider, event, house.want(2)).await.unwrap();
    assert_eq!(
        use_cases.notify_list(event, 999, &by(guest)).await.unwrap(),
        203,
        "and all of them get theirs"
    );
    consistent(&house).await;
}

pub async fn who_named_only_what_is_gone_waits_no_longer(stores: Stores) {
    let (house, guest, placed) = full(stores, 1).await;
    let actor = organiser(&house.stores, house.event.organisation, Standing::Manager).await;
    let events = events_at_noon(&house.stores);
    let gone = events.add_ticket_type(actor, house.event.id, &type_input(1)).await.unwrap();
    let use_cases = bookings(&house);
    let want = vec![booking::Wanted { ticket_type: gone.id, quantity: 1 }];
    let held = use_cases.hold(guest, house.event.id, want).await.unwrap();
    let mut entries = Vec::new();
    for ticket_types in [vec![gone.id], vec![gone.id, house.ticket_type.id], vec![]] {
        let wish = JoinWish { ticket_types, ..wish(buyer(&house.stores).await, 1) };
        entries.push(use_cases.join_list(house.event.id, wish).await.unwrap().entry);
    }
    let rules = Rules { automatic: false, returns: true };
    use_cases.set_rules(house.event.id, rules, &by(guest)).await.unwrap();
    use_cases.release(guest, held.id).await.unwrap();
    assert_eq!(events.delete_ticket_type(actor, gone.id).await.unwrap(), house.event.id);
    use_cases.serve_list(house.event.id).await.unwrap();
    let waiting = EntryStatus::Waiting;
    assert_eq!(statuses(&house, &entries).await, [EntryStatus::Expired, waiting, waiting]);
    let told = |effect: &Effect| matches!(effect, Effect::TellWaiting { .. });
    let told: Vec<_> = owed(&house).await.into_iter().filter(told).collect();
    assert_eq!(told, [Effect::TellWaiting { entry: entries[0].id, news: ListNews::Gone }]);
    use_cases.set_rules(house.event.id, Rules::default(), &by(guest)).await.unwrap();
    freed(&house, guest, &placed, 0, 1).await;
    let offered = EntryStatus::Offered;
    assert_eq!(statuses(&house, &entries).await, [EntryStatus::Expired, offered, waiting]);
}

pub async fn what_one_need_not_act_on_is_told_in_the_morning(stores: Stores) {
    let house = house(stores, 1, None, 0).await;
    let quiet = Quiet { from: 22, until: 8 };
    let offers = OfferTerms { lasts: TimeDelta::hours(2), quiet: Some(quiet) };
    let terms = Terms { offers, ..Terms::to_pay_within(TimeDelta::minutes(30)) };
    let pages = Pages { name: "Test".into(), returns: "https://example.org/payments".into() };
    let (store, clock) = (house.stores.booking.clone(), house.clock.clone());
    let use_cases = Bookings::new(store, clock, vec![house.provider.clone()], terms, pages);
    let guest = buyer(&house.stores).await;
    let hold = use_cases.hold(guest, house.event.id, house.want(1)).await.unwrap();
    let entry = joined(&house, 1).await;
    let zone = house.stores.booking.sales(&[house.event.id]).await.unwrap()[0].resale.zone;
    // Offered just before the night, it ends within.
    let mut night = noon();
    while quiet.over(zone, night) == night {
        night += TimeDelta::minutes(30);
    }
    house.clock.set(night - TimeDelta::minutes(30));
    use_cases.release(guest, hold.id).await.unwrap();
    use_cases.sweep().await.unwrap();
    use_cases.serve_list(house.event.id).await.unwrap();
    let offered = now(&house, &entry).await;
    assert_eq!(offered.status, EntryStatus::Offered);
    house.clock.set(offered.expires_at.unwrap());
    use_cases.sweep().await.unwrap();
    let news = Effect::TellWaiting { entry: entry.id, news: ListNews::Expired };
    assert!(owed(&house).await.contains(&news));
    let at = house.clock.now();
    let morning = quiet.over(zone, at);
    assert!(morning > at);
    assert_eq!(use_cases.quiet_until(entry.id, ListNews::Expired).await.unwrap(), Some(morning));
    assert_eq!(use_cases.quiet_until(entry.id, ListNews::Offered).await.unwrap(), None, "it can be acted on");
    house.clock.set(morning);
    assert_eq!(use_cases.quiet_until(entry.id, ListNews::Expired).await.unwrap(), None);
}

pub async fn entries_of_a_buyer_come_newest_first_in_pages_that_meet(stores: Stores) {
    let who = buyer(&stores).await;
    let mut ids = Vec::new();
    for at in 0..3 {
        let (house, _, _) = full(stores.clone(), 1).await;
        house.clock.set(noon() + TimeDelta::minutes(at));
        let place = bookings(&house).join_list(house.event.id, wish(who, 1)).await.unwrap();
        ids.push(place.entry.id);
        joined(&house, 1).await;
        if at == 1 {
            assert!(bookings(&house).leave_list(house.event.id, who).await.unwrap());
        }
    }
    ids.reverse();
    let page = |after| PageRequest { limit: 2, after };
    let first = stores.booking.entries_of_buyer(who, page(None)).await.unwrap();
    let rest = stores.booking.entries_of_buyer(who, page(first.next)).await.unwrap();
    let seen: Vec<_> = first.items.iter().chain(&rest.items).map(|entry| entry.id).collect();
    assert_eq!((seen, rest.next), (ids, None));
}
