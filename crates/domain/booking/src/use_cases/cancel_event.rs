//! Cancel an event: its sale at once, its bookings one by one, each in a transaction of its own together with how far
//! the work has come. Who may is decided by the caller.

use super::Bookings;
use super::scene::Scene;
use crate::{BookingStatus, BuyerNews, Effect, EventRefunds, Job, JobStatus, SaleStatus, acts};
use kernel::{BookingId, Cause, EventId, JobId, Owed, StoreError, Timestamp, transact};

/// Bookings that are cancelled before other work has its turn.
const AT_ONCE: u32 = 50;

/// Why the event was not cancelled.
#[derive(Debug, thiserror::Error)]
pub enum CancelEventError {
    /// There is no such event.
    #[error("there is no such event")]
    UnknownEvent,
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Work with how the money stands that it sent on its way.
#[derive(Debug, Clone)]
pub struct Progress {
    /// The work.
    pub job: Job,
    /// Its refunds.
    pub refunds: EventRefunds,
}

impl Bookings {
    /// Closes the sale of an event for good and owes the cancelling of its bookings. Asked again it answers with the
    /// same work.
    ///
    /// # Errors
    /// A [`CancelEventError`]; nothing has changed then.
    pub async fn cancel_event(
        &self,
        event: EventId,
        by: &Cause,
        reason: Option<String>,
    ) -> Result<JobId, CancelEventError> {
        let now = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            let sales = tx.lock_sales(&[event]).await?;
            let sale = sales.first().ok_or(CancelEventError::UnknownEvent)?;
            if let Some(job) = tx.job_of_event(event).await? {
                return Ok(job);
            }
            // From here on nobody books: whoever confirms a hold waits for this sale and finds it cancelled.
            let total = tx.count_living_bookings(event).await?;
            let job = Job::new(sale, by.who.account(), reason, total, now);
            if sale.status != SaleStatus::Cancelled {
                tx.cancel_sale(event, now).await?;
            }
            tx.add_job(&job).await?;
            tx.record(&[acts::event_cancelled(by, &job, sale.status, now)]).await?;
            // Its list ends by being served.
            let owed = [Effect::CancelBookings { job: job.id }, Effect::ServeWaitlist { event }];
            tx.enqueue_booking(&owed.map(|effect| Owed::now(effect, now))).await?;
            Ok::<_, CancelEventError>(job.id)
        })
        .await
    }

    /// Cancels some more bookings of a cancelled event. `Some(when)` to go on, `None` when all were looked at.
    ///
    /// # Errors
    /// The store could not answer; what was done stays done.
    pub async fn cancel_bookings(&self, id: JobId) -> Result<Option<Timestamp>, StoreError> {
        let Some(job) = self.store.job(id).await?.filter(|job| job.status == JobStatus::Running) else {
            return Ok(None);
        };
        let bookings = self.store.living_bookings(job.event, job.last, AT_ONCE).await?;
        for booking in &bookings {
            match self.cancel_for_event(id, job.event, *booking).await {
                // What cannot be read or written keeps no other buyer from their money.
                Err(StoreError::Broken { .. }) => self.note_broken(id, *booking).await?,
                other => other?,
            }
        }
        if !bookings.is_empty() {
            return Ok(Some(self.clock.now()));
        }
        let now = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            if let Some(mut job) = tx.lock_job(id).await? {
                job.finish(now);
                tx.save_job(&job).await?;
            }
            Ok::<_, StoreError>(None)
        })
        .await
    }

    async fn cancel_for_event(
        &self,
        id: JobId,
        event: EventId,
        booking: BookingId,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            // Another worker may have been given the work meanwhile.
            let Some(mut job) = tx.lock_job(id).await?.filter(|job| job.awaits(booking)) else {
                return Ok(());
            };
            let Some(mut scene) = Scene::set(tx, event, booking).await? else {
                job.broken(booking, now);
                return tx.save_job(&job).await;
            };
            let (unpaid, known) =
                (scene.booking.status == BookingStatus::PendingPayment, scene.booking.refunds.len());
            let mut effects = Vec::new();
            let Scene { booking: changed, tickets, sale, .. } = &mut scene;
            if job.cancel(changed, tickets, sale, now) {
                let new: Vec<_> = changed.refunds.iter().skip(known).map(|refund| refund.id).collect();
                effects.extend(scene.sendings(&new));
                effects.extend(unpaid.then_some(Effect::WatchBooking { booking }));
                effects.push(Effect::TellBuyer { booking, news: BuyerNews::EventCancelled });
            }
            tx.save_job(&job).await?;
            scene.keep(tx, (&Cause::system(), "booking.event_cancelled"), effects, now).await?;
            Ok::<_, StoreError>(())
        })
        .await
    }

    async fn note_broken(&self, id: JobId, booking: BookingId) -> Result<(), StoreError> {
        let now = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            if let Some(mut job) = tx.lock_job(id).await?.filter(|job| job.awaits(booking)) {
                job.broken(booking, now);
                tx.save_job(&job).await?;
            }
            Ok::<_, StoreError>(())
        })
        .await
    }

    /// How far the work has come, and its money.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn progress(&self, id: JobId) -> Result<Option<Progress>, StoreError> {
        let Some(job) = self.store.job(id).await? else { return Ok(None) };
        let refunds = self.store.event_refunds(job.event).await?;
        Ok(Some(Progress { job, refunds }))
    }
}
