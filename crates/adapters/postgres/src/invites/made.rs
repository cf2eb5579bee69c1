//! What invites came to.

use crate::failure::corrupt;
use crate::pool::PgStore;
use crate::statement::{constant, text};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Timestamptz};
use invites::Made;
use kernel::{StoreError, Timestamp};

#[derive(QueryableByName)]
struct MadeRow {
    #[diesel(sql_type = BigInt)]
    invites: i64,
    #[diesel(sql_type = BigInt)]
    uses: i64,
    #[diesel(sql_type = BigInt)]
    used: i64,
    #[diesel(sql_type = BigInt)]
    expired: i64,
    #[diesel(sql_type = BigInt)]
    revoked: i64,
}

/// See [`Made::add`].
const MADE: &str = "\
    SELECT count(*) AS invites, coalesce(sum(max_uses), 0)::bigint AS uses, coalesce(sum(used), 0)::bigint AS used, \
        coalesce(sum(max_uses - used) FILTER (WHERE revoked_at IS NULL AND expires_at <= $3), 0)::bigint AS expired, \
        coalesce(sum(max_uses - used) FILTER (WHERE revoked_at IS NOT NULL), 0)::bigint AS revoked \
    FROM invites WHERE created_at >= $1 AND created_at < $2";

impl PgStore {
    pub(super) async fn made_within(
        &self,
        (from, until): (Timestamp, Timestamp),
        now: Timestamp,
    ) -> Result<Made, StoreError> {
        let doing = "adding invites up";
        let statement =
            text(MADE).bind::<Timestamptz, _>(from).bind::<Timestamptz, _>(until).bind::<Timestamptz, _>(now);
        let rows: Vec<MadeRow> = self.rows(doing, constant(statement)).await?;
        let number = |number: i64| u64::try_from(number).map_err(corrupt(doing));
        let Some(row) = rows.first() else { return Ok(Made::default()) };
        Ok(Made {
            invites: number(row.invites)?,
            uses: number(row.uses)?,
            used: number(row.used)?,
            expired: number(row.expired)?,
            revoked: number(row.revoked)?,
        })
    }
}
