//! Accounts, their sessions and links.

mod email_change;
mod one_time;
mod own;
mod reads;
mod second_factor;
mod session;

use crate::column::{document, to_document, word};
use crate::failure::corrupt;
use crate::schema::{accounts, search_text};
use crate::transaction::PgTx;
use ::accounts::ports::{Alert, Effect};
use ::accounts::{Account, AccountTx, OneTime, PasswordHash, Purpose, Session};
use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use kernel::{AccountId, Email, OneTimeId, Owed, SessionId, StoreError, Timestamp};
use serde_json::Value;
use uuid::Uuid;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = accounts, check_for_backend(diesel::pg::Pg), treat_none_as_null = true)]
struct AccountRow {
    id: Uuid,
    email: String,
    email_verified_at: Option<Timestamp>,
    password_hash: Option<String>,
    first_name: String,
    last_name: String,
    role: String,
    status: String,
    profile: Value,
    invite_id: Option<Uuid>,
    created_at: Timestamp,
    updated_at: Timestamp,
    language: Option<String>,
}

impl TryFrom<&Account> for AccountRow {
    type Error = StoreError;

    fn try_from(account: &Account) -> Result<Self, StoreError> {
        Ok(Self {
            id: account.id.as_uuid(),
            email: account.email.as_str().to_owned(),
            email_verified_at: account.email_verified_at,
            password_hash: account.password_hash.as_ref().map(|hash| hash.as_str().to_owned()),
            first_name: account.first_name.clone(),
            last_name: account.last_name.clone(),
            role: account.role.as_str().to_owned(),
            status: account.status.as_str().to_owned(),
            profile: to_document(&account.profile, "writing accounts.profile")?,
            invite_id: account.invite.map(|invite| invite.as_uuid()),
            created_at: account.created_at,
            updated_at: account.updated_at,
            language: account.language.map(|language| language.tag().to_owned()),
        })
    }
}

impl TryFrom<AccountRow> for Account {
    type Error = StoreError;

    fn try_from(row: AccountRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.into(),
            email: Email::stored(&row.email).map_err(corrupt("reading accounts.email"))?,
            email_verified_at: row.email_verified_at,
            password_hash: row.password_hash.map(PasswordHash::new),
            first_name: row.first_name,
            last_name: row.last_name,
            role: word(&row.role, "reading accounts.role")?,
            status: word(&row.status, "reading accounts.status")?,
            profile: document(row.profile, "reading accounts.profile")?,
            language: row.language.map(|tag| word(&tag, "reading accounts.language")).transpose()?,
            invite: row.invite_id.map(Into::into),
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// What an account is found by: see [`::accounts::AccountFilter::matches`].
fn found_by(account: &Account) -> String {
    let name = format!("{} {}", account.first_name, account.last_name);
    search_text(&[account.email.as_str(), &name])
}

#[async_trait]
impl AccountTx for PgTx {
    async fn add_account(&mut self, account: &Account) -> Result<bool, StoreError> {
        let row = AccountRow::try_from(account)?;
        // Somebody may be about to change their address to this one: an update knows no `ON CONFLICT`.
        self.reserve_address(&account.email);
        let added = diesel::insert_into(accounts::table)
            .values((row, accounts::search_text.eq(found_by(account))))
            .on_conflict(accounts::email)
            .do_nothing()
            .execute(self.connection().await?)
            .await;
        self.checked("adding an account", added).map(|added| added == 1)
    }

    async fn lock_account(&mut self, id: AccountId) -> Result<Option<Account>, StoreError> {
        let row: QueryResult<AccountRow> = accounts::table
            .find(id.as_uuid())
            .select(AccountRow::as_select())
            .for_update()
            .first(self.connection().await?)
            .await;
        self.checked("locking an account", row.optional())?.map(Account::try_from).transpose()
    }

    async fn lock_admins(&mut self) -> Result<Vec<AccountId>, StoreError> {
        let ids: QueryResult<Vec<Uuid>> = accounts::table
            .filter(accounts::role.eq("admin").and(accounts::status.eq("active")))
            .order(accounts::id)
            .select(accounts::id)
            .for_update()
            .load(self.connection().await?)
            .await;
        Ok(self.checked("locking the admins", ids)?.into_iter().map(AccountId::from).collect())
    }

    async fn save_account(&mut self, account: &Account) -> Result<(), StoreError> {
        let row = AccountRow::try_from(account)?;
        let saved = diesel::update(accounts::table.find(row.id))
            .set((row, accounts::search_text.eq(found_by(account))))
            .execute(self.connection().await?)
            .await;
        self.checked("saving an account", saved).map(drop)
    }

    async fn add_session(&mut self, session: &Session) -> Result<(), StoreError> {
        self.insert_session(session).await
    }

    async fn lock_session(&mut self, id: SessionId) -> Result<Option<Session>, StoreError> {
        self.session_locked(id).await
    }

    async fn save_session(&mut self, session: &Session) -> Result<(), StoreError> {
        self.update_session(session).await
    }

    async fn end_sessions_of(
        &mut self,
        account: AccountId,
        except: Option<SessionId>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.end_sessions(account, except, now).await
    }

    async fn close_calendar_of(&mut self, account: AccountId) -> Result<(), StoreError> {
        self.drop_feed_of(account);
        Ok(())
    }

    async fn add_one_time(&mut self, link: &OneTime) -> Result<bool, StoreError> {
        self.insert_one_time(link).await
    }

    async fn lock_one_time(&mut self, id: OneTimeId) -> Result<Option<OneTime>, StoreError> {
        self.one_time_locked(id).await
    }

    async fn save_one_time(&mut self, link: &OneTime) -> Result<(), StoreError> {
        self.update_one_time(link).await
    }

    async fn void_one_times(
        &mut self,
        account: AccountId,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.spend_one_times(account, purpose, now).await
    }

    async fn enqueue_accounts(&mut self, effects: &[Owed<Effect>]) -> Result<(), StoreError> {
        self.enqueue(::accounts::DOMAIN, effects)
    }

    async fn enqueue_alerts(&mut self, alerts: &[Owed<Alert>]) -> Result<(), StoreError> {
        self.enqueue(::accounts::ALERTS, alerts)
    }
}
