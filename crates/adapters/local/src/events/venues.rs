//! Halls, and the seats of events.

use crate::document::{Document, Step, Table};
use crate::paging::{newest, wanted};
use crate::state::State;
use crate::store::LocalStore;
use crate::transaction::LocalTx;
use ::events::{Seating, TemplateSummary, VenueStore, VenueTemplate, VenueTx};
use async_trait::async_trait;
use kernel::{Cursor, EventId, OrganisationId, Page, PageRequest, SeatId, StoreError, VenueTemplateId};

impl Document for VenueTemplate {
    const KIND: &'static str = "venue_template";
    type Key = VenueTemplateId;

    fn key(&self) -> VenueTemplateId {
        self.id
    }

    fn table(state: &State) -> &Table<Self> {
        &state.events.templates
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.events.templates
    }

    fn index(&self, state: &mut State, step: Step) {
        let cursor = Cursor { at: self.created_at, id: self.id.as_uuid() };
        step.set(&mut state.events.templates_by_time, cursor);
    }
}

impl Document for Seating {
    const KIND: &'static str = "seating";
    type Key = EventId;

    fn key(&self) -> EventId {
        self.event
    }

    fn table(state: &State) -> &Table<Self> {
        &state.events.seatings
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.events.seatings
    }

    fn index(&self, _state: &mut State, _step: Step) {}
}

#[async_trait]
impl VenueStore for LocalStore {
    async fn template(&self, id: VenueTemplateId) -> Result<Option<VenueTemplate>, StoreError> {
        Ok(self.read().copy(&id))
    }

    async fn templates(
        &self,
        organisations: Option<&[OrganisationId]>,
        page: PageRequest,
    ) -> Result<Page<TemplateSummary>, StoreError> {
        let state = self.read();
        let wants = |it: &&VenueTemplate| organisations.is_none_or(|all| all.contains(&it.organisation));
        let found = newest(&state.events.templates_by_time, page)
            .filter_map(|id| state.get::<VenueTemplate>(&id.into()).map(AsRef::as_ref))
            .filter(wants)
            .map(VenueTemplate::summary)
            .take(wanted(page));
        let cursor = |it: &TemplateSummary| Cursor { at: it.created_at, id: it.id.as_uuid() };
        Ok(Page::cut(found.collect(), page.limit, cursor))
    }

    async fn seating(&self, event: EventId) -> Result<Option<Seating>, StoreError> {
        Ok(self.read().copy(&event))
    }

    async fn seating_version(&self, event: EventId) -> Result<Option<u32>, StoreError> {
        Ok(self.read().get::<Seating>(&event).map(|seating| seating.version))
    }
}

#[async_trait]
impl VenueTx for LocalTx {
    async fn add_template(&mut self, template: &VenueTemplate) -> Result<(), StoreError> {
        self.add(template.clone(), "adding a venue template")
    }

    async fn lock_template(&mut self, id: VenueTemplateId) -> Result<Option<VenueTemplate>, StoreError> {
        Ok(self.state().copy(&id))
    }

    async fn save_template(&mut self, template: &VenueTemplate) -> Result<(), StoreError> {
        self.save(template.clone(), "saving a venue template")
    }

    async fn delete_template(&mut self, id: VenueTemplateId) -> Result<bool, StoreError> {
        if self.state().events.uses_of_template.contains_key(&id) {
            return Ok(false);
        }
        Ok(self.remove::<VenueTemplate>(&id))
    }

    async fn event_seating(&mut self, event: EventId) -> Result<Option<Seating>, StoreError> {
        Ok(self.state().copy(&event))
    }

    async fn save_seating(&mut self, seating: &Seating) -> Result<(), StoreError> {
        self.put(seating.clone());
        Ok(())
    }

    async fn remove_seating(&mut self, event: EventId) -> Result<(), StoreError> {
        self.remove::<Seating>(&event);
        Ok(())
    }

    async fn claimed_among(&mut self, event: EventId, seats: &[SeatId]) -> Result<Vec<SeatId>, StoreError> {
        let claims = &self.state().booking.claims;
        Ok(seats.iter().copied().filter(|seat| claims.contains_key(&(event, *seat))).collect())
    }
}
