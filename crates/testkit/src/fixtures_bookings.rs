//! An event on sale with everything that a buyer needs, for tests.
#![expect(clippy::expect_used, reason = "a fixture that cannot be made fails its test")]

use crate::fixtures_events::{on_sale, organiser, person};
use crate::{ScriptedProvider, StoppedClock, Stores};
use booking::use_cases::{ConfirmRequest, Doors, Pages, Placed, Staff};
use booking::{Booking, Bookings, PaymentChoice, Provider, Terms, Wanted};
use chrono::TimeDelta;
use events::{Event, Quota, Standing, TicketType};
use kernel::audit::Who;
use kernel::{AccountId, Cause, Clock, HoldId, Money, QuotaId, Role, StoreError, transact};
use std::sync::Arc;

/// One event with one ticket type, a clock that stands still and a provider that does as it is told.
#[derive(Clone)]
pub struct House {
    /// The system's stores.
    pub stores: Stores,
    /// Its event.
    pub event: Event,
    /// What is sold.
    pub ticket_type: TicketType,
    /// The time.
    pub clock: Arc<StoppedClock>,
    /// Takes money as Stripe.
    pub provider: Arc<ScriptedProvider>,
}

impl House {
    /// So many tickets of the one type.
    #[must_use]
    pub fn want(&self, quantity: u32) -> Vec<Wanted> {
        vec![Wanted { ticket_type: self.ticket_type.id, quantity }]
    }

    /// The same with a limit per account.
    pub async fn with_limit_per_user(mut self, most: u32) -> Self {
        self.ticket_type.max_per_user = Some(most);
        self.save().await;
        self
    }

    /// The same with a quota of so many places.
    pub async fn with_quota(mut self, places: u32) -> Self {
        let id = QuotaId::generate(self.clock.now());
        let quota = Quota { id, event: self.event.id, name: "The hall".into(), quantity: places };
        let tx = self.stores.events.begin().await.expect("the store begins");
        transact(tx, async |tx| tx.add_quota(&quota).await).await.expect("the quota is added");
        self.ticket_type.quota = Some(id);
        self.save().await;
        self
    }

    /// The same with so many places of its one type.
    pub async fn with_places(mut self, quantity: u32) -> Self {
        self.ticket_type.quantity = quantity;
        self.save().await;
        self
    }

    async fn save(&self) {
        let tx = self.stores.events.begin().await.expect("the store begins");
        let saved = transact(tx, async |tx| -> Result<(), StoreError> {
            tx.lock_event(self.event.id).await?;
            tx.save_event(&self.event).await?;
            tx.save_ticket_type(&self.ticket_type).await
        });
        saved.await.expect("the event is saved");
    }
}

/// An event on sale with so many tickets at so many cents, within a capacity.
pub async fn house(stores: Stores, quantity: u32, capacity: Option<u32>, cents: u32) -> House {
    let (mut event, mut ticket_type) = on_sale(&stores, quantity).await;
    event.capacity = capacity;
    ticket_type.price = Money::eur(cents);
    let provider = Arc::new(ScriptedProvider::new(Provider::Stripe));
    let house = House { stores, event, ticket_type, clock: Arc::default(), provider };
    house.save().await;
    house
}

/// The use cases with a queue of their own, as another process would have.
#[must_use]
pub fn bookings(house: &House) -> Bookings {
    let terms = Terms::to_pay_within(TimeDelta::minutes(30));
    let pages = Pages { name: "Test".into(), returns: "https://example.org/payments".into() };
    let (store, clock) = (house.stores.booking.clone(), house.clock.clone());
    Bookings::new(store, clock, vec![house.provider.clone()], terms, pages)
}

/// Somebody who may buy.
pub async fn buyer(stores: &Stores) -> AccountId {
    person(stores, Role::Member).await.account
}

/// Somebody at the door of the event.
pub async fn staff(house: &House) -> Staff {
    let actor = organiser(&house.stores, house.event.organisation, Standing::Door).await;
    Staff { account: actor.account, doors: Doors::Of(vec![house.event.organisation]), request: None }
}

/// Confirms a hold that costs nothing.
pub async fn confirm_free(bookings: &Bookings, buyer: AccountId, hold: HoldId) -> Placed {
    let request = ConfirmRequest { buyer, hold, payment: None, attendees: Vec::new() };
    bookings.confirm(request).await.expect("the hold is confirmed")
}

/// Confirms a hold that is to be paid through Stripe.
pub async fn confirm_paid(bookings: &Bookings, buyer: AccountId, hold: HoldId) -> Placed {
    let choice = PaymentChoice {
        provider: Provider::Stripe,
        success_url: Some("https://example.org/thanks".into()),
        cancel_url: None,
    };
    let request = ConfirmRequest { buyer, hold, payment: Some(choice), attendees: Vec::new() };
    bookings.confirm(request).await.expect("the hold is confirmed")
}

/// A booking that waits for its payment, with an open checkout.
pub async fn booked_unpaid(house: &House, buyer: AccountId, quantity: u32) -> Booking {
    let bookings = bookings(house);
    let hold = bookings.hold(buyer, house.event.id, house.want(quantity)).await.expect("places are held");
    confirm_paid(&bookings, buyer, hold.id).await.booking
}

/// A booking that was paid; its tickets are out.
pub async fn booked_paid(house: &House, buyer: AccountId, quantity: u32) -> Booking {
    let booking = booked_unpaid(house, buyer, quantity).await;
    let payment = booking.payments.first().expect("an attempt").id;
    house.provider.pay(&ScriptedProvider::session(payment));
    bookings(house).come_back(payment).await.expect("the store answers").expect("the attempt is known")
}

/// Somebody as the cause of what is done.
#[must_use]
pub const fn by(account: AccountId) -> Cause {
    Cause { who: Who::Account(account), request: None }
}
