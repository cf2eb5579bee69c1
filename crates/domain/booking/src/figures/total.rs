//! How many events stand, together.

use super::{EventFigures, ListFigures, OrderFigures, TypeFigures, VoucherFigures};
use kernel::Timestamp;

/// What some events come to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Total {
    /// How many events.
    pub events: u64,
    /// Their places.
    pub places: u64,
    /// Their tickets.
    pub tickets: TypeFigures,
    /// Tickets of events that are over and whose doors scanned.
    pub expected: u64,
    /// Of these, those of people who did not come.
    pub no_shows: u64,
    /// Their orders.
    pub orders: OrderFigures,
    /// Their waiting lists.
    pub list: ListFigures,
    /// Their vouchers.
    pub vouchers: VoucherFigures,
    /// Who comes, once for each event; without events that so few come to that each of them could be known.
    pub guests: u64,
    /// Of these, who had been at an earlier event of the same organisation.
    pub returning: u64,
}

impl Total {
    /// What these come to at `now`, as an admin is told of it, or anybody else.
    #[must_use]
    pub fn of<'a>(all: impl IntoIterator<Item = &'a EventFigures>, now: Timestamp, to_admin: bool) -> Self {
        let mut total = Self::default();
        for figures in all {
            total.add(figures, now, to_admin);
        }
        total
    }

    fn add(&mut self, figures: &EventFigures, now: Timestamp, to_admin: bool) {
        let (tickets, counts) = (figures.counts.tickets(), &figures.counts);
        self.events += 1;
        self.places += figures.places;
        self.tickets.valid += tickets.valid;
        self.tickets.checked_in += tickets.checked_in;
        self.tickets.returned += tickets.returned;
        self.tickets.cancelled += tickets.cancelled;
        if let Some(no_shows) = figures.no_shows(now) {
            self.expected += tickets.living();
            self.no_shows += no_shows;
        }
        self.orders.pending += counts.orders.pending;
        self.orders.confirmed += counts.orders.confirmed;
        self.orders.cancelled += counts.orders.cancelled;
        self.orders.expired += counts.orders.expired;
        self.list.waiting += counts.list.waiting;
        self.list.offered += counts.list.offered;
        self.list.accepted += counts.list.accepted;
        self.list.expired += counts.list.expired;
        self.list.left += counts.list.left;
        self.list.lapsed_offers += counts.list.lapsed_offers;
        self.list.wanted += counts.list.wanted;
        self.vouchers.made += counts.vouchers.made;
        self.vouchers.used += counts.vouchers.used;
        let guests = figures.guests.and_then(|it| it.told(to_admin));
        self.guests += guests.map_or(0, |it| it.guests);
        self.returning += guests.map_or(0, |it| it.returning);
    }
}

/// So many of a hundred, rounded; `None` of nothing.
#[must_use]
pub const fn percent(part: u64, whole: u64) -> Option<u64> {
    part.saturating_mul(100).saturating_add(whole / 2).checked_div(whole)
}
