//! Rows of `account_one_times`.

use crate::column::word;
use crate::schema::account_one_times as links;
use crate::transaction::PgTx;
use ::accounts::{OneTime, Purpose};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use kernel::{AccountId, OneTimeId, StoreError, Timestamp};
use uuid::Uuid;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = links, check_for_backend(diesel::pg::Pg), treat_none_as_null = true)]
pub(super) struct OneTimeRow {
    id: Uuid,
    account_id: Uuid,
    purpose: String,
    created_at: Timestamp,
    expires_at: Timestamp,
    used_at: Option<Timestamp>,
}

impl From<&OneTime> for OneTimeRow {
    fn from(link: &OneTime) -> Self {
        Self {
            id: link.id.as_uuid(),
            account_id: link.account.as_uuid(),
            purpose: link.purpose.as_str().to_owned(),
            created_at: link.created_at,
            expires_at: link.expires_at,
            used_at: link.used_at,
        }
    }
}

impl TryFrom<OneTimeRow> for OneTime {
    type Error = StoreError;

    fn try_from(row: OneTimeRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.into(),
            account: row.account_id.into(),
            purpose: word(&row.purpose, "reading account_one_times.purpose")?,
            created_at: row.created_at,
            expires_at: row.expires_at,
            used_at: row.used_at,
        })
    }
}

impl PgTx {
    pub(super) async fn insert_one_time(&mut self, link: &OneTime) -> Result<bool, StoreError> {
        let added = diesel::insert_into(links::table)
            .values(OneTimeRow::from(link))
            .on_conflict(links::id)
            .do_nothing()
            .execute(self.connection().await?)
            .await;
        self.checked("adding a link", added).map(|added| added == 1)
    }

    pub(super) async fn one_time_locked(&mut self, id: OneTimeId) -> Result<Option<OneTime>, StoreError> {
        let row: QueryResult<OneTimeRow> = links::table
            .find(id.as_uuid())
            .select(OneTimeRow::as_select())
            .for_update()
            .first(self.connection().await?)
            .await;
        self.checked("locking a link", row.optional())?.map(OneTime::try_from).transpose()
    }

    pub(super) async fn update_one_time(&mut self, link: &OneTime) -> Result<(), StoreError> {
        let row = OneTimeRow::from(link);
        let saved =
            diesel::update(links::table.find(row.id)).set(row).execute(self.connection().await?).await;
        self.checked("saving a link", saved).map(drop)
    }

    pub(super) async fn spend_one_times(
        &mut self,
        account: AccountId,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let whose = links::account_id.eq(account.as_uuid()).and(links::purpose.eq(purpose.as_str()));
        let spent = diesel::update(links::table.filter(whose.and(links::used_at.is_null())))
            .set(links::used_at.eq(now))
            .execute(self.connection().await?)
            .await;
        self.checked("voiding links", spent).map(drop)
    }
}
