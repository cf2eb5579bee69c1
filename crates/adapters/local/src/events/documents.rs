//! What is kept of events, and under what it is found.

use crate::document::{Document, Step, Table};
use crate::state::State;
use ::events::{Billing, Event, Member, Organisation, Quota, Stock, TicketType};
use kernel::{AccountId, Cursor, EventId, OrganisationId, QuotaId, TicketTypeId};

impl Document for Event {
    const KIND: &'static str = "event";
    type Key = EventId;

    fn key(&self) -> EventId {
        self.id
    }

    fn table(state: &State) -> &Table<Self> {
        &state.events.events
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.events.events
    }

    fn index(&self, state: &mut State, step: Step) {
        let tables = &mut state.events;
        step.map(&mut tables.events_by_slug, self.slug.clone(), self.id);
        step.set(&mut tables.events_by_start, Cursor { at: self.starts_at, id: self.id.as_uuid() });
        step.set(&mut tables.durations, (self.ends_at - self.starts_at, self.id));
        step.set(&mut tables.events_of, (self.organisation, self.id));
        if let Some(template) = self.venue_template {
            step.count(&mut tables.uses_of_template, template, 1);
        }
    }
}

impl Document for TicketType {
    const KIND: &'static str = "ticket_type";
    type Key = TicketTypeId;

    fn key(&self) -> TicketTypeId {
        self.id
    }

    fn table(state: &State) -> &Table<Self> {
        &state.events.ticket_types
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.events.ticket_types
    }

    fn index(&self, state: &mut State, step: Step) {
        step.set(&mut state.events.types_by_position, (self.event, self.position, self.id));
        if let Some(quota) = self.quota {
            step.set(&mut state.events.types_by_quota, (quota, self.id));
        }
    }
}

impl Document for Quota {
    const KIND: &'static str = "quota";
    type Key = QuotaId;

    fn key(&self) -> QuotaId {
        self.id
    }

    fn table(state: &State) -> &Table<Self> {
        &state.events.quotas
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.events.quotas
    }

    fn index(&self, state: &mut State, step: Step) {
        step.set(&mut state.events.quotas_by_event, (self.event, self.id));
    }
}

impl Document for Stock {
    const KIND: &'static str = "stock";
    type Key = TicketTypeId;

    fn key(&self) -> TicketTypeId {
        self.ticket_type
    }

    fn table(state: &State) -> &Table<Self> {
        &state.events.stocks
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.events.stocks
    }

    fn index(&self, _state: &mut State, _step: Step) {}
}

impl Document for Organisation {
    const KIND: &'static str = "organisation";
    type Key = OrganisationId;

    fn key(&self) -> OrganisationId {
        self.id
    }

    fn table(state: &State) -> &Table<Self> {
        &state.events.organisations
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.events.organisations
    }

    fn index(&self, state: &mut State, step: Step) {
        step.map(&mut state.events.organisations_by_slug, self.slug.clone(), self.id);
    }
}

impl Document for Billing {
    const KIND: &'static str = "billing";
    type Key = OrganisationId;

    fn key(&self) -> OrganisationId {
        self.organisation
    }

    fn table(state: &State) -> &Table<Self> {
        &state.events.billings
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.events.billings
    }

    fn index(&self, _state: &mut State, _step: Step) {}
}

impl Document for Member {
    const KIND: &'static str = "member";
    type Key = (OrganisationId, AccountId);

    fn key(&self) -> Self::Key {
        (self.organisation, self.account)
    }

    fn table(state: &State) -> &Table<Self> {
        &state.events.members
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.events.members
    }

    fn index(&self, state: &mut State, step: Step) {
        step.set(&mut state.events.members_by_account, (self.account, self.organisation));
    }
}
