//! Rows of `email_changes`, and the address of an account, which no two have.

use crate::failure::{corrupt, failed};
use crate::pool::PgStore;
use crate::schema::email_changes as changes;
use crate::statement::{constant, text};
use crate::transaction::PgTx;
use ::accounts::{Account, AccountTx, EmailChange, EmailChangeReads, EmailChangeTx};
use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Integer, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use kernel::{AccountId, Email, EmailChangeId, StoreError, Timestamp};
use uuid::Uuid;

/// How many wishes a person is shown.
const SHOWN: i64 = 100;
/// What the first number of a pair says that addresses are locked by, there being no row for those that nobody has.
const ADDRESSES: i32 = 0x6164_6472;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = changes, check_for_backend(diesel::pg::Pg), treat_none_as_null = true)]
pub(super) struct ChangeRow {
    id: Uuid,
    account_id: Uuid,
    session_id: Uuid,
    old_email: String,
    new_email: String,
    asked_at: Timestamp,
    expires_at: Timestamp,
    made_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
}

impl From<&EmailChange> for ChangeRow {
    fn from(change: &EmailChange) -> Self {
        Self {
            id: change.id.as_uuid(),
            account_id: change.account.as_uuid(),
            session_id: change.session.as_uuid(),
            old_email: change.old.as_str().to_owned(),
            new_email: change.new.as_str().to_owned(),
            asked_at: change.asked_at,
            expires_at: change.expires_at,
            made_at: change.made_at,
            ended_at: change.ended_at,
        }
    }
}

impl TryFrom<ChangeRow> for EmailChange {
    type Error = StoreError;

    fn try_from(row: ChangeRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.into(),
            account: row.account_id.into(),
            session: row.session_id.into(),
            old: Email::stored(&row.old_email).map_err(corrupt("reading email_changes.old_email"))?,
            new: Email::stored(&row.new_email).map_err(corrupt("reading email_changes.new_email"))?,
            asked_at: row.asked_at,
            expires_at: row.expires_at,
            made_at: row.made_at,
            ended_at: row.ended_at,
        })
    }
}

#[derive(QueryableByName)]
struct Taken {
    #[diesel(sql_type = Bool)]
    taken: bool,
}

#[async_trait]
impl EmailChangeReads for PgStore {
    async fn email_change(&self, id: EmailChangeId) -> Result<Option<EmailChange>, StoreError> {
        let doing = "reading a wish for another address";
        let mut connection = self.connection(doing).await?;
        let query = changes::table.find(id.as_uuid()).select(ChangeRow::as_select());
        let row: QueryResult<ChangeRow> = query.first(&mut connection).await;
        row.optional().map_err(failed(doing))?.map(EmailChange::try_from).transpose()
    }

    async fn email_changes_of(&self, account: AccountId) -> Result<Vec<EmailChange>, StoreError> {
        let doing = "listing wishes for another address";
        let mut connection = self.connection(doing).await?;
        let query = changes::table
            .filter(changes::account_id.eq(account.as_uuid()))
            .order((changes::asked_at.desc(), changes::id.desc()))
            .limit(SHOWN)
            .select(ChangeRow::as_select());
        let rows: Vec<ChangeRow> = query.load(&mut connection).await.map_err(failed(doing))?;
        rows.into_iter().map(EmailChange::try_from).collect()
    }
}

impl PgTx {
    /// Whoever takes this address at the same time, for a new account or for one that is there, waits until we end.
    pub(super) fn reserve_address(&mut self, email: &Email) {
        // Two addresses of the same hash wait for each other, and nothing else.
        let lock = text("SELECT pg_advisory_xact_lock($1, hashtext($2))")
            .bind::<Integer, _>(ADDRESSES)
            .bind::<Text, _>(email.as_str().to_owned());
        self.write("reserving an address", constant(lock));
    }
}

#[async_trait]
impl EmailChangeTx for PgTx {
    async fn take_email(&mut self, account: &Account) -> Result<bool, StoreError> {
        self.reserve_address(&account.email);
        let look = text("SELECT EXISTS (SELECT FROM accounts WHERE email = $1 AND id <> $2) AS taken")
            .bind::<Text, _>(account.email.as_str().to_owned())
            .bind::<SqlUuid, _>(account.id.as_uuid());
        let rows: Vec<Taken> = self.load("looking whether an address is taken", constant(look)).await?;
        if rows.iter().any(|row| row.taken) {
            return Ok(false);
        }
        self.save_account(account).await.map(|()| true)
    }

    async fn add_email_change(&mut self, change: &EmailChange) -> Result<(), StoreError> {
        let row = ChangeRow::from(change);
        let added = diesel::insert_into(changes::table).values(row).execute(self.connection().await?).await;
        self.checked("adding a wish for another address", added).map(drop)
    }

    async fn lock_email_change(&mut self, id: EmailChangeId) -> Result<Option<EmailChange>, StoreError> {
        let row: QueryResult<ChangeRow> = changes::table
            .find(id.as_uuid())
            .select(ChangeRow::as_select())
            .for_update()
            .first(self.connection().await?)
            .await;
        let row = self.checked("locking a wish for another address", row.optional())?;
        row.map(EmailChange::try_from).transpose()
    }

    async fn save_email_change(&mut self, change: &EmailChange) -> Result<(), StoreError> {
        let row = ChangeRow::from(change);
        let saved =
            diesel::update(changes::table.find(row.id)).set(row).execute(self.connection().await?).await;
        self.checked("saving a wish for another address", saved).map(drop)
    }

    async fn end_email_changes(&mut self, account: AccountId, now: Timestamp) -> Result<(), StoreError> {
        let open = changes::made_at.is_null().and(changes::ended_at.is_null());
        let open = changes::account_id.eq(account.as_uuid()).and(open);
        let ended = diesel::update(changes::table.filter(open))
            .set(changes::ended_at.eq(now))
            .execute(self.connection().await?)
            .await;
        self.checked("ending wishes for another address", ended).map(drop)
    }

    async fn forget_email_changes(&mut self, account: AccountId) -> Result<(), StoreError> {
        let of_account = changes::table.filter(changes::account_id.eq(account.as_uuid()));
        let gone = diesel::delete(of_account).execute(self.connection().await?).await;
        self.checked("forgetting wishes for another address", gone).map(drop)
    }
}
