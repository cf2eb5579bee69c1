//! Invites.

mod made;
mod tree;

use crate::column::count;
use crate::failure::failed;
use crate::pool::PgStore;
use crate::schema::invites;
use crate::transaction::PgTx;
use ::invites::ports::Effect;
use ::invites::{Branch, CodeHash, Invite, InviteStore, InviteTx, Inviter, Lineage, Made};
use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use kernel::{AccountId, Email, InviteId, Owed, Page, PageRequest, StoreError, Timestamp};
use uuid::Uuid;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = invites, check_for_backend(diesel::pg::Pg), treat_none_as_null = true)]
struct InviteRow {
    id: Uuid,
    code_hash: Vec<u8>,
    max_uses: i64,
    used: i64,
    expires_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
    email: Option<String>,
    note: Option<String>,
    created_by: Uuid,
    counted: bool,
    created_at: Timestamp,
}

impl From<&Invite> for InviteRow {
    fn from(invite: &Invite) -> Self {
        Self {
            id: invite.id.as_uuid(),
            code_hash: invite.code_hash.0.to_vec(),
            max_uses: invite.max_uses.into(),
            used: invite.used.into(),
            expires_at: invite.expires_at,
            revoked_at: invite.revoked_at,
            email: invite.email.as_ref().map(|email| email.as_str().to_owned()),
            note: invite.note.clone(),
            created_by: invite.created_by.as_uuid(),
            counted: invite.counted,
            created_at: invite.created_at,
        }
    }
}

impl TryFrom<InviteRow> for Invite {
    type Error = StoreError;

    fn try_from(row: InviteRow) -> Result<Self, StoreError> {
        let not_32 = |_| StoreError::broken("reading invites.code_hash", "it has not 32 bytes");
        let email = row.email.as_deref().map(Email::stored).transpose();
        Ok(Self {
            id: row.id.into(),
            code_hash: CodeHash(row.code_hash.try_into().map_err(not_32)?),
            max_uses: count(row.max_uses, "reading invites.max_uses")?,
            used: count(row.used, "reading invites.used")?,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
            email: email.map_err(crate::failure::corrupt("reading invites.email"))?,
            note: row.note,
            created_by: row.created_by.into(),
            counted: row.counted,
            created_at: row.created_at,
        })
    }
}

#[async_trait]
impl InviteStore for PgStore {
    async fn begin_invites(&self) -> Result<Box<dyn InviteTx>, StoreError> {
        Ok(Box::new(self.transaction().await?))
    }

    async fn invite(&self, id: InviteId) -> Result<Option<Invite>, StoreError> {
        let doing = "reading an invite";
        let mut connection = self.connection(doing).await?;
        let query = invites::table.find(id.as_uuid()).select(InviteRow::as_select());
        let row = query.first(&mut connection).await.optional().map_err(failed(doing))?;
        row.map(Invite::try_from).transpose()
    }

    async fn invite_by_hash(&self, hash: CodeHash) -> Result<Option<Invite>, StoreError> {
        let doing = "looking for an invite";
        let mut connection = self.connection(doing).await?;
        let query =
            invites::table.filter(invites::code_hash.eq(hash.0.to_vec())).select(InviteRow::as_select());
        let row = query.first(&mut connection).await.optional().map_err(failed(doing))?;
        row.map(Invite::try_from).transpose()
    }

    async fn invites(
        &self,
        created_by: Option<AccountId>,
        page: PageRequest,
    ) -> Result<Page<Invite>, StoreError> {
        let doing = "listing invites";
        let mut connection = self.connection(doing).await?;
        let mut query = invites::table.select(InviteRow::as_select()).into_boxed();
        if let Some(maker) = created_by {
            query = query.filter(invites::created_by.eq(maker.as_uuid()));
        }
        if let Some(after) = page.after {
            let same_instant = invites::created_at.lt(after.at).or(invites::id.lt(after.id));
            query = query.filter(invites::created_at.le(after.at).and(same_instant));
        }
        let query =
            query.order((invites::created_at.desc(), invites::id.desc())).limit(i64::from(page.limit) + 1);
        let rows: Vec<InviteRow> = query.load(&mut connection).await.map_err(failed(doing))?;
        let found = rows.into_iter().map(Invite::try_from).collect::<Result<_, _>>()?;
        Ok(Page::cut(found, page.limit, Invite::cursor))
    }

    async fn invites_made(&self, span: (Timestamp, Timestamp), now: Timestamp) -> Result<Made, StoreError> {
        self.made_within(span, now).await
    }

    async fn inviter(&self, account: AccountId) -> Result<Option<Inviter>, StoreError> {
        self.inviter_of(account).await
    }

    async fn spent(&self, account: AccountId, now: Timestamp) -> Result<u32, StoreError> {
        self.spent_by(account, now).await
    }

    async fn lineage(&self, account: AccountId) -> Result<Lineage, StoreError> {
        self.lineage_of(account).await
    }

    async fn branches(
        &self,
        under: Option<AccountId>,
        page: PageRequest,
    ) -> Result<Page<Branch>, StoreError> {
        self.branches_of(under, page).await
    }
}

#[async_trait]
impl InviteTx for PgTx {
    async fn lock_invite_by_hash(&mut self, hash: CodeHash) -> Result<Option<Invite>, StoreError> {
        let row: QueryResult<InviteRow> = invites::table
            .filter(invites::code_hash.eq(hash.0.to_vec()))
            .select(InviteRow::as_select())
            .for_update()
            .first(self.connection().await?)
            .await;
        self.checked("locking an invite", row.optional())?.map(Invite::try_from).transpose()
    }

    async fn lock_invite(&mut self, id: InviteId) -> Result<Option<Invite>, StoreError> {
        let row: QueryResult<InviteRow> = invites::table
            .find(id.as_uuid())
            .select(InviteRow::as_select())
            .for_update()
            .first(self.connection().await?)
            .await;
        self.checked("locking an invite", row.optional())?.map(Invite::try_from).transpose()
    }

    async fn add_invites(&mut self, invites: &[Invite]) -> Result<(), StoreError> {
        let rows: Vec<InviteRow> = invites.iter().map(InviteRow::from).collect();
        let added = diesel::insert_into(invites::table).values(rows).execute(self.connection().await?).await;
        self.checked("adding invites", added).map(drop)
    }

    async fn save_invite(&mut self, invite: &Invite) -> Result<(), StoreError> {
        let row = InviteRow::from(invite);
        let saved =
            diesel::update(invites::table.find(row.id)).set(row).execute(self.connection().await?).await;
        self.checked("saving an invite", saved).map(drop)
    }

    async fn spent(&mut self, account: AccountId, now: Timestamp) -> Result<u32, StoreError> {
        self.spent_by(account, now).await
    }

    async fn lock_inviter(&mut self, account: AccountId) -> Result<Option<Inviter>, StoreError> {
        self.inviter_locked(account).await
    }

    async fn save_inviter(&mut self, inviter: &Inviter) -> Result<(), StoreError> {
        self.update_inviter(inviter);
        Ok(())
    }

    async fn lock_lineage(&mut self, account: AccountId) -> Result<Lineage, StoreError> {
        self.lineage_locked(account).await
    }

    async fn forget_invites_of(&mut self, maker: AccountId, now: Timestamp) -> Result<(), StoreError> {
        self.forget_counted(maker, now);
        Ok(())
    }

    async fn enqueue_invites(&mut self, effects: &[Owed<Effect>]) -> Result<(), StoreError> {
        self.enqueue(::invites::DOMAIN, effects)
    }
}
