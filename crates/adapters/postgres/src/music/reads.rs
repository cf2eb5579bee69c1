//! Reads of what was committed, and what is written without anything being decided on it.

use super::position::PositionRow;
use super::set::{SetRow, select_sets, sets};
use crate::column::before;
use crate::failure::failed;
use crate::pool::PgStore;
use crate::statement::{constant, text};
use ::music::{MusicSet, MusicStore, MusicTx, Position};
use async_trait::async_trait;
use diesel::sql_types::{BigInt, Nullable, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use kernel::{AccountId, Page, PageRequest, SetId, StoreError};
use uuid::Uuid;

/// Most positions that a list has.
const MOST: i64 = 10_000;

const ALL: &str = select_sets!(
    "WHERE (created_at, id) < (coalesce($1, 'infinity'::timestamptz), coalesce($2, $3)) \
     ORDER BY created_at DESC, id DESC LIMIT $4"
);
const BY: &str = select_sets!(
    "WHERE created_by = $5 AND (created_at, id) < (coalesce($1, 'infinity'::timestamptz), coalesce($2, $3)) \
     ORDER BY created_at DESC, id DESC LIMIT $4"
);
/// [`MusicSet::is_audible`], as the index has it.
const AUDIBLE: &str = select_sets!(
    "WHERE (created_at, id) < (coalesce($1, 'infinity'::timestamptz), coalesce($2, $3)) \
         AND published_at IS NOT NULL AND status = 'ready' \
     ORDER BY created_at DESC, id DESC LIMIT $4"
);

#[async_trait]
impl MusicStore for PgStore {
    async fn begin_music(&self) -> Result<Box<dyn MusicTx>, StoreError> {
        Ok(Box::new(self.transaction().await?))
    }

    async fn set(&self, id: SetId) -> Result<Option<MusicSet>, StoreError> {
        let statement = text(select_sets!("WHERE id = $1")).bind::<SqlUuid, _>(id.as_uuid());
        let rows: Vec<SetRow> = self.rows("reading a set", constant(statement)).await?;
        rows.into_iter().next().map(MusicSet::try_from).transpose()
    }

    async fn sets(&self, audible: bool, page: PageRequest) -> Result<Page<MusicSet>, StoreError> {
        let (at, id) = before(&page);
        let statement = text(if audible { AUDIBLE } else { ALL })
            .bind::<Nullable<Timestamptz>, _>(at)
            .bind::<Nullable<SqlUuid>, _>(id)
            .bind::<SqlUuid, _>(Uuid::max())
            .bind::<BigInt, _>(i64::from(page.limit) + 1);
        let rows = self.rows("listing sets", constant(statement)).await?;
        Ok(Page::cut(sets(rows)?, page.limit, MusicSet::cursor))
    }

    async fn sets_by(&self, maker: AccountId, page: PageRequest) -> Result<Page<MusicSet>, StoreError> {
        let (at, id) = before(&page);
        let statement = text(BY)
            .bind::<Nullable<Timestamptz>, _>(at)
            .bind::<Nullable<SqlUuid>, _>(id)
            .bind::<SqlUuid, _>(Uuid::max())
            .bind::<BigInt, _>(i64::from(page.limit) + 1)
            .bind::<SqlUuid, _>(maker.as_uuid());
        let rows = self.rows("listing the sets of a maker", constant(statement)).await?;
        Ok(Page::cut(sets(rows)?, page.limit, MusicSet::cursor))
    }

    async fn position(&self, account: AccountId, set: SetId) -> Result<Option<Position>, StoreError> {
        let statement = text(
            "SELECT account_id, set_id, at_ms, said_at FROM music_positions \
             WHERE account_id = $1 AND set_id = $2",
        )
        .bind::<SqlUuid, _>(account.as_uuid())
        .bind::<SqlUuid, _>(set.as_uuid());
        let rows: Vec<PositionRow> = self.rows("reading where a member stopped", constant(statement)).await?;
        rows.into_iter().next().map(Position::try_from).transpose()
    }

    async fn positions(&self, account: AccountId) -> Result<Vec<Position>, StoreError> {
        let statement = text(
            "SELECT account_id, set_id, at_ms, said_at FROM music_positions WHERE account_id = $1 \
             ORDER BY said_at DESC, set_id DESC LIMIT $2",
        )
        .bind::<SqlUuid, _>(account.as_uuid())
        .bind::<BigInt, _>(MOST);
        let rows: Vec<PositionRow> = self.rows("listing where a member stopped", constant(statement)).await?;
        rows.into_iter().map(Position::try_from).collect()
    }

    async fn save_position(&self, position: &Position) -> Result<(), StoreError> {
        self.write_position(position).await
    }

    async fn save_progress(&self, id: SetId, progress: u8) -> Result<(), StoreError> {
        let doing = "saving how far a set has come";
        let statement = text("UPDATE music_sets SET progress = $2 WHERE id = $1 AND status = 'processing'")
            .bind::<SqlUuid, _>(id.as_uuid())
            .bind::<BigInt, _>(i64::from(progress));
        let mut connection = self.connection(doing).await?;
        constant(statement).execute(&mut connection).await.map(drop).map_err(failed(doing))
    }
}
