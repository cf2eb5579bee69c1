//! What those who run events look through. Lists go by id, which sorts by the time at which its thing came to be, so
//! that no index is needed beside the key.

mod people;

use self::people::{PersonRow, named, of_people};
use super::incident::IncidentRow;
use super::order::{BookingRow, bookings, select_bookings};
use super::payment::PaymentRow;
use crate::column::document;
use crate::pool::PgStore;
use crate::statement::{Statement, constant, text};
use async_trait::async_trait;
use booking::office::{
    BookingFilter, IncidentFilter, Of, PaymentFilter, Stuck, Whose, stuck_payment, stuck_refund,
};
use booking::{Booking, Incident, OfficeStore, Payment, PaymentStatus, Reference};
use diesel::QueryableByName;
use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use diesel::sql_types::{Array, BigInt, Bool, Json, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use kernel::{
    AccountId, BookingId, Cursor, IncidentId, OrganisationId, Page, PageRequest, StoreError, Timestamp,
};
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

#[derive(QueryableByName)]
struct WhoseRow {
    #[diesel(sql_type = SqlUuid)]
    booking_id: Uuid,
    #[diesel(sql_type = Text)]
    reference: String,
    #[diesel(sql_type = SqlUuid)]
    event_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    organisation_id: Uuid,
}

impl From<WhoseRow> for Whose {
    fn from(row: WhoseRow) -> Self {
        Self {
            booking: row.booking_id.into(),
            reference: Reference::from_stored(row.reference),
            event: row.event_id.into(),
            organisation: row.organisation_id.into(),
        }
    }
}

/// What [`WhoseRow`] selects; the booking is called `b`.
macro_rules! whose {
    () => {
        "b.id AS booking_id, b.reference, b.event_id, \
         coalesce(b.organisation_id, (SELECT e.organisation_id FROM events e WHERE e.id = b.event_id)) \
         AS organisation_id"
    };
}

#[derive(QueryableByName)]
struct PaymentOf {
    #[diesel(embed)]
    whose: WhoseRow,
    #[diesel(sql_type = Json)]
    payment: Value,
}

impl TryFrom<PaymentOf> for Of<Payment> {
    type Error = StoreError;

    fn try_from(row: PaymentOf) -> Result<Self, StoreError> {
        let payment: PaymentRow = document(row.payment, "reading payments")?;
        Ok(Self { whose: row.whose.into(), what: payment.try_into()? })
    }
}

/// Both parts read `booking_id`, which is found by its name.
#[derive(QueryableByName)]
pub(super) struct IncidentOf {
    #[diesel(embed)]
    whose: WhoseRow,
    #[diesel(embed)]
    incident: IncidentRow,
}

impl TryFrom<IncidentOf> for Of<Incident> {
    type Error = StoreError;

    fn try_from(row: IncidentOf) -> Result<Self, StoreError> {
        Ok(Self { whose: row.whose.into(), what: row.incident.try_into()? })
    }
}

#[derive(QueryableByName)]
struct Suspect {
    #[diesel(sql_type = SqlUuid)]
    booking_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Timestamptz)]
    since: Timestamp,
}

/// Bookings on whose leading condition there is an index, with all other conditions: `$1` is after all ids, `$2` a
/// status, `$3` organisations, `$4` the last id seen, `$5` an event, `$6` a reference and `$7` the limit. Plans are
/// made without looking at values, so a condition that may be absent cannot lead.
macro_rules! ids {
    ($lead:literal) => {
        concat!(
            "SELECT b.id FROM bookings b WHERE ",
            $lead,
            " AND b.id < coalesce($4, $1) AND ($2 IS NULL OR b.status = $2) \
             AND ($3 IS NULL OR b.organisation_id = ANY($3)) AND ($5 IS NULL OR b.event_id = $5) \
             AND ($6 IS NULL OR b.reference = $6) ORDER BY b.id DESC LIMIT $7"
        )
    };
}

macro_rules! list {
    ($($ids:tt)*) => {
        select_bookings!("WHERE b.id = ANY(ARRAY(", $($ids)*, ")) ORDER BY b.id DESC")
    };
}

const ALL: &str = list!(ids!("true"));
const BY_REFERENCE: &str = list!(ids!("b.reference = $6"));
const OF_EVENT: &str = list!(ids!("b.event_id = $5"));
/// The newest of each organisation, and of those the newest.
const OF_ORGANISATIONS: &str = list!(
    "SELECT n.id FROM unnest($3) AS o(id) CROSS JOIN LATERAL (",
    ids!("b.organisation_id = o.id"),
    ") n ORDER BY n.id DESC LIMIT $7"
);

fn some_ids(organisations: Option<&Vec<OrganisationId>>) -> Option<Vec<Uuid>> {
    organisations.map(|all| all.iter().map(|organisation| organisation.as_uuid()).collect())
}

fn list(filter: &BookingFilter, page: PageRequest) -> Statement<impl QueryFragment<Pg> + Send + use<>> {
    let sql = match filter {
        BookingFilter { reference: Some(_), .. } => BY_REFERENCE,
        BookingFilter { event: Some(_), .. } => OF_EVENT,
        BookingFilter { organisations: Some(_), .. } => OF_ORGANISATIONS,
        BookingFilter { status: _, .. } => ALL,
    };
    constant(
        text(sql)
            .bind::<SqlUuid, _>(Uuid::max())
            .bind::<Nullable<Text>, _>(filter.status.map(|status| status.as_str()))
            .bind::<Nullable<Array<SqlUuid>>, _>(some_ids(filter.organisations.as_ref()))
            .bind::<Nullable<SqlUuid>, _>(page.after.map(|after| after.id))
            .bind::<Nullable<SqlUuid>, _>(filter.event.map(|event| event.as_uuid()))
            .bind::<Nullable<Text>, _>(filter.reference.as_ref().map(|it| it.as_str().to_owned()))
            .bind::<BigInt, _>(i64::from(page.limit) + 1),
    )
}

/// Payments, as [`ids`] lists bookings: `$2` is a status, `$3` a provider, `$4` organisations, `$5` the last id seen
/// and `$6` a reference.
macro_rules! payment_ids {
    ($lead:literal) => {
        concat!(
            "SELECT p.id FROM payments p WHERE ",
            $lead,
            " AND p.id < coalesce($5, $1) AND ($2 IS NULL OR p.status = $2) AND ($3 IS NULL OR p.provider = $3) \
             AND ($4 IS NULL OR p.organisation_id = ANY($4)) \
             ORDER BY p.id DESC LIMIT $7"
        )
    };
}

macro_rules! payments {
    ($($ids:tt)*) => {
        concat!(
            "SELECT ",
            whose!(),
            ", to_json(p) AS payment FROM payments p JOIN bookings b ON b.id = p.booking_id \
             WHERE p.id = ANY(ARRAY(",
            $($ids)*,
            ")) ORDER BY p.id DESC"
        )
    };
}

const PAYMENTS: &str = payments!(payment_ids!("true"));
const PAYMENTS_BY_REFERENCE: &str =
    payments!(payment_ids!("p.booking_id = (SELECT b.id FROM bookings b WHERE b.reference = $6)"));
const PAYMENTS_OF_ORGANISATIONS: &str = payments!(
    "SELECT n.id FROM unnest($4) AS o(id) CROSS JOIN LATERAL (",
    payment_ids!("p.organisation_id = o.id"),
    ") n ORDER BY n.id DESC LIMIT $7"
);
/// What is rare is found by what makes it rare, whoever asks: these two, of which each has an index of its own.
const PAYMENTS_GONE_WRONG: &str =
    payments!(payment_ids!("p.status IN ('failed', 'mismatched') AND p.status = $2"));
const PAYMENTS_ON_THEIR_WAY: &str = payments!(payment_ids!(
    "p.id = ANY(ARRAY(SELECT m.id FROM payments m \
     WHERE m.status IN ('created', 'open', 'processing') AND m.changed_at <= 'infinity'))"
));

fn payments_by(filter: &PaymentFilter) -> &'static str {
    use PaymentStatus::{Closed, Created, Failed, Mismatched, Open, Paid, Processing};
    match (filter.status, &filter.organisations) {
        _ if filter.reference.is_some() => PAYMENTS_BY_REFERENCE,
        (Some(Failed | Mismatched), _) => PAYMENTS_GONE_WRONG,
        (Some(Created | Open | Processing), _) => PAYMENTS_ON_THEIR_WAY,
        (Some(Paid | Closed) | None, Some(_)) => PAYMENTS_OF_ORGANISATIONS,
        (Some(Paid | Closed) | None, None) => PAYMENTS,
    }
}

/// Money that does not move, the newest first: `$1` is now, `$2` and `$3` since when at the latest a provider has to
/// have been silent and a refund on its way, `$4` organisations, `$5` and `$6` the cursor, `$7` after all ids. What is
/// found is looked at once more by the rules of the domain.
const SUSPECTS: &str = "\
    SELECT s.booking_id, s.id, s.since FROM ( \
        (SELECT p.booking_id, p.id, p.changed_at AS since FROM payments p JOIN bookings b ON b.id = p.booking_id \
         WHERE p.status IN ('created', 'open', 'processing') AND p.changed_at <= $2 AND b.pay_by <= $2 \
             AND (p.changed_at, p.id) < (coalesce($5, 'infinity'::timestamptz), coalesce($6, $7)) \
             AND ($4 IS NULL OR b.organisation_id = ANY($4)) \
         ORDER BY p.changed_at DESC, p.id DESC LIMIT $8) \
        UNION ALL \
        (SELECT r.booking_id, r.id, r.changed_at AS since FROM refunds r JOIN payments p ON p.id = r.payment_id \
         WHERE r.status <> 'done' AND r.changed_at <= $1 AND ( \
                 (r.status = 'failed' \
                     AND NOT EXISTS (SELECT FROM refunds n WHERE n.payment_id = r.payment_id AND n.again_id = r.id)) \
                 OR (r.status <> 'failed' AND p.provider IN ('bank_transfer', 'cash')) \
                 OR (r.status IN ('created', 'uncertain') AND r.changed_at <= $2) \
                 OR (r.status = 'in_transit' AND r.changed_at <= $3)) \
             AND (r.changed_at, r.id) < (coalesce($5, 'infinity'::timestamptz), coalesce($6, $7)) \
             AND ($4 IS NULL OR (SELECT b.organisation_id FROM bookings b WHERE b.id = r.booking_id) = ANY($4)) \
         ORDER BY r.changed_at DESC, r.id DESC LIMIT $8) \
    ) s ORDER BY s.since DESC, s.id DESC LIMIT $8";

macro_rules! incidents {
    ($lead:literal) => {
        concat!(
            "SELECT ",
            whose!(),
            ", i.id, i.kind, i.payment_id, i.refund_id, i.evidence, i.at, i.resolved \
             FROM incidents i JOIN bookings b ON b.id = i.booking_id WHERE ",
            $lead
        )
    };
}

const INCIDENT: &str = incidents!("i.id = $1");
const INCIDENTS: &str = incidents!(
    "i.id < coalesce($4, $1) AND ($2 IS NULL OR (i.resolved IS NULL) = $2) \
     AND ($3 IS NULL OR i.organisation_id = ANY($3)) ORDER BY i.id DESC LIMIT $5"
);
const OPEN_INCIDENTS: &str = incidents!(
    "i.resolved IS NULL AND i.id < coalesce($4, $1) AND ($2 IS NULL OR $2) \
     AND ($3 IS NULL OR i.organisation_id = ANY($3)) ORDER BY i.id DESC LIMIT $5"
);
const INCIDENTS_OF_ORGANISATIONS: &str = incidents!(
    "i.id = ANY(ARRAY(SELECT n.id FROM unnest($3) AS o(id) CROSS JOIN LATERAL ( \
         SELECT c.id FROM incidents c WHERE c.organisation_id = o.id AND c.id < coalesce($4, $1) \
             AND ($2 IS NULL OR (c.resolved IS NULL) = $2) ORDER BY c.id DESC LIMIT $5 \
     ) n ORDER BY n.id DESC LIMIT $5)) ORDER BY i.id DESC"
);

/// One incident.
pub(super) fn incident_by_id(id: IncidentId) -> Statement<impl QueryFragment<Pg> + Send + use<>> {
    constant(text(INCIDENT).bind::<SqlUuid, _>(id.as_uuid()))
}

#[async_trait]
impl OfficeStore for PgStore {
    async fn bookings(&self, filter: &BookingFilter, page: PageRequest) -> Result<Page<Booking>, StoreError> {
        let rows: Vec<BookingRow> = match &filter.people {
            Some(people) => {
                self.rows("looking for somebody's bookings", of_people(people, filter, page)).await?
            }
            None => self.rows("listing bookings of organisers", list(filter, page)).await?,
        };
        let cursor = |booking: &Booking| Cursor { at: booking.created_at, id: booking.id.as_uuid() };
        Ok(Page::cut(bookings(rows)?, page.limit, cursor))
    }

    async fn people(
        &self,
        text: &str,
        filter: &BookingFilter,
        most: u32,
    ) -> Result<Vec<AccountId>, StoreError> {
        let rows: Vec<PersonRow> =
            self.rows("looking for people by their name", named(text, filter, most)).await?;
        Ok(rows.into_iter().map(|row| row.id.into()).collect())
    }

    async fn payments(
        &self,
        filter: &PaymentFilter,
        page: PageRequest,
    ) -> Result<Page<Of<Payment>>, StoreError> {
        let statement = text(payments_by(filter))
            .bind::<SqlUuid, _>(Uuid::max())
            .bind::<Nullable<Text>, _>(filter.status.map(|status| status.as_str()))
            .bind::<Nullable<Text>, _>(filter.provider.map(|provider| provider.as_str()))
            .bind::<Nullable<Array<SqlUuid>>, _>(some_ids(filter.organisations.as_ref()))
            .bind::<Nullable<SqlUuid>, _>(page.after.map(|after| after.id))
            .bind::<Nullable<Text>, _>(filter.reference.as_ref().map(|it| it.as_str().to_owned()))
            .bind::<BigInt, _>(i64::from(page.limit) + 1);
        let rows: Vec<PaymentOf> = self.rows("listing payments", constant(statement)).await?;
        let found: Result<Vec<Of<Payment>>, _> = rows.into_iter().map(TryFrom::try_from).collect();
        let cursor = |of: &Of<Payment>| Cursor { at: of.what.created_at, id: of.what.id.as_uuid() };
        Ok(Page::cut(found?, page.limit, cursor))
    }

    async fn stuck(
        &self,
        organisations: Option<&[OrganisationId]>,
        now: Timestamp,
        page: PageRequest,
    ) -> Result<Page<Of<Stuck>>, StoreError> {
        let organisations = organisations.map(|all| all.iter().map(|it| it.as_uuid()).collect::<Vec<_>>());
        let statement = text(SUSPECTS)
            .bind::<Timestamptz, _>(now)
            .bind::<Timestamptz, _>(now - booking::office::SILENT)
            .bind::<Timestamptz, _>(now - booking::office::ON_ITS_WAY)
            .bind::<Nullable<Array<SqlUuid>>, _>(organisations)
            .bind::<Nullable<Timestamptz>, _>(page.after.map(|after| after.at))
            .bind::<Nullable<SqlUuid>, _>(page.after.map(|after| after.id))
            .bind::<SqlUuid, _>(Uuid::max())
            .bind::<BigInt, _>(i64::from(page.limit) + 1);
        let rows: Vec<Suspect> = self.rows("looking for stuck money", constant(statement)).await?;
        let suspects = Page::cut(rows, page.limit, |row| Cursor { at: row.since, id: row.id });
        let ids: Vec<Uuid> = suspects.items.iter().map(|row| row.booking_id).collect();
        let statement = text(select_bookings!("WHERE b.id = ANY($1)")).bind::<Array<SqlUuid>, _>(ids);
        let rows: Vec<BookingRow> =
            self.rows("reading bookings with stuck money", constant(statement)).await?;
        let owners: BTreeMap<BookingId, Booking> =
            bookings(rows)?.into_iter().map(|booking| (booking.id, booking)).collect();
        let of = |row: &Suspect| {
            let booking = owners.get(&BookingId::from(row.booking_id))?;
            let payment = booking.payment(row.id.into()).and_then(|it| stuck_payment(booking, it, now));
            let refund = || booking.refunds.iter().find(|refund| refund.id.as_uuid() == row.id);
            let what = payment.or_else(|| refund().and_then(|it| stuck_refund(booking, it, now)))?;
            Some(Of { whose: booking.into(), what })
        };
        Ok(Page { items: suspects.items.iter().filter_map(of).collect(), next: suspects.next })
    }

    async fn incidents(
        &self,
        filter: &IncidentFilter,
        page: PageRequest,
    ) -> Result<Page<Of<Incident>>, StoreError> {
        let sql = match (filter.open, &filter.organisations) {
            (_, Some(_)) => INCIDENTS_OF_ORGANISATIONS,
            (Some(true), None) => OPEN_INCIDENTS,
            (Some(false) | None, None) => INCIDENTS,
        };
        let statement = text(sql)
            .bind::<SqlUuid, _>(Uuid::max())
            .bind::<Nullable<Bool>, _>(filter.open)
            .bind::<Nullable<Array<SqlUuid>>, _>(some_ids(filter.organisations.as_ref()))
            .bind::<Nullable<SqlUuid>, _>(page.after.map(|after| after.id))
            .bind::<BigInt, _>(i64::from(page.limit) + 1);
        let rows: Vec<IncidentOf> = self.rows("listing incidents", constant(statement)).await?;
        let found: Result<Vec<Of<Incident>>, _> = rows.into_iter().map(TryFrom::try_from).collect();
        let cursor = |of: &Of<Incident>| Cursor { at: of.what.at, id: of.what.id.as_uuid() };
        Ok(Page::cut(found?, page.limit, cursor))
    }

    async fn incident(&self, id: IncidentId) -> Result<Option<Of<Incident>>, StoreError> {
        let rows: Vec<IncidentOf> = self.rows("reading an incident", incident_by_id(id)).await?;
        rows.into_iter().next().map(TryFrom::try_from).transpose()
    }
}
