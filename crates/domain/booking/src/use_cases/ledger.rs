//! Look into the ledger, and compare it with the bookings.

use crate::ledger::{Balance, Difference, Entry, EntryFilter, differences, facts};
use crate::{Booking, BookingStatus, BookingStore, LedgerStore, PaymentStatus, books};
use kernel::{BookingId, Cause, Clock, Currency, Page, PageRequest, StoreError, transact};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Bookings that are looked at together.
const AT_ONCE: u32 = 500;

/// The use cases around the ledger.
#[derive(Clone)]
pub struct Ledger {
    ledger: Arc<dyn LedgerStore>,
    bookings: Arc<dyn BookingStore>,
    clock: Arc<dyn Clock>,
}

/// What a comparison of the ledger with the bookings found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compared {
    /// Bookings that were looked at.
    pub bookings: u64,
    /// Places where the ledger says something else than a booking.
    pub differences: u64,
    /// Entries of no booking although they are about one.
    pub strays: u64,
    /// What all accounts add up to, where it is not nothing.
    pub sums: Vec<(Currency, i64)>,
}

impl Compared {
    /// Whether everything agrees.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.differences == 0 && self.strays == 0 && self.sums.is_empty()
    }
}

impl Ledger {
    /// The use cases over a store.
    #[must_use]
    pub fn new(ledger: Arc<dyn LedgerStore>, bookings: Arc<dyn BookingStore>, clock: Arc<dyn Clock>) -> Self {
        Self { ledger, bookings, clock }
    }

    /// Entries, the newest first.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn entries(&self, filter: &EntryFilter, page: PageRequest) -> Result<Page<Entry>, StoreError> {
        self.ledger.entries(filter, page).await
    }

    /// What entries add up to; of one account alone, when the filter names it.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn balances(&self, filter: &EntryFilter) -> Result<Vec<Balance>, StoreError> {
        let mut balances = self.ledger.balances(filter).await?;
        balances.retain(|balance| filter.account.as_ref().is_none_or(|account| balance.account == *account));
        Ok(balances)
    }

    /// Compares every booking with its entries, some at a time; each difference is told as it is found.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn compare(&self, mut tell: impl FnMut(&Difference) + Send) -> Result<Compared, StoreError> {
        let mut compared =
            Compared { sums: self.sums().await?, strays: self.ledger.strays().await?, ..Compared::default() };
        let mut after = None;
        loop {
            let bookings = self.ledger.bookings_after(after, AT_ONCE).await?;
            let Some(last) = bookings.last().map(|booking| booking.id) else { return Ok(compared) };
            after = Some(last);
            for id in self.suspects(&bookings).await? {
                for difference in self.look_again(id).await? {
                    compared.differences += 1;
                    tell(&difference);
                }
            }
            compared.bookings += u64::try_from(bookings.len()).unwrap_or(u64::MAX);
        }
    }

    async fn sums(&self) -> Result<Vec<(Currency, i64)>, StoreError> {
        let mut sums = BTreeMap::<_, i64>::new();
        for balance in self.ledger.balances(&EntryFilter::default()).await? {
            let sum = sums.entry(balance.currency).or_default();
            *sum = sum.saturating_add(balance.minor);
        }
        Ok(sums.into_iter().filter(|(_, sum)| *sum != 0).collect())
    }

    /// Bookings that seem to differ: what was read of one may be older than its entries.
    async fn suspects(&self, bookings: &[Booking]) -> Result<Vec<BookingId>, StoreError> {
        let ids: Vec<_> = bookings.iter().map(|booking| booking.id).collect();
        let mut entries = BTreeMap::<_, Vec<Entry>>::new();
        for entry in self.ledger.entries_of_bookings(&ids).await? {
            entries.entry(entry.booking).or_default().push(entry);
        }
        let of = |booking: &Booking| entries.get(&Some(booking.id)).map_or(&[][..], Vec::as_slice);
        let differ = bookings.iter().filter(|booking| !differences(booking, of(booking)).is_empty());
        Ok(differ.map(|booking| booking.id).collect())
    }

    /// The same question while nobody can change the booking.
    async fn look_again(&self, id: BookingId) -> Result<Vec<Difference>, StoreError> {
        transact(self.bookings.begin().await?, async |tx| {
            let Some(booking) = tx.lock_booking(id).await? else { return Ok(Vec::new()) };
            Ok::<_, StoreError>(differences(&booking, &tx.entries_of_booking(id).await?))
        })
        .await
    }

    /// Posts what bookings owe that a version without a ledger has changed: those about whose money there is no entry
    /// at all. Answers how many that were.
    ///
    /// # Errors
    /// The store could not answer; what was posted before stays, and the rest is posted by trying again.
    pub async fn catch_up(&self) -> Result<u64, StoreError> {
        let (mut posted, mut after) = (0, None);
        loop {
            let bookings = self.ledger.bookings_after(after, AT_ONCE).await?;
            let Some(last) = bookings.last().map(|booking| booking.id) else { return Ok(posted) };
            after = Some(last);
            let ids: Vec<_> = bookings.iter().map(|booking| booking.id).collect();
            let entries = self.ledger.entries_of_bookings(&ids).await?;
            let of_bookings = entries.iter().filter(|entry| entry.kind.follows_from_bookings());
            let known: BTreeSet<_> = of_bookings.filter_map(|entry| entry.booking).collect();
            let owing = |booking: &&Booking| !known.contains(&booking.id) && !facts(booking).is_empty();
            for booking in bookings.iter().filter(owing) {
                posted += u64::from(self.post_all(booking.id).await?);
            }
        }
    }

    async fn post_all(&self, id: BookingId) -> Result<bool, StoreError> {
        let now = self.clock.now();
        transact(self.bookings.begin().await?, async |tx| {
            let Some(mut booking) = tx.lock_booking(id).await? else { return Ok(false) };
            let posted = tx.entries_of_booking(id).await?;
            if posted.iter().any(|entry| entry.kind.follows_from_bookings()) {
                return Ok(false);
            }
            if booking.status == BookingStatus::Confirmed && booking.paid_by.is_none() {
                // The former version did not note it: what was paid and did not go back.
                let mut paid = booking.payments.iter().filter(|it| it.status == PaymentStatus::Paid);
                let bought = paid.find(|it| booking.refunds.iter().all(|refund| refund.payment != it.id));
                booking.paid_by = bought.map(|payment| payment.id);
            }
            books::keep(tx, None, &booking, &Cause::command_line(), now).await?;
            Ok::<_, StoreError>(true)
        })
        .await
    }
}
