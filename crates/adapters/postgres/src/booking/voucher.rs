//! Rows of `vouchers`, and what is used of them.

use super::order::{BookingRow, bookings, select_bookings};
use crate::column::{before, count, document, to_document};
use crate::pool::PgStore;
use crate::statement::{Statement, constant, text};
use crate::transaction::PgTx;
use async_trait::async_trait;
use booking::{Booking, Issued, Places, Reserve, Usage, Voucher, VoucherHash, VoucherReads, VoucherTx};
use diesel::QueryableByName;
use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use diesel::sql_types::{Array, BigInt, Binary, Bool, Jsonb, Nullable, Timestamptz, Uuid as SqlUuid};
use kernel::{AccountId, Cursor, EventId, Page, PageRequest, StoreError, TicketTypeId, Timestamp, VoucherId};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

#[derive(QueryableByName)]
struct VoucherRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Jsonb)]
    body: Value,
    #[diesel(sql_type = BigInt)]
    uses: i64,
    #[diesel(sql_type = BigInt)]
    spent: i64,
    #[diesel(sql_type = BigInt)]
    places: i64,
    #[diesel(sql_type = Jsonb)]
    by_buyer: Value,
}

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// What a voucher keeps of a type, as the sale's statement puts it together.
#[derive(Deserialize)]
struct ReserveRow {
    voucher: VoucherId,
    places: u32,
    used: u32,
    until: Option<Timestamp>,
}

/// What vouchers keep of a type.
pub(super) fn kept_of(ticket_type: TicketTypeId, rows: Value) -> Result<Vec<Reserve>, StoreError> {
    let rows: Vec<ReserveRow> = document(rows, "reading what vouchers keep")?;
    let reserve = |row: ReserveRow| Reserve {
        voucher: row.voucher,
        places: Places { ticket_type, quantity: row.places },
        used: row.used,
        until: row.until,
    };
    Ok(rows.into_iter().map(reserve).collect())
}

impl TryFrom<VoucherRow> for Issued {
    type Error = StoreError;

    fn try_from(row: VoucherRow) -> Result<Self, StoreError> {
        let voucher: Voucher = document(row.body, "reading vouchers.body")?;
        if voucher.id.as_uuid() != row.id {
            return Err(StoreError::broken("reading vouchers.body", "it belongs to another voucher"));
        }
        let usage = Usage {
            uses: count(row.uses, "counting uses of a voucher")?,
            spent: row.spent,
            by_buyer: document(row.by_buyer, "counting uses of a voucher by its users")?,
            places: count(row.places, "counting places of a voucher")?,
        };
        Ok(Self { voucher, usage })
    }
}

fn issued(rows: Vec<VoucherRow>) -> Result<Vec<Issued>, StoreError> {
    rows.into_iter().map(Issued::try_from).collect()
}

/// Places of the type `$type` that are held or sold with the voucher `$voucher`: all holds (one that ended is held until
/// it is removed), unpaid bookings, and living tickets.
macro_rules! places_with {
    ($voucher:literal, $type:literal) => {
        concat!(
            "(SELECT coalesce(sum(i.quantity), 0) FROM holds h, ",
            "jsonb_to_recordset(h.items) AS i(ticket_type uuid, quantity bigint) ",
            "WHERE h.voucher_id = ",
            $voucher,
            " AND i.ticket_type = ",
            $type,
            ")::bigint ",
            "+ (SELECT coalesce(sum(i.quantity), 0) FROM bookings b, ",
            "jsonb_to_recordset(b.items) AS i(ticket_type uuid, quantity bigint) ",
            "WHERE b.voucher_id = ",
            $voucher,
            " AND b.status = 'pending_payment' AND i.ticket_type = ",
            $type,
            ")::bigint ",
            "+ (SELECT count(*) FROM bookings b, LATERAL (SELECT FROM tickets k WHERE k.booking_id = b.id ",
            "AND k.ticket_type_id = ",
            $type,
            " AND k.status IN ('valid', 'checked_in') OFFSET 0) k ",
            "WHERE b.voucher_id = ",
            $voucher,
            " AND b.status = 'confirmed')"
        )
    };
}
pub(super) use places_with;

/// Vouchers `v` with what is used of them: `$1` is now, `$2` are the accounts whose uses are told apart.
macro_rules! select_issued {
    ($($rest:tt)*) => {
        concat!(
            "SELECT v.id, v.body, n.uses, n.spent, n.by_buyer, ",
            "CASE WHEN v.reserve_type_id IS NULL THEN 0 ELSE ", places_with!("v.id", "v.reserve_type_id"), " END AS places ",
            "FROM vouchers v, LATERAL ( ",
            "SELECT coalesce(sum(u.uses), 0)::bigint AS uses, coalesce(sum(u.spent), 0)::bigint AS spent, ",
            "coalesce(jsonb_object_agg(u.buyer, u.uses) FILTER (WHERE u.buyer IS NOT NULL), '{}'::jsonb) AS by_buyer ",
            "FROM ( ",
            "SELECT CASE WHEN o.buyer_id = ANY($2) THEN o.buyer_id END AS buyer, ",
            "count(*) AS uses, sum(o.discount_minor)::bigint AS spent FROM ( ",
            "SELECT h.buyer_id, h.discount_minor FROM holds h WHERE h.voucher_id = v.id AND h.expires_at > $1 ",
            "UNION ALL SELECT b.buyer_id, b.discount_minor FROM bookings b ",
            "WHERE b.voucher_id = v.id AND b.status IN ('pending_payment', 'confirmed') ",
            ") o GROUP BY 1 ",
            ") u ",
            ") n ",
            $($rest)*
        )
    };
}

const WITH_COUNTS: &str = select_issued!("WHERE v.id = ANY($3) OR v.code_hash = ANY($4) ORDER BY v.id");
const ONE: &str = select_issued!("WHERE v.id = $3");
const OF_EVENT: &str = select_issued!(
    "WHERE v.event_id = $3 \
     AND (v.created_at, v.id) < (coalesce($4, 'infinity'::timestamptz), coalesce($5, $6)) \
     ORDER BY v.created_at DESC, v.id DESC LIMIT $7"
);
const PLACES: &str = concat!("SELECT ", places_with!("$1", "$2"), " AS count");

fn hashes(codes: &[VoucherHash]) -> Vec<Vec<u8>> {
    codes.iter().map(|code| code.0.to_vec()).collect()
}

fn with_counts(
    ids: &[VoucherId],
    codes: &[VoucherHash],
    buyers: &[AccountId],
    now: Timestamp,
) -> Statement<impl QueryFragment<Pg> + Send + use<>> {
    constant(
        text(WITH_COUNTS)
            .bind::<Timestamptz, _>(now)
            .bind::<Array<SqlUuid>, _>(buyers.iter().map(|id| id.as_uuid()).collect::<Vec<_>>())
            .bind::<Array<SqlUuid>, _>(ids.iter().map(|id| id.as_uuid()).collect::<Vec<_>>())
            .bind::<Array<Binary>, _>(hashes(codes)),
    )
}

fn add(vouchers: &[Voucher]) -> Result<Statement<impl QueryFragment<Pg> + Send + use<>>, StoreError> {
    let bodies = vouchers.iter().map(|it| to_document(it, "writing vouchers.body"));
    let bodies: Vec<Value> = bodies.collect::<Result<_, _>>()?;
    let places = |it: &Voucher| it.reserve.map(|places| i64::from(places.quantity));
    Ok(constant(
        text(
            "INSERT INTO vouchers (id, event_id, code_hash, body, reserve_type_id, reserve_places, keeps, \
                 valid_until, created_at) \
             SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9) \
             ON CONFLICT ON CONSTRAINT vouchers_code_key DO NOTHING",
        )
        .bind::<Array<SqlUuid>, _>(vouchers.iter().map(|it| it.id.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(vouchers.iter().map(|it| it.event.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<Binary>, _>(vouchers.iter().map(|it| it.code.0.to_vec()).collect::<Vec<_>>())
        .bind::<Array<Jsonb>, _>(bodies)
        .bind::<Array<Nullable<SqlUuid>>, _>(
            vouchers.iter().map(|it| it.reserve.map(|r| r.ticket_type.as_uuid())).collect::<Vec<_>>(),
        )
        .bind::<Array<Nullable<BigInt>>, _>(vouchers.iter().map(places).collect::<Vec<_>>())
        .bind::<Array<Bool>, _>(vouchers.iter().map(|it| it.keeps).collect::<Vec<_>>())
        .bind::<Array<Nullable<Timestamptz>>, _>(vouchers.iter().map(|it| it.valid_until).collect::<Vec<_>>())
        .bind::<Array<Timestamptz>, _>(vouchers.iter().map(|it| it.created_at).collect::<Vec<_>>()),
    ))
}

#[async_trait]
impl VoucherReads for PgStore {
    async fn voucher(&self, id: VoucherId, now: Timestamp) -> Result<Option<Issued>, StoreError> {
        let statement = text(ONE)
            .bind::<Timestamptz, _>(now)
            .bind::<Array<SqlUuid>, _>(Vec::<Uuid>::new())
            .bind::<SqlUuid, _>(id.as_uuid());
        let rows = self.rows("reading a voucher", constant(statement)).await?;
        Ok(issued(rows)?.into_iter().next())
    }

    async fn voucher_by_code(
        &self,
        code: VoucherHash,
        buyer: AccountId,
        now: Timestamp,
    ) -> Result<Option<Issued>, StoreError> {
        let rows =
            self.rows("reading the voucher of a code", with_counts(&[], &[code], &[buyer], now)).await?;
        Ok(issued(rows)?.into_iter().next())
    }

    async fn vouchers(
        &self,
        event: EventId,
        now: Timestamp,
        page: PageRequest,
    ) -> Result<Page<Issued>, StoreError> {
        let (at, id) = before(&page);
        let statement = text(OF_EVENT)
            .bind::<Timestamptz, _>(now)
            .bind::<Array<SqlUuid>, _>(Vec::<Uuid>::new())
            .bind::<SqlUuid, _>(event.as_uuid())
            .bind::<Nullable<Timestamptz>, _>(at)
            .bind::<Nullable<SqlUuid>, _>(id)
            .bind::<SqlUuid, _>(Uuid::max())
            .bind::<BigInt, _>(i64::from(page.limit) + 1);
        let rows = issued(self.rows("listing vouchers", constant(statement)).await?)?;
        let cursor = |it: &Issued| Cursor { at: it.voucher.created_at, id: it.voucher.id.as_uuid() };
        Ok(Page::cut(rows, page.limit, cursor))
    }

    async fn bookings_with(
        &self,
        voucher: VoucherId,
        page: PageRequest,
    ) -> Result<Page<Booking>, StoreError> {
        let (at, id) = before(&page);
        let statement = text(select_bookings!(
            "WHERE b.voucher_id = $1 \
             AND (b.created_at, b.id) < (coalesce($2, 'infinity'::timestamptz), coalesce($3, $4)) \
             ORDER BY b.created_at DESC, b.id DESC LIMIT $5"
        ))
        .bind::<SqlUuid, _>(voucher.as_uuid())
        .bind::<Nullable<Timestamptz>, _>(at)
        .bind::<Nullable<SqlUuid>, _>(id)
        .bind::<SqlUuid, _>(Uuid::max())
        .bind::<BigInt, _>(i64::from(page.limit) + 1);
        let rows: Vec<BookingRow> =
            self.rows("listing the bookings of a voucher", constant(statement)).await?;
        let cursor = |it: &Booking| Cursor { at: it.created_at, id: it.id.as_uuid() };
        Ok(Page::cut(bookings(rows)?, page.limit, cursor))
    }
}

#[async_trait]
impl VoucherTx for PgTx {
    async fn vouchers_in_sale(
        &mut self,
        ids: &[VoucherId],
        codes: &[VoucherHash],
        buyers: &[AccountId],
        now: Timestamp,
    ) -> Result<Vec<Issued>, StoreError> {
        let statement = with_counts(ids, codes, buyers, now);
        issued(self.load("reading vouchers of a locked sale", statement).await?)
    }

    async fn count_vouchers(&mut self, event: EventId) -> Result<u32, StoreError> {
        let doing = "counting vouchers";
        let statement = text("SELECT count(*) AS count FROM vouchers WHERE event_id = $1")
            .bind::<SqlUuid, _>(event.as_uuid());
        let rows: Vec<CountRow> = self.load(doing, constant(statement)).await?;
        count(rows.first().map_or(0, |row| row.count), doing)
    }

    async fn places_with(&mut self, id: VoucherId, ticket_type: TicketTypeId) -> Result<u32, StoreError> {
        let doing = "counting places of a voucher";
        let statement =
            text(PLACES).bind::<SqlUuid, _>(id.as_uuid()).bind::<SqlUuid, _>(ticket_type.as_uuid());
        let rows: Vec<CountRow> = self.load(doing, constant(statement)).await?;
        count(rows.first().map_or(0, |row| row.count), doing)
    }

    async fn add_vouchers(&mut self, vouchers: &[Voucher]) -> Result<bool, StoreError> {
        let added = self.execute("adding vouchers", add(vouchers)?).await?;
        Ok(added == vouchers.len())
    }

    async fn save_voucher(&mut self, it: &Voucher) -> Result<(), StoreError> {
        let statement = text(
            "UPDATE vouchers SET body = $2, reserve_type_id = $3, reserve_places = $4, keeps = $5, \
                 valid_until = $6 WHERE id = $1",
        )
        .bind::<SqlUuid, _>(it.id.as_uuid())
        .bind::<Jsonb, _>(to_document(it, "writing vouchers.body")?)
        .bind::<Nullable<SqlUuid>, _>(it.reserve.map(|places| places.ticket_type.as_uuid()))
        .bind::<Nullable<BigInt>, _>(it.reserve.map(|places| i64::from(places.quantity)))
        .bind::<Bool, _>(it.keeps)
        .bind::<Nullable<Timestamptz>, _>(it.valid_until);
        self.execute("saving a voucher", constant(statement)).await.map(drop)
    }

    async fn delete_voucher(&mut self, id: VoucherId) -> Result<bool, StoreError> {
        let statement = text(
            "DELETE FROM vouchers WHERE id = $1 \
             AND (SELECT true FROM holds h WHERE h.voucher_id = $1 LIMIT 1) IS NULL \
             AND (SELECT true FROM bookings b WHERE b.voucher_id = $1 LIMIT 1) IS NULL",
        )
        .bind::<SqlUuid, _>(id.as_uuid());
        self.execute("deleting a voucher", constant(statement)).await.map(|gone| gone == 1)
    }

    async fn end_reserves(&mut self, ids: &[VoucherId]) -> Result<(), StoreError> {
        if ids.is_empty() {
            return Ok(());
        }
        let statement = text(
            "UPDATE vouchers SET keeps = false, body = jsonb_set(body, '{keeps}', 'false') WHERE id = ANY($1)",
        )
        .bind::<Array<SqlUuid>, _>(ids.iter().map(|id| id.as_uuid()).collect::<Vec<_>>());
        self.write("ending the reserves of vouchers", constant(statement));
        Ok(())
    }
}
