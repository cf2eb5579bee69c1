//! What every store promises of organisations that are renamed and removed.
#![expect(clippy::unwrap_used, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

use crate::fixtures_events::{draft, event_input, events_at_noon, organisation, organiser, person};
use crate::{Stores, noon};
use events::use_cases::{
    AccessError, ChangeOrganisationError, CreateError, DuplicateError, UpdateError, VenueError,
};
use events::{Billing, CopyInput, Standing};
use kernel::audit::ActFilter;
use kernel::{OrganisationId, PageRequest, Role, transact};

/// One test per promise: `testkit::organisation_store_contract!(open)`, as for the other stores.
#[macro_export]
macro_rules! organisation_store_contract {
    ($open:ident) => {
        $crate::organisation_store_contract!($open;
            an_organisation_is_renamed_and_keeps_its_slug,
            an_organisation_that_has_something_is_not_removed,
            what_is_removed_goes_with_those_who_worked_there,
            only_admins_rename_and_remove,
            nothing_is_added_to_what_is_removed_meanwhile,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod organisation_store {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::organisation_store::$case(super::$open().await).await;
                }
            )+
        }
    };
}

/// The names of the acts that were recorded, the newest first.
async fn acts(stores: &Stores) -> Vec<String> {
    let page = PageRequest { limit: 100, after: None };
    let page = stores.audit.acts(&ActFilter::default(), page).await.unwrap();
    page.items.into_iter().map(|sealed| sealed.act.act.into_owned()).collect()
}

pub async fn an_organisation_is_renamed_and_keeps_its_slug(stores: Stores) {
    let events = events_at_noon(&stores);
    let admin = person(&stores, Role::Admin).await;
    let made = events.create_organisation(admin, "Harbour", None).await.unwrap();
    let other = events.create_organisation(admin, "Docks", None).await.unwrap();
    let renamed = events.rename_organisation(admin, made.id, " Häuser am Kai ").await.unwrap();
    assert_eq!((renamed.name.as_str(), renamed.slug.as_str()), ("Häuser am Kai", "harbour"));
    assert_eq!(stores.events.organisation(made.id).await.unwrap(), Some(renamed));
    assert_eq!(stores.events.organisation(other.id).await.unwrap(), Some(other));
    events.rename_organisation(admin, made.id, "Häuser am Kai").await.unwrap();
    let told = acts(&stores).await;
    assert_eq!(told.iter().filter(|name| *name == "organisation.rename").count(), 1, "{told:?}");
    for wrong in [String::new(), "x".repeat(101), "two\nlines".into()] {
        let refused = events.rename_organisation(admin, made.id, &wrong).await;
        assert!(matches!(refused, Err(ChangeOrganisationError::Invalid(_))), "{wrong}");
    }
    let nowhere = events.rename_organisation(admin, OrganisationId::generate(noon()), "X").await;
    assert!(matches!(nowhere, Err(ChangeOrganisationError::Access(AccessError::NotFound))));
}

pub async fn an_organisation_that_has_something_is_not_removed(stores: Stores) {
    let events = events_at_noon(&stores);
    let admin = person(&stores, Role::Admin).await;
    let in_use = async |id| {
        let refused = events.remove_organisation(admin, id).await;
        assert!(matches!(refused, Err(ChangeOrganisationError::InUse)), "{refused:?}");
        assert!(stores.events.organisation(id).await.unwrap().is_some());
    };
    let event = draft(&stores).await;
    in_use(event.organisation).await;
    let hall = events.add_venue_template(admin, event.organisation, "Hall").await.unwrap();
    events.delete(admin, event.id).await.unwrap();
    in_use(event.organisation).await;
    events.delete_venue_template(admin, hall.id).await.unwrap();
    events.remove_organisation(admin, event.organisation).await.unwrap();
    // What was sold stays whose it was, also when the event goes elsewhere.
    let house = crate::fixtures_bookings::house(stores.clone(), 5, None, 0).await;
    let bookings = crate::fixtures_bookings::bookings(&house);
    let guest = crate::fixtures_bookings::buyer(&stores).await;
    let hold = bookings.hold(guest, house.event.id, house.want(1)).await.unwrap();
    crate::fixtures_bookings::confirm_free(&bookings, guest, hold.id).await;
    let there = organisation(&stores).await;
    let mut tx = stores.events.begin().await.unwrap();
    let (mut moved, _) = tx.lock_event(house.event.id).await.unwrap().unwrap();
    moved.organisation = there;
    tx.save_event(&moved).await.unwrap();
    tx.commit().await.unwrap();
    in_use(house.event.organisation).await;
    in_use(there).await;
}

pub async fn what_is_removed_goes_with_those_who_worked_there(stores: Stores) {
    let events = events_at_noon(&stores);
    let admin = person(&stores, Role::Admin).await;
    let (gone, kept) = (organisation(&stores).await, organisation(&stores).await);
    let (owner, door) =
        (organiser(&stores, gone, Standing::Owner).await, organiser(&stores, gone, Standing::Door).await);
    let elsewhere = organiser(&stores, kept, Standing::Manager).await;
    let billing = Billing {
        organisation: gone,
        name: "House".into(),
        address: "Street 1".into(),
        vat_id: None,
        iban: None,
        number_prefix: "RE".into(),
        updated_at: noon(),
    };
    let saving = transact(stores.events.begin().await.unwrap(), async |tx| {
        tx.lock_members(gone).await?;
        tx.save_billing(&billing).await
    });
    saving.await.unwrap();
    let slug = stores.events.organisation(gone).await.unwrap().unwrap().slug;
    let mut members = events.remove_organisation(admin, gone).await.unwrap();
    members.sort_by_key(|member| member.account);
    let mut expected = [owner.account, door.account];
    expected.sort_unstable();
    assert_eq!(members.iter().map(|member| member.account).collect::<Vec<_>>(), expected);
    assert_eq!(stores.events.organisation(gone).await.unwrap(), None);
    assert_eq!(stores.events.billing(gone).await.unwrap(), None);
    assert_eq!(stores.events.members(gone).await.unwrap(), []);
    assert_eq!(stores.events.memberships(owner.account).await.unwrap(), []);
    assert_eq!(stores.events.memberships(elsewhere.account).await.unwrap().len(), 1);
    let told = acts(&stores).await;
    for (name, count) in [("organisation.delete", 1), ("organisation.remove_member", 2)] {
        assert_eq!(told.iter().filter(|it| *it == name).count(), count, "{name} in {told:?}");
    }
    let again = events.remove_organisation(admin, gone).await;
    assert!(matches!(again, Err(ChangeOrganisationError::Access(AccessError::NotFound))));
    // Its slug is free.
    let next = events.create_organisation(admin, "Next", Some(&slug)).await.unwrap();
    assert_eq!(next.slug, slug);
}

pub async fn only_admins_rename_and_remove(stores: Stores) {
    let events = events_at_noon(&stores);
    let house = organisation(&stores).await;
    let owner = organiser(&stores, house, Standing::Owner).await;
    let renaming = events.rename_organisation(owner, house, "Mine").await;
    assert!(matches!(renaming, Err(ChangeOrganisationError::Access(AccessError::Forbidden))));
    let removing = events.remove_organisation(owner, house).await;
    assert!(matches!(removing, Err(ChangeOrganisationError::Access(AccessError::Forbidden))));
    assert!(stores.events.organisation(house).await.unwrap().is_some());
}

/// Whoever is first wins, and the other is refused as if nothing had been there, never by a broken store.
pub async fn nothing_is_added_to_what_is_removed_meanwhile(stores: Stores) {
    let admin = person(&stores, Role::Admin).await;
    let source = draft(&stores).await;
    for round in 0..12 {
        let house = organisation(&stores).await;
        let (adding, removing) = (events_at_noon(&stores), events_at_noon(&stores));
        let source = source.clone();
        let added = tokio::spawn(async move {
            match round % 3 {
                0 => match adding.create(admin, &event_input(house)).await {
                    Ok(_) => true,
                    Err(CreateError::Invalid(_)) => false,
                    Err(other) => panic!("{other:?}"),
                },
                1 => match adding.add_venue_template(admin, house, "Hall").await {
                    Ok(_) => true,
                    Err(VenueError::Invalid(_)) => false,
                    Err(other) => panic!("{other:?}"),
                },
                _ => match adding.update(admin, source.id, &event_input(house)).await {
                    Ok(_) => true,
                    Err(UpdateError::Invalid(_)) => false,
                    Err(other) => panic!("{other:?}"),
                },
            }
        });
        let removed = match removing.remove_organisation(admin, house).await {
            Ok(_) => true,
            Err(ChangeOrganisationError::InUse) => false,
            Err(other) => panic!("{other:?}"),
        };
        assert_ne!(added.await.unwrap(), removed, "round {round}");
    }
    // A copy is made only where its source is.
    let events = events_at_noon(&stores);
    let event = draft(&stores).await;
    let copy = CopyInput::default();
    events.duplicate(admin, event.id, &copy).await.unwrap();
    events.delete(admin, event.id).await.unwrap();
    let late = events.duplicate(admin, event.id, &copy).await;
    assert!(matches!(late, Err(DuplicateError::Access(AccessError::NotFound))));
}
