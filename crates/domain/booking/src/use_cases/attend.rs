//! Watch over an unpaid booking: ask the providers, and give it up when its time is over. A lost webhook costs one
//! of these looks; a lost answer costs one more.

use super::Bookings;
use super::serve::{reclaim, serve};
use crate::{
    Booking, BookingStatus, BuyerNews, Effect, Lapse, Payment, PaymentStatus, ProviderError, Standing, books,
};
use chrono::TimeDelta;
use kernel::{BookingId, Cause, Owed, StoreError, Timestamp, transact};

/// So long after its end a page to pay on surely takes no money: Stripe's live a day at most, PayPal forgets an
/// approval after some hours.
const PAGES_LIVE: TimeDelta = TimeDelta::hours(25);

impl Bookings {
    /// Looks after a booking once. `Some(when)` to look again, `None` when there is nothing left to watch.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn attend(&self, id: BookingId) -> Result<Option<Timestamp>, StoreError> {
        let Some(booking) = self.store.booking(id).await? else { return Ok(None) };
        let now = self.clock.now();
        // Once it is paid or given up, no other attempt may bring money any more.
        let over = booking.status != BookingStatus::PendingPayment || now >= booking.pay_by;
        for payment in booking.payments.iter().filter(|payment| !Self::rests(payment)) {
            self.look_after(&booking, payment, over).await?;
        }
        if over && booking.status == BookingStatus::PendingPayment && self.give_up(id).await? {
            return Ok(None);
        }
        let Some(booking) = self.store.booking(id).await? else { return Ok(None) };
        let pending = booking.status == BookingStatus::PendingPayment;
        if !pending && booking.payments.iter().all(Self::rests) {
            return Ok(None);
        }
        let next = now + self.terms.look_again;
        if !pending || now >= booking.pay_by {
            return Ok(Some(next));
        }
        // By hand there is nobody to ask.
        let asked = booking.payments.iter().any(|it| !Self::rests(it) && !it.provider.is_by_hand());
        Ok(Some(if asked { booking.pay_by.min(next) } else { booking.pay_by }))
    }

    /// Asks about one attempt, or ends it when the booking's time is over. What cannot be asked now is asked later.
    async fn look_after(&self, booking: &Booking, payment: &Payment, over: bool) -> Result<(), StoreError> {
        if payment.provider.is_by_hand() {
            // What comes after all counts as late, like any other money.
            if over {
                self.apply(booking.id, payment.id, &Standing::Closed, None).await?;
            }
            return Ok(());
        }
        let Some(provider) = self.provider(payment) else {
            // Nobody here can ask. By then no provider's page takes money any more; if one did, it is late money.
            if self.clock.now() >= booking.pay_by + PAGES_LIVE {
                self.apply(booking.id, payment.id, &Standing::Failed, None).await?;
            }
            return Ok(());
        };
        if over && payment.session.is_none() {
            // Its address was never written down, so it was never handed out: nobody can have paid there.
            self.apply(booking.id, payment.id, &Standing::Closed, None).await?;
            return Ok(());
        }
        let session = match self.session_of(booking, payment).await {
            Ok(Some(session)) => session,
            Ok(None) | Err(ProviderError::Away(_) | ProviderError::Uncertain(_)) => return Ok(()),
            Err(ProviderError::Refused { .. }) => {
                self.apply(booking.id, payment.id, &Standing::Failed, None).await?;
                return Ok(());
            }
        };
        // What is on its way cannot be ended, only awaited.
        let end = over && payment.status != PaymentStatus::Processing;
        match if end { provider.close(&session).await } else { provider.ask(&session).await } {
            Ok(standing) => self.apply_and_capture(booking, payment, &standing, (&session, over)).await,
            // The provider does not know the session: nothing can be paid there.
            Err(ProviderError::Refused { .. }) => {
                self.apply(booking.id, payment.id, &Standing::Failed, None).await.map(|_| ())
            }
            Err(ProviderError::Away(_) | ProviderError::Uncertain(_)) => Ok(()),
        }
    }

    /// Gives an unpaid booking up if nothing can be paid any more; `true` when it is not pending afterwards.
    async fn give_up(&self, id: BookingId) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let Some(event) = self.store.booking(id).await?.map(|booking| booking.event) else { return Ok(true) };
        transact(self.store.begin().await?, async |tx| {
            let mut sales = tx.lock_sales(&[event]).await?;
            let (Some(sale), Some(mut booking)) = (sales.first_mut(), tx.lock_booking(id).await?) else {
                return Ok(true);
            };
            let before = booking.clone();
            match booking.lapse(sale, now) {
                Lapse::Expired => {
                    books::keep(tx, Some(&before), &booking, &Cause::system(), now).await?;
                    reclaim(tx, sale, now).await?;
                    serve(tx, sale, self.serving(), now).await?;
                    tx.save_sales(&sales).await?;
                    let news = Effect::TellBuyer { booking: id, news: BuyerNews::Expired };
                    tx.enqueue_booking(&[Owed::now(news, now)]).await?;
                    Ok(true)
                }
                Lapse::Settled => Ok(false),
                Lapse::TooEarly | Lapse::AskFirst(_) => Ok::<_, StoreError>(false),
            }
        })
        .await
    }
}
