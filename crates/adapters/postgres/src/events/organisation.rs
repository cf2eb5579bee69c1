//! Rows of `organisations` and `organisation_members`.

use crate::column::word;
use crate::schema::{organisation_members as members, organisations};
use crate::transaction::PgTx;
use ::events::{Member, Organisation};
use diesel::prelude::*;
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

impl PgTx {
    pub(super) async fn insert_organisation(&mut self, it: &Organisation) -> Result<bool, StoreError> {
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

    pub(super) async fn members_locked(
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

    pub(super) async fn insert_member(&mut self, member: &Member) -> Result<bool, StoreError> {
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

    pub(super) async fn delete_member(
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
