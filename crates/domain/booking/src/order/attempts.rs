//! Attempts to pay a booking, of which there may be many.

use crate::{Booking, Charge, IncidentKind, Payment, PaymentChoice, PaymentStatus, Provider, Terms, Till};
use kernel::{PaymentId, Timestamp};

impl Booking {
    /// A transfer takes days: its places are kept longer, counted from the confirmation, but not beyond the start.
    pub(crate) fn wait_for_transfer(&mut self, provider: Provider, starts_at: Timestamp, terms: Terms) {
        if let (Provider::BankTransfer, Some(transfer)) = (provider, terms.transfer) {
            self.pay_by = self.pay_by.max((self.created_at + transfer).min(starts_at));
        }
    }

    pub(crate) fn attempt(&mut self, choice: &PaymentChoice, till: &Till, now: Timestamp) -> PaymentId {
        let (id, attempt) = (PaymentId::generate(now), self.next_attempt());
        self.payments.push(Payment {
            id,
            attempt,
            provider: till.provider,
            account: till.account.clone(),
            live: till.live,
            amount: self.total,
            // By hand there is nothing to open.
            status: if till.provider.is_by_hand() { PaymentStatus::Open } else { PaymentStatus::Created },
            session: None,
            charge: None,
            paid: None,
            charged_at: None,
            checkout_url: None,
            success_url: choice.success_url.clone(),
            cancel_url: choice.cancel_url.clone(),
            problem: None,
            declines: 0,
            created_at: now,
            changed_at: now,
        });
        id
    }

    /// Keeps a charge that came through an attempt which had been charged before, as an attempt of its own that a
    /// person has to decide about. `None` when it is known.
    pub(crate) fn charged_again(
        &mut self,
        like: PaymentId,
        charge: &Charge,
        now: Timestamp,
    ) -> Option<PaymentId> {
        let like = self.payment(like)?.clone();
        let known = |payment: &Payment| payment.charge.as_ref() == Some(&charge.reference);
        if self.payments.iter().any(known) {
            return None;
        }
        let (id, attempt) = (PaymentId::generate(now), self.next_attempt());
        self.payments.push(Payment {
            id,
            attempt,
            live: charge.live,
            amount: charge.amount,
            status: PaymentStatus::Mismatched,
            session: None,
            charge: Some(charge.reference.clone()),
            paid: Some(charge.amount),
            charged_at: Some(now),
            checkout_url: None,
            problem: Some(IncidentKind::SecondCharge.as_str().to_owned()),
            created_at: now,
            changed_at: now,
            ..like
        });
        Some(id)
    }

    fn next_attempt(&self) -> u32 {
        self.payments.iter().map(|payment| payment.attempt).max().unwrap_or(0) + 1
    }
}
