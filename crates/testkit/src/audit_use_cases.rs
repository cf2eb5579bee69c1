//! What administrative use cases leave in the audit log, over whichever store.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

use crate::fixtures_accounts::{PASSWORD, accounts_at_noon, invite_for, invites_at_noon, member};
use crate::fixtures_bookings::{bookings, buyer, confirm_free, house, staff};
use crate::fixtures_events::{event_input, events_at_noon, organisation, organiser, person, type_input};
use crate::{Stores, noon};
use accounts::{AccountFilter, Status};
use booking::office::BookingFilter;
use booking::tables::Table;
use booking::use_cases::VerifyRequest;
use booking::{CodeSigner, Door};
use events::{EventInput, Standing, TicketTypeInput};
use invites::NewInvites;
use kernel::audit::ActFilter;
use kernel::{Act, Actor, PageRequest, Role, Who};

/// One test per promise: `testkit::audit_use_cases_contract!(open)`, where `open` is an `async fn() -> Stores` that
/// gives a fresh, empty system.
#[macro_export]
macro_rules! audit_use_cases_contract {
    ($open:ident) => {
        $crate::audit_use_cases_contract!($open;
            what_happens_to_accounts_is_recorded_with_before_and_after,
            what_happens_to_invites_is_recorded_without_their_codes,
            what_organisers_do_is_recorded_under_their_organisation,
            who_works_where_is_recorded,
            the_door_undone_is_recorded,
            who_takes_a_table_out_is_recorded_under_whose_it_is,
            what_is_refused_or_changes_nothing_is_no_act,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod audit_use_cases {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::audit_use_cases::$case(super::$open().await).await;
                }
            )+
        }
    };
}

/// An actor in a request that has a name.
fn in_request(actor: Actor, name: &str) -> Actor {
    Actor { request: name.parse().ok(), ..actor }
}

/// All acts of one kind, the oldest first.
async fn acts(stores: &Stores, of: &str) -> Vec<Act> {
    let filter = ActFilter { act: Some(of.to_owned()), ..ActFilter::default() };
    let page = stores.audit.acts(&filter, PageRequest { limit: 100, after: None }).await.unwrap();
    page.items.into_iter().rev().map(|sealed| sealed.act).collect()
}

/// What an act says: its name, before and after.
fn said(act: &Act) -> (&str, &str, &str) {
    (&act.act, act.before.as_deref().unwrap_or_default(), act.after.as_deref().unwrap_or_default())
}

pub async fn what_happens_to_accounts_is_recorded_with_before_and_after(stores: Stores) {
    let accounts = accounts_at_noon(&stores);
    let made = accounts.create_admin("root@example.org", PASSWORD.into(), ("Ada", "Byron")).await.unwrap();
    let admin = in_request(person(&stores, Role::Admin).await, "one");
    accounts.change_standing(&admin, made.id, Some(Status::Suspended), None).await.unwrap();
    let both = (Some(Status::Active), Some(Role::Member));
    accounts.change_standing(&admin, made.id, both.0, both.1).await.unwrap();
    let mut acts = acts(&stores, "account").await;
    // All at one instant, so that their order is that of random ids.
    acts.sort_by_key(|act| act.before.clone());
    let [active, suspended] =
        [r#"{"role":"admin","status":"active"}"#, r#"{"role":"admin","status":"suspended"}"#];
    assert_eq!(
        acts.iter().map(said).collect::<Vec<_>>(),
        [
            ("account.create_admin", "", active),
            ("account.change_standing", active, suspended),
            ("account.change_standing", suspended, r#"{"role":"member","status":"active"}"#),
        ]
    );
    assert!(acts.iter().all(|act| act.subject.kind == "account" && act.subject.id == made.id.as_uuid()));
    assert_eq!((&acts[0].who, acts[0].request), (&Who::CommandLine, None));
    for act in &acts[1..] {
        assert_eq!((&act.who, act.request), (&Who::Account(admin.account), admin.request));
        assert_eq!((act.at, act.organisation), (noon(), None));
    }
}

pub async fn what_happens_to_invites_is_recorded_without_their_codes(stores: Stores) {
    let admin = in_request(person(&stores, Role::Admin).await, "two");
    let invites = invites_at_noon(&stores);
    let wish = NewInvites { note: Some("for my aunt".into()), count: 2, ..invite_for(3) };
    let made = invites.create(&wish, &admin).await.unwrap();
    invites.revoke(&admin, made[0].id).await.unwrap();
    let created = acts(&stores, "invite.create").await;
    assert_eq!(created.len(), 2, "one each");
    let revoked = acts(&stores, "invite.revoke").await;
    assert_eq!(
        revoked.iter().map(said).collect::<Vec<_>>(),
        [("invite.revoke", r#"{"revoked_at":null}"#, r#"{"revoked_at":"2026-06-01T12:00:00Z"}"#)]
    );
    for act in created.iter().chain(&revoked) {
        assert_eq!((&act.who, act.request), (&Who::Account(admin.account), admin.request));
        let text = serde_json::to_string(act).unwrap();
        for invite in &made {
            let code = invites.code(invite).to_string();
            assert!(!text.contains(&code) && !text.contains("aunt"), "{text}");
        }
    }
}

pub async fn what_organisers_do_is_recorded_under_their_organisation(stores: Stores) {
    let here = organisation(&stores).await;
    let manager = in_request(organiser(&stores, here, Standing::Manager).await, "three");
    let events = events_at_noon(&stores);
    let event = events.create(manager, &event_input(here)).await.unwrap();
    let kind = events.add_ticket_type(manager, event.id, &type_input(10)).await.unwrap();
    let dearer = TicketTypeInput { name: "Late".into(), ..type_input(10) };
    events.update_ticket_type(manager, kind.id, &dearer).await.unwrap();
    events.publish(manager, event.id).await.unwrap();
    events.deactivate(manager, event.id).await.unwrap();
    let renamed = EventInput { title: "Closing night".into(), ..event_input(here) };
    events.update(manager, event.id, &renamed).await.unwrap();
    events.delete_ticket_type(manager, kind.id).await.unwrap();
    events.delete(manager, event.id).await.unwrap();
    let expected = [
        ("event.create", None),
        ("ticket_type.create", None),
        ("ticket_type.update", Some((r#"{"name":"Regular"}"#, r#"{"name":"Late"}"#))),
        ("event.publish", Some((r#"{"status":"draft"}"#, r#"{"status":"published"}"#))),
        ("event.deactivate", Some((r#"{"status":"published"}"#, r#"{"status":"deactivated"}"#))),
        ("event.update", Some((r#"{"title":"Opening night"}"#, r#"{"title":"Closing night"}"#))),
        ("ticket_type.delete", None),
        ("event.delete", None),
    ];
    for (name, change) in expected {
        let found = acts(&stores, name).await;
        assert_eq!(found.len(), 1, "{name}");
        let act = &found[0];
        assert_eq!((&act.who, act.request), (&Who::Account(manager.account), manager.request), "{name}");
        assert_eq!(act.organisation, Some(here), "{name}");
        let subject = if name.starts_with("event") { event.id.as_uuid() } else { kind.id.as_uuid() };
        assert_eq!(act.subject.id, subject, "{name}");
        let text = serde_json::to_string(act).unwrap();
        assert!(!text.contains("Quay 7") && !text.contains("53.541"), "{text}");
        match change {
            Some((before, after)) => assert_eq!(said(act), (name, before, after)),
            None => assert!(act.before.is_some() != act.after.is_some(), "{name}: {act:?}"),
        }
    }
}

pub async fn who_works_where_is_recorded(stores: Stores) {
    let events = events_at_noon(&stores);
    let admin = in_request(person(&stores, Role::Admin).await, "four");
    let here = events.create_organisation(admin, "Here", None).await.unwrap().id;
    let someone = person(&stores, Role::Member).await.account;
    events.set_member(admin, here, someone, Standing::Door).await.unwrap();
    events.set_member(admin, here, someone, Standing::Owner).await.unwrap();
    events.remove_member(admin, here, someone).await.unwrap();
    let made = acts(&stores, "organisation.create").await;
    assert_eq!(said(&made[0]), ("organisation.create", "", r#"{"name":"Here","slug":"here"}"#));
    let mut set = acts(&stores, "organisation.set_member").await;
    set.sort_by_key(|act| act.before.clone());
    let removed = acts(&stores, "organisation.remove_member").await;
    let [door, owner] = [r#"{"standing":"door"}"#, r#"{"standing":"owner"}"#];
    assert_eq!(
        set.iter().chain(&removed).map(said).collect::<Vec<_>>(),
        [
            ("organisation.set_member", "", door),
            ("organisation.set_member", door, owner),
            ("organisation.remove_member", owner, ""),
        ]
    );
    for act in set.iter().chain(&removed) {
        assert_eq!((act.organisation, act.subject.id), (Some(here), someone.as_uuid()));
        assert_eq!(act.request, admin.request);
    }
    // The first organisation of a new system is nobody's doing.
    let first = events.ensure_default_organisation("House").await.unwrap();
    assert_eq!(first.id, here, "there was one");
    assert_eq!(acts(&stores, "organisation.create").await.len(), 1);
}

pub async fn the_door_undone_is_recorded(stores: Stores) {
    let house = house(stores, 10, None, 0).await;
    let door = Door::new(house.stores.booking.clone(), house.clock.clone(), CodeSigner::new(&[7; 32]));
    let guest = buyer(&house.stores).await;
    let bookings = bookings(&house);
    let hold = bookings.hold(guest, house.event.id, house.want(1)).await.unwrap();
    let ticket = confirm_free(&bookings, guest, hold.id).await.tickets.remove(0);
    house.clock.set(house.event.starts_at);
    let mut staff = staff(&house).await;
    staff.request = "five".parse().ok();
    let scan = VerifyRequest { code: door.code(&ticket), ..VerifyRequest::default() };
    door.verify(&staff, &scan).await.unwrap();
    door.undo(&staff, ticket.id, None).await.unwrap();
    assert!(door.undo(&staff, ticket.id, None).await.is_err());
    let found = acts(&house.stores, "ticket.undo_check_in").await;
    let at = house.event.starts_at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
    let before = format!(r#"{{"checked_in_at":"{at}","status":"checked_in"}}"#);
    let after = r#"{"checked_in_at":null,"status":"valid"}"#;
    assert_eq!(
        found.iter().map(said).collect::<Vec<_>>(),
        [("ticket.undo_check_in", before.as_str(), after)]
    );
    assert_eq!((&found[0].who, found[0].request), (&Who::Account(staff.account), staff.request));
    assert_eq!(found[0].organisation, Some(house.event.organisation));
}

pub async fn who_takes_a_table_out_is_recorded_under_whose_it_is(stores: Stores) {
    let (one, other) = (house(stores.clone(), 9, None, 0).await, house(stores.clone(), 9, None, 0).await);
    let admin = in_request(person(&stores, Role::Admin).await, "six");
    let filter = AccountFilter { query: Some("Byron".into()), status: None };
    accounts_at_noon(&stores).take_out(filter, &admin).await.unwrap();
    let people = acts(&stores, "account.export").await;
    let expected = [("account.export", "", r#"{"searched":true,"status":null}"#)];
    assert_eq!(people.iter().map(said).collect::<Vec<_>>(), expected);
    assert_eq!((people[0].subject.id, people[0].organisation), (admin.account.as_uuid(), None));
    assert_eq!((&people[0].who, people[0].request), (&Who::Account(admin.account), admin.request));

    let bookings = bookings(&one);
    let (here, there) = (one.event.organisation, other.event.organisation);
    let both = BookingFilter { organisations: Some(vec![here, there]), ..BookingFilter::default() };
    bookings.take_out(Table::Bookings(&both), &admin).await.unwrap();
    let of_event = BookingFilter { event: Some(other.event.id), ..BookingFilter::default() };
    bookings.take_out(Table::Bookings(&of_event), &admin).await.unwrap();
    let nobodys = BookingFilter { organisations: Some(vec![]), ..BookingFilter::default() };
    bookings.take_out(Table::Bookings(&nobodys), &admin).await.unwrap();
    let taken = acts(&stores, "booking.export").await;
    let mut taken: Vec<_> =
        taken.iter().map(|act| (&*act.subject.kind, act.subject.id, act.organisation)).collect();
    taken.sort_unstable();
    let mut expected = vec![
        ("organisation", here.as_uuid(), Some(here)),
        ("organisation", there.as_uuid(), Some(there)),
        ("event", other.event.id.as_uuid(), Some(there)),
    ];
    expected.sort_unstable();
    assert_eq!(taken, expected);
    bookings.take_out(Table::WaitingList(one.event.id), &admin).await.unwrap();
    let list = acts(&stores, "waitlist.export").await;
    assert_eq!(list.iter().map(said).collect::<Vec<_>>(), [("waitlist.export", "", "")]);
    assert_eq!((list[0].subject.id, list[0].organisation), (one.event.id.as_uuid(), Some(here)));
}

pub async fn what_is_refused_or_changes_nothing_is_no_act(stores: Stores) {
    let (accounts, events, invites) =
        (accounts_at_noon(&stores), events_at_noon(&stores), invites_at_noon(&stores));
    let admin = person(&stores, Role::Admin).await;
    let someone = member(&stores, "ada@example.org").await.account.id;
    // The one who invited her was an admin too.
    let invite = invites.list(None, PageRequest { limit: 1, after: None }).await.unwrap().items.remove(0);
    invites.revoke(&admin, invite.id).await.unwrap();
    let here = organisation(&stores).await;
    let event = events.create(admin, &event_input(here)).await.unwrap();
    events.set_member(admin, here, someone, Standing::Door).await.unwrap();
    let before = stores.audit.waiting().await.unwrap();

    accounts.change_standing(&admin, someone, Some(Status::Active), Some(Role::Member)).await.unwrap();
    accounts.change_standing(&admin, someone, Some(Status::Rejected), None).await.unwrap_err();
    let again = stores.accounts.account(someone).await.unwrap().unwrap();
    accounts.create_admin(again.email.as_str(), PASSWORD.into(), ("Ada", "Byron")).await.unwrap_err();
    invites.revoke(&admin, invite.id).await.unwrap();
    events.set_member(admin, here, someone, Standing::Door).await.unwrap();
    let taken = EventInput { slug: Some(event.slug.clone()), ..event_input(here) };
    events.create(admin, &taken).await.unwrap_err();
    events.publish(admin, event.id).await.unwrap_err();
    events.deactivate(admin, event.id).await.unwrap_err();
    events.create_organisation(admin, "", None).await.unwrap_err();
    assert_eq!(stores.audit.waiting().await.unwrap(), before);
}
