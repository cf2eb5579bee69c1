//! Reads of what was committed.

use super::announcement::{AnnouncementRow, announcements, select_announcements};
use super::recipient::{RecipientRow, recipients, select_recipients};
use crate::column::{before, size, word};
use crate::pool::PgStore;
use crate::statement::{constant, text};
use ::messaging::{
    Addressee, Announcement, AnnouncementFilter, AnnouncementStatus, AnnouncementStore, AnnouncementTx,
    Audience, Counts, LeftList, Recipient, RecipientState,
};
use async_trait::async_trait;
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use kernel::{AccountId, AnnouncementId, EventId, OrganisationId, Page, PageRequest, StoreError, Timestamp};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Announcements with a condition that an index leads with, and all others: `$1` and `$2` are the cursor and `$3` stands after
/// all ids; then organisations, event and status, and `$7` the limit. Plans are made without looking at values, so a condition
/// that may be absent cannot lead.
macro_rules! list {
    ($lead:literal) => {
        select_announcements!(
            "WHERE ",
            $lead,
            " AND (created_at, id) < (coalesce($1, 'infinity'::timestamptz), coalesce($2, $3)) \
             AND ($4 IS NULL OR organisation_id = ANY($4)) AND ($5 IS NULL OR event_id = $5) \
             AND ($6 IS NULL OR status = $6) ORDER BY created_at DESC, id DESC LIMIT $7"
        )
    };
}

const ALL: &str = list!("true");
const BY_ORGANISATIONS: &str = list!("organisation_id = ANY($4)");
const ABOUT_EVENT: &str = list!("event_id = $5");
const THAT: &str = list!("status = $6");

const fn listed_by(filter: &AnnouncementFilter) -> &'static str {
    match filter {
        AnnouncementFilter { event: Some(_), .. } => ABOUT_EVENT,
        AnnouncementFilter { organisations: Some(_), .. } => BY_ORGANISATIONS,
        AnnouncementFilter { status: Some(_), .. } => THAT,
        AnnouncementFilter { .. } => ALL,
    }
}

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = BigInt)]
    number: i64,
}

#[derive(QueryableByName)]
struct LeftRow {
    #[diesel(sql_type = SqlUuid)]
    account_id: Uuid,
    #[diesel(sql_type = Text)]
    list: String,
    #[diesel(sql_type = Timestamptz)]
    at: Timestamp,
}

impl TryFrom<LeftRow> for LeftList {
    type Error = StoreError;

    fn try_from(row: LeftRow) -> Result<Self, StoreError> {
        let list = word(&row.list, "reading left_lists.list")?;
        Ok(Self { account: row.account_id.into(), list, at: row.at })
    }
}

#[async_trait]
impl AnnouncementStore for PgStore {
    async fn begin_announcements(&self) -> Result<Box<dyn AnnouncementTx>, StoreError> {
        Ok(Box::new(self.transaction().await?))
    }

    async fn announcement(&self, id: AnnouncementId) -> Result<Option<Announcement>, StoreError> {
        let statement = text(select_announcements!("WHERE id = $1")).bind::<SqlUuid, _>(id.as_uuid());
        let rows: Vec<AnnouncementRow> = self.rows("reading an announcement", constant(statement)).await?;
        rows.into_iter().next().map(Announcement::try_from).transpose()
    }

    async fn announcements(
        &self,
        filter: &AnnouncementFilter,
        page: PageRequest,
    ) -> Result<Page<Announcement>, StoreError> {
        let (at, id) = before(&page);
        let own = |ids: &Vec<OrganisationId>| ids.iter().map(|id| id.as_uuid()).collect::<Vec<Uuid>>();
        let statement = text(listed_by(filter))
            .bind::<Nullable<Timestamptz>, _>(at)
            .bind::<Nullable<SqlUuid>, _>(id)
            .bind::<SqlUuid, _>(Uuid::max())
            .bind::<Nullable<Array<SqlUuid>>, _>(filter.organisations.as_ref().map(own))
            .bind::<Nullable<SqlUuid>, _>(filter.event.map(|event| event.as_uuid()))
            .bind::<Nullable<Text>, _>(filter.status.map(AnnouncementStatus::as_str))
            .bind::<BigInt, _>(i64::from(page.limit) + 1);
        let rows: Vec<AnnouncementRow> = self.rows("listing announcements", constant(statement)).await?;
        Ok(Page::cut(announcements(rows)?, page.limit, Announcement::cursor))
    }

    async fn announcements_for_late_ones(
        &self,
        (event, organisation): (EventId, OrganisationId),
        now: Timestamp,
    ) -> Result<Vec<Announcement>, StoreError> {
        // As `Announcement::is_for_late_ones` has it.
        let statement = text(concat!(
            select_announcements!(
                "WHERE event_id = $1 AND status IN ('sending', 'sent') AND valid_until > $3"
            ),
            " UNION ALL ",
            select_announcements!(
                "WHERE organisation_id = $2 AND audience = 'guests' AND status IN ('sending', 'sent') \
                     AND valid_until > $3"
            ),
        ))
        .bind::<SqlUuid, _>(event.as_uuid())
        .bind::<SqlUuid, _>(organisation.as_uuid())
        .bind::<Timestamptz, _>(now);
        let rows = self.rows("looking for announcements that are still valid", constant(statement)).await?;
        let mut found = announcements(rows)?;
        found.sort_by_key(Announcement::cursor);
        Ok(found)
    }

    async fn audience(
        &self,
        audience: &Audience,
        after: Option<AccountId>,
        limit: u32,
    ) -> Result<Vec<Addressee>, StoreError> {
        self.accounts_of_audience(audience, after, limit).await
    }

    async fn recipients(
        &self,
        announcement: AnnouncementId,
        state: Option<RecipientState>,
        page: PageRequest,
    ) -> Result<Page<Recipient>, StoreError> {
        let doing = "listing recipients";
        let after = page.after.map_or_else(Uuid::nil, |after| after.id);
        let wanted = i64::from(page.limit) + 1;
        let rows: Vec<RecipientRow> = match state {
            None => {
                let statement = text(select_recipients!(
                    "WHERE announcement_id = $1 AND account_id > $2 ORDER BY account_id LIMIT $3"
                ))
                .bind::<SqlUuid, _>(announcement.as_uuid())
                .bind::<SqlUuid, _>(after)
                .bind::<BigInt, _>(wanted);
                self.rows(doing, constant(statement)).await?
            }
            Some(state) => {
                let statement = text(select_recipients!(
                    "WHERE announcement_id = $1 AND state = $2 AND account_id > $3 ORDER BY account_id LIMIT $4"
                ))
                .bind::<SqlUuid, _>(announcement.as_uuid())
                .bind::<Text, _>(state.as_str())
                .bind::<SqlUuid, _>(after)
                .bind::<BigInt, _>(wanted);
                self.rows(doing, constant(statement)).await?
            }
        };
        Ok(Page::cut(recipients(rows)?, page.limit, Recipient::cursor))
    }

    async fn count_recipients(&self, announcement: AnnouncementId) -> Result<Counts, StoreError> {
        let statement = text(
            "SELECT state, count(*) AS number FROM announcement_recipients WHERE announcement_id = $1 GROUP BY state",
        )
        .bind::<SqlUuid, _>(announcement.as_uuid());
        let rows: Vec<CountRow> = self.rows("counting recipients", constant(statement)).await?;
        let count = |row: CountRow| {
            let state: RecipientState = word(&row.state, "reading announcement_recipients.state")?;
            Ok((state, size(row.number, "counting recipients")?))
        };
        let counts: Result<BTreeMap<RecipientState, u64>, StoreError> = rows.into_iter().map(count).collect();
        Ok(Counts(counts?))
    }

    async fn received(&self, account: AccountId, page: PageRequest) -> Result<Page<Recipient>, StoreError> {
        let (at, id) = before(&page);
        let statement = text(select_recipients!(
            "WHERE account_id = $1 \
                 AND (added_at, announcement_id) < (coalesce($2, 'infinity'::timestamptz), coalesce($3, $4)) \
             ORDER BY added_at DESC, announcement_id DESC LIMIT $5"
        ))
        .bind::<SqlUuid, _>(account.as_uuid())
        .bind::<Nullable<Timestamptz>, _>(at)
        .bind::<Nullable<SqlUuid>, _>(id)
        .bind::<SqlUuid, _>(Uuid::max())
        .bind::<BigInt, _>(i64::from(page.limit) + 1);
        let rows = self.rows("listing what somebody was sent", constant(statement)).await?;
        Ok(Page::cut(recipients(rows)?, page.limit, Recipient::place))
    }

    async fn left_lists(&self, accounts: &[AccountId]) -> Result<Vec<LeftList>, StoreError> {
        let ids: Vec<Uuid> = accounts.iter().map(|account| account.as_uuid()).collect();
        let statement = text("SELECT account_id, list, at FROM left_lists WHERE account_id = ANY($1)")
            .bind::<Array<SqlUuid>, _>(ids);
        let rows: Vec<LeftRow> = self.rows("reading which lists were left", constant(statement)).await?;
        rows.into_iter().map(LeftList::try_from).collect()
    }
}
