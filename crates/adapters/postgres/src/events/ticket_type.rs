//! Rows of `ticket_types`; their counters belong to the sale and are only read here.

use super::quota::QuotaRow;
use crate::column::{count, money, some_count, vat};
use crate::schema::{quotas, sales, ticket_types};
use crate::statement::{constant, text};
use crate::transaction::PgTx;
use ::events::{Quota, Stock, Stocked, TicketType};
use diesel::dsl::AsSelect;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::Uuid as SqlUuid;
use diesel_async::RunQueryDsl;
use kernel::{EventId, StoreError, TicketTypeId, Timestamp};
use uuid::Uuid;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = ticket_types, check_for_backend(diesel::pg::Pg), treat_none_as_null = true)]
pub(super) struct TicketTypeRow {
    id: Uuid,
    event_id: Uuid,
    name: String,
    description: String,
    price_minor: i64,
    currency: String,
    vat_basis_points: i32,
    quantity: i64,
    max_per_user: Option<i64>,
    max_per_order: Option<i64>,
    sales_start: Option<Timestamp>,
    sales_end: Option<Timestamp>,
    hidden: bool,
    position: i64,
    quota_id: Option<Uuid>,
    transferable: bool,
    section_id: Option<Uuid>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = ticket_types, check_for_backend(diesel::pg::Pg))]
pub(super) struct StockedRow {
    #[diesel(embed)]
    facts: TicketTypeRow,
    held: i64,
    sold: i64,
    reserved: i64,
}

impl From<&TicketType> for TicketTypeRow {
    fn from(it: &TicketType) -> Self {
        Self {
            id: it.id.as_uuid(),
            event_id: it.event.as_uuid(),
            name: it.name.clone(),
            description: it.description.clone(),
            price_minor: it.price.minor(),
            currency: it.price.currency().code().to_owned(),
            vat_basis_points: it.vat.basis_points().into(),
            quantity: it.quantity.into(),
            max_per_user: it.max_per_user.map(i64::from),
            max_per_order: it.max_per_order.map(i64::from),
            sales_start: it.sales_start,
            sales_end: it.sales_end,
            hidden: it.hidden,
            position: it.position.into(),
            quota_id: it.quota.map(|quota| quota.as_uuid()),
            transferable: it.transferable,
            section_id: it.section.map(|section| section.as_uuid()),
        }
    }
}

impl TryFrom<TicketTypeRow> for TicketType {
    type Error = StoreError;

    fn try_from(row: TicketTypeRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.into(),
            event: row.event_id.into(),
            name: row.name,
            description: row.description,
            price: money(row.price_minor, &row.currency, "reading ticket_types.price_minor")?,
            vat: vat(row.vat_basis_points, "reading ticket_types.vat_basis_points")?,
            quantity: count(row.quantity, "reading ticket_types.quantity")?,
            max_per_user: some_count(row.max_per_user, "reading ticket_types.max_per_user")?,
            max_per_order: some_count(row.max_per_order, "reading ticket_types.max_per_order")?,
            sales_start: row.sales_start,
            sales_end: row.sales_end,
            hidden: row.hidden,
            position: count(row.position, "reading ticket_types.position")?,
            quota: row.quota_id.map(Into::into),
            transferable: row.transferable,
            section: row.section_id.map(Into::into),
        })
    }
}

/// Types with their counters, the quotas that they share, and whether staff serves the waiting lists of their events.
#[diesel::dsl::auto_type]
pub(super) fn stocked_rows() -> _ {
    let columns: AsSelect<StockedRow, Pg> = StockedRow::as_select();
    let quota: AsSelect<Option<QuotaRow>, Pg> = Option::<QuotaRow>::as_select();
    ticket_types::table
        .inner_join(sales::table.on(sales::event_id.eq(ticket_types::event_id)))
        .left_join(quotas::table)
        .select((columns, quota, sales::offers_by_hand))
}

/// One of them.
pub(super) fn stocked(
    (row, quota, by_hand): (StockedRow, Option<QuotaRow>, bool),
) -> Result<Stocked, StoreError> {
    let held = count(row.held, "reading ticket_types.held")?;
    let sold = count(row.sold, "reading ticket_types.sold")?;
    let reserved = count(row.reserved, "reading ticket_types.reserved")?;
    let ticket_type = TicketType::try_from(row.facts)?;
    let quota = quota.map(Quota::try_from).transpose()?;
    let stock = Stock { ticket_type: ticket_type.id, held, sold, reserved };
    Ok(Stocked { ticket_type, stock, quota, by_hand })
}

impl PgTx {
    pub(super) async fn stocked_types(&mut self, event: EventId) -> Result<Vec<Stocked>, StoreError> {
        let rows: QueryResult<Vec<_>> = stocked_rows()
            .filter(ticket_types::event_id.eq(event.as_uuid()))
            .order((ticket_types::position, ticket_types::id))
            .load(self.connection().await?)
            .await;
        let rows = self.checked("reading the types of a locked event", rows)?;
        rows.into_iter().map(stocked).collect()
    }

    pub(super) async fn insert_ticket_type(&mut self, ticket_type: &TicketType) -> Result<(), StoreError> {
        let row = TicketTypeRow::from(ticket_type);
        let added =
            diesel::insert_into(ticket_types::table).values(row).execute(self.connection().await?).await;
        self.checked("adding a ticket type", added).map(drop)
    }

    pub(super) async fn update_ticket_type(&mut self, ticket_type: &TicketType) -> Result<(), StoreError> {
        let row = TicketTypeRow::from(ticket_type);
        let saved =
            diesel::update(ticket_types::table.find(row.id)).set(row).execute(self.connection().await?).await;
        self.checked("saving a ticket type", saved)?;
        self.recount_quotas(ticket_type.event).await
    }

    pub(super) async fn remove_ticket_type(&mut self, id: TicketTypeId) -> Result<bool, StoreError> {
        // Expired bookings count as well: what was sold, and at which price, stays explained.
        let statement = text(
            "DELETE FROM ticket_types t WHERE t.id = $1 AND t.reserved = 0 \
             AND (SELECT true FROM holds h WHERE h.event_id = t.event_id \
                 AND h.items @> jsonb_build_array(jsonb_build_object('ticket_type', t.id)) LIMIT 1) IS NULL \
             AND (SELECT true FROM bookings b WHERE b.event_id = t.event_id \
                 AND b.items @> jsonb_build_array(jsonb_build_object('ticket_type', t.id)) LIMIT 1) IS NULL",
        )
        .bind::<SqlUuid, _>(id.as_uuid());
        self.execute("deleting a ticket type", constant(statement)).await.map(|gone| gone == 1)
    }
}
