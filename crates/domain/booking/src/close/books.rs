//! Bookings with their entries, some at a time.

use super::Found;
use super::judge::{in_the_ledger, till_of};
use crate::Booking;
use crate::ledger::{Entry, EntryKind};
use kernel::{BookingId, PaymentId, RefundId};
use std::collections::BTreeMap;

/// Some bookings, and all entries about them.
#[derive(Debug, Default)]
pub struct Books {
    bookings: BTreeMap<BookingId, Booking>,
    by_charge: BTreeMap<String, BookingId>,
    by_refund: BTreeMap<RefundId, BookingId>,
    entries: BTreeMap<BookingId, Vec<Entry>>,
}

impl Books {
    /// Of these bookings, with all entries about them.
    #[must_use]
    pub fn of(bookings: Vec<Booking>, entries: Vec<Entry>) -> Self {
        let mut books = Self::default();
        for booking in bookings {
            let charges = booking.payments.iter().filter_map(|payment| payment.charge.clone());
            books.by_charge.extend(charges.map(|charge| (charge, booking.id)));
            books.by_refund.extend(booking.refunds.iter().map(|refund| (refund.id, booking.id)));
            books.bookings.insert(booking.id, booking);
        }
        for entry in entries {
            if let Some(id) = entry.booking {
                books.entries.entry(id).or_default().push(entry);
            }
        }
        books
    }

    /// Bookings whose entries do not say what they say, whoever holds their money.
    #[must_use]
    pub fn differences(&self) -> Vec<Found> {
        let differ = self.all().filter_map(|booking| in_the_ledger(booking, self, &till_of(booking)?));
        differ.collect()
    }

    pub(super) fn booking(&self, id: BookingId) -> Option<&Booking> {
        self.bookings.get(&id)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Booking> {
        self.bookings.values()
    }

    /// The booking with this charge, or with this refund of ours.
    pub(super) fn find(&self, charge: Option<&str>, refund: Option<RefundId>) -> Option<&Booking> {
        let by_charge = charge.and_then(|charge| self.by_charge.get(charge));
        let id = by_charge.or_else(|| refund.and_then(|refund| self.by_refund.get(&refund)))?;
        self.bookings.get(id)
    }

    pub(super) fn entries_of(&self, id: BookingId) -> &[Entry] {
        self.entries.get(&id).map_or(&[], Vec::as_slice)
    }

    /// What the ledger says in all of a charge.
    pub(super) fn charged(&self, booking: BookingId, payment: PaymentId) -> i64 {
        self.sum(booking, |entry| entry.kind == EntryKind::Charge && entry.payment == Some(payment))
    }

    /// What the ledger says in all of a refund that has gone.
    pub(super) fn sent_back(&self, booking: BookingId, refund: RefundId) -> i64 {
        self.sum(booking, |entry| entry.kind == EntryKind::RefundDone && entry.refund == Some(refund))
    }

    fn sum(&self, booking: BookingId, wanted: impl Fn(&Entry) -> bool) -> i64 {
        let wanted = self.entries_of(booking).iter().filter(|entry| wanted(entry));
        let signed =
            wanted.map(|entry| if entry.reversal { -entry.amount.minor() } else { entry.amount.minor() });
        signed.fold(0, i64::saturating_add)
    }
}
