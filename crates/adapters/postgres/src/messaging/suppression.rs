//! Rows of `suppressions` and `mail_reports`.

use crate::column::word;
use crate::statement::{constant, text};
use crate::transaction::PgTx;
use ::messaging::{AddressHash, Suppression};
use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Text, Timestamptz, Uuid as SqlUuid};
use kernel::{StoreError, Timestamp};
use uuid::Uuid;

#[derive(QueryableByName)]
pub(super) struct SuppressionRow {
    #[diesel(sql_type = Text)]
    address_hash: String,
    #[diesel(sql_type = Text)]
    reason: String,
    #[diesel(sql_type = Timestamptz)]
    at: Timestamp,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    letter_id: Option<Uuid>,
}

impl TryFrom<SuppressionRow> for Suppression {
    type Error = StoreError;

    fn try_from(row: SuppressionRow) -> Result<Self, StoreError> {
        Ok(Self {
            address: AddressHash::from_stored(row.address_hash),
            reason: word(&row.reason, "reading suppressions.reason")?,
            at: row.at,
            letter: row.letter_id.map(Into::into),
        })
    }
}

impl PgTx {
    pub(super) async fn insert_report(&mut self, name: &str, at: Timestamp) -> Result<bool, StoreError> {
        let statement = text(
            "INSERT INTO mail_reports (name, at) VALUES ($1, $2) \
             ON CONFLICT ON CONSTRAINT mail_reports_pkey DO NOTHING",
        )
        .bind::<Text, _>(name)
        .bind::<Timestamptz, _>(at);
        self.execute("remembering a report", constant(statement)).await.map(|new| new == 1)
    }

    pub(super) async fn upsert_suppression(&mut self, it: &Suppression) -> Result<bool, StoreError> {
        // As `Suppression::outweighs` has it; of the two reasons the heavier one is the later word.
        let statement = text(
            "INSERT INTO suppressions AS s (address_hash, reason, at, letter_id) VALUES ($1, $2, $3, $4) \
             ON CONFLICT ON CONSTRAINT suppressions_pkey DO UPDATE \
             SET reason = excluded.reason, at = excluded.at, letter_id = excluded.letter_id \
             WHERE (excluded.reason COLLATE \"C\", excluded.at) > (s.reason COLLATE \"C\", s.at)",
        )
        .bind::<Text, _>(it.address.as_str())
        .bind::<Text, _>(it.reason.as_str())
        .bind::<Timestamptz, _>(it.at)
        .bind::<Nullable<SqlUuid>, _>(it.letter.map(|letter| letter.as_uuid()));
        self.execute("stopping announcements", constant(statement)).await.map(|changed| changed == 1)
    }

    pub(super) async fn delete_suppression(
        &mut self,
        address: &AddressHash,
    ) -> Result<Option<Suppression>, StoreError> {
        let statement = text(
            "DELETE FROM suppressions WHERE address_hash = $1 RETURNING address_hash, reason, at, letter_id",
        )
        .bind::<Text, _>(address.as_str());
        let rows: Vec<SuppressionRow> =
            self.load("letting announcements through again", constant(statement)).await?;
        rows.into_iter().next().map(Suppression::try_from).transpose()
    }
}
