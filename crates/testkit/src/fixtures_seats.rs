//! An event in a hall with seats, for tests.
#![expect(clippy::expect_used, reason = "a fixture that cannot be made fails its test")]

use crate::fixtures_bookings::House;
use crate::fixtures_events::{event_input, events_at_noon, organisation, organiser};
use crate::{ScriptedProvider, Stores};
use booking::{Provider, SeatChoice, SeatWish, Wanted, Wish};
use events::{EventInput, PriceInput, Seating, SectionInput, Standing, Status, VenueTemplate};
use kernel::{AccountId, Actor, SeatId, transact};
use std::sync::Arc;

/// Rows from A on, all of them as long.
#[must_use]
pub fn section(name: &str, row_end: &str, seats_per_row: i64, multiplier: &str) -> SectionInput {
    SectionInput {
        name: name.into(),
        row_start: "A".into(),
        row_end: row_end.into(),
        seats_per_row,
        price_multiplier: Some(multiplier.into()),
        position: None,
    }
}

/// A hall with one section, and who may make events of it.
pub async fn hall(stores: &Stores, row_end: &str, seats_per_row: i64) -> (VenueTemplate, Actor) {
    let organisation = organisation(stores).await;
    let actor = organiser(stores, organisation, Standing::Manager).await;
    let events = events_at_noon(stores);
    let hall = events.add_venue_template(actor, organisation, "The hall").await;
    let hall = hall.expect("the hall is added");
    let stalls = section("Stalls", row_end, seats_per_row, "1");
    events.add_section(actor, hall.id, &stalls).await.expect("the section is added");
    let hall = events.venue_template(actor, hall.id).await.expect("the hall is there");
    (hall, actor)
}

/// An event on sale in this hall, its seats at so many cents.
pub async fn seated_in(stores: Stores, hall: &VenueTemplate, actor: Actor, cents: u32) -> House {
    let input = EventInput {
        capacity: None,
        base_price: Some(PriceInput { amount: cents.into(), currency: "EUR".into() }),
        venue_template: Some(hall.id),
        ..event_input(hall.organisation)
    };
    let event = events_at_noon(&stores).create(actor, &input).await;
    let mut event = event.expect("the event is added");
    event.status = Status::Published;
    let tx = stores.events.begin().await.expect("the store begins");
    let saved = transact(tx, async |tx| {
        tx.lock_event(event.id).await?;
        tx.save_event(&event).await
    });
    saved.await.expect("the event is saved");
    let types = stores.events.ticket_types(event.id).await.expect("the store answers");
    let ticket_type = types.into_iter().next().expect("the section has a type").ticket_type;
    let provider = Arc::new(ScriptedProvider::new(Provider::Stripe));
    House { stores, event, ticket_type, clock: Arc::default(), provider }
}

/// An event on sale in a hall of its own, with rows from A on.
pub async fn seated(stores: Stores, row_end: &str, seats_per_row: i64, cents: u32) -> House {
    let (hall, actor) = hall(&stores, row_end, seats_per_row).await;
    seated_in(stores, &hall, actor, cents).await
}

impl House {
    /// The same with room for so many; not yet written.
    #[must_use]
    pub fn with_capacity(mut self, capacity: u32) -> Self {
        self.event.capacity = Some(capacity);
        self
    }

    /// The seats of the event.
    pub async fn seating(&self) -> Seating {
        let seating = self.stores.events.seating(self.event.id).await.expect("the store answers");
        seating.expect("the event has seats")
    }

    /// All seats of the event, row by row.
    pub async fn seats(&self) -> Vec<SeatId> {
        let seating = self.seating().await;
        let seats = seating.sections.iter().flat_map(|seated| seated.section.seats());
        seats.map(|(_, seat)| seat.id).collect()
    }

    /// The wish for these very seats.
    #[must_use]
    pub fn wish_for(&self, buyer: AccountId, seats: &[SeatId]) -> Wish {
        let choice = |seat: &SeatId| SeatChoice { seat: *seat, ticket_type: None };
        let seats = SeatWish { chosen: seats.iter().map(choice).collect(), ..SeatWish::default() };
        Wish { buyer, event: self.event.id, wanted: Vec::<Wanted>::new(), voucher: None, seats }
    }
}
