//! What is left of one event: the rows that concurrent buyers queue for, and the only place that gives places away.

mod again;
mod keep;
mod limits;
mod reserves;
mod room;
mod seats;

pub use reserves::Reserve;

use crate::seating::{ClaimState, SeatChanges};
use crate::{Issued, Item, Promise, Resale, Ticket, WhyNot};
use kernel::{
    AccountId, Currency, EventId, HoldId, Money, OrganisationId, QuotaId, SeatId, SectionId, TicketTypeId,
    Timestamp, VatRate, VoucherId,
};
use room::Room;
use std::collections::BTreeMap;

/// How many tickets one order may hold when the ticket type names no limit of its own.
pub const USUAL_ORDER: u32 = 10;
/// How many holds and unpaid bookings one buyer may have for one event at a time, so that nobody keeps a hall by
/// asking again.
pub const OPEN_HOLDS: u32 = 3;

/// Whether the event sells and admits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaleStatus {
    /// Not published, or taken off sale for now: buyers are not told that it exists.
    Closed,
    /// Published.
    Open,
    /// Will not take place.
    Cancelled,
}

/// One event as its buyers compete for it: facts that a sale depends on, and the counters that are locked with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sale {
    /// Which event.
    pub event: EventId,
    /// Who runs it.
    pub organisation: OrganisationId,
    /// Whether it sells.
    pub status: SaleStatus,
    /// What all its prices are counted in.
    pub currency: Currency,
    /// When doors open, if that was said.
    pub doors_at: Option<Timestamp>,
    /// When it begins; the usual end of the sale.
    pub starts_at: Timestamp,
    /// When it is over.
    pub ends_at: Timestamp,
    /// How long a hold lives.
    pub hold_seconds: u32,
    /// Most tickets over all types.
    pub capacity: Option<u32>,
    /// Most per account, over all types, holds and bookings.
    pub max_per_user: Option<u32>,
    /// Most in one hold, over all types.
    pub max_per_order: Option<u32>,
    /// What is promised to those who cancel, if anything is.
    pub promise: Option<Promise>,
    /// What is sold, in the order it is shown.
    pub offers: Vec<Offer>,
    /// The places that vouchers keep.
    pub reserves: Vec<Reserve>,
    /// The vouchers that a decision is about, with what is used of them; only those that were asked for.
    pub vouchers: Vec<Issued>,
    /// What becomes of places that are given back.
    pub resale: Resale,
    /// Which version of its hall it sells, when places are seats.
    pub plan: Option<u32>,
    /// What was decided about its seats and is to be written.
    pub seats: SeatChanges,
}

/// One ticket type with its counters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Which.
    pub ticket_type: TicketTypeId,
    /// For one ticket.
    pub price: Money,
    /// The tax that is in the price.
    pub vat: VatRate,
    /// How many there are.
    pub quantity: u32,
    /// In living holds and unpaid bookings.
    pub held: u32,
    /// In living tickets.
    pub sold: u32,
    /// The places that it shares with other types, beside its own.
    pub quota: Option<Quota>,
    /// Most per account, over all its holds and bookings.
    pub max_per_user: Option<u32>,
    /// Most in one hold.
    pub max_per_order: Option<u32>,
    /// Not sold before.
    pub sales_start: Option<Timestamp>,
    /// Not sold from then on; the event's start when absent.
    pub sales_end: Option<Timestamp>,
    /// Not shown in lists and not sold without a code that unlocks it.
    pub hidden: bool,
    /// Kept by vouchers, beside what is held and sold.
    pub reserved: u32,
    /// Whether its tickets can be handed on.
    pub transferable: bool,
    /// Whose seats its places are.
    pub section: Option<SectionId>,
}

/// Places that several ticket types of an event share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Which.
    pub id: QuotaId,
    /// How many there are.
    pub quantity: u32,
}

/// What one buyer already has of one event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holdings {
    /// Places per ticket type: in living holds, unpaid bookings and living tickets.
    pub taken: BTreeMap<TicketTypeId, u32>,
    /// Living holds and unpaid bookings.
    pub open_holds: u32,
    /// A seat that the buyer had lost is somebody else's by now.
    pub seat_is_gone: bool,
}

impl Holdings {
    /// Places over all ticket types.
    #[must_use]
    pub fn all(&self) -> u32 {
        sum(self.taken.values())
    }
}

/// [`Holdings`] as a store reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Whose.
    pub buyer: AccountId,
    /// Of which event.
    pub event: EventId,
    /// How much.
    pub holdings: Holdings,
}

/// Which limit a wish goes beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Tickets of a type in one order.
    PerOrder,
    /// Tickets of a type per account.
    PerUser,
    /// Tickets of the event in one order, over all types.
    EventPerOrder,
    /// Tickets of the event per account, over all types.
    EventPerUser,
    /// Open holds and unpaid bookings per account and event.
    OpenHolds,
}

/// Why no hold was made; the sale is then unchanged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HoldRefusal {
    /// There is no such event, or it is not for this buyer to know.
    #[error("there is no such event")]
    UnknownEvent,
    /// The event has no such ticket type.
    #[error("the event has no such ticket type")]
    UnknownTicketType(TicketTypeId),
    /// The seat is of a section whose seats are not sold as this type.
    #[error("this seat is not sold as this ticket type")]
    OtherSection {
        /// Which seat.
        seat: SeatId,
        /// As what it was asked for.
        ticket_type: TicketTypeId,
    },
    /// Nothing was asked for, or none of something.
    #[error("a hold needs at least one ticket")]
    Nothing,
    /// The event or the ticket type is not on sale now.
    #[error("this is not on sale now")]
    NotOnSale,
    /// More than one buyer may have.
    #[error("this is more than one buyer may have")]
    LimitExceeded {
        /// Which limit.
        limit: Limit,
        /// How many are allowed.
        most: u32,
    },
    /// Fewer are left than asked for.
    #[error("there are not enough places left")]
    SoldOut {
        /// Of which type.
        ticket_type: TicketTypeId,
        /// How many are left.
        left: u32,
    },
    /// The voucher is not taken.
    #[error("this voucher is not valid")]
    VoucherInvalid(WhyNot),
    /// The event has no such seats.
    #[error("the event has no such seats")]
    UnknownSeats(Vec<SeatId>),
    /// A seat was asked for twice.
    #[error("a seat was asked for twice")]
    SeatTwice(SeatId),
    /// These seats are somebody else's, or not for sale.
    #[error("some of these seats cannot be had")]
    SeatUnavailable(Vec<SeatId>),
    /// So many seats are not left next to each other.
    #[error("there are not so many seats next to each other")]
    NotTogether {
        /// Of which type.
        ticket_type: TicketTypeId,
        /// How many there still are.
        most: u32,
    },
}

impl Offer {
    /// How many are neither held nor sold, nor kept by vouchers.
    #[must_use]
    pub const fn left(&self) -> u32 {
        self.quantity.saturating_sub(self.taken())
    }

    /// How many are held, sold or kept by vouchers.
    #[must_use]
    pub const fn taken(&self) -> u32 {
        self.held.saturating_add(self.sold).saturating_add(self.reserved)
    }

    /// Whether the window of this type is open.
    #[must_use]
    pub fn on_sale(&self, starts_at: Timestamp, now: Timestamp) -> bool {
        self.sales_start.is_none_or(|start| now >= start) && now < self.sales_end.unwrap_or(starts_at)
    }
}

impl Sale {
    /// Places given away: held, sold or kept by vouchers, over all types.
    #[must_use]
    pub fn taken(&self) -> u32 {
        self.offers.iter().map(Offer::taken).fold(0, u32::saturating_add)
    }

    /// How many of a type can still be had, with its quota and the event's capacity in view.
    #[must_use]
    pub fn left_of(&self, offer: &Offer) -> u32 {
        Room::of(self).left(offer)
    }

    /// The same of each type, in the order of the offers.
    pub(crate) fn left_of_each(&self) -> Vec<u32> {
        let room = Room::of(self);
        self.offers.iter().map(|offer| room.left(offer)).collect()
    }

    /// Places given away of each quota: held, sold or kept by vouchers, over the types that share it.
    #[must_use]
    pub fn taken_of_quotas(&self) -> BTreeMap<QuotaId, u32> {
        let mut taken: BTreeMap<QuotaId, u32> = BTreeMap::new();
        for offer in &self.offers {
            if let Some(quota) = offer.quota {
                let sum = taken.entry(quota.id).or_default();
                *sum = sum.saturating_add(offer.taken());
            }
        }
        taken
    }

    /// Whether a type can be bought now, places aside.
    #[must_use]
    pub fn sells(&self, offer: &Offer, now: Timestamp) -> bool {
        self.status == SaleStatus::Open && offer.on_sale(self.starts_at, now)
    }

    /// Whether it matters what a buyer has bought before.
    #[must_use]
    pub fn limits_users(&self) -> bool {
        self.max_per_user.is_some() || self.offers.iter().any(|offer| offer.max_per_user.is_some())
    }

    /// The offer of a ticket type.
    #[must_use]
    pub fn offer(&self, ticket_type: TicketTypeId) -> Option<&Offer> {
        self.offers.iter().find(|offer| offer.ticket_type == ticket_type)
    }

    /// Gives held places back, and their seats: `hold` ended, or the unpaid booking made of it.
    pub fn release(&mut self, items: &[Item], hold: HoldId) {
        self.uncount(items);
        self.unclaim(items.iter().filter_map(|item| item.seat.as_ref()), hold);
    }

    /// Gives held places back that never had seats.
    pub(crate) fn uncount(&mut self, items: &[Item]) {
        self.count(items, |offer, quantity| offer.held = taken_from(offer.held, quantity));
    }

    /// Held places become sold ones, and so do the seats that `hold` took.
    pub fn sell(&mut self, items: &[Item], hold: HoldId, now: Timestamp) {
        self.claim(items, (hold, ClaimState::Sold), now);
        self.count(items, |offer, quantity| {
            offer.held = taken_from(offer.held, quantity);
            offer.sold = offer.sold.saturating_add(quantity);
        });
    }

    /// Gives the places of tickets back that are good no more, and the seats that `hold` took for them; what its
    /// voucher kept it keeps again.
    pub fn take_back(&mut self, tickets: &[&Ticket], (hold, voucher): (HoldId, Option<VoucherId>)) {
        for ticket in tickets {
            if let Some(offer) = self.offers.iter_mut().find(|it| it.ticket_type == ticket.ticket_type) {
                offer.sold = taken_from(offer.sold, 1);
            }
            self.draw(voucher, ticket.ticket_type, |used| used.saturating_sub(1));
            self.unclaim(ticket.seat.as_ref(), hold);
        }
    }

    fn count(&mut self, items: &[Item], change: impl Fn(&mut Offer, u32)) {
        for item in items {
            if let Some(offer) = self.offers.iter_mut().find(|offer| offer.ticket_type == item.ticket_type) {
                change(offer, item.quantity);
            }
        }
    }
}

fn sum<'a>(counts: impl Iterator<Item = &'a u32>) -> u32 {
    counts.fold(0, |sum, count| sum.saturating_add(*count))
}

/// A counter that has drifted below what is taken from it wraps around instead of stopping at zero: no store writes
/// a counter beyond the quantity, so the drift is refused, logged and found, never hidden.
const fn taken_from(counter: u32, quantity: u32) -> u32 {
    counter.wrapping_sub(quantity)
}

#[cfg(test)]
mod tests;
