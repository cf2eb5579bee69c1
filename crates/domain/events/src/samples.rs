//! Inputs that are right, for tests to spoil one thing of.

use crate::{Event, EventInput, LocationInput, PriceInput, Stock, Stocked, TicketType, TicketTypeInput};
use kernel::{OrganisationId, Timestamp};

pub(crate) fn noon() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

pub(crate) fn price(amount: i64) -> PriceInput {
    PriceInput { amount, currency: "EUR".into() }
}

pub(crate) fn event_input() -> EventInput {
    EventInput {
        organisation: OrganisationId::generate(noon()),
        title: "Opening night".into(),
        slug: None,
        description: None,
        starts_at: "2026-07-01T18:00:00Z".parse().unwrap(),
        ends_at: "2026-07-01T23:00:00Z".parse().unwrap(),
        doors_at: None,
        timezone: "Europe/Berlin".into(),
        currency: "EUR".into(),
        capacity: Some(100),
        max_per_user: None,
        max_per_order: None,
        location: LocationInput { area: "Old harbour".into(), ..LocationInput::default() },
        base_price: None,
        hold_seconds: None,
        visibility: None,
        tags: Vec::new(),
        venue_template: None,
    }
}

pub(crate) fn type_input(quantity: i64) -> TicketTypeInput {
    TicketTypeInput {
        name: "Regular".into(),
        description: None,
        price: price(2500),
        vat_percent: None,
        quantity,
        max_per_user: None,
        max_per_order: None,
        sales_start: None,
        sales_end: None,
        hidden: false,
        transferable: true,
        position: None,
        quota: None,
        section: None,
    }
}

pub(crate) fn stocked(event: &Event, quantity: i64, held: u32, sold: u32) -> Stocked {
    let ticket_type: TicketType = type_input(quantity).added(event, &[], &[], noon()).unwrap();
    let stock = Stock { held, sold, ..Stock::untouched(ticket_type.id) };
    Stocked { ticket_type, stock, quota: None, by_hand: false }
}
