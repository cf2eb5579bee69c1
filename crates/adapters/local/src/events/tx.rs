//! Writing events and ticket types.

use crate::booking::{KeptPromise, KeptRules};
use crate::transaction::LocalTx;
use ::booking::figures::EventFigures;
use ::booking::{Job, Voucher, WaitlistEntry};
use ::events::{Event, EventTx, Organisation, Quota, Seating, Stock, Stocked, Taken, TicketType};
use async_trait::async_trait;
use kernel::{EventId, QuotaId, StoreError, TicketTypeId};

const ADDING_EVENT: &str = "adding an event";
const SAVING_EVENT: &str = "saving an event";
const ADDING_TYPE: &str = "adding a ticket type";
const SAVING_QUOTA: &str = "saving a quota";
const SAVING_TYPE: &str = "saving a ticket type";

#[async_trait]
impl EventTx for LocalTx {
    async fn lock_event(&mut self, id: EventId) -> Result<Option<(Event, Taken)>, StoreError> {
        let state = self.state();
        let taken = state.events.stocked(id).map(|(_, stock)| stock.taken()).fold(0, u32::saturating_add);
        Ok(state.copy::<Event>(&id).map(|event| (event, Taken(taken))))
    }

    async fn add_event(&mut self, event: &Event) -> Result<bool, StoreError> {
        if self.state().events.events_by_slug.contains_key(&event.slug) {
            return Ok(false);
        }
        if self.state().get::<Organisation>(&event.organisation).is_none() {
            return Err(self.broken(ADDING_EVENT, "there is no such organisation"));
        }
        self.add(event.clone(), ADDING_EVENT)?;
        Ok(true)
    }

    async fn save_event(&mut self, event: &Event) -> Result<(), StoreError> {
        if self.state().events.events_by_slug.get(&event.slug) != Some(&event.id) {
            return Err(self.broken(SAVING_EVENT, "no event has this id and this slug"));
        }
        self.save(event.clone(), SAVING_EVENT)?;
        self.check_capacity(event.id, SAVING_EVENT)
    }

    async fn delete_event(&mut self, id: EventId) -> Result<bool, StoreError> {
        if self.state().booking.uses_of_event.contains_key(&id) {
            return Ok(false);
        }
        let types: Vec<_> = self.state().events.stocked(id).map(|(ticket_type, _)| ticket_type.id).collect();
        for ticket_type in types {
            self.remove::<TicketType>(&ticket_type);
            self.remove::<Stock>(&ticket_type);
        }
        let quotas = self.state().events.quotas_of(id);
        for quota in quotas {
            self.remove::<Quota>(&quota.id);
        }
        self.remove::<Seating>(&id);
        self.remove::<KeptPromise>(&id);
        for voucher in self.state().booking.vouchers_of(id) {
            self.remove::<Voucher>(&voucher);
        }
        for entry in self.state().booking.list_of(id) {
            self.remove::<WaitlistEntry>(&entry);
        }
        self.remove::<KeptRules>(&id);
        self.remove::<EventFigures>(&id);
        if let Some(job) = self.state().booking.jobs_by_event.get(&id).copied() {
            self.remove::<Job>(&job);
        }
        self.remove::<Event>(&id);
        Ok(true)
    }

    async fn ticket_types_locked(&mut self, event: EventId) -> Result<Vec<Stocked>, StoreError> {
        Ok(self.state().ticket_types_of(event))
    }

    async fn quotas_locked(&mut self, event: EventId) -> Result<Vec<Quota>, StoreError> {
        Ok(self.state().events.quotas_of(event))
    }

    async fn add_quota(&mut self, quota: &Quota) -> Result<(), StoreError> {
        if self.state().get::<Event>(&quota.event).is_none() {
            return Err(self.broken("adding a quota", "there is no such event"));
        }
        self.add(quota.clone(), "adding a quota")
    }

    async fn save_quota(&mut self, quota: &Quota) -> Result<(), StoreError> {
        self.save(quota.clone(), SAVING_QUOTA)?;
        self.check_capacity(quota.event, SAVING_QUOTA)
    }

    async fn delete_quota(&mut self, id: QuotaId) -> Result<bool, StoreError> {
        if self.state().events.sharing(id).next().is_some() {
            return Ok(false);
        }
        Ok(self.remove::<Quota>(&id))
    }

    async fn add_ticket_type(&mut self, ticket_type: &TicketType) -> Result<(), StoreError> {
        if self.state().get::<Event>(&ticket_type.event).is_none() {
            return Err(self.broken(ADDING_TYPE, "there is no such event"));
        }
        self.add(ticket_type.clone(), ADDING_TYPE)?;
        self.add(Stock::untouched(ticket_type.id), ADDING_TYPE)
    }

    async fn save_ticket_type(&mut self, ticket_type: &TicketType) -> Result<(), StoreError> {
        let stock = self.state().copy::<Stock>(&ticket_type.id);
        if stock.is_some_and(|stock| stock.taken() > ticket_type.quantity) {
            return Err(self.broken(SAVING_TYPE, "more are held and sold than there would be"));
        }
        self.save(ticket_type.clone(), SAVING_TYPE)?;
        self.check_capacity(ticket_type.event, SAVING_TYPE)
    }

    async fn delete_ticket_type(&mut self, id: TicketTypeId) -> Result<bool, StoreError> {
        let kept = self.state().get::<Stock>(&id).is_some_and(|stock| stock.reserved > 0);
        if kept || self.state().booking.uses_of_type.contains_key(&id) {
            return Ok(false);
        }
        self.remove::<TicketType>(&id);
        self.remove::<Stock>(&id);
        Ok(true)
    }
}
