//! Who comes, and who of them was at an earlier event of the same organisation.

use crate::{Ticket, TicketStatus};
use kernel::Timestamp;
use serde::{Deserialize, Serialize};

/// Fewer guests than this could be known by their number: whether they came before is told to admins alone.
const FEW: u64 = 3;

/// A ticket of an earlier event, as far as it says whether its holder was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldTicket {
    /// What it is good for.
    pub status: TicketStatus,
    /// Whether it admitted.
    pub let_in: bool,
    /// Whether the door of its event let anybody in by a scan.
    pub scanned: bool,
}

impl HeldTicket {
    /// A ticket of an event whose door scanned, or did not.
    #[must_use]
    pub const fn of(ticket: &Ticket, scanned: bool) -> Self {
        Self { status: ticket.status, let_in: ticket.checked_in_at.is_some(), scanned }
    }

    /// Whether its holder was there: let in with it or, where the door let in nobody by a scan, as long as it lives.
    #[must_use]
    pub const fn was_there(self) -> bool {
        self.let_in || (self.status.lives() && !self.scanned)
    }
}

/// Those who hold living tickets of an event and the same of earlier ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guests {
    /// What each of them holds of earlier events of the organisation.
    pub earlier: Vec<HeldTicket>,
    /// How many they are.
    pub times: u64,
}

/// Those who hold living tickets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuestFigures {
    /// How many they are.
    pub guests: u64,
    /// How many of them were at an earlier event of the organisation.
    pub returning: u64,
    /// When they were counted.
    pub at: Timestamp,
}

impl GuestFigures {
    /// What they come to.
    #[must_use]
    pub fn of(guests: &[Guests], at: Timestamp) -> Self {
        let was_there = |it: &&Guests| it.earlier.iter().copied().any(HeldTicket::was_there);
        Self {
            guests: guests.iter().map(|it| it.times).sum(),
            returning: guests.iter().filter(was_there).map(|it| it.times).sum(),
            at,
        }
    }

    /// As they are told of: nothing of so few that each of them could be known, unless to admins.
    #[must_use]
    pub fn told(self, to_admin: bool) -> Option<Self> {
        (to_admin || self.guests >= FEW).then_some(self)
    }
}
