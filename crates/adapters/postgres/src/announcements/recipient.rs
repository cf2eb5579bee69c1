//! Rows of `announcement_recipients`.

use crate::column::word;
use crate::statement::{constant, text};
use crate::transaction::PgTx;
use ::messaging::Recipient;
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use kernel::{AccountId, AnnouncementId, StoreError, Timestamp};
use uuid::Uuid;

#[derive(QueryableByName)]
pub(super) struct RecipientRow {
    #[diesel(sql_type = SqlUuid)]
    announcement_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    account_id: Uuid,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    mail_id: Option<Uuid>,
    #[diesel(sql_type = Timestamptz)]
    added_at: Timestamp,
    #[diesel(sql_type = Timestamptz)]
    changed_at: Timestamp,
}

#[derive(QueryableByName)]
struct AddedRow {
    #[diesel(sql_type = SqlUuid)]
    account_id: Uuid,
}

impl TryFrom<RecipientRow> for Recipient {
    type Error = StoreError;

    fn try_from(row: RecipientRow) -> Result<Self, StoreError> {
        Ok(Self {
            announcement: row.announcement_id.into(),
            account: row.account_id.into(),
            state: word(&row.state, "reading announcement_recipients.state")?,
            mail: row.mail_id.map(Into::into),
            added_at: row.added_at,
            changed_at: row.changed_at,
        })
    }
}

pub(super) fn recipients(rows: Vec<RecipientRow>) -> Result<Vec<Recipient>, StoreError> {
    rows.into_iter().map(Recipient::try_from).collect()
}

macro_rules! select_recipients {
    ($($rest:tt)*) => {
        concat!(
            "SELECT announcement_id, account_id, state, mail_id, added_at, changed_at FROM announcement_recipients ",
            $($rest)*
        )
    };
}
pub(super) use select_recipients;

impl PgTx {
    pub(super) async fn insert_recipients(
        &mut self,
        all: &[Recipient],
    ) -> Result<Vec<AccountId>, StoreError> {
        let ids = |id: fn(&Recipient) -> Uuid| all.iter().map(id).collect::<Vec<Uuid>>();
        let statement = text(
            "INSERT INTO announcement_recipients (announcement_id, account_id, state, mail_id, added_at, changed_at) \
             SELECT * FROM unnest($1, $2, $3, $4, $5, $6) \
             ON CONFLICT ON CONSTRAINT announcement_recipients_pkey DO NOTHING RETURNING account_id",
        )
        .bind::<Array<SqlUuid>, _>(ids(|it| it.announcement.as_uuid()))
        .bind::<Array<SqlUuid>, _>(ids(|it| it.account.as_uuid()))
        .bind::<Array<Text>, _>(all.iter().map(|it| it.state.as_str()).collect::<Vec<_>>())
        .bind::<Array<Nullable<SqlUuid>>, _>(
            all.iter().map(|it| it.mail.map(|mail| mail.as_uuid())).collect::<Vec<_>>(),
        )
        .bind::<Array<Timestamptz>, _>(all.iter().map(|it| it.added_at).collect::<Vec<_>>())
        .bind::<Array<Timestamptz>, _>(all.iter().map(|it| it.changed_at).collect::<Vec<_>>());
        let rows: Vec<AddedRow> = self.load("adding recipients", constant(statement)).await?;
        Ok(rows.into_iter().map(|row| row.account_id.into()).collect())
    }

    pub(super) async fn recipient_locked(
        &mut self,
        announcement: AnnouncementId,
        account: AccountId,
    ) -> Result<Option<Recipient>, StoreError> {
        let statement =
            text(select_recipients!("WHERE announcement_id = $1 AND account_id = $2 FOR NO KEY UPDATE"))
                .bind::<SqlUuid, _>(announcement.as_uuid())
                .bind::<SqlUuid, _>(account.as_uuid());
        let rows: Vec<RecipientRow> = self.load("locking a recipient", constant(statement)).await?;
        rows.into_iter().next().map(Recipient::try_from).transpose()
    }

    pub(super) async fn uncertain_locked(
        &mut self,
        announcement: AnnouncementId,
        after: Option<AccountId>,
        limit: u32,
    ) -> Result<Vec<Recipient>, StoreError> {
        let statement = text(select_recipients!(
            "WHERE announcement_id = $1 AND state = 'uncertain' AND account_id > $2 \
             ORDER BY account_id LIMIT $3 FOR NO KEY UPDATE"
        ))
        .bind::<SqlUuid, _>(announcement.as_uuid())
        .bind::<SqlUuid, _>(after.map_or_else(Uuid::nil, |after| after.as_uuid()))
        .bind::<BigInt, _>(i64::from(limit));
        recipients(self.load("locking recipients of whom nobody knows", constant(statement)).await?)
    }

    /// Who they are, what they are told and since when never changes.
    pub(super) fn update_recipient(&mut self, it: &Recipient) {
        let statement = text(
            "UPDATE announcement_recipients SET state = $3, mail_id = $4, changed_at = $5 \
             WHERE announcement_id = $1 AND account_id = $2",
        )
        .bind::<SqlUuid, _>(it.announcement.as_uuid())
        .bind::<SqlUuid, _>(it.account.as_uuid())
        .bind::<Text, _>(it.state.as_str())
        .bind::<Nullable<SqlUuid>, _>(it.mail.map(|mail| mail.as_uuid()))
        .bind::<Timestamptz, _>(it.changed_at);
        self.write("saving a recipient", constant(statement));
    }
}
