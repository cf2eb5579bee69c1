//! Buyers who want their money back from PayPal, and what becomes of that.

use chrono::TimeDelta;
use kernel::{Money, Timestamp};
use serde::{Deserialize, Serialize};

/// What PayPal takes of the shop for a dispute that it loses, in minor units of whatever currency.
const FEE: i64 = 1_400;
/// How long the shop has to answer.
const PATIENCE: TimeDelta = TimeDelta::days(10);

/// How it ended. PayPal has more; a test needs these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Outcome {
    ResolvedBuyerFavour,
    ResolvedSellerFavour,
}

/// A dispute of a capture. Its amount is held from the day it is opened.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Dispute {
    pub id: String,
    pub created: Timestamp,
    pub updated: Timestamp,
    /// May differ from the capture's.
    pub amount: Money,
    pub reason: String,
    pub outcome: Option<Outcome>,
    pub due_by: Timestamp,
    /// Names of the movements: the hold, its end, what went to the buyer, the fee.
    pub movements: [String; 4],
}

impl Dispute {
    pub(crate) fn open(amount: Money, reason: &str, now: Timestamp) -> Self {
        Self {
            id: crate::ids::paypal_dispute(),
            created: now,
            updated: now,
            amount,
            reason: reason.to_owned(),
            outcome: None,
            due_by: now + PATIENCE,
            movements: std::array::from_fn(|_| crate::ids::paypal()),
        }
    }

    /// Decides it; `false` when it was decided before.
    pub(crate) fn close(&mut self, won: bool, now: Timestamp) -> bool {
        if self.outcome.is_some() {
            return false;
        }
        self.outcome = Some(if won { Outcome::ResolvedSellerFavour } else { Outcome::ResolvedBuyerFavour });
        self.updated = now;
        true
    }

    /// Whether nothing of its capture can be refunded because of it.
    pub(crate) fn blocks(&self) -> bool {
        self.outcome != Some(Outcome::ResolvedSellerFavour)
    }

    /// What PayPal takes when the shop loses it.
    pub(crate) fn fee(&self) -> Money {
        Money::new(FEE, self.amount.currency()).unwrap_or(Money::zero(self.amount.currency()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dispute_is_decided_once() {
        let now = Timestamp::UNIX_EPOCH;
        let mut dispute = Dispute::open(Money::eur(2_500), "UNAUTHORISED", now);
        assert!(dispute.blocks() && dispute.close(true, now) && !dispute.close(false, now));
        assert!(!dispute.blocks());
    }
}
