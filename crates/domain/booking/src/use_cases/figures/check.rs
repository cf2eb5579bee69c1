//! Hold the figures against the rows that they follow from.

use super::Figures;
use super::count::{LINGERS, OVERLAP};
use crate::Sale;
use crate::figures::{Counts, FigureDifference, Recount, StandingFilter};
use kernel::{EventId, PageRequest, StoreError, Timestamp};
use std::collections::BTreeMap;

/// Rows that are read together.
const AT_ONCE: u32 = 500;
/// Events that are read together.
const EVENTS: u32 = 50;

/// What was found by holding figures against their rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Checked {
    /// Events that were looked at.
    pub events: u64,
    /// Figures that are not what their rows say.
    pub differences: u64,
    /// Events of which something was sold, given back or scanned so lately that it may not be counted yet, and whose
    /// figures differ.
    pub moving: u64,
    /// Whether every event was ever counted from its beginning.
    pub whole: bool,
}

impl Checked {
    /// Whether everything agrees that can.
    #[must_use]
    pub const fn agrees(&self) -> bool {
        self.differences == 0
    }
}

impl Figures {
    /// Counts every event from its rows, and tells each figure that is another, as it is found. Without a first count
    /// of all events there is nothing to hold against the rows.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn check(&self, mut tell: impl FnMut(&FigureDifference) + Send) -> Result<Checked, StoreError> {
        let look = self.figures.figures_look().await?;
        let Some(until) = look.until.filter(|_| look.whole) else { return Ok(Checked::default()) };
        let (mut checked, mut after) = (Checked { whole: true, ..Checked::default() }, None);
        loop {
            let events = self.figures.events_after(after, EVENTS).await?;
            let Some(last) = events.last() else { return Ok(checked) };
            after = Some(*last);
            for sale in &self.bookings.sales(&events).await? {
                checked.events += 1;
                let (days, counts) = self.compared(sale).await?;
                if days.is_empty() && counts.is_empty() {
                    continue;
                }
                if self.moves(sale, until, days.is_empty()).await? {
                    checked.moving += 1;
                    continue;
                }
                for difference in days.iter().chain(&counts) {
                    checked.differences += 1;
                    tell(difference);
                }
            }
        }
    }

    /// All figures of an event that are not what its rows say, however lately these changed.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn differences(&self, event: EventId) -> Result<Vec<FigureDifference>, StoreError> {
        let mut all = Vec::new();
        for sale in &self.bookings.sales(&[event]).await? {
            let (days, counts) = self.compared(sale).await?;
            all.extend(days.into_iter().chain(counts));
        }
        Ok(all)
    }

    /// Whether something happened to it so lately that it may not be counted yet.
    async fn moves(&self, sale: &Sale, until: Timestamp, counts_alone: bool) -> Result<bool, StoreError> {
        let touched = self.figures.touched(until - OVERLAP).await?;
        if touched.iter().any(|(event, _)| *event == sale.event) {
            return Ok(true);
        }
        // Orders, lists and vouchers change without a ticket or an entry: the next look says something else then.
        if !counts_alone || sale.ends_at + LINGERS < self.clock.now() {
            return Ok(false);
        }
        let kept = self.kept_counts(sale.event).await?;
        let counted = self.figures.counts(&[sale.event]).await?.pop();
        Ok(counted.map_or_else(Counts::default, |(_, counts)| counts) != kept)
    }

    async fn kept_counts(&self, event: EventId) -> Result<Counts, StoreError> {
        let filter = StandingFilter { events: Some(vec![event]), ..StandingFilter::default() };
        let standing = self.figures.standings(&filter).await?.pop();
        Ok(standing.map_or_else(Counts::default, |figures| figures.counts))
    }

    /// Where its days differ, and where its counts do.
    async fn compared(
        &self,
        sale: &Sale,
    ) -> Result<(Vec<FigureDifference>, Vec<FigureDifference>), StoreError> {
        let kept = self.figures.days(sale.event, None).await?;
        let counts = self.kept_counts(sale.event).await?;
        let recount = self.recount(sale).await?;
        let days = recount.differences_of_days(sale.event, &kept);
        Ok((days, recount.differences_of_counts(sale.event, &counts)))
    }

    async fn recount(&self, sale: &Sale) -> Result<Recount, StoreError> {
        let mut recount = Recount::of(sale.resale.zone);
        let mut page = Some(PageRequest { limit: AT_ONCE, after: None });
        while let Some(wanted) = page {
            let found = self.bookings.bookings_of_event(sale.event, wanted).await?;
            page = found.next.map(|next| PageRequest { limit: AT_ONCE, after: Some(next) });
            let ids: Vec<_> = found.items.iter().map(|booking| booking.id).collect();
            if ids.is_empty() {
                break;
            }
            let mut tickets: BTreeMap<_, Vec<_>> = BTreeMap::new();
            for ticket in self.bookings.tickets_of_bookings(&ids).await? {
                tickets.entry(ticket.booking).or_default().push(ticket);
            }
            let mut entries: BTreeMap<_, Vec<_>> = BTreeMap::new();
            for entry in self.ledger.entries_of_bookings(&ids).await? {
                entries.entry(entry.booking).or_default().push(entry);
            }
            for booking in &found.items {
                let tickets = tickets.get(&booking.id).map_or(&[][..], Vec::as_slice);
                let entries = entries.get(&Some(booking.id)).map_or(&[][..], Vec::as_slice);
                recount.order(booking, tickets, entries);
            }
        }
        self.recount_beside_orders(sale, &mut recount).await?;
        Ok(recount)
    }

    async fn recount_beside_orders(&self, sale: &Sale, recount: &mut Recount) -> Result<(), StoreError> {
        let mut page = Some(PageRequest { limit: AT_ONCE, after: None });
        while let Some(wanted) = page {
            let found = self.bookings.entries_of_event(sale.event, wanted).await?;
            page = found.next.map(|next| PageRequest { limit: AT_ONCE, after: Some(next) });
            for entry in &found.items {
                recount.entry(entry);
            }
        }
        let mut page = Some(PageRequest { limit: AT_ONCE, after: None });
        while let Some(wanted) = page {
            let found = self.bookings.vouchers(sale.event, self.clock.now(), wanted).await?;
            page = found.next.map(|next| PageRequest { limit: AT_ONCE, after: Some(next) });
            for issued in &found.items {
                recount.voucher(&issued.voucher);
            }
        }
        Ok(())
    }
}
