//! A booking with all that hangs on it, locked in the order that every use case keeps.

use super::returns::forget_returns;
use crate::{Booking, BookingTx, Effect, Sale, Ticket, TicketStatus, acts, books};
use kernel::{AccountId, BookingId, Cause, EventId, Owed, RefundId, StoreError, TicketId, Timestamp};
use std::collections::BTreeMap;

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

    /// Writes what has changed, with the work that is owed because of it, and records who did what. Offers of tickets
    /// that are good no more end, and those are told who took such a ticket from the buyer.
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
        let dead = died(&tickets_before, &tickets);
        if !dead.is_empty() {
            let ids: Vec<TicketId> = dead.iter().map(|ticket| ticket.id).collect();
            tx.end_transfers_of(&ids, now).await?;
        }
        effects.extend(told_to_holders(&booking, &dead));
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

/// Tickets that lived and do not any more.
fn died<'a>(before: &[Ticket], after: &'a [Ticket]) -> Vec<&'a Ticket> {
    let lived = |id: TicketId| before.iter().any(|ticket| ticket.id == id && ticket.status.lives());
    after.iter().filter(|ticket| !ticket.status.lives() && lived(ticket.id)).collect()
}

/// The buyer is told of the booking; others who hold its tickets are told of theirs, each once.
fn told_to_holders(booking: &Booking, dead: &[&Ticket]) -> Vec<Effect> {
    let mut by_holder: BTreeMap<AccountId, Vec<TicketId>> = BTreeMap::new();
    for ticket in dead.iter().filter(|ticket| ticket.holder != booking.buyer) {
        by_holder.entry(ticket.holder).or_default().push(ticket.id);
    }
    let told = |(holder, tickets)| Effect::TellHolder { booking: booking.id, holder, tickets };
    by_holder.into_iter().map(told).collect()
}
