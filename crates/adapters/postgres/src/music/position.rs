//! Rows of `music_positions`.

use crate::column::{size, to_size};
use crate::failure::failed;
use crate::pool::PgStore;
use crate::statement::{Statement, constant, text};
use crate::transaction::PgTx;
use ::music::Position;
use diesel::QueryableByName;
use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use diesel::sql_types::{BigInt, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use kernel::{AccountId, StoreError, Timestamp};
use uuid::Uuid;

#[derive(QueryableByName)]
pub(super) struct PositionRow {
    #[diesel(sql_type = SqlUuid)]
    account_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    set_id: Uuid,
    #[diesel(sql_type = BigInt)]
    at_ms: i64,
    #[diesel(sql_type = Timestamptz)]
    said_at: Timestamp,
}

impl TryFrom<PositionRow> for Position {
    type Error = StoreError;

    fn try_from(row: PositionRow) -> Result<Self, StoreError> {
        Ok(Self {
            account: row.account_id.into(),
            set: row.set_id.into(),
            at_ms: size(row.at_ms, "reading music_positions.at_ms")?,
            said_at: row.said_at,
        })
    }
}

/// Where nothing is written yet, or something later. The lock on the set has its removal wait, or finds that it is gone:
/// then there is nothing to write.
const ADD: &str = "\
    INSERT INTO music_positions (account_id, set_id, at_ms, said_at) \
    SELECT $1, s.id, $3, $4 FROM (SELECT id FROM music_sets WHERE id = $2 FOR KEY SHARE) s \
    ON CONFLICT (account_id, set_id) DO UPDATE SET at_ms = excluded.at_ms, said_at = excluded.said_at \
    WHERE music_positions.said_at <= excluded.said_at";
const SAVE: &str = "\
    UPDATE music_positions SET at_ms = $3, said_at = $4 \
    WHERE account_id = $1 AND set_id = $2 AND said_at <= $4";

fn bound(
    sql: &'static str,
    it: &Position,
) -> Result<Statement<impl QueryFragment<Pg> + Send + use<>>, StoreError> {
    Ok(constant(
        text(sql)
            .bind::<SqlUuid, _>(it.account.as_uuid())
            .bind::<SqlUuid, _>(it.set.as_uuid())
            .bind::<BigInt, _>(to_size(it.at_ms, "writing music_positions.at_ms")?)
            .bind::<Timestamptz, _>(it.said_at),
    ))
}

impl PgStore {
    pub(super) async fn write_position(&self, it: &Position) -> Result<(), StoreError> {
        let doing = "saving where a member stopped";
        let mut connection = self.connection(doing).await?;
        // Nearly always it is there; the set is not touched then, which all who listen to it would meet on.
        if bound(SAVE, it)?.execute(&mut connection).await.map_err(failed(doing))? == 0 {
            bound(ADD, it)?.execute(&mut connection).await.map_err(failed(doing))?;
        }
        Ok(())
    }
}

impl PgTx {
    pub(super) fn delete_positions_of(&mut self, account: AccountId) {
        let statement =
            text("DELETE FROM music_positions WHERE account_id = $1").bind::<SqlUuid, _>(account.as_uuid());
        self.write("forgetting where a member stopped", constant(statement));
    }
}
