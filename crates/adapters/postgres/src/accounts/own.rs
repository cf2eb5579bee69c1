//! What is kept of somebody's logins and links, for themselves.

use super::one_time::OneTimeRow;
use super::session::SessionRow;
use crate::failure::failed;
use crate::pool::PgStore;
use crate::schema::{account_one_times as links, sessions};
use crate::statement::{constant, text};
use crate::transaction::PgTx;
use ::accounts::{OneTime, OwnReads, OwnTx, Session};
use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::Uuid as SqlUuid;
use diesel_async::RunQueryDsl;
use kernel::{AccountId, Page, PageRequest, StoreError};

#[async_trait]
impl OwnReads for PgStore {
    async fn logins_of(&self, account: AccountId, page: PageRequest) -> Result<Page<Session>, StoreError> {
        let doing = "listing all logins of an account";
        let mut connection = self.connection(doing).await?;
        let mut query = sessions::table.select(SessionRow::as_select()).into_boxed();
        query = query.filter(sessions::account_id.eq(account.as_uuid()));
        if let Some(after) = page.after {
            let same_instant = sessions::created_at.lt(after.at).or(sessions::id.lt(after.id));
            query = query.filter(sessions::created_at.le(after.at).and(same_instant));
        }
        let query =
            query.order((sessions::created_at.desc(), sessions::id.desc())).limit(i64::from(page.limit) + 1);
        let rows: Vec<SessionRow> = query.load(&mut connection).await.map_err(failed(doing))?;
        let found = rows.into_iter().map(Session::try_from).collect::<Result<_, _>>()?;
        Ok(Page::cut(found, page.limit, Session::cursor))
    }

    async fn links_of(&self, account: AccountId, page: PageRequest) -> Result<Page<OneTime>, StoreError> {
        let doing = "listing all links of an account";
        let mut connection = self.connection(doing).await?;
        let mut query = links::table.select(OneTimeRow::as_select()).into_boxed();
        query = query.filter(links::account_id.eq(account.as_uuid()));
        if let Some(after) = page.after {
            let same_instant = links::created_at.lt(after.at).or(links::id.lt(after.id));
            query = query.filter(links::created_at.le(after.at).and(same_instant));
        }
        let query =
            query.order((links::created_at.desc(), links::id.desc())).limit(i64::from(page.limit) + 1);
        let rows: Vec<OneTimeRow> = query.load(&mut connection).await.map_err(failed(doing))?;
        let found = rows.into_iter().map(OneTime::try_from).collect::<Result<_, _>>()?;
        Ok(Page::cut(found, page.limit, OneTime::cursor))
    }
}

#[async_trait]
impl OwnTx for PgTx {
    async fn forget_devices_of(&mut self, account: AccountId) -> Result<(), StoreError> {
        let statement = text(
            "UPDATE sessions SET user_agent = NULL, network = NULL, last_network = NULL WHERE account_id = $1",
        )
        .bind::<SqlUuid, _>(account.as_uuid());
        self.write("forgetting the devices of an account", constant(statement));
        Ok(())
    }
}
