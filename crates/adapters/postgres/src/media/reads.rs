//! Reads of what was committed, and what is added without anything being decided on it.

use super::egress::{TotalRow, add, egresses, one, to_month};
use super::upload::{UploadRow, select_uploads, uploads};
use crate::column::before;
use crate::failure::failed;
use crate::pool::PgStore;
use crate::statement::{constant, text};
use ::media::{Egress, EgressTotal, MediaStore, MediaTx, Month, Upload};
use async_trait::async_trait;
use diesel::sql_types::{BigInt, Integer, Nullable, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use kernel::{AccountId, Page, PageRequest, StoreError, Timestamp, UploadId};
use uuid::Uuid;

/// Jumps from month to month, however many were sent something in each. Rows without bytes were only locked. Both sums are
/// aggregates, so that each looks up its month alone.
const TOTALS: &str = "\
    WITH RECURSIVE months AS ( \
        SELECT greatest( \
            (SELECT e.month FROM egress e WHERE e.month < $1 ORDER BY e.month DESC LIMIT 1), \
            (SELECT f.month FROM egress_forgotten f WHERE f.month < $1 ORDER BY f.month DESC LIMIT 1) \
        ) AS month \
        UNION ALL \
        SELECT greatest( \
            (SELECT e.month FROM egress e WHERE e.month < m.month ORDER BY e.month DESC LIMIT 1), \
            (SELECT f.month FROM egress_forgotten f WHERE f.month < m.month ORDER BY f.month DESC LIMIT 1) \
        ) FROM months m WHERE m.month IS NOT NULL \
    ) \
    SELECT m.month, t.members + g.members AS members, t.signed + g.signed AS signed, \
        t.served + g.served AS served, t.counted + g.counted AS counted \
    FROM (SELECT month FROM months WHERE month IS NOT NULL LIMIT $2) m \
    CROSS JOIN LATERAL ( \
        SELECT count(*) AS members, coalesce(sum(e.signed), 0)::bigint AS signed, \
            coalesce(sum(e.served), 0)::bigint AS served, \
            coalesce(sum(greatest(e.signed, e.served)), 0)::bigint AS counted \
        FROM egress e WHERE e.month = m.month AND (e.signed > 0 OR e.served > 0) \
    ) t \
    CROSS JOIN LATERAL ( \
        SELECT coalesce(sum(f.members), 0)::bigint AS members, coalesce(sum(f.signed), 0)::bigint AS signed, \
            coalesce(sum(f.served), 0)::bigint AS served, coalesce(sum(f.counted), 0)::bigint AS counted \
        FROM egress_forgotten f WHERE f.month = m.month \
    ) g WHERE t.members + g.members > 0 ORDER BY m.month DESC";

#[async_trait]
impl MediaStore for PgStore {
    async fn begin_media(&self) -> Result<Box<dyn MediaTx>, StoreError> {
        Ok(Box::new(self.transaction().await?))
    }

    async fn upload(&self, id: UploadId) -> Result<Option<Upload>, StoreError> {
        let statement = text(select_uploads!("WHERE id = $1")).bind::<SqlUuid, _>(id.as_uuid());
        let rows: Vec<UploadRow> = self.rows("reading an upload", constant(statement)).await?;
        rows.into_iter().next().map(Upload::try_from).transpose()
    }

    async fn uploads(&self, by: AccountId, page: PageRequest) -> Result<Page<Upload>, StoreError> {
        let (at, id) = before(&page);
        let statement = text(select_uploads!(
            "WHERE by_id = $1 AND status IN ('open', 'completed') \
             AND (created_at, id) < (coalesce($2, 'infinity'::timestamptz), coalesce($3, $4)) \
             ORDER BY created_at DESC, id DESC LIMIT $5"
        ))
        .bind::<SqlUuid, _>(by.as_uuid())
        .bind::<Nullable<Timestamptz>, _>(at)
        .bind::<Nullable<SqlUuid>, _>(id)
        .bind::<SqlUuid, _>(Uuid::max())
        .bind::<BigInt, _>(i64::from(page.limit) + 1);
        let rows = self.rows("listing uploads", constant(statement)).await?;
        Ok(Page::cut(uploads(rows)?, page.limit, Upload::cursor))
    }

    async fn uploads_by(&self, sender: AccountId, page: PageRequest) -> Result<Page<Upload>, StoreError> {
        let (at, id) = before(&page);
        let statement = text(select_uploads!(
            "WHERE by_id = $1 AND (created_at, id) < (coalesce($2, 'infinity'::timestamptz), coalesce($3, $4)) \
             ORDER BY created_at DESC, id DESC LIMIT $5"
        ))
        .bind::<SqlUuid, _>(sender.as_uuid())
        .bind::<Nullable<Timestamptz>, _>(at)
        .bind::<Nullable<SqlUuid>, _>(id)
        .bind::<SqlUuid, _>(Uuid::max())
        .bind::<BigInt, _>(i64::from(page.limit) + 1);
        let rows = self.rows("listing all uploads of a sender", constant(statement)).await?;
        Ok(Page::cut(uploads(rows)?, page.limit, Upload::cursor))
    }

    async fn overdue_uploads(&self, now: Timestamp, limit: u32) -> Result<Vec<Upload>, StoreError> {
        let statement = text(select_uploads!(
            "WHERE status IN ('open', 'completed') AND expires_at <= $1 ORDER BY expires_at, id LIMIT $2"
        ))
        .bind::<Timestamptz, _>(now)
        .bind::<BigInt, _>(i64::from(limit));
        uploads(self.rows("looking for uploads whose time is over", constant(statement)).await?)
    }

    async fn egress(&self, account: AccountId, month: Month) -> Result<Egress, StoreError> {
        let statement =
            text("SELECT account_id, month, signed, served FROM egress WHERE account_id = $1 AND month = $2")
                .bind::<SqlUuid, _>(account.as_uuid())
                .bind::<Integer, _>(to_month(month)?);
        one(account, month, self.rows("reading what a member was sent", constant(statement)).await?)
    }

    async fn egress_totals(&self, limit: u32) -> Result<Vec<EgressTotal>, StoreError> {
        let statement = text(TOTALS).bind::<Integer, _>(i32::MAX).bind::<BigInt, _>(i64::from(limit));
        let rows: Vec<TotalRow> = self.rows("adding up what all were sent", constant(statement)).await?;
        rows.into_iter().map(EgressTotal::try_from).collect()
    }

    async fn egress_of(&self, month: Month, limit: u32) -> Result<Vec<Egress>, StoreError> {
        let statement = text(
            "SELECT account_id, month, signed, served FROM egress \
             WHERE month = $1 AND (signed > 0 OR served > 0) \
             ORDER BY greatest(signed, served) DESC, account_id LIMIT $2",
        )
        .bind::<Integer, _>(to_month(month)?)
        .bind::<BigInt, _>(i64::from(limit));
        egresses(self.rows("listing who was sent most", constant(statement)).await?)
    }

    async fn egress_history(&self, account: AccountId) -> Result<Vec<Egress>, StoreError> {
        let statement = text(
            "SELECT account_id, month, signed, served FROM egress \
             WHERE account_id = $1 AND (signed > 0 OR served > 0) ORDER BY month DESC",
        )
        .bind::<SqlUuid, _>(account.as_uuid());
        egresses(self.rows("listing what a member was sent", constant(statement)).await?)
    }

    async fn add_served(&self, served: &[(AccountId, Month, u64)]) -> Result<(), StoreError> {
        let doing = "adding what was served";
        if served.is_empty() {
            return Ok(());
        }
        let mut connection = self.connection(doing).await?;
        add(served)?.execute(&mut connection).await.map(drop).map_err(failed(doing))
    }
}
