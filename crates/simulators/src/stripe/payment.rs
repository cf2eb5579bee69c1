//! The money: PaymentIntent, Charge, Refund, and what may happen to them.

use super::dispute::Dispute;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Names and texts that the shop attached.
pub(crate) type Metadata = BTreeMap<String, String>;

/// How far a payment is. Stripe has more; a Checkout Session's payment knows these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum IntentStatus {
    RequiresPaymentMethod,
    Processing,
    Succeeded,
    Canceled,
}

/// A PaymentIntent with its charges, the latest last.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Intent {
    pub id: String,
    /// Seconds since 1970, as all of Stripe's instants.
    pub created: i64,
    pub status: IntentStatus,
    pub amount: i64,
    /// In lower case.
    pub currency: String,
    pub metadata: Metadata,
    pub description: Option<String>,
    pub receipt_email: Option<String>,
    pub canceled_at: Option<i64>,
    pub charges: Vec<Charge>,
}

/// What became of one try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChargeStatus {
    Pending,
    Succeeded,
    Failed,
}

/// One try to take the money.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Charge {
    pub id: String,
    pub balance_transaction: String,
    pub created: i64,
    pub amount: i64,
    pub status: ChargeStatus,
    /// When a pending one was decided.
    #[serde(default)]
    pub settled: Option<i64>,
    pub refunds: Vec<Refund>,
    #[serde(default)]
    pub disputes: Vec<Dispute>,
}

/// How far a refund is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RefundStatus {
    Pending,
    Succeeded,
    Failed,
}

/// Money that goes back.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Refund {
    pub id: String,
    pub balance_transaction: String,
    pub created: i64,
    pub amount: i64,
    pub status: RefundStatus,
    /// When a pending one was decided.
    #[serde(default)]
    pub settled: Option<i64>,
    pub reason: Option<String>,
    pub metadata: Metadata,
}

/// Why nothing is refunded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotRefundable {
    /// All of it went back before.
    Already,
    /// More than this is not left.
    TooMuch { left: i64 },
    /// A bank has taken it back, or is about to.
    Disputed,
}

/// Why nothing is disputed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotDisputable {
    /// A dispute of it is open, or was lost.
    Already,
}

impl Intent {
    /// The last try.
    pub(crate) fn latest_charge(&self) -> Option<&Charge> {
        self.charges.last()
    }

    /// The try that took the money.
    pub(crate) fn paid_charge(&self) -> Option<&Charge> {
        self.charges.iter().rev().find(|charge| charge.status == ChargeStatus::Succeeded)
    }

    /// The same, to refund it.
    pub(crate) fn paid_charge_mut(&mut self) -> Option<&mut Charge> {
        self.charges.iter_mut().rev().find(|charge| charge.status == ChargeStatus::Succeeded)
    }

    /// What was received.
    pub(crate) fn received(&self) -> i64 {
        if self.status == IntentStatus::Succeeded { self.amount } else { 0 }
    }

    /// Adds a try that came out like this; a pending one is decided by [`Self::decide`].
    pub(crate) fn charge(&mut self, status: ChargeStatus, created: i64) {
        self.charges.push(Charge {
            id: crate::ids::stripe("ch"),
            balance_transaction: crate::ids::stripe("txn"),
            created,
            amount: self.amount,
            status,
            settled: None,
            refunds: Vec::new(),
            disputes: Vec::new(),
        });
        self.status = match status {
            ChargeStatus::Pending => IntentStatus::Processing,
            ChargeStatus::Succeeded => IntentStatus::Succeeded,
            ChargeStatus::Failed => IntentStatus::RequiresPaymentMethod,
        };
    }

    /// Decides a payment that is being processed; `false` when there is nothing to decide.
    pub(crate) fn decide(&mut self, succeeds: bool, now: i64) -> bool {
        if self.status != IntentStatus::Processing {
            return false;
        }
        if let Some(charge) = self.charges.last_mut() {
            charge.status = if succeeds { ChargeStatus::Succeeded } else { ChargeStatus::Failed };
            charge.settled = Some(now);
        }
        self.status = if succeeds { IntentStatus::Succeeded } else { IntentStatus::RequiresPaymentMethod };
        true
    }

    /// Gives up a payment that never came.
    pub(crate) fn cancel(&mut self, now: i64) {
        if self.status == IntentStatus::RequiresPaymentMethod {
            self.status = IntentStatus::Canceled;
            self.canceled_at = Some(now);
        }
    }
}

impl Charge {
    /// What went or is going back.
    pub(crate) fn refunded(&self) -> i64 {
        let counted = self.refunds.iter().filter(|refund| refund.status != RefundStatus::Failed);
        counted.map(|refund| refund.amount).sum()
    }

    /// A bank takes `amount` back, or all of it.
    ///
    /// # Errors
    /// [`NotDisputable`]; nothing has changed then.
    pub(crate) fn dispute(
        &mut self,
        amount: Option<i64>,
        reason: &str,
        now: i64,
    ) -> Result<&mut Dispute, NotDisputable> {
        if self.disputes.iter().any(Dispute::blocks) {
            return Err(NotDisputable::Already);
        }
        Ok(self.disputes.push_mut(Dispute::open(amount.unwrap_or(self.amount), reason, now)))
    }

    /// Refunds `amount`, or all that is left.
    ///
    /// # Errors
    /// [`NotRefundable`]; nothing has changed then.
    pub(crate) fn refund(
        &mut self,
        amount: Option<i64>,
        pends: bool,
        created: i64,
    ) -> Result<&mut Refund, NotRefundable> {
        if self.disputes.iter().any(Dispute::blocks) {
            return Err(NotRefundable::Disputed);
        }
        let left = self.amount - self.refunded();
        if left <= 0 {
            return Err(NotRefundable::Already);
        }
        let amount = amount.unwrap_or(left);
        if amount > left {
            return Err(NotRefundable::TooMuch { left });
        }
        let status = if pends { RefundStatus::Pending } else { RefundStatus::Succeeded };
        let refund = Refund {
            id: crate::ids::stripe("re"),
            balance_transaction: crate::ids::stripe("txn"),
            created,
            amount,
            status,
            settled: None,
            reason: None,
            metadata: Metadata::new(),
        };
        Ok(self.refunds.push_mut(refund))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intent() -> Intent {
        Intent {
            id: "pi_1".into(),
            created: 0,
            status: IntentStatus::RequiresPaymentMethod,
            amount: 2_500,
            currency: "eur".into(),
            metadata: Metadata::new(),
            description: None,
            receipt_email: None,
            canceled_at: None,
            charges: Vec::new(),
        }
    }

    #[test]
    fn a_declined_payment_can_be_tried_again() {
        let mut intent = intent();
        intent.charge(ChargeStatus::Failed, 1);
        assert_eq!((intent.status, intent.received()), (IntentStatus::RequiresPaymentMethod, 0));
        intent.charge(ChargeStatus::Succeeded, 2);
        assert_eq!((intent.status, intent.received()), (IntentStatus::Succeeded, 2_500));
        assert_eq!(intent.paid_charge().unwrap().id, intent.latest_charge().unwrap().id);
    }

    #[test]
    fn a_pending_payment_is_decided_once() {
        let mut intent = intent();
        intent.charge(ChargeStatus::Pending, 1);
        assert!(intent.paid_charge().is_none());
        assert!(intent.decide(true, 2));
        assert!(!intent.decide(false, 3));
        assert_eq!(intent.received(), 2_500);
    }

    #[test]
    fn no_more_is_refunded_than_was_paid() {
        let mut intent = intent();
        intent.charge(ChargeStatus::Succeeded, 1);
        let charge = intent.paid_charge_mut().unwrap();
        assert_eq!(charge.refund(Some(1_000), false, 2).unwrap().amount, 1_000);
        assert_eq!(charge.refund(Some(1_501), false, 2).unwrap_err(), NotRefundable::TooMuch { left: 1_500 });
        assert_eq!(charge.refund(None, true, 2).unwrap().amount, 1_500);
        assert_eq!(charge.refund(Some(1), false, 2).unwrap_err(), NotRefundable::Already);
        assert_eq!(charge.refunded(), 2_500);
    }

    #[test]
    fn what_is_disputed_is_not_refunded_until_that_is_won() {
        let mut intent = intent();
        intent.charge(ChargeStatus::Succeeded, 1);
        let charge = intent.paid_charge_mut().unwrap();
        charge.dispute(Some(2_000), "fraudulent", 2).unwrap();
        assert!(charge.dispute(None, "fraudulent", 2).is_err());
        assert_eq!(charge.refund(None, false, 3).unwrap_err(), NotRefundable::Disputed);
        charge.disputes[0].close(true, 4);
        assert!(charge.refund(None, false, 5).is_ok());
    }

    #[test]
    fn a_failed_refund_can_be_made_again() {
        let mut intent = intent();
        intent.charge(ChargeStatus::Succeeded, 1);
        let charge = intent.paid_charge_mut().unwrap();
        charge.refund(None, true, 2).unwrap().status = RefundStatus::Failed;
        assert!(charge.refund(None, false, 3).is_ok());
    }
}
