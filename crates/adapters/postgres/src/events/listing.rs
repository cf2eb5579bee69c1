//! The list of events: one page, then the ticket types of all its events at once.

use super::EventRow;
use super::near::Near;
use super::ticket_type::{stocked, stocked_rows};
use super::words::Words;
use crate::failure::failed;
use crate::pool::{PgStore, Pooled};
use crate::schema::{events, ticket_types};
use ::events::{Event, Filter, Listed, Status, Stocked};
use diesel::dsl::IntoBoxed;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use kernel::{Cursor, EventId, Page, PageRequest, StoreError};
use std::collections::BTreeMap;
use uuid::Uuid;

const DOING: &str = "listing events";

impl PgStore {
    pub(super) async fn listed(
        &self,
        filter: &Filter,
        page: PageRequest,
    ) -> Result<Page<Listed>, StoreError> {
        let mut connection = self.connection(DOING).await?;
        let query = narrowed(filter, page)
            .order((events::starts_at, events::id))
            .limit(i64::from(page.limit) + 1)
            .select(EventRow::as_select());
        let rows: Vec<EventRow> = query.load(&mut connection).await.map_err(failed(DOING))?;
        let found: Vec<Event> = rows.into_iter().map(Event::try_from).collect::<Result<_, _>>()?;
        let page =
            Page::cut(found, page.limit, |event| Cursor { at: event.starts_at, id: event.id.as_uuid() });
        let ids = page.items.iter().map(|event| event.id.as_uuid()).collect();
        let mut types = types_of(&mut connection, ids).await?;
        Ok(page.map(|event| Listed { ticket_types: types.remove(&event.id).unwrap_or_default(), event }))
    }

    pub(super) async fn with_types(&self, ids: &[EventId]) -> Result<Vec<Listed>, StoreError> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.as_uuid()).collect();
        let mut connection = self.connection(DOING).await?;
        let query = events::table.filter(events::id.eq_any(ids.clone())).select(EventRow::as_select());
        let rows: Vec<EventRow> = query.load(&mut connection).await.map_err(failed(DOING))?;
        let mut types = types_of(&mut connection, ids).await?;
        let listed = |row| {
            let event = Event::try_from(row)?;
            Ok(Listed { ticket_types: types.remove(&event.id).unwrap_or_default(), event })
        };
        rows.into_iter().map(listed).collect()
    }
}

fn narrowed(filter: &Filter, page: PageRequest) -> IntoBoxed<'_, events::table, Pg> {
    let statuses: Vec<&str> = filter.statuses.iter().map(|status| status.as_str()).collect();
    let mut query = events::table.filter(events::status.eq_any(statuses)).into_boxed();
    if let Some(from) = filter.from {
        query = query.filter(events::ends_at.gt(from));
    }
    if let Some(to) = filter.to {
        query = query.filter(events::starts_at.lt(to));
    }
    if let Some(tag) = &filter.tag {
        query = query.filter(events::tags.contains(vec![tag.as_str()]));
    }
    if !filter.words.is_empty() {
        query = query.filter(Words::all(&filter.words));
    }
    if let Some(around) = &filter.around {
        query = query.filter(Near::to(around));
    }
    if !filter.include_members_only {
        query = query.filter(events::visibility.eq("public"));
    }
    if let Some(organisations) = &filter.organisations {
        let ids: Vec<Uuid> = organisations.iter().map(|it| it.as_uuid()).collect();
        query = query.filter(events::organisation_id.eq_any(ids));
    }
    if let Some(organisations) = &filter.drafts_of {
        let ids: Vec<Uuid> = organisations.iter().map(|it| it.as_uuid()).collect();
        let known = events::status.ne(Status::Draft.as_str()).or(events::organisation_id.eq_any(ids));
        query = query.filter(known);
    }
    if let Some(after) = page.after {
        // The first half is what an index can start from.
        let later = events::starts_at.gt(after.at).or(events::id.gt(after.id));
        query = query.filter(events::starts_at.ge(after.at).and(later));
    }
    query
}

async fn types_of(
    connection: &mut Pooled,
    ids: Vec<Uuid>,
) -> Result<BTreeMap<EventId, Vec<Stocked>>, StoreError> {
    let mut types: BTreeMap<EventId, Vec<Stocked>> = BTreeMap::new();
    if ids.is_empty() {
        return Ok(types);
    }
    let rows: Vec<_> = stocked_rows()
        .filter(ticket_types::event_id.eq_any(ids))
        .order((ticket_types::event_id, ticket_types::position, ticket_types::id))
        .load(connection)
        .await
        .map_err(failed(DOING))?;
    for row in rows {
        let stocked = stocked(row)?;
        types.entry(stocked.ticket_type.event).or_default().push(stocked);
    }
    Ok(types)
}
