//! Opening a checkout at a provider, and writing down what providers say.

use super::Bookings;
use super::office::{already, follow};
use super::serve::{Aside, others_first};
use crate::{
    Booking, BookingStatus, CheckoutOrder, NoticeKey, Opened, Payment, PaymentProvider, PaymentStatus,
    ProviderError, Settled, Standing, books, settle,
};
use kernel::{BookingId, Cause, PaymentId, StoreError, transact};
use std::sync::Arc;

impl Bookings {
    /// Opens a checkout for an attempt whose row exists, and hands back the booking as it is then.
    ///
    /// Whatever goes wrong here is left to the watch over the booking: the URL of a checkout that could not be
    /// written down is never handed out.
    pub(super) async fn open_checkout(&self, booking: Booking, payment: PaymentId) -> Booking {
        let Some((provider, order)) = self.order(&booking, payment) else { return booking };
        match provider.open(&order).await {
            Ok(opened) => {
                if let Ok(Some(kept)) = self.keep_opened(booking.id, payment, &opened).await {
                    return kept;
                }
                let standing = provider.close(&opened.session).await.unwrap_or(Standing::Open);
                self.note(booking, payment, &standing).await
            }
            Err(ProviderError::Refused { .. }) => self.note(booking, payment, &Standing::Failed).await,
            Err(ProviderError::Away(_) | ProviderError::Uncertain(_)) => booking,
        }
    }

    /// Applies a standing and answers with what the store has then, or with what we had.
    async fn note(&self, booking: Booking, payment: PaymentId, standing: &Standing) -> Booking {
        let id = booking.id;
        match self.apply(id, payment, standing, None).await {
            Ok(_) => self.store.booking(id).await.ok().flatten().unwrap_or(booking),
            Err(_) => booking,
        }
    }

    fn order(
        &self,
        booking: &Booking,
        payment: PaymentId,
    ) -> Option<(Arc<dyn PaymentProvider>, CheckoutOrder)> {
        let attempt = booking.payment(payment)?;
        let provider = self.provider(attempt)?.clone();
        let back = format!("{}/{}/return", self.pages.returns, attempt.id);
        let order = CheckoutOrder {
            payment: attempt.id,
            booking: booking.id,
            reference: booking.reference.to_string(),
            description: format!("{} {}", self.pages.name, booking.reference),
            amount: attempt.amount,
            cancel_url: format!("{back}?left=true"),
            return_url: back,
            expires_at: booking.pay_by,
        };
        Some((provider, order))
    }

    /// `None` when nobody may pay it any more.
    async fn keep_opened(
        &self,
        id: BookingId,
        payment: PaymentId,
        opened: &Opened,
    ) -> Result<Option<Booking>, StoreError> {
        let now = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            let Some(mut booking) = tx.lock_booking(id).await? else { return Ok(None) };
            let before = booking.clone();
            let payable = booking.opened(payment, &opened.session, &opened.checkout_url, now);
            books::keep(tx, Some(&before), &booking, &Cause::system(), now).await?;
            Ok::<_, StoreError>(payable.then_some(booking))
        })
        .await
    }

    /// The provider's name for an attempt's checkout; asks for it again, under the same key, when it was lost.
    pub(super) async fn session_of(
        &self,
        booking: &Booking,
        payment: &Payment,
    ) -> Result<Option<String>, ProviderError> {
        if let Some(session) = &payment.session {
            return Ok(Some(session.clone()));
        }
        let Some((provider, order)) = self.order(booking, payment.id) else { return Ok(None) };
        let opened = provider.open(&order).await?;
        // If this cannot be written either, the next look finds the same session again.
        let _ = self.keep_opened(booking.id, payment.id, &opened).await;
        Ok(Some(opened.session))
    }

    /// Writes down what a provider says of an attempt, with all that follows from it, once per notice.
    ///
    /// `None` when the notice was handled before or the booking is unknown.
    pub(super) async fn apply(
        &self,
        id: BookingId,
        payment: PaymentId,
        standing: &Standing,
        notice: Option<&NoticeKey>,
    ) -> Result<Option<Settled>, StoreError> {
        let now = self.clock.now();
        let Some(event) = self.store.booking(id).await?.map(|booking| booking.event) else { return Ok(None) };
        transact(self.store.begin().await?, async |tx| {
            if let Some(notice) = notice
                && !tx.remember_notice(notice).await?
            {
                return Ok(None);
            }
            let mut sales = tx.lock_sales(&[event]).await?;
            let (Some(sale), Some(mut booking)) = (sales.first_mut(), tx.lock_booking(id).await?) else {
                return Ok(None);
            };
            let (sold, before) = (sale.clone(), booking.clone());
            let aside = match booking.status {
                BookingStatus::Expired => others_first(tx, sale, self.serving(), now).await?,
                _ => Aside::default(),
            };
            let already = already(tx, &booking, sale, (&self.plans, &aside), now).await?;
            let settled = settle(&mut booking, sale, payment, (standing, &already), now);
            aside.put_back(sale);
            if matches!(settled, Settled::Unchanged | Settled::StillToCapture) {
                if *sale != sold {
                    tx.save_sales(std::slice::from_ref(sale)).await?;
                }
                return Ok(Some(settled));
            }
            books::keep(tx, Some(&before), &booking, &told_by(notice), now).await?;
            follow(tx, (&booking, payment), (&sold, sale), &settled, now).await?;
            Ok::<_, StoreError>(Some(settled))
        })
        .await
    }

    /// Whether an attempt has come to rest.
    pub(super) fn rests(payment: &Payment) -> bool {
        !matches!(payment.status, PaymentStatus::Created | PaymentStatus::Open | PaymentStatus::Processing)
    }
}

/// Whom a change goes back to that somebody told of.
pub(super) fn told_by(notice: Option<&NoticeKey>) -> Cause {
    notice.map_or(Cause::system(), |notice| Cause::provider(notice.provider.as_str(), None))
}
