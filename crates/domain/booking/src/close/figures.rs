//! What a day comes to, ours beside theirs.

use super::About;
use crate::Till;
use kernel::Currency;
use serde::{Deserialize, Serialize};

/// A sum by our books and by the provider's, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sum {
    /// What our books say of what the provider lists, with what only they have.
    pub ours: i64,
    /// What the provider lists.
    pub theirs: i64,
}

impl Sum {
    fn add(&mut self, ours: i64, theirs: i64) {
        self.ours = self.ours.saturating_add(ours);
        self.theirs = self.theirs.saturating_add(theirs);
    }

    const fn minus(self, other: Self) -> Self {
        Self { ours: self.ours.saturating_sub(other.ours), theirs: self.theirs.saturating_sub(other.theirs) }
    }
}

/// What an account moved in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// In what.
    pub currency: Currency,
    /// What buyers paid.
    pub charges: Sum,
    /// What went back to them.
    pub refunds: Sum,
    /// What disputes took, less what came back of it.
    pub disputes: Sum,
    /// What the provider kept; ours is what stands in the ledger.
    pub fees: Sum,
    /// What else moved there: payouts, conversions, what others do. Our books say nothing of it.
    pub other: i64,
}

impl Figures {
    fn nothing(currency: Currency) -> Self {
        let none = Sum::default();
        Self { currency, charges: none, refunds: none, disputes: none, fees: none, other: 0 }
    }

    /// What is left of it: charges less refunds, disputes and fees.
    #[must_use]
    pub const fn net(&self) -> Sum {
        self.charges.minus(self.refunds).minus(self.disputes).minus(self.fees)
    }
}

/// Why a day of an account could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unread {
    /// The provider did not answer.
    NoAnswer,
    /// More moved than is looked at.
    TooManyMovements,
}

impl Unread {
    /// As stored and as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoAnswer => "no_answer",
            Self::TooManyMovements => "too_many_movements",
        }
    }
}

/// A day of one account at a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountFigures {
    /// Which account.
    pub till: Till,
    /// Movements that the provider lists.
    pub movements: u64,
    /// Charges, refunds and lost disputes that the ledger has of this day.
    pub entries: u64,
    /// Of those, what the provider has on another day: it was late at one of the two.
    pub elsewhere: u64,
    /// What has begun and not ended: refunds in transit, open disputes and their fees, charges of this very hour.
    pub on_their_way: u64,
    /// What the provider lists in another currency than it was charged in; amounts are not compared then.
    pub converted: u64,
    /// What the provider was not asked about for want of a turn: it is neither a difference nor agreement.
    #[serde(default)]
    pub unasked: u64,
    /// Why nothing is known of this account; all else is zero then.
    #[serde(default)]
    pub unread: Option<Unread>,
    /// Sums, by currency.
    pub sums: Vec<Figures>,
}

impl AccountFigures {
    pub(super) const fn new(till: Till) -> Self {
        Self {
            till,
            movements: 0,
            entries: 0,
            elsewhere: 0,
            on_their_way: 0,
            converted: 0,
            unasked: 0,
            unread: None,
            sums: Vec::new(),
        }
    }

    /// Whether everything was read and asked: what was not found then is no difference.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.unasked == 0 && self.unread.is_none()
    }

    /// Adds what came to us, in minor units; what left is below zero.
    pub(super) fn add(&mut self, about: About, currency: Currency, (ours, theirs): (i64, i64)) {
        let figures = self.of(currency);
        match about {
            About::Charge => figures.charges.add(ours, theirs),
            About::Refund => figures.refunds.add(-ours, -theirs),
            About::Dispute => figures.disputes.add(-ours, -theirs),
            About::Fee => figures.fees.add(-ours, -theirs),
            About::Booking => {}
        }
    }

    pub(super) fn add_other(&mut self, currency: Currency, minor: i64) {
        let figures = self.of(currency);
        figures.other = figures.other.saturating_add(minor);
    }

    fn of(&mut self, currency: Currency) -> &mut Figures {
        let at = match self.sums.binary_search_by_key(&currency, |figures| figures.currency) {
            Ok(at) => at,
            Err(at) => {
                self.sums.insert(at, Figures::nothing(currency));
                at
            }
        };
        // It is there by now.
        #[expect(clippy::indexing_slicing, reason = "found or inserted at this place")]
        &mut self.sums[at]
    }
}
