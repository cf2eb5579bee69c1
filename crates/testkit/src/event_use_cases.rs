//! What organisers and visitors are promised, over whichever store.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

use crate::fixtures_accounts::save_account;
use crate::fixtures_events::{
    draft, event_input, events_at, events_at_noon, hold, on_sale, organisation, organiser, person,
    ticket_type, type_input,
};
use crate::{StoppedClock, Stores, noon};
use chrono::{DateTime, TimeDelta};
use events::use_cases::{
    AccessError, CreateError, DeactivateError, DeleteError, MemberError, OrganisationError, PublishError,
    Search, ShowError, TicketTypeError, UpdateError,
};
use events::{Availability, Event, EventInput, Events, Standing, Status, TicketType, Visibility};
use kernel::audit::ActFilter;
use kernel::{Actor, OrganisationId, PageRequest, Role, Who};
use std::sync::Arc;

/// One test per promise: `testkit::event_use_cases_contract!(open)`, where `open` is an `async fn() -> Stores` that
/// gives a fresh, empty system.
#[macro_export]
macro_rules! event_use_cases_contract {
    ($open:ident) => {
        $crate::event_use_cases_contract!($open;
            nobody_runs_the_events_of_another_organisation,
            an_organiser_runs_the_events_of_the_own_organisation,
            drafts_are_for_their_organisers_alone,
            events_for_members_do_not_exist_for_strangers,
            addresses_are_for_organisers,
            an_event_that_cannot_be_sold_stays_a_draft,
            a_deactivated_event_is_out_of_sight_until_it_is_published_again,
            what_is_over_is_neither_upcoming_nor_edited,
            a_given_slug_is_not_changed_silently,
            an_event_is_added_and_moved_only_to_an_organisation_of_its_organiser,
            what_places_are_held_of_is_not_deleted,
            hidden_types_are_not_listed,
            a_search_that_makes_no_sense_finds_nothing_or_everything,
            the_next_events_are_those_of_the_organisations_that_are_named,
            an_organisation_keeps_an_owner,
            who_is_erased_works_for_nobody_any_more,
            only_admins_add_organisations,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod event_use_cases {
            $(
                #[tokio::test]
                async fn $case() {
                    $crate::event_use_cases::$case(super::$open().await).await;
                }
            )+
        }
    };
}

fn first() -> PageRequest {
    PageRequest { limit: 100, after: None }
}

async fn listed(events: &Events, actor: Option<Actor>, search: Search) -> Vec<Event> {
    let page = events.list(actor, &search, first()).await.unwrap();
    page.items.into_iter().map(|seen| seen.event).collect()
}

/// Every call that changes or shows what belongs to an organisation, and how it was refused.
async fn refusals(
    events: &Events,
    actor: Actor,
    event: &Event,
    kind: &TicketType,
) -> Vec<(&'static str, AccessError)> {
    let house = event.organisation;
    let mut found = Vec::new();
    let mut refused = |call, error: Option<AccessError>| found.push((call, error.expect(call)));
    let access = |error| match error {
        UpdateError::Access(access) => Some(access),
        _ => None,
    };
    refused("update", events.update(actor, event.id, &event_input(house)).await.err().and_then(access));
    refused(
        "delete",
        match events.delete(actor, event.id).await {
            Err(DeleteError::Access(access)) => Some(access),
            _ => None,
        },
    );
    refused(
        "publish",
        match events.publish(actor, event.id).await {
            Err(PublishError::Access(access)) => Some(access),
            _ => None,
        },
    );
    refused(
        "deactivate",
        match events.deactivate(actor, event.id).await {
            Err(DeactivateError::Access(access)) => Some(access),
            _ => None,
        },
    );
    let of_types = |error| match error {
        TicketTypeError::Access(access) => Some(access),
        _ => None,
    };
    let input = type_input(1);
    refused("add type", events.add_ticket_type(actor, event.id, &input).await.err().and_then(of_types));
    refused("update type", events.update_ticket_type(actor, kind.id, &input).await.err().and_then(of_types));
    refused("delete type", events.delete_ticket_type(actor, kind.id).await.err().and_then(of_types));
    refused("members", events.members(actor, house).await.err());
    let of_members = |error| match error {
        MemberError::Access(access) => Some(access),
        _ => None,
    };
    let setting = events.set_member(actor, house, actor.account, Standing::Owner).await;
    refused("set member", setting.err().and_then(of_members));
    let removing = events.remove_member(actor, house, actor.account).await;
    refused("remove member", removing.err().and_then(of_members));
    found
}

pub async fn nobody_runs_the_events_of_another_organisation(stores: Stores) {
    let events = events_at_noon(&stores);
    let (event, kind) = on_sale(&stores, 10).await;
    let there = organisation(&stores).await;
    let owner_there = organiser(&stores, there, Standing::Owner).await;
    for (call, access) in refusals(&events, owner_there, &event, &kind).await {
        assert!(matches!(access, AccessError::NotFound), "{call}: {access:?}");
    }
    let types = events.ticket_types(owner_there, event.id).await;
    assert!(matches!(types, Err(AccessError::NotFound)));
    let door_here = organiser(&stores, event.organisation, Standing::Door).await;
    for actor in [person(&stores, Role::Member).await, door_here] {
        for (call, access) in refusals(&events, actor, &event, &kind).await {
            assert!(matches!(access, AccessError::Forbidden), "{call}: {access:?}");
        }
    }
    assert_eq!(stores.events.event(event.id).await.unwrap(), Some(event.clone()));
    assert_eq!(stores.events.ticket_type(kind.id).await.unwrap(), Some(kind));
    let managed = events.list_managed(owner_there, &Search::default(), &[], first()).await.unwrap();
    assert_eq!(managed.items, []);
    let organisations = events.organisations(owner_there).await.unwrap();
    assert_eq!(organisations.iter().map(|one| one.id).collect::<Vec<_>>(), [there]);
    assert_eq!(stores.events.members(event.organisation).await.unwrap().len(), 1);
}

pub async fn an_organiser_runs_the_events_of_the_own_organisation(stores: Stores) {
    let events = events_at_noon(&stores);
    let house = organisation(&stores).await;
    let owner = organiser(&stores, house, Standing::Owner).await;
    let manager = organiser(&stores, house, Standing::Manager).await;
    for actor in [owner, manager, person(&stores, Role::Admin).await] {
        let event = events.create(actor, &event_input(house)).await.unwrap();
        let kind = events.add_ticket_type(actor, event.id, &type_input(10)).await.unwrap();
        let kind = events.update_ticket_type(actor, kind.id, &type_input(20)).await.unwrap();
        assert_eq!(kind.quantity, 20);
        let input = EventInput { title: "Closing night".into(), ..event_input(house) };
        assert_eq!(events.update(actor, event.id, &input).await.unwrap().title, "Closing night");
        assert_eq!(events.publish(actor, event.id).await.unwrap().status, Status::Published);
        assert_eq!(events.ticket_types(actor, event.id).await.unwrap().len(), 1);
        let shown = events.show(None, &event.slug).await.unwrap();
        assert_eq!((shown.availability, shown.price_from), (Availability::Available, Some(kind.price)));
        assert_eq!(events.deactivate(actor, event.id).await.unwrap().status, Status::Deactivated);
        let managed = events.list_managed(actor, &Search::default(), &[], first()).await.unwrap();
        assert_eq!(managed.items.len(), 1);
        events.delete_ticket_type(actor, kind.id).await.unwrap();
        events.delete(actor, event.id).await.unwrap();
    }
}

pub async fn drafts_are_for_their_organisers_alone(stores: Stores) {
    let events = events_at_noon(&stores);
    let event = draft(&stores).await;
    let there = organisation(&stores).await;
    let outsider = organiser(&stores, there, Standing::Owner).await;
    for actor in [None, Some(person(&stores, Role::Member).await), Some(outsider)] {
        for name in [event.id.to_string(), event.slug.clone()] {
            assert!(matches!(events.show(actor, &name).await, Err(ShowError::NotFound)));
        }
        assert!(matches!(events.availability(actor, event.id).await, Err(ShowError::NotFound)));
        assert_eq!(listed(&events, actor, Search::default()).await, []);
    }
    let manager = organiser(&stores, event.organisation, Standing::Manager).await;
    assert_eq!(events.show(Some(manager), &event.slug).await.unwrap().event, event);
    let door = organiser(&stores, event.organisation, Standing::Door).await;
    assert!(matches!(events.show(Some(door), &event.slug).await, Err(ShowError::NotFound)));
    for (actor, drafts) in [(manager, 1), (door, 0)] {
        for statuses in [&[Status::Draft][..], &[]] {
            let managed = events.list_managed(actor, &Search::default(), statuses, first()).await.unwrap();
            assert_eq!(managed.items.len(), drafts);
        }
    }
}

pub async fn events_for_members_do_not_exist_for_strangers(stores: Stores) {
    let events = events_at_noon(&stores);
    let house = organisation(&stores).await;
    let owner = organiser(&stores, house, Standing::Owner).await;
    let input = EventInput { visibility: Some(Visibility::Members), ..event_input(house) };
    let event = events.create(owner, &input).await.unwrap();
    events.add_ticket_type(owner, event.id, &type_input(10)).await.unwrap();
    events.publish(owner, event.id).await.unwrap();
    assert!(matches!(events.show(None, &event.slug).await, Err(ShowError::NotFound)));
    assert!(matches!(events.availability(None, event.id).await, Err(ShowError::NotFound)));
    assert_eq!(listed(&events, None, Search::default()).await, []);
    let member = Some(person(&stores, Role::Member).await);
    assert_eq!(events.show(member, &event.slug).await.unwrap().event.id, event.id);
    assert_eq!(listed(&events, member, Search::default()).await.len(), 1);
}

pub async fn addresses_are_for_organisers(stores: Stores) {
    let events = events_at_noon(&stores);
    let (event, _) = on_sale(&stores, 10).await;
    let there = organisation(&stores).await;
    let outsider = organiser(&stores, there, Standing::Owner).await;
    for actor in [None, Some(person(&stores, Role::Member).await), Some(outsider)] {
        let shown = events.show(actor, &event.slug).await.unwrap().event;
        for seen in [vec![shown], listed(&events, actor, Search::default()).await].concat() {
            assert_eq!(seen.location.area, event.location.area);
            assert_eq!(
                (seen.location.address, seen.location.latitude, seen.location.longitude),
                (None, None, None)
            );
        }
    }
    let door = organiser(&stores, event.organisation, Standing::Door).await;
    for actor in [door, person(&stores, Role::Admin).await] {
        assert_eq!(events.show(Some(actor), &event.slug).await.unwrap().event, event);
        // Looks at lists are not noted, so lists tell nobody.
        let managed = events.list_managed(actor, &Search::default(), &[], first()).await.unwrap().items;
        let managed = managed.into_iter().map(|seen| seen.event);
        let all: Vec<_> = managed.chain(listed(&events, Some(actor), Search::default()).await).collect();
        assert_eq!(all.len(), 2);
        assert!(all.iter().all(|seen| seen.id == event.id && !seen.location.is_exact()), "{all:?}");
    }
}

pub async fn an_event_that_cannot_be_sold_stays_a_draft(stores: Stores) {
    let events = events_at_noon(&stores);
    let event = draft(&stores).await;
    let admin = person(&stores, Role::Admin).await;
    let Err(PublishError::NotSellable(reasons)) = events.publish(admin, event.id).await else {
        panic!("an event without ticket types was published");
    };
    assert_eq!(reasons.iter().map(|reason| reason.code).collect::<Vec<_>>(), ["no_ticket_type"]);
    ticket_type(&stores, &event, 101).await;
    let Err(PublishError::NotSellable(reasons)) = events.publish(admin, event.id).await else {
        panic!("an event with more tickets than places was published");
    };
    assert_eq!(reasons.iter().map(|reason| reason.code).collect::<Vec<_>>(), ["types_exceed_capacity"]);
    assert_eq!(stores.events.event(event.id).await.unwrap(), Some(event));
}

pub async fn a_deactivated_event_is_out_of_sight_until_it_is_published_again(stores: Stores) {
    let events = events_at_noon(&stores);
    let (event, _) = on_sale(&stores, 10).await;
    let admin = person(&stores, Role::Admin).await;
    events.deactivate(admin, event.id).await.unwrap();
    assert!(matches!(events.deactivate(admin, event.id).await, Err(DeactivateError::WrongStatus(_))));
    assert!(matches!(events.show(None, &event.slug).await, Err(ShowError::NotFound)));
    assert_eq!(listed(&events, None, Search::default()).await, []);
    events.publish(admin, event.id).await.unwrap();
    assert_eq!(listed(&events, None, Search::default()).await.len(), 1);
}

pub async fn what_is_over_is_neither_upcoming_nor_edited(stores: Stores) {
    let clock = Arc::new(StoppedClock::default());
    let events = events_at(&stores, clock.clone());
    let (event, kind) = on_sale(&stores, 10).await;
    let admin = person(&stores, Role::Admin).await;
    assert_eq!(events.upcoming(None, first()).await.unwrap().items.len(), 1);
    clock.set(event.ends_at);
    assert_eq!(events.upcoming(None, first()).await.unwrap().items, []);
    let shown = events.show(None, &event.slug).await.unwrap();
    assert_eq!((shown.status, shown.availability), (Status::Ended, Availability::NotOnSale));
    let input = event_input(event.organisation);
    assert!(matches!(events.update(admin, event.id, &input).await, Err(UpdateError::WrongStatus(_))));
    let editing = events.update_ticket_type(admin, kind.id, &type_input(9)).await;
    assert!(matches!(editing, Err(TicketTypeError::WrongStatus(_))));
}

pub async fn a_given_slug_is_not_changed_silently(stores: Stores) {
    let events = events_at_noon(&stores);
    let house = organisation(&stores).await;
    let owner = organiser(&stores, house, Standing::Owner).await;
    let input = EventInput { slug: Some("the-night".into()), ..event_input(house) };
    assert_eq!(events.create(owner, &input).await.unwrap().slug, "the-night");
    let Err(CreateError::Invalid(mistakes)) = events.create(owner, &input).await else {
        panic!("a slug was given twice");
    };
    assert_eq!(
        mistakes.iter().map(|one| (one.field.as_str(), one.code)).collect::<Vec<_>>(),
        [("slug", "taken")]
    );
    let made = EventInput { title: "The night".into(), ..event_input(house) };
    assert_eq!(events.create(owner, &made).await.unwrap().slug, "the-night-2");
}

pub async fn an_event_is_added_and_moved_only_to_an_organisation_of_its_organiser(stores: Stores) {
    let events = events_at_noon(&stores);
    let (here, there) = (organisation(&stores).await, organisation(&stores).await);
    let owner = organiser(&stores, here, Standing::Owner).await;
    let event = events.create(owner, &event_input(here)).await.unwrap();
    for elsewhere in [there, OrganisationId::generate(noon())] {
        let Err(CreateError::Invalid(mistakes)) = events.create(owner, &event_input(elsewhere)).await else {
            panic!("an event was added elsewhere");
        };
        let Err(UpdateError::Invalid(others)) = events.update(owner, event.id, &event_input(elsewhere)).await
        else {
            panic!("an event was moved elsewhere");
        };
        let codes: Vec<_> = mistakes.iter().chain(&others).map(|mistake| mistake.code).collect();
        assert_eq!(codes, ["unknown_organisation", "unknown_organisation"]);
    }
    let member = person(&stores, Role::Member).await;
    let adding = events.create(member, &event_input(here)).await;
    assert!(matches!(adding, Err(CreateError::Access(AccessError::Forbidden))));
    let admin = person(&stores, Role::Admin).await;
    assert_eq!(events.update(admin, event.id, &event_input(there)).await.unwrap().organisation, there);
}

pub async fn what_places_are_held_of_is_not_deleted(stores: Stores) {
    let events = events_at_noon(&stores);
    let (event, kind) = on_sale(&stores, 10).await;
    let admin = person(&stores, Role::Admin).await;
    hold(&stores, admin.account, event.id, kind.id, 2, noon()).await.unwrap();
    assert!(matches!(events.delete(admin, event.id).await, Err(DeleteError::InUse)));
    assert!(matches!(events.delete_ticket_type(admin, kind.id).await, Err(TicketTypeError::InUse)));
    let smaller = events.update_ticket_type(admin, kind.id, &type_input(1)).await;
    assert!(matches!(smaller, Err(TicketTypeError::Invalid(_))));
    let other = EventInput { currency: "JPY".into(), ..event_input(event.organisation) };
    assert!(matches!(events.update(admin, event.id, &other).await, Err(UpdateError::Invalid(_))));
}

pub async fn hidden_types_are_not_listed(stores: Stores) {
    let events = events_at_noon(&stores);
    let (event, kind) = on_sale(&stores, 10).await;
    let admin = person(&stores, Role::Admin).await;
    let mut hidden = type_input(5);
    hidden.hidden = true;
    events.add_ticket_type(admin, event.id, &hidden).await.unwrap();
    hold(&stores, admin.account, event.id, kind.id, 4, noon()).await.unwrap();
    let left = events.availability(None, event.id).await.unwrap();
    let rows: Vec<_> = left.iter().map(|left| (left.ticket_type.id, left.available, left.on_sale)).collect();
    assert_eq!(rows, [(kind.id, 6, true)]);
    assert_eq!(events.ticket_types(admin, event.id).await.unwrap().len(), 2);
}

pub async fn a_search_that_makes_no_sense_finds_nothing_or_everything(stores: Stores) {
    let events = events_at_noon(&stores);
    on_sale(&stores, 10).await;
    let find = async |search| listed(&events, None, search).await.len();
    let (earliest, latest) = (DateTime::<chrono::Utc>::MIN_UTC, DateTime::<chrono::Utc>::MAX_UTC);
    assert_eq!(find(Search { from: Some(earliest), to: Some(latest), ..Search::default() }).await, 1);
    assert_eq!(find(Search { from: Some(latest), to: Some(earliest), ..Search::default() }).await, 0);
    assert_eq!(
        find(Search { words: vec!["\0".into()], tag: Some(" ".into()), ..Search::default() }).await,
        1
    );
    assert_eq!(find(Search { words: vec!["x".repeat(100_000)], ..Search::default() }).await, 0);
    for name in ["", "\0", "no such", "OPENING-NIGHT", "00000000-0000-0000-0000-000000000000"] {
        assert!(matches!(events.show(None, name).await, Err(ShowError::NotFound)), "{name:?}");
    }
}

pub async fn the_next_events_are_those_of_the_organisations_that_are_named(stores: Stores) {
    let events = events_at_noon(&stores);
    let (here, _) = on_sale(&stores, 10).await;
    for _ in 0..3 {
        on_sale(&stores, 10).await;
    }
    draft(&stores).await;
    let next = async |of: Option<Vec<OrganisationId>>, limit: u32| {
        let next = events.next_of(of, limit).await.unwrap();
        next.into_iter().map(|seen| seen.event.id).collect::<Vec<_>>()
    };
    for limit in [1, 9] {
        assert_eq!(next(Some(vec![here.organisation]), limit).await, [here.id]);
    }
    assert_eq!(next(Some(Vec::new()), 9).await, []);
    assert_eq!((next(None, 9).await.len(), next(None, 2).await.len()), (4, 2));
}

pub async fn an_organisation_keeps_an_owner(stores: Stores) {
    let events = events_at_noon(&stores);
    let house = organisation(&stores).await;
    let owner = organiser(&stores, house, Standing::Owner).await;
    let other = person(&stores, Role::Member).await;
    let admin = person(&stores, Role::Admin).await;
    let stays = async |by, after: Option<Standing>| {
        let tried = match after {
            Some(standing) => events.set_member(by, house, owner.account, standing).await.map(drop),
            None => events.remove_member(by, house, owner.account).await,
        };
        matches!(tried, Err(MemberError::LastOwner))
    };
    let less = [None, Some(Standing::Manager), Some(Standing::Door)];
    for after in less {
        assert!(stays(owner, after).await, "{after:?}");
    }
    let stranger = events.remove_member(owner, house, other.account).await;
    assert!(matches!(stranger, Err(MemberError::Access(AccessError::NotFound))));
    events.set_member(owner, house, other.account, Standing::Manager).await.unwrap();
    assert!(stays(owner, None).await, "a manager is none");
    events.set_member(owner, house, other.account, Standing::Owner).await.unwrap();
    let [mut barred] =
        <[_; 1]>::try_from(stores.accounts.accounts_of(&[other.account]).await.unwrap()).unwrap();
    for status in accounts::Status::ALL.into_iter().filter(|it| *it != accounts::Status::Active) {
        barred.status = status;
        save_account(&stores, &barred).await;
        for after in less {
            assert!(stays(owner, after).await, "the other one may not log in: {status:?} {after:?}");
        }
        assert_eq!(events.members(owner, house).await.unwrap().len(), 2);
    }
    assert!(!stays(admin, Some(Standing::Manager)).await, "an admin may leave none");
    assert!(!stays(admin, Some(Standing::Owner)).await);
    barred.status = accounts::Status::Active;
    save_account(&stores, &barred).await;
    assert!(!stays(owner, None).await);
    assert!(matches!(events.members(owner, house).await, Err(AccessError::Forbidden)));
    assert_eq!(events.members(other, house).await.unwrap().len(), 1);
    events.remove_member(admin, house, other.account).await.unwrap();
    assert_eq!(events.members(admin, house).await.unwrap(), []);
    let elsewhere = events.members(admin, OrganisationId::generate(noon() + TimeDelta::days(1))).await;
    assert!(matches!(elsewhere, Err(AccessError::NotFound)));
}

pub async fn who_is_erased_works_for_nobody_any_more(stores: Stores) {
    let events = events_at_noon(&stores);
    let (here, there) = (organisation(&stores).await, organisation(&stores).await);
    let gone = organiser(&stores, here, Standing::Owner).await.account;
    let stays = organiser(&stores, here, Standing::Door).await.account;
    let admin = person(&stores, Role::Admin).await;
    events.set_member(admin, there, gone, Standing::Manager).await.unwrap();
    // The worker may come to it more than once.
    for _ in 0..2 {
        events.leave_all(gone).await.unwrap();
        assert_eq!(stores.events.memberships(gone).await.unwrap(), []);
    }
    let left = events.members(admin, here).await.unwrap();
    assert_eq!(left.iter().map(|member| member.account).collect::<Vec<_>>(), [stays]);
    assert_eq!(events.members(admin, there).await.unwrap(), []);
    let filter = ActFilter { act: Some("organisation.remove_member".to_owned()), ..ActFilter::default() };
    let told = stores.audit.acts(&filter, first()).await.unwrap().items;
    assert_eq!(told.len(), 2);
    for sealed in told {
        assert_eq!((sealed.act.who, sealed.act.subject.id), (Who::System, gone.as_uuid()));
    }
}

pub async fn only_admins_add_organisations(stores: Stores) {
    let events = events_at_noon(&stores);
    let house = organisation(&stores).await;
    let owner = organiser(&stores, house, Standing::Owner).await;
    let adding = events.create_organisation(owner, "Another", None).await;
    assert!(matches!(adding, Err(OrganisationError::Access(AccessError::Forbidden))));
    let admin = person(&stores, Role::Admin).await;
    let one = events.create_organisation(admin, "Another", None).await.unwrap();
    let two = events.create_organisation(admin, " Another ", None).await.unwrap();
    assert_eq!(
        (one.slug.as_str(), two.slug.as_str(), two.name.as_str()),
        ("another", "another-2", "Another")
    );
    let taken = events.create_organisation(admin, "Third", Some("another")).await;
    assert!(matches!(taken, Err(OrganisationError::Invalid(_))));
    assert_eq!(events.organisations(admin).await.unwrap().len(), 3);
    let member = person(&stores, Role::Member).await;
    assert!(matches!(events.organisations(member).await, Err(AccessError::Forbidden)));
}
