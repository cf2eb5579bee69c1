//! Receipts, invoices and credit notes: numbered, final, and complete in themselves, so that what was issued once reads
//! the same for ever. A wrong one is cancelled by another document, never edited.

pub mod lines;
pub mod owed;

use chrono::NaiveDate;
use kernel::{
    AccountId, BookingId, DocumentId, EventId, Money, OrganisationId, PaymentId, RefundId, Timestamp,
};
use lines::{Line, RateTotal};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// For what was paid, without the buyer's address.
    Receipt,
    /// For what was paid, with the buyer's address.
    Invoice,
    /// For what went back.
    CreditNote,
    /// Takes a wrong document back, to the last cent.
    Cancellation,
}

impl DocumentKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Receipt, Self::Invoice, Self::CreditNote, Self::Cancellation];

    /// As stored and as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Receipt => "receipt",
            Self::Invoice => "invoice",
            Self::CreditNote => "credit_note",
            Self::Cancellation => "cancellation",
        }
    }

    /// Whether it is about what was paid.
    #[must_use]
    pub const fn is_of_sale(self) -> bool {
        matches!(self, Self::Receipt | Self::Invoice)
    }
}

/// The text names no kind of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is none of receipt, invoice, credit_note, cancellation")]
pub struct UnknownKind;

impl FromStr for DocumentKind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(UnknownKind)
    }
}

/// What a document is called: `RE-2026-000042`. Within an organisation and a year there is no gap.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DocumentNumber {
    /// The organisation's own, with what separates it; may be empty.
    pub prefix: String,
    /// The year at the place of the event on the day of the issue.
    pub year: i32,
    /// 1, 2, 3, ...
    pub serial: u64,
}

impl fmt::Display for DocumentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}-{:06}", self.prefix, self.year, self.serial)
    }
}

/// Why a document was issued; each origin has one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// This payment confirmed the booking.
    Payment(PaymentId),
    /// This refund is done.
    Refund(RefundId),
    /// This document is wrong.
    Cancels(DocumentId),
    /// This document was cancelled, and a right one is due.
    Replaces(DocumentId),
}

/// Names it in stores, where no two documents have the same origin.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Payment(id) => write!(f, "payment:{id}"),
            Self::Refund(id) => write!(f, "refund:{id}"),
            Self::Cancels(id) => write!(f, "cancels:{id}"),
            Self::Replaces(id) => write!(f, "replaces:{id}"),
        }
    }
}

/// Somebody on a document, as they were on the day of its issue.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// Of a person or a company.
    pub name: String,
    /// The postal address, a line each; empty when it is not known.
    pub address: Vec<String>,
    /// The number under which they are known for taxes.
    pub vat_id: Option<String>,
    /// The account that money can be sent to.
    pub iban: Option<String>,
}

impl fmt::Debug for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Party")
    }
}

/// The document that another one takes back, in whole or in part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Corrected {
    /// Which.
    pub id: DocumentId,
    /// Its number.
    pub number: String,
    /// When it was issued, at the place of the event.
    pub issued_on: NaiveDate,
}

/// What is paid for: a booking of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occasion {
    /// The booking's name for people.
    pub reference: String,
    /// What the event is called.
    pub title: String,
    /// The day it takes place, by the calendar there.
    pub takes_place_on: NaiveDate,
}

/// A document that was issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Names it for machines.
    pub id: DocumentId,
    /// Names it for people and for the tax office.
    pub number: DocumentNumber,
    /// What it is.
    pub kind: DocumentKind,
    /// Whether its amounts are in the buyer's favour: a credit note, or what takes an invoice back.
    pub credits: bool,
    /// Why there is one.
    pub origin: Origin,
    /// Whose numbers it is in.
    pub organisation: OrganisationId,
    /// Of which event.
    pub event: EventId,
    /// Of which booking.
    pub booking: BookingId,
    /// Whose booking.
    pub buyer: AccountId,
    /// The document that it takes back.
    pub corrects: Option<Corrected>,
    /// Why that one is taken back, in words.
    pub reason: Option<String>,
    /// From whom.
    pub issuer: Party,
    /// To whom.
    pub recipient: Party,
    /// What it is about.
    pub occasion: Occasion,
    /// What was paid or went back.
    pub lines: Vec<Line>,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// The day of that, by the calendar at the place of the event.
    pub issued_on: NaiveDate,
}

impl Document {
    /// The sums of each rate of tax, the lowest rate first.
    #[must_use]
    pub fn totals(&self) -> Vec<RateTotal> {
        lines::totals(&self.lines)
    }

    /// All that was paid or went back, tax included; `None` for a document without lines, of which there are none.
    #[must_use]
    pub fn gross(&self) -> Option<Money> {
        lines::gross(&self.lines)
    }
}

/// What is printed on every document of a booking, as it is now; each document keeps its own copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Particulars {
    /// Who runs the event.
    pub organisation: OrganisationId,
    /// What its numbers begin with.
    pub prefix: String,
    /// From whom.
    pub issuer: Party,
    /// To whom, when nothing else was said for the document.
    pub recipient: Party,
    /// What it is about.
    pub occasion: Occasion,
    /// What the ticket types are called.
    pub names: Vec<(kernel::TicketTypeId, String)>,
    /// Today, by the calendar at the place of the event.
    pub today: NaiveDate,
}
