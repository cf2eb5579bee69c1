//! Reads of what was committed, and what is swept without anything being decided on it.

use super::letter::{LetterRow, letters, select_letters};
use super::suppression::SuppressionRow;
use crate::column::{before, size};
use crate::failure::{corrupt, failed};
use crate::pool::PgStore;
use crate::statement::{Statement, constant, text};
use ::messaging::{
    AddressHash, Letter, LetterFilter, LetterState, MessagingStore, MessagingTx, Suppression, Troubles,
};
use async_trait::async_trait;
use diesel::QueryableByName;
use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use kernel::{BookingId, EffectId, Page, PageRequest, SWEPT_AT_ONCE, StoreError, Timestamp};
use uuid::Uuid;

/// Letters with a condition that an index leads with, and all others: `$1` and `$2` are the cursor and `$3` stands after all
/// ids; then state, trouble, address, kind, account, event, booking, and `$11` the limit. Plans are made without looking at
/// values, so a condition that may be absent cannot lead.
macro_rules! list {
    ($lead:literal) => {
        select_letters!(
            "WHERE ",
            $lead,
            " AND (created_at, id) < (coalesce($1, 'infinity'::timestamptz), coalesce($2, $3)) \
             AND ($4 IS NULL OR state = $4) \
             AND (NOT $5 OR (state IN ('deferred', 'bounced', 'failed') AND again_id IS NULL \
                 AND origin_domain IS NOT NULL)) \
             AND ($6 IS NULL OR address = $6) AND ($7 IS NULL OR kind = $7) \
             AND ($8 IS NULL OR account_id = $8) AND ($9 IS NULL OR event_id = $9) \
             AND ($10 IS NULL OR booking_id = $10) ORDER BY created_at DESC, id DESC LIMIT $11"
        )
    };
}

const ALL: &str = list!("true");
const OF_BOOKING: &str = list!("booking_id = $10");
const TO_ADDRESS: &str = list!("address = $6");
const TO_ACCOUNT: &str = list!("account_id = $8");
const OF_EVENT: &str = list!("event_id = $9");
const IN_TROUBLE: &str = list!("state IN ('deferred', 'bounced', 'failed') AND again_id IS NULL");
const THAT: &str = list!("state = $4");

const fn listed_by(filter: &LetterFilter) -> &'static str {
    match filter {
        LetterFilter { booking: Some(_), .. } => OF_BOOKING,
        LetterFilter { to: Some(_), .. } => TO_ADDRESS,
        LetterFilter { account: Some(_), .. } => TO_ACCOUNT,
        LetterFilter { event: Some(_), .. } => OF_EVENT,
        LetterFilter { trouble: true, .. } => IN_TROUBLE,
        LetterFilter { state: Some(_), .. } => THAT,
        LetterFilter { .. } => ALL,
    }
}

fn list(filter: &LetterFilter, page: PageRequest) -> Statement<impl QueryFragment<Pg> + Send + use<>> {
    let (at, id) = before(&page);
    constant(
        text(listed_by(filter))
            .bind::<Nullable<Timestamptz>, _>(at)
            .bind::<Nullable<SqlUuid>, _>(id)
            .bind::<SqlUuid, _>(Uuid::max())
            .bind::<Nullable<Text>, _>(filter.state.map(LetterState::as_str))
            .bind::<Bool, _>(filter.trouble)
            .bind::<Nullable<Text>, _>(filter.to.clone().map(String::from))
            .bind::<Nullable<Text>, _>(filter.kind.clone())
            .bind::<Nullable<SqlUuid>, _>(filter.account.map(|account| account.as_uuid()))
            .bind::<Nullable<SqlUuid>, _>(filter.event.map(|event| event.as_uuid()))
            .bind::<Nullable<SqlUuid>, _>(filter.booking.map(|booking| booking.as_uuid()))
            .bind::<BigInt, _>(i64::from(page.limit) + 1),
    )
}

#[derive(QueryableByName)]
struct TroubleRow {
    #[diesel(sql_type = BigInt)]
    deferred: i64,
    #[diesel(sql_type = BigInt)]
    bounced: i64,
    #[diesel(sql_type = BigInt)]
    failed: i64,
}

#[async_trait]
impl MessagingStore for PgStore {
    async fn begin_messaging(&self) -> Result<Box<dyn MessagingTx>, StoreError> {
        Ok(Box::new(self.transaction().await?))
    }

    async fn letter(&self, id: EffectId) -> Result<Option<Letter>, StoreError> {
        let statement = text(select_letters!("WHERE id = $1")).bind::<SqlUuid, _>(id.as_uuid());
        let rows: Vec<LetterRow> = self.rows("reading a letter", constant(statement)).await?;
        rows.into_iter().next().map(Letter::try_from).transpose()
    }

    async fn letters(&self, filter: &LetterFilter, page: PageRequest) -> Result<Page<Letter>, StoreError> {
        let rows: Vec<LetterRow> = self.rows("listing letters", list(filter, page)).await?;
        Ok(Page::cut(letters(rows)?, page.limit, Letter::cursor))
    }

    async fn letters_about(&self, bookings: &[BookingId]) -> Result<Vec<Letter>, StoreError> {
        let ids: Vec<Uuid> = bookings.iter().map(|booking| booking.as_uuid()).collect();
        let statement = text(select_letters!("WHERE booking_id = ANY($1)")).bind::<Array<SqlUuid>, _>(ids);
        letters(self.rows("reading letters about bookings", constant(statement)).await?)
    }

    async fn troubles(&self, since: Timestamp) -> Result<Troubles, StoreError> {
        let statement = text(
            "SELECT count(*) FILTER (WHERE state = 'deferred') AS deferred, \
                 count(*) FILTER (WHERE state = 'bounced') AS bounced, \
                 count(*) FILTER (WHERE state = 'failed') AS failed \
             FROM letters WHERE state IN ('deferred', 'bounced', 'failed') AND again_id IS NULL \
                 AND origin_domain IS NOT NULL AND created_at >= $1",
        )
        .bind::<Timestamptz, _>(since);
        let rows: Vec<TroubleRow> = self.rows("counting letters in trouble", constant(statement)).await?;
        let Some(row) = rows.into_iter().next() else { return Ok(Troubles::default()) };
        Ok(Troubles {
            deferred: size(row.deferred, "counting deferred letters")?,
            bounced: size(row.bounced, "counting bounced letters")?,
            failed: size(row.failed, "counting failed letters")?,
        })
    }

    async fn suppressions(&self, addresses: &[AddressHash]) -> Result<Vec<Suppression>, StoreError> {
        let hashes: Vec<String> = addresses.iter().map(|address| address.as_str().to_owned()).collect();
        let statement =
            text("SELECT address_hash, reason, at, letter_id FROM suppressions WHERE address_hash = ANY($1)")
                .bind::<Array<Text>, _>(hashes);
        let rows: Vec<SuppressionRow> =
            self.rows("looking for addresses without announcements", constant(statement)).await?;
        rows.into_iter().map(Suppression::try_from).collect()
    }

    async fn sweep_letters(&self, letters: Timestamp, reports: Timestamp) -> Result<u64, StoreError> {
        let doing = "sweeping letters and names of reports";
        let most = i64::from(SWEPT_AT_ONCE);
        let mut connection = self.connection(doing).await?;
        let old = text(
            "DELETE FROM letters WHERE id = ANY(ARRAY( \
                 SELECT l.id FROM letters l WHERE l.created_at < $1 ORDER BY l.created_at LIMIT $2 \
                 FOR UPDATE SKIP LOCKED \
             ))",
        )
        .bind::<Timestamptz, _>(letters)
        .bind::<BigInt, _>(most);
        let old = constant(old).execute(&mut connection).await.map_err(failed(doing))?;
        let names = text(
            "DELETE FROM mail_reports WHERE name = ANY(ARRAY( \
                 SELECT r.name FROM mail_reports r WHERE r.at < $1 ORDER BY r.at LIMIT $2 \
                 FOR UPDATE SKIP LOCKED \
             ))",
        )
        .bind::<Timestamptz, _>(reports)
        .bind::<BigInt, _>(most);
        let names = constant(names).execute(&mut connection).await.map_err(failed(doing))?;
        (old + names).try_into().map_err(corrupt(doing))
    }
}
