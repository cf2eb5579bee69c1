//! Forget who was to come, once their buyer was erased and no door needs them any more.

use super::Bookings;
use crate::{Booking, Forgetting, acts, books};
use kernel::{AccountId, BookingId, Cause, Owed, PageRequest, StoreError, Timestamp, transact};
use std::collections::BTreeSet;

/// Bookings that are read together.
const TOGETHER: u32 = 100;
/// Bookings that are forgotten before other work has its turn.
const AT_ONCE: u32 = 50;

impl Bookings {
    /// Owes that the people are forgotten who are named on the bookings of an account: it was erased. Owed twice, it is
    /// done once.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn owe_forgetting(&self, account: AccountId) -> Result<(), StoreError> {
        let owed = [Owed::now(Forgetting::Names { account }, self.clock.now())];
        transact(self.store.begin().await?, async |tx| tx.enqueue_forgetting(&owed).await).await
    }

    /// Forgets the people on those bookings of an account whose events are over for long enough. `Some(when)` to go on,
    /// `None` when none of its bookings names anybody any more.
    ///
    /// # Errors
    /// The store could not answer; what was forgotten stays forgotten.
    pub async fn forget_buyer(&self, account: AccountId) -> Result<Option<Timestamp>, StoreError> {
        let (mut next, mut forgotten) = (None::<Timestamp>, 0);
        let mut page = PageRequest { limit: TOGETHER, after: None };
        loop {
            let found = self.store.bookings_of(account, page).await?;
            for (id, due) in self.naming(&found.items).await? {
                let now = self.clock.now();
                if due > now {
                    next = Some(next.map_or(due, |before| before.min(due)));
                } else if forgotten < AT_ONCE {
                    self.forget_people(id).await?;
                    forgotten += 1;
                } else {
                    return Ok(Some(now));
                }
            }
            page.after = found.next;
            if page.after.is_none() {
                return Ok(next);
            }
        }
    }

    /// Of these bookings those that name somebody, and when they may forget it: as their events end by now.
    async fn naming(&self, bookings: &[Booking]) -> Result<Vec<(BookingId, Timestamp)>, StoreError> {
        let naming: Vec<_> = bookings.iter().filter(|booking| booking.names_people()).collect();
        let events: BTreeSet<_> = naming.iter().map(|booking| booking.event).collect();
        let events: Vec<_> = events.into_iter().collect();
        let sales = if events.is_empty() { Vec::new() } else { self.store.sales(&events).await? };
        let due = |booking: &&Booking| {
            let sale = sales.iter().find(|sale| sale.event == booking.event);
            // An event with bookings is never removed.
            let at = sale.map_or(booking.created_at, |sale| Booking::forgettable_at(sale.ends_at));
            (booking.id, at)
        };
        Ok(naming.iter().map(due).collect())
    }

    /// Booking and tickets in one transaction, by the same way as every other change. Mails that those got who were named are
    /// forgotten afterwards: then nobody can be sent another one.
    async fn forget_people(&self, id: BookingId) -> Result<(), StoreError> {
        let now = self.clock.now();
        transact(self.store.begin().await?, async |tx| {
            let Some(before) = tx.lock_booking(id).await?.filter(Booking::names_people) else {
                return Ok(());
            };
            let mut tickets = tx.lock_tickets(id).await?;
            let named: Vec<_> = tickets.iter().map(|ticket| ticket.attendee.is_some()).collect();
            let mut after = before.clone();
            after.forget_people(&mut tickets);
            books::keep(tx, Some(&before), &after, &Cause::system(), now).await?;
            let changed = tickets.into_iter().zip(named).filter(|(_, named)| *named);
            tx.save_tickets(&changed.map(|(ticket, _)| ticket).collect::<Vec<_>>()).await?;
            tx.enqueue_forgetting(&[Owed::now(Forgetting::Letters { booking: id }, now)]).await?;
            tx.record(&[acts::people_forgotten(&before, &after, now)]).await
        })
        .await
    }
}
