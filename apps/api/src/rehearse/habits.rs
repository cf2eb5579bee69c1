//! What the crowd really did, counted in the store: a rehearsal in which nobody used a voucher has not tried vouchers.

use crate::wiring::store::Stores;
use booking::{Booking, BookingStatus, EntryStatus, ReturnStatus};
use kernel::{AccountId, BookingId, EventId, PageRequest, StoreError};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// Rows that are read together.
const AT_ONCE: usize = 500;

/// How often it came about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Habits {
    /// Living tickets that have a seat.
    pub seated: u64,
    /// Bookings that stand and were made with a voucher.
    pub vouchers: u64,
    /// Offers of the waiting list that were taken.
    pub offers_taken: u64,
    /// Living tickets that are held by somebody else than their buyer.
    pub handed_on: u64,
    /// Tickets that were given back and sold again.
    pub resold: u64,
}

impl Habits {
    /// Counts.
    ///
    /// # Errors
    /// The store does not answer.
    pub(super) async fn of(
        stores: &Stores,
        event: EventId,
        bookings: &[Booking],
    ) -> Result<Self, StoreError> {
        let mut habits = Self::default();
        let buyers: BTreeMap<BookingId, AccountId> =
            bookings.iter().map(|booking| (booking.id, booking.buyer)).collect();
        for part in bookings.chunks(AT_ONCE) {
            let ids: Vec<_> = part.iter().map(|booking| booking.id).collect();
            for ticket in stores.booking.tickets_of_bookings(&ids).await? {
                let lives = ticket.status.lives();
                habits.seated += u64::from(lives && ticket.seat.is_some());
                habits.handed_on += u64::from(lives && buyers.get(&ticket.booking) != Some(&ticket.holder));
            }
        }
        let with_voucher =
            |booking: &&Booking| booking.status == BookingStatus::Confirmed && booking.voucher.is_some();
        habits.vouchers = count(bookings.iter().filter(with_voucher));
        let counts = stores.booking.count_entries(event).await?;
        let taken = counts.by_status.iter().filter(|(status, _)| *status == EntryStatus::Accepted);
        habits.offers_taken = taken.map(|(_, count)| *count).sum();
        habits.resold = resold(stores, event).await?;
        Ok(habits)
    }
}

async fn resold(stores: &Stores, event: EventId) -> Result<u64, StoreError> {
    let mut resold = 0;
    let mut next = PageRequest { limit: 100, after: None };
    loop {
        let page = stores.booking.returns_of_event(event, next).await?;
        let again = |status| matches!(status, ReturnStatus::Sold | ReturnStatus::Refunded);
        resold += count(page.items.iter().filter(|made| again(made.status)));
        let Some(last) = page.next else { return Ok(resold) };
        next.after = Some(last);
    }
}

fn count(found: impl Iterator) -> u64 {
    u64::try_from(found.count()).unwrap_or(u64::MAX)
}

impl fmt::Display for Habits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  of these")?;
        for (count, what) in [
            (self.seated, "tickets with a seat"),
            (self.vouchers, "bookings with a voucher"),
            (self.offers_taken, "offers of the waiting list taken"),
            (self.handed_on, "tickets handed on"),
            (self.resold, "tickets given back and sold again"),
        ] {
            writeln!(f, "    {count:>6}  {what}")?;
        }
        Ok(())
    }
}
