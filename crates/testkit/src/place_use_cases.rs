//! What ticket holders and organisers are promised about exact places, calendars and copies, over whichever store.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a contract fails by panicking"
)]
#![expect(missing_docs, reason = "the name of a case is its promise")]

use crate::fixtures_bookings::{House, bookings, confirm_free, house};
use crate::fixtures_events::{Holders, events_at, organisation, organiser, person};
use crate::{Stores, noon};
use booking::{Ticket, TicketStatus};
use chrono::TimeDelta;
use events::access::Right;
use events::location::KNOWN_HOURS;
use events::use_cases::{AccessError, Captions, DuplicateError, Search, ShowError};
use events::{AddressView, CopyInput, Event, Events, Filter, Standing, Status, TokenHash};
use kernel::audit::ActFilter;
use kernel::{Actor, EventId, PageRequest, Role, TicketTypeId, transact};
use std::sync::Arc;

/// One test per promise: `testkit::place_use_cases_contract!(open)`, where `open` is an `async fn() -> Stores` that
/// gives a fresh, empty system.
#[macro_export]
macro_rules! place_use_cases_contract {
    ($open:ident) => {
        $crate::place_use_cases_contract!($open;
            holders_learn_the_place_when_its_time_has_come,
            those_who_run_the_event_are_noted_too,
            guests_find_an_event_that_was_taken_out_of_sight,
            a_place_is_forgotten_a_day_after_the_end,
            captions_are_read_together,
            a_place_is_withdrawn_with_the_ticket,
            a_place_is_withdrawn_with_the_event,
            whom_a_place_was_shown_to_is_for_those_who_run_the_event,
            a_calendar_has_what_its_owner_goes_to,
            an_entry_is_for_whoever_may_see_the_event,
            a_calendar_is_read_at_its_newest_address,
            a_copy_is_a_draft_with_nothing_sold,
            a_copy_is_made_by_those_who_run_the_event,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod place_use_cases {
            $(
                #[tokio::test]
                async fn $case() {
                    $crate::place_use_cases::$case(super::$open().await).await;
                }
            )+
        }
    };
}

const ALL: PageRequest = PageRequest { limit: 100, after: None };

/// An event at Quay 7, told to holders from an hour after noon on; and the use cases that know who they are.
async fn stage(stores: Stores) -> (House, Events) {
    let mut house = house(stores, 10, None, 0).await;
    house.event.location.address_visible_from = Some(noon() + TimeDelta::hours(1));
    save(&house, &house.event).await;
    let events = events_at(&house.stores, house.clock.clone())
        .attended_by(Arc::new(Holders(house.stores.holders.clone())));
    (house, events)
}

async fn save(house: &House, event: &Event) {
    let saving = transact(house.stores.events.begin().await.unwrap(), async |tx| {
        tx.lock_event(event.id).await?;
        tx.save_event(event).await
    });
    saving.await.unwrap();
}

/// Somebody with a ticket, who asks under this name.
async fn holder(house: &House, request: &str) -> (Actor, Ticket) {
    let actor = Actor { request: request.parse().ok(), ..person(&house.stores, Role::Member).await };
    let bookings = bookings(house);
    let hold = bookings.hold(actor.account, house.event.id, house.want(1)).await.unwrap();
    let ticket = confirm_free(&bookings, actor.account, hold.id).await.tickets.remove(0);
    (actor, ticket)
}

async fn turn(house: &House, ticket: &Ticket, status: TicketStatus) {
    let ticket = Ticket { status, ..ticket.clone() };
    let saving = transact(house.stores.booking.begin().await.unwrap(), async |tx| {
        tx.lock_ticket(ticket.id).await?;
        tx.save_ticket(&ticket).await
    });
    saving.await.unwrap();
}

/// Whether somebody is shown the exact place: all of it, or nothing.
async fn knows(events: &Events, actor: Option<Actor>, event: &Event) -> bool {
    let seen = events.show(actor, &event.slug).await.unwrap();
    let place = &seen.event.location;
    let known = [place.address.is_some(), place.latitude.is_some(), place.longitude.is_some()];
    assert!(known == [true; 3] || known == [false; 3], "{place:?}");
    let middle = seen.approximate.expect("everybody knows about where it is");
    assert_eq!((middle.latitude, middle.longitude), (53.55, 10.0));
    known[0]
}

async fn noted(house: &House) -> Vec<AddressView> {
    house.stores.events.address_views(house.event.id, ALL).await.unwrap().items
}

pub async fn holders_learn_the_place_when_its_time_has_come(stores: Stores) {
    let (house, events) = stage(stores).await;
    let (guest, _) = holder(&house, "look").await;
    let other = person(&house.stores, Role::Member).await;
    house.clock.advance(TimeDelta::hours(1) - TimeDelta::microseconds(1));
    assert!(!knows(&events, Some(guest), &house.event).await);
    assert_eq!(noted(&house).await, []);
    house.clock.advance(TimeDelta::microseconds(1));
    assert!(knows(&events, Some(guest), &house.event).await);
    for actor in [None, Some(other)] {
        assert!(!knows(&events, actor, &house.event).await);
    }
    let at = noon() + TimeDelta::hours(1);
    let first = AddressView::new(house.event.id, guest.account, at, guest.request);
    assert_eq!(noted(&house).await, [first]);
    // Lists tell nobody but organisers, and note nothing.
    house.clock.advance(TimeDelta::hours(1));
    let list = events.list(Some(guest), &Search::default(), ALL).await.unwrap();
    assert!(list.items.iter().all(|seen| !seen.event.location.is_exact()));
    assert_eq!(noted(&house).await, [first]);
    for _ in 0..3 {
        assert!(knows(&events, Some(guest), &house.event).await);
    }
    let at = noon() + TimeDelta::hours(2);
    let second = AddressView { at, views: 3, last: Some(at), ..first };
    assert_eq!(noted(&house).await, [second, first]);
    // What was set to a later time again is told again from then on.
    let mut later = house.event.clone();
    later.location.address_visible_from = Some(noon() + TimeDelta::hours(3));
    save(&house, &later).await;
    assert!(!knows(&events, Some(guest), &house.event).await);
    later.location.address_visible_from = None;
    save(&house, &later).await;
    house.clock.advance(TimeDelta::days(3));
    assert!(!knows(&events, Some(guest), &house.event).await);
    assert_eq!(noted(&house).await, [second, first]);
}

pub async fn those_who_run_the_event_are_noted_too(stores: Stores) {
    let (house, events) = stage(stores).await;
    let door = organiser(&house.stores, house.event.organisation, Standing::Door).await;
    let admin = person(&house.stores, Role::Admin).await;
    events.list(Some(admin), &Search::default(), ALL).await.unwrap();
    assert_eq!(noted(&house).await, [], "lists note nobody");
    assert!(knows(&events, Some(door), &house.event).await);
    house.clock.advance(TimeDelta::seconds(1));
    let (event, _) = events.show_managed(admin, house.event.id, Right::Door).await.unwrap();
    assert_eq!(event, house.event);
    let who: Vec<_> = noted(&house).await.into_iter().map(|view| view.account).collect();
    assert_eq!(who, [admin.account, door.account]);
    let mut nowhere = house.event.clone();
    (nowhere.location.address, nowhere.location.latitude, nowhere.location.longitude) = (None, None, None);
    save(&house, &nowhere).await;
    house.clock.advance(TimeDelta::hours(1));
    events.show_managed(admin, house.event.id, Right::Door).await.unwrap();
    assert_eq!(noted(&house).await.len(), 2, "there was nothing to see");
}

pub async fn guests_find_an_event_that_was_taken_out_of_sight(stores: Stores) {
    let (house, events) = stage(stores).await;
    let (guest, ticket) = holder(&house, "look").await;
    let other = person(&house.stores, Role::Member).await;
    house.clock.advance(TimeDelta::hours(1));
    save(&house, &Event { status: Status::Deactivated, ..house.event.clone() }).await;
    assert!(knows(&events, Some(guest), &house.event).await);
    let entry = events.calendar_entry(guest, house.event.id).await.unwrap();
    assert!(entry.event.location.is_exact());
    for stranger in [None, Some(other)] {
        let seen = events.show(stranger, &house.event.slug).await;
        assert!(matches!(seen, Err(ShowError::NotFound)), "{seen:?}");
    }
    turn(&house, &ticket, TicketStatus::Cancelled).await;
    let seen = events.show(Some(guest), &house.event.slug).await;
    assert!(matches!(seen, Err(ShowError::NotFound)), "{seen:?}");
}

pub async fn a_place_is_forgotten_a_day_after_the_end(stores: Stores) {
    let (house, events) = stage(stores).await;
    let (guest, _) = holder(&house, "look").await;
    house.clock.set(house.event.ends_at + TimeDelta::hours(KNOWN_HOURS) - TimeDelta::seconds(1));
    assert!(knows(&events, Some(guest), &house.event).await);
    house.clock.advance(TimeDelta::seconds(1));
    let before = noted(&house).await;
    assert!(!knows(&events, Some(guest), &house.event).await);
    let entries = events.own_calendar(guest.account, guest.request).await.unwrap();
    assert_eq!((entries.len(), entries[0].event.location.is_exact()), (1, false));
    assert_eq!(noted(&house).await, before, "what is not shown is not noted");
}

pub async fn captions_are_read_together(stores: Stores) {
    let (house, events) = stage(stores).await;
    let kind = &house.ticket_type;
    let unknown = (EventId::generate(noon()), TicketTypeId::generate(noon()));
    let captions = events.captions(&[house.event.id, unknown.0], &[kind.id, unknown.1]).await.unwrap();
    let event = (house.event.title.clone(), house.event.starts_at);
    assert_eq!(captions.events, [(house.event.id, event)].into());
    assert_eq!(captions.ticket_types, [(kind.id, kind.name.clone())].into());
    assert_eq!(events.captions(&[], &[]).await.unwrap(), Captions::default());
}

pub async fn a_place_is_withdrawn_with_the_ticket(stores: Stores) {
    let (house, events) = stage(stores).await;
    let (guest, ticket) = holder(&house, "look").await;
    house.clock.advance(TimeDelta::hours(1));
    for (status, known) in [
        (TicketStatus::Valid, true),
        (TicketStatus::Cancelled, false),
        (TicketStatus::CheckedIn, true),
        (TicketStatus::Transferred, false),
    ] {
        turn(&house, &ticket, status).await;
        assert_eq!(knows(&events, Some(guest), &house.event).await, known, "{status:?}");
    }
}

pub async fn a_place_is_withdrawn_with_the_event(stores: Stores) {
    let (house, events) = stage(stores).await;
    let (guest, _) = holder(&house, "look").await;
    house.clock.advance(TimeDelta::hours(1));
    assert!(knows(&events, Some(guest), &house.event).await);
    save(&house, &Event { status: Status::Cancelled, ..house.event.clone() }).await;
    assert!(!knows(&events, Some(guest), &house.event).await);
}

pub async fn whom_a_place_was_shown_to_is_for_those_who_run_the_event(stores: Stores) {
    let (house, events) = stage(stores).await;
    let (guest, _) = holder(&house, "look").await;
    house.clock.advance(TimeDelta::hours(1));
    assert!(knows(&events, Some(guest), &house.event).await);
    let here = house.event.organisation;
    let manager = organiser(&house.stores, here, Standing::Manager).await;
    let door = organiser(&house.stores, here, Standing::Door).await;
    let there = organisation(&house.stores).await;
    let foreigner = organiser(&house.stores, there, Standing::Owner).await;
    let asked = async |actor| events.address_views(actor, house.event.id, ALL).await;
    assert_eq!(asked(manager).await.unwrap().items, noted(&house).await);
    assert_eq!(asked(person(&house.stores, Role::Admin).await).await.unwrap().items.len(), 1);
    for actor in [guest, door] {
        assert!(matches!(asked(actor).await, Err(AccessError::Forbidden)));
    }
    assert!(matches!(asked(foreigner).await, Err(AccessError::NotFound)));
}

pub async fn a_calendar_has_what_its_owner_goes_to(stores: Stores) {
    let (house, events) = stage(stores.clone()).await;
    let (guest, ticket) = holder(&house, "read").await;
    let (other, _) = stage(stores).await;
    // Somebody else's ticket is in nobody else's calendar.
    holder(&other, "else").await;
    let read = async || {
        let entries = events.own_calendar(guest.account, guest.request).await.unwrap();
        let told = |entry: events::Entry| (entry.event.id, entry.status, entry.event.location.is_exact());
        entries.into_iter().map(told).collect::<Vec<_>>()
    };
    assert_eq!(read().await, [(house.event.id, Status::Published, false)]);
    assert_eq!(noted(&house).await, []);
    house.clock.advance(TimeDelta::hours(1));
    assert_eq!(read().await, [(house.event.id, Status::Published, true)]);
    let views = noted(&house).await;
    assert_eq!((views.len(), views[0].account, views[0].request), (1, guest.account, guest.request));
    turn(&house, &ticket, TicketStatus::Cancelled).await;
    assert_eq!(read().await, []);
    let cancelled = Event { status: Status::Cancelled, ..house.event.clone() };
    save(&house, &cancelled).await;
    assert_eq!(read().await, [(house.event.id, Status::Cancelled, false)]);
    turn(&house, &ticket, TicketStatus::Valid).await;
    assert_eq!(read().await, [(house.event.id, Status::Cancelled, false)]);
    save(&house, &house.event).await;
    house.clock.set(house.event.ends_at + TimeDelta::days(89));
    assert_eq!(read().await, [(house.event.id, Status::Ended, false)]);
    house.clock.advance(TimeDelta::days(1));
    assert_eq!(read().await, []);
}

pub async fn an_entry_is_for_whoever_may_see_the_event(stores: Stores) {
    let (house, events) = stage(stores).await;
    let (guest, _) = holder(&house, "file").await;
    let other = person(&house.stores, Role::Member).await;
    house.clock.advance(TimeDelta::hours(1));
    let exact = async |actor| {
        let entry = events.calendar_entry(actor, house.event.id).await;
        entry.map(|entry| entry.event.location.is_exact())
    };
    assert!(!exact(other).await.unwrap());
    assert_eq!(noted(&house).await, []);
    assert!(exact(guest).await.unwrap());
    assert_eq!(noted(&house).await.len(), 1);
    save(&house, &Event { status: Status::Draft, ..house.event.clone() }).await;
    assert!(matches!(exact(guest).await, Err(ShowError::NotFound)));
}

pub async fn a_calendar_is_read_at_its_newest_address(stores: Stores) {
    let (house, events) = stage(stores).await;
    let guest = person(&house.stores, Role::Member).await.account;
    let [first, second] = [1, 2].map(|byte| TokenHash([byte; 32]));
    assert_eq!(events.feed(&first).await.unwrap(), None);
    assert_eq!(events.open_feed(guest, first).await.unwrap().created_at, noon());
    assert_eq!(events.feed(&first).await.unwrap().map(|feed| feed.account), Some(guest));
    events.open_feed(guest, second).await.unwrap();
    assert_eq!(events.feed(&first).await.unwrap(), None);
    assert_eq!(events.feed(&second).await.unwrap().map(|feed| feed.account), Some(guest));
    assert_eq!(events.open_feed_of(guest).await.unwrap().map(|feed| feed.token), Some(second));
    assert!(events.close_feed(guest).await.unwrap());
    assert!(!events.close_feed(guest).await.unwrap());
    assert_eq!(events.feed(&second).await.unwrap(), None);
    assert_eq!(events.open_feed_of(guest).await.unwrap(), None);
}

pub async fn a_copy_is_a_draft_with_nothing_sold(stores: Stores) {
    let (house, events) = stage(stores).await;
    holder(&house, "buy").await;
    let manager = organiser(&house.stores, house.event.organisation, Standing::Manager).await;
    let starts_at = house.event.starts_at + TimeDelta::days(7);
    let input = CopyInput { starts_at: Some(starts_at), ..CopyInput::default() };
    let (copy, types) = events.duplicate(manager, house.event.id, &input).await.unwrap();
    assert_eq!(house.stores.events.event(copy.id).await.unwrap().as_ref(), Some(&copy));
    assert_eq!(house.stores.events.ticket_types(copy.id).await.unwrap(), types);
    assert_eq!((copy.status, copy.starts_at), (Status::Draft, starts_at));
    assert_eq!(copy.location.address, house.event.location.address);
    assert_eq!(types.len(), 1);
    assert_eq!((types[0].ticket_type.price, types[0].stock.taken()), (house.ticket_type.price, 0));
    // The original is as it was.
    assert_eq!(house.stores.events.event(house.event.id).await.unwrap().as_ref(), Some(&house.event));
    assert_eq!(house.stores.events.ticket_types(house.event.id).await.unwrap()[0].stock.sold, 1);
    let filter = ActFilter { subject: Some(copy.id.as_uuid()), ..ActFilter::default() };
    let told = house.stores.audit.acts(&filter, ALL).await.unwrap().items;
    assert_eq!(told.iter().map(|act| act.act.act.as_ref()).collect::<Vec<_>>(), ["event.duplicate"]);
    assert!(told[0].act.after.as_ref().unwrap().contains(&house.event.id.to_string()));
}

pub async fn a_copy_is_made_by_those_who_run_the_event(stores: Stores) {
    let (house, events) = stage(stores).await;
    let here = house.event.organisation;
    let there = organisation(&house.stores).await;
    let plain = CopyInput::default();
    for (actor, hidden) in [
        (person(&house.stores, Role::Member).await, false),
        (organiser(&house.stores, here, Standing::Door).await, false),
        (organiser(&house.stores, there, Standing::Owner).await, true),
    ] {
        match events.duplicate(actor, house.event.id, &plain).await {
            Err(DuplicateError::Access(AccessError::NotFound)) => assert!(hidden),
            Err(DuplicateError::Access(AccessError::Forbidden)) => assert!(!hidden),
            other => panic!("{other:?}"),
        }
    }
    let manager = organiser(&house.stores, here, Standing::Manager).await;
    let slugs = ["opening-night", "opening-night-2", "opening-night-3"];
    for slug in slugs {
        assert_eq!(events.duplicate(manager, house.event.id, &plain).await.unwrap().0.slug, slug);
    }
    let filter = Filter { include_members_only: true, statuses: Status::ALL.to_vec(), ..Filter::default() };
    let count = async || house.stores.events.listing(&filter, ALL).await.unwrap().items.len();
    assert_eq!(count().await, 4);
    let taken = CopyInput { slug: Some("opening-night".into()), ..CopyInput::default() };
    let Err(DuplicateError::Invalid(wrong)) = events.duplicate(manager, house.event.id, &taken).await else {
        panic!("a slug was taken twice");
    };
    assert_eq!((wrong[0].field.as_str(), wrong[0].code), ("slug", "taken"));
    assert_eq!(count().await, 4);
}
