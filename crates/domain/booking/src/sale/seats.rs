//! Claims on seats, as they follow from what becomes of places.

use super::Sale;
use crate::seating::{Claim, ClaimState, Seat};
use crate::{Hold, Item, Ticket};
use kernel::{HoldId, TicketTypeId, Timestamp};

impl Sale {
    /// Whether places of a type are seats.
    pub(crate) fn is_seated(&self, ticket_type: TicketTypeId) -> bool {
        self.offer(ticket_type).is_some_and(|offer| offer.section.is_some())
    }

    /// Whether a seat was given to another than `hold` in this decision.
    pub(crate) fn is_given(&self, seat: &Seat, hold: HoldId) -> bool {
        self.seats.taken.get(&seat.id).is_some_and(|claim| claim.hold != hold)
    }

    /// The seats of a new hold are its own.
    pub(crate) fn claim_held(&mut self, hold: &Hold) {
        let state = ClaimState::Held { until: hold.expires_at };
        self.claim(&hold.items, (hold.id, state), hold.created_at);
    }

    /// The seats that a hold took are kept for its booking.
    pub(crate) fn claim_booked(&mut self, items: &[Item], hold: HoldId, now: Timestamp) {
        self.claim(items, (hold, ClaimState::Booked), now);
    }

    /// The seat of a ticket is its own again.
    pub(super) fn claim_sold(&mut self, ticket: &Ticket, hold: HoldId, now: Timestamp) {
        let section = self.offer(ticket.ticket_type).and_then(|offer| offer.section);
        if let Some((seat, section)) = ticket.seat.as_ref().zip(section) {
            self.seats.take(Claim { seat: seat.id, section, hold, state: ClaimState::Sold, at: now });
        }
    }

    pub(super) fn claim(&mut self, items: &[Item], (hold, state): (HoldId, ClaimState), at: Timestamp) {
        for item in items {
            let section = self.offer(item.ticket_type).and_then(|offer| offer.section);
            if let Some((seat, section)) = item.seat.as_ref().zip(section) {
                self.seats.take(Claim { seat: seat.id, section, hold, state, at });
            }
        }
    }

    pub(super) fn unclaim<'a>(&mut self, seats: impl IntoIterator<Item = &'a Seat>, hold: HoldId) {
        for seat in seats {
            self.seats.release(seat.id, hold);
        }
    }
}
