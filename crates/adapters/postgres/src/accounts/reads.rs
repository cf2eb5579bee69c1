//! Reads of what was committed, and the sweep.

use super::AccountRow;
use super::one_time::OneTimeRow;
use super::session::SessionRow;
use crate::failure::{corrupt, failed};
use crate::pool::PgStore;
use crate::schema::{account_one_times, accounts, email_changes, sessions, strpos};
use crate::statement::{constant, text};
use ::accounts::{
    Account, AccountFilter, AccountStore, AccountTx, Brought, Joined, OneTime, Session, UtcDay,
};
use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Date, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use kernel::{
    AccountId, Email, OneTimeId, Page, PageRequest, SWEPT_AT_ONCE, SessionId, StoreError, Timestamp,
};
use uuid::Uuid;

/// How many sessions a person is shown.
const SESSIONS_SHOWN: i64 = 100;

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

#[derive(QueryableByName)]
struct JoinedRow {
    #[diesel(sql_type = Date)]
    day: UtcDay,
    #[diesel(sql_type = BigInt)]
    members: i64,
    #[diesel(sql_type = BigInt)]
    invited: i64,
}

#[derive(QueryableByName)]
struct BroughtRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = BigInt)]
    members: i64,
}

#[async_trait]
impl AccountStore for PgStore {
    async fn begin(&self) -> Result<Box<dyn AccountTx>, StoreError> {
        Ok(Box::new(self.transaction().await?))
    }

    async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        let doing = "reading an account";
        let mut connection = self.connection(doing).await?;
        let query = accounts::table.find(id.as_uuid()).select(AccountRow::as_select());
        let row = query.first(&mut connection).await.optional().map_err(failed(doing))?;
        row.map(Account::try_from).transpose()
    }

    async fn account_by_email(&self, email: &Email) -> Result<Option<Account>, StoreError> {
        let doing = "looking for an account";
        let mut connection = self.connection(doing).await?;
        let query =
            accounts::table.filter(accounts::email.eq(email.as_str())).select(AccountRow::as_select());
        let row = query.first(&mut connection).await.optional().map_err(failed(doing))?;
        row.map(Account::try_from).transpose()
    }

    async fn accounts(&self, filter: &AccountFilter, page: PageRequest) -> Result<Page<Account>, StoreError> {
        let doing = "listing accounts";
        let mut connection = self.connection(doing).await?;
        let mut query = accounts::table.select(AccountRow::as_select()).into_boxed();
        query = match filter.status {
            Some(status) => query.filter(accounts::status.eq(status.as_str())),
            None => query.filter(accounts::status.ne("deleted")),
        };
        if let Some(text) = &filter.query {
            query = query.filter(strpos(accounts::search_text, text.to_lowercase()).gt(0));
        }
        if let Some(after) = page.after {
            let same_instant = accounts::created_at.lt(after.at).or(accounts::id.lt(after.id));
            query = query.filter(accounts::created_at.le(after.at).and(same_instant));
        }
        let query =
            query.order((accounts::created_at.desc(), accounts::id.desc())).limit(i64::from(page.limit) + 1);
        let rows: Vec<AccountRow> = query.load(&mut connection).await.map_err(failed(doing))?;
        let found = rows.into_iter().map(Account::try_from).collect::<Result<_, _>>()?;
        Ok(Page::cut(found, page.limit, Account::cursor))
    }

    async fn accounts_of(&self, ids: &[AccountId]) -> Result<Vec<Account>, StoreError> {
        let doing = "reading accounts";
        let mut connection = self.connection(doing).await?;
        let ids: Vec<Uuid> = ids.iter().map(|id| id.as_uuid()).collect();
        let query = accounts::table.filter(accounts::id.eq_any(ids)).select(AccountRow::as_select());
        let rows: Vec<AccountRow> = query.load(&mut connection).await.map_err(failed(doing))?;
        rows.into_iter().map(Account::try_from).collect()
    }

    async fn sessions(&self, ids: &[SessionId]) -> Result<Vec<Session>, StoreError> {
        let doing = "reading sessions";
        let mut connection = self.connection(doing).await?;
        let ids: Vec<Uuid> = ids.iter().map(|id| id.as_uuid()).collect();
        let query = sessions::table.filter(sessions::id.eq_any(ids)).select(SessionRow::as_select());
        let rows: Vec<SessionRow> = query.load(&mut connection).await.map_err(failed(doing))?;
        rows.into_iter().map(Session::try_from).collect()
    }

    async fn sessions_of(&self, account: AccountId, now: Timestamp) -> Result<Vec<Session>, StoreError> {
        let doing = "listing sessions";
        let mut connection = self.connection(doing).await?;
        let living = sessions::ended_at.is_null().and(sessions::expires_at.gt(now));
        let query = sessions::table
            .filter(sessions::account_id.eq(account.as_uuid()).and(living))
            .order((sessions::created_at.desc(), sessions::id.desc()))
            .limit(SESSIONS_SHOWN)
            .select(SessionRow::as_select());
        let rows = query.load(&mut connection).await.map_err(failed(doing))?;
        rows.into_iter().map(Session::try_from).collect()
    }

    async fn sessions_counting(
        &self,
        ids: &[SessionId],
        now: Timestamp,
    ) -> Result<Vec<SessionId>, StoreError> {
        let doing = "looking which sessions count";
        let mut connection = self.connection(doing).await?;
        let statement = text(
            "SELECT s.id FROM sessions s JOIN accounts a ON a.id = s.account_id \
             WHERE s.id = ANY($1) AND s.ended_at IS NULL AND s.expires_at > $2 AND a.status = 'active'",
        )
        .bind::<Array<SqlUuid>, _>(ids.iter().map(|id| id.as_uuid()).collect::<Vec<_>>())
        .bind::<Timestamptz, _>(now);
        let rows: Vec<IdRow> = constant(statement).load(&mut connection).await.map_err(failed(doing))?;
        Ok(rows.into_iter().map(|row| row.id.into()).collect())
    }

    async fn one_time(&self, id: OneTimeId) -> Result<Option<OneTime>, StoreError> {
        let doing = "reading a link";
        let mut connection = self.connection(doing).await?;
        let query = account_one_times::table.find(id.as_uuid()).select(OneTimeRow::as_select());
        let row = query.first(&mut connection).await.optional().map_err(failed(doing))?;
        row.map(OneTime::try_from).transpose()
    }

    async fn joined(&self, (from, until): (Timestamp, Timestamp)) -> Result<Vec<Joined>, StoreError> {
        let doing = "counting who joined";
        let mut connection = self.connection(doing).await?;
        let statement = text(
            "SELECT (created_at AT TIME ZONE 'UTC')::date AS day, count(*) AS members, count(invite_id) AS invited \
             FROM accounts WHERE created_at >= $1 AND created_at < $2 GROUP BY 1 ORDER BY 1",
        )
        .bind::<Timestamptz, _>(from)
        .bind::<Timestamptz, _>(until);
        let rows: Vec<JoinedRow> = constant(statement).load(&mut connection).await.map_err(failed(doing))?;
        let number = |number: i64| u64::try_from(number).map_err(corrupt(doing));
        rows.into_iter()
            .map(|row| {
                let (members, invited) = (number(row.members)?, number(row.invited)?);
                Ok(Joined { day: row.day, members, invited })
            })
            .collect()
    }

    async fn most_brought(
        &self,
        (from, until): (Timestamp, Timestamp),
        limit: u32,
    ) -> Result<Vec<Brought>, StoreError> {
        let doing = "counting who brought most";
        let mut connection = self.connection(doing).await?;
        let statement = text(
            "SELECT invited_by AS id, count(*) AS members FROM accounts \
             WHERE created_at >= $1 AND created_at < $2 AND invited_by IS NOT NULL \
             GROUP BY invited_by ORDER BY count(*) DESC, invited_by LIMIT $3",
        )
        .bind::<Timestamptz, _>(from)
        .bind::<Timestamptz, _>(until)
        .bind::<BigInt, _>(i64::from(limit));
        let rows: Vec<BroughtRow> = constant(statement).load(&mut connection).await.map_err(failed(doing))?;
        rows.into_iter()
            .map(|row| {
                let members = u64::try_from(row.members).map_err(corrupt(doing))?;
                Ok(Brought { account: row.id.into(), members })
            })
            .collect()
    }

    async fn sweep_accounts(&self, before: Timestamp) -> Result<u64, StoreError> {
        let doing = "sweeping sessions, links and wishes for another address";
        let mut connection = self.connection(doing).await?;
        let most = i64::from(SWEPT_AT_ONCE);
        let over = sessions::ended_at.lt(before).assume_not_null().or(sessions::expires_at.lt(before));
        let over = sessions::table.filter(over).select(sessions::id).limit(most).for_update().skip_locked();
        let ids: Vec<Uuid> = over.load(&mut connection).await.map_err(failed(doing))?;
        let ended = diesel::delete(sessions::table.filter(sessions::id.eq_any(ids)));
        let ended = ended.execute(&mut connection).await.map_err(failed(doing))?;
        let over = account_one_times::table.filter(account_one_times::expires_at.lt(before));
        let over = over.select(account_one_times::id).limit(most).for_update().skip_locked();
        let ids: Vec<Uuid> = over.load(&mut connection).await.map_err(failed(doing))?;
        let expired = diesel::delete(account_one_times::table.filter(account_one_times::id.eq_any(ids)));
        let expired = expired.execute(&mut connection).await.map_err(failed(doing))?;
        let over = email_changes::table.filter(email_changes::expires_at.lt(before));
        let over = over.select(email_changes::id).limit(most).for_update().skip_locked();
        let ids: Vec<Uuid> = over.load(&mut connection).await.map_err(failed(doing))?;
        let wished = diesel::delete(email_changes::table.filter(email_changes::id.eq_any(ids)));
        let wished = wished.execute(&mut connection).await.map_err(failed(doing))?;
        (ended + expired + wished).try_into().map_err(corrupt(doing))
    }
}
