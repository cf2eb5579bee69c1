//! What days come to.

use crate::column::word;
use crate::failure::corrupt;
use crate::pool::PgStore;
use crate::statement::{constant, text};
use booking::figures::{By, Flow, FlowFilter, LocalDay, Sum};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Bool, Date, Nullable, Text, Uuid as SqlUuid};
use kernel::{EventId, OrganisationId, StoreError};
use uuid::Uuid;

#[derive(QueryableByName)]
pub(super) struct FlowRow {
    #[diesel(sql_type = BigInt)]
    tickets: i64,
    #[diesel(sql_type = BigInt)]
    orders: i64,
    #[diesel(sql_type = BigInt)]
    vouchered: i64,
    #[diesel(sql_type = BigInt)]
    discount: i64,
    #[diesel(sql_type = BigInt)]
    refunds: i64,
    #[diesel(sql_type = BigInt)]
    sold: i64,
    #[diesel(sql_type = BigInt)]
    sold_with_voucher: i64,
    #[diesel(sql_type = BigInt)]
    differences: i64,
    #[diesel(sql_type = BigInt)]
    refunded: i64,
    #[diesel(sql_type = BigInt)]
    unearned: i64,
    #[diesel(sql_type = BigInt)]
    gone: i64,
    #[diesel(sql_type = BigInt)]
    disputed: i64,
    #[diesel(sql_type = BigInt)]
    platform_fees: i64,
    #[diesel(sql_type = BigInt)]
    provider_fees: i64,
    #[diesel(sql_type = BigInt)]
    dispute_fees: i64,
}

impl From<FlowRow> for Flow {
    fn from(row: FlowRow) -> Self {
        Self {
            tickets: row.tickets,
            orders: row.orders,
            vouchered: row.vouchered,
            discount: row.discount,
            refunds: row.refunds,
            sold: row.sold,
            sold_with_voucher: row.sold_with_voucher,
            differences: row.differences,
            refunded: row.refunded,
            unearned: row.unearned,
            gone: row.gone,
            disputed: row.disputed,
            platform_fees: row.platform_fees,
            provider_fees: row.provider_fees,
            dispute_fees: row.dispute_fees,
        }
    }
}

#[derive(QueryableByName)]
struct SumRow {
    #[diesel(sql_type = Nullable<Date>)]
    day: Option<LocalDay>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    event_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    ticket_type_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    reason: Option<String>,
    #[diesel(sql_type = Text)]
    currency: String,
    #[diesel(embed)]
    flow: FlowRow,
}

impl TryFrom<SumRow> for Sum {
    type Error = StoreError;

    fn try_from(row: SumRow) -> Result<Self, StoreError> {
        Ok(Self {
            day: row.day,
            event: row.event_id.map(Into::into),
            ticket_type: row.ticket_type_id.filter(|id| !id.is_nil()).map(Into::into),
            reason: row.reason.map(|reason| word(&reason, "reading day_figures.reason")).transpose()?,
            currency: row.currency.parse().map_err(corrupt("reading day_figures.currency"))?,
            flow: row.flow.into(),
        })
    }
}

/// Sums of days on whose leading condition there is an index, with all other conditions: `$1` are organisations, `$2`
/// events, `$3` the first day, `$4` the first one after, and `$5` says whether rows by reason are wanted or all
/// others. Plans are made without looking at values, so a condition that may be absent cannot lead.
macro_rules! sums {
    ($keys:literal, $lead:literal, $groups:literal) => {
        concat!(
            "SELECT ",
            $keys,
            ", f.currency, sum(f.tickets)::bigint AS tickets, sum(f.orders)::bigint AS orders, \
             sum(f.vouchered)::bigint AS vouchered, sum(f.discount)::bigint AS discount, \
             sum(f.refunds)::bigint AS refunds, sum(f.sold)::bigint AS sold, \
             sum(f.sold_with_voucher)::bigint AS sold_with_voucher, sum(f.differences)::bigint AS differences, \
             sum(f.refunded)::bigint AS refunded, sum(f.unearned)::bigint AS unearned, sum(f.gone)::bigint AS gone, \
             sum(f.disputed)::bigint AS disputed, sum(f.platform_fees)::bigint AS platform_fees, \
             sum(f.provider_fees)::bigint AS provider_fees, sum(f.dispute_fees)::bigint AS dispute_fees \
             FROM day_figures f WHERE ",
            $lead,
            " AND ($1 IS NULL OR f.organisation_id = ANY($1)) AND ($2 IS NULL OR f.event_id = ANY($2)) \
             AND f.day >= coalesce($3, '-infinity'::date) AND f.day < coalesce($4, 'infinity'::date) \
             AND (f.reason <> '') = $5 GROUP BY ",
            $groups,
            "f.currency"
        )
    };
}

/// The sums of one kind: of everything, of organisations, of events.
macro_rules! led {
    ($keys:literal, $groups:literal) => {
        [
            sums!($keys, "true", $groups),
            sums!($keys, "f.organisation_id = ANY($1)", $groups),
            sums!($keys, "f.event_id = ANY($2)", $groups),
        ]
    };
}

const WHOLE: [&str; 3] =
    led!("NULL::date AS day, NULL::uuid AS event_id, NULL::uuid AS ticket_type_id, NULL::text AS reason", "");
const BY_DAY: [&str; 3] =
    led!("f.day, NULL::uuid AS event_id, NULL::uuid AS ticket_type_id, NULL::text AS reason", "f.day, ");
const BY_EVENT: [&str; 3] =
    led!("NULL::date AS day, f.event_id, NULL::uuid AS ticket_type_id, NULL::text AS reason", "f.event_id, ");
const BY_TYPE: [&str; 3] = led!(
    "NULL::date AS day, f.event_id, f.ticket_type_id, NULL::text AS reason",
    "f.event_id, f.ticket_type_id, "
);
const BY_REASON: [&str; 3] =
    led!("NULL::date AS day, NULL::uuid AS event_id, NULL::uuid AS ticket_type_id, f.reason", "f.reason, ");

fn sums_by(filter: &FlowFilter, by: By) -> &'static str {
    let [all, organisations, events] = match by {
        By::Whole => WHOLE,
        By::Day => BY_DAY,
        By::Event => BY_EVENT,
        By::TicketType => BY_TYPE,
        By::Reason => BY_REASON,
    };
    match filter {
        FlowFilter { events: Some(_), .. } => events,
        FlowFilter { organisations: Some(_), .. } => organisations,
        FlowFilter { from: _, until: _, .. } => all,
    }
}

/// Ids as they are bound.
pub(super) fn organisations(all: Option<&Vec<OrganisationId>>) -> Option<Vec<Uuid>> {
    all.map(|all| all.iter().map(|organisation| organisation.as_uuid()).collect())
}

/// The same of events.
pub(super) fn events(all: Option<&Vec<EventId>>) -> Option<Vec<Uuid>> {
    all.map(|all| all.iter().map(|event| event.as_uuid()).collect())
}

impl PgStore {
    pub(super) async fn sums_of(&self, filter: &FlowFilter, by: By) -> Result<Vec<Sum>, StoreError> {
        let statement = text(sums_by(filter, by))
            .bind::<Nullable<Array<SqlUuid>>, _>(organisations(filter.organisations.as_ref()))
            .bind::<Nullable<Array<SqlUuid>>, _>(events(filter.events.as_ref()))
            .bind::<Nullable<Date>, _>(filter.from)
            .bind::<Nullable<Date>, _>(filter.until)
            .bind::<Bool, _>(by == By::Reason);
        let rows: Vec<SumRow> = self.rows("adding days up", constant(statement)).await?;
        let mut found = rows.into_iter().map(Sum::try_from).collect::<Result<Vec<_>, _>>()?;
        found.retain(|sum| !sum.flow.is_nothing());
        found.sort_by_key(Sum::key);
        Ok(found)
    }
}
