//! Hold the figures against the rows that they follow from.

use super::Figures;
use super::count::{LINGERS, earlier_than};
use crate::figures::{EventFigures, FigureDifference, HeldTicket, OVERLAP, Recount, StandingFilter};
use crate::{Sale, Scan, Ticket, Verdict};
use kernel::{AccountId, EventId, OrganisationId, PageRequest, StoreError, TicketId, Timestamp, transact};
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

/// Where the figures of an event are not what its rows say.
struct Compared {
    kept: Option<EventFigures>,
    days: Vec<FigureDifference>,
    counts: Vec<FigureDifference>,
    guests: Vec<FigureDifference>,
}

impl Compared {
    fn all(self) -> impl Iterator<Item = FigureDifference> {
        self.days.into_iter().chain(self.counts).chain(self.guests)
    }

    fn agrees(&self) -> bool {
        self.days.is_empty() && self.counts.is_empty() && self.guests.is_empty()
    }
}

/// What is known of events that guests of others were at; each is read once.
#[derive(Default)]
struct Known {
    /// Who runs them, and when they begin; nothing of one that is gone.
    begins: BTreeMap<EventId, Option<(OrganisationId, Timestamp)>>,
    /// Whether their doors scanned.
    doors: BTreeMap<EventId, bool>,
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
        let mut known = Known::default();
        loop {
            let events = self.figures.events_after(after, EVENTS).await?;
            let Some(last) = events.last() else { return Ok(checked) };
            after = Some(*last);
            for sale in &self.bookings.sales(&events).await? {
                checked.events += 1;
                let mut compared = self.compared(sale, &mut known).await?;
                if !compared.agrees() {
                    // What is known of other events may be of a while ago.
                    compared = self.compared(sale, &mut Known::default()).await?;
                }
                if compared.agrees() {
                    continue;
                }
                if self.moves(sale, until, &compared).await? {
                    checked.moving += 1;
                    continue;
                }
                for difference in compared.all() {
                    checked.differences += 1;
                    tell(&difference);
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
            all.extend(self.compared(sale, &mut Known::default()).await?.all());
        }
        Ok(all)
    }

    /// Whether something happened to it so lately that it may not be counted yet.
    async fn moves(&self, sale: &Sale, until: Timestamp, compared: &Compared) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let touched = self.figures.touched(until.min(now) - OVERLAP).await?;
        if touched.iter().any(|(event, _)| *event == sale.event) {
            return Ok(true);
        }
        // Orders, lists and vouchers change without a ticket or an entry: the next look says something else then.
        if !compared.days.is_empty() || (!compared.counts.is_empty() && sale.ends_at + LINGERS < now) {
            return Ok(false);
        }
        let counts = self.figures.counts(&[sale.event]).await?.pop().map(|(_, counts)| counts);
        let guests = self.guests_at(sale, now).await?;
        let next = EventFigures::of(sale, counts.unwrap_or_default(), Some(guests));
        let kept = compared.kept.as_ref();
        Ok((compared.counts.is_empty() || !next.differences(kept).is_empty())
            && (compared.guests.is_empty() || !next.differences_of_guests(kept).is_empty()))
    }

    async fn compared(&self, sale: &Sale, known: &mut Known) -> Result<Compared, StoreError> {
        let days = self.figures.days(sale.event, None).await?;
        let filter = StandingFilter { events: Some(vec![sale.event]), ..StandingFilter::default() };
        let kept = self.figures.standings(&filter).await?.pop();
        let now = self.clock.now();
        let recount = self.recount(sale, now, known).await?;
        let found = recount.standing(sale, now);
        Ok(Compared {
            days: recount.differences_of_days(sale.event, &days),
            counts: found.differences(kept.as_ref()),
            guests: found.differences_of_guests(kept.as_ref()),
            kept,
        })
    }

    async fn recount(&self, sale: &Sale, now: Timestamp, known: &mut Known) -> Result<Recount, StoreError> {
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
        recount.door(self.scanned(sale.event, known).await?);
        let before = earlier_than(sale, now);
        for holder in recount.holders().clone() {
            let earlier = self.held_before(holder, (sale, before), known).await?;
            recount.guest(earlier);
        }
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

    /// What somebody holds of other events of an organisation that began before an instant.
    async fn held_before(
        &self,
        holder: AccountId,
        (sale, before): (&Sale, Timestamp),
        known: &mut Known,
    ) -> Result<Vec<HeldTicket>, StoreError> {
        let mut held = Vec::new();
        let mut page = Some(PageRequest { limit: AT_ONCE, after: None });
        while let Some(wanted) = page {
            let found = self.bookings.tickets_of(holder, wanted).await?;
            page = found.next.map(|next| PageRequest { limit: AT_ONCE, after: Some(next) });
            for ticket in found.items.iter().filter(|ticket| ticket.event != sale.event) {
                let begins = self.begins(ticket.event, known).await?;
                if begins.is_some_and(|(runs, at)| runs == sale.organisation && at < before) {
                    held.push(HeldTicket::of(ticket, self.scanned(ticket.event, known).await?));
                }
            }
        }
        Ok(held)
    }

    async fn begins(
        &self,
        event: EventId,
        known: &mut Known,
    ) -> Result<Option<(OrganisationId, Timestamp)>, StoreError> {
        if let Some(begins) = known.begins.get(&event) {
            return Ok(*begins);
        }
        let sale = self.bookings.sales(&[event]).await?.pop();
        let begins = sale.map(|sale| (sale.organisation, sale.starts_at));
        known.begins.insert(event, begins);
        Ok(begins)
    }

    async fn scanned(&self, event: EventId, known: &mut Known) -> Result<bool, StoreError> {
        if let Some(scanned) = known.doors.get(&event) {
            return Ok(*scanned);
        }
        let scanned = self.let_in(event).await?;
        known.doors.insert(event, scanned);
        Ok(scanned)
    }

    /// Whether the door of an event let anybody in, by its scans one by one: those of its tickets and, because a code
    /// that is nobody's or another event's is always noted, those that somebody has to know of.
    async fn let_in(&self, event: EventId) -> Result<bool, StoreError> {
        let admits = |scan: &Scan| scan.event == Some(event) && scan.verdict == Verdict::Admitted;
        let mut page = Some(PageRequest { limit: AT_ONCE, after: None });
        while let Some(wanted) = page {
            let found = self.bookings.conflicts(event, wanted).await?;
            page = found.next.map(|next| PageRequest { limit: AT_ONCE, after: Some(next) });
            if found.items.iter().any(admits) {
                return Ok(true);
            }
        }
        let mut after: Option<TicketId> = None;
        loop {
            let tickets: Vec<Ticket> = self.bookings.tickets_of_event(event, after, AT_ONCE).await?;
            let Some(last) = tickets.last() else { return Ok(false) };
            after = Some(last.id);
            let ids: Vec<_> = tickets.iter().map(|ticket| ticket.id).collect();
            let scans = transact(self.bookings.begin().await?, async |tx| tx.scans_of_tickets(&ids).await);
            if scans.await?.iter().any(admits) {
                return Ok(true);
            }
        }
    }
}
