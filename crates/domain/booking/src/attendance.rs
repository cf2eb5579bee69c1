//! The door: who is admitted, and the record of every scan.

use crate::{Sale, SaleStatus, Ticket, TicketStatus};
use chrono::TimeDelta;
use kernel::{AccountId, EventId, OrganisationId, ScanId, TicketId, Timestamp};
use serde::{Deserialize, Serialize};

/// How long before the start people are admitted when no time for the doors was said.
const EARLY: TimeDelta = TimeDelta::hours(2);
/// How long after the end a late guest is still let in.
const LATE: TimeDelta = TimeDelta::hours(6);

/// What the door says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Come in.
    Admitted,
    /// Somebody came in with it before.
    AlreadyCheckedIn,
    /// The ticket, its code or the whole event is no longer good.
    Cancelled,
    /// A ticket for another event, or for one that is over.
    WrongEvent,
    /// Doors are not open yet.
    NotYet,
    /// No ticket of ours.
    Unknown,
}

impl Verdict {
    /// As stored and as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admitted => "admitted",
            Self::AlreadyCheckedIn => "already_checked_in",
            Self::Cancelled => "cancelled",
            Self::WrongEvent => "wrong_event",
            Self::NotYet => "not_yet",
            Self::Unknown => "unknown",
        }
    }
}

/// What the door of an event has to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// Which event.
    pub event: EventId,
    /// Whose staff stands there.
    pub organisation: OrganisationId,
    /// Whether the event takes place.
    pub cancelled: bool,
    /// Nobody is admitted before.
    pub opens_at: Timestamp,
    /// Nobody is admitted from then on.
    pub closes_at: Timestamp,
}

impl Gate {
    /// The gate of a sale's event.
    #[must_use]
    pub fn of(sale: &Sale) -> Self {
        Self {
            event: sale.event,
            organisation: sale.organisation,
            cancelled: sale.status == SaleStatus::Cancelled,
            opens_at: sale.doors_at.unwrap_or(sale.starts_at - EARLY),
            closes_at: sale.ends_at + LATE,
        }
    }

    /// Whether a ticket may pass; if so it is checked in.
    ///
    /// `version` is the scanned code's, `asked` the event that the scanner stands at, if it said so.
    pub fn admit(
        &self,
        ticket: &mut Ticket,
        version: u32,
        asked: Option<EventId>,
        now: Timestamp,
    ) -> Verdict {
        let verdict = self.judge(ticket, version, asked, now);
        if verdict == Verdict::Admitted {
            ticket.status = TicketStatus::CheckedIn;
            ticket.checked_in_at = Some(now);
        }
        verdict
    }

    fn judge(&self, ticket: &Ticket, version: u32, asked: Option<EventId>, now: Timestamp) -> Verdict {
        if asked.is_some_and(|event| event != ticket.event) || self.event != ticket.event {
            return Verdict::WrongEvent;
        }
        if version != ticket.version || self.cancelled {
            return Verdict::Cancelled;
        }
        match ticket.status {
            TicketStatus::Cancelled | TicketStatus::Transferred | TicketStatus::Returned => {
                Verdict::Cancelled
            }
            TicketStatus::CheckedIn => Verdict::AlreadyCheckedIn,
            TicketStatus::Valid if now < self.opens_at => Verdict::NotYet,
            TicketStatus::Valid if now >= self.closes_at => Verdict::WrongEvent,
            TicketStatus::Valid => Verdict::Admitted,
        }
    }
}

/// One scan, kept for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scan {
    /// Names it.
    pub id: ScanId,
    /// Who scanned.
    pub scanner: AccountId,
    /// The scanner's own name for this attempt: the same one is the same scan.
    pub nonce: Option<String>,
    /// Which ticket, if it is one of ours.
    pub ticket: Option<TicketId>,
    /// Which event's ticket.
    pub event: Option<EventId>,
    /// What was answered.
    pub verdict: Verdict,
    /// Since when the ticket was checked in, as it was answered.
    pub checked_in_at: Option<Timestamp>,
    /// When.
    pub at: Timestamp,
}

/// A scan with the ticket it was of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// What the door says.
    pub verdict: Verdict,
    /// The ticket, when the scanner may see it.
    pub ticket: Option<Ticket>,
    /// When it was checked in: now, or before.
    pub checked_in_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests;
