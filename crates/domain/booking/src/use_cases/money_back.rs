//! Send money back, once, and learn how it went.

use super::checkout::told_by;
use super::{Bookings, Heard};
use crate::{
    Booking, Effect, Incident, NoticeKey, ProviderError, Refund, RefundOrder, RefundStanding, RefundStatus,
    books,
};
use chrono::TimeDelta;
use kernel::{BookingId, Owed, RefundId, StoreError, Timestamp, transact};

/// So long providers surely remember our keys: after that a refund that may have been sent is asked for first.
const KEYS_LIVE: TimeDelta = TimeDelta::hours(1);
/// Between two looks at a refund that the provider has accepted.
const IN_TRANSIT: TimeDelta = TimeDelta::hours(1);

impl Bookings {
    /// Brings a refund one step further. `Some(when)` to look again, `None` when it has come to rest.
    ///
    /// A refund whose answer was lost is asked for; it is sent again, under the same key, only when the provider
    /// says that it knows of none.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn send_money_back(
        &self,
        id: BookingId,
        refund: RefundId,
    ) -> Result<Option<Timestamp>, StoreError> {
        let now = self.clock.now();
        let Some(booking) = self.store.booking(id).await? else { return Ok(None) };
        let Some(entry) = booking.refunds.iter().find(|entry| entry.id == refund) else { return Ok(None) };
        let Some((order, provider)) = refund_order(&booking, entry).and_then(|order| {
            let payment = booking.payment(entry.payment)?;
            Some((order, self.provider(payment)?))
        }) else {
            // By hand, somebody sends it and says so.
            let by_hand = booking.payment(entry.payment).is_some_and(|it| it.provider.is_by_hand());
            return Ok((!by_hand).then_some(now + IN_TRANSIT));
        };
        // A buyer who asks the bank for the money must not have it twice.
        let disputed = booking.is_disputed(entry.payment);
        let answer = match entry.status {
            RefundStatus::Done | RefundStatus::Failed => return Ok(None),
            RefundStatus::Created if booking.lost_dispute(entry.payment) => {
                Err(ProviderError::Refused { code: "dispute_lost".into() })
            }
            RefundStatus::Created if disputed => return Ok(Some(now + IN_TRANSIT)),
            RefundStatus::Created if now - entry.created_at < KEYS_LIVE => provider.refund(&order).await,
            RefundStatus::Created | RefundStatus::InTransit | RefundStatus::Uncertain => {
                match provider.find_refund(&order).await {
                    Ok(Some(standing)) => Ok(standing),
                    // What the provider has named before it has; that it does not find it is no reason to send it again.
                    Ok(None) if disputed || entry.reference.is_some() => return Ok(Some(now + IN_TRANSIT)),
                    Ok(None) => provider.refund(&order).await,
                    // It refuses to be asked, which says nothing of the refund: a person sees it among what is stuck.
                    Err(ProviderError::Refused { .. }) => return Ok(Some(now + IN_TRANSIT)),
                    Err(error) => Err(error),
                }
            }
        };
        let status = match answer {
            Ok(standing) => {
                self.refund_stands(id, refund, Some(&standing), standing.status, None).await?;
                standing.status
            }
            Err(ProviderError::Refused { .. }) => {
                self.refund_stands(id, refund, None, RefundStatus::Failed, None).await?;
                RefundStatus::Failed
            }
            Err(ProviderError::Uncertain(_)) => {
                self.refund_stands(id, refund, None, RefundStatus::Uncertain, None).await?;
                RefundStatus::Uncertain
            }
            Err(ProviderError::Away(_)) => entry.status,
        };
        Ok(match status {
            RefundStatus::Done | RefundStatus::Failed => None,
            RefundStatus::InTransit => Some(now + IN_TRANSIT),
            RefundStatus::Created | RefundStatus::Uncertain => Some(now + self.terms.look_again),
        })
    }

    /// A webhook tells of a refund of ours.
    pub(super) async fn refund_told(
        &self,
        key: &NoticeKey,
        (booking, refund): (BookingId, RefundId),
        standing: &RefundStanding,
    ) -> Result<Heard, StoreError> {
        let new = self.refund_stands(booking, refund, Some(standing), standing.status, Some(key)).await?;
        Ok(if new { Heard::Refund } else { Heard::Repeat })
    }

    /// Writes down how a refund stands; `false` when the notice was handled before.
    async fn refund_stands(
        &self,
        id: BookingId,
        refund: RefundId,
        told: Option<&RefundStanding>,
        status: RefundStatus,
        notice: Option<&NoticeKey>,
    ) -> Result<bool, StoreError> {
        let reference = told.map(|standing| standing.reference.as_str());
        self.keep_told(notice, id, |booking, now| {
            let before = booking.clone();
            let news = booking.refund_stands(refund, status, reference, now)?;
            Some(booking.refund_case(&before, &news, now))
        })
        .await
    }

    /// Writes down what a provider told of money that moved, and the case for a person that it makes. `change` answers
    /// `None` when nothing is new. `false` when the notice was handled before, or there was no notice and nothing new.
    pub(super) async fn keep_told(
        &self,
        notice: Option<&NoticeKey>,
        id: BookingId,
        change: impl Fn(&mut Booking, Timestamp) -> Option<Option<Incident>> + Send + Sync,
    ) -> Result<bool, StoreError> {
        let now = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            if let Some(notice) = notice
                && !tx.remember_notice(notice).await?
            {
                return Ok(false);
            }
            let Some(before) = tx.lock_booking(id).await? else { return Ok(notice.is_some()) };
            let mut booking = before.clone();
            let Some(incident) = change(&mut booking, now) else { return Ok(notice.is_some()) };
            books::keep(tx, Some(&before), &booking, &told_by(notice), now).await?;
            if let Some(incident) = incident {
                tx.add_incident(&incident).await?;
                tx.enqueue_booking(&[Owed::now(Effect::TellAdmins { incident }, now)]).await?;
            }
            Ok::<_, StoreError>(true)
        })
        .await
    }
}

fn refund_order(booking: &Booking, refund: &Refund) -> Option<RefundOrder> {
    let payment = booking.payment(refund.payment)?;
    Some(RefundOrder {
        refund: refund.id,
        payment: payment.id,
        session: payment.session.clone().unwrap_or_default(),
        charge: payment.charge.clone()?,
        amount: refund.amount,
        reference: refund.reference.clone(),
    })
}
