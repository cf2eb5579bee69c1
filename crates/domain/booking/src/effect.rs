//! Work owed after the commit, and things that only a person can decide.

use crate::close::Day;
use kernel::{
    AccountId, BookingId, EventId, IncidentId, JobId, PaymentId, RefundId, ReturnId, TicketId, Timestamp,
    TransferId, WaitlistEntryId,
};
use serde::{Deserialize, Serialize};

/// What this domain owes the outside world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Effect {
    /// Mail the tickets with their codes.
    SendTickets {
        /// Of which booking.
        booking: BookingId,
    },
    /// Mail a ticket with its code to whoever holds it now.
    SendTicket {
        /// Bought with.
        booking: BookingId,
        /// Which.
        ticket: TicketId,
    },
    /// Mail a member what became of a ticket that is handed on.
    TellTransfer {
        /// Which transfer.
        transfer: TransferId,
        /// What.
        news: TransferNews,
    },
    /// Ask the providers about an unpaid booking, again and again until it is settled or has ended.
    WatchBooking {
        /// Which.
        booking: BookingId,
    },
    /// Take the money that a buyer agreed to.
    Capture {
        /// Of which booking.
        booking: BookingId,
        /// Which attempt.
        payment: PaymentId,
    },
    /// Send money back.
    SendRefund {
        /// Of which booking.
        booking: BookingId,
        /// Which refund.
        refund: RefundId,
    },
    /// Mail the buyer what became of the booking.
    TellBuyer {
        /// Which booking.
        booking: BookingId,
        /// What.
        news: BuyerNews,
    },
    /// Mail a member, who did not buy them, that tickets are good no more.
    TellHolder {
        /// Bought with.
        booking: BookingId,
        /// Whose they were.
        holder: AccountId,
        /// Which.
        tickets: Vec<TicketId>,
    },
    /// Cancel the bookings of an event that does not take place, some at a time, until all are.
    CancelBookings {
        /// The work, with how far it has come.
        job: JobId,
    },
    /// Issue the receipts and credit notes that a booking lacks.
    IssueDocuments {
        /// Which booking.
        booking: BookingId,
    },
    /// Mail the admins that a person has to decide.
    TellAdmins {
        /// What it is about.
        incident: Incident,
    },
    /// Mail the admins that a day cannot be closed without them.
    TellDayOpen {
        /// Which day.
        day: Day,
        /// How many differences wait for a decision.
        open: u64,
    },
    /// Mail somebody on a waiting list what became of their entry.
    TellWaiting {
        /// Which entry.
        entry: WaitlistEntryId,
        /// What.
        news: ListNews,
    },
    /// Offer places that were given back to those who wait for them.
    ServeWaitlist {
        /// Of which event.
        event: EventId,
    },
    /// Send the money of a ticket back that was sold again.
    SettleReturn {
        /// Which return.
        id: ReturnId,
    },
    /// Give a ticket that nobody bought back to its holder once sales are over.
    WatchReturn {
        /// Which return.
        id: ReturnId,
    },
    /// Look at a ticket that was given up, when it is told that somebody had come in with it.
    ReviewEntry {
        /// Bought with.
        booking: BookingId,
        /// Which.
        ticket: TicketId,
        /// What its cases are called after, so that it becomes one of each kind once.
        case: IncidentId,
    },
}

/// What those on a waiting list are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListNews {
    /// Places are kept for them.
    Offered,
    /// They did not take them in time.
    Expired,
    /// The list has ended: nothing is sold any more, or the event does not take place.
    Over,
    /// All kinds of ticket that they named were removed.
    Gone,
}

impl Effect {
    /// Whether it is done by asking a provider.
    #[must_use]
    pub const fn needs_provider(&self) -> bool {
        match self {
            Self::WatchBooking { .. } | Self::Capture { .. } | Self::SendRefund { .. } => true,
            Self::SendTickets { .. }
            | Self::SendTicket { .. }
            | Self::TellTransfer { .. }
            | Self::TellBuyer { .. }
            | Self::TellHolder { .. }
            | Self::CancelBookings { .. }
            | Self::IssueDocuments { .. }
            | Self::TellAdmins { .. }
            | Self::TellDayOpen { .. }
            | Self::TellWaiting { .. }
            | Self::ServeWaitlist { .. }
            | Self::SettleReturn { .. }
            | Self::WatchReturn { .. }
            | Self::ReviewEntry { .. } => false,
        }
    }
}

/// What members are told of a ticket that is handed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransferNews {
    /// Somebody offers it: to whom it is offered.
    Offered,
    /// It was taken: to who gave it.
    Accepted,
    /// It was not wanted: to who offered it.
    Declined,
}

impl TransferNews {
    /// As stored and as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Offered => "transfer_offered",
            Self::Accepted => "transfer_accepted",
            Self::Declined => "transfer_declined",
        }
    }
}

/// What a buyer is told beside the tickets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BuyerNews {
    /// It was not paid in time; the places are gone.
    Expired,
    /// It was paid twice; the second payment goes back.
    Overpaid,
    /// It was paid too late and the places are gone; the money goes back.
    TooLate,
    /// Tickets of it were cancelled, and what is due for them goes back.
    Cancelled,
    /// The event does not take place.
    EventCancelled,
    /// Staff sends money back.
    Refunded,
    /// Staff does not cancel what the buyer asked to be cancelled.
    RequestRefused,
}

impl BuyerNews {
    /// As stored and as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Overpaid => "overpaid",
            Self::TooLate => "too_late",
            Self::Cancelled => "cancelled",
            Self::EventCancelled => "event_cancelled",
            Self::Refunded => "refunded",
            Self::RequestRefused => "request_refused",
        }
    }
}

/// Why a person has to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentKind {
    /// Another amount was charged than asked for.
    WrongAmount,
    /// Another currency was charged than asked for.
    WrongCurrency,
    /// Test money for a live booking, or the other way round.
    WrongMode,
    /// One attempt was charged twice.
    SecondCharge,
    /// The provider will not send the money back.
    RefundFailed,
    /// More went back than was charged.
    Overdrawn,
    /// What was promised to those who cancel cannot be read.
    BadPolicy,
    /// A bank or the provider is asked to take a charge back: evidence can be sent.
    Disputed,
    /// A dispute was lost: the money is gone, and the tickets still admit.
    DisputeLost,
    /// Somebody had come in with a ticket, of which a scanner told only after it was given up.
    UsedAndGivenUp,
}

impl IncidentKind {
    /// As stored and as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WrongAmount => "wrong_amount",
            Self::WrongCurrency => "wrong_currency",
            Self::WrongMode => "wrong_mode",
            Self::SecondCharge => "second_charge",
            Self::RefundFailed => "refund_failed",
            Self::Overdrawn => "overdrawn",
            Self::BadPolicy => "bad_policy",
            Self::Disputed => "disputed",
            Self::DisputeLost => "dispute_lost",
            Self::UsedAndGivenUp => "used_and_given_up",
        }
    }
}

impl IncidentKind {
    /// Whether sending the money back decides such a case. A promise that cannot be read is about tickets, which are
    /// given back on the booking; and what a bank decides about, nobody else sends back.
    #[must_use]
    pub const fn may_send_back(self) -> bool {
        match self {
            Self::WrongAmount
            | Self::WrongCurrency
            | Self::WrongMode
            | Self::SecondCharge
            | Self::RefundFailed => true,
            Self::Overdrawn | Self::BadPolicy | Self::Disputed | Self::DisputeLost | Self::UsedAndGivenUp => {
                false
            }
        }
    }
}

/// Evidence of something that must not be decided by a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// Names it.
    pub id: IncidentId,
    /// What it is.
    pub kind: IncidentKind,
    /// Whose booking.
    pub booking: BookingId,
    /// Which attempt.
    pub payment: PaymentId,
    /// Which refund, when it is about one.
    #[serde(default)]
    pub refund: Option<RefundId>,
    /// What was expected and what came, in words, without personal data.
    pub evidence: String,
    /// When it was noticed.
    pub at: Timestamp,
    /// What a person decided.
    #[serde(default)]
    pub resolved: Option<Resolution>,
}

/// What a person decided about an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decided {
    /// The money goes back.
    Refund,
    /// The charge is taken as it came: the booking is paid.
    Accept,
    /// Nothing is to be done here; what was done elsewhere stands in the note.
    Nothing,
}

impl Decided {
    /// As shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refund => "refund",
            Self::Accept => "accept",
            Self::Nothing => "nothing",
        }
    }
}

/// A decision about an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    /// What.
    pub decided: Decided,
    /// Why, in that person's words.
    pub note: String,
    /// Who.
    pub by: AccountId,
    /// When.
    pub at: Timestamp,
}
