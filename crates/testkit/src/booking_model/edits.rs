//! What organisers change in a history while tickets are sold: how many there are, what seats cost, and which seats are
//! for sale at all.

use super::{Step, World};
use crate::fixtures_events::{event_input, events_at_noon, organiser, type_input};
use events::use_cases::{SeatingError, TicketTypeError, UpdateError};
use events::{
    EventInput, Events, Factor, PriceInput, QuotaInput, SeatChange, SeatPrice, Standing, TicketTypeInput,
};
use kernel::{Actor, Invalid, Money, SeatId};

impl World {
    pub(super) async fn edit(&self, step: Step) -> String {
        let actor = organiser(&self.house.stores, self.house.event.organisation, Standing::Manager).await;
        let by = (&events_at_noon(&self.house.stores), actor);
        match step {
            Step::Quantity { reduced, quantity } => self.resize(by, reduced, quantity).await,
            Step::Quota { quantity } => self.resize_quota(by, quantity).await,
            Step::Capacity { places } => self.set_capacity(by, places).await,
            Step::Price { seat, how } => {
                let price = match how {
                    0 => None,
                    1 => Some(SeatPrice::Exact(Money::eur(4000))),
                    2 => Some(SeatPrice::Exact(Money::eur(0))),
                    // Half as much again.
                    _ => Some(SeatPrice::Times(Factor::of_thousandths(1500).unwrap())),
                };
                self.change(by, seat, |seat| SeatChange { price: Some(price), ..same(seat) }).await
            }
            Step::Block { seat, blocked } => {
                self.change(by, seat, |seat| SeatChange { blocked: Some(blocked), ..same(seat) }).await
            }
            _ => "no edit".into(),
        }
    }

    /// More or fewer of a type.
    async fn resize(&self, (events, actor): (&Events, Actor), reduced: bool, quantity: usize) -> String {
        let types = self.house.stores.events.ticket_types(self.house.event.id).await.unwrap();
        let id = self.reduced.as_ref().filter(|_| reduced).map_or(self.house.ticket_type.id, |kind| kind.id);
        let before = types.into_iter().find(|stocked| stocked.ticket_type.id == id).unwrap().ticket_type;
        let input = TicketTypeInput {
            name: before.name,
            price: PriceInput { amount: before.price.minor(), currency: "EUR".into() },
            max_per_user: before.max_per_user.map(i64::from),
            quota: before.quota,
            section: before.section,
            ..type_input(u32::try_from(quantity).unwrap())
        };
        match events.update_ticket_type(actor, id, &input).await {
            Ok(after) => format!("{} of {}", after.quantity, after.name),
            Err(TicketTypeError::Invalid(wrong)) => named(&wrong),
            Err(refusal) => format!("{refusal}"),
        }
    }

    /// More or fewer that the types share.
    async fn resize_quota(&self, (events, actor): (&Events, Actor), quantity: usize) -> String {
        let Some((quota, _)) = events.quotas(actor, self.house.event.id).await.unwrap().pop() else {
            return "no quota".into();
        };
        let input = QuotaInput { name: quota.name, quantity: i64::try_from(quantity).unwrap() };
        match events.update_quota(actor, quota.id, &input).await {
            Ok(after) => format!("{} in all", after.quantity),
            Err(TicketTypeError::Invalid(wrong)) => named(&wrong),
            Err(refusal) => format!("{refusal}"),
        }
    }

    /// More or less room.
    async fn set_capacity(&self, (events, actor): (&Events, Actor), places: usize) -> String {
        let event = &self.house.event;
        let now = self.house.stores.events.event(event.id).await.unwrap().unwrap();
        let input = EventInput {
            title: now.title,
            starts_at: now.starts_at,
            ends_at: now.ends_at,
            capacity: Some(i64::try_from(places).unwrap()),
            base_price: now.base_price.map(|it| PriceInput { amount: it.minor(), currency: "EUR".into() }),
            venue_template: now.venue_template,
            ..event_input(event.organisation)
        };
        match events.update(actor, event.id, &input).await {
            Ok(after) => format!("room for {:?}", after.capacity),
            Err(UpdateError::Invalid(wrong)) => named(&wrong),
            Err(refusal) => format!("{refusal}"),
        }
    }

    /// Something about one seat.
    async fn change(
        &self,
        (events, actor): (&Events, Actor),
        seat: usize,
        change: impl FnOnce(SeatId) -> SeatChange,
    ) -> String {
        let Some(seat) = self.places.get(seat).copied() else { return "no such seat".into() };
        match events.change_seats(actor, self.house.event.id, &[change(seat)]).await {
            Ok(after) => format!("{}", after.version),
            Err(SeatingError::Invalid(wrong)) => named(&wrong),
            Err(refusal) => format!("{refusal}"),
        }
    }
}

/// A seat as it is.
const fn same(seat: SeatId) -> SeatChange {
    SeatChange { seat, accessible: None, blocked: None, aisle_after: None, price: None }
}

/// Mistakes without what differs between the worlds.
fn named(wrong: &[Invalid]) -> String {
    let each: Vec<_> = wrong.iter().map(|it| format!("{} {}", it.field, it.code)).collect();
    each.join(", ")
}
