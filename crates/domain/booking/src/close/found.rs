//! Differences, as a person is told of them.

use crate::Till;
use kernel::{BookingId, Money, PaymentId};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// What differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskKind {
    /// Our books have it, the provider does not know it.
    MissingAtProvider,
    /// The provider lists it, our books do not have it.
    MissingHere,
    /// Booking and ledger agree on an amount, the provider says another.
    AmountDiffers,
    /// Both know it, and it ended otherwise there than here.
    StateDiffers,
    /// The ledger says something else than the booking.
    LedgerDiffers,
    /// Ledger and provider agree, the booking says something else.
    OrderDiffers,
    /// A fee stands in the ledger with another amount than the provider tells now.
    FeeDiffers,
    /// A fee that cannot be posted without posting a part of it twice.
    FeeUnposted,
}

impl TaskKind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::MissingAtProvider,
        Self::MissingHere,
        Self::AmountDiffers,
        Self::StateDiffers,
        Self::LedgerDiffers,
        Self::OrderDiffers,
        Self::FeeDiffers,
        Self::FeeUnposted,
    ];

    /// As stored and as shown; it does not change.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MissingAtProvider => "missing_at_provider",
            Self::MissingHere => "missing_here",
            Self::AmountDiffers => "amount_differs",
            Self::StateDiffers => "state_differs",
            Self::LedgerDiffers => "ledger_differs",
            Self::OrderDiffers => "order_differs",
            Self::FeeDiffers => "fee_differs",
            Self::FeeUnposted => "fee_unposted",
        }
    }
}

/// What a difference is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// A buyer's charge.
    Charge,
    /// Money that went back.
    Refund,
    /// A disputed charge.
    Dispute,
    /// What the provider keeps.
    Fee,
    /// A booking and its entries in the ledger.
    Booking,
}

impl About {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Charge, Self::Refund, Self::Dispute, Self::Fee, Self::Booking];

    /// As stored and as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Charge => "charge",
            Self::Refund => "refund",
            Self::Dispute => "dispute",
            Self::Fee => "fee",
            Self::Booking => "booking",
        }
    }
}

impl FromStr for About {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|about| about.as_str() == text).ok_or(())
    }
}

/// By what a difference is known again when the day is looked at once more.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// At which provider and account.
    pub till: (crate::Provider, String, bool),
    /// What differs.
    pub kind: TaskKind,
    /// What it is about.
    pub about: About,
    /// The name of that: the provider's, or the booking's id.
    pub reference: String,
}

/// A difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// What differs.
    pub kind: TaskKind,
    /// At which account.
    pub till: Till,
    /// What it is about.
    pub about: About,
    /// The name of that: the provider's, or the booking's id.
    pub reference: String,
    /// Whose booking, when it is known.
    pub booking: Option<BookingId>,
    /// Which attempt, when it is known.
    pub payment: Option<PaymentId>,
    /// What our books say; of a booking and its entries, what the booking says.
    pub ours: Option<Money>,
    /// What the provider says; of a booking and its entries, what the ledger says.
    pub theirs: Option<Money>,
    /// The same for people, without personal data.
    pub words: String,
}

impl Found {
    /// By what it is known again.
    #[must_use]
    pub fn key(&self) -> Key {
        let Till { provider, account, live } = self.till.clone();
        let (kind, about, reference) = (self.kind, self.about, self.reference.clone());
        Key { till: (provider, account, live), kind, about, reference }
    }
}

/// What all differences say of a thing in the same words.
pub(super) fn words(kind: TaskKind, thing: &str, ours: Option<Money>, theirs: Option<Money>) -> String {
    let said =
        |amount: Option<Money>| amount.map_or_else(|| "nothing".to_owned(), |amount| amount.to_string());
    let (ours, theirs) = (said(ours), said(theirs));
    match kind {
        TaskKind::MissingAtProvider => {
            format!("our books have the {thing} over {ours}, the provider does not know it")
        }
        TaskKind::MissingHere => {
            format!("the provider lists the {thing} over {theirs}, our books do not have it")
        }
        TaskKind::AmountDiffers => format!("the {thing} is {ours} in our books and {theirs} at the provider"),
        TaskKind::StateDiffers => {
            format!(
                "the {thing} ended otherwise at the provider: our books say {ours}, the provider {theirs}"
            )
        }
        TaskKind::LedgerDiffers => format!("the {thing} says {ours}, its entries in the ledger say {theirs}"),
        TaskKind::OrderDiffers => {
            format!("the {thing} is {theirs} at the provider and in the ledger, and {ours} on the booking")
        }
        TaskKind::FeeDiffers => format!("the {thing} was posted with {ours}, the provider says {theirs}"),
        TaskKind::FeeUnposted => {
            format!(
                "the {thing} of {theirs} is more than the {ours} posted with the dispute; the rest is not in the ledger"
            )
        }
    }
}
