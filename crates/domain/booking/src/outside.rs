//! What happens without us: money that somebody sent back on a provider's own pages, and how we come to know.

use crate::{Booking, Refund, RefundReason, Till, ToldRefund};
use kernel::{BookingId, EffectId, PaymentId, Timestamp};
use serde::{Deserialize, Serialize};

/// How far we have looked at an account of a provider for what nobody told us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// Which account.
    pub till: Till,
    /// When the last look began.
    pub looked_at: Timestamp,
    /// Everything before this was seen; `None` before the first look.
    pub until: Option<Timestamp>,
}

/// A mail about a booking that a mail server took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The work that it was sent for; one mail each.
    pub effect: EffectId,
    /// About which booking.
    pub booking: BookingId,
    /// What it said: `tickets`, or the news it brought.
    pub what: String,
    /// When the server took it.
    pub at: Timestamp,
}

impl Booking {
    /// Notes a refund of this charge as the provider tells it, whoever made it. One of ours is known by our id, any
    /// other by the provider's name for it, so that however often and by whatever way it is told, it is noted once.
    /// Tickets stay as they are: what the money was sent back for is not known here. Answers with the refund when
    /// something is new.
    pub fn refund_told(&mut self, payment: PaymentId, told: &ToldRefund, now: Timestamp) -> Option<Refund> {
        self.payment(payment)?.charge.as_ref()?;
        let reference = told.standing.reference.as_str();
        let known = self.refunds.iter().find(|refund| {
            Some(refund.id) == told.refund
                || (refund.payment == payment && refund.reference.as_deref() == Some(reference))
        });
        if let Some(id) = known.map(|refund| refund.id) {
            return self.refund_stands(id, told.standing.status, Some(reference), now);
        }
        if told.amount.is_zero() {
            return None;
        }
        // One that is first heard of as failed is noted as well: word of its beginning may come after that of its end.
        let refund = Refund {
            status: told.standing.status,
            reference: Some(reference.to_owned()),
            ..Refund::new(payment, told.amount, RefundReason::External, now)
        };
        self.refunds.push(refund.clone());
        Some(refund)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{noon, unpaid};
    use crate::{Charge, Holdings, PaymentStatus, RefundStanding, RefundStatus, Settled, Standing, settle};
    use kernel::Money;

    fn paid() -> (Booking, PaymentId) {
        let (mut sale, mut booking) = unpaid(10, 2);
        let payment = booking.payments[0].id;
        let charge = Charge { reference: "pi_1".into(), amount: Money::eur(5_000), live: false };
        let paid = Standing::Paid(charge);
        let settled = settle(&mut booking, &mut sale, payment, (&paid, &Holdings::default()), noon());
        assert!(matches!(settled, Settled::Confirmed(_)));
        (booking, payment)
    }

    fn told(reference: &str, cents: u32, status: RefundStatus) -> ToldRefund {
        ToldRefund {
            refund: None,
            charge: "pi_1".into(),
            amount: Money::eur(cents),
            standing: RefundStanding { reference: reference.into(), status },
        }
    }

    #[test]
    fn a_refund_made_outside_is_noted_once_and_leaves_the_booking_confirmed() {
        let (mut booking, payment) = paid();
        let before = booking.status;
        let one = told("re_1", 1_000, RefundStatus::Done);
        let noted = booking.refund_told(payment, &one, noon()).unwrap();
        assert_eq!((noted.reason, noted.amount), (RefundReason::External, Money::eur(1_000)));
        assert_eq!(booking.refund_told(payment, &one, noon()), None);
        assert_eq!((booking.refunds.len(), booking.status), (1, before));
        assert_eq!(booking.refundable(payment), Money::eur(4_000));
        assert_eq!(booking.payments[0].status, PaymentStatus::Paid);
    }

    #[test]
    fn two_equal_amounts_are_two_refunds() {
        let (mut booking, payment) = paid();
        for reference in ["re_1", "re_2"] {
            booking.refund_told(payment, &told(reference, 1_000, RefundStatus::Done), noon()).unwrap();
        }
        assert_eq!(booking.refunded(), Money::eur(2_000));
    }

    #[test]
    fn our_own_refund_told_before_its_answer_is_no_second_one() {
        let (mut booking, payment) = paid();
        let ours = booking.send_back(payment, RefundReason::Overpaid, noon()).unwrap();
        let word = ToldRefund { refund: Some(ours), ..told("re_1", 5_000, RefundStatus::Done) };
        let noted = booking.refund_told(payment, &word, noon()).unwrap();
        assert_eq!((noted.id, noted.status), (ours, RefundStatus::Done));
        // The answer to our own call comes last and says the same.
        assert_eq!(booking.refund_stands(ours, RefundStatus::Done, Some("re_1"), noon()), None);
        // And a list that forgot our id knows it by its name.
        assert_eq!(booking.refund_told(payment, &told("re_1", 5_000, RefundStatus::Done), noon()), None);
        assert_eq!(booking.refunds.len(), 1);
    }

    #[test]
    fn what_failed_stays_failed_in_whatever_order_it_is_told() {
        use RefundStatus::{Done, Failed, InTransit};
        for order in [[Failed, InTransit, Done], [InTransit, Failed, Done], [InTransit, Done, Failed]] {
            let (mut booking, payment) = paid();
            for status in order {
                booking.refund_told(payment, &told("re_1", 1_000, status), noon());
            }
            assert_eq!((booking.refunds.len(), booking.refunds[0].status), (1, Failed), "{order:?}");
            assert_eq!(booking.refundable(payment), Money::eur(5_000), "{order:?}");
        }
    }
}
