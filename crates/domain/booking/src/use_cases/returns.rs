//! Give a ticket back for resale, take it again, and what becomes of it.

use super::Bookings;
use super::scene::Scene;
use super::seats::{Fate, fate_of_ticket};
use super::serve::{Aside, others_first, reclaim, serve};
use crate::returns::{Misuse, Return, ReturnRefusal, ReturnStatus};
use crate::{
    BookingTx, BuyerNews, Effect, Flag, Holdings, RefundRefusal, Sale, SaleStatus, Scan, Ticket,
    TransferStatus,
};
use chrono::TimeDelta;
use kernel::{
    AccountId, BookingId, Cause, EventId, IncidentId, Owed, Page, PageRequest, ReturnId, StoreError,
    TicketId, Timestamp, transact,
};
use std::collections::BTreeMap;

/// Until an unsold ticket is looked at again whose place somebody still keeps.
const LATER: TimeDelta = TimeDelta::minutes(5);
/// So long after an event a ticket waits for a place that somebody keeps; then its money goes back.
const PATIENCE: TimeDelta = TimeDelta::days(7);

/// Why a ticket is not given back, or not taken again.
#[derive(Debug, thiserror::Error)]
pub enum ReturnError {
    /// The rules say no.
    #[error(transparent)]
    Refused(#[from] ReturnRefusal),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why the money of a ticket that was sold again is not on its way.
#[derive(Debug, thiserror::Error)]
pub enum ResoldError {
    /// A person has to look: nothing has changed.
    #[error("the money of a ticket that was sold again cannot go back by itself")]
    Refused(#[from] RefundRefusal),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Finds the tickets at the desk that were sold again by now, and owes their money. The caller has the sale as it will
/// be saved.
pub(super) async fn find_resold(
    tx: &mut dyn BookingTx,
    sale: &Sale,
    now: Timestamp,
) -> Result<(), StoreError> {
    if !sale.resale.returned {
        return Ok(());
    }
    let seats = sale.seats.sold();
    if !seats.is_empty() {
        for made in tx.waiting_returns_of_seats(sale.event, &seats).await? {
            sold(tx, made, now).await?;
        }
    }
    let mut waiting: BTreeMap<_, _> = tx.count_returns(sale.event).await?.into_iter().collect();
    while let Some(types) = sale.sold_again(&waiting) {
        let Some(made) = tx.oldest_return(sale.event, &types).await? else { break };
        let left = waiting.entry(made.ticket_type).or_default();
        *left = left.saturating_sub(1);
        sold(tx, made, now).await?;
    }
    Ok(())
}

/// A ticket that is good again is what follows from its scans.
async fn follow_scans(
    tx: &mut dyn BookingTx,
    tickets: &mut [Ticket],
    id: TicketId,
) -> Result<(), StoreError> {
    let Some(ticket) = tickets.iter_mut().find(|ticket| ticket.id == id) else { return Ok(()) };
    let mut scans = tx.scans_of_tickets(&[id]).await?;
    let before = scans.clone();
    ticket.follow(&mut scans);
    scans.retain(|scan| !before.contains(scan));
    tx.flag_scans(&scans).await
}

async fn sold(tx: &mut dyn BookingTx, mut made: Return, now: Timestamp) -> Result<(), StoreError> {
    made.becomes(ReturnStatus::Sold, now);
    tx.save_return(&made).await?;
    tx.enqueue_booking(&[Owed::now(Effect::SettleReturn { id: made.id }, now)]).await
}

/// Returns whose tickets were cancelled in another way wait no longer.
pub(super) async fn forget_returns(
    tx: &mut dyn BookingTx,
    tickets: &[TicketId],
    now: Timestamp,
) -> Result<(), StoreError> {
    if tickets.is_empty() {
        return Ok(());
    }
    for mut made in tx.waiting_returns_of(tickets).await? {
        made.becomes(ReturnStatus::Cancelled, now);
        tx.save_return(&made).await?;
    }
    Ok(())
}

impl Bookings {
    /// Gives a ticket back: its code is dead at once, its place is offered to the list, and its money goes back when
    /// it is sold again.
    ///
    /// # Errors
    /// A [`ReturnError`]; nothing has changed then.
    pub async fn give_to_desk(&self, by: &Cause, id: TicketId) -> Result<(Return, Ticket), ReturnError> {
        let (account, seen) = self.own_ticket(by, id).await?;
        let now = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            let scene = Scene::set(tx, seen.event, seen.booking).await?;
            let mut scene = scene.ok_or(ReturnRefusal::Unknown)?;
            let transfers = tx.transfers_of_ticket(id).await?;
            if transfers.iter().any(|it| it.status_at(now) == TransferStatus::Offered) {
                return Err(ReturnRefusal::Offered.into());
            }
            let Scene { booking, tickets, sale, .. } = &mut scene;
            let ticket = tickets.iter_mut().find(|ticket| ticket.id == id).ok_or(ReturnRefusal::Unknown)?;
            let made = booking.give_to_desk(ticket, sale, account, now)?;
            let ticket = ticket.clone();
            let ends = sale.resale_ends(ticket.ticket_type);
            tx.add_return(&made).await?;
            if sale.resale.waiting {
                reclaim(tx, sale, now).await?;
                serve(tx, sale, self.serving(), now).await?;
            }
            let watch = Owed::at(Effect::WatchReturn { id: made.id }, now, ends);
            tx.enqueue_booking(&[watch]).await?;
            scene.keep(tx, (by, "ticket.return"), Vec::new(), now).await?;
            Ok::<_, ReturnError>((made, ticket))
        })
        .await
    }

    /// Takes a ticket from the desk again, under a new code.
    ///
    /// # Errors
    /// A [`ReturnError`]; nothing has changed then.
    pub async fn take_from_desk(&self, by: &Cause, id: TicketId) -> Result<Ticket, ReturnError> {
        let (account, seen) = self.own_ticket(by, id).await?;
        let now = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            let scene = Scene::set(tx, seen.event, seen.booking).await?;
            let mut scene = scene.ok_or(ReturnRefusal::Unknown)?;
            let Some(mut made) = tx.waiting_returns_of(&[id]).await?.pop() else {
                return Err(ReturnRefusal::NotReturned.into());
            };
            let already = tx.holdings(&[(account, seen.event)], now).await?.pop();
            let already = already.map(|tally| tally.holdings).unwrap_or_default();
            let Scene { booking, tickets, sale, .. } = &mut scene;
            // What ended by itself is free; the list comes first.
            let aside = others_first(tx, sale, self.serving(), now).await?;
            let ticket = tickets.iter_mut().find(|ticket| ticket.id == id).ok_or(ReturnRefusal::Unknown)?;
            let with = (booking.hold, &self.plans, &aside);
            let seat_is_gone = fate_of_ticket(tx, (sale, ticket), with, now).await? != Fate::Free;
            let already = Holdings { seat_is_gone, ..already };
            booking.take_from_desk(&mut made, ticket, (sale, &already), now)?;
            aside.put_back(sale);
            let ticket = ticket.clone();
            tx.save_return(&made).await?;
            let send = Effect::SendTicket { booking: ticket.booking, ticket: ticket.id };
            scene.keep(tx, (by, "ticket.take_back"), vec![send], now).await?;
            Ok::<_, ReturnError>(ticket)
        })
        .await
    }

    /// Who asks, and their ticket.
    async fn own_ticket(&self, by: &Cause, id: TicketId) -> Result<(AccountId, Ticket), ReturnError> {
        let account = by.who.account().ok_or(ReturnRefusal::Unknown)?;
        let ticket = self.store.ticket(id).await?.filter(|ticket| ticket.holder == account);
        Ok((account, ticket.ok_or(ReturnRefusal::Unknown)?))
    }

    /// Sends the money of a ticket back that was sold again. Done again it does nothing.
    ///
    /// # Errors
    /// A [`ResoldError`].
    pub async fn settle_return(&self, id: ReturnId) -> Result<(), ResoldError> {
        let Some(seen) = self.store.ticket_return(id).await? else { return Ok(()) };
        let now = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            let Some(mut scene) = Scene::set(tx, seen.event, seen.booking).await? else { return Ok(()) };
            let made = tx.return_by_id(id).await?.filter(|made| made.status == ReturnStatus::Sold);
            let Some(mut made) = made else { return Ok(()) };
            let Scene { booking, tickets, .. } = &mut scene;
            let refunds = booking.resold(&mut made, tickets, now)?;
            tx.save_return(&made).await?;
            let mut effects = scene.sendings(&refunds);
            if !refunds.is_empty() {
                effects.push(Effect::TellBuyer { booking: seen.booking, news: BuyerNews::Refunded });
            }
            scene.keep(tx, (&Cause::system(), "ticket.resold"), effects, now).await?;
            Ok::<_, ResoldError>(())
        })
        .await
    }

    /// Looks after a ticket at the desk once its sale is over: nobody will buy it, so it is its holder's again. If its
    /// place is another's by then, or there is none any more, it was sold, and its money goes back.
    /// `Some(when)` to look again, `None` when nothing is left to watch.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn watch_return(&self, id: ReturnId) -> Result<Option<Timestamp>, StoreError> {
        let Some(seen) = self.store.ticket_return(id).await? else { return Ok(None) };
        if seen.status != ReturnStatus::Waiting {
            return Ok(None);
        }
        let now = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            let Some(mut scene) = Scene::set(tx, seen.event, seen.booking).await? else { return Ok(None) };
            let Scene { booking, tickets, sale, .. } = &mut scene;
            let ends = sale.resale_ends(seen.ticket_type);
            if now < ends || sale.status == SaleStatus::Cancelled {
                // An event that does not take place gives the money back with everybody's.
                return Ok(Some(ends.max(now + LATER)));
            }
            reclaim(tx, sale, now).await?;
            find_resold(tx, sale, now).await?;
            let Some(mut made) = tx.waiting_returns_of(&[seen.ticket]).await?.pop() else {
                scene.keep_places(tx).await?;
                return Ok(None);
            };
            let (mut fate, mut back) = (Fate::Gone, false);
            if let Some(ticket) = tickets.iter_mut().find(|ticket| ticket.id == seen.ticket) {
                let aside = Aside::default();
                let with = (booking.hold, &self.plans, &aside);
                fate = fate_of_ticket(tx, (sale, ticket), with, now).await?;
                back = fate == Fate::Free && booking.unsold(&mut made, ticket, sale, now);
                if fate == Fate::Free && !back {
                    // What vouchers keep is nobody's any more.
                    let idle = sale.end_idle_reserves(now);
                    tx.end_reserves(&idle).await?;
                    back = booking.unsold(&mut made, ticket, sale, now);
                }
            }
            if !back {
                let kept = match fate {
                    Fate::Free => sale.may_free(seen.ticket_type) && !booking.is_paid_out(&made),
                    Fate::Kept => true,
                    Fate::Gone => false,
                };
                let waits = kept && now < sale.ends_at + PATIENCE;
                if !waits {
                    sold(tx, made, now).await?;
                }
                scene.keep_places(tx).await?;
                return Ok(waits.then_some(now + LATER));
            }
            tx.save_return(&made).await?;
            let send = Effect::SendTicket { booking: seen.booking, ticket: seen.ticket };
            scene.keep(tx, (&Cause::system(), "ticket.unsold"), vec![send], now).await?;
            Ok::<_, StoreError>(None)
        })
        .await
    }

    /// A scanner told that somebody had come in with a ticket which was given up meanwhile. One that waits at the desk
    /// is its holder's again, and used; where money went back, or its place is taken, a person has to look. So they have
    /// to where somebody came in with a code that was dead already: it says nothing of who that was, so the ticket stays
    /// as it is. Done again it does nothing for a ticket that is good.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn review_entry(
        &self,
        booking: BookingId,
        id: TicketId,
        case: IncidentId,
    ) -> Result<(), StoreError> {
        let Some(seen) = self.store.ticket(id).await? else { return Ok(()) };
        let now = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            let Some(mut scene) = Scene::set(tx, seen.event, booking).await? else { return Ok(()) };
            let Scene { booking, tickets, sale, .. } = &mut scene;
            let ticket = tickets.iter().find(|ticket| ticket.id == id).filter(|it| !it.status.lives());
            let Some(ticket) = ticket.cloned() else { return Ok(()) };
            if sale.status == SaleStatus::Cancelled {
                // Everybody's money goes back, also of those who were inside.
                return Ok(());
            }
            let mut effects = Vec::new();
            let entries = tx.scans_of_tickets(&[id]).await?;
            let before = entries.iter().any(|scan| scan.flags.contains(&Flag::EndedMeanwhile));
            // A code may have died before, when the ticket was handed on.
            let since = ticket.presence.ended.last().copied();
            let late = |scan: &Scan| since.is_none_or(|since| scan.at >= since);
            let after = entries.iter().any(|scan| scan.flags.contains(&Flag::LateRevocation) && late(scan));
            let waiting = tx.waiting_returns_of(&[id]).await?.pop().filter(|_| before);
            let kept = waiting.is_some();
            if let Some(mut made) = waiting {
                // Who is inside comes before the list: the place is not free.
                reclaim(tx, sale, now).await?;
                let aside = Aside::default();
                let with = (booking.hold, &self.plans, &aside);
                let seat_is_gone = fate_of_ticket(tx, (sale, &ticket), with, now).await? != Fate::Free;
                if booking.was_used(&mut made, tickets, (sale, seat_is_gone), now) {
                    effects.push(Effect::SendTicket { booking: booking.id, ticket: id });
                    follow_scans(tx, tickets, id).await?;
                }
                tx.save_return(&made).await?;
            }
            let left = tickets.iter().find(|ticket| ticket.id == id).filter(|it| !it.status.lives());
            let before = before.then_some((if kept { Misuse::Kept } else { Misuse::Before }, &ticket));
            // What becomes of money because of those who came after follows from how it is by now.
            let after = left.filter(|_| after).map(|left| (Misuse::After, left));
            for (how, ticket) in before.filter(|_| left.is_some()).into_iter().chain(after) {
                let case = how.names(case);
                if let Some(incident) = booking.used_case(ticket, how, (case, now))
                    && tx.incident(case).await?.is_none()
                {
                    tx.add_incident(&incident).await?;
                    effects.push(Effect::TellAdmins { incident });
                }
            }
            if kept || !effects.is_empty() {
                scene.keep(tx, (&Cause::system(), "ticket.used"), effects, now).await?;
            }
            Ok::<_, StoreError>(())
        })
        .await
    }

    /// What somebody gave back, the latest first.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn returns_of(&self, holder: AccountId, page: PageRequest) -> Result<Page<Return>, StoreError> {
        self.store.returns_of(holder, page).await
    }

    /// What was given back of an event, the latest first.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn returns_of_event(
        &self,
        event: EventId,
        page: PageRequest,
    ) -> Result<Page<Return>, StoreError> {
        self.store.returns_of_event(event, page).await
    }
}
