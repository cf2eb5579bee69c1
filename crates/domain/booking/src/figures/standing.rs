//! How an event stands: its tickets, orders, waiting list, vouchers and guests, counted from rows.

use super::GuestFigures;
use crate::{BookingStatus, EntryStatus, Sale, SaleStatus, TicketStatus};
use kernel::{EventId, OrganisationId, QuotaId, TicketTypeId, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The tickets of a type.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TypeFigures {
    /// That admit.
    pub valid: u64,
    /// That have admitted.
    pub checked_in: u64,
    /// That wait to be sold again.
    pub returned: u64,
    /// That admit nobody any more.
    pub cancelled: u64,
}

impl TypeFigures {
    /// Those that stand for a place that is taken.
    #[must_use]
    pub const fn living(&self) -> u64 {
        self.valid + self.checked_in
    }
}

/// Orders by where they stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OrderFigures {
    /// That wait for their money.
    pub pending: u64,
    /// That are paid, or free.
    pub confirmed: u64,
    /// Of which no ticket is good any more.
    pub cancelled: u64,
    /// That were not paid in time.
    pub expired: u64,
}

/// A waiting list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListFigures {
    /// Who wait.
    pub waiting: u64,
    /// For whom places are kept.
    pub offered: u64,
    /// Who took them.
    pub accepted: u64,
    /// Who did not, or waited in vain.
    pub expired: u64,
    /// Who left.
    pub left: u64,
    /// Of those that expired or left, how many had been offered places: offers that have ended and were not taken.
    pub lapsed_offers: u64,
    /// Places that those who wait want.
    pub wanted: u64,
}

impl ListFigures {
    /// Everybody who ever joined.
    #[must_use]
    pub const fn joined(&self) -> u64 {
        self.waiting + self.offered + self.accepted + self.expired + self.left
    }
}

/// Vouchers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct VoucherFigures {
    /// That there are.
    pub made: u64,
    /// With which an order was made that counts.
    pub used: u64,
}

/// What is counted of an event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Its tickets.
    pub types: BTreeMap<TicketTypeId, TypeFigures>,
    /// Its orders.
    pub orders: OrderFigures,
    /// Its waiting list.
    pub list: ListFigures,
    /// Its vouchers.
    pub vouchers: VoucherFigures,
    /// Whether its door let anybody in by a scan.
    pub door: bool,
}

impl Counts {
    /// So many tickets more.
    pub fn add_tickets(&mut self, ticket_type: TicketTypeId, status: TicketStatus, number: u64) {
        let of_type = self.types.entry(ticket_type).or_default();
        match status {
            TicketStatus::Valid => of_type.valid += number,
            TicketStatus::CheckedIn => of_type.checked_in += number,
            TicketStatus::Returned => of_type.returned += number,
            TicketStatus::Cancelled | TicketStatus::Transferred => of_type.cancelled += number,
        }
    }

    /// So many orders more.
    pub fn add_orders(&mut self, status: BookingStatus, number: u64) {
        match status {
            BookingStatus::PendingPayment => self.orders.pending += number,
            BookingStatus::Confirmed => self.orders.confirmed += number,
            BookingStatus::Cancelled => self.orders.cancelled += number,
            BookingStatus::Expired => self.orders.expired += number,
        }
    }

    /// So many on the list more, who want so many places in all; of these, so many were offered some.
    pub fn add_entries(&mut self, status: EntryStatus, number: u64, (places, offered): (u64, u64)) {
        let list = &mut self.list;
        list.lapsed_offers += if status.ends_untaken() { offered } else { 0 };
        match status {
            EntryStatus::Waiting => {
                list.waiting += number;
                list.wanted += places;
            }
            EntryStatus::Offered => list.offered += number,
            EntryStatus::Accepted => list.accepted += number,
            EntryStatus::Expired => list.expired += number,
            EntryStatus::Left => list.left += number,
        }
    }

    /// Tickets over all types.
    #[must_use]
    pub fn tickets(&self) -> TypeFigures {
        self.types.values().fold(TypeFigures::default(), |mut all, one| {
            all.valid += one.valid;
            all.checked_in += one.checked_in;
            all.returned += one.returned;
            all.cancelled += one.cancelled;
            all
        })
    }

    /// Whether nothing ever happened.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Each number with what it counts; the door counts as one when it scanned.
    #[must_use]
    pub fn named(&self) -> Vec<(String, u64)> {
        let Self { types, orders, list, vouchers, door } = self;
        let one = |what: &str, number: u64| (what.to_owned(), number);
        let mut all = vec![
            one("orders that wait for their money", orders.pending),
            one("confirmed orders", orders.confirmed),
            one("cancelled orders", orders.cancelled),
            one("expired orders", orders.expired),
            one("waiting on the list", list.waiting),
            one("offered places", list.offered),
            one("accepted offers", list.accepted),
            one("expired on the list", list.expired),
            one("left the list", list.left),
            one("lapsed offers", list.lapsed_offers),
            one("places wanted", list.wanted),
            one("vouchers", vouchers.made),
            one("vouchers that were used", vouchers.used),
            one("a door that scanned", u64::from(*door)),
        ];
        for (id, one) in types {
            let named = [
                ("valid", one.valid),
                ("checked in", one.checked_in),
                ("returned", one.returned),
                ("cancelled", one.cancelled),
            ];
            all.extend(named.map(|(what, number)| (format!("tickets of type {id}, {what}"), number)));
        }
        all
    }
}

/// How an event stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventFigures {
    /// Which.
    pub event: EventId,
    /// Who runs it.
    pub organisation: OrganisationId,
    /// The zone by whose days it was counted; by its name.
    pub zone: String,
    /// When it begins.
    pub starts_at: Timestamp,
    /// When it is over.
    pub ends_at: Timestamp,
    /// How many places it has.
    pub places: u64,
    /// Whether it is published and takes place.
    #[serde(default)]
    pub open: bool,
    /// What was counted.
    pub counts: Counts,
    /// Who comes; counted seldom.
    pub guests: Option<GuestFigures>,
}

impl EventFigures {
    /// An event as it sells, with what was counted of it.
    #[must_use]
    pub fn of(sale: &Sale, counts: Counts, guests: Option<GuestFigures>) -> Self {
        Self {
            event: sale.event,
            organisation: sale.organisation,
            zone: sale.resale.zone.name().to_owned(),
            starts_at: sale.starts_at,
            ends_at: sale.ends_at,
            places: places(sale),
            open: sale.status == SaleStatus::Open,
            counts,
            guests,
        }
    }

    /// Whether there is anything to keep: of an event that nobody can see nor ever had to do with, there is not.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.counts.is_nothing() && !self.open
    }

    /// Each number with what it counts, but for the guests, who are counted seldom.
    #[must_use]
    pub fn named(&self) -> Vec<(String, u64)> {
        let mut all = self.counts.named();
        all.push(("places".to_owned(), self.places));
        all.push(("a sale that is open".to_owned(), u64::from(self.open)));
        all
    }

    /// The numbers of guests, with what they count.
    #[must_use]
    pub fn named_guests(&self) -> [(String, u64); 2] {
        let of = |number: fn(&GuestFigures) -> u64| self.guests.as_ref().map_or(0, number);
        [("guests".to_owned(), of(|it| it.guests)), ("returning guests".to_owned(), of(|it| it.returning))]
    }

    /// Those who had a ticket and did not come: known once the event is over, and where the door scanned.
    #[must_use]
    pub fn no_shows(&self, now: Timestamp) -> Option<u64> {
        (self.counts.door && self.ends_at <= now).then(|| self.counts.tickets().valid)
    }
}

/// How many places an event has: as its types and quotas say, and no more than its capacity.
#[must_use]
pub fn places(sale: &Sale) -> u64 {
    let own = sale.offers.iter().filter(|offer| offer.quota.is_none());
    let own: u64 = own.map(|offer| u64::from(offer.quantity)).sum();
    let mut shared: BTreeMap<QuotaId, (u64, u64)> = BTreeMap::new();
    for offer in &sale.offers {
        if let Some(quota) = offer.quota {
            let (_, sum) = shared.entry(quota.id).or_insert((u64::from(quota.quantity), 0));
            *sum += u64::from(offer.quantity);
        }
    }
    let shared: u64 = shared.values().map(|(most, sum)| *most.min(sum)).sum();
    sale.capacity.map_or(own + shared, |most| (own + shared).min(u64::from(most)))
}
