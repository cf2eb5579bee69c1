//! What others are told of bookings, and how far that has come.

use crate::column::count;
use crate::failure::{corrupt, failed};
use crate::pool::PgStore;
use crate::statement::{constant, text};
use crate::transaction::PgTx;
use async_trait::async_trait;
use diesel::QueryableByName;
use diesel::sql_types::{
    Array, BigInt, Bool, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use diesel_async::RunQueryDsl;
use kernel::news::{PARTS, part_of};
use kernel::{Lag, News, NewsStore, NewsTx, Published, SWEPT_AT_ONCE, StoreError, Timestamp};
use uuid::Uuid;

#[derive(QueryableByName)]
pub(crate) struct PublishedRow {
    #[diesel(sql_type = BigInt)]
    place: i64,
    #[diesel(sql_type = SqlUuid)]
    booking_id: Uuid,
    #[diesel(sql_type = BigInt)]
    number: i64,
    #[diesel(sql_type = SqlUuid)]
    organisation_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    event_id: Uuid,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Timestamptz)]
    at: Timestamp,
    #[diesel(sql_type = Text)]
    body: String,
}

impl TryFrom<PublishedRow> for Published {
    type Error = StoreError;

    fn try_from(row: PublishedRow) -> Result<Self, StoreError> {
        Ok(Self {
            place: row.place.try_into().map_err(corrupt("reading published.place"))?,
            booking: row.booking_id.into(),
            number: count(row.number, "reading published.number")?,
            organisation: row.organisation_id.into(),
            event: row.event_id.into(),
            kind: row.kind,
            at: row.at,
            body: row.body,
        })
    }
}

#[derive(QueryableByName)]
struct PartRow {
    #[diesel(sql_type = Integer)]
    part: i32,
}

#[derive(QueryableByName)]
struct LagRow {
    #[diesel(sql_type = BigInt)]
    unsent: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    oldest: Option<Timestamp>,
}

/// What the column of a part keeps; there are a handful.
fn kept(part: u16) -> i16 {
    i16::try_from(part).unwrap_or(i16::MAX)
}

/// What the column of a place keeps.
pub(crate) fn places(places: &[u64]) -> Vec<i64> {
    places.iter().filter_map(|place| i64::try_from(*place).ok()).collect()
}

#[async_trait]
impl NewsTx for PgTx {
    async fn publish(&mut self, news: &[News]) -> Result<(), StoreError> {
        if news.is_empty() {
            return Ok(());
        }
        // The booking was written just now, so that its number is ours until we end. Whether an organisation has a hook is a
        // look at a small table; where nobody listens no row is written.
        let statement = text(
            "INSERT INTO published (booking_id, number, organisation_id, event_id, part, kind, at, body, to_stream, \
                 to_hooks) \
             SELECT n.booking_id, (SELECT b.revision FROM bookings b WHERE b.id = n.booking_id), n.organisation_id, \
                 n.event_id, n.part, n.kind, n.at, n.body::json, $8, n.to_hooks \
             FROM ( \
                 SELECT m.*, coalesce((SELECT true FROM hooks h WHERE h.organisation_id = m.organisation_id \
                     AND h.off_at IS NULL LIMIT 1), false) AS to_hooks \
                 FROM unnest($1, $2, $3, $4, $5, $6, $7) \
                     AS m(booking_id, organisation_id, event_id, part, kind, at, body) \
             ) n WHERE $8 OR n.to_hooks",
        )
        .bind::<Array<SqlUuid>, _>(news.iter().map(|it| it.booking.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(news.iter().map(|it| it.organisation.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(news.iter().map(|it| it.event.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<SmallInt>, _>(news.iter().map(|it| kept(part_of(it.booking))).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(news.iter().map(|it| it.kind).collect::<Vec<_>>())
        .bind::<Array<Timestamptz>, _>(news.iter().map(|it| it.at).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(news.iter().map(|it| it.body.clone()).collect::<Vec<_>>())
        .bind::<Bool, _>(self.streams());
        self.write("keeping news", constant(statement));
        Ok(())
    }
}

#[async_trait]
impl NewsStore for PgStore {
    async fn unsent_parts(&self) -> Result<Vec<u16>, StoreError> {
        let doing = "looking for news to send";
        // A look at the first row of each part, however many there are.
        let statement = text(
            "SELECT p.part FROM generate_series(0, $1 - 1) AS p(part) \
             WHERE (SELECT true FROM published n WHERE n.part = p.part AND n.to_stream LIMIT 1) ORDER BY p.part",
        )
        .bind::<Integer, _>(i32::from(PARTS));
        let rows: Vec<PartRow> = self.rows(doing, constant(statement)).await?;
        rows.into_iter().map(|row| row.part.try_into().map_err(corrupt(doing))).collect()
    }

    async fn hold_part(
        &self,
        part: u16,
        held: Option<Timestamp>,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let doing = "leasing a part of the news";
        let statement = text(
            "INSERT INTO stream_parts (part, leased_until) VALUES ($1, $4) \
             ON CONFLICT ON CONSTRAINT stream_parts_pkey DO UPDATE SET leased_until = EXCLUDED.leased_until \
             WHERE stream_parts.leased_until <= $3 OR stream_parts.leased_until = $2",
        )
        .bind::<SmallInt, _>(kept(part))
        .bind::<Nullable<Timestamptz>, _>(held)
        .bind::<Timestamptz, _>(now)
        .bind::<Timestamptz, _>(until);
        let mut connection = self.connection(doing).await?;
        let touched = constant(statement).execute(&mut connection).await.map_err(failed(doing))?;
        Ok(touched == 1)
    }

    async fn unsent(&self, part: u16, limit: u32) -> Result<Vec<Published>, StoreError> {
        let statement = text(
            "SELECT place, booking_id, number, organisation_id, event_id, kind, at, body::text AS body \
             FROM published WHERE part = $1 AND to_stream ORDER BY place LIMIT $2",
        )
        .bind::<SmallInt, _>(kept(part))
        .bind::<BigInt, _>(i64::from(limit));
        let rows: Vec<PublishedRow> = self.rows("reading news to send", constant(statement)).await?;
        rows.into_iter().map(Published::try_from).collect()
    }

    async fn sent(&self, part: u16, places: &[u64]) -> Result<(), StoreError> {
        if places.is_empty() {
            return Ok(());
        }
        let doing = "noting that news were sent";
        let statement =
            text("UPDATE published SET to_stream = false WHERE part = $1 AND place = ANY($2) AND to_stream")
                .bind::<SmallInt, _>(kept(part))
                .bind::<Array<BigInt>, _>(self::places(places));
        let mut connection = self.connection(doing).await?;
        constant(statement).execute(&mut connection).await.map(|_| ()).map_err(failed(doing))
    }

    async fn lag(&self) -> Result<Lag, StoreError> {
        let doing = "counting news to send";
        let statement = text("SELECT count(*) AS unsent, min(at) AS oldest FROM published WHERE to_stream");
        let mut connection = self.connection(doing).await?;
        let row: LagRow = constant(statement).get_result(&mut connection).await.map_err(failed(doing))?;
        Ok(Lag { unsent: row.unsent.try_into().map_err(corrupt(doing))?, oldest: row.oldest })
    }

    async fn sweep_news(&self, before: Timestamp) -> Result<u64, StoreError> {
        let doing = "dropping old news";
        let statement = text(
            "DELETE FROM published WHERE (booking_id, number) IN ( \
                 SELECT booking_id, number FROM published WHERE at < $1 AND NOT to_stream AND NOT to_hooks \
                 ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED \
             )",
        )
        .bind::<Timestamptz, _>(before)
        .bind::<BigInt, _>(i64::from(SWEPT_AT_ONCE));
        let mut connection = self.connection(doing).await?;
        let gone = constant(statement).execute(&mut connection).await.map_err(failed(doing))?;
        gone.try_into().map_err(corrupt(doing))
    }
}
