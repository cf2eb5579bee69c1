//! What every store of events promises.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

use crate::fixtures_events::{
    add_event, draft, event_input, events_at_noon, hold, on_sale, organisation, organiser, person, release,
    ticket_type, type_input,
};
use crate::pages::{first, in_pages};
use crate::{Stores, noon};
use booking::SaleStatus;
use chrono::TimeDelta;
use events::{
    Event, EventInput, EventTx, Filter, Listed, Member, Organisation, Standing, Status, Stock, Taken,
    TicketTypeInput, Visibility,
};
use kernel::{AccountId, EventId, Money, OrganisationId, Role, StoreError, TicketTypeId, transact};

/// One test per promise: `testkit::event_store_contract!(open)`, where `open` is an `async fn() -> Stores` that
/// gives a fresh, empty system.
#[macro_export]
macro_rules! event_store_contract {
    ($open:ident) => {
        $crate::event_store_contract!($open;
            an_event_reads_back_whole,
            a_ticket_type_reads_back_whole,
            what_is_unknown_is_not_there,
            a_slug_is_taken_once,
            a_slug_is_taken_once_by_many_at_a_time,
            a_refusal_leaves_no_trace,
            a_dropped_transaction_undoes_itself_and_frees_its_locks,
            an_edit_waits_for_the_edit_before_it,
            listing_pages_meet_without_gap_or_overlap,
            a_listing_is_narrowed_by_all_that_is_asked_for,
            a_listing_finds_every_word_in_any_order,
            a_listing_takes_the_searched_text_literally,
            a_listing_brings_ticket_types_with_their_stock,
            events_are_read_together_with_their_types,
            a_deleted_event_leaves_nothing,
            what_is_held_is_not_deleted,
            an_edit_leaves_the_counters_alone,
            the_sale_sells_what_the_organiser_said,
            the_capacity_never_goes_below_what_is_taken,
            a_type_never_gets_smaller_than_what_is_taken,
            an_organisation_reads_back_and_its_slug_is_taken_once,
            an_account_has_one_standing_in_an_organisation,
            owners_who_remove_each_other_leave_one,
            programs_that_start_together_make_one_organisation,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod event_store {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::event_store::$case(super::$open().await).await;
                }
            )+
        }
    };
}

async fn begin(stores: &Stores) -> Box<dyn EventTx> {
    stores.events.begin().await.unwrap()
}

async fn stock(stores: &Stores, event: EventId) -> Vec<Stock> {
    stores.events.ticket_types(event).await.unwrap().into_iter().map(|stocked| stocked.stock).collect()
}

fn everything() -> Filter {
    Filter { include_members_only: true, statuses: Status::ALL.to_vec(), ..Filter::default() }
}

async fn titles(stores: &Stores, filter: &Filter) -> Vec<String> {
    let page = stores.events.listing(filter, first(100)).await.unwrap();
    page.items.into_iter().map(|listed| listed.event.title).collect()
}

async fn added(stores: &Stores, title: &str, change: impl FnOnce(&mut Event)) -> Event {
    let mut event = event_input(organisation(stores).await).draft(noon()).unwrap();
    event.title = title.to_owned();
    event.slug = format!("event-{}", event.id);
    change(&mut event);
    add_event(stores, &event).await;
    event
}

pub async fn an_event_reads_back_whole(stores: Stores) {
    let plain = draft(&stores).await;
    let full = added(&stores, "Füße & Öl 🎧", |event| {
        event.description = "Two\nlines, with 'quotes' and \\ strokes".into();
        event.doors_at = Some(event.starts_at - TimeDelta::microseconds(1));
        event.currency = "KWD".parse().unwrap();
        event.capacity = None;
        event.base_price = Some(Money::new(1_234_567, event.currency).unwrap());
        event.hold_seconds = 3600;
        event.visibility = Visibility::Members;
        event.tags = vec!["techno".into(), "ölbad".into()];
        event.images = vec!["poster".into(), "stage".into()];
        event.status = Status::Published;
        event.location.address_visible_from = Some(noon());
        event.updated_at = noon() + TimeDelta::microseconds(1);
    })
    .await;
    for event in [&plain, &full] {
        assert_eq!(stores.events.event(event.id).await.unwrap().as_ref(), Some(event));
        assert_eq!(stores.events.event_by_slug(&event.slug).await.unwrap().as_ref(), Some(event));
    }
    let mut edited = full;
    edited.title = "Later".into();
    edited.doors_at = None;
    edited.capacity = Some(7);
    edited.base_price = None;
    edited.location = plain.location.clone();
    edited.location.address = None;
    edited.location.latitude = None;
    edited.location.longitude = None;
    edited.organisation = plain.organisation;
    edited.tags = Vec::new();
    edited.images = Vec::new();
    edited.status = Status::Cancelled;
    let saved = transact(begin(&stores).await, async |tx| {
        tx.lock_event(edited.id).await?;
        tx.save_event(&edited).await
    });
    saved.await.unwrap();
    assert_eq!(stores.events.event(edited.id).await.unwrap(), Some(edited));
    assert_eq!(stores.events.event(plain.id).await.unwrap(), Some(plain));
}

pub async fn a_ticket_type_reads_back_whole(stores: Stores) {
    let event = draft(&stores).await;
    let input = TicketTypeInput {
        description: Some("With a view".into()),
        vat_percent: Some("7.7".into()),
        max_per_user: Some(4),
        max_per_order: Some(2),
        sales_start: Some(noon()),
        sales_end: Some(noon() + TimeDelta::microseconds(1)),
        hidden: true,
        transferable: false,
        position: Some(7),
        ..type_input(50)
    };
    let plain = ticket_type(&stores, &event, 10).await;
    let full = input.added(&event, &[], &[], noon()).unwrap();
    let adding = transact(begin(&stores).await, async |tx| {
        tx.lock_event(event.id).await?;
        tx.add_ticket_type(&full).await
    });
    adding.await.unwrap();
    assert_eq!(stores.events.ticket_type(full.id).await.unwrap().as_ref(), Some(&full));
    let mut turned = plain.clone();
    turned.position = 8;
    let saving = transact(begin(&stores).await, async |tx| {
        tx.lock_event(event.id).await?;
        tx.save_ticket_type(&turned).await
    });
    saving.await.unwrap();
    let found = stores.events.ticket_types(event.id).await.unwrap();
    let types: Vec<_> = found.iter().map(|stocked| stocked.ticket_type.clone()).collect();
    assert_eq!(types, [full.clone(), turned.clone()]);
    let stocks = [full.id, turned.id].map(Stock::untouched);
    assert_eq!(found.iter().map(|stocked| stocked.stock).collect::<Vec<_>>(), stocks);
}

pub async fn what_is_unknown_is_not_there(stores: Stores) {
    let (event, kind) = (EventId::generate(noon()), TicketTypeId::generate(noon()));
    let (house, account) = (OrganisationId::generate(noon()), AccountId::generate(noon()));
    assert_eq!(stores.events.event(event).await.unwrap(), None);
    assert_eq!(stores.events.event_by_slug("nowhere").await.unwrap(), None);
    assert_eq!(stores.events.ticket_types(event).await.unwrap(), []);
    assert_eq!(stores.events.ticket_type(kind).await.unwrap(), None);
    assert_eq!(stores.events.organisation(house).await.unwrap(), None);
    assert_eq!(stores.events.organisations().await.unwrap(), []);
    assert_eq!(stores.events.members(house).await.unwrap(), []);
    assert_eq!(stores.events.memberships(account).await.unwrap(), []);
    assert_eq!(titles(&stores, &everything()).await, [""; 0]);
    let mut tx = begin(&stores).await;
    assert_eq!(tx.lock_event(event).await.unwrap(), None);
    assert_eq!(tx.ticket_types_locked(event).await.unwrap(), []);
    assert_eq!(tx.lock_members(house).await.unwrap(), None);
    assert!(!tx.remove_member(house, account).await.unwrap());
    tx.rollback().await.unwrap();
}

pub async fn a_slug_is_taken_once(stores: Stores) {
    let one = draft(&stores).await;
    let mut other = one.clone();
    other.id = EventId::generate(noon());
    let mut tx = begin(&stores).await;
    assert!(!tx.add_event(&other).await.unwrap());
    // The refusal was an answer: the same transaction goes on.
    other.slug = format!("event-{}", other.id);
    assert!(tx.add_event(&other).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(stores.events.event_by_slug(&one.slug).await.unwrap().unwrap().id, one.id);
    assert_eq!(stores.events.event_by_slug(&other.slug).await.unwrap().unwrap().id, other.id);
}

pub async fn a_slug_is_taken_once_by_many_at_a_time(stores: Stores) {
    let house = organisation(&stores).await;
    let owner = organiser(&stores, house, Standing::Owner).await;
    let creating: Vec<_> = (0..8)
        .map(|_| {
            let events = events_at_noon(&stores);
            tokio::spawn(async move { events.create(owner, &event_input(house)).await.unwrap().slug })
        })
        .collect();
    let mut slugs = Vec::new();
    for one in creating {
        slugs.push(one.await.unwrap());
    }
    slugs.sort();
    let expected: Vec<String> = events::slug::candidates("opening-night").take(8).collect();
    assert_eq!(slugs, expected);
}

pub async fn a_refusal_leaves_no_trace(stores: Stores) {
    let event = draft(&stores).await;
    let other = Event { id: EventId::generate(noon()), slug: "another".into(), ..event.clone() };
    let refused = transact(begin(&stores).await, async |tx| -> Result<(), StoreError> {
        let (mut locked, _) = tx.lock_event(event.id).await?.unwrap();
        locked.title = "Changed".into();
        tx.save_event(&locked).await?;
        tx.add_ticket_type(&type_input(1).added(&locked, &[], &[], noon()).unwrap()).await?;
        assert!(tx.add_event(&other).await?);
        Err(StoreError::Unavailable { doing: "nothing at all", cause: None })
    });
    assert!(refused.await.is_err());
    assert_eq!(stores.events.event(event.id).await.unwrap(), Some(event.clone()));
    assert_eq!(stores.events.event(other.id).await.unwrap(), None);
    assert_eq!(stores.events.ticket_types(event.id).await.unwrap(), []);
}

pub async fn a_dropped_transaction_undoes_itself_and_frees_its_locks(stores: Stores) {
    let event = draft(&stores).await;
    let mut tx = begin(&stores).await;
    tx.lock_event(event.id).await.unwrap();
    let changed = Event { title: "Changed".into(), ..event.clone() };
    tx.save_event(&changed).await.unwrap();
    drop(tx);
    let mut tx = begin(&stores).await;
    assert_eq!(tx.lock_event(event.id).await.unwrap(), Some((event, Taken(0))));
    tx.rollback().await.unwrap();
}

pub async fn an_edit_waits_for_the_edit_before_it(stores: Stores) {
    let event = draft(&stores).await;
    let appending: Vec<_> = (0..10)
        .map(|_| {
            let (stores, id) = (stores.clone(), event.id);
            tokio::spawn(async move {
                let appended = transact(begin(&stores).await, async |tx| {
                    let (mut event, _) = tx.lock_event(id).await?.unwrap();
                    event.description.push('x');
                    tx.save_event(&event).await
                });
                appended.await.unwrap();
            })
        })
        .collect();
    for one in appending {
        one.await.unwrap();
    }
    assert_eq!(stores.events.event(event.id).await.unwrap().unwrap().description, "xxxxxxxxxx");
}

pub async fn listing_pages_meet_without_gap_or_overlap(stores: Stores) {
    let mut expected = Vec::new();
    for number in 0..25 {
        let day = TimeDelta::days(number % 3);
        let moved = |event: &mut Event| {
            event.starts_at += day;
            event.ends_at += day;
        };
        let event = added(&stores, "Night", moved).await;
        expected.push((event.starts_at, event.id));
    }
    expected.sort();
    for limit in [1, 4, 5, 24, 25, 100] {
        let found = in_pages(limit, async |page| stores.events.listing(&everything(), page).await).await;
        let found: Vec<_> = found.iter().map(|listed| (listed.event.starts_at, listed.event.id)).collect();
        assert_eq!(found, expected, "pages of {limit}");
    }
}

pub async fn a_listing_is_narrowed_by_all_that_is_asked_for(stores: Stores) {
    let later = |event: &mut Event| {
        event.starts_at += TimeDelta::days(1);
        event.ends_at += TimeDelta::days(1);
    };
    let one = added(&stores, "One", |event| event.status = Status::Published).await;
    let two = added(&stores, "Two", |event| {
        later(event);
        event.tags = vec!["techno".into(), "live".into()];
        event.visibility = Visibility::Members;
        event.status = Status::Published;
    })
    .await;
    let three = added(&stores, "Three", |event| {
        later(event);
        later(event);
        event.location.area = "Riverbank".into();
        event.description = "Quiet hours".into();
    })
    .await;
    let (stores, base) = (&stores, everything());
    let find = async |filter: Filter| titles(stores, &filter).await;
    assert_eq!(find(base.clone()).await, ["One", "Two", "Three"]);
    assert_eq!(find(Filter { include_members_only: false, ..base.clone() }).await, ["One", "Three"]);
    assert_eq!(find(Filter { from: Some(one.ends_at), ..base.clone() }).await, ["Two", "Three"]);
    let before_end = one.ends_at - TimeDelta::microseconds(1);
    assert_eq!(find(Filter { from: Some(before_end), ..base.clone() }).await, ["One", "Two", "Three"]);
    assert_eq!(find(Filter { to: Some(two.starts_at), ..base.clone() }).await, ["One"]);
    let between = Filter { from: Some(one.ends_at), to: Some(three.starts_at), ..base.clone() };
    assert_eq!(find(between).await, ["Two"]);
    assert_eq!(find(Filter { tag: Some("live".into()), ..base.clone() }).await, ["Two"]);
    assert_eq!(find(Filter { tag: Some("liv".into()), ..base.clone() }).await, [""; 0]);
    assert_eq!(find(Filter { statuses: vec![Status::Published], ..base.clone() }).await, ["One", "Two"]);
    assert_eq!(find(Filter { statuses: Vec::new(), ..base.clone() }).await, [""; 0]);
    let houses = Some(vec![one.organisation, three.organisation]);
    assert_eq!(find(Filter { organisations: houses, ..base.clone() }).await, ["One", "Three"]);
    assert_eq!(find(Filter { organisations: Some(Vec::new()), ..base.clone() }).await, [""; 0]);
    // Three is a draft.
    for (house, expected) in
        [(three.organisation, vec!["One", "Two", "Three"]), (one.organisation, vec!["One", "Two"])]
    {
        assert_eq!(find(Filter { drafts_of: Some(vec![house]), ..base.clone() }).await, expected);
    }
    assert_eq!(find(Filter { drafts_of: Some(Vec::new()), ..base.clone() }).await, ["One", "Two"]);
    for text in ["three", "RIVER", "quiet h"] {
        assert_eq!(find(Filter { words: words(text), ..base.clone() }).await, ["Three"], "{text}");
    }
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

pub async fn a_listing_finds_every_word_in_any_order(stores: Stores) {
    for (title, description, area) in [
        ("The Long Night", "Until morning", "Harbour"),
        ("A long day", "and a short one", "Harbour"),
        ("Nightly", "belongs together", "Docks"),
    ] {
        added(&stores, title, |event| {
            event.description = description.into();
            event.location.area = area.into();
        })
        .await;
    }
    for (text, expected) in [
        ("night long", vec!["Nightly", "The Long Night"]),
        ("LONG harbour", vec!["A long day", "The Long Night"]),
        ("morning harbour night", vec!["The Long Night"]),
        ("long night never", vec![]),
        ("docks", vec!["Nightly"]),
    ] {
        let mut found = titles(&stores, &Filter { words: words(text), ..everything() }).await;
        found.sort_unstable();
        assert_eq!(found, expected, "{text}");
    }
}

pub async fn a_listing_takes_the_searched_text_literally(stores: Stores) {
    for title in ["100% live", "100 live", "a_b", "axb", r"back\slash", "it's"] {
        added(&stores, title, |event| event.location.area = "Here".into()).await;
    }
    for (text, found) in [("0%", "100% live"), ("a_b", "a_b"), (r"k\s", r"back\slash"), ("t's", "it's")] {
        let filter = Filter { words: words(text), ..everything() };
        assert_eq!(titles(&stores, &filter).await, [found], "{text}");
    }
}

pub async fn a_listing_brings_ticket_types_with_their_stock(stores: Stores) {
    let (event, first_type) = on_sale(&stores, 10).await;
    let second_type = ticket_type(&stores, &event, 5).await;
    let bare = draft(&stores).await;
    let buyer = person(&stores, Role::Member).await.account;
    hold(&stores, buyer, event.id, first_type.id, 3, noon()).await.unwrap();
    let page = stores.events.listing(&everything(), first(10)).await.unwrap();
    let listed = page.items.iter().find(|listed| listed.event.id == event.id).unwrap();
    let types: Vec<_> = listed.ticket_types.iter().map(|stocked| stocked.ticket_type.clone()).collect();
    assert_eq!(types, [first_type.clone(), second_type.clone()]);
    assert_eq!(listed.ticket_types[0].stock, Stock { held: 3, ..Stock::untouched(first_type.id) });
    assert_eq!(listed.ticket_types, stores.events.ticket_types(event.id).await.unwrap());
    let other = page.items.iter().find(|listed| listed.event.id == bare.id).unwrap();
    assert_eq!(other.ticket_types, []);
}

pub async fn events_are_read_together_with_their_types(stores: Stores) {
    let (one, _) = on_sale(&stores, 10).await;
    ticket_type(&stores, &one, 5).await;
    let (other, kind) = on_sale(&stores, 10).await;
    let bare = draft(&stores).await;
    on_sale(&stores, 10).await;
    let buyer = person(&stores, Role::Member).await.account;
    hold(&stores, buyer, other.id, kind.id, 3, noon()).await.unwrap();
    let unknown = EventId::generate(noon());
    let asked = [other.id, unknown, bare.id, one.id];
    let mut found = stores.events.events_with_types(&asked).await.unwrap();
    found.sort_by_key(|listed| listed.event.id);
    let mut expected = Vec::new();
    for id in [one.id, other.id, bare.id] {
        let event = stores.events.event(id).await.unwrap().unwrap();
        expected.push(Listed { event, ticket_types: stores.events.ticket_types(id).await.unwrap() });
    }
    expected.sort_by_key(|listed| listed.event.id);
    assert_eq!(found, expected);
    assert_eq!(expected.iter().map(|listed| listed.ticket_types.len()).sum::<usize>(), 3);
    assert_eq!(stores.events.events_with_types(&[]).await.unwrap(), []);
}

pub async fn a_deleted_event_leaves_nothing(stores: Stores) {
    let (event, kind) = on_sale(&stores, 10).await;
    let (kept, kept_type) = on_sale(&stores, 10).await;
    let deleting = transact(begin(&stores).await, async |tx| {
        tx.lock_event(event.id).await?;
        tx.delete_event(event.id).await
    });
    assert!(deleting.await.unwrap());
    assert_eq!(stores.events.event(event.id).await.unwrap(), None);
    assert_eq!(stores.events.ticket_types(event.id).await.unwrap(), []);
    assert_eq!(stores.events.ticket_type(kind.id).await.unwrap(), None);
    assert_eq!(stores.booking.sales(&[event.id]).await.unwrap(), []);
    assert_eq!(titles(&stores, &everything()).await.len(), 1);
    assert_eq!(stores.events.ticket_type(kept_type.id).await.unwrap(), Some(kept_type));
    // Its slug is free again, and its rows are in nobody's way.
    add_event(&stores, &event).await;
    assert_eq!(stores.events.event(kept.id).await.unwrap(), Some(kept));
}

pub async fn what_is_held_is_not_deleted(stores: Stores) {
    let (event, kind) = on_sale(&stores, 10).await;
    let spare = ticket_type(&stores, &event, 5).await;
    let buyer = person(&stores, Role::Member).await.account;
    let held = hold(&stores, buyer, event.id, kind.id, 1, noon()).await.unwrap();
    let mut tx = begin(&stores).await;
    tx.lock_event(event.id).await.unwrap();
    assert!(!tx.delete_ticket_type(kind.id).await.unwrap());
    assert!(!tx.delete_event(event.id).await.unwrap());
    // The refusals were answers: the same transaction goes on.
    assert!(tx.delete_ticket_type(spare.id).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(stock(&stores, event.id).await, [Stock { held: 1, ..Stock::untouched(kind.id) }]);
    assert_eq!(stores.events.ticket_type(spare.id).await.unwrap(), None);
    release(&stores, &held).await;
    let mut tx = begin(&stores).await;
    tx.lock_event(event.id).await.unwrap();
    assert!(tx.delete_ticket_type(kind.id).await.unwrap());
    assert!(tx.delete_event(event.id).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(stores.events.event(event.id).await.unwrap(), None);
}

pub async fn an_edit_leaves_the_counters_alone(stores: Stores) {
    let (event, kind) = on_sale(&stores, 10).await;
    let buyer = person(&stores, Role::Member).await.account;
    hold(&stores, buyer, event.id, kind.id, 4, noon()).await.unwrap();
    let mut tx = begin(&stores).await;
    let (mut locked, taken) = tx.lock_event(event.id).await.unwrap().unwrap();
    assert_eq!(taken, Taken(4));
    locked.capacity = Some(4);
    tx.save_event(&locked).await.unwrap();
    let mut smaller = kind.clone();
    smaller.quantity = 4;
    tx.save_ticket_type(&smaller).await.unwrap();
    tx.commit().await.unwrap();
    let left = Stock { held: 4, ..Stock::untouched(kind.id) };
    assert_eq!(stock(&stores, event.id).await, [left]);
    let mut tx = begin(&stores).await;
    assert_eq!(tx.lock_event(event.id).await.unwrap().unwrap().1, Taken(4));
    assert_eq!(tx.ticket_types_locked(event.id).await.unwrap()[0].stock, left);
    tx.rollback().await.unwrap();
}

pub async fn the_sale_sells_what_the_organiser_said(stores: Stores) {
    let (mut event, mut kind) = on_sale(&stores, 10).await;
    let sale = stores.booking.sales(&[event.id]).await.unwrap().remove(0);
    assert_eq!(
        (sale.status, sale.capacity, sale.organisation),
        (SaleStatus::Open, Some(100), event.organisation)
    );
    event.status = Status::Deactivated;
    event.capacity = Some(7);
    event.hold_seconds = 60;
    event.starts_at += TimeDelta::hours(1);
    kind.price = Money::eur(1);
    kind.quantity = 9;
    kind.max_per_user = Some(2);
    let saving = transact(begin(&stores).await, async |tx| {
        tx.lock_event(event.id).await?;
        tx.save_event(&event).await?;
        tx.save_ticket_type(&kind).await
    });
    saving.await.unwrap();
    let sale = stores.booking.sales(&[event.id]).await.unwrap().remove(0);
    let facts = (sale.status, sale.capacity, sale.hold_seconds, sale.starts_at);
    assert_eq!(facts, (SaleStatus::Closed, Some(7), 60, event.starts_at));
    let offer = &sale.offers[0];
    assert_eq!((offer.price, offer.quantity, offer.max_per_user), (Money::eur(1), 9, Some(2)));
}

/// Buyers take places one by one while an organiser changes something with `edit`, again and again.
async fn while_buyers_buy(
    stores: &Stores,
    event: &Event,
    kind: TicketTypeId,
    edit: impl AsyncFn(u32) -> bool,
) -> u32 {
    let buyer = person(stores, Role::Member).await.account;
    let buying: Vec<_> = (0..3)
        .map(|_| {
            let (stores, event) = (stores.clone(), event.id);
            tokio::spawn(async move {
                for _ in 0..8 {
                    hold(&stores, buyer, event, kind, 1, noon()).await;
                }
            })
        })
        .collect();
    let mut accepted = 0;
    for size in (1..=20).rev() {
        accepted += u32::from(edit(size).await);
    }
    for buyer in buying {
        buyer.await.unwrap();
    }
    accepted
}

pub async fn the_capacity_never_goes_below_what_is_taken(stores: Stores) {
    let (event, kind) = on_sale(&stores, 20).await;
    let owner = organiser(&stores, event.organisation, Standing::Owner).await;
    let events = events_at_noon(&stores);
    let accepted = while_buyers_buy(&stores, &event, kind.id, async |capacity| {
        let input = EventInput { capacity: Some(i64::from(capacity)), ..event_input(event.organisation) };
        events.update(owner, event.id, &input).await.is_ok()
    })
    .await;
    let capacity = stores.events.event(event.id).await.unwrap().unwrap().capacity.unwrap();
    let taken = stock(&stores, event.id).await[0].taken();
    assert!(taken <= capacity, "{taken} taken of {capacity} after {accepted} edits");
    assert!(taken > 0 && accepted > 0);
}

pub async fn a_type_never_gets_smaller_than_what_is_taken(stores: Stores) {
    let (event, kind) = on_sale(&stores, 20).await;
    let owner = organiser(&stores, event.organisation, Standing::Owner).await;
    let events = events_at_noon(&stores);
    let accepted = while_buyers_buy(&stores, &event, kind.id, async |quantity| {
        events.update_ticket_type(owner, kind.id, &type_input(quantity)).await.is_ok()
    })
    .await;
    let found = stores.events.ticket_types(event.id).await.unwrap().remove(0);
    let (taken, quantity) = (found.stock.taken(), found.ticket_type.quantity);
    assert!(taken <= quantity, "{taken} taken of {quantity} after {accepted} edits");
    assert!(taken > 0 && accepted > 0);
}

pub async fn an_organisation_reads_back_and_its_slug_is_taken_once(stores: Stores) {
    let house = |slug: &str, seconds| Organisation {
        id: OrganisationId::generate(noon()),
        name: "Häuser".into(),
        slug: slug.into(),
        created_at: noon() + TimeDelta::seconds(seconds),
    };
    let (late, early, same) = (house("late", 1), house("early", 0), house("late", 2));
    let mut tx = begin(&stores).await;
    assert!(tx.add_organisation(&late).await.unwrap());
    assert!(!tx.add_organisation(&same).await.unwrap());
    assert!(tx.add_organisation(&early).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(stores.events.organisations().await.unwrap(), [early.clone(), late]);
    assert_eq!(stores.events.organisation(early.id).await.unwrap(), Some(early));
    assert_eq!(stores.events.organisation(same.id).await.unwrap(), None);
}

pub async fn an_account_has_one_standing_in_an_organisation(stores: Stores) {
    let (here, there) = (organisation(&stores).await, organisation(&stores).await);
    let (one, two) =
        (person(&stores, Role::Member).await.account, person(&stores, Role::Member).await.account);
    let member = |organisation, account, standing, seconds| Member {
        organisation,
        account,
        standing,
        added_at: noon() + TimeDelta::seconds(seconds),
    };
    let first = member(here, one, Standing::Door, 1);
    let second = member(here, two, Standing::Manager, 0);
    let third = member(there, one, Standing::Owner, 0);
    let mut tx = begin(&stores).await;
    for one in [first, second, third] {
        assert!(tx.add_member(&one).await.unwrap());
    }
    assert!(!tx.add_member(&member(here, one, Standing::Owner, 2)).await.unwrap());
    assert_eq!(tx.lock_members(here).await.unwrap(), Some(vec![second, first]));
    tx.commit().await.unwrap();
    assert_eq!(stores.events.members(here).await.unwrap(), [second, first]);
    let mut own = vec![first, third];
    own.sort_by_key(|member| member.organisation);
    assert_eq!(stores.events.memberships(one).await.unwrap(), own);
    let mut tx = begin(&stores).await;
    assert!(tx.remove_member(here, one).await.unwrap());
    assert!(!tx.remove_member(here, one).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(stores.events.members(here).await.unwrap(), [second]);
    assert_eq!(stores.events.memberships(one).await.unwrap(), [third]);
}

pub async fn owners_who_remove_each_other_leave_one(stores: Stores) {
    let house = organisation(&stores).await;
    let mut owners = Vec::new();
    for _ in 0..2 {
        owners.push(organiser(&stores, house, Standing::Owner).await);
    }
    let removing: Vec<_> = [(0, 1), (1, 0)]
        .map(|(who, whom)| {
            let (events, who, whom) = (events_at_noon(&stores), owners[who], owners[whom].account);
            tokio::spawn(async move { events.remove_member(who, house, whom).await.is_ok() })
        })
        .into();
    let mut removed = 0;
    for one in removing {
        removed += u32::from(one.await.unwrap());
    }
    assert_eq!(removed, 1);
    assert_eq!(stores.events.members(house).await.unwrap().len(), 1);
}

pub async fn programs_that_start_together_make_one_organisation(stores: Stores) {
    let starting: Vec<_> = (0..6)
        .map(|_| {
            let events = events_at_noon(&stores);
            tokio::spawn(async move { events.ensure_default_organisation("The house").await.unwrap() })
        })
        .collect();
    let mut found = Vec::new();
    for one in starting {
        found.push(one.await.unwrap());
    }
    let all = stores.events.organisations().await.unwrap();
    assert_eq!(all.len(), 1);
    assert!(found.iter().all(|one| *one == all[0]));
    assert_eq!(all[0].slug, "the-house");
}
