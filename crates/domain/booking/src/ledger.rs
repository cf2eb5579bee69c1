//! The ledger: every movement of money as a transfer from one account to another, written once and never changed.
//!
//! `to` grows and `from` shrinks by the same amount, so the sum over all accounts is zero whatever is written. What
//! can be wrong is another thing: that the ledger says something else than the bookings. [`differences`] finds that.
//!
//! What a booking owes to the ledger follows from the booking alone ([`facts`]): whoever changes one need not know
//! of accounts. [`postings`] compares the facts before and after a change: what is new is posted, what does not hold
//! any more is posted the other way round.

mod account;
mod facts;

pub use account::Account;
pub use facts::{Difference, Fact, Transfer, balances, differences, facts, postings};

use crate::Provider;
use kernel::{
    BookingId, Currency, DisputeId, EntryId, EventId, Money, OrganisationId, PaymentId, RefundId, Timestamp,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

/// Why money moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// A charge arrived, whatever becomes of it.
    Charge,
    /// A charge paid for its booking: it is the organiser's.
    Sale,
    /// What the platform keeps of a sale, as agreed when it was bought. It stays when money goes back.
    PlatformFee,
    /// A charge was accepted although it was not what had been asked for.
    Difference,
    /// Money is to go back.
    RefundDecided,
    /// It has gone.
    RefundDone,
    /// A provider took a disputed charge back.
    DisputeLost,
    /// What the provider takes for a dispute.
    DisputeFee,
    /// The organiser bears a lost dispute.
    DisputeBorne,
    /// What a provider kept of a charge, as its own books say.
    ProviderFee,
    /// A difference to a provider's books that a person accepted.
    Adjustment,
}

impl EntryKind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::Charge,
        Self::Sale,
        Self::PlatformFee,
        Self::Difference,
        Self::RefundDecided,
        Self::RefundDone,
        Self::DisputeLost,
        Self::DisputeFee,
        Self::DisputeBorne,
        Self::ProviderFee,
        Self::Adjustment,
    ];

    /// Whether it may be about no booking: what a provider keeps of its own accord, and what a person adjusts.
    #[must_use]
    pub const fn needs_no_booking(self) -> bool {
        matches!(self, Self::ProviderFee | Self::Adjustment)
    }

    /// As stored and as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Charge => "charge",
            Self::Sale => "sale",
            Self::PlatformFee => "platform_fee",
            Self::Difference => "difference",
            Self::RefundDecided => "refund_decided",
            Self::RefundDone => "refund_done",
            Self::DisputeLost => "dispute_lost",
            Self::DisputeFee => "dispute_fee",
            Self::DisputeBorne => "dispute_borne",
            Self::ProviderFee => "provider_fee",
            Self::Adjustment => "adjustment",
        }
    }

    /// Whether it follows from a booking; what does not comes from a provider's books.
    #[must_use]
    pub const fn follows_from_bookings(self) -> bool {
        !matches!(self, Self::ProviderFee | Self::Adjustment)
    }
}

/// A transfer, as it stands in the ledger for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Made of its cause: the same cause cannot be posted twice.
    pub id: EntryId,
    /// Why.
    pub kind: EntryKind,
    /// It takes an earlier one back.
    pub reversal: bool,
    /// Shrinks.
    pub from: Account,
    /// Grows.
    pub to: Account,
    /// By so much; never zero.
    pub amount: Money,
    /// Whose event it was about.
    pub organisation: Option<OrganisationId>,
    /// Which event.
    pub event: Option<EventId>,
    /// Which booking.
    pub booking: Option<BookingId>,
    /// Which charge.
    pub payment: Option<PaymentId>,
    /// Which refund.
    pub refund: Option<RefundId>,
    /// Which dispute.
    pub dispute: Option<DisputeId>,
    /// When it was posted.
    pub at: Timestamp,
}

impl Entry {
    /// What a provider kept, as its own books tell: once per cause, whatever amount is told later.
    ///
    /// `None` for nothing, which is no entry.
    #[must_use]
    pub fn provider_fee(
        (provider, account, live): (Provider, &str, bool),
        charge: Option<(&crate::Booking, PaymentId)>,
        (cause, amount): (Uuid, Money),
        at: Timestamp,
    ) -> Option<Self> {
        let from = Account::Provider { provider, account: account.to_owned(), live };
        let entry = Self::beside_bookings(
            EntryKind::ProviderFee,
            (from, Account::ProviderFees(provider)),
            (cause, amount),
            at,
        )?;
        let id = cause_id(EntryKind::ProviderFee, cause, (false, 0), Money::zero(amount.currency()));
        let entry = Self { id, ..entry };
        Some(match charge {
            Some((booking, payment)) => Self {
                organisation: Some(booking.organisation),
                event: Some(booking.event),
                booking: Some(booking.id),
                payment: Some(payment),
                ..entry
            },
            None => entry,
        })
    }

    fn beside_bookings(
        kind: EntryKind,
        (from, to): (Account, Account),
        (cause, amount): (Uuid, Money),
        at: Timestamp,
    ) -> Option<Self> {
        if amount.is_zero() || from == to {
            return None;
        }
        Some(Self {
            id: cause_id(kind, cause, (false, 0), amount),
            kind,
            reversal: false,
            from,
            to,
            amount,
            organisation: None,
            event: None,
            booking: None,
            payment: None,
            refund: None,
            dispute: None,
            at,
        })
    }
}

/// Names a posting by its cause: a UUID of version 8 that sorts by the time at which its subject came to be (whose
/// first 48 bits it takes over) and is otherwise a hash.
fn cause_id(kind: EntryKind, subject: Uuid, (reversal, turn): (bool, u8), amount: Money) -> EntryId {
    let mut hash = Sha256::new();
    hash.update(kind.as_str());
    hash.update([0, u8::from(reversal), turn]);
    hash.update(subject.as_bytes());
    hash.update(amount.minor().to_be_bytes());
    hash.update(amount.currency().code());
    let mut bytes = subject.into_bytes();
    for (byte, hashed) in bytes.iter_mut().zip(hash.finalize()).skip(6) {
        *byte = hashed;
    }
    EntryId::from(Builder::from_custom_bytes(bytes).into_uuid())
}

/// What stands on an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// Which.
    pub account: Account,
    /// In what.
    pub currency: Currency,
    /// Minor units; what came in less what went out.
    pub minor: i64,
}

/// Which entries are wanted; absent means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntryFilter {
    /// Those that touch this account.
    pub account: Option<Account>,
    /// Those about this booking.
    pub booking: Option<BookingId>,
    /// Those about this event.
    pub event: Option<EventId>,
    /// Those about events of these organisations.
    pub organisations: Option<Vec<OrganisationId>>,
    /// Posted at this instant or later.
    pub from: Option<Timestamp>,
    /// Posted before this instant.
    pub until: Option<Timestamp>,
}

impl EntryFilter {
    /// Whether an entry is wanted.
    #[must_use]
    pub fn wants(&self, entry: &Entry) -> bool {
        let of = |organisations: &Vec<OrganisationId>| {
            entry.organisation.is_some_and(|organisation| organisations.contains(&organisation))
        };
        self.account.as_ref().is_none_or(|account| entry.from == *account || entry.to == *account)
            && self.booking.is_none_or(|booking| entry.booking == Some(booking))
            && self.event.is_none_or(|event| entry.event == Some(event))
            && self.organisations.as_ref().is_none_or(of)
            && self.from.is_none_or(|from| entry.at >= from)
            && self.until.is_none_or(|until| entry.at < until)
    }
}

#[cfg(test)]
mod tests;
