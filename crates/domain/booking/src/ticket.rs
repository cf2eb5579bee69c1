//! One person's right to enter one event once.

use crate::{Attendee, Booking, Presence, Seat};
use kernel::{AccountId, BookingId, EventId, TicketId, TicketTypeId, Timestamp};
use serde::{Deserialize, Serialize};

/// What a ticket is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TicketStatus {
    /// Admits.
    Valid,
    /// Has admitted.
    CheckedIn,
    /// Admits nobody any more.
    Cancelled,
    /// Went to somebody else under another code. No ticket is kept in this state: a ticket that was handed on lives on
    /// with its new holder, and this is what whoever gave it sees of it.
    Transferred,
    /// Was given back and waits to be sold again: admits nobody, and its price is still its buyer's.
    Returned,
}

impl TicketStatus {
    /// As stored and as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::CheckedIn => "checked_in",
            Self::Cancelled => "cancelled",
            Self::Transferred => "transferred",
            Self::Returned => "returned",
        }
    }

    /// Whether it stands for a place that is taken.
    #[must_use]
    pub const fn lives(self) -> bool {
        match self {
            Self::Valid | Self::CheckedIn => true,
            Self::Cancelled | Self::Transferred | Self::Returned => false,
        }
    }

    /// Whether it is not settled yet: it lives, or waits to be sold again.
    #[must_use]
    pub const fn stands(self) -> bool {
        self.lives() || matches!(self, Self::Returned)
    }
}

/// A ticket. Its code is not stored: it is signed anew from event, id and version whenever it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// Names it.
    pub id: TicketId,
    /// Bought with.
    pub booking: BookingId,
    /// For which event.
    pub event: EventId,
    /// Of which type.
    pub ticket_type: TicketTypeId,
    /// Whose it is now.
    pub holder: AccountId,
    /// Who is to come, if that was said.
    pub attendee: Option<Attendee>,
    /// Counts up when the code is made anew; older codes are dead.
    pub version: u32,
    /// What it is good for.
    pub status: TicketStatus,
    /// Since when.
    pub issued_at: Timestamp,
    /// When it admitted.
    pub checked_in_at: Option<Timestamp>,
    /// What the door knows of it beside.
    #[serde(default)]
    pub presence: Presence,
    /// Where its holder sits, where places are seats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seat: Option<Seat>,
}

impl Ticket {
    /// The tickets of a booking: one per place, attendees in the order they were named.
    #[must_use]
    pub fn issue(booking: &Booking, now: Timestamp) -> Vec<Self> {
        let mut attendees = booking.attendees.iter().cloned();
        let places = booking
            .items
            .iter()
            .flat_map(|item| std::iter::repeat_n(item, item.quantity.try_into().unwrap_or(0)));
        places
            .map(|item| Self {
                id: TicketId::generate(now),
                booking: booking.id,
                event: booking.event,
                ticket_type: item.ticket_type,
                holder: booking.buyer,
                attendee: attendees.next(),
                version: 1,
                status: TicketStatus::Valid,
                issued_at: now,
                checked_in_at: None,
                presence: Presence::default(),
                seat: item.seat.clone(),
            })
            .collect()
    }
}
