//! Charges that a bank takes back, and what becomes of that.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// What a bank takes for a dispute, in Stripe's units, whatever the currency.
const FEE: i64 = 2_000;
/// How long the shop has for its evidence.
const PATIENCE: TimeDelta = TimeDelta::days(9);

/// How far a dispute is. Stripe has more; a test needs these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DisputeStatus {
    NeedsResponse,
    Won,
    Lost,
}

/// A dispute of a charge. Its amount is taken at once, and comes back when it is won; the fee does not.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Dispute {
    pub id: String,
    pub created: i64,
    /// May differ from the charge's: what the bank says.
    pub amount: i64,
    pub fee: i64,
    pub reason: String,
    pub status: DisputeStatus,
    pub due_by: i64,
    /// The balance transaction that took the money.
    pub withdrawn: String,
    /// The one that gave it back, and when.
    pub reinstated: Option<(String, i64)>,
}

impl Dispute {
    pub(crate) fn open(amount: i64, reason: &str, now: i64) -> Self {
        Self {
            id: crate::ids::stripe("dp"),
            created: now,
            amount,
            fee: FEE,
            reason: reason.to_owned(),
            status: DisputeStatus::NeedsResponse,
            due_by: now + PATIENCE.num_seconds(),
            withdrawn: crate::ids::stripe("txn"),
            reinstated: None,
        }
    }

    /// Decides it; `false` when it was decided before.
    pub(crate) fn close(&mut self, won: bool, now: i64) -> bool {
        if self.status != DisputeStatus::NeedsResponse {
            return false;
        }
        self.status = if won { DisputeStatus::Won } else { DisputeStatus::Lost };
        self.reinstated = won.then(|| (crate::ids::stripe("txn"), now));
        true
    }

    /// Whether nothing of its charge can be refunded because of it.
    pub(crate) fn blocks(&self) -> bool {
        self.status != DisputeStatus::Won
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dispute_is_decided_once_and_only_a_won_one_gives_the_money_back() {
        let mut lost = Dispute::open(2_500, "fraudulent", 1);
        assert!(lost.blocks() && lost.close(false, 2) && !lost.close(true, 3));
        assert!(lost.blocks() && lost.reinstated.is_none());
        let mut won = Dispute::open(2_500, "fraudulent", 1);
        assert!(won.close(true, 2) && !won.blocks());
        assert_eq!(won.reinstated.map(|(_, at)| at), Some(2));
    }
}
