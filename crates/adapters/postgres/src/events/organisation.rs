//! Rows of `organisations` and `organisation_members`.

use crate::column::word;
use crate::schema::{accounts, organisation_members as members, organisations};
use crate::statement::{constant, text};
use crate::transaction::PgTx;
use ::events::{Billing, Member, Organisation, OrganisationTx};
use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use kernel::{AccountId, OrganisationId, StoreError, Timestamp};
use uuid::Uuid;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = organisations, check_for_backend(diesel::pg::Pg))]
pub(super) struct OrganisationRow {
    id: Uuid,
    name: String,
    slug: String,
    created_at: Timestamp,
}

impl From<OrganisationRow> for Organisation {
    fn from(row: OrganisationRow) -> Self {
        Self { id: row.id.into(), name: row.name, slug: row.slug, created_at: row.created_at }
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = members, check_for_backend(diesel::pg::Pg))]
pub(super) struct MemberRow {
    organisation_id: Uuid,
    account_id: Uuid,
    standing: String,
    added_at: Timestamp,
}

impl TryFrom<MemberRow> for Member {
    type Error = StoreError;

    fn try_from(row: MemberRow) -> Result<Self, StoreError> {
        Ok(Self {
            organisation: row.organisation_id.into(),
            account: row.account_id.into(),
            standing: word(&row.standing, "reading organisation_members.standing")?,
            added_at: row.added_at,
        })
    }
}

#[derive(QueryableByName)]
struct FoundRow {
    #[diesel(sql_type = Bool)]
    has_something: bool,
}

#[async_trait]
impl OrganisationTx for PgTx {
    async fn add_organisation(&mut self, it: &Organisation) -> Result<bool, StoreError> {
        let row = OrganisationRow {
            id: it.id.as_uuid(),
            name: it.name.clone(),
            slug: it.slug.clone(),
            created_at: it.created_at,
        };
        let added = diesel::insert_into(organisations::table)
            .values(row)
            .on_conflict(organisations::slug)
            .do_nothing()
            .execute(self.connection().await?)
            .await;
        self.checked("adding an organisation", added).map(|added| added == 1)
    }

    async fn keep_organisation(&mut self, id: OrganisationId) -> Result<bool, StoreError> {
        let kept: QueryResult<Uuid> = organisations::table
            .find(id.as_uuid())
            .select(organisations::id)
            .for_key_share()
            .first(self.connection().await?)
            .await;
        Ok(self.checked("keeping an organisation", kept.optional())?.is_some())
    }

    async fn lock_organisation(&mut self, id: OrganisationId) -> Result<Option<Organisation>, StoreError> {
        // Not a weaker lock: whoever adds something to it refers to it, and is to wait.
        let locked: QueryResult<OrganisationRow> = organisations::table
            .find(id.as_uuid())
            .select(OrganisationRow::as_select())
            .for_update()
            .first(self.connection().await?)
            .await;
        Ok(self.checked("locking an organisation", locked.optional())?.map(Organisation::from))
    }

    async fn save_organisation(&mut self, organisation: &Organisation) -> Result<(), StoreError> {
        let saved = diesel::update(organisations::table.find(organisation.id.as_uuid()))
            .set(organisations::name.eq(&organisation.name))
            .execute(self.connection().await?)
            .await;
        self.checked("saving an organisation", saved).map(drop)
    }

    async fn delete_organisation(&mut self, id: OrganisationId) -> Result<bool, StoreError> {
        let statement = text(
            "SELECT EXISTS (SELECT FROM events WHERE organisation_id = $1) \
             OR EXISTS (SELECT FROM venue_templates WHERE organisation_id = $1) \
             OR EXISTS (SELECT FROM bookings WHERE organisation_id = $1) \
             OR EXISTS (SELECT FROM documents WHERE organisation_id = $1) AS has_something",
        )
        .bind::<SqlUuid, _>(id.as_uuid());
        let found: Vec<FoundRow> = self.load("looking what an organisation has", constant(statement)).await?;
        if found.iter().any(|row| row.has_something) {
            return Ok(false);
        }
        let ours = members::organisation_id.eq(id.as_uuid());
        let gone = diesel::delete(members::table.filter(ours)).execute(self.connection().await?).await;
        self.checked("removing the members of an organisation", gone)?;
        self.remove_billing(id).await?;
        let gone = diesel::delete(organisations::table.find(id.as_uuid()));
        let gone = gone.execute(self.connection().await?).await;
        self.checked("removing an organisation", gone).map(|gone| gone == 1)
    }

    async fn keep_able(&mut self, of: &[AccountId]) -> Result<Vec<AccountId>, StoreError> {
        let ids: Vec<Uuid> = of.iter().map(|id| id.as_uuid()).collect();
        let able: QueryResult<Vec<Uuid>> = accounts::table
            .filter(accounts::id.eq_any(ids).and(accounts::status.eq("active")))
            .order(accounts::id)
            .select(accounts::id)
            .for_share()
            .load(self.connection().await?)
            .await;
        let able = self.checked("looking who may log in", able)?;
        Ok(able.into_iter().map(AccountId::from).collect())
    }

    async fn save_billing(&mut self, billing: &Billing) -> Result<(), StoreError> {
        self.write_billing(billing).await
    }

    async fn lock_members(
        &mut self,
        organisation: OrganisationId,
    ) -> Result<Option<Vec<Member>>, StoreError> {
        let locked: QueryResult<Uuid> = organisations::table
            .find(organisation.as_uuid())
            .select(organisations::id)
            .for_no_key_update()
            .first(self.connection().await?)
            .await;
        if self.checked("locking an organisation", locked.optional())?.is_none() {
            return Ok(None);
        }
        let rows: QueryResult<Vec<MemberRow>> = members::table
            .filter(members::organisation_id.eq(organisation.as_uuid()))
            .order((members::added_at, members::account_id))
            .select(MemberRow::as_select())
            .load(self.connection().await?)
            .await;
        let rows = self.checked("reading the members of a locked organisation", rows)?;
        rows.into_iter().map(Member::try_from).collect::<Result<_, _>>().map(Some)
    }

    async fn add_member(&mut self, member: &Member) -> Result<bool, StoreError> {
        let row = MemberRow {
            organisation_id: member.organisation.as_uuid(),
            account_id: member.account.as_uuid(),
            standing: member.standing.as_str().to_owned(),
            added_at: member.added_at,
        };
        let added = diesel::insert_into(members::table)
            .values(row)
            .on_conflict((members::organisation_id, members::account_id))
            .do_nothing()
            .execute(self.connection().await?)
            .await;
        self.checked("adding a member", added).map(|added| added == 1)
    }

    async fn remove_member(
        &mut self,
        organisation: OrganisationId,
        account: AccountId,
    ) -> Result<bool, StoreError> {
        let removed = diesel::delete(members::table.find((organisation.as_uuid(), account.as_uuid())))
            .execute(self.connection().await?)
            .await;
        self.checked("removing a member", removed).map(|removed| removed == 1)
    }
}
