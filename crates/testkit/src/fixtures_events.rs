//! Organisations, events and ticket types for tests, and buyers who take places of them.
#![expect(clippy::expect_used, reason = "a fixture that cannot be made fails its test")]

use crate::{StoppedClock, Stores, noon};
use accounts::{Account, Profile};
use async_trait::async_trait;
use booking::{Bookings, Hold, HolderStore, Wanted};
use chrono::TimeDelta;
use events::{
    Event, EventInput, Events, Guests, Held, LocationInput, Member, Organisation, PriceInput, Standing,
    Status, TicketType, TicketTypeInput, WaitingLists,
};
use kernel::{
    AccountId, Actor, Clock, Email, EventId, OrganisationId, Role, SessionId, StoreError, TicketTypeId,
    Timestamp, transact,
};
use std::sync::Arc;

/// The use cases over these stores, at [`noon`].
#[must_use]
pub fn events_at_noon(stores: &Stores) -> Events {
    events_at(stores, Arc::new(StoppedClock::default()))
}

/// The use cases over these stores, with a clock of the test's own.
#[must_use]
pub fn events_at(stores: &Stores, clock: Arc<dyn Clock>) -> Events {
    Events::new(stores.events.clone(), clock)
}

/// Tickets as booking keeps them, for use cases that ask who holds some.
pub struct Holders(pub Arc<dyn HolderStore>);

#[async_trait]
impl Guests for Holders {
    async fn holds(&self, account: AccountId, event: EventId) -> Result<bool, StoreError> {
        self.0.holds_living(account, event).await
    }

    async fn events_of(&self, account: AccountId, limit: u32) -> Result<Vec<Held>, StoreError> {
        let held = self.0.events_held(account, limit).await?;
        Ok(held.into_iter().map(|(event, living)| Held { event, living }).collect())
    }
}

/// Waiting lists as booking serves them, for use cases that show what is left.
pub struct Waiters(pub Bookings);

#[async_trait]
impl WaitingLists for Waiters {
    async fn kept(&self, events: &[EventId]) -> Result<Vec<(TicketTypeId, u32)>, StoreError> {
        self.0.kept(events).await
    }
}

/// An account that exists, with an actor for it.
pub async fn person(stores: &Stores, role: Role) -> Actor {
    let id = AccountId::generate(noon());
    let account = Account {
        id,
        email: Email::parse(&format!("{id}@example.org")).expect("an id makes an address"),
        email_verified_at: None,
        password_hash: None,
        first_name: "Some".into(),
        last_name: "Body".into(),
        role,
        status: accounts::Status::Active,
        profile: Profile::default(),
        language: None,
        invite: None,
        created_at: noon(),
        updated_at: noon(),
    };
    let tx = accounts::AccountStore::begin(&*stores.accounts).await.expect("the store begins");
    transact(tx, async |tx| tx.add_account(&account).await).await.expect("the account is added");
    Actor { account: id, session: SessionId::generate(noon()), role, request: None }
}

/// An organisation that exists.
pub async fn organisation(stores: &Stores) -> OrganisationId {
    let id = OrganisationId::generate(noon());
    let organisation =
        Organisation { id, name: "Somebody's house".into(), slug: format!("house-{id}"), created_at: noon() };
    let tx = stores.events.begin().await.expect("the store begins");
    transact(tx, async |tx| tx.add_organisation(&organisation).await)
        .await
        .expect("the organisation is added");
    id
}

/// An account with a standing in an organisation.
pub async fn organiser(stores: &Stores, organisation: OrganisationId, standing: Standing) -> Actor {
    let actor = person(stores, Role::Member).await;
    let member = Member { organisation, account: actor.account, standing, added_at: noon() };
    let tx = stores.events.begin().await.expect("the store begins");
    transact(tx, async |tx| tx.add_member(&member).await).await.expect("the member is added");
    actor
}

/// What makes a valid event: a month from [`noon`], room for 100.
#[must_use]
pub fn event_input(organisation: OrganisationId) -> EventInput {
    EventInput {
        organisation,
        title: "Opening night".into(),
        slug: None,
        description: None,
        starts_at: noon() + TimeDelta::days(30),
        ends_at: noon() + TimeDelta::days(30) + TimeDelta::hours(6),
        doors_at: None,
        timezone: "Europe/Berlin".into(),
        currency: "EUR".into(),
        capacity: Some(100),
        max_per_user: None,
        max_per_order: None,
        location: LocationInput {
            area: "Old harbour".into(),
            address: Some("Quay 7".into()),
            latitude: Some(53.541),
            longitude: Some(9.984),
            address_visible_from: None,
        },
        base_price: None,
        hold_seconds: None,
        visibility: None,
        tags: Vec::new(),
        venue_template: None,
    }
}

/// What makes a valid ticket type, at 25.00 EUR.
#[must_use]
pub fn type_input(quantity: u32) -> TicketTypeInput {
    TicketTypeInput {
        name: "Regular".into(),
        description: None,
        price: PriceInput { amount: 2500, currency: "EUR".into() },
        vat_percent: None,
        quantity: i64::from(quantity),
        max_per_user: None,
        max_per_order: None,
        sales_start: None,
        sales_end: None,
        hidden: false,
        transferable: true,
        quota: None,
        position: None,
        section: None,
    }
}

/// Writes an event as it is.
pub async fn add_event(stores: &Stores, event: &Event) {
    let tx = stores.events.begin().await.expect("the store begins");
    let added = transact(tx, async |tx| tx.add_event(event).await).await.expect("the event is added");
    assert!(added, "the slug {} was free", event.slug);
}

/// A draft of a fresh organisation, with a slug of its own.
pub async fn draft(stores: &Stores) -> Event {
    let organisation = organisation(stores).await;
    let mut event = event_input(organisation).draft(noon()).expect("the input is valid");
    event.slug = format!("event-{}", event.id);
    add_event(stores, &event).await;
    event
}

/// A type of an event that exists, at [`noon`].
pub async fn ticket_type(stores: &Stores, event: &Event, quantity: u32) -> TicketType {
    let id = event.id;
    let tx = stores.events.begin().await.expect("the store begins");
    transact(tx, async |tx| -> Result<TicketType, StoreError> {
        let (event, _) = tx.lock_event(id).await?.expect("the event is there");
        let others = tx.ticket_types_locked(id).await?;
        let added = type_input(quantity).added(&event, &others, &[], noon()).expect("the input is valid");
        tx.add_ticket_type(&added).await?;
        Ok(added)
    })
    .await
    .expect("the type is added")
}

/// A published event with one type of so many tickets.
pub async fn on_sale(stores: &Stores, quantity: u32) -> (Event, TicketType) {
    let mut event = draft(stores).await;
    let ticket_type = ticket_type(stores, &event, quantity).await;
    event.status = Status::Published;
    let tx = stores.events.begin().await.expect("the store begins");
    let saved = transact(tx, async |tx| {
        tx.lock_event(event.id).await?;
        tx.save_event(&event).await
    });
    saved.await.expect("the event is saved");
    (event, ticket_type)
}

/// Takes places for `buyer` as a buyer does; `None` when they are not to be had.
pub async fn hold(
    stores: &Stores,
    buyer: AccountId,
    event: EventId,
    ticket_type: TicketTypeId,
    quantity: u32,
    now: Timestamp,
) -> Option<Hold> {
    let tx = stores.booking.begin().await.expect("the store begins");
    let wanted = [Wanted { ticket_type, quantity }];
    transact(tx, async move |tx| -> Result<Option<Hold>, StoreError> {
        let mut sales = tx.lock_sales(&[event]).await?;
        let sale = sales.first_mut().expect("the sale is there");
        let Ok(hold) = sale.hold(buyer, &wanted, &booking::Holdings::default(), now) else {
            return Ok(None);
        };
        tx.save_sales(&sales).await?;
        tx.add_holds(std::slice::from_ref(&hold)).await?;
        Ok(Some(hold))
    })
    .await
    .expect("the hold is decided")
}

/// Gives the places of a hold back and forgets it.
pub async fn release(stores: &Stores, hold: &Hold) {
    let tx = stores.booking.begin().await.expect("the store begins");
    let released = transact(tx, async move |tx| -> Result<(), StoreError> {
        let mut sales = tx.lock_sales(&[hold.event]).await?;
        for sale in &mut sales {
            sale.release(&hold.items, hold.id);
        }
        tx.save_sales(&sales).await?;
        tx.drop_holds(&[hold.id]).await
    });
    released.await.expect("the hold is released");
}
