//! A kind of ticket of one event, and how much of it is gone.

use crate::{Quota, quota};
use kernel::{EventId, Money, QuotaId, SectionId, TicketTypeId, Timestamp, VatRate};
use serde::{Deserialize, Serialize};

/// A kind of ticket: what it costs, how many there are, when and to whom it is sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketType {
    /// Names it for machines.
    pub id: TicketTypeId,
    /// Which event it admits to.
    pub event: EventId,
    /// Names it for people.
    pub name: String,
    /// What is special about it; may be empty.
    pub description: String,
    /// For one; in the event's currency. Bookings keep the price they were made at.
    pub price: Money,
    /// The tax that is in the price. Bookings keep the rate they were made at.
    #[serde(default)]
    pub vat: VatRate,
    /// How many there are.
    pub quantity: u32,
    /// How many one account may have.
    pub max_per_user: Option<u32>,
    /// How many one order may hold.
    pub max_per_order: Option<u32>,
    /// Not sold before; from the event's publication when absent.
    pub sales_start: Option<Timestamp>,
    /// Not sold from then on; until the event ends when absent.
    pub sales_end: Option<Timestamp>,
    /// Not listed; sold to those who have the link or a voucher.
    pub hidden: bool,
    /// Whose places it takes beside its own.
    #[serde(default)]
    pub quota: Option<QuotaId>,
    /// Where it stands in lists: lower first, then by id.
    pub position: u32,
    /// Whether whoever holds one may hand it on.
    #[serde(default = "yes")]
    pub transferable: bool,
    /// Whose seats its places are.
    #[serde(default)]
    pub section: Option<SectionId>,
}

/// How much of a ticket type is gone. The booking domain counts; here it is only read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stock {
    /// Of which type.
    pub ticket_type: TicketTypeId,
    /// Kept for buyers who have not paid yet.
    pub held: u32,
    /// Sold and not given back.
    pub sold: u32,
    /// Kept by vouchers.
    #[serde(default)]
    pub reserved: u32,
}

/// What is kept of types from before this could be chosen.
const fn yes() -> bool {
    true
}

/// A ticket type with its stock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stocked {
    /// The facts.
    pub ticket_type: TicketType,
    /// What is gone of it.
    pub stock: Stock,
    /// The quota that it names.
    pub quota: Option<Quota>,
    /// Whether staff serves the waiting list of its event: some of what is left may be kept for those who wait.
    pub by_hand: bool,
}

/// How many places of an event are held or sold, over all ticket types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Taken(pub u32);

impl Stocked {
    /// How many can still be had of it and of its quota, of which the other `types` of the event may take as well.
    #[must_use]
    pub fn left(&self, types: &[Self]) -> u32 {
        let own = self.ticket_type.quantity.saturating_sub(self.stock.taken());
        self.quota.as_ref().map_or(own, |quota| own.min(quota::room_of(quota, types)))
    }
}

impl Stock {
    /// Nothing held, sold or kept.
    #[must_use]
    pub const fn untouched(ticket_type: TicketTypeId) -> Self {
        Self { ticket_type, held: 0, sold: 0, reserved: 0 }
    }

    /// Held, sold or kept by vouchers.
    #[must_use]
    pub const fn taken(&self) -> u32 {
        self.held.saturating_add(self.sold).saturating_add(self.reserved)
    }
}
