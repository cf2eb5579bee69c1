//! Places that a booking lost, for money that comes late.

use super::{Holdings, Room, Sale, SaleStatus, sum};
use crate::Booking;
use crate::seating::ClaimState;
use kernel::{TicketTypeId, Timestamp};
use std::collections::BTreeMap;

impl Sale {
    /// Takes places again for a booking that lost them, if they are still there and the event still takes place.
    ///
    /// The sale window is not asked, nor that of a voucher: the buyer acted while it was open. What the buyer has got
    /// meanwhile counts, and so do the uses and the budget of the voucher.
    /// Returns whether it worked; the sale is unchanged when not.
    pub fn take_again(&mut self, booking: &Booking, already: &Holdings, now: Timestamp) -> bool {
        if self.status != SaleStatus::Open || now >= self.ends_at || already.seat_is_gone {
            return false;
        }
        // Or it was given away in this very decision.
        if booking
            .items
            .iter()
            .filter_map(|item| item.seat.as_ref())
            .any(|seat| self.is_given(seat, booking.hold))
        {
            return false;
        }
        let wanted = booking.items.iter().fold(BTreeMap::<TicketTypeId, u32>::new(), |mut sums, item| {
            let sum = sums.entry(item.ticket_type).or_default();
            *sum = sum.saturating_add(item.quantity);
            sums
        });
        let within = |(ticket_type, quantity): (&TicketTypeId, &u32)| {
            let has = already.taken.get(ticket_type).copied().unwrap_or(0);
            let most = self.offer(*ticket_type).and_then(|offer| offer.max_per_user);
            most.is_none_or(|most| has.saturating_add(*quantity) <= most)
        };
        let asked = sum(wanted.values());
        let within_all = self.max_per_user.is_none_or(|most| already.all().saturating_add(asked) <= most);
        if !within_all || !wanted.iter().all(within) || !self.admits_again(booking) {
            return false;
        }
        let voucher = booking.voucher.map(|applied| applied.id);
        let mut room = Room::of(self);
        let fits = wanted.iter().all(|(ticket_type, quantity)| {
            let Some(offer) = self.offer(*ticket_type) else { return false };
            let own = self.own(voucher, *ticket_type);
            let fits = *quantity <= room.left(offer).saturating_add(own);
            room.take(offer, quantity.saturating_sub(own));
            fits
        });
        if fits {
            self.take(&booking.items, voucher);
            self.claim(&booking.items, (booking.hold, ClaimState::Booked), now);
        }
        fits
    }
}
