//! Webhooks, and buyers who come back from a provider.

use super::Bookings;
use crate::{
    Booking, BookingStatus, Notice, NoticeError, NoticeKey, NoticeSubject, Payment, PaymentStatus, Provider,
    ProviderError, RawNotice, Settled, Standing, ToldRefund,
};
use kernel::{BookingId, PaymentId, StoreError, transact};

/// What a webhook did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// It was handled before.
    Repeat,
    /// It is not about anything of ours, or nothing that we act on.
    Ignored,
    /// It was written down together with what follows from it.
    Applied(Settled),
    /// It told of a refund.
    Refund,
    /// It told of a dispute.
    Dispute,
}

/// Why a webhook was not taken; the provider will send it again unless it was forged.
#[derive(Debug, thiserror::Error)]
pub enum NoticeFailure {
    /// Nobody listens for this provider.
    #[error("this provider is not configured")]
    NotConfigured,
    /// It was not believed.
    #[error(transparent)]
    Notice(#[from] NoticeError),
    /// It could not be written down.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Bookings {
    /// Takes a webhook: checks it, and applies it once. When this returns `Ok` it is durable.
    ///
    /// # Errors
    /// A [`NoticeFailure`]; nothing has changed then.
    pub async fn hear(&self, provider: Provider, raw: &RawNotice) -> Result<Heard, NoticeFailure> {
        let notice = self.read(provider, raw).await?;
        let key =
            NoticeKey { provider, id: notice.id.clone(), kind: notice.kind.clone(), at: self.clock.now() };
        match &notice.subject {
            NoticeSubject::Payment { payment, session, standing } => {
                let Some((booking, payment)) = self.find(provider, *payment, session.as_deref()).await?
                else {
                    return Ok(self.only_remember(&key).await?);
                };
                Ok(self
                    .apply(booking, payment, standing, Some(&key))
                    .await?
                    .map_or(Heard::Repeat, Heard::Applied))
            }
            NoticeSubject::Refund { refund, charge, amount, standing } => {
                if let Some(ours) = *refund
                    && let Some(booking) = self.store.booking_of_refund(ours).await?
                {
                    return Ok(self.refund_told(&key, (booking, ours), standing).await?);
                }
                let Some(amount) = *amount else { return Ok(self.only_remember(&key).await?) };
                let (charge, standing) = (charge.clone(), standing.clone());
                let told = ToldRefund { refund: *refund, charge, amount, standing };
                Ok(self.refund_elsewhere_told(&key, &told).await?)
            }
            NoticeSubject::Dispute(told) => Ok(self.dispute_told(&key, told).await?),
            NoticeSubject::Other => Ok(self.only_remember(&key).await?),
        }
    }

    /// The first of the provider's accounts that recognises the signature.
    async fn read(&self, provider: Provider, raw: &RawNotice) -> Result<Notice, NoticeFailure> {
        let mut failure = NoticeFailure::NotConfigured;
        for account in self.providers.iter().filter(|have| have.provider() == provider) {
            match account.read_notice(raw).await {
                Ok(notice) => return Ok(notice),
                // "Could not be checked" outweighs "forged by this account's keys": it may be checked later.
                Err(error) if !matches!(failure, NoticeFailure::Notice(NoticeError::Unchecked(_))) => {
                    failure = error.into();
                }
                Err(_) => {}
            }
        }
        Err(failure)
    }

    async fn find(
        &self,
        provider: Provider,
        payment: Option<PaymentId>,
        session: Option<&str>,
    ) -> Result<Option<(BookingId, PaymentId)>, StoreError> {
        if let Some(payment) = payment
            && let Some(booking) = self.store.booking_of_payment(payment).await?
        {
            return Ok(Some((booking, payment)));
        }
        match session {
            Some(session) => self.store.payment_of_session(provider, session).await,
            None => Ok(None),
        }
    }

    pub(super) async fn only_remember(&self, key: &NoticeKey) -> Result<Heard, StoreError> {
        transact(self.store.begin().await?, async |tx| {
            let new = tx.remember_notice(key).await?;
            Ok::<_, StoreError>(if new { Heard::Ignored } else { Heard::Repeat })
        })
        .await
    }

    /// The buyer's browser came back: asks the provider at once instead of waiting for its webhook.
    ///
    /// Answers with the booking and the attempt as they are then, whatever the provider said.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn come_back(&self, payment: PaymentId) -> Result<Option<Booking>, StoreError> {
        let Some(id) = self.store.booking_of_payment(payment).await? else { return Ok(None) };
        let Some(booking) = self.store.booking(id).await? else { return Ok(None) };
        let Some(attempt) = booking.payment(payment).filter(|attempt| !Self::rests(attempt)) else {
            return Ok(Some(booking));
        };
        let Some(provider) = self.provider(attempt) else {
            return Ok(Some(booking));
        };
        let Some(session) = &attempt.session else { return Ok(Some(booking)) };
        if let Ok(standing) = provider.ask(session).await {
            self.apply_and_capture(&booking, attempt, &standing, (session, false)).await?;
        }
        self.store.booking(id).await
    }

    /// The booking that a payment is for, as it stands: nobody is asked, and nothing written.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn paid_for(&self, payment: PaymentId) -> Result<Option<Booking>, StoreError> {
        match self.store.booking_of_payment(payment).await? {
            Some(id) => self.store.booking(id).await,
            None => Ok(None),
        }
    }

    /// Writes down a standing; if the buyer has agreed, takes the money now instead of later. When the booking's time
    /// is `over`, a refusal ends the attempt: money moves only when we take it.
    pub(super) async fn apply_and_capture(
        &self,
        booking: &Booking,
        attempt: &Payment,
        standing: &Standing,
        (session, over): (&str, bool),
    ) -> Result<(), StoreError> {
        let settled = self.apply(booking.id, attempt.id, standing, None).await?;
        // Not when another attempt was paid meanwhile: that agreement is never taken up.
        let agreed = matches!(settled, Some(Settled::Capture { .. } | Settled::StillToCapture));
        let Some(provider) = self.provider(attempt).filter(|_| agreed) else {
            return Ok(());
        };
        if let Ok(standing) = provider.capture(attempt.id, attempt.declines, session).await {
            let ended = over && standing == Standing::Declined;
            let standing = if ended { Standing::Closed } else { standing };
            self.apply(booking.id, attempt.id, &standing, None).await?;
        }
        Ok(())
    }

    /// Takes the money that a buyer agreed to. `false` when the provider could not be asked: try again.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn capture(&self, id: BookingId, payment: PaymentId) -> Result<bool, StoreError> {
        let Some(booking) = self.store.booking(id).await? else { return Ok(true) };
        // Another attempt may have been paid meanwhile, or this one declined: its buyer would have to agree again.
        let agreed = |attempt: &&Payment| {
            booking.status == BookingStatus::PendingPayment && attempt.status == PaymentStatus::Processing
        };
        let Some(attempt) = booking.payment(payment).filter(agreed) else { return Ok(true) };
        let Some(provider) = self.provider(attempt) else { return Ok(false) };
        let Ok(Some(session)) = self.session_of(&booking, attempt).await else { return Ok(false) };
        let standing = match provider.capture(payment, attempt.declines, &session).await {
            Ok(standing) => standing,
            Err(ProviderError::Refused { .. }) => Standing::Failed,
            Err(ProviderError::Away(_) | ProviderError::Uncertain(_)) => return Ok(false),
        };
        self.apply(id, payment, &standing, None).await?;
        Ok(true)
    }
}
