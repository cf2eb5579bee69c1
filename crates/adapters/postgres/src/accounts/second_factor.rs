//! Rows of `second_factors`.

use crate::column::count;
use crate::failure::{corrupt, failed};
use crate::pool::PgStore;
use crate::schema::second_factors as factors;
use crate::transaction::PgTx;
use ::accounts::{RecoveryHash, SecondFactor, SecondFactorReads, SecondFactorTx};
use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use kernel::{AccountId, StoreError, Timestamp};
use uuid::Uuid;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = factors, check_for_backend(diesel::pg::Pg), treat_none_as_null = true)]
struct FactorRow {
    account_id: Uuid,
    factor_id: Uuid,
    created_at: Timestamp,
    confirmed_at: Option<Timestamp>,
    last_step: Option<i64>,
    recovery: Vec<Vec<u8>>,
    wrong: i64,
    wrong_since: Option<Timestamp>,
}

impl TryFrom<&SecondFactor> for FactorRow {
    type Error = StoreError;

    fn try_from(factor: &SecondFactor) -> Result<Self, StoreError> {
        let last_step = factor.last_step.map(i64::try_from).transpose();
        Ok(Self {
            account_id: factor.account.as_uuid(),
            factor_id: factor.id.as_uuid(),
            created_at: factor.created_at,
            confirmed_at: factor.confirmed_at,
            last_step: last_step.map_err(corrupt("writing second_factors.last_step"))?,
            recovery: factor.recovery.iter().map(|hash| hash.0.to_vec()).collect(),
            wrong: factor.wrong.into(),
            wrong_since: factor.wrong_since,
        })
    }
}

impl TryFrom<FactorRow> for SecondFactor {
    type Error = StoreError;

    fn try_from(row: FactorRow) -> Result<Self, StoreError> {
        let last_step = row.last_step.map(u64::try_from).transpose();
        let hash = |bytes: Vec<u8>| {
            let doing = "reading second_factors.recovery";
            let bytes: Result<[u8; 32], Vec<u8>> = bytes.try_into();
            bytes.map(RecoveryHash).map_err(|_| StoreError::broken(doing, "the wrong number of bytes"))
        };
        Ok(Self {
            account: row.account_id.into(),
            id: row.factor_id.into(),
            created_at: row.created_at,
            confirmed_at: row.confirmed_at,
            last_step: last_step.map_err(corrupt("reading second_factors.last_step"))?,
            recovery: row.recovery.into_iter().map(hash).collect::<Result<_, _>>()?,
            wrong: count(row.wrong, "reading second_factors.wrong")?,
            wrong_since: row.wrong_since,
        })
    }
}

#[async_trait]
impl SecondFactorReads for PgStore {
    async fn second_factors(&self, accounts: &[AccountId]) -> Result<Vec<SecondFactor>, StoreError> {
        let doing = "reading second factors";
        let mut connection = self.connection(doing).await?;
        let ids: Vec<Uuid> = accounts.iter().map(|id| id.as_uuid()).collect();
        let query = factors::table.filter(factors::account_id.eq_any(ids)).select(FactorRow::as_select());
        let rows: Vec<FactorRow> = query.load(&mut connection).await.map_err(failed(doing))?;
        rows.into_iter().map(SecondFactor::try_from).collect()
    }
}

#[async_trait]
impl SecondFactorTx for PgTx {
    async fn lock_second_factor(&mut self, account: AccountId) -> Result<Option<SecondFactor>, StoreError> {
        let row: QueryResult<FactorRow> = factors::table
            .find(account.as_uuid())
            .select(FactorRow::as_select())
            .for_update()
            .first(self.connection().await?)
            .await;
        self.checked("locking a second factor", row.optional())?.map(SecondFactor::try_from).transpose()
    }

    async fn save_second_factor(&mut self, factor: &SecondFactor) -> Result<(), StoreError> {
        let saved = diesel::insert_into(factors::table)
            .values(FactorRow::try_from(factor)?)
            .on_conflict(factors::account_id)
            .do_update()
            .set(FactorRow::try_from(factor)?)
            .execute(self.connection().await?)
            .await;
        self.checked("saving a second factor", saved).map(drop)
    }

    async fn drop_second_factor(&mut self, account: AccountId) -> Result<(), StoreError> {
        let gone =
            diesel::delete(factors::table.find(account.as_uuid())).execute(self.connection().await?).await;
        self.checked("dropping a second factor", gone).map(drop)
    }
}
