//! Money that was taken, and money that goes back.

use super::dispute::Dispute;
use chrono::TimeDelta;
use kernel::{Money, Timestamp};
use serde::{Deserialize, Serialize};

/// How long money can be given back.
const REFUNDABLE: TimeDelta = TimeDelta::days(180);

/// What became of taking the money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Taken {
    Completed,
    Pending,
    Declined,
}

/// A capture with its refunds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Capture {
    pub id: String,
    pub amount: Money,
    pub taken: Taken,
    pub created: Timestamp,
    pub updated: Timestamp,
    /// When a pending one was decided.
    #[serde(default)]
    pub completed: Option<Timestamp>,
    pub refunds: Vec<Refund>,
    #[serde(default)]
    pub disputes: Vec<Dispute>,
}

/// How far a refund is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum RefundStatus {
    Completed,
    Pending,
    Failed,
}

/// Money that goes back.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Refund {
    pub id: String,
    pub amount: Money,
    pub status: RefundStatus,
    pub created: Timestamp,
    pub updated: Timestamp,
    pub invoice_id: Option<String>,
    pub custom_id: Option<String>,
    pub note_to_payer: Option<String>,
}

/// Why nothing is refunded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotRefundable {
    /// The money has not come yet.
    Pending,
    /// The money never came.
    Declined,
    /// All of it went back before.
    Already,
    /// More than is left.
    TooMuch,
    /// In another currency.
    Currency,
    /// Longer ago than PayPal gives money back.
    TooLate,
    /// The buyer is asking PayPal for it, or got it from there.
    Disputed,
}

/// A dispute of it is open, or was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotDisputable;

impl Capture {
    /// What went or is going back.
    pub(crate) fn refunded(&self) -> Money {
        let counted = self.refunds.iter().filter(|refund| refund.status != RefundStatus::Failed);
        let none = Money::zero(self.amount.currency());
        counted.fold(none, |sum, refund| sum.plus(refund.amount).unwrap_or(sum))
    }

    /// As PayPal names it.
    pub(crate) fn status(&self) -> &'static str {
        match self.taken {
            Taken::Pending => "PENDING",
            Taken::Declined => "DECLINED",
            Taken::Completed if self.refunded() == self.amount => "REFUNDED",
            Taken::Completed if !self.refunded().is_zero() => "PARTIALLY_REFUNDED",
            Taken::Completed => "COMPLETED",
        }
    }

    /// Decides a pending capture; `false` when there is nothing to decide.
    pub(crate) fn decide(&mut self, completes: bool, now: Timestamp) -> bool {
        if self.taken != Taken::Pending {
            return false;
        }
        self.taken = if completes { Taken::Completed } else { Taken::Declined };
        self.updated = now;
        self.completed = Some(now);
        true
    }

    /// A buyer wants `amount` back from PayPal, or all of it.
    ///
    /// # Errors
    /// [`NotDisputable`]; nothing has changed then.
    pub(crate) fn dispute(
        &mut self,
        amount: Option<Money>,
        reason: &str,
        now: Timestamp,
    ) -> Result<&mut Dispute, NotDisputable> {
        if self.taken != Taken::Completed || self.disputes.iter().any(Dispute::blocks) {
            return Err(NotDisputable);
        }
        Ok(self.disputes.push_mut(Dispute::open(amount.unwrap_or(self.amount), reason, now)))
    }

    /// Refunds `amount`, or all that is left.
    ///
    /// # Errors
    /// [`NotRefundable`]; nothing has changed then.
    pub(crate) fn refund(
        &mut self,
        amount: Option<Money>,
        pends: bool,
        now: Timestamp,
    ) -> Result<&mut Refund, NotRefundable> {
        match self.taken {
            Taken::Pending => return Err(NotRefundable::Pending),
            Taken::Declined => return Err(NotRefundable::Declined),
            Taken::Completed => {}
        }
        if self.disputes.iter().any(Dispute::blocks) {
            return Err(NotRefundable::Disputed);
        }
        if now >= self.created + REFUNDABLE {
            return Err(NotRefundable::TooLate);
        }
        let left = self.amount.minus(self.refunded()).filter(|left| !left.is_zero());
        let left = left.ok_or(NotRefundable::Already)?;
        let amount = amount.unwrap_or(left);
        if amount.currency() != left.currency() {
            return Err(NotRefundable::Currency);
        }
        left.minus(amount).ok_or(NotRefundable::TooMuch)?;
        self.updated = now;
        let status = if pends { RefundStatus::Pending } else { RefundStatus::Completed };
        Ok(self.refunds.push_mut(Refund {
            id: crate::ids::paypal(),
            amount,
            status,
            created: now,
            updated: now,
            invoice_id: None,
            custom_id: None,
            note_to_payer: None,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Currency;

    fn capture(taken: Taken) -> Capture {
        let now = Timestamp::UNIX_EPOCH;
        let amount = Money::eur(2_500);
        Capture {
            id: "C".into(),
            amount,
            taken,
            created: now,
            updated: now,
            completed: None,
            refunds: Vec::new(),
            disputes: Vec::new(),
        }
    }

    #[test]
    fn partial_refunds_add_up_and_no_more_goes_back_than_came() {
        let (mut capture, now) = (capture(Taken::Completed), Timestamp::UNIX_EPOCH);
        capture.refund(Some(Money::eur(1_000)), false, now).unwrap();
        assert_eq!(capture.status(), "PARTIALLY_REFUNDED");
        let refusal = capture.refund(Some(Money::eur(1_501)), false, now).unwrap_err();
        assert_eq!(refusal, NotRefundable::TooMuch);
        assert_eq!(capture.refund(None, false, now).unwrap().amount, Money::eur(1_500));
        assert_eq!(capture.status(), "REFUNDED");
        assert_eq!(capture.refund(None, false, now).unwrap_err(), NotRefundable::Already);
    }

    #[test]
    fn only_money_that_came_goes_back_and_in_its_currency() {
        let now = Timestamp::UNIX_EPOCH;
        let yen = Money::new(1, Currency::JPY).unwrap();
        assert_eq!(capture(Taken::Pending).refund(None, false, now).unwrap_err(), NotRefundable::Pending);
        assert_eq!(capture(Taken::Declined).refund(None, false, now).unwrap_err(), NotRefundable::Declined);
        let refusal = capture(Taken::Completed).refund(Some(yen), false, now).unwrap_err();
        assert_eq!(refusal, NotRefundable::Currency);
    }

    #[test]
    fn what_is_disputed_or_long_ago_does_not_go_back() {
        let (mut capture, now) = (capture(Taken::Completed), Timestamp::UNIX_EPOCH);
        let last = now + REFUNDABLE - TimeDelta::seconds(1);
        assert!(capture.refund(Some(Money::eur(1)), false, last).is_ok());
        let late = capture.refund(Some(Money::eur(1)), false, now + REFUNDABLE);
        assert_eq!(late.unwrap_err(), NotRefundable::TooLate);
        capture.dispute(Some(Money::eur(2_000)), "UNAUTHORISED", now).unwrap();
        assert_eq!(capture.refund(None, false, now).unwrap_err(), NotRefundable::Disputed);
        assert!(capture.dispute(None, "UNAUTHORISED", now).is_err());
    }

    #[test]
    fn a_pending_capture_is_decided_once() {
        let (mut capture, now) = (capture(Taken::Pending), Timestamp::UNIX_EPOCH);
        assert!(capture.decide(false, now));
        assert!(!capture.decide(true, now));
        assert_eq!(capture.status(), "DECLINED");
    }
}
