//! What a buyer is to know about money that did not come as it should: what came of it stands on the booking.

use crate::{Booking, DisputeStatus, Payment, PaymentStatus, RefundReason, RefundStatus};
use kernel::{Money, PaymentId, RefundId, Timestamp};

/// What is to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteKind {
    /// It was paid after its time, and the places were still there.
    PaidLate,
    /// It was paid after its time and the places were gone: the money goes back.
    PaidTooLate,
    /// It was paid more than once: what came again goes back.
    PaidTwice,
    /// Something else came than was asked for: a person decides.
    UnderReview,
    /// Something else came than was asked for, and it goes back.
    SentBack,
    /// The provider could not send the money back: a person sees to it.
    RefundDelayed,
    /// A bank was asked for the money: until it has decided, nothing of it is refunded.
    Disputed,
    /// The bank took the money back.
    DisputeLost,
}

impl NoteKind {
    /// As shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PaidLate => "paid_late",
            Self::PaidTooLate => "paid_too_late",
            Self::PaidTwice => "paid_twice",
            Self::UnderReview => "payment_under_review",
            Self::SentBack => "payment_sent_back",
            Self::RefundDelayed => "refund_delayed",
            Self::Disputed => "payment_disputed",
            Self::DisputeLost => "dispute_lost",
        }
    }
}

/// Something about a charge or a refund that a buyer is to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What.
    pub kind: NoteKind,
    /// Which attempt.
    pub payment: PaymentId,
    /// Which refund, when it is about one.
    pub refund: Option<RefundId>,
    /// How much.
    pub amount: Money,
    /// Since when.
    pub at: Timestamp,
}

/// All that is to be known about a booking's money; each charge has at most one outcome, beside what a bank decides.
#[must_use]
pub fn notes(booking: &Booking) -> Vec<Note> {
    let charges = booking.payments.iter().filter_map(|payment| {
        let (kind, amount) = (of_charge(booking, payment)?, payment.paid?);
        Some(Note { kind, payment: payment.id, refund: None, amount, at: payment.changed_at })
    });
    let again = |id| booking.refunds.iter().any(|refund| refund.again == Some(id));
    let failed = booking.refunds.iter().filter(|it| it.status == RefundStatus::Failed && !again(it.id));
    let refunds = failed.map(|refund| Note {
        kind: NoteKind::RefundDelayed,
        payment: refund.payment,
        refund: Some(refund.id),
        amount: refund.amount,
        at: refund.changed_at,
    });
    let disputes = booking.disputes.iter().filter_map(|dispute| {
        let kind = match dispute.status {
            DisputeStatus::Open => NoteKind::Disputed,
            DisputeStatus::Lost => NoteKind::DisputeLost,
            DisputeStatus::Won => return None,
        };
        let (payment, amount, at) = (dispute.payment, dispute.amount, dispute.changed_at);
        Some(Note { kind, payment, refund: None, amount, at })
    });
    charges.chain(refunds).chain(disputes).collect()
}

fn of_charge(booking: &Booking, payment: &Payment) -> Option<NoteKind> {
    payment.charge.as_ref()?;
    if payment.status == PaymentStatus::Mismatched {
        let left = booking.refundable(payment.id);
        return Some(if left.is_zero() { NoteKind::SentBack } else { NoteKind::UnderReview });
    }
    if booking.paid_by == Some(payment.id) {
        return (payment.came_at() >= Some(booking.pay_by)).then_some(NoteKind::PaidLate);
    }
    let too_late = |reason| reason == RefundReason::NoPlaces;
    let late = booking.refunds.iter().any(|refund| refund.payment == payment.id && too_late(refund.reason));
    Some(if late { NoteKind::PaidTooLate } else { NoteKind::PaidTwice })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{choice, held, noon, till, unpaid};
    use crate::{Charge, Holdings, Lapse, Provider, Sale, Standing, settle};
    use chrono::TimeDelta;

    fn charge(booking: &mut Booking, sale: &mut Sale, attempt: usize, cents: u32, late: bool) {
        let reference = format!("charge-{attempt}");
        let paid = Standing::Paid(Charge { reference, amount: Money::eur(cents), live: false });
        let (id, now) = (booking.payments[attempt].id, noon() + TimeDelta::hours(i64::from(late)));
        drop(settle(booking, sale, id, (&paid, &Holdings::default()), now));
    }

    fn kinds(booking: &Booking) -> Vec<NoteKind> {
        notes(booking).iter().map(|note| note.kind).collect()
    }

    #[test]
    fn what_came_as_it_should_needs_no_words() {
        let (mut sale, mut booking) = unpaid(10, 1);
        assert_eq!(kinds(&booking), []);
        charge(&mut booking, &mut sale, 0, 2500, false);
        assert_eq!(kinds(&booking), []);
    }

    #[test]
    fn what_came_twice_is_told() {
        let (mut sale, mut booking) = unpaid(10, 1);
        booking.pay(&choice(Provider::Paypal), &till(Provider::Paypal), noon()).unwrap();
        charge(&mut booking, &mut sale, 0, 2500, false);
        charge(&mut booking, &mut sale, 1, 2500, false);
        assert_eq!(kinds(&booking), [NoteKind::PaidTwice]);
        let refund = booking.refunds[0].id;
        booking.refund_stands(refund, RefundStatus::Failed, None, noon());
        assert_eq!(kinds(&booking), [NoteKind::PaidTwice, NoteKind::RefundDelayed]);
    }

    #[test]
    fn what_came_late_is_told_with_what_came_of_it() {
        for (crowded, expected) in [(false, NoteKind::PaidLate), (true, NoteKind::PaidTooLate)] {
            let (mut sale, mut booking) = unpaid(1, 1);
            booking.payments[0].status = PaymentStatus::Closed;
            let by = booking.pay_by;
            assert_eq!(booking.lapse(&mut sale, by), Lapse::Expired);
            if crowded {
                held(&mut sale, 1);
            }
            charge(&mut booking, &mut sale, 0, 2500, true);
            assert_eq!(kinds(&booking), [expected]);
        }
    }

    #[test]
    fn another_amount_is_under_review_until_it_goes_back() {
        let (mut sale, mut booking) = unpaid(10, 1);
        charge(&mut booking, &mut sale, 0, 2400, false);
        assert_eq!(kinds(&booking), [NoteKind::UnderReview]);
        let payment = booking.payments[0].id;
        booking.send_back(payment, RefundReason::Staff, noon()).unwrap();
        assert_eq!(kinds(&booking), [NoteKind::SentBack]);
    }
}
