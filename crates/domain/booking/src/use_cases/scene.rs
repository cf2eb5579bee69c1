//! A booking with all that hangs on it, locked in the order that every use case keeps.

use super::returns::forget_returns;
use crate::{Booking, BookingTx, Effect, Sale, Ticket, TicketStatus, acts, books};
use kernel::{BookingId, Cause, EventId, Owed, RefundId, StoreError, Timestamp};

/// What a decision about tickets and money touches, as it was and as it becomes.
pub(super) struct Scene {
    pub(super) sale: Sale,
    pub(super) booking: Booking,
    pub(super) tickets: Vec<Ticket>,
    before: (Sale, Booking, Vec<Ticket>),
}

impl Scene {
    /// Locks sale, booking and tickets; `None` when there is no such booking of the event.
    pub(super) async fn set(
        tx: &mut dyn BookingTx,
        event: EventId,
        id: BookingId,
    ) -> Result<Option<Self>, StoreError> {
        let sale = tx.lock_sales(&[event]).await?.into_iter().next();
        let booking = tx.lock_booking(id).await?.filter(|booking| booking.event == event);
        let (Some(sale), Some(booking)) = (sale, booking) else { return Ok(None) };
        let tickets = tx.lock_tickets(id).await?;
        let before = (sale.clone(), booking.clone(), tickets.clone());
        Ok(Some(Self { sale, booking, tickets, before }))
    }

    /// Writes what has changed, with the work that is owed because of it, and records who did what.
    pub(super) async fn keep(
        self,
        tx: &mut dyn BookingTx,
        (by, act): (&Cause, &'static str),
        mut effects: Vec<Effect>,
        now: Timestamp,
    ) -> Result<(Booking, Vec<Ticket>), StoreError> {
        let Self { sale, booking, tickets, before: (sale_before, booking_before, tickets_before) } = self;
        books::keep(tx, Some(&booking_before), &booking, by, now).await?;
        let before = (&booking_before, &tickets_before[..]);
        let done = acts::booking_decided((by, act), before, (&booking, &tickets), now);
        tx.record(&[done.of(sale.organisation)]).await?;
        if sale.taken() < sale_before.taken() && sale.resale.waiting {
            effects.push(Effect::ServeWaitlist { event: sale.event });
        }
        let cancelled = |id| tickets.iter().any(|it| it.id == id && it.status == TicketStatus::Cancelled);
        let returned = tickets_before.iter().filter(|it| it.status == TicketStatus::Returned);
        let gone: Vec<_> = returned.map(|it| it.id).filter(|id| cancelled(*id)).collect();
        forget_returns(tx, &gone, now).await?;
        let changed = tickets.iter().filter(|ticket| !tickets_before.contains(ticket));
        tx.save_tickets(&changed.cloned().collect::<Vec<_>>()).await?;
        if sale != sale_before {
            tx.save_sales(std::slice::from_ref(&sale)).await?;
        }
        let owed: Vec<_> = effects.into_iter().map(|effect| Owed::now(effect, now)).collect();
        tx.enqueue_booking(&owed).await?;
        Ok((booking, tickets))
    }

    /// Writes the places alone.
    pub(super) async fn keep_places(&self, tx: &mut dyn BookingTx) -> Result<(), StoreError> {
        if self.sale != self.before.0 {
            tx.save_sales(std::slice::from_ref(&self.sale)).await?;
        }
        Ok(())
    }

    /// One effect per refund that is to be sent.
    pub(super) fn sendings(&self, refunds: &[RefundId]) -> Vec<Effect> {
        let booking = self.booking.id;
        refunds.iter().map(|refund| Effect::SendRefund { booking, refund: *refund }).collect()
    }
}
