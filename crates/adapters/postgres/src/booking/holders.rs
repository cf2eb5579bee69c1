//! Tickets by who holds them.

use crate::pool::PgStore;
use crate::statement::{constant, text};
use async_trait::async_trait;
use booking::HolderStore;
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Bool, Timestamptz, Uuid as SqlUuid};
use kernel::{AccountId, EventId, StoreError, Timestamp};
use uuid::Uuid;

#[derive(QueryableByName)]
struct HeldRow {
    #[diesel(sql_type = SqlUuid)]
    event_id: Uuid,
    #[diesel(sql_type = Bool)]
    living: bool,
}

#[async_trait]
impl HolderStore for PgStore {
    async fn holds_living(&self, holder: AccountId, event: EventId) -> Result<bool, StoreError> {
        let statement = text(
            "SELECT event_id, true AS living FROM tickets \
             WHERE event_id = $1 AND holder_id = $2 AND status IN ('valid', 'checked_in') LIMIT 1",
        )
        .bind::<SqlUuid, _>(event.as_uuid())
        .bind::<SqlUuid, _>(holder.as_uuid());
        let rows: Vec<HeldRow> = self.rows("looking for a living ticket", constant(statement)).await?;
        Ok(rows.iter().any(|row| row.living))
    }

    async fn events_held(&self, holder: AccountId, limit: u32) -> Result<Vec<(EventId, bool)>, StoreError> {
        let statement = text(
            "SELECT event_id, bool_or(status IN ('valid', 'checked_in')) AS living FROM tickets \
             WHERE holder_id = $1 AND status <> 'transferred' \
             GROUP BY event_id ORDER BY max(issued_at) DESC, event_id LIMIT $2",
        )
        .bind::<SqlUuid, _>(holder.as_uuid())
        .bind::<BigInt, _>(i64::from(limit));
        let rows: Vec<HeldRow> = self.rows("listing the events of a holder", constant(statement)).await?;
        Ok(rows.into_iter().map(|row| (row.event_id.into(), row.living)).collect())
    }

    async fn attended(
        &self,
        holder: AccountId,
        events: &[EventId],
        now: Timestamp,
    ) -> Result<Vec<EventId>, StoreError> {
        let events: Vec<Uuid> = events.iter().map(|event| event.as_uuid()).collect();
        let statement = text(
            "SELECT DISTINCT t.event_id, true AS living FROM tickets t \
             WHERE t.holder_id = $1 AND t.event_id = ANY($2) AND (t.checked_in_at IS NOT NULL OR ( \
                 t.status IN ('valid', 'checked_in') \
                 AND EXISTS (SELECT FROM events e WHERE e.id = t.event_id AND e.starts_at <= $3) \
                 AND NOT EXISTS ( \
                     SELECT FROM scans s WHERE s.event_id = t.event_id AND s.verdict = 'admitted')))",
        )
        .bind::<SqlUuid, _>(holder.as_uuid())
        .bind::<Array<SqlUuid>, _>(events)
        .bind::<Timestamptz, _>(now);
        let rows: Vec<HeldRow> = self.rows("looking who attended", constant(statement)).await?;
        Ok(rows.into_iter().map(|row| row.event_id.into()).collect())
    }
}
