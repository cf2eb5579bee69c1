//! Reading without a transaction: what was committed last.

use crate::booking::KeptRules;
use crate::state::State;
use crate::store::LocalStore;
use ::events::{
    Billing, Event, EventStore, EventTx, Filter, Listed, Member, Organisation, Quota, Stocked, TicketType,
};
use async_trait::async_trait;
use kernel::{AccountId, EventId, OrganisationId, Page, PageRequest, QuotaId, StoreError, TicketTypeId};
use uuid::Uuid;

impl State {
    /// An event's types with their stock.
    pub(super) fn ticket_types_of(&self, event: EventId) -> Vec<Stocked> {
        let by_hand = self.get::<KeptRules>(&event).is_some_and(|kept| !kept.rules.automatic);
        let stocked = self.events.stocked(event).map(|(ticket_type, stock)| {
            let quota = self.events.quota_of(ticket_type).map(|quota| (**quota).clone());
            Stocked { ticket_type: (**ticket_type).clone(), stock, quota, by_hand }
        });
        stocked.collect()
    }
}

#[async_trait]
impl EventStore for LocalStore {
    async fn begin(&self) -> Result<Box<dyn EventTx>, StoreError> {
        Ok(self.write().await?)
    }

    async fn event(&self, id: EventId) -> Result<Option<Event>, StoreError> {
        Ok(self.read().copy(&id))
    }

    async fn events(&self, ids: &[EventId]) -> Result<Vec<Event>, StoreError> {
        let state = self.read();
        Ok(ids.iter().filter_map(|id| state.copy(id)).collect())
    }

    async fn events_with_types(&self, ids: &[EventId]) -> Result<Vec<Listed>, StoreError> {
        let state = self.read();
        let found = ids.iter().filter_map(|id| state.copy::<Event>(id));
        Ok(found.map(|event| Listed { ticket_types: state.ticket_types_of(event.id), event }).collect())
    }

    async fn event_by_slug(&self, slug: &str) -> Result<Option<Event>, StoreError> {
        let state = self.read();
        Ok(state.events.events_by_slug.get(slug).and_then(|id| state.copy(id)))
    }

    async fn listing(&self, filter: &Filter, page: PageRequest) -> Result<Page<Listed>, StoreError> {
        let state = self.read();
        let listed = state.events.listing(filter, page);
        Ok(listed.map(|event| Listed { ticket_types: state.ticket_types_of(event.id), event }))
    }

    async fn ticket_types(&self, event: EventId) -> Result<Vec<Stocked>, StoreError> {
        Ok(self.read().ticket_types_of(event))
    }

    async fn quotas(&self, event: EventId) -> Result<Vec<Quota>, StoreError> {
        Ok(self.read().events.quotas_of(event))
    }

    async fn quota(&self, id: QuotaId) -> Result<Option<Quota>, StoreError> {
        Ok(self.read().copy(&id))
    }

    async fn ticket_types_by_id(&self, ids: &[TicketTypeId]) -> Result<Vec<TicketType>, StoreError> {
        let state = self.read();
        Ok(ids.iter().filter_map(|id| state.copy(id)).collect())
    }

    async fn ticket_type(&self, id: TicketTypeId) -> Result<Option<TicketType>, StoreError> {
        Ok(self.read().copy(&id))
    }

    async fn organisations(&self) -> Result<Vec<Organisation>, StoreError> {
        let state = self.read();
        let mut all: Vec<_> =
            state.events.organisations.values().map(|one| Organisation::clone(one)).collect();
        all.sort_by_key(|one| (one.created_at, one.id));
        Ok(all)
    }

    async fn organisation(&self, id: OrganisationId) -> Result<Option<Organisation>, StoreError> {
        Ok(self.read().copy(&id))
    }

    async fn billing(&self, organisation: OrganisationId) -> Result<Option<Billing>, StoreError> {
        Ok(self.read().copy(&organisation))
    }

    async fn members(&self, organisation: OrganisationId) -> Result<Vec<Member>, StoreError> {
        Ok(self.read().events.members_of(organisation))
    }

    async fn memberships(&self, account: AccountId) -> Result<Vec<Member>, StoreError> {
        let state = self.read();
        let range =
            (account, OrganisationId::from(Uuid::nil()))..=(account, OrganisationId::from(Uuid::max()));
        let found = state.events.members_by_account.range(range);
        Ok(found.filter_map(|(account, organisation)| state.copy(&(*organisation, *account))).collect())
    }
}
