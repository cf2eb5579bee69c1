//! The figures of an event, counted from its rows one by one: what those that are kept are held against.

use super::day::Sums;
use super::{
    Counts, DayFigures, DayRow, EventFigures, Flow, GuestFigures, Guests, HeldTicket, LocalDay, Moved, Part,
    Sold, day_of,
};
use crate::ledger::Entry;
use crate::waitlist::Entry as ListEntry;
use crate::{Booking, BookingStatus, Sale, Ticket, Voucher};
use chrono_tz::Tz;
use kernel::{AccountId, Currency, EventId, TicketTypeId, Timestamp, VoucherId};
use std::collections::{BTreeMap, BTreeSet};

/// Counts one event.
#[derive(Debug, Clone)]
pub struct Recount {
    zone: Tz,
    days: BTreeMap<LocalDay, Sums>,
    counts: Counts,
    used: BTreeSet<VoucherId>,
    holders: BTreeSet<AccountId>,
    guests: Vec<Guests>,
}

/// A figure that is not what its rows say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FigureDifference {
    /// Of which event.
    pub event: EventId,
    /// Which figure.
    pub what: String,
    /// What is kept.
    pub kept: i64,
    /// What the rows come to.
    pub found: i64,
}

impl Recount {
    /// Nothing yet, of an event in this zone.
    #[must_use]
    pub fn of(zone: Tz) -> Self {
        let (used, holders, guests) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
        Self { zone, days: BTreeMap::new(), counts: Counts::default(), used, holders, guests }
    }

    /// A booking with all its tickets and all entries about it.
    pub fn order(&mut self, booking: &Booking, tickets: &[Ticket], entries: &[Entry]) {
        self.counts.add_orders(booking.status, 1);
        let counts = matches!(booking.status, BookingStatus::PendingPayment | BookingStatus::Confirmed);
        self.used.extend(booking.voucher.filter(|_| counts).map(|voucher| voucher.id));
        let mut issued: BTreeMap<LocalDay, Vec<TicketTypeId>> = BTreeMap::new();
        for ticket in tickets {
            self.counts.add_tickets(ticket.ticket_type, ticket.status, 1);
            self.holders.extend(ticket.status.lives().then_some(ticket.holder));
            issued.entry(day_of(self.zone, ticket.issued_at)).or_default().push(ticket.ticket_type);
        }
        for (day, types) in issued {
            let (currency, discount) =
                (booking.total.currency(), booking.voucher.map(|it| it.discount.minor()));
            let sold = Sold { currency, discount, types, times: 1 };
            sold.count(self.days.entry(day).or_default());
        }
        for entry in entries {
            let day = self.days.entry(day_of(self.zone, entry.at)).or_default();
            Moved::of(entry, Some(booking), tickets, entries).count(day);
        }
    }

    /// Somebody who is or was on the list.
    pub fn entry(&mut self, entry: &ListEntry) {
        let offered = u64::from(entry.offered_at.is_some());
        self.counts.add_entries(entry.status, 1, (u64::from(entry.quantity), offered));
    }

    /// A voucher; all orders come before.
    pub fn voucher(&mut self, voucher: &Voucher) {
        self.counts.vouchers.made += 1;
        self.counts.vouchers.used += u64::from(self.used.contains(&voucher.id));
    }

    /// Whether its door let anybody in by a scan.
    pub const fn door(&mut self, scanned: bool) {
        self.counts.door = scanned;
    }

    /// Who holds living tickets; all orders come before.
    #[must_use]
    pub const fn holders(&self) -> &BTreeSet<AccountId> {
        &self.holders
    }

    /// One of those, with what they hold of earlier events of the organisation.
    pub fn guest(&mut self, earlier: Vec<HeldTicket>) {
        self.guests.push(Guests { earlier, times: 1 });
    }

    /// What stands against each day on which anything happened, in their order.
    #[must_use]
    pub fn days(&self) -> Vec<(LocalDay, Vec<DayRow>)> {
        let days = self.days.iter().map(|(day, sums)| (*day, sums.rows()));
        days.filter(|(_, rows)| !rows.is_empty()).collect()
    }

    /// What stands now.
    #[must_use]
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// How the event stands.
    #[must_use]
    pub fn standing(&self, sale: &Sale, now: Timestamp) -> EventFigures {
        let guests = GuestFigures::of(&self.guests, now);
        EventFigures::of(sale, self.counts.clone(), (guests.guests > 0).then_some(guests))
    }

    /// Where the days that are kept say something else.
    #[must_use]
    pub fn differences_of_days(&self, event: EventId, kept: &[DayFigures]) -> Vec<FigureDifference> {
        type Rows = BTreeMap<(LocalDay, Part, Currency), Flow>;
        let kept: Rows = kept
            .iter()
            .flat_map(|day| day.rows.iter().map(|row| ((day.day, row.part, row.currency), row.flow)))
            .collect();
        let found: Rows = self
            .days()
            .into_iter()
            .flat_map(|(day, rows)| {
                rows.into_iter().map(move |row| ((day, row.part, row.currency), row.flow))
            })
            .collect();
        let places: BTreeSet<_> = kept.keys().chain(found.keys()).copied().collect();
        let mut differences = Vec::new();
        for place in places {
            let of = |rows: &Rows| rows.get(&place).copied().unwrap_or_default().named();
            for ((name, kept), (_, found)) in of(&kept).into_iter().zip(of(&found)) {
                if kept != found {
                    let what = format!("{}: {name}", told(place));
                    differences.push(FigureDifference { event, what, kept, found });
                }
            }
        }
        differences
    }
}

impl EventFigures {
    /// Where what is kept says something else than these, which were counted anew. Of some events there is nothing to keep.
    #[must_use]
    pub fn differences(&self, kept: Option<&Self>) -> Vec<FigureDifference> {
        if kept.is_none() && self.is_nothing() {
            return Vec::new();
        }
        differing(self.event, kept.map(Self::named).unwrap_or_default(), self.named())
    }

    /// The same of who comes.
    #[must_use]
    pub fn differences_of_guests(&self, kept: Option<&Self>) -> Vec<FigureDifference> {
        let kept = kept.map(Self::named_guests).into_iter().flatten();
        differing(self.event, kept, self.named_guests())
    }
}

fn differing(
    event: EventId,
    kept: impl IntoIterator<Item = (String, u64)>,
    found: impl IntoIterator<Item = (String, u64)>,
) -> Vec<FigureDifference> {
    let (kept, found): (BTreeMap<_, _>, BTreeMap<_, _>) =
        (kept.into_iter().collect(), found.into_iter().collect());
    let names: BTreeSet<_> = kept.keys().chain(found.keys()).collect();
    let number = |of: &BTreeMap<String, u64>, name: &String| {
        i64::try_from(of.get(name).copied().unwrap_or(0)).unwrap_or(i64::MAX)
    };
    let both = names.into_iter().map(|name| FigureDifference {
        event,
        what: name.clone(),
        kept: number(&kept, name),
        found: number(&found, name),
    });
    both.filter(|difference| difference.kept != difference.found).collect()
}

fn told((day, part, currency): (LocalDay, Part, Currency)) -> String {
    let part = match part {
        Part::Order => "orders".to_owned(),
        Part::Type(id) => format!("ticket type {id}"),
        Part::Reason(reason) => format!("refunds because of {}", reason.as_str()),
    };
    format!("{day}, {part}, {currency}")
}
