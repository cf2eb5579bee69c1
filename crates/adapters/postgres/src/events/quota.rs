//! Rows of `quotas`; what is taken of them belongs to the sale.

use crate::column::count;
use crate::schema::quotas;
use crate::statement::{constant, text};
use crate::transaction::PgTx;
use ::events::Quota;
use diesel::prelude::*;
use diesel::sql_types::Uuid as SqlUuid;
use diesel_async::RunQueryDsl;
use kernel::{EventId, QuotaId, StoreError};
use uuid::Uuid;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = quotas, check_for_backend(diesel::pg::Pg))]
pub(super) struct QuotaRow {
    id: Uuid,
    event_id: Uuid,
    name: String,
    quantity: i64,
}

impl From<&Quota> for QuotaRow {
    fn from(it: &Quota) -> Self {
        Self {
            id: it.id.as_uuid(),
            event_id: it.event.as_uuid(),
            name: it.name.clone(),
            quantity: it.quantity.into(),
        }
    }
}

impl TryFrom<QuotaRow> for Quota {
    type Error = StoreError;

    fn try_from(row: QuotaRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.into(),
            event: row.event_id.into(),
            name: row.name,
            quantity: count(row.quantity, "reading quotas.quantity")?,
        })
    }
}

impl PgTx {
    pub(super) async fn quotas_of_locked(&mut self, event: EventId) -> Result<Vec<Quota>, StoreError> {
        let rows: QueryResult<Vec<QuotaRow>> = quotas::table
            .filter(quotas::event_id.eq(event.as_uuid()))
            .order(quotas::id)
            .select(QuotaRow::as_select())
            .load(self.connection().await?)
            .await;
        let rows = self.checked("reading the quotas of a locked event", rows)?;
        rows.into_iter().map(Quota::try_from).collect()
    }

    pub(super) async fn insert_quota(&mut self, quota: &Quota) -> Result<(), StoreError> {
        let row = QuotaRow::from(quota);
        let added = diesel::insert_into(quotas::table).values(row).execute(self.connection().await?).await;
        self.checked("adding a quota", added).map(drop)
    }

    pub(super) async fn update_quota(&mut self, quota: &Quota) -> Result<(), StoreError> {
        let row = QuotaRow::from(quota);
        let saved =
            diesel::update(quotas::table.find(row.id)).set(row).execute(self.connection().await?).await;
        self.checked("saving a quota", saved).map(drop)
    }

    pub(super) async fn remove_quota(&mut self, id: QuotaId) -> Result<bool, StoreError> {
        let statement = text(
            "DELETE FROM quotas WHERE id = $1 \
             AND (SELECT true FROM ticket_types t WHERE t.quota_id = $1 LIMIT 1) IS NULL",
        )
        .bind::<SqlUuid, _>(id.as_uuid());
        self.execute("deleting a quota", constant(statement)).await.map(|gone| gone == 1)
    }

    /// Counts anew what is taken of an event's quotas: a type may have come to one or left one.
    pub(super) async fn recount_quotas(&mut self, event: EventId) -> Result<(), StoreError> {
        let statement = text(
            "UPDATE quotas q SET taken = n.taken FROM ( \
                 SELECT o.id, coalesce(sum(t.held + t.sold + t.reserved), 0)::bigint AS taken \
                 FROM quotas o LEFT JOIN ticket_types t ON t.quota_id = o.id AND t.event_id = $1 \
                 WHERE o.event_id = $1 GROUP BY o.id \
             ) n WHERE q.id = n.id AND q.event_id = $1 AND q.taken <> n.taken",
        )
        .bind::<SqlUuid, _>(event.as_uuid());
        self.execute("counting quotas anew", constant(statement)).await.map(drop)
    }
}
