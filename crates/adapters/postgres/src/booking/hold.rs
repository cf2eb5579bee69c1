//! Rows of `holds`.

use crate::column::{document, money, to_document};
use crate::statement::{Statement, constant, text};
use booking::{Applied, Hold};
use diesel::QueryableByName;
use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use diesel::sql_types::{Array, BigInt, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use kernel::{HoldId, StoreError, Timestamp};
use serde_json::Value;
use uuid::Uuid;

#[derive(QueryableByName)]
pub(super) struct HoldRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    event_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    buyer_id: Uuid,
    #[diesel(sql_type = Jsonb)]
    items: Value,
    #[diesel(sql_type = BigInt)]
    total_minor: i64,
    #[diesel(sql_type = Text)]
    currency: String,
    #[diesel(sql_type = Timestamptz)]
    created_at: Timestamp,
    #[diesel(sql_type = Timestamptz)]
    expires_at: Timestamp,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    voucher_id: Option<Uuid>,
    #[diesel(sql_type = BigInt)]
    discount_minor: i64,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    entry_id: Option<Uuid>,
}

impl TryFrom<HoldRow> for Hold {
    type Error = StoreError;

    fn try_from(row: HoldRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.into(),
            event: row.event_id.into(),
            buyer: row.buyer_id.into(),
            items: document(row.items, "reading holds.items")?,
            total: money(row.total_minor, &row.currency, "reading holds.total_minor")?,
            created_at: row.created_at,
            expires_at: row.expires_at,
            voucher: applied(row.voucher_id, row.discount_minor, &row.currency)?,
            entry: row.entry_id.map(Into::into),
        })
    }
}

/// The voucher that something was made with.
pub(super) fn applied(
    voucher: Option<Uuid>,
    discount: i64,
    currency: &str,
) -> Result<Option<Applied>, StoreError> {
    let discount = money(discount, currency, "reading the discount of a voucher")?;
    Ok(voucher.map(|id| Applied { id: id.into(), discount }))
}

/// Holds by id, locked.
pub(super) fn holds_by_id(ids: &[HoldId]) -> Statement<impl QueryFragment<Pg> + Send + use<>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.as_uuid()).collect();
    constant(
        text(
            "SELECT id, event_id, buyer_id, items, total_minor, currency, created_at, expires_at, \
                 voucher_id, discount_minor, entry_id FROM holds \
             WHERE id = ANY($1) ORDER BY id FOR UPDATE",
        )
        .bind::<Array<SqlUuid>, _>(ids),
    )
}

/// Writes new holds.
pub(super) fn add(holds: &[Hold]) -> Result<Statement<impl QueryFragment<Pg> + Send + use<>>, StoreError> {
    let items = holds.iter().map(|hold| to_document(&hold.items, "writing holds.items"));
    let items: Vec<Value> = items.collect::<Result<_, _>>()?;
    Ok(constant(
        text(
            "INSERT INTO holds (id, event_id, buyer_id, items, total_minor, currency, created_at, expires_at, \
                 voucher_id, discount_minor, entry_id) \
             SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind::<Array<SqlUuid>, _>(holds.iter().map(|hold| hold.id.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(holds.iter().map(|hold| hold.event.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(holds.iter().map(|hold| hold.buyer.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<Jsonb>, _>(items)
        .bind::<Array<BigInt>, _>(holds.iter().map(|hold| hold.total.minor()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(
            holds.iter().map(|hold| hold.total.currency().code().to_owned()).collect::<Vec<_>>(),
        )
        .bind::<Array<Timestamptz>, _>(holds.iter().map(|hold| hold.created_at).collect::<Vec<_>>())
        .bind::<Array<Timestamptz>, _>(holds.iter().map(|hold| hold.expires_at).collect::<Vec<_>>())
        .bind::<Array<Nullable<SqlUuid>>, _>(
            holds.iter().map(|hold| hold.voucher.map(|it| it.id.as_uuid())).collect::<Vec<_>>(),
        )
        .bind::<Array<BigInt>, _>(
            holds.iter().map(|hold| hold.voucher.map_or(0, |it| it.discount.minor())).collect::<Vec<_>>(),
        )
        .bind::<Array<Nullable<SqlUuid>>, _>(
            holds.iter().map(|hold| hold.entry.map(|entry| entry.as_uuid())).collect::<Vec<_>>(),
        ),
    ))
}
