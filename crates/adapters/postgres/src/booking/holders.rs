//! Tickets by who holds them.

use crate::pool::PgStore;
use crate::statement::{constant, text};
use async_trait::async_trait;
use booking::HolderStore;
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Uuid as SqlUuid};
use kernel::{AccountId, EventId, StoreError};
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
}
