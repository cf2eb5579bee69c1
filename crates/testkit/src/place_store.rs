//! What every store promises about places: how they are found, and to whom they were shown; and about calendars.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

use crate::fixtures_bookings::{bookings, buyer, confirm_free, house};
use crate::fixtures_events::{add_event, draft, event_input, organisation};
use crate::pages::in_pages;
use crate::{Stores, noon};
use booking::TicketStatus;
use chrono::TimeDelta;
use events::grid::covers;
use events::{AddressView, Around, Cell, Event, Feed, Filter, Status, TokenHash};
use kernel::{AccountId, EventId, PageRequest, transact};
use std::collections::BTreeSet;

/// One test per promise: `testkit::place_store_contract!(open)`, where `open` is an `async fn() -> Stores` that gives a
/// fresh, empty system.
#[macro_export]
macro_rules! place_store_contract {
    ($open:ident) => {
        $crate::place_store_contract!($open;
            events_are_found_by_the_cell_that_the_domain_gives_them,
            pages_of_events_around_a_point_meet,
            events_are_read_together,
            views_of_an_hour_are_counted_in_one_entry,
            no_view_is_lost_however_many_look_at_once,
            views_come_newest_first_in_pages_that_meet,
            a_deleted_event_leaves_its_views,
            an_account_has_one_calendar,
            living_tickets_are_known_by_their_holder,
            events_of_a_holder_come_with_the_newest_ticket_first,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod place_store {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::place_store::$case(super::$open().await).await;
                }
            )+
        }
    };
}

fn around(latitude: f64, longitude: f64, radius_km: u16) -> Filter {
    Filter {
        around: Some(Around::new(latitude, longitude, radius_km).unwrap()),
        include_members_only: true,
        statuses: Status::ALL.to_vec(),
        ..Filter::default()
    }
}

async fn found(stores: &Stores, filter: &Filter) -> BTreeSet<EventId> {
    let page = stores.events.listing(filter, PageRequest { limit: 1000, after: None }).await.unwrap();
    page.items.into_iter().map(|listed| listed.event.id).collect()
}

async fn placed(stores: &Stores, house: kernel::OrganisationId, place: Option<(f64, f64)>) -> Event {
    let mut event = event_input(house).draft(noon()).unwrap();
    event.slug = format!("event-{}", event.id);
    (event.location.latitude, event.location.longitude) = place.unzip();
    add_event(stores, &event).await;
    event
}

pub async fn events_are_found_by_the_cell_that_the_domain_gives_them(stores: Stores) {
    let house = organisation(&stores).await;
    // Borders of cells and of their widths, the antimeridian, the poles; then places all over the earth.
    let mut places = vec![
        (53.541, 9.984),
        (53.525, 9.975),
        (0.0, 0.0),
        (-0.0, -0.0),
        (0.024_999_999, -0.025),
        (-0.025, 0.025),
        (10.025, 10.025),
        (-10.025, -10.025),
        (1.0, 180.0),
        (1.0, -180.0),
        (1.0, 179.975),
        (1.0, 179.974),
        (59.974_999, 10.05),
        (59.975, 10.05),
        (-59.975, 10.05),
        (-60.0, 10.05),
        (-60.025, 10.05),
        (60.0, -179.96),
        (79.974, 10.25),
        (79.975, 10.25),
        (-79.975, 10.24),
        (-80.025, 10.25),
        (85.0, 179.8),
        (90.0, 12.0),
        (-90.0, -180.0),
    ];
    places.extend((0..100).map(|step: i32| {
        (f64::from(step * 7919 % 17_999) / 100.0 - 89.99, f64::from(step * 104_729 % 35_999) / 100.0 - 179.99)
    }));
    let mut events = Vec::new();
    for place in &places {
        events.push(placed(&stores, house, Some(*place)).await);
    }
    placed(&stores, house, None).await;
    for (event, (latitude, longitude)) in events.iter().zip(&places) {
        let middle = Cell::of(*latitude, *longitude).point();
        for (radius, filter) in
            [1, 60].map(|radius| (radius, around(middle.latitude, middle.longitude, radius)))
        {
            let cells = filter.around.unwrap().cells();
            let expected: BTreeSet<EventId> = events
                .iter()
                .filter(|event| event.location.cell().is_some_and(|cell| covers(&cells, cell)))
                .map(|event| event.id)
                .collect();
            assert_eq!(found(&stores, &filter).await, expected, "{radius} km around {middle:?}");
            assert!(expected.contains(&event.id), "{latitude} {longitude}");
        }
    }
    // Moved, it is found where it is and not where it was.
    let mut moved = events[0].clone();
    (moved.location.latitude, moved.location.longitude) = (Some(40.0), Some(-120.0));
    let saving = transact(stores.events.begin().await.unwrap(), async |tx| {
        tx.lock_event(moved.id).await?;
        tx.save_event(&moved).await
    });
    saving.await.unwrap();
    assert!(found(&stores, &around(40.0, -120.0, 1)).await.contains(&moved.id));
    assert!(!found(&stores, &around(53.55, 10.0, 1)).await.contains(&moved.id));
}

pub async fn pages_of_events_around_a_point_meet(stores: Stores) {
    let house = organisation(&stores).await;
    let mut expected = Vec::new();
    for step in 0..5 {
        let mut event = event_input(house).draft(noon()).unwrap();
        event.slug = format!("event-{}", event.id);
        let later = TimeDelta::hours(if step == 4 { 3 } else { step });
        (event.starts_at, event.ends_at) = (event.starts_at + later, event.ends_at + later);
        add_event(&stores, &event).await;
        expected.push((event.starts_at, event.id));
        placed(&stores, house, Some((-33.9, 151.2))).await;
    }
    expected.sort();
    let near = around(53.6, 10.1, 25);
    let seen = in_pages(2, async |page| stores.events.listing(&near, page).await).await;
    let seen: Vec<_> = seen.iter().map(|listed| (listed.event.starts_at, listed.event.id)).collect();
    assert_eq!(seen, expected);
}

pub async fn events_are_read_together(stores: Stores) {
    let (one, other) = (draft(&stores).await, draft(&stores).await);
    draft(&stores).await;
    let unknown = EventId::generate(noon());
    let mut found = stores.events.events(&[other.id, unknown, one.id]).await.unwrap();
    found.sort_by_key(|event| event.id);
    let mut expected = [one, other];
    expected.sort_by_key(|event| event.id);
    assert_eq!(found, expected);
    assert_eq!(stores.events.events(&[]).await.unwrap(), []);
}

fn view(event: &Event, account: AccountId, seconds: i64, request: &str) -> AddressView {
    let at = noon() + TimeDelta::seconds(seconds);
    AddressView::new(event.id, account, at, request.parse().ok())
}

/// What is kept of a first view and of further ones, the last of them so many seconds from noon.
fn counted(first: AddressView, views: u32, last: i64) -> AddressView {
    AddressView { views, last: Some(noon() + TimeDelta::seconds(last)), ..first }
}

async fn views(stores: &Stores, event: &Event) -> Vec<AddressView> {
    let page = PageRequest { limit: 100, after: None };
    stores.events.address_views(event.id, page).await.unwrap().items
}

pub async fn views_of_an_hour_are_counted_in_one_entry(stores: Stores) {
    let (event, other) = (draft(&stores).await, draft(&stores).await);
    let (one, two) = (AccountId::generate(noon()), AccountId::generate(noon()));
    let first = view(&event, one, 1, "first");
    stores.events.note_address_views(&[first]).await.unwrap();
    assert_eq!(views(&stores, &event).await, [first]);
    stores.events.note_address_views(&[view(&event, one, 3599, "again")]).await.unwrap();
    assert_eq!(views(&stores, &event).await, [counted(first, 2, 3599)]);
    // Of a server whose clock is behind.
    stores.events.note_address_views(&[view(&event, one, 0, "behind")]).await.unwrap();
    let first = counted(first, 3, 3599);
    assert_eq!(views(&stores, &event).await, [first]);
    let (next, unnamed) = (view(&event, one, 3600, "next"), view(&event, two, 3599, ""));
    assert_eq!(unnamed.request, None);
    let elsewhere = view(&other, one, 2, "elsewhere");
    let together = [view(&event, one, 2, "again"), next, unnamed, elsewhere];
    stores.events.note_address_views(&together).await.unwrap();
    stores.events.note_address_views(&[]).await.unwrap();
    let first = counted(first, 4, 3599);
    assert_eq!(views(&stores, &event).await, [next, unnamed, first]);
    assert_eq!(views(&stores, &other).await, [elsewhere]);
    // The same event more than once in one list, noted before or not.
    let third = view(&event, two, 7205, "third");
    let twice = [
        view(&event, one, 3601, "again"),
        third,
        view(&event, two, 7203, "behind"),
        view(&event, one, 3602, "again"),
        view(&event, two, 7209, "again"),
    ];
    stores.events.note_address_views(&twice).await.unwrap();
    let expected = [counted(third, 3, 7209), counted(next, 3, 3602), unnamed, first];
    assert_eq!(views(&stores, &event).await, expected);
}

pub async fn no_view_is_lost_however_many_look_at_once(stores: Stores) {
    let (event, other) = (draft(&stores).await, draft(&stores).await);
    let account = AccountId::generate(noon());
    let noting: Vec<_> = (0..16)
        .map(|second| {
            let mut both = [&event, &other].map(|event| view(event, account, second, "crowd"));
            // Whoever notes two in another order waits for nobody in a circle.
            if second % 2 == 0 {
                both.reverse();
            }
            let stores = stores.clone();
            tokio::spawn(async move { stores.events.note_address_views(&both).await.unwrap() })
        })
        .collect();
    for one in noting {
        one.await.unwrap();
    }
    for event in [&event, &other] {
        let kept = views(&stores, event).await;
        let told: Vec<_> = kept.iter().map(|view| (view.views, view.last_at())).collect();
        assert_eq!(told, [(16, noon() + TimeDelta::seconds(15))]);
    }
}

pub async fn a_deleted_event_leaves_its_views(stores: Stores) {
    let (event, kept) = (draft(&stores).await, draft(&stores).await);
    let seen = view(&event, AccountId::generate(noon()), 1, "seen");
    stores.events.note_address_views(&[seen]).await.unwrap();
    let deleting = transact(stores.events.begin().await.unwrap(), async |tx| {
        tx.lock_event(event.id).await?;
        tx.delete_event(event.id).await
    });
    assert!(deleting.await.unwrap());
    assert_eq!(stores.events.event(event.id).await.unwrap(), None);
    assert_eq!(views(&stores, &event).await, [seen]);
    // Somebody who read the event a moment before it was gone is noted all the same.
    let late = view(&event, AccountId::generate(noon()), 2, "late");
    stores.events.note_address_views(&[late]).await.unwrap();
    assert_eq!(views(&stores, &event).await, [late, seen]);
    assert_eq!(views(&stores, &kept).await, []);
}

pub async fn views_come_newest_first_in_pages_that_meet(stores: Stores) {
    let event = draft(&stores).await;
    let mut expected = Vec::new();
    for step in 0..5 {
        // Two at the same instant.
        let seconds = if step == 4 { 3 } else { step };
        expected.push(view(&event, AccountId::generate(noon()), seconds, "request"));
    }
    stores.events.note_address_views(&expected).await.unwrap();
    expected.sort_by_key(|view| std::cmp::Reverse((view.at, view.account)));
    let seen = in_pages(2, async |page| stores.events.address_views(event.id, page).await).await;
    assert_eq!(seen, expected);
}

pub async fn an_account_has_one_calendar(stores: Stores) {
    let (one, two) = (AccountId::generate(noon()), AccountId::generate(noon()));
    let feed = |account, byte, seconds| Feed {
        account,
        token: TokenHash([byte; 32]),
        created_at: noon() + TimeDelta::seconds(seconds),
    };
    let (first, second, other) = (feed(one, 1, 0), feed(one, 2, 1), feed(two, 3, 0));
    for feed in [&first, &other, &second] {
        stores.events.save_feed(feed).await.unwrap();
    }
    assert_eq!(stores.events.feed(&first.token).await.unwrap(), None);
    assert_eq!(stores.events.feed(&second.token).await.unwrap(), Some(second));
    assert!(stores.events.remove_feed(one).await.unwrap());
    assert!(!stores.events.remove_feed(one).await.unwrap());
    assert_eq!(stores.events.feed(&second.token).await.unwrap(), None);
    assert_eq!(stores.events.feed(&other.token).await.unwrap(), Some(other));
    assert_eq!(stores.events.feed_of(two).await.unwrap(), Some(other));
    stores.events.save_feed(&second).await.unwrap();
    let tx = stores.accounts.begin().await.unwrap();
    transact(tx, async |tx| tx.close_calendar_of(one).await).await.unwrap();
    assert_eq!(stores.events.feed_of(one).await.unwrap(), None);
    assert_eq!(stores.events.feed_of(two).await.unwrap(), Some(other), "nobody else's");
}

pub async fn living_tickets_are_known_by_their_holder(stores: Stores) {
    let house = house(stores, 10, None, 0).await;
    let (stores, event) = (&house.stores, house.event.id);
    let (guest, other) = (buyer(stores).await, buyer(stores).await);
    let bookings = bookings(&house);
    let hold = bookings.hold(guest, event, house.want(2)).await.unwrap();
    assert!(!stores.holders.holds_living(guest, event).await.unwrap(), "a hold is no ticket");
    let mut tickets = confirm_free(&bookings, guest, hold.id).await.tickets;
    let known = async |who| {
        let held = stores.holders.events_held(who, 10).await.unwrap();
        (stores.holders.holds_living(who, event).await.unwrap(), held)
    };
    assert_eq!(known(guest).await, (true, vec![(event, true)]));
    assert_eq!(known(other).await, (false, vec![]));
    assert!(!stores.holders.holds_living(guest, EventId::generate(noon())).await.unwrap());
    for (place, status, expected) in [
        (0, TicketStatus::Cancelled, (true, vec![(event, true)])),
        (1, TicketStatus::CheckedIn, (true, vec![(event, true)])),
        (1, TicketStatus::Cancelled, (false, vec![(event, false)])),
        (0, TicketStatus::Transferred, (false, vec![(event, false)])),
        (1, TicketStatus::Transferred, (false, vec![])),
        (0, TicketStatus::Valid, (true, vec![(event, true)])),
    ] {
        tickets[place].status = status;
        let changed = &tickets[place];
        let saving = transact(stores.booking.begin().await.unwrap(), async |tx| {
            tx.lock_ticket(changed.id).await?;
            tx.save_ticket(changed).await
        });
        saving.await.unwrap();
        assert_eq!(known(guest).await, expected, "{status:?}");
    }
    tickets[0].holder = other;
    let gone = &tickets[0];
    let saving = transact(stores.booking.begin().await.unwrap(), async |tx| {
        tx.lock_ticket(gone.id).await?;
        tx.save_ticket(gone).await
    });
    saving.await.unwrap();
    assert_eq!(known(guest).await, (false, vec![]));
    assert_eq!(known(other).await, (true, vec![(event, true)]));
}

pub async fn events_of_a_holder_come_with_the_newest_ticket_first(stores: Stores) {
    let guest = buyer(&stores).await;
    let mut expected = Vec::new();
    for step in 0..3 {
        let house = house(stores.clone(), 10, None, 0).await;
        house.clock.advance(TimeDelta::minutes(step));
        let bookings = bookings(&house);
        let hold = bookings.hold(guest, house.event.id, house.want(1)).await.unwrap();
        confirm_free(&bookings, guest, hold.id).await;
        expected.insert(0, (house.event.id, true));
    }
    assert_eq!(stores.holders.events_held(guest, 10).await.unwrap(), expected);
    assert_eq!(stores.holders.events_held(guest, 2).await.unwrap(), expected[..2]);
}
