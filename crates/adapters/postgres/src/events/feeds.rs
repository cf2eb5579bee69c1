//! Rows of `calendar_feeds`.

use crate::failure::{corrupt, failed};
use crate::pool::PgStore;
use crate::statement::{Statement, constant, text};
use crate::transaction::PgTx;
use ::events::{Feed, FeedStore, TokenHash};
use async_trait::async_trait;
use diesel::QueryableByName;
use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use diesel::sql_types::{Binary, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use kernel::{AccountId, StoreError, Timestamp};
use uuid::Uuid;

#[derive(QueryableByName)]
struct FeedRow {
    #[diesel(sql_type = SqlUuid)]
    account_id: Uuid,
    #[diesel(sql_type = Binary)]
    token_hash: Vec<u8>,
    #[diesel(sql_type = Timestamptz)]
    created_at: Timestamp,
}

impl TryFrom<FeedRow> for Feed {
    type Error = StoreError;

    fn try_from(row: FeedRow) -> Result<Self, StoreError> {
        let token: [u8; 32] =
            row.token_hash.as_slice().try_into().map_err(corrupt("reading calendar_feeds.token_hash"))?;
        Ok(Self { account: row.account_id.into(), token: TokenHash(token), created_at: row.created_at })
    }
}

impl PgTx {
    pub(crate) fn drop_feed_of(&mut self, account: AccountId) {
        let statement =
            text("DELETE FROM calendar_feeds WHERE account_id = $1").bind::<SqlUuid, _>(account.as_uuid());
        self.write("closing a calendar", constant(statement));
    }
}

impl PgStore {
    async fn change<Q>(&self, doing: &'static str, statement: Statement<Q>) -> Result<usize, StoreError>
    where
        Q: QueryFragment<Pg> + Send,
    {
        let mut connection = self.connection(doing).await?;
        statement.execute(&mut connection).await.map_err(failed(doing))
    }
}

#[async_trait]
impl FeedStore for PgStore {
    async fn feed(&self, token: &TokenHash) -> Result<Option<Feed>, StoreError> {
        let statement =
            text("SELECT account_id, token_hash, created_at FROM calendar_feeds WHERE token_hash = $1")
                .bind::<Binary, _>(token.0.to_vec());
        let rows: Vec<FeedRow> = self.rows("looking for a calendar", constant(statement)).await?;
        rows.into_iter().next().map(Feed::try_from).transpose()
    }

    async fn feed_of(&self, account: AccountId) -> Result<Option<Feed>, StoreError> {
        let statement =
            text("SELECT account_id, token_hash, created_at FROM calendar_feeds WHERE account_id = $1")
                .bind::<SqlUuid, _>(account.as_uuid());
        let rows: Vec<FeedRow> = self.rows("reading a calendar's address", constant(statement)).await?;
        rows.into_iter().next().map(Feed::try_from).transpose()
    }

    async fn save_feed(&self, feed: &Feed) -> Result<(), StoreError> {
        let statement = text(
            "INSERT INTO calendar_feeds (account_id, token_hash, created_at) VALUES ($1, $2, $3) \
             ON CONFLICT (account_id) DO UPDATE SET token_hash = excluded.token_hash, created_at = excluded.created_at",
        )
        .bind::<SqlUuid, _>(feed.account.as_uuid())
        .bind::<Binary, _>(feed.token.0.to_vec())
        .bind::<Timestamptz, _>(feed.created_at);
        self.change("saving the address of a calendar", constant(statement)).await.map(drop)
    }

    async fn remove_feed(&self, account: AccountId) -> Result<bool, StoreError> {
        let statement =
            text("DELETE FROM calendar_feeds WHERE account_id = $1").bind::<SqlUuid, _>(account.as_uuid());
        self.change("removing the address of a calendar", constant(statement)).await.map(|gone| gone == 1)
    }
}
