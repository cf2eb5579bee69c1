//! Who belongs to which audience.

use super::later;
use crate::fixtures_bookings::{House, bookings, buyer, confirm_free, house};
use crate::{Stores, noon};
use booking::{JoinWish, Ticket, TicketStatus};
use chrono::TimeDelta;
use kernel::{AccountId, Email, EventId, Language, OrganisationId, StoreError, TicketTypeId, transact};
use messaging::{Addressee, Audience};

/// All of an audience, read so many at a time; in the order of their accounts, each once.
async fn all(stores: &Stores, audience: Audience, limit: u32) -> Vec<AccountId> {
    let mut seen: Vec<AccountId> = Vec::new();
    loop {
        let after = seen.last().copied();
        let part = stores.announcements.audience(&audience, after, limit).await.unwrap();
        seen.extend(part.iter().map(|one| one.account));
        if part.len() < usize::try_from(limit).unwrap() {
            assert!(seen.is_sorted_by(|one, next| one < next), "{seen:?}");
            return seen;
        }
    }
}

fn sorted(accounts: &[AccountId]) -> Vec<AccountId> {
    let mut sorted = accounts.to_vec();
    sorted.sort_unstable();
    sorted
}

/// So many tickets for somebody.
async fn tickets(house: &House, who: AccountId, quantity: u32) -> Vec<Ticket> {
    let bookings = bookings(house);
    let hold = bookings.hold(who, house.event.id, house.want(quantity)).await.unwrap();
    confirm_free(&bookings, who, hold.id).await.tickets
}

async fn change(house: &House, ticket: Ticket) {
    let saving = transact(house.stores.booking.begin().await.unwrap(), async |tx| {
        tx.lock_ticket(ticket.id).await?;
        tx.save_ticket(&ticket).await
    });
    saving.await.unwrap();
}

pub async fn members_are_read_in_the_order_of_their_accounts(stores: Stores) {
    let mut people = Vec::new();
    for _ in 0..5 {
        people.push(buyer(&stores).await);
    }
    people.sort_unstable();
    let mut german = stores.accounts.account(people[1]).await.unwrap().unwrap();
    german.language = Some(Language::German);
    let barred = accounts::Account {
        status: accounts::Status::Suspended,
        ..stores.accounts.account(people[3]).await.unwrap().unwrap()
    };
    for account in [&german, &barred] {
        crate::fixtures_accounts::save_account(&stores, account).await;
    }
    for limit in [1, 2, 5, 9] {
        assert_eq!(all(&stores, Audience::Members, limit).await, people);
    }
    let found = stores.announcements.audience(&Audience::Members, Some(people[0]), 3).await.unwrap();
    let expected = |place: usize, language, active| Addressee {
        account: people[place],
        email: format!("{}@example.org", people[place]).parse::<Email>().unwrap(),
        language,
        active,
    };
    let german = expected(1, Some(Language::German), true);
    assert_eq!(found, [german, expected(2, None, true), expected(3, None, false)]);
}

pub async fn holders_of_tickets_are_read_by_event_by_type_and_by_organisation(stores: Stores) {
    let here = house(stores.clone(), 50, None, 0).await;
    let there = house(stores.clone(), 50, None, 0).await;
    let (event, organisation) = (here.event.id, here.event.organisation);
    let mut people = Vec::new();
    for _ in 0..4 {
        people.push(buyer(&stores).await);
    }
    let [ada, bob, eve, ida] = people[..] else { panic!("{people:?}") };
    // Several tickets of one are one person.
    tickets(&here, ada, 3).await;
    let bobs = tickets(&here, bob, 1).await.remove(0);
    let mut eves = tickets(&here, eve, 2).await;
    tickets(&there, ida, 1).await;
    // A hold is no ticket.
    bookings(&here).hold(ida, event, here.want(1)).await.unwrap();
    let holders = Audience::TicketHolders { event };
    for limit in [1, 2, 9] {
        assert_eq!(all(&stores, holders, limit).await, sorted(&[ada, bob, eve]));
        assert_eq!(all(&stores, Audience::Guests { organisation }, limit).await, sorted(&[ada, bob, eve]));
    }
    let of_type = |ticket_type| Audience::TicketType { event, ticket_type };
    assert_eq!(all(&stores, of_type(here.ticket_type.id), 2).await, sorted(&[ada, bob, eve]));
    assert_eq!(all(&stores, of_type(TicketTypeId::generate(noon())), 2).await, []);
    assert_eq!(all(&stores, of_type(there.ticket_type.id), 2).await, [], "it is another event's");
    assert_eq!(all(&stores, Audience::TicketHolders { event: EventId::generate(noon()) }, 2).await, []);
    let nobodys = Audience::Guests { organisation: OrganisationId::generate(noon()) };
    assert_eq!(all(&stores, nobodys, 2).await, []);

    // One of two is still one; one that was handed on is another's; one that was cancelled is nobody's.
    change(&here, Ticket { status: TicketStatus::Cancelled, ..eves.remove(0) }).await;
    change(&here, Ticket { holder: ida, ..bobs }).await;
    assert_eq!(all(&stores, holders, 2).await, sorted(&[ada, eve, ida]));
    change(&here, Ticket { status: TicketStatus::Cancelled, ..eves.remove(0) }).await;
    assert_eq!(all(&stores, holders, 2).await, sorted(&[ada, ida]));
}

pub async fn guests_of_several_events_are_read_in_pages_that_meet(stores: Stores) {
    let first = house(stores.clone(), 50, None, 0).await;
    let second = house(stores.clone(), 50, None, 0).await;
    let organisation = first.event.organisation;
    let event = moved(&second, organisation).await;
    let mut people = Vec::new();
    for _ in 0..6 {
        people.push(buyer(&stores).await);
    }
    people.sort_unstable();
    // One event after the other, one person at both, and one at none.
    for (place, who) in people.iter().enumerate().take(5) {
        tickets(if place % 2 == 0 { &first } else { &second }, *who, 1).await;
    }
    tickets(&second, people[2], 2).await;
    for limit in [1, 2, 3, 5, 9] {
        assert_eq!(all(&stores, Audience::Guests { organisation }, limit).await, people[..5]);
    }
    assert_eq!(all(&stores, Audience::TicketHolders { event }, 1).await, people[1..4]);
}

/// An event is now run by that organisation.
async fn moved(house: &House, organisation: OrganisationId) -> EventId {
    let event = events::Event { organisation, ..house.event.clone() };
    let saving = transact(house.stores.events.begin().await.unwrap(), async |tx| -> Result<(), StoreError> {
        tx.lock_event(event.id).await?;
        tx.save_event(&event).await
    });
    saving.await.unwrap();
    event.id
}

pub async fn who_was_let_in_and_who_waits_are_audiences_of_their_own(stores: Stores) {
    let house = house(stores.clone(), 2, None, 0).await;
    let event = house.event.id;
    let (ada, bob) = (buyer(&stores).await, buyer(&stores).await);
    let hers = tickets(&house, ada, 1).await.remove(0);
    let his = tickets(&house, bob, 1).await.remove(0);
    let let_in = Audience::CheckedIn { event };
    assert_eq!(all(&stores, let_in, 2).await, []);
    for (ticket, seconds) in [(&hers, 1), (&his, 2)] {
        let checked_in_at = Some(later(seconds));
        change(&house, Ticket { status: TicketStatus::CheckedIn, checked_in_at, ..ticket.clone() }).await;
    }
    assert_eq!(all(&stores, let_in, 1).await, sorted(&[ada, bob]));
    change(&house, Ticket { status: TicketStatus::Cancelled, checked_in_at: Some(later(2)), ..his }).await;
    assert_eq!(all(&stores, let_in, 1).await, [ada]);
    assert_eq!(
        all(&stores, Audience::TicketHolders { event }, 1).await,
        [ada],
        "whoever is inside holds one"
    );

    let (eve, ida) = (buyer(&stores).await, buyer(&stores).await);
    for who in [eve, ida] {
        let wish = JoinWish { buyer: who, ticket_types: Vec::new(), quantity: 1, max_price: None };
        bookings(&house).join_list(event, wish).await.unwrap();
        house.clock.advance(TimeDelta::seconds(1));
    }
    let waiting = Audience::Waiting { event };
    assert_eq!(all(&stores, waiting, 1).await, sorted(&[eve, ida]));
    bookings(&house).leave_lists(eve, None).await.unwrap();
    assert_eq!(all(&stores, waiting, 1).await, [ida]);
    assert_eq!(all(&stores, Audience::Waiting { event: EventId::generate(noon()) }, 1).await, []);
}
