//! Rows of `sessions`.

use crate::column::count;
use crate::schema::sessions;
use crate::transaction::PgTx;
use ::accounts::{Network, Session};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use kernel::{AccountId, SessionId, StoreError, Timestamp};
use uuid::Uuid;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = sessions, check_for_backend(diesel::pg::Pg), treat_none_as_null = true)]
pub(super) struct SessionRow {
    id: Uuid,
    account_id: Uuid,
    generation: i64,
    created_at: Timestamp,
    last_used_at: Timestamp,
    expires_at: Timestamp,
    ended_at: Option<Timestamp>,
    user_agent: Option<String>,
    network: Option<String>,
    last_network: Option<String>,
}

impl From<&Session> for SessionRow {
    fn from(session: &Session) -> Self {
        let text = |network: &Option<Network>| network.as_ref().map(|network| network.as_str().to_owned());
        Self {
            id: session.id.as_uuid(),
            account_id: session.account.as_uuid(),
            generation: session.generation.into(),
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            expires_at: session.expires_at,
            ended_at: session.ended_at,
            user_agent: session.user_agent.clone(),
            network: text(&session.network),
            last_network: text(&session.last_network),
        }
    }
}

impl TryFrom<SessionRow> for Session {
    type Error = StoreError;

    fn try_from(row: SessionRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.into(),
            account: row.account_id.into(),
            generation: count(row.generation, "reading sessions.generation")?,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
            expires_at: row.expires_at,
            ended_at: row.ended_at,
            user_agent: row.user_agent,
            network: row.network.map(Network::stored),
            last_network: row.last_network.map(Network::stored),
        })
    }
}

impl PgTx {
    pub(super) async fn insert_session(&mut self, session: &Session) -> Result<(), StoreError> {
        let row = SessionRow::from(session);
        let added = diesel::insert_into(sessions::table).values(row).execute(self.connection().await?).await;
        self.checked("adding a session", added).map(drop)
    }

    pub(super) async fn session_locked(&mut self, id: SessionId) -> Result<Option<Session>, StoreError> {
        let row: QueryResult<SessionRow> = sessions::table
            .find(id.as_uuid())
            .select(SessionRow::as_select())
            .for_update()
            .first(self.connection().await?)
            .await;
        self.checked("locking a session", row.optional())?.map(Session::try_from).transpose()
    }

    pub(super) async fn update_session(&mut self, session: &Session) -> Result<(), StoreError> {
        let row = SessionRow::from(session);
        let saved =
            diesel::update(sessions::table.find(row.id)).set(row).execute(self.connection().await?).await;
        self.checked("saving a session", saved).map(drop)
    }

    pub(super) async fn end_sessions(
        &mut self,
        account: AccountId,
        except: Option<SessionId>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let living = sessions::account_id.eq(account.as_uuid()).and(sessions::ended_at.is_null());
        // No session has the id of nobody's.
        let spared = except.map_or(Uuid::nil(), SessionId::as_uuid);
        let ended = diesel::update(sessions::table.filter(living.and(sessions::id.ne(spared))))
            .set(sessions::ended_at.eq(now))
            .execute(self.connection().await?)
            .await;
        self.checked("ending sessions", ended).map(drop)
    }
}
