//! Figures: what there is to count, and what was counted.

use crate::document::{Document, Key, Step, Table};
use crate::paging::{FIRST, LAST};
use crate::state::State;
use crate::store::LocalStore;
use crate::transaction::LocalTx;
use ::booking::figures::{
    By, Counts, DayFigures, EventFigures, Facts, FlowFilter, Guests, HeldTicket, Look, Moved, Sold,
    StandingFilter, Sum, SumKey, first_id,
};
use ::booking::ledger::Entry;
use ::booking::{
    Booking, BookingStatus, FiguresStore, FiguresTx, Scan, Ticket, Verdict, Voucher, WaitlistEntry,
};
use ::events::Event;
use async_trait::async_trait;
use chrono::{DurationRound, NaiveDate, TimeDelta};
use kernel::{
    AccountId, BookingId, Cursor, EntryId, EventId, OrganisationId, ScanId, StoreError, TicketId,
    TicketTypeId, Timestamp,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use uuid::Uuid;

/// How far was counted.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct KeptFigureLook {
    at: Option<Timestamp>,
    until: Option<Timestamp>,
    whole: bool,
    cursor: Option<EventId>,
}

impl Document for KeptFigureLook {
    const KIND: &'static str = "figure_look";
    type Key = ();

    fn key(&self) {}

    fn table(state: &State) -> &Table<Self> {
        &state.booking.figure_looks
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.booking.figure_looks
    }

    fn index(&self, _state: &mut State, _step: Step) {}
}

impl Key for (EventId, NaiveDate) {
    fn bytes(&self) -> Vec<u8> {
        [self.0.bytes(), self.1.to_string().into_bytes()].concat()
    }
}

impl Document for DayFigures {
    const KIND: &'static str = "day_figures";
    type Key = (EventId, NaiveDate);

    fn key(&self) -> Self::Key {
        (self.event, self.day)
    }

    fn table(state: &State) -> &Table<Self> {
        &state.booking.day_figures
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.booking.day_figures
    }

    fn index(&self, _state: &mut State, _step: Step) {}
}

impl Document for EventFigures {
    const KIND: &'static str = "event_figures";
    type Key = EventId;

    fn key(&self) -> EventId {
        self.event
    }

    fn table(state: &State) -> &Table<Self> {
        &state.booking.event_figures
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.booking.event_figures
    }

    fn index(&self, _state: &mut State, _step: Step) {}
}

/// The first instant of the hour in which another lies.
fn hour_of(at: Timestamp) -> Timestamp {
    at.duration_trunc(TimeDelta::hours(1)).unwrap_or(at)
}

fn limit(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

impl State {
    fn figure_look(&self) -> Look {
        self.get::<KeptFigureLook>(&()).map_or_else(Look::default, |kept| Look {
            at: kept.at,
            until: kept.until,
            whole: kept.whole,
            cursor: kept.cursor,
        })
    }

    /// Tickets of an event with ids in this range, which says when they were issued.
    fn tickets_between(
        &self,
        event: EventId,
        from: Uuid,
        until: Bound<Uuid>,
    ) -> impl Iterator<Item = &Ticket> {
        let until = match until {
            Bound::Included(id) => Bound::Included((event, TicketId::from(id))),
            Bound::Excluded(id) => Bound::Excluded((event, TicketId::from(id))),
            Bound::Unbounded => Bound::Included((event, TicketId::from(Uuid::max()))),
        };
        let range = (Bound::Included((event, TicketId::from(from))), until);
        let ids = self.booking.tickets_by_event.range(range).map(|(_, id)| id);
        ids.filter_map(|id| self.get::<Ticket>(id).map(AsRef::as_ref))
    }

    fn tickets_in(&self, event: EventId) -> impl Iterator<Item = &Ticket> {
        self.tickets_between(event, Uuid::nil(), Bound::Unbounded)
    }

    fn tickets_bought_with(&self, booking: BookingId) -> Vec<Ticket> {
        self.booking.tickets_of(booking).filter_map(|id| self.copy::<Ticket>(&id)).collect()
    }

    fn facts(&self, event: EventId, (from, until): (Timestamp, Timestamp)) -> Facts {
        if from >= until {
            return Facts::default();
        }
        let start = |at| (event, Cursor { at, id: Uuid::nil() });
        let entries = self.booking.entries_by_event.range(start(from)..start(until));
        let entries = entries.filter_map(|(_, cursor)| self.get::<Entry>(&EntryId::from(cursor.id)));
        let moved = entries.map(|entry| {
            let booking = entry.booking.and_then(|id| self.get::<Booking>(&id)).map(|booking| &**booking);
            let tickets = entry.booking.map(|id| self.tickets_bought_with(id)).unwrap_or_default();
            let entries = entry.booking.map(|id| self.entries_of(id)).unwrap_or_default();
            Moved::of(entry, booking, &tickets, &entries)
        });
        let mut issued: BTreeMap<BookingId, Vec<TicketTypeId>> = BTreeMap::new();
        for ticket in self.tickets_between(event, first_id(from), Bound::Excluded(first_id(until))) {
            issued.entry(ticket.booking).or_default().push(ticket.ticket_type);
        }
        let sold = issued.into_iter().filter_map(|(id, types)| {
            let booking = self.get::<Booking>(&id)?;
            let discount = booking.voucher.map(|applied| applied.discount.minor());
            Some(Sold { currency: booking.total.currency(), discount, types, times: 1 })
        });
        Facts { moved: moved.collect(), sold: sold.collect() }
    }

    fn rows_of(&self, event: EventId) -> Counts {
        let mut counts = Counts::default();
        for ticket in self.tickets_in(event) {
            counts.add_tickets(ticket.ticket_type, ticket.status, 1);
        }
        let range = (event, BookingId::from(Uuid::nil()))..=(event, BookingId::from(Uuid::max()));
        let bookings = self.booking.bookings_by_event.range(range);
        let mut used = BTreeSet::new();
        for booking in bookings.filter_map(|(_, id)| self.get::<Booking>(id)) {
            counts.add_orders(booking.status, 1);
            if matches!(booking.status, BookingStatus::PendingPayment | BookingStatus::Confirmed) {
                used.extend(booking.voucher.map(|applied| applied.id));
            }
        }
        for entry in self.booking.list_of(event).iter().filter_map(|id| self.get::<WaitlistEntry>(id)) {
            let offered = u64::from(entry.offered_at.is_some());
            counts.add_entries(entry.status, 1, (u64::from(entry.quantity), offered));
        }
        for id in self.booking.vouchers_of(event) {
            counts.vouchers.made += u64::from(self.get::<Voucher>(&id).is_some());
            counts.vouchers.used += u64::from(used.contains(&id));
        }
        counts.door = self.is_scanned(event);
        counts
    }

    /// Whether the door of an event let in anybody by a scan.
    fn is_scanned(&self, event: EventId) -> bool {
        let scans = self.booking.scans_by_event.range((event, FIRST)..=(event, LAST));
        let mut scans = scans.filter_map(|(_, cursor)| self.get::<Scan>(&ScanId::from(cursor.id)));
        scans.any(|scan| scan.verdict == Verdict::Admitted)
    }

    fn guests(&self, event: EventId, organisation: OrganisationId, before: Timestamp) -> Vec<Guests> {
        let range = (organisation, EventId::from(Uuid::nil()))..=(organisation, EventId::from(Uuid::max()));
        let theirs = self.events.events_of.range(range).map(|(_, id)| *id);
        let begun = |id: &EventId| {
            *id != event && self.get::<Event>(id).is_some_and(|event| event.starts_at < before)
        };
        // Of each, whether its door scanned.
        let earlier: BTreeMap<EventId, bool> =
            theirs.filter(begun).map(|id| (id, self.is_scanned(id))).collect();
        let living = self.tickets_in(event).filter(|ticket| ticket.status.lives());
        let holders: BTreeSet<AccountId> = living.map(|ticket| ticket.holder).collect();
        let guests = holders.into_iter().map(|holder| {
            let held = self.booking.tickets_by_holder.range((holder, FIRST)..=(holder, LAST));
            let held = held.filter_map(|(_, cursor)| self.get::<Ticket>(&TicketId::from(cursor.id)));
            let held = held.filter_map(|ticket| Some(HeldTicket::of(ticket, *earlier.get(&ticket.event)?)));
            Guests { earlier: held.collect(), times: 1 }
        });
        guests.collect()
    }
}

#[async_trait]
impl FiguresStore for LocalStore {
    async fn begin_figures(&self) -> Result<Box<dyn FiguresTx>, StoreError> {
        Ok(self.write().await?)
    }

    async fn touched(&self, since: Timestamp) -> Result<Vec<(EventId, Timestamp)>, StoreError> {
        let state = self.read();
        let first = Cursor { at: since, id: Uuid::nil() };
        let entries = state.booking.entries_by_time.range(first..);
        let entries = entries.filter_map(|cursor| state.get::<Entry>(&EntryId::from(cursor.id)));
        let entries = entries.filter_map(|entry| Some((entry.event?, hour_of(entry.at))));
        let tickets = state.booking.tickets.range(TicketId::from(first_id(since))..);
        let tickets = tickets.map(|(_, ticket)| (ticket.event, hour_of(ticket.issued_at)));
        let found: BTreeSet<_> = entries.chain(tickets).collect();
        Ok(found.into_iter().collect())
    }

    async fn hours(&self, event: EventId) -> Result<Vec<Timestamp>, StoreError> {
        let state = self.read();
        let entries = state.booking.entries_by_event.range((event, FIRST)..=(event, LAST));
        let entries = entries.map(|(_, cursor)| hour_of(cursor.at));
        let tickets = state.tickets_in(event).map(|ticket| hour_of(ticket.issued_at));
        let found: BTreeSet<_> = entries.chain(tickets).collect();
        Ok(found.into_iter().collect())
    }

    async fn facts(&self, event: EventId, span: (Timestamp, Timestamp)) -> Result<Facts, StoreError> {
        Ok(self.read().facts(event, span))
    }

    async fn counts(&self, events: &[EventId]) -> Result<Vec<(EventId, Counts)>, StoreError> {
        let state = self.read();
        Ok(events.iter().map(|event| (*event, state.rows_of(*event))).collect())
    }

    async fn guests(
        &self,
        event: EventId,
        organisation: OrganisationId,
        before: Timestamp,
    ) -> Result<Vec<Guests>, StoreError> {
        Ok(self.read().guests(event, organisation, before))
    }

    async fn open_events(&self, at: Timestamp, most: u32) -> Result<Vec<EventId>, StoreError> {
        let state = self.read();
        let mut open: Vec<_> = state.events.events.values().filter(|event| event.ends_at >= at).collect();
        open.sort_by_key(|event| event.ends_at);
        Ok(open.into_iter().take(limit(most)).map(|event| event.id).collect())
    }

    async fn events_after(&self, after: Option<EventId>, most: u32) -> Result<Vec<EventId>, StoreError> {
        let state = self.read();
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let found = state.events.events.range((from, Bound::Unbounded));
        Ok(found.take(limit(most)).map(|(id, _)| *id).collect())
    }

    async fn figures_look(&self) -> Result<Look, StoreError> {
        Ok(self.read().figure_look())
    }

    async fn days(&self, event: EventId, days: Option<&[NaiveDate]>) -> Result<Vec<DayFigures>, StoreError> {
        let state = self.read();
        let all = state.booking.day_figures.range((event, NaiveDate::MIN)..=(event, NaiveDate::MAX));
        let wanted = all.filter(|((_, day), _)| days.is_none_or(|days| days.contains(day)));
        Ok(wanted.map(|(_, figures)| DayFigures::clone(figures)).collect())
    }

    async fn standings(&self, filter: &StandingFilter) -> Result<Vec<EventFigures>, StoreError> {
        let state = self.read();
        let all = state.booking.event_figures.values();
        Ok(all.filter(|figures| filter.wants(figures)).map(|figures| EventFigures::clone(figures)).collect())
    }

    async fn sums(&self, filter: &FlowFilter, by: By) -> Result<Vec<Sum>, StoreError> {
        let state = self.read();
        let mut sums: BTreeMap<SumKey, Sum> = BTreeMap::new();
        for day in state.booking.day_figures.values().filter(|day| filter.wants(day)) {
            for sum in day.rows.iter().filter_map(|row| by.sum(day, row)) {
                match sums.get_mut(&sum.key()) {
                    Some(known) => known.flow.add(&sum.flow),
                    None => drop(sums.insert(sum.key(), sum)),
                }
            }
        }
        Ok(sums.into_values().filter(|sum| !sum.flow.is_nothing()).collect())
    }
}

#[async_trait]
impl FiguresTx for LocalTx {
    /// There is one writer, so it is locked.
    async fn lock_look(&mut self) -> Result<Look, StoreError> {
        Ok(self.state().figure_look())
    }

    async fn save_look(&mut self, look: &Look) -> Result<(), StoreError> {
        let Look { at, until, whole, cursor } = *look;
        self.put(KeptFigureLook { at, until, whole, cursor });
        Ok(())
    }

    async fn save_days(&mut self, days: &[DayFigures]) -> Result<(), StoreError> {
        for day in days {
            if day.rows.is_empty() {
                self.remove::<DayFigures>(&(day.event, day.day));
            } else {
                self.put(day.clone());
            }
        }
        Ok(())
    }

    async fn drop_days(&mut self, event: EventId) -> Result<(), StoreError> {
        let days = self.state().booking.day_figures.range((event, NaiveDate::MIN)..=(event, NaiveDate::MAX));
        let days: Vec<_> = days.map(|(key, _)| *key).collect();
        for key in days {
            self.remove::<DayFigures>(&key);
        }
        Ok(())
    }

    async fn save_standings(&mut self, standings: &[EventFigures]) -> Result<(), StoreError> {
        for figures in standings {
            if self.state().get::<Event>(&figures.event).is_some() {
                self.put(figures.clone());
            }
        }
        Ok(())
    }
}
