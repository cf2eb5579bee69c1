//! Staff sends money back, makes a refund again that failed, and answers requests. Who may is decided by the caller.

use super::cancel::RequestError;
use super::scene::Scene;
use super::{Bookings, Placed};
use crate::{Booking, BuyerNews, Decision, Effect, RefundRefusal, RefundWish};
use kernel::{BookingId, Cause, EventId, OrganisationId, Page, PageRequest, RefundId, StoreError, transact};

/// Why no money goes back.
#[derive(Debug, thiserror::Error)]
pub enum RefundError {
    /// There is no such booking.
    #[error("there is no such booking")]
    UnknownBooking,
    /// The rules say no.
    #[error(transparent)]
    Refused(#[from] RefundRefusal),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Bookings {
    /// Sends back what staff wants to send back; a wish that was granted before is not granted again. However many ask at once, each booking decides one after the other
    /// and sees what the others have decided.
    ///
    /// # Errors
    /// A [`RefundError`]; nothing has changed then.
    pub async fn refund(&self, id: BookingId, wish: &RefundWish, by: &Cause) -> Result<Placed, RefundError> {
        let now = self.clock.now();
        let event = self.event_of_booking(id).await?.ok_or(RefundError::UnknownBooking)?;
        transact(self.store.begin().await?, async |tx| {
            let scene = Scene::set(tx, event, id).await?;
            let mut scene = scene.ok_or(RefundError::UnknownBooking)?;
            if wish.id.is_some_and(|refund| scene.booking.has_refund(refund)) {
                return Ok(Placed { booking: scene.booking, tickets: scene.tickets });
            }
            let Scene { booking, tickets, sale, .. } = &mut scene;
            let refunds = booking.refund_by_staff(tickets, sale, wish, now)?;
            let mut effects = scene.sendings(&refunds);
            let news = if refunds.is_empty() { BuyerNews::Cancelled } else { BuyerNews::Refunded };
            effects.push(Effect::TellBuyer { booking: id, news });
            let (booking, tickets) = scene.keep(tx, (by, "booking.refund"), effects, now).await?;
            Ok::<_, RefundError>(Placed { booking, tickets })
        })
        .await
    }

    /// Makes a refund again that failed.
    ///
    /// # Errors
    /// A [`RefundError`]; nothing has changed then.
    pub async fn refund_again(
        &self,
        id: BookingId,
        failed: RefundId,
        by: &Cause,
    ) -> Result<Placed, RefundError> {
        let now = self.clock.now();
        let event = self.event_of_booking(id).await?.ok_or(RefundError::UnknownBooking)?;
        transact(self.store.begin().await?, async |tx| {
            let scene = Scene::set(tx, event, id).await?;
            let mut scene = scene.ok_or(RefundError::UnknownBooking)?;
            let refund = scene.booking.refund_again(failed, by.who.account(), now)?;
            let effects = scene.sendings(&[refund]);
            let (booking, tickets) = scene.keep(tx, (by, "booking.refund_again"), effects, now).await?;
            Ok::<_, RefundError>(Placed { booking, tickets })
        })
        .await
    }

    /// Answers what a buyer asked of staff.
    ///
    /// # Errors
    /// A [`RequestError`]; nothing has changed then.
    pub async fn decide_request(
        &self,
        id: BookingId,
        decision: &Decision,
        by: &Cause,
        answer: Option<String>,
    ) -> Result<Placed, RequestError> {
        let now = self.clock.now();
        let event = self.event_of_booking(id).await?.ok_or(RequestError::UnknownBooking)?;
        transact(self.store.begin().await?, async |tx| {
            let scene = Scene::set(tx, event, id).await?;
            let mut scene = scene.ok_or(RequestError::UnknownBooking)?;
            let Scene { booking, tickets, sale, .. } = &mut scene;
            let refunds = booking.decide_request(tickets, sale, (decision, by.who.account(), answer), now)?;
            let mut effects = scene.sendings(&refunds);
            let news = match decision {
                Decision::Grant(_) => BuyerNews::Cancelled,
                Decision::Refuse => BuyerNews::RequestRefused,
            };
            effects.push(Effect::TellBuyer { booking: id, news });
            let (booking, tickets) = scene.keep(tx, (by, "booking.decide_request"), effects, now).await?;
            Ok::<_, RequestError>(Placed { booking, tickets })
        })
        .await
    }

    /// Bookings whose buyers wait for an answer, of these organisations or of all; who asked first comes first.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn open_requests(
        &self,
        organisations: Option<Vec<OrganisationId>>,
        page: PageRequest,
    ) -> Result<Page<Placed>, StoreError> {
        let page = self.store.open_requests(organisations, page).await?;
        self.with_tickets(page).await
    }

    /// The bookings of an event with their tickets, the newest first.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn list_of_event(&self, event: EventId, page: PageRequest) -> Result<Page<Placed>, StoreError> {
        let page = self.store.bookings_of_event(event, page).await?;
        self.with_tickets(page).await
    }

    /// Of which event a booking is; `None` when there is no such booking.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn event_of_booking(&self, id: BookingId) -> Result<Option<EventId>, StoreError> {
        Ok(self.store.booking(id).await?.map(|booking| booking.event))
    }

    async fn with_tickets(&self, page: Page<Booking>) -> Result<Page<Placed>, StoreError> {
        let ids: Vec<_> = page.items.iter().map(|booking| booking.id).collect();
        let tickets = if ids.is_empty() { Vec::new() } else { self.store.tickets_of_bookings(&ids).await? };
        Ok(page.map(|booking| {
            let tickets = tickets.iter().filter(|ticket| ticket.booking == booking.id).cloned().collect();
            Placed { booking, tickets }
        }))
    }
}
