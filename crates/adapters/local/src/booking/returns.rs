//! Tickets that wait to be sold again.

use super::BookingTables;
use crate::document::{Document, Step, Table};
use crate::paging::{FIRST, LAST, newest_of, wanted};
use crate::state::State;
use crate::store::LocalStore;
use crate::transaction::LocalTx;
use ::booking::{Return, ReturnReads, ReturnStatus, ReturnTx};
use async_trait::async_trait;
use kernel::{
    AccountId, Cursor, EventId, Page, PageRequest, ReturnId, SeatId, StoreError, TicketId, TicketTypeId,
};
use std::collections::BTreeMap;

fn cursor(made: &Return) -> Cursor {
    Cursor { at: made.created_at, id: made.id.as_uuid() }
}

impl Document for Return {
    const KIND: &'static str = "return";
    type Key = ReturnId;

    fn key(&self) -> ReturnId {
        self.id
    }

    fn table(state: &State) -> &Table<Self> {
        &state.booking.returns
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.booking.returns
    }

    fn index(&self, state: &mut State, step: Step) {
        let tables = &mut state.booking;
        step.set(&mut tables.returns_by_event, (self.event, cursor(self)));
        step.set(&mut tables.returns_by_holder, (self.holder, cursor(self)));
        if self.status == ReturnStatus::Waiting {
            step.set(&mut tables.waiting_returns, (self.event, cursor(self)));
            step.map(&mut tables.waiting_by_ticket, self.ticket, self.id);
        }
    }
}

impl BookingTables {
    pub(super) fn something_waits(&self, event: EventId) -> bool {
        self.waiting_returns.range((event, FIRST)..=(event, LAST)).next().is_some()
    }
}

impl State {
    fn waiting_returns(&self, event: EventId) -> impl Iterator<Item = Return> {
        let waiting = self.booking.waiting_returns.range((event, FIRST)..=(event, LAST));
        waiting.filter_map(|(_, cursor)| self.copy(&ReturnId::from(cursor.id)))
    }
}

#[async_trait]
impl ReturnReads for LocalStore {
    async fn ticket_return(&self, id: ReturnId) -> Result<Option<Return>, StoreError> {
        Ok(self.read().copy(&id))
    }

    async fn returns_of(&self, holder: AccountId, page: PageRequest) -> Result<Page<Return>, StoreError> {
        let state = self.read();
        let found = newest_of(&state.booking.returns_by_holder, holder, page).take(wanted(page));
        let found = found.filter_map(|id| state.copy(&ReturnId::from(id))).collect();
        Ok(Page::cut(found, page.limit, cursor))
    }

    async fn returns_of_event(&self, event: EventId, page: PageRequest) -> Result<Page<Return>, StoreError> {
        let state = self.read();
        let found = newest_of(&state.booking.returns_by_event, event, page).take(wanted(page));
        let found = found.filter_map(|id| state.copy(&ReturnId::from(id))).collect();
        Ok(Page::cut(found, page.limit, cursor))
    }
}

#[async_trait]
impl ReturnTx for LocalTx {
    async fn return_by_id(&mut self, id: ReturnId) -> Result<Option<Return>, StoreError> {
        Ok(self.state().copy(&id))
    }

    async fn waiting_returns_of(&mut self, tickets: &[TicketId]) -> Result<Vec<Return>, StoreError> {
        let state = self.state();
        let waiting = tickets.iter().filter_map(|ticket| state.booking.waiting_by_ticket.get(ticket));
        Ok(waiting.filter_map(|id| state.copy(id)).collect())
    }

    async fn waiting_returns_of_seats(
        &mut self,
        event: EventId,
        seats: &[SeatId],
    ) -> Result<Vec<Return>, StoreError> {
        let waiting = self.state().waiting_returns(event);
        Ok(waiting.filter(|made| made.seat.is_some_and(|seat| seats.contains(&seat))).collect())
    }

    async fn count_returns(&mut self, event: EventId) -> Result<Vec<(TicketTypeId, u32)>, StoreError> {
        let mut counts = BTreeMap::new();
        for made in self.state().waiting_returns(event) {
            *counts.entry(made.ticket_type).or_insert(0) += 1;
        }
        Ok(counts.into_iter().collect())
    }

    async fn oldest_return(
        &mut self,
        event: EventId,
        ticket_types: &[TicketTypeId],
    ) -> Result<Option<Return>, StoreError> {
        let mut waiting = self.state().waiting_returns(event);
        Ok(waiting.find(|made| ticket_types.contains(&made.ticket_type)))
    }

    async fn add_return(&mut self, made: &Return) -> Result<(), StoreError> {
        let doing = "adding a return";
        if self.state().booking.waiting_by_ticket.contains_key(&made.ticket) {
            return Err(self.broken(doing, "the ticket waits already"));
        }
        self.add(made.clone(), doing)
    }

    async fn save_return(&mut self, made: &Return) -> Result<(), StoreError> {
        self.save(made.clone(), "saving a return")
    }
}
