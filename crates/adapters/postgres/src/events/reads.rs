//! Reads of what was committed.

use super::EventRow;
use super::organisation::{MemberRow, OrganisationRow};
use super::quota::QuotaRow;
use super::ticket_type::{TicketTypeRow, stocked, stocked_rows};
use crate::failure::failed;
use crate::pool::PgStore;
use crate::schema::{events, organisation_members as members, organisations, quotas, ticket_types};
use ::events::{
    Billing, Event, EventStore, EventTx, Filter, Listed, Member, Organisation, Quota, Stocked, TicketType,
};
use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use kernel::{AccountId, EventId, OrganisationId, Page, PageRequest, QuotaId, StoreError, TicketTypeId};
use uuid::Uuid;

#[async_trait]
impl EventStore for PgStore {
    async fn begin(&self) -> Result<Box<dyn EventTx>, StoreError> {
        Ok(Box::new(self.transaction().await?))
    }

    async fn event(&self, id: EventId) -> Result<Option<Event>, StoreError> {
        let doing = "reading an event";
        let mut connection = self.connection(doing).await?;
        let query = events::table.find(id.as_uuid()).select(EventRow::as_select());
        let row = query.first(&mut connection).await.optional().map_err(failed(doing))?;
        row.map(Event::try_from).transpose()
    }

    async fn events(&self, ids: &[EventId]) -> Result<Vec<Event>, StoreError> {
        let doing = "reading events";
        let ids: Vec<Uuid> = ids.iter().map(|id| id.as_uuid()).collect();
        let mut connection = self.connection(doing).await?;
        let query = events::table.filter(events::id.eq_any(ids)).select(EventRow::as_select());
        let rows = query.load(&mut connection).await.map_err(failed(doing))?;
        rows.into_iter().map(Event::try_from).collect()
    }

    async fn events_with_types(&self, ids: &[EventId]) -> Result<Vec<Listed>, StoreError> {
        self.with_types(ids).await
    }

    async fn event_by_slug(&self, slug: &str) -> Result<Option<Event>, StoreError> {
        let doing = "looking for an event";
        let mut connection = self.connection(doing).await?;
        let query = events::table.filter(events::slug.eq(slug)).select(EventRow::as_select());
        let row = query.first(&mut connection).await.optional().map_err(failed(doing))?;
        row.map(Event::try_from).transpose()
    }

    async fn listing(&self, filter: &Filter, page: PageRequest) -> Result<Page<Listed>, StoreError> {
        self.listed(filter, page).await
    }

    async fn ticket_types(&self, event: EventId) -> Result<Vec<Stocked>, StoreError> {
        let doing = "reading ticket types";
        let mut connection = self.connection(doing).await?;
        let query = stocked_rows()
            .filter(ticket_types::event_id.eq(event.as_uuid()))
            .order((ticket_types::position, ticket_types::id));
        let rows = query.load(&mut connection).await.map_err(failed(doing))?;
        rows.into_iter().map(stocked).collect()
    }

    async fn quotas(&self, event: EventId) -> Result<Vec<Quota>, StoreError> {
        let doing = "reading quotas";
        let mut connection = self.connection(doing).await?;
        let query = quotas::table
            .filter(quotas::event_id.eq(event.as_uuid()))
            .order(quotas::id)
            .select(QuotaRow::as_select());
        let rows = query.load(&mut connection).await.map_err(failed(doing))?;
        rows.into_iter().map(Quota::try_from).collect()
    }

    async fn quota(&self, id: QuotaId) -> Result<Option<Quota>, StoreError> {
        let doing = "reading a quota";
        let mut connection = self.connection(doing).await?;
        let query = quotas::table.find(id.as_uuid()).select(QuotaRow::as_select());
        let row = query.first(&mut connection).await.optional().map_err(failed(doing))?;
        row.map(Quota::try_from).transpose()
    }

    async fn ticket_types_by_id(&self, ids: &[TicketTypeId]) -> Result<Vec<TicketType>, StoreError> {
        let doing = "reading ticket types";
        let ids: Vec<Uuid> = ids.iter().map(|id| id.as_uuid()).collect();
        let mut connection = self.connection(doing).await?;
        let query =
            ticket_types::table.filter(ticket_types::id.eq_any(ids)).select(TicketTypeRow::as_select());
        let rows: Vec<TicketTypeRow> = query.load(&mut connection).await.map_err(failed(doing))?;
        rows.into_iter().map(TicketType::try_from).collect()
    }

    async fn ticket_type(&self, id: TicketTypeId) -> Result<Option<TicketType>, StoreError> {
        let doing = "reading a ticket type";
        let mut connection = self.connection(doing).await?;
        let query = ticket_types::table.find(id.as_uuid()).select(TicketTypeRow::as_select());
        let row = query.first(&mut connection).await.optional().map_err(failed(doing))?;
        row.map(TicketType::try_from).transpose()
    }

    async fn organisations(&self) -> Result<Vec<Organisation>, StoreError> {
        let doing = "listing organisations";
        let mut connection = self.connection(doing).await?;
        let query = organisations::table
            .order((organisations::created_at, organisations::id))
            .select(OrganisationRow::as_select());
        let rows = query.load(&mut connection).await.map_err(failed(doing))?;
        Ok(rows.into_iter().map(Organisation::from).collect())
    }

    async fn organisation(&self, id: OrganisationId) -> Result<Option<Organisation>, StoreError> {
        let doing = "reading an organisation";
        let mut connection = self.connection(doing).await?;
        let query = organisations::table.find(id.as_uuid()).select(OrganisationRow::as_select());
        let row = query.first(&mut connection).await.optional().map_err(failed(doing))?;
        Ok(row.map(Organisation::from))
    }

    async fn billing(&self, organisation: OrganisationId) -> Result<Option<Billing>, StoreError> {
        self.billing_of(organisation).await
    }

    async fn members(&self, organisation: OrganisationId) -> Result<Vec<Member>, StoreError> {
        let doing = "listing members";
        let mut connection = self.connection(doing).await?;
        let query = members::table
            .filter(members::organisation_id.eq(organisation.as_uuid()))
            .order((members::added_at, members::account_id))
            .select(MemberRow::as_select());
        let rows = query.load(&mut connection).await.map_err(failed(doing))?;
        rows.into_iter().map(Member::try_from).collect()
    }

    async fn memberships(&self, account: AccountId) -> Result<Vec<Member>, StoreError> {
        let doing = "listing memberships";
        let mut connection = self.connection(doing).await?;
        let query = members::table
            .filter(members::account_id.eq(account.as_uuid()))
            .order(members::organisation_id)
            .select(MemberRow::as_select());
        let rows = query.load(&mut connection).await.map_err(failed(doing))?;
        rows.into_iter().map(Member::try_from).collect()
    }
}
