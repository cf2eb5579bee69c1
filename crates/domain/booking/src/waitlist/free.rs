//! What is free, as the list is asked for it; and what is kept for it while others are decided about.

use super::Entry;
use crate::{Hall, Hold, Item, Offer, Sale, SeatPlan};
use kernel::{HoldId, Money, TicketTypeId, Timestamp};

/// What of a type could be offered now: entries that no such line has enough for need not be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Free {
    /// Of which type.
    pub ticket_type: TicketTypeId,
    /// So many, together.
    pub places: u32,
    /// For as little as this, each.
    pub price: Money,
}

/// Places that are kept for the list while others are decided about, as if they had been offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// As if by this hold.
    pub hold: HoldId,
    /// These places.
    pub items: Vec<Item>,
}

impl From<Hold> for Kept {
    fn from(offer: Hold) -> Self {
        Self { hold: offer.id, items: offer.items }
    }
}

impl Entry {
    /// Whether so many would do, as far as numbers say.
    #[must_use]
    pub fn fits(&self, free: &Free) -> bool {
        let named = self.ticket_types.is_empty() || self.ticket_types.contains(&free.ticket_type);
        let cheap = self.max_price.is_none_or(|most| most.minus(free.price).is_some());
        named && cheap && self.quantity <= free.places
    }
}

impl Sale {
    /// What could be offered to somebody on the list, by numbers, where seats stand as in `plan`.
    #[must_use]
    pub fn free(&self, plan: Option<&SeatPlan>, now: Timestamp) -> Vec<Free> {
        let line = |(offer, places): (&Offer, u32)| Free {
            ticket_type: offer.ticket_type,
            places,
            price: least_price(offer, plan),
        };
        self.shown(now).map(line).collect()
    }

    /// The same where places are seats: of a section no more is free than seats are next to each other, for what the
    /// cheapest of its free seats costs.
    #[must_use]
    pub fn free_in(&self, mut hall: Option<&mut Hall>, now: Timestamp) -> Vec<Free> {
        let line = |(offer, left): (&Offer, u32)| {
            let (places, price) = match (hall.as_deref_mut(), offer.section) {
                (Some(hall), Some(section)) => {
                    let together = u32::try_from(hall.most_together(section)).unwrap_or(u32::MAX);
                    (left.min(together), hall.least_free(section, offer.price)?)
                }
                _ => (left, offer.price),
            };
            Some(Free { ticket_type: offer.ticket_type, places, price }).filter(|free| free.places > 0)
        };
        self.shown(now).filter_map(line).collect()
    }

    /// Types that are sold to everybody, and of which something is left.
    fn shown(&self, now: Timestamp) -> impl Iterator<Item = (&Offer, u32)> {
        let left = self.offers.iter().zip(self.left_of_each());
        left.filter(move |(offer, left)| *left > 0 && !offer.hidden && self.sells(offer, now))
    }

    /// Keeps places from everybody who is not on the list.
    pub(crate) fn set_aside(&mut self, items: &[Item]) {
        for item in items {
            if let Some(offer) = self.offers.iter_mut().find(|offer| offer.ticket_type == item.ticket_type) {
                offer.held = offer.held.saturating_add(item.quantity);
            }
        }
    }

    /// Keeps of each type as many places as those wish, all together, who are behind all that was gone through. That is
    /// by numbers, and may be more than they could be offered, but never less: nobody else gets between.
    pub(crate) fn keep_wished(&mut self, wished: &[(TicketTypeId, u64)], now: Timestamp) -> Option<Kept> {
        let mut items = Vec::new();
        for (ticket_type, places) in wished {
            let Some(offer) = self.offer(*ticket_type) else { continue };
            let quantity = self.left_of(offer).min(u32::try_from(*places).unwrap_or(u32::MAX));
            if quantity == 0 {
                continue;
            }
            let (unit_price, vat) = (offer.price, offer.vat);
            let ticket_type = *ticket_type;
            let item = Item { ticket_type, quantity, unit_price, vat, list_price: None, seat: None };
            self.set_aside(std::slice::from_ref(&item));
            items.push(item);
        }
        (!items.is_empty()).then(|| Kept { hold: HoldId::generate(now), items })
    }
}

/// The least that a place of a type costs: a seat can be cheaper than its type.
pub(super) fn least_price(offer: &Offer, plan: Option<&SeatPlan>) -> Money {
    let seat = offer.section.zip(plan).and_then(|(section, plan)| plan.least_price(section, offer.price));
    seat.unwrap_or(offer.price)
}
