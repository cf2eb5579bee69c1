//! What was charged for a booking, what went back of it, and what is left.

use crate::{Booking, PaymentStatus, Refund, RefundReason, RefundStatus};
use kernel::{Money, PaymentId, RefundId, Timestamp};

impl Booking {
    /// Money that is ours: what was charged as it should be, less what of that went or goes back.
    #[must_use]
    pub fn paid(&self) -> Money {
        let paid = self.payments.iter().filter(|payment| payment.status == PaymentStatus::Paid);
        sum(self.total, paid.map(|payment| self.refundable(payment.id)))
    }

    /// The sum of all charges.
    #[must_use]
    pub fn charged(&self) -> Money {
        sum(
            self.total,
            self.payments.iter().filter(|p| p.status == PaymentStatus::Paid).filter_map(|p| p.paid),
        )
    }

    /// The sum of all refunds that have not failed: those on their way count.
    #[must_use]
    pub fn refunded(&self) -> Money {
        sum(self.total, self.refunds.iter().filter(|r| r.status != RefundStatus::Failed).map(|r| r.amount))
    }

    /// What of one charge has not gone back.
    #[must_use]
    pub fn refundable(&self, payment: PaymentId) -> Money {
        let nothing = Money::zero(self.total.currency());
        let charged = self.payment(payment).and_then(|payment| payment.paid).unwrap_or(nothing);
        let back = self.refunds.iter().filter(|r| r.payment == payment && r.status != RefundStatus::Failed);
        charged.minus(sum(charged, back.map(|r| r.amount))).unwrap_or(nothing)
    }

    /// Notes how a refund stands. Nothing becomes uncertain once the provider has accepted it. A bank may return what
    /// was done, so a failure outweighs it; and the provider's own word, which names the refund, outweighs a failure
    /// that we only concluded. Answers with the refund when something changed.
    pub fn refund_stands(
        &mut self,
        id: RefundId,
        status: RefundStatus,
        reference: Option<&str>,
        now: Timestamp,
    ) -> Option<Refund> {
        let refund = self.refunds.iter_mut().find(|refund| refund.id == id)?;
        let rank = |status| match status {
            RefundStatus::Created => 0,
            RefundStatus::Uncertain => 1,
            RefundStatus::InTransit => 2,
            RefundStatus::Done => 3,
            RefundStatus::Failed => 4,
        };
        let learns = refund.reference.is_none() && reference.is_some();
        if rank(status) <= rank(refund.status) && !learns {
            return None;
        }
        if rank(status) > rank(refund.status) || learns {
            refund.status = status;
        }
        refund.reference = refund.reference.take().or_else(|| reference.map(str::to_owned));
        refund.changed_at = now;
        Some(refund.clone())
    }

    /// Sends all that is left of a charge back; `None` when nothing is left.
    pub(crate) fn send_back(
        &mut self,
        payment: PaymentId,
        reason: RefundReason,
        now: Timestamp,
    ) -> Option<RefundId> {
        let amount = self.refundable(payment);
        if amount.is_zero() {
            return None;
        }
        let refund = Refund::new(payment, amount, reason, now);
        let id = refund.id;
        self.refunds.push(refund);
        Some(id)
    }
}

fn sum(like: Money, amounts: impl Iterator<Item = Money>) -> Money {
    amounts.fold(Money::zero(like.currency()), |sum, amount| sum.plus(amount).unwrap_or(sum))
}
