//! What everybody is shown of places for which others wait: just what can be held.

use super::free::queued;
use super::{consistent, joined};
use crate::fixtures_bookings::{House, bookings, buyer, by, house};
use crate::fixtures_events::{Waiters, events_at, events_at_noon, organiser, person, type_input};
use crate::fixtures_seats::seated;
use crate::{Stores, noon};
use booking::use_cases::HoldError;
use booking::{HoldRefusal, Rules, Wanted};
use events::access::Right;
use events::selling::Opened;
use events::use_cases::Search;
use events::{Availability, Left, SeatChange, SeatPrice, Standing, Stock, TicketTypeInput, selling};
use kernel::{Clock, Money, PageRequest, Role, StoreError, TicketTypeId, transact};
use std::sync::Arc;

/// How many everybody is told can be had of each type, in every way in which it is told, and the word for it.
pub(super) async fn told(house: &House) -> (Vec<u32>, Availability) {
    let event = house.event.id;
    let lists = Arc::new(Waiters(bookings(house)));
    let events = events_at(&house.stores, house.clock.clone()).waited_for_on(lists);
    let (member, admin) =
        (person(&house.stores, Role::Member).await, person(&house.stores, Role::Admin).await);
    let rows = |left: Vec<Left>| left.into_iter().map(|it| it.available).collect::<Vec<_>>();
    let left = rows(events.availability(Some(member), event).await.unwrap());
    assert_eq!(rows(events.watched(&[event]).await.unwrap().remove(&event).unwrap().left), left);
    if let Some(sections) = events.sections(Some(member), event, &Opened::default()).await.unwrap() {
        assert_eq!(rows(sections.left), left);
    }
    let word = events.show(Some(member), &event.to_string()).await.unwrap().availability;
    let page = PageRequest { limit: 100, after: None };
    let listed = events.list(Some(member), &Search::default(), page).await.unwrap().items;
    assert_eq!(listed.iter().find(|it| it.event.id == event).unwrap().availability, word);
    let (managed, types) = events.show_managed(admin, event, Right::Manage).await.unwrap();
    assert_eq!(selling::availability(&managed, &types, house.clock.now()), word);
    (left, word)
}

/// The same, where as many can be held as are shown and one more cannot.
async fn as_told(house: &House) -> (Vec<u32>, Availability) {
    let (shown, word) = told(house).await;
    let (use_cases, outsider, event) = (bookings(house), buyer(&house.stores).await, house.event.id);
    let types = house.stores.events.ticket_types(event).await.unwrap();
    assert_eq!(types.len(), shown.len());
    for (it, most) in types.iter().zip(&shown) {
        let want = |quantity| vec![Wanted { ticket_type: it.ticket_type.id, quantity }];
        let more = use_cases.hold(outsider, event, want(most + 1)).await;
        let refused =
            matches!(more, Err(HoldError::Refused(HoldRefusal::SoldOut { left, .. })) if left == *most);
        assert!(refused, "{most} are shown: {more:?}");
        if *most > 0 {
            let hold = use_cases.hold(outsider, event, want(*most)).await.unwrap();
            use_cases.release(outsider, hold.id).await.unwrap();
        }
    }
    consistent(house).await;
    (shown, word)
}

async fn by_hand(house: &House) {
    let by = by(buyer(&house.stores).await);
    let rules = Rules { automatic: false, returns: true };
    assert!(bookings(house).set_rules(house.event.id, rules, &by).await.unwrap());
}

/// A list that staff serves, of an event with another type of so many places that shares the quota of the first.
async fn with_another(house: House, places: u32) -> (House, TicketTypeId) {
    let actor = organiser(&house.stores, house.event.organisation, Standing::Manager).await;
    let input = TicketTypeInput { quota: house.ticket_type.quota, ..type_input(places) };
    let other = events_at_noon(&house.stores).add_ticket_type(actor, house.event.id, &input).await.unwrap();
    by_hand(&house).await;
    (house, other.id)
}

pub async fn what_staff_keeps_for_a_list_is_shown_to_nobody_else(stores: Stores) {
    let house = house(stores, 3, None, 2500).await;
    let (use_cases, event, kind) = (bookings(&house), house.event.id, house.ticket_type.id);
    let first = queued(&house, 1, (vec![], 1, None)).await;
    let second = queued(&house, 2, (vec![kind], 2, None)).await;
    assert_eq!(told(&house).await.0, [3], "free places are offered by themselves");
    by_hand(&house).await;
    assert_eq!(as_told(&house).await, ([0].into(), Availability::SoldOut));
    let tx = house.stores.events.begin().await.unwrap();
    let locked: Result<_, StoreError> = transact(tx, async |tx| {
        tx.lock_event(event).await?;
        tx.ticket_types_locked(event).await
    })
    .await;
    let locked = locked.unwrap();
    assert_eq!((locked[0].stock, locked[0].by_hand), (Stock::untouched(kind), true), "no edit minds it");
    assert_eq!(house.stores.events.ticket_types(event).await.unwrap(), locked);
    let group = queued(&house, 3, (vec![], 4, None)).await;
    assert!(use_cases.leave_list(event, second).await.unwrap());
    assert_eq!(as_told(&house).await, ([2].into(), Availability::Few));
    assert!(use_cases.leave_list(event, first).await.unwrap());
    assert_eq!(as_told(&house).await.0, [3], "a group of four waits in vain");
    assert!(use_cases.leave_list(event, group).await.unwrap());
    queued(&house, 4, (vec![], 1, Some(Money::eur(2499)))).await;
    assert_eq!(as_told(&house).await.0, [3], "too dear for who waits");
    queued(&house, 5, (vec![TicketTypeId::generate(noon())], 1, None)).await;
    assert_eq!(as_told(&house).await.0, [3], "for another type");
    let couple = joined(&house, 2).await;
    joined(&house, 2).await;
    assert_eq!(as_told(&house).await.0, [1], "of two couples one fits");
    assert!(use_cases.leave_list(event, couple.buyer).await.unwrap());
    let house = house.with_quota(1).await;
    assert_eq!(as_told(&house).await.0, [1], "two do not fit into the quota");
}

pub async fn what_is_shown_beside_a_list_can_be_held_and_no_more(stores: Stores) {
    let sold_out = ([0, 0].into(), Availability::SoldOut);
    // What is kept of one type is gone of what both take places of.
    let (within, _) = with_another(house(stores.clone(), 5, None, 2500).await, 5).await;
    let within = within.with_capacity(2).with_places(5).await;
    queued(&within, 1, (vec![within.ticket_type.id], 2, None)).await;
    assert_eq!(as_told(&within).await, sold_out);
    let shared = house(stores.clone(), 5, None, 2500).await.with_quota(2).await;
    let (shared, other) = with_another(shared, 5).await;
    queued(&shared, 1, (vec![other], 1, None)).await;
    assert_eq!(as_told(&shared).await, ([1, 1].into(), Availability::Few));
    queued(&shared, 2, (vec![], 1, None)).await;
    assert_eq!(as_told(&shared).await, sold_out);
    // Whoever takes any type is kept one place, and not one of each.
    let (any, other) = with_another(house(stores.clone(), 4, None, 2500).await, 4).await;
    for number in 1..=4 {
        queued(&any, number, (vec![], 1, None)).await;
    }
    assert_eq!(as_told(&any).await, ([0, 4].into(), Availability::Few));
    queued(&any, 5, (vec![other], 3, None)).await;
    assert_eq!(as_told(&any).await.0, [0, 1]);
    // Who has as many as they may wait for nothing.
    let limited = house(stores.clone(), 3, None, 2500).await.with_limit_per_user(1).await;
    by_hand(&limited).await;
    let waits = queued(&limited, 1, (vec![], 1, None)).await;
    assert_eq!(told(&limited).await.0, [2]);
    bookings(&limited).hold(waits, limited.event.id, limited.want(1)).await.unwrap();
    assert_eq!(told(&limited).await.0, [2], "of two that are left none is kept");
    // A seat can be cheaper than its type.
    let seated = seated(stores, "A", 2, 2000).await;
    let actor = organiser(&seated.stores, seated.event.organisation, Standing::Manager).await;
    let price = Some(Some(SeatPrice::Exact(Money::eur(1000))));
    let seat = seated.seats().await[1];
    let cheaper = SeatChange { seat, accessible: None, blocked: None, aisle_after: None, price };
    events_at_noon(&seated.stores).change_seats(actor, seated.event.id, &[cheaper]).await.unwrap();
    by_hand(&seated).await;
    queued(&seated, 1, (vec![], 1, Some(Money::eur(1000)))).await;
    assert_eq!(as_told(&seated).await, ([1].into(), Availability::Few));
}
