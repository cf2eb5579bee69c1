//! Compare the books of a day with what an account lists, and bookings with their entries.

use super::work::Work;
use super::{AT_ONCE, CloseError, Closing, ENTRIES, till};
use crate::close::{Books, Day, Examination, Examined, Found, names};
use crate::ledger::{Account, EntryFilter, differences};
use crate::{Booking, PaymentProvider, Provider, Till};
use kernel::{BookingId, Page, PageRequest, RefundId, StoreError, Timestamp, transact};
use std::collections::BTreeSet;

impl Closing {
    pub(super) async fn examine(
        &self,
        provider: &dyn PaymentProvider,
        day: Day,
        now: Timestamp,
    ) -> Result<Examined, CloseError> {
        let (name, till, most_asked) = (provider.provider(), till(provider), self.most_asked);
        let examination = Examination::new(till.clone(), now);
        let mut work = Work { provider, till, asked: 0, most_asked, examination };
        work.list(day).await?;
        let (things, fees) = work.examination.sorted();
        for things in things.chunks(AT_ONCE) {
            let books = self.books(name, names(things, &[])).await?;
            for question in work.examination.compare(things, &books) {
                work.ask_refund(question).await?;
            }
        }
        for fees in fees.chunks(AT_ONCE) {
            let books = self.books(name, names(&[], fees)).await?;
            work.examination.settle(fees, &books);
        }
        self.compare_entries(&mut work, day).await?;
        for id in work.examination.suspects() {
            if self.agrees(id).await? {
                work.examination.cleared(id);
            }
        }
        Ok(work.examination.finish())
    }

    /// What our books put on the day, some entries at a time.
    async fn compare_entries(&self, work: &mut Work<'_>, day: Day) -> Result<(), CloseError> {
        let Till { provider, account, live } = work.till.clone();
        let filter = EntryFilter {
            account: Some(Account::Provider { provider, account, live }),
            from: Some(day.start()),
            until: Some(day.end()),
            ..EntryFilter::default()
        };
        let mut page = PageRequest { limit: ENTRIES, after: None };
        loop {
            let Page { items, next } = self.ledger.entries(&filter, page).await?;
            let mut ids: Vec<_> = items.iter().filter_map(|entry| entry.booking).collect();
            ids.sort_unstable();
            ids.dedup();
            let books = self.with_entries(self.closes.bookings_by_id(&ids).await?).await?;
            for claim in work.examination.claims(&items, &books) {
                work.ask(&claim).await?;
            }
            if next.is_none() {
                return Ok(());
            }
            page.after = next;
        }
    }

    /// Bookings of the day's entries and of its charges, whoever holds their money, that differ from their entries. What
    /// is `told` of is left out.
    pub(super) async fn compare_ledger(
        &self,
        day: Day,
        mut told: BTreeSet<BookingId>,
    ) -> Result<Vec<Found>, StoreError> {
        let filter =
            EntryFilter { from: Some(day.start()), until: Some(day.end()), ..EntryFilter::default() };
        let mut found = Vec::new();
        let mut page = PageRequest { limit: ENTRIES, after: None };
        loop {
            let Page { items, next } = self.ledger.entries(&filter, page).await?;
            let ids = items.iter().filter_map(|entry| entry.booking);
            found.extend(self.differing(ids.filter(|id| told.insert(*id)).collect()).await?);
            if next.is_none() {
                break;
            }
            page.after = next;
        }
        let mut page = PageRequest { limit: ENTRIES, after: None };
        loop {
            let Page { items, next } = self.closes.charged_between((day.start(), day.end()), page).await?;
            found.extend(self.differing(items.into_iter().filter(|id| told.insert(*id)).collect()).await?);
            if next.is_none() {
                return Ok(found);
            }
            page.after = next;
        }
    }

    /// Which of some bookings differ from their entries.
    async fn differing(&self, ids: Vec<BookingId>) -> Result<Vec<Found>, StoreError> {
        let mut found = Vec::new();
        for differs in self.with_entries(self.closes.bookings_by_id(&ids).await?).await?.differences() {
            // What was read of a booking may be older than its entries.
            if let Some(id) = differs.booking
                && !self.agrees(id).await?
            {
                found.push(differs);
            }
        }
        Ok(found)
    }

    async fn books(
        &self,
        provider: Provider,
        (charges, refunds): (Vec<String>, Vec<RefundId>),
    ) -> Result<Books, StoreError> {
        let mut bookings = self.closes.bookings_of_charges(provider, &charges).await?;
        let mut missing = Vec::new();
        for refund in refunds {
            if bookings.iter().any(|booking| booking.has_refund(refund)) {
                continue;
            }
            missing.extend(self.store.booking_of_refund(refund).await?);
        }
        missing.sort_unstable();
        missing.dedup();
        bookings.extend(self.closes.bookings_by_id(&missing).await?);
        self.with_entries(bookings).await
    }

    async fn with_entries(&self, bookings: Vec<Booking>) -> Result<Books, StoreError> {
        let ids: Vec<_> = bookings.iter().map(|booking| booking.id).collect();
        let entries = if ids.is_empty() { Vec::new() } else { self.ledger.entries_of_bookings(&ids).await? };
        Ok(Books::of(bookings, entries))
    }

    /// Whether a booking agrees with its entries while nobody can change it.
    async fn agrees(&self, id: BookingId) -> Result<bool, StoreError> {
        transact(self.store.begin().await?, async |tx| {
            let Some(booking) = tx.lock_booking(id).await? else { return Ok(true) };
            Ok::<_, StoreError>(differences(&booking, &tx.entries_of_booking(id).await?).is_empty())
        })
        .await
    }
}
