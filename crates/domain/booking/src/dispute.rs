//! Charges that somebody wants back from a bank or from the provider, over our heads.
//!
//! A dispute takes its own way: its amount may differ from the charge's, it is opened and decided elsewhere, and its
//! news come in any order. While it is open, and once it is lost, nothing of its charge is refunded: the buyer would
//! have the money twice.

use crate::Booking;
use kernel::{DisputeId, Money, PaymentId, Timestamp};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// Where a dispute stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisputeStatus {
    /// It is being decided; the provider may have taken the money already.
    Open,
    /// The money is ours.
    Won,
    /// The money is gone.
    Lost,
}

impl DisputeStatus {
    /// As stored and as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Won => "won",
            Self::Lost => "lost",
        }
    }
}

impl FromStr for DisputeStatus {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Open, Self::Won, Self::Lost].into_iter().find(|status| status.as_str() == text).ok_or(())
    }
}

/// A dispute as the provider tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisputeStanding {
    /// The provider's name for it.
    pub reference: String,
    /// The provider's name for the charge.
    pub charge: String,
    /// What is wanted back; may be less or more than the charge.
    pub amount: Money,
    /// What the provider takes for it, when it says so.
    pub fee: Option<Money>,
    /// The provider's code for why.
    pub reason: String,
    /// Where it stands.
    pub status: DisputeStatus,
    /// Since when.
    pub opened_at: Timestamp,
    /// Until when the shop can send evidence, when that is told.
    pub answer_by: Option<Timestamp>,
}

/// A dispute of one of a booking's charges.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispute {
    /// Names it.
    pub id: DisputeId,
    /// Of which charge.
    pub payment: PaymentId,
    /// The provider's name for it.
    pub reference: String,
    /// What is wanted back.
    pub amount: Money,
    /// What the provider takes for it, once that is known.
    pub fee: Option<Money>,
    /// The provider's code for why.
    pub reason: String,
    /// Where it stands.
    pub status: DisputeStatus,
    /// The provider said otherwise after it was decided.
    #[serde(default)]
    pub contradicted: bool,
    /// Until when evidence can be sent.
    pub answer_by: Option<Timestamp>,
    /// Since when.
    pub opened_at: Timestamp,
    /// Last change.
    pub changed_at: Timestamp,
}

/// What is new about a dispute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisputeNews {
    /// Nobody knew of it; it is open.
    Opened(DisputeId),
    /// It was decided for us.
    Won(DisputeId),
    /// It was decided against us.
    Lost(DisputeId),
    /// The provider says otherwise than when it was decided. What was noted stays: a person has to look.
    Reversed(DisputeId),
    /// Its amount, fee or deadline is known better.
    Noted(DisputeId),
}

impl Booking {
    /// Notes what a provider says of a dispute of this attempt's charge. Answers with what is new, if anything is; the same
    /// word twice is not, nor is an older one that comes late.
    pub fn dispute_stands(
        &mut self,
        payment: PaymentId,
        told: &DisputeStanding,
        now: Timestamp,
    ) -> Option<DisputeNews> {
        self.payment(payment)?.charge.as_ref()?;
        let known = self
            .disputes
            .iter_mut()
            .find(|dispute| dispute.payment == payment && dispute.reference == told.reference);
        let Some(known) = known else { return Some(self.open_dispute(payment, told, now)) };
        let id = known.id;
        if known.status != DisputeStatus::Open {
            let decided = told.status != DisputeStatus::Open;
            if !decided || told.status == known.status || known.contradicted {
                return None;
            }
            known.contradicted = true;
            known.changed_at = now;
            return Some(DisputeNews::Reversed(id));
        }
        let before = known.clone();
        known.amount = told.amount;
        known.fee = told.fee.or(known.fee);
        known.answer_by = told.answer_by.or(known.answer_by);
        known.status = told.status;
        if *known == before {
            return None;
        }
        known.changed_at = now;
        Some(news(id, told.status).unwrap_or(DisputeNews::Noted(id)))
    }

    fn open_dispute(&mut self, payment: PaymentId, told: &DisputeStanding, now: Timestamp) -> DisputeNews {
        let id = DisputeId::generate(now);
        self.disputes.push(Dispute {
            id,
            payment,
            reference: told.reference.clone(),
            amount: told.amount,
            fee: told.fee,
            reason: told.reason.clone(),
            status: told.status,
            contradicted: false,
            answer_by: told.answer_by,
            opened_at: told.opened_at,
            changed_at: now,
        });
        news(id, told.status).unwrap_or(DisputeNews::Opened(id))
    }

    /// Whether nothing of this charge may be refunded: a dispute of it is open, or was lost.
    #[must_use]
    pub fn is_disputed(&self, payment: PaymentId) -> bool {
        self.disputes_of(payment).any(|dispute| dispute.status != DisputeStatus::Won)
    }

    /// Whether a dispute of this charge was lost: the buyer has the money.
    #[must_use]
    pub fn lost_dispute(&self, payment: PaymentId) -> bool {
        self.disputes_of(payment).any(|dispute| dispute.status == DisputeStatus::Lost)
    }

    fn disputes_of(&self, payment: PaymentId) -> impl Iterator<Item = &Dispute> {
        self.disputes.iter().filter(move |dispute| dispute.payment == payment)
    }

    /// A dispute by its id.
    #[must_use]
    pub fn dispute(&self, id: DisputeId) -> Option<&Dispute> {
        self.disputes.iter().find(|dispute| dispute.id == id)
    }
}

/// What a decision is called; `None` while there is none.
const fn news(id: DisputeId, status: DisputeStatus) -> Option<DisputeNews> {
    match status {
        DisputeStatus::Open => None,
        DisputeStatus::Won => Some(DisputeNews::Won(id)),
        DisputeStatus::Lost => Some(DisputeNews::Lost(id)),
    }
}

#[cfg(test)]
mod tests;
