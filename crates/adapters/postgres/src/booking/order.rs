//! Rows of `bookings`, and the transaction's side of orders.

use super::dispute::{DisputeRow, save_disputes};
use super::hold::applied;
use super::office::{IncidentOf, incident_by_id};
use super::payment::{PaymentRow, RefundRow, save_payments, save_refunds};
use super::ticket;
use crate::column::{document, money, to_document, word};
use crate::statement::{Statement, constant, text};
use crate::transaction::PgTx;
use async_trait::async_trait;
use booking::office::Of;
use booking::{
    Booking, Dispute, Effect, FORGETTING, Forgetting, Incident, NoticeKey, OrderTx, Payment, Reference,
    Refund, RequestStatus, Ticket,
};
use diesel::QueryableByName;
use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use diesel::sql_types::{Array, BigInt, Json, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use kernel::{BookingId, HoldId, IncidentId, Owed, StoreError, Timestamp};
use serde_json::Value;
use uuid::Uuid;

#[derive(QueryableByName)]
pub(super) struct BookingRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    reference: String,
    #[diesel(sql_type = SqlUuid)]
    event_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    organisation_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    buyer_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    hold_id: Uuid,
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = Jsonb)]
    items: Value,
    #[diesel(sql_type = Jsonb)]
    attendees: Value,
    #[diesel(sql_type = BigInt)]
    total_minor: i64,
    #[diesel(sql_type = BigInt)]
    platform_fee_minor: i64,
    #[diesel(sql_type = Text)]
    currency: String,
    #[diesel(sql_type = Timestamptz)]
    created_at: Timestamp,
    #[diesel(sql_type = Timestamptz)]
    pay_by: Timestamp,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    decided_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    paid_by: Option<Uuid>,
    #[diesel(sql_type = Nullable<Jsonb>)]
    promise: Option<Value>,
    #[diesel(sql_type = Nullable<Jsonb>)]
    request: Option<Value>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    voucher_id: Option<Uuid>,
    #[diesel(sql_type = BigInt)]
    discount_minor: i64,
    #[diesel(sql_type = Nullable<Json>)]
    payments: Option<Value>,
    #[diesel(sql_type = Nullable<Json>)]
    refunds: Option<Value>,
    #[diesel(sql_type = Nullable<Json>)]
    disputes: Option<Value>,
}

/// What every query for bookings selects, for [`BookingRow`]; the table is called `b`.
macro_rules! select_bookings {
    ($($rest:tt)*) => {
        concat!(
            "SELECT b.id, b.reference, b.event_id, b.buyer_id, b.hold_id, b.status, b.items, b.attendees, ",
            "b.total_minor, b.platform_fee_minor, b.currency, b.created_at, b.pay_by, b.decided_at, b.paid_by, ",
            "coalesce(b.organisation_id, (SELECT e.organisation_id FROM events e WHERE e.id = b.event_id)) ",
            "AS organisation_id, b.promise, b.request, b.voucher_id, b.discount_minor, ",
            "(SELECT json_agg(p ORDER BY p.attempt) FROM payments p WHERE p.booking_id = b.id) AS payments, ",
            "(SELECT json_agg(r ORDER BY r.number) FROM refunds r WHERE r.booking_id = b.id) AS refunds, ",
            "(SELECT json_agg(d ORDER BY d.number) FROM disputes d WHERE d.booking_id = b.id) AS disputes ",
            "FROM bookings b ",
            $($rest)*
        )
    };
}
pub(super) use select_bookings;

impl TryFrom<BookingRow> for Booking {
    type Error = StoreError;

    fn try_from(row: BookingRow) -> Result<Self, StoreError> {
        let payments: Vec<PaymentRow> = match row.payments {
            Some(payments) => document(payments, "reading payments")?,
            None => Vec::new(),
        };
        let refunds: Vec<RefundRow> = match row.refunds {
            Some(refunds) => document(refunds, "reading refunds")?,
            None => Vec::new(),
        };
        let disputes: Vec<DisputeRow> = match row.disputes {
            Some(disputes) => document(disputes, "reading disputes")?,
            None => Vec::new(),
        };
        Ok(Self {
            id: row.id.into(),
            reference: Reference::from_stored(row.reference),
            event: row.event_id.into(),
            organisation: row.organisation_id.into(),
            buyer: row.buyer_id.into(),
            hold: row.hold_id.into(),
            status: word(&row.status, "reading bookings.status")?,
            items: document(row.items, "reading bookings.items")?,
            attendees: document(row.attendees, "reading bookings.attendees")?,
            total: money(row.total_minor, &row.currency, "reading bookings.total_minor")?,
            platform_fee: money(
                row.platform_fee_minor,
                &row.currency,
                "reading bookings.platform_fee_minor",
            )?,
            created_at: row.created_at,
            pay_by: row.pay_by,
            decided_at: row.decided_at,
            paid_by: row.paid_by.map(Into::into),
            promise: row.promise.map(|it| document(it, "reading bookings.promise")).transpose()?,
            request: row.request.map(|it| document(it, "reading bookings.request")).transpose()?,
            payments: payments.into_iter().map(Payment::try_from).collect::<Result<_, _>>()?,
            refunds: refunds.into_iter().map(Refund::try_from).collect::<Result<_, _>>()?,
            disputes: disputes.into_iter().map(Dispute::try_from).collect::<Result<_, _>>()?,
            voucher: applied(row.voucher_id, row.discount_minor, &row.currency)?,
        })
    }
}

/// Turns rows into bookings.
pub(super) fn bookings(rows: Vec<BookingRow>) -> Result<Vec<Booking>, StoreError> {
    rows.into_iter().map(Booking::try_from).collect()
}

/// One booking.
pub(super) fn booking_by_id(id: BookingId) -> Statement<impl QueryFragment<Pg> + Send + use<>> {
    constant(text(select_bookings!("WHERE b.id = $1")).bind::<SqlUuid, _>(id.as_uuid()))
}

fn add(bookings: &[Booking]) -> Result<Statement<impl QueryFragment<Pg> + Send + use<>>, StoreError> {
    let items = bookings.iter().map(|it| to_document(&it.items, "writing bookings.items"));
    let items: Vec<Value> = items.collect::<Result<_, _>>()?;
    let attendees = bookings.iter().map(|it| to_document(&it.attendees, "writing bookings.attendees"));
    let attendees: Vec<Value> = attendees.collect::<Result<_, _>>()?;
    let promises = bookings.iter().map(|it| {
        it.promise.as_ref().map(|promise| to_document(promise, "writing bookings.promise")).transpose()
    });
    let promises: Vec<Option<Value>> = promises.collect::<Result<_, _>>()?;
    Ok(constant(
        text(
            "INSERT INTO bookings (id, reference, event_id, buyer_id, hold_id, status, items, attendees, total_minor, \
                 currency, created_at, pay_by, decided_at, organisation_id, platform_fee_minor, promise, \
                 voucher_id, discount_minor) \
             SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
        )
        .bind::<Array<SqlUuid>, _>(bookings.iter().map(|it| it.id.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(bookings.iter().map(|it| it.reference.as_str().to_owned()).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(bookings.iter().map(|it| it.event.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(bookings.iter().map(|it| it.buyer.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(bookings.iter().map(|it| it.hold.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(bookings.iter().map(|it| it.status.as_str()).collect::<Vec<_>>())
        .bind::<Array<Jsonb>, _>(items)
        .bind::<Array<Jsonb>, _>(attendees)
        .bind::<Array<BigInt>, _>(bookings.iter().map(|it| it.total.minor()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(bookings.iter().map(|it| it.total.currency().code().to_owned()).collect::<Vec<_>>())
        .bind::<Array<Timestamptz>, _>(bookings.iter().map(|it| it.created_at).collect::<Vec<_>>())
        .bind::<Array<Timestamptz>, _>(bookings.iter().map(|it| it.pay_by).collect::<Vec<_>>())
        .bind::<Array<Nullable<Timestamptz>>, _>(bookings.iter().map(|it| it.decided_at).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(bookings.iter().map(|it| it.organisation.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(bookings.iter().map(|it| it.platform_fee.minor()).collect::<Vec<_>>())
        .bind::<Array<Nullable<Jsonb>>, _>(promises)
        .bind::<Array<Nullable<SqlUuid>>, _>(
            bookings.iter().map(|it| it.voucher.map(|voucher| voucher.id.as_uuid())).collect::<Vec<_>>(),
        )
        .bind::<Array<BigInt>, _>(
            bookings.iter().map(|it| it.voucher.map_or(0, |voucher| voucher.discount.minor())).collect::<Vec<_>>(),
        ),
    ))
}

impl PgTx {
    fn save_money(&mut self, bookings: &[Booking]) {
        if let Some(payments) = save_payments(bookings) {
            self.write("saving payments", payments);
        }
        if let Some(refunds) = save_refunds(bookings) {
            self.write("saving refunds", refunds);
        }
        if let Some(disputes) = save_disputes(bookings) {
            self.write("saving disputes", disputes);
        }
    }
}

#[async_trait]
impl OrderTx for PgTx {
    async fn add_bookings(&mut self, bookings: &[Booking]) -> Result<(), StoreError> {
        if bookings.is_empty() {
            return Ok(());
        }
        self.write("adding bookings", add(bookings)?);
        self.save_money(bookings);
        Ok(())
    }

    async fn lock_booking(&mut self, id: BookingId) -> Result<Option<Booking>, StoreError> {
        let lock = text("SELECT FROM bookings WHERE id = $1 FOR UPDATE").bind::<SqlUuid, _>(id.as_uuid());
        let rows: Vec<BookingRow> =
            self.lock_and_load("locking a booking", constant(lock), booking_by_id(id)).await?;
        rows.into_iter().next().map(Booking::try_from).transpose()
    }

    async fn bookings_of_holds(&mut self, ids: &[HoldId]) -> Result<Vec<Booking>, StoreError> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.as_uuid()).collect();
        let statement =
            text(select_bookings!("WHERE b.hold_id = ANY($1) ORDER BY b.id")).bind::<Array<SqlUuid>, _>(ids);
        bookings(self.load("looking for the bookings of holds", constant(statement)).await?)
    }

    async fn save_booking(&mut self, booking: &Booking) -> Result<(), StoreError> {
        let request = booking.request.as_ref();
        let asked_at = request.filter(|it| it.status == RequestStatus::Open).map(|it| it.asked_at);
        let request = request.map(|it| to_document(it, "writing bookings.request")).transpose()?;
        let statement = text(
            "UPDATE bookings SET status = $2, attendees = $3, pay_by = $4, decided_at = $5, paid_by = $6, \
                 request = $7, asked_at = $8, revision = revision + 1 WHERE id = $1",
        )
        .bind::<SqlUuid, _>(booking.id.as_uuid())
        .bind::<Text, _>(booking.status.as_str())
        .bind::<Jsonb, _>(to_document(&booking.attendees, "writing bookings.attendees")?)
        .bind::<Timestamptz, _>(booking.pay_by)
        .bind::<Nullable<Timestamptz>, _>(booking.decided_at)
        .bind::<Nullable<SqlUuid>, _>(booking.paid_by.map(|id| id.as_uuid()))
        .bind::<Nullable<Jsonb>, _>(request)
        .bind::<Nullable<Timestamptz>, _>(asked_at);
        self.write("saving a booking", constant(statement));
        self.save_money(std::slice::from_ref(booking));
        Ok(())
    }

    async fn add_tickets(&mut self, tickets: &[Ticket]) -> Result<(), StoreError> {
        if tickets.is_empty() {
            return Ok(());
        }
        self.write("adding tickets", ticket::add(tickets)?);
        Ok(())
    }

    async fn lock_tickets(&mut self, booking: BookingId) -> Result<Vec<Ticket>, StoreError> {
        // The booking is locked, so no ticket comes or goes; what is returned after waiting is as it is then.
        let statement = text(
            "SELECT id, booking_id, event_id, ticket_type_id, holder_id, attendee, version, status, issued_at, \
             checked_in_at, presence, seat FROM tickets WHERE booking_id = $1 ORDER BY id FOR UPDATE",
        )
        .bind::<SqlUuid, _>(booking.as_uuid());
        ticket::tickets(self.load("locking the tickets of a booking", constant(statement)).await?)
    }

    async fn save_tickets(&mut self, tickets: &[Ticket]) -> Result<(), StoreError> {
        if tickets.is_empty() {
            return Ok(());
        }
        self.write("saving tickets", ticket::save(tickets)?);
        Ok(())
    }

    async fn remember_notice(&mut self, notice: &NoticeKey) -> Result<bool, StoreError> {
        let statement = text(
            "INSERT INTO notices (provider, id, kind, at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT ON CONSTRAINT notices_pkey DO NOTHING",
        )
        .bind::<Text, _>(notice.provider.as_str())
        .bind::<Text, _>(&notice.id)
        .bind::<Text, _>(&notice.kind)
        .bind::<Timestamptz, _>(notice.at);
        self.execute("remembering a notice", constant(statement)).await.map(|added| added == 1)
    }

    async fn add_incident(&mut self, incident: &Incident) -> Result<(), StoreError> {
        let statement = text(
            "INSERT INTO incidents (id, kind, booking_id, payment_id, refund_id, evidence, at, organisation_id) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, (SELECT coalesce(b.organisation_id, \
                 (SELECT e.organisation_id FROM events e WHERE e.id = b.event_id)) FROM bookings b WHERE b.id = $3))",
        )
        .bind::<SqlUuid, _>(incident.id.as_uuid())
        .bind::<Text, _>(incident.kind.as_str())
        .bind::<SqlUuid, _>(incident.booking.as_uuid())
        .bind::<SqlUuid, _>(incident.payment.as_uuid())
        .bind::<Nullable<SqlUuid>, _>(incident.refund.map(|id| id.as_uuid()))
        .bind::<Text, _>(incident.evidence.clone())
        .bind::<Timestamptz, _>(incident.at);
        self.write("adding an incident", constant(statement));
        Ok(())
    }

    async fn incident(&mut self, id: IncidentId) -> Result<Option<Incident>, StoreError> {
        let rows: Vec<IncidentOf> = self.load("reading an incident", incident_by_id(id)).await?;
        let found: Option<Of<Incident>> = rows.into_iter().next().map(TryFrom::try_from).transpose()?;
        Ok(found.map(|of| of.what))
    }

    async fn save_incident(&mut self, incident: &Incident) -> Result<(), StoreError> {
        let doing = "saving an incident";
        let resolved = incident.resolved.as_ref().map(|it| to_document(it, doing)).transpose()?;
        let statement = text("UPDATE incidents SET resolved = $2 WHERE id = $1")
            .bind::<SqlUuid, _>(incident.id.as_uuid())
            .bind::<Nullable<Jsonb>, _>(resolved);
        self.write(doing, constant(statement));
        Ok(())
    }

    async fn enqueue_booking(&mut self, effects: &[Owed<Effect>]) -> Result<(), StoreError> {
        self.enqueue("booking", effects)
    }

    async fn enqueue_forgetting(&mut self, owed: &[Owed<Forgetting>]) -> Result<(), StoreError> {
        self.enqueue(FORGETTING, owed)
    }
}
