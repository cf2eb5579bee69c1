//! The sale of an event: locked, read, and its counters written.

mod tallies;

use super::hold::{HoldRow, add, holds_by_id};
use super::voucher::{kept_of, places_with};
use crate::column::{count, document, money, some_count, to_document, vat};
use crate::failure::corrupt;
use crate::statement::{Statement, constant, text};
use crate::transaction::PgTx;
use async_trait::async_trait;
use booking::{
    CancellationPolicy, Hold, Offer, Quota, Resale, Reserve, Rules, Sale, SaleStatus, SaleTx, SeatChanges,
    Tally,
};
use diesel::QueryableByName;
use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use kernel::{AccountId, EventId, HoldId, StoreError, Timestamp};
use serde_json::Value;
use std::collections::BTreeMap;
use tallies::{HOLDINGS, OPEN_HOLDS, of_pairs, tallies};
use uuid::Uuid;

/// One ticket type with its event; an event without types gives one row.
#[derive(QueryableByName)]
pub(super) struct SaleRow {
    #[diesel(sql_type = SqlUuid)]
    event_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    organisation_id: Uuid,
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = Text)]
    currency: String,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    doors_at: Option<Timestamp>,
    #[diesel(sql_type = Timestamptz)]
    starts_at: Timestamp,
    #[diesel(sql_type = Timestamptz)]
    ends_at: Timestamp,
    #[diesel(sql_type = BigInt)]
    hold_seconds: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    capacity: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    event_max_per_user: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    event_max_per_order: Option<i64>,
    #[diesel(sql_type = Nullable<Jsonb>)]
    promise: Option<Value>,
    #[diesel(sql_type = Nullable<BigInt>)]
    plan: Option<i64>,
    #[diesel(embed)]
    resale: ResaleRow,
    #[diesel(embed)]
    offer: OfferRow,
}

/// What becomes of places that are given back.
#[derive(QueryableByName)]
struct ResaleRow {
    #[diesel(sql_type = Text)]
    timezone: String,
    #[diesel(sql_type = Bool)]
    offers_by_hand: bool,
    #[diesel(sql_type = Bool)]
    takes_returns: bool,
    #[diesel(sql_type = Bool)]
    waiting: bool,
    #[diesel(sql_type = Bool)]
    returned: bool,
}

impl TryFrom<ResaleRow> for Resale {
    type Error = StoreError;

    fn try_from(row: ResaleRow) -> Result<Self, StoreError> {
        let zone = row.timezone.parse().map_err(corrupt("reading events.timezone"))?;
        let rules = Rules { automatic: !row.offers_by_hand, returns: row.takes_returns };
        Ok(Self { waiting: row.waiting, returned: row.returned, ..Self::new(zone, rules) })
    }
}

#[derive(QueryableByName)]
struct OfferRow {
    #[diesel(sql_type = Nullable<SqlUuid>)]
    ticket_type_id: Option<Uuid>,
    #[diesel(sql_type = BigInt)]
    price_minor: i64,
    #[diesel(sql_type = Text)]
    price_currency: String,
    #[diesel(sql_type = Integer)]
    vat_basis_points: i32,
    #[diesel(sql_type = BigInt)]
    quantity: i64,
    #[diesel(sql_type = BigInt)]
    held: i64,
    #[diesel(sql_type = BigInt)]
    sold: i64,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    quota_id: Option<Uuid>,
    #[diesel(sql_type = BigInt)]
    quota_quantity: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    max_per_user: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    max_per_order: Option<i64>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    sales_start: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    sales_end: Option<Timestamp>,
    #[diesel(sql_type = Bool)]
    hidden: bool,
    #[diesel(sql_type = BigInt)]
    reserved: i64,
    #[diesel(sql_type = Bool)]
    transferable: bool,
    #[diesel(sql_type = Nullable<Jsonb>)]
    reserves: Option<Value>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    section_id: Option<Uuid>,
}

impl OfferRow {
    fn offer(self) -> Result<Option<Offer>, StoreError> {
        let Some(ticket_type) = self.ticket_type_id else { return Ok(None) };
        let most = count(self.quota_quantity, "reading quotas.quantity")?;
        Ok(Some(Offer {
            ticket_type: ticket_type.into(),
            price: money(self.price_minor, &self.price_currency, "reading ticket_types.price_minor")?,
            vat: vat(self.vat_basis_points, "reading ticket_types.vat_basis_points")?,
            quantity: count(self.quantity, "reading ticket_types.quantity")?,
            held: count(self.held, "reading ticket_types.held")?,
            sold: count(self.sold, "reading ticket_types.sold")?,
            quota: self.quota_id.map(|id| Quota { id: id.into(), quantity: most }),
            max_per_user: some_count(self.max_per_user, "reading ticket_types.max_per_user")?,
            max_per_order: some_count(self.max_per_order, "reading ticket_types.max_per_order")?,
            sales_start: self.sales_start,
            sales_end: self.sales_end,
            hidden: self.hidden,
            reserved: count(self.reserved, "reading ticket_types.reserved")?,
            transferable: self.transferable,
            section: self.section_id.map(Into::into),
        }))
    }

    fn reserves(&mut self) -> Result<Vec<Reserve>, StoreError> {
        let Some((ticket_type, rows)) = self.ticket_type_id.zip(self.reserves.take()) else {
            return Ok(Vec::new());
        };
        kept_of(ticket_type.into(), rows)
    }
}

impl TryFrom<SaleRow> for Sale {
    type Error = StoreError;

    fn try_from(mut row: SaleRow) -> Result<Self, StoreError> {
        let reserves = row.offer.reserves()?;
        Ok(Self {
            event: row.event_id.into(),
            organisation: row.organisation_id.into(),
            status: match row.status.as_str() {
                "published" => SaleStatus::Open,
                "cancelled" => SaleStatus::Cancelled,
                _ => SaleStatus::Closed,
            },
            currency: row.currency.parse().map_err(corrupt("reading events.currency"))?,
            doors_at: row.doors_at,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            hold_seconds: count(row.hold_seconds, "reading events.hold_seconds")?,
            capacity: some_count(row.capacity, "reading sales.capacity")?,
            max_per_user: some_count(row.event_max_per_user, "reading events.max_per_user")?,
            max_per_order: some_count(row.event_max_per_order, "reading events.max_per_order")?,
            promise: row.promise.map(|it| document(it, "reading cancellation_policies.body")).transpose()?,
            offers: row.offer.offer()?.into_iter().collect(),
            reserves,
            vouchers: Vec::new(),
            resale: row.resale.try_into()?,
            plan: some_count(row.plan, "reading event_seatings.version")?,
            seats: SeatChanges::default(),
        })
    }
}

/// Puts the rows of [`sales`] together, which come event by event.
pub(super) fn assembled(rows: Vec<SaleRow>) -> Result<Vec<Sale>, StoreError> {
    let mut sales: Vec<Sale> = Vec::new();
    for mut row in rows {
        match sales.last_mut().filter(|sale| sale.event == row.event_id.into()) {
            Some(sale) => {
                sale.reserves.extend(row.offer.reserves()?);
                sale.offers.extend(row.offer.offer()?);
            }
            None => sales.push(row.try_into()?),
        }
    }
    Ok(sales)
}

/// Events as they sell now.
///
/// Every table is told the ids, so that whatever way the planner joins them it reads no more than their rows.
pub(super) fn sales(events: &[EventId]) -> Statement<impl QueryFragment<Pg> + Send + use<>> {
    let events: Vec<Uuid> = events.iter().map(|event| event.as_uuid()).collect();
    constant(
        text(concat!(
            "SELECT s.event_id, e.organisation_id, e.status, e.currency, e.doors_at, e.starts_at, e.ends_at, \
                 e.hold_seconds, s.capacity, e.max_per_user AS event_max_per_user, \
                 e.max_per_order AS event_max_per_order, p.body AS promise, e.timezone, s.offers_by_hand, \
                 s.takes_returns, (SELECT true FROM waitlist_entries w \
                     WHERE w.event_id = s.event_id AND w.status = 'waiting' LIMIT 1) IS NOT NULL AS waiting, \
                 (SELECT true FROM returns r \
                     WHERE r.event_id = s.event_id AND r.status = 'waiting' LIMIT 1) IS NOT NULL AS returned, z.version AS plan, t.id AS ticket_type_id, coalesce(t.price_minor, 0) AS price_minor, \
                 coalesce(t.currency, e.currency) AS price_currency, \
                 coalesce(t.vat_basis_points, 0) AS vat_basis_points, coalesce(t.quantity, 0) AS quantity, \
                 coalesce(t.held, 0) AS held, coalesce(t.sold, 0) AS sold, q.id AS quota_id, \
                 coalesce(q.quantity, 0) AS quota_quantity, t.max_per_user, t.max_per_order, \
                 t.sales_start, t.sales_end, coalesce(t.hidden, false) AS hidden, \
                 coalesce(t.reserved, 0) AS reserved, coalesce(t.transferable, true) AS transferable, \
                 (SELECT jsonb_agg(jsonb_build_object('voucher', v.id, 'places', v.reserve_places, \
                     'until', v.valid_until, 'used', ", places_with!("v.id", "t.id"), ") ORDER BY v.id) \
                     FROM vouchers v WHERE v.keeps AND v.reserve_type_id = t.id) AS reserves, t.section_id \
             FROM sales s JOIN events e ON e.id = s.event_id AND e.id = ANY($1) \
                 LEFT JOIN cancellation_policies p ON p.event_id = s.event_id AND p.event_id = ANY($1) \
                 LEFT JOIN event_seatings z ON z.event_id = s.event_id AND z.event_id = ANY($1) \
                 LEFT JOIN ticket_types t ON t.event_id = s.event_id AND t.event_id = ANY($1) \
                 LEFT JOIN quotas q ON q.id = t.quota_id AND q.event_id = ANY($1) \
             WHERE s.event_id = ANY($1) ORDER BY s.event_id, t.position, t.id",
        ))
        .bind::<Array<SqlUuid>, _>(events),
    )
}

#[async_trait]
impl SaleTx for PgTx {
    async fn lock_sales(&mut self, events: &[EventId]) -> Result<Vec<Sale>, StoreError> {
        let ids: Vec<Uuid> = events.iter().map(|event| event.as_uuid()).collect();
        let lock = text("SELECT FROM sales WHERE event_id = ANY($1) ORDER BY event_id FOR NO KEY UPDATE")
            .bind::<Array<SqlUuid>, _>(ids);
        let rows = self.lock_and_load("locking sales", constant(lock), sales(events)).await?;
        assembled(rows)
    }

    async fn save_sales(&mut self, sales: &[Sale]) -> Result<(), StoreError> {
        let offers = || sales.iter().flat_map(|sale| &sale.offers);
        let quotas: BTreeMap<_, _> = sales.iter().flat_map(Sale::taken_of_quotas).collect();
        let statement = text(
            "WITH types AS ( \
                 UPDATE ticket_types SET held = ($2)[array_position($1, id)], sold = ($3)[array_position($1, id)], \
                     reserved = ($8)[array_position($1, id)] \
                 WHERE id = ANY($1) AND (held, sold, reserved) IS DISTINCT FROM \
                     (($2)[array_position($1, id)], ($3)[array_position($1, id)], ($8)[array_position($1, id)]) \
             ), \
             shared AS ( \
                 UPDATE quotas SET taken = ($7)[array_position($6, id)] \
                 WHERE id = ANY($6) AND taken IS DISTINCT FROM ($7)[array_position($6, id)] \
             ) \
             UPDATE sales SET taken = ($5)[array_position($4, event_id)] \
             WHERE event_id = ANY($4) AND taken IS DISTINCT FROM ($5)[array_position($4, event_id)]",
        )
        .bind::<Array<SqlUuid>, _>(offers().map(|offer| offer.ticket_type.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(offers().map(|offer| i64::from(offer.held)).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(offers().map(|offer| i64::from(offer.sold)).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(sales.iter().map(|sale| sale.event.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(sales.iter().map(|sale| i64::from(sale.taken())).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(quotas.keys().map(|quota| quota.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(quotas.values().map(|taken| i64::from(*taken)).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(offers().map(|offer| i64::from(offer.reserved)).collect::<Vec<_>>());
        self.write("saving sales", constant(statement));
        self.save_claims(sales).await
    }

    async fn holdings(
        &mut self,
        pairs: &[(AccountId, EventId)],
        now: Timestamp,
    ) -> Result<Vec<Tally>, StoreError> {
        tallies(self.load("counting holdings", of_pairs(HOLDINGS, pairs, now)).await?)
    }

    async fn open_holds(
        &mut self,
        pairs: &[(AccountId, EventId)],
        now: Timestamp,
    ) -> Result<Vec<Tally>, StoreError> {
        tallies(self.load("counting holds", of_pairs(OPEN_HOLDS, pairs, now)).await?)
    }

    async fn add_holds(&mut self, holds: &[Hold]) -> Result<(), StoreError> {
        if holds.is_empty() {
            return Ok(());
        }
        self.write("adding holds", add(holds)?);
        Ok(())
    }

    async fn lock_holds(&mut self, ids: &[HoldId]) -> Result<Vec<Hold>, StoreError> {
        let rows: Vec<HoldRow> = self.load("locking holds", holds_by_id(ids)).await?;
        rows.into_iter().map(Hold::try_from).collect()
    }

    async fn lapsed_holds(
        &mut self,
        events: &[EventId],
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Hold>, StoreError> {
        let statement = text(
            "SELECT id, event_id, buyer_id, items, total_minor, currency, created_at, expires_at, voucher_id, \
                 discount_minor, entry_id FROM holds \
             WHERE expires_at <= $2 AND event_id = ANY($1) ORDER BY expires_at, id LIMIT $3 FOR UPDATE",
        )
        .bind::<Array<SqlUuid>, _>(events.iter().map(|event| event.as_uuid()).collect::<Vec<_>>())
        .bind::<Timestamptz, _>(now)
        .bind::<BigInt, _>(i64::from(limit));
        let rows: Vec<HoldRow> = self.load("looking for lapsed holds", constant(statement)).await?;
        rows.into_iter().map(Hold::try_from).collect()
    }

    async fn save_promise(
        &mut self,
        event: EventId,
        policy: &CancellationPolicy,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let statement = text(
            "INSERT INTO cancellation_policies (event_id, body, changed_at) VALUES ($1, $2, $3) \
             ON CONFLICT ON CONSTRAINT cancellation_policies_pkey \
             DO UPDATE SET body = excluded.body, changed_at = excluded.changed_at",
        )
        .bind::<SqlUuid, _>(event.as_uuid())
        .bind::<Jsonb, _>(to_document(policy, "writing cancellation_policies.body")?)
        .bind::<Timestamptz, _>(now);
        self.write("saving a promise", constant(statement));
        Ok(())
    }

    async fn cancel_sale(&mut self, event: EventId, now: Timestamp) -> Result<(), StoreError> {
        let statement = text("UPDATE events SET status = 'cancelled', updated_at = $2 WHERE id = $1")
            .bind::<SqlUuid, _>(event.as_uuid())
            .bind::<Timestamptz, _>(now);
        self.write("cancelling a sale", constant(statement));
        Ok(())
    }

    async fn drop_holds(&mut self, ids: &[HoldId]) -> Result<(), StoreError> {
        if ids.is_empty() {
            return Ok(());
        }
        let ids: Vec<Uuid> = ids.iter().map(|id| id.as_uuid()).collect();
        let statement = text("DELETE FROM holds WHERE id = ANY($1)").bind::<Array<SqlUuid>, _>(ids);
        self.write("dropping holds", constant(statement));
        Ok(())
    }
}
