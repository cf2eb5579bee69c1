//! Give tickets back: see what would go back, do it, or ask staff to.

use super::scene::Scene;
use super::{Bookings, Placed};
use crate::{
    Booking, BuyerNews, CancelRefusal, Effect, Incident, IncidentKind, NoWay, Quote, RequestRefusal,
};
use kernel::{AccountId, BookingId, Cause, EventId, IncidentId, StoreError, TicketId, Timestamp, transact};

/// Why nothing was cancelled, or cannot be.
#[derive(Debug, thiserror::Error)]
pub enum CancelError {
    /// The buyer has no such booking.
    #[error("there is no such booking")]
    UnknownBooking,
    /// The rules say no.
    #[error(transparent)]
    Refused(#[from] CancelRefusal),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why staff was not asked, or nothing was decided.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// There is no such booking, or it is not the asker's.
    #[error("there is no such booking")]
    UnknownBooking,
    /// The rules say no.
    #[error(transparent)]
    Refused(#[from] RequestRefusal),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Bookings {
    /// What cancelling these tickets now would do; all of the buyer's when none are named.
    ///
    /// # Errors
    /// A [`CancelError`].
    pub async fn cancellation_preview(
        &self,
        buyer: AccountId,
        id: BookingId,
        chosen: Option<&[TicketId]>,
    ) -> Result<Quote, CancelError> {
        let now = self.clock.now();
        let placed = self.show(buyer, id).await?.ok_or(CancelError::UnknownBooking)?;
        let sale = self.sale(placed.booking.event).await?.ok_or(CancelError::UnknownBooking)?;
        Ok(placed.booking.quote(&placed.tickets, chosen, sale.starts_at, now)?)
    }

    /// Cancels these tickets, all of the buyer's when none are named: what is due goes back, the places are on sale
    /// again and the door refuses the tickets, all at once.
    ///
    /// # Errors
    /// A [`CancelError`]; nothing has changed then, save that a promise that cannot be read is told to staff.
    pub async fn cancel(
        &self,
        buyer: &Cause,
        id: BookingId,
        chosen: Option<&[TicketId]>,
    ) -> Result<Placed, CancelError> {
        let now = self.clock.now();
        let event = self.own_event(buyer, id).await?.ok_or(CancelError::UnknownBooking)?;
        let done = transact(self.store.begin().await?, async |tx| {
            let scene = Scene::set(tx, event, id).await?;
            let mut scene = scene.ok_or(CancelError::UnknownBooking)?;
            let Scene { booking, tickets, sale, .. } = &mut scene;
            match booking.cancel(tickets, chosen, sale, now) {
                Ok(cancelled) => {
                    let mut effects = scene.sendings(&cancelled.refunds);
                    // Nothing may be paid any more for what was called off.
                    effects.push(match cancelled.tickets.is_empty() {
                        true => Effect::WatchBooking { booking: id },
                        false => Effect::TellBuyer { booking: id, news: BuyerNews::Cancelled },
                    });
                    let (booking, tickets) =
                        scene.keep(tx, (buyer, "booking.give_back"), effects, now).await?;
                    Ok(Ok(Placed { booking, tickets }))
                }
                Err(refusal @ CancelRefusal::NoWay(NoWay::Malformed)) => {
                    if let Some(incident) = alarm(&mut scene, chosen, now) {
                        tx.add_incident(&incident).await?;
                        scene
                            .keep(
                                tx,
                                (buyer, "booking.request_cancel"),
                                vec![Effect::TellAdmins { incident }],
                                now,
                            )
                            .await?;
                    }
                    // Not an error in here, so that the alarm is kept.
                    Ok(Err(refusal))
                }
                Err(refusal) => Err(CancelError::Refused(refusal)),
            }
        })
        .await?;
        done.map_err(CancelError::Refused)
    }

    /// Asks staff to cancel these tickets, all when none are named.
    ///
    /// # Errors
    /// A [`RequestError`]; nothing has changed then.
    pub async fn request_cancel(
        &self,
        buyer: &Cause,
        id: BookingId,
        chosen: Option<&[TicketId]>,
        message: Option<String>,
    ) -> Result<Placed, RequestError> {
        let now = self.clock.now();
        let event = self.own_event(buyer, id).await?.ok_or(RequestError::UnknownBooking)?;
        transact(self.store.begin().await?, async |tx| {
            let scene = Scene::set(tx, event, id).await?;
            let mut scene = scene.ok_or(RequestError::UnknownBooking)?;
            let Scene { booking, tickets, .. } = &mut scene;
            booking.ask_to_cancel(tickets, chosen, message, now)?;
            let (booking, tickets) =
                scene.keep(tx, (buyer, "booking.request_cancel"), Vec::new(), now).await?;
            Ok::<_, RequestError>(Placed { booking, tickets })
        })
        .await
    }

    /// The event of a buyer's booking.
    async fn own_event(&self, buyer: &Cause, id: BookingId) -> Result<Option<EventId>, StoreError> {
        let own = |booking: &Booking| buyer.who.account() == Some(booking.buyer);
        let booking = self.store.booking(id).await?.filter(own);
        Ok(booking.map(|booking| booking.event))
    }
}

/// Staff has to decide what the stored promise does not tell: as if the buyer had asked, and with an incident, once.
fn alarm(scene: &mut Scene, chosen: Option<&[TicketId]>, now: Timestamp) -> Option<Incident> {
    let Scene { booking, tickets, .. } = scene;
    booking.ask_to_cancel(tickets, chosen, None, now).ok()?;
    Some(Incident {
        id: IncidentId::generate(now),
        kind: IncidentKind::BadPolicy,
        booking: booking.id,
        // There is one: what was free needs no promise.
        payment: booking.current_payment()?.id,
        refund: None,
        evidence: "the buyer wants to cancel, and the promise kept with the booking cannot be read".into(),
        at: now,
        resolved: None,
    })
}
