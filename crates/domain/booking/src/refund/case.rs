//! Refunds that a person has to look at.

use crate::{Booking, Incident, IncidentKind, Refund, RefundStatus};
use kernel::{IncidentId, Money, PaymentId, Timestamp};

impl Booking {
    /// What went back of a charge beyond what was charged; `None` when it is no more.
    #[must_use]
    pub fn overdrawn(&self, payment: PaymentId) -> Option<Money> {
        let charged = self.payment(payment)?.paid?;
        let mut back = self.refunds.iter().filter(|it| it.payment == payment && it.counts());
        let back = back.try_fold(Money::zero(charged.currency()), |sum, it| sum.plus(it.amount))?;
        back.minus(charged).filter(|more| !more.is_zero())
    }

    /// The case that news of a refund make of it: its provider does not send it, or more of the charge went back with it
    /// than was charged. The latter happens when a refund that was taken for failed stands after all and was made again
    /// meanwhile, or when somebody sends money back on the provider's pages that was on its way already.
    #[must_use]
    pub fn refund_case(&self, before: &Self, refund: &Refund, now: Timestamp) -> Option<Incident> {
        let (kind, evidence) = if refund.status == RefundStatus::Failed {
            let why = refund.reason.as_str();
            (IncidentKind::RefundFailed, format!("the provider will not send {} back ({why})", refund.amount))
        } else {
            let more = self.overdrawn(refund.payment)?;
            if before.overdrawn(refund.payment) == Some(more) {
                return None;
            }
            (IncidentKind::Overdrawn, format!("{more} more went back than was charged"))
        };
        let (payment, refund) = (refund.payment, Some(refund.id));
        let id = IncidentId::generate(now);
        Some(Incident { id, kind, booking: self.id, payment, refund, evidence, at: now, resolved: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RefundReason;
    use crate::samples::{noon, paid};

    /// A booking over 50.00 all of which goes back, and the refund.
    fn sent_back() -> (Booking, Refund) {
        let (_, mut booking, _) = paid(10, 2);
        booking.send_back(booking.payments[0].id, RefundReason::Staff, noon());
        let refund = booking.refunds[0].clone();
        (booking, refund)
    }

    fn stands(booking: &mut Booking, refund: &Refund, status: RefundStatus) -> Option<IncidentKind> {
        let before = booking.clone();
        let news = booking.refund_stands(refund.id, status, Some("re_1"), noon()).unwrap();
        booking.refund_case(&before, &news, noon()).map(|case| case.kind)
    }

    #[test]
    fn money_that_arrives_is_no_case_and_a_failure_is() {
        let (mut booking, refund) = sent_back();
        assert_eq!(stands(&mut booking, &refund, RefundStatus::Done), None);
        let failed = stands(&mut booking, &refund, RefundStatus::Failed);
        assert_eq!(failed, Some(IncidentKind::RefundFailed));
    }

    #[test]
    fn a_refund_that_stands_after_it_was_made_again_is_a_case_once() {
        let (mut booking, refund) = sent_back();
        booking.refund_stands(refund.id, RefundStatus::Failed, None, noon());
        let again = booking.refund_again(refund.id, None, noon()).unwrap();
        assert_eq!(stands(&mut booking, &refund, RefundStatus::InTransit), Some(IncidentKind::Overdrawn));
        assert_eq!(booking.overdrawn(refund.payment), Some(Money::eur(5_000)));
        assert_eq!(stands(&mut booking, &refund, RefundStatus::Done), None, "it is known");
        let before = booking.clone();
        let news = booking.refund_stands(again, RefundStatus::Done, Some("re_2"), noon()).unwrap();
        assert_eq!(booking.refund_case(&before, &news, noon()), None);
    }
}
