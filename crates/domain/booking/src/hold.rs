//! Places kept for a buyer for a few minutes.

use crate::seating::{Seat, SeatWish};
use crate::{Applied, VoucherHash};
use kernel::{AccountId, EventId, HoldId, Money, TicketTypeId, Timestamp, VatRate, WaitlistEntryId};
use serde::{Deserialize, Serialize};

/// So many tickets of a type, as a buyer asks for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Of which type.
    pub ticket_type: TicketTypeId,
    /// How many.
    pub quantity: u32,
}

/// What a buyer wants kept, all of it or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// For whom.
    pub buyer: AccountId,
    /// Of which event.
    pub event: EventId,
    /// So many of each type.
    pub wanted: Vec<Wanted>,
    /// What the code that they typed is recognised by, if they typed one.
    pub voucher: Option<VoucherHash>,
    /// What is wished about seats, of events that have some.
    pub seats: SeatWish,
}

/// So many tickets of a type at the price they had when they were held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Of which type.
    pub ticket_type: TicketTypeId,
    /// How many; at least one.
    pub quantity: u32,
    /// For one.
    pub unit_price: Money,
    /// The tax that is in it; none in what was held before taxes were kept.
    #[serde(default)]
    pub vat: VatRate,
    /// What one costs without the voucher that made it cheaper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list_price: Option<Money>,
    /// The one seat that it is, where places are seats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seat: Option<Seat>,
}

/// Places that only `buyer` can turn into a booking, until `expires_at`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Names it.
    pub id: HoldId,
    /// Of which event.
    pub event: EventId,
    /// For whom.
    pub buyer: AccountId,
    /// What is kept, one line per type or seat.
    pub items: Vec<Item>,
    /// The frozen price of all.
    pub total: Money,
    /// Since when.
    pub created_at: Timestamp,
    /// From then on it is nobody's.
    pub expires_at: Timestamp,
    /// The voucher that it was made with.
    #[serde(default)]
    pub voucher: Option<Applied>,
    /// Whose turn on the waiting list it is the offer of; none for what somebody took.
    #[serde(default)]
    pub entry: Option<WaitlistEntryId>,
}

impl Hold {
    /// Whether it still keeps anything.
    #[must_use]
    pub fn lives(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }

    /// Tickets over all lines.
    #[must_use]
    pub fn places(&self) -> u32 {
        self.items.iter().map(|item| item.quantity).fold(0, u32::saturating_add)
    }
}
