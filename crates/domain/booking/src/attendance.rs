//! The door: who is admitted, and the record of every scan.

use crate::{Sale, SaleStatus, Ticket, TicketStatus};
use chrono::TimeDelta;
use kernel::{AccountId, EventId, OrganisationId, ScanId, TicketId, Timestamp};
use serde::{Deserialize, Serialize};

/// How long before the start people are admitted when no time for the doors was said.
const EARLY: TimeDelta = TimeDelta::hours(2);
/// How long after the end a late guest is still let in.
const LATE: TimeDelta = TimeDelta::hours(6);
/// How long before the doors a scanner's clock is believed.
const DAY: TimeDelta = TimeDelta::days(1);

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
    /// Went out; the ticket lets its bearer in again.
    Left,
    /// Nobody is inside with it who could go out.
    NotInside,
    /// The check-in was taken back by somebody at the door.
    Undone,
}

/// Which way somebody goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// In.
    #[default]
    In,
    /// Out.
    Out,
}

impl Way {
    /// As stored and as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
        }
    }
}

/// What somebody has to know of a scan that happened and should not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// Somebody was inside with the ticket already.
    DoubleEntry,
    /// The code was worth nothing by then, which the scanner did not know.
    LateRevocation,
    /// It is no code of ours.
    UnknownCode,
    /// It is a ticket for another event.
    WrongEvent,
    /// The code was good, but before anybody told of it the ticket was cancelled or given back.
    EndedMeanwhile,
}

impl Flag {
    /// As stored and as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DoubleEntry => "double_entry",
            Self::LateRevocation => "late_revocation",
            Self::UnknownCode => "unknown_code",
            Self::WrongEvent => "wrong_event",
            Self::EndedMeanwhile => "ended_meanwhile",
        }
    }
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
            Self::Left => "left",
            Self::NotInside => "not_inside",
            Self::Undone => "undone",
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
            ticket.enter(true, now);
        }
        verdict
    }

    /// Whether somebody may be counted out; if so it is done.
    pub fn release(&self, ticket: &mut Ticket, asked: Option<EventId>) -> Verdict {
        if self.is_elsewhere(ticket, asked) {
            return Verdict::WrongEvent;
        }
        if ticket.inside() == 0 {
            return Verdict::NotInside;
        }
        ticket.leave();
        Verdict::Left
    }

    /// Somebody at the door insists: what was refused happens all the same, and what it would have been is told by
    /// the verdict that was overruled. A ticket of another event is not used up here, whoever insists.
    pub fn insist(
        &self,
        ticket: &mut Ticket,
        version: u32,
        (way, refused): (Way, Verdict),
        (asked, now): (Option<EventId>, Timestamp),
    ) -> Verdict {
        match (way, refused) {
            _ if self.is_elsewhere(ticket, asked) => refused,
            (_, Verdict::Admitted | Verdict::Left | Verdict::Unknown) => refused,
            (Way::In, _) => {
                ticket.enter(version == ticket.version && ticket.status.lives(), now);
                Verdict::Admitted
            }
            (Way::Out, _) => {
                ticket.leave();
                Verdict::Left
            }
        }
    }

    /// What a scanner's clock said, as far as it can be believed: nobody passed before the day of the doors, nor after
    /// it was told.
    #[must_use]
    pub fn credible(&self, said: Timestamp, told: Timestamp) -> Timestamp {
        said.max(self.opens_at - DAY).min(told)
    }

    fn is_elsewhere(&self, ticket: &Ticket, asked: Option<EventId>) -> bool {
        asked.is_some_and(|event| event != ticket.event) || self.event != ticket.event
    }

    fn judge(&self, ticket: &Ticket, version: u32, asked: Option<EventId>, now: Timestamp) -> Verdict {
        if self.is_elsewhere(ticket, asked) {
            return Verdict::WrongEvent;
        }
        if version != ticket.version || self.cancelled {
            return Verdict::Cancelled;
        }
        match ticket.status {
            TicketStatus::Cancelled | TicketStatus::Transferred | TicketStatus::Returned => {
                Verdict::Cancelled
            }
            TicketStatus::CheckedIn if ticket.inside() > 0 => Verdict::AlreadyCheckedIn,
            TicketStatus::Valid | TicketStatus::CheckedIn if now < self.opens_at => Verdict::NotYet,
            TicketStatus::Valid | TicketStatus::CheckedIn if now >= self.closes_at => Verdict::WrongEvent,
            TicketStatus::Valid | TicketStatus::CheckedIn => Verdict::Admitted,
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
    /// Which way.
    #[serde(default)]
    pub way: Way,
    /// The verdict that somebody at the door overruled, when they did.
    #[serde(default)]
    pub overruled: Option<Verdict>,
    /// Why it was overruled or taken back, as it was said.
    #[serde(default)]
    pub reason: Option<String>,
    /// Which of its ticket's codes was scanned; not known of old scans.
    #[serde(default)]
    pub version: Option<u32>,
    /// When the scanner had no network: what it said of itself.
    #[serde(default)]
    pub offline: Option<Offline>,
    /// What somebody has to know of it; empty for what went as it should.
    #[serde(default)]
    pub flags: Vec<Flag>,
    /// Of a double entry: the entry before.
    #[serde(default)]
    pub after: Option<ScanId>,
}

/// A scan that a scanner made without a network and told later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offline {
    /// By the scanner's clock; [`Scan::at`] is what of it can be believed.
    pub said_at: Timestamp,
    /// When it was told.
    pub told_at: Timestamp,
}

impl Scan {
    /// Whether somebody went in or out.
    #[must_use]
    pub fn passed(&self) -> bool {
        matches!(self.verdict, Verdict::Admitted | Verdict::Left)
    }

    /// Where it stands among the scans of its ticket: by when it was made and, of those made at one instant, by what
    /// does not depend on which was told first. Many are believed to be of one instant when a clock cannot be believed:
    /// it still tells which came first.
    #[must_use]
    pub fn order(&self) -> impl Ord + '_ {
        let said = self.offline.as_ref().map_or(self.at, |offline| offline.said_at);
        (self.at, self.scanner, said, self.nonce.as_deref(), self.id)
    }
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
    /// The verdict that was overruled.
    pub overruled: Option<Verdict>,
}

#[cfg(test)]
mod tests;
