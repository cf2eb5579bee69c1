//! Rows of `tickets`.

use crate::column::{count, document, to_document, word};
use crate::statement::{Statement, constant, text};
use booking::{Presence, Ticket};
use diesel::QueryableByName;
use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use diesel::sql_types::{Array, BigInt, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use kernel::{StoreError, Timestamp};
use serde_json::Value;
use uuid::Uuid;

#[derive(QueryableByName)]
pub(super) struct TicketRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    booking_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    event_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    ticket_type_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    holder_id: Uuid,
    #[diesel(sql_type = Nullable<Jsonb>)]
    attendee: Option<Value>,
    #[diesel(sql_type = BigInt)]
    version: i64,
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = Timestamptz)]
    issued_at: Timestamp,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    checked_in_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Jsonb>)]
    presence: Option<Value>,
    #[diesel(sql_type = Nullable<Jsonb>)]
    seat: Option<Value>,
}

impl TryFrom<TicketRow> for Ticket {
    type Error = StoreError;

    fn try_from(row: TicketRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.into(),
            booking: row.booking_id.into(),
            event: row.event_id.into(),
            ticket_type: row.ticket_type_id.into(),
            holder: row.holder_id.into(),
            attendee: row.attendee.map(|it| document(it, "reading tickets.attendee")).transpose()?,
            version: count(row.version, "reading tickets.version")?,
            status: word(&row.status, "reading tickets.status")?,
            issued_at: row.issued_at,
            checked_in_at: row.checked_in_at,
            presence: row
                .presence
                .map(|it| document(it, "reading tickets.presence"))
                .transpose()?
                .unwrap_or_default(),
            seat: row.seat.map(|it| document(it, "reading tickets.seat")).transpose()?,
        })
    }
}

/// Turns rows into tickets.
pub(super) fn tickets(rows: Vec<TicketRow>) -> Result<Vec<Ticket>, StoreError> {
    rows.into_iter().map(Ticket::try_from).collect()
}

/// What the `attendee` column keeps of a ticket.
pub(super) fn attendee(ticket: &Ticket) -> Result<Option<Value>, StoreError> {
    ticket.attendee.as_ref().map(|it| to_document(it, "writing tickets.attendee")).transpose()
}

/// What the `presence` column keeps of a ticket.
pub(super) fn presence(ticket: &Ticket) -> Result<Option<Value>, StoreError> {
    let said = Some(&ticket.presence).filter(|presence| **presence != Presence::default());
    said.map(|it| to_document(it, "writing tickets.presence")).transpose()
}

/// Writes new tickets.
pub(super) fn add(
    tickets: &[Ticket],
) -> Result<Statement<impl QueryFragment<Pg> + Send + use<>>, StoreError> {
    let attendees: Vec<Option<Value>> = tickets.iter().map(attendee).collect::<Result<_, _>>()?;
    let presences: Vec<Option<Value>> = tickets.iter().map(presence).collect::<Result<_, _>>()?;
    let seat =
        |ticket: &Ticket| ticket.seat.as_ref().map(|it| to_document(it, "writing tickets.seat")).transpose();
    let seats: Vec<Option<Value>> = tickets.iter().map(seat).collect::<Result<_, _>>()?;
    Ok(constant(
        text(
            "INSERT INTO tickets (id, booking_id, event_id, ticket_type_id, holder_id, attendee, version, status, \
                 issued_at, checked_in_at, presence, seat) \
             SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind::<Array<SqlUuid>, _>(tickets.iter().map(|ticket| ticket.id.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(tickets.iter().map(|ticket| ticket.booking.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(tickets.iter().map(|ticket| ticket.event.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(tickets.iter().map(|ticket| ticket.ticket_type.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(tickets.iter().map(|ticket| ticket.holder.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<Nullable<Jsonb>>, _>(attendees)
        .bind::<Array<BigInt>, _>(tickets.iter().map(|ticket| i64::from(ticket.version)).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(tickets.iter().map(|ticket| ticket.status.as_str()).collect::<Vec<_>>())
        .bind::<Array<Timestamptz>, _>(tickets.iter().map(|ticket| ticket.issued_at).collect::<Vec<_>>())
        .bind::<Array<Nullable<Timestamptz>>, _>(
            tickets.iter().map(|ticket| ticket.checked_in_at).collect::<Vec<_>>(),
        )
        .bind::<Array<Nullable<Jsonb>>, _>(presences)
        .bind::<Array<Nullable<Jsonb>>, _>(seats),
    ))
}

/// Writes what may change of tickets: holder, attendee, version, status, check-in, presence.
pub(super) fn save(
    tickets: &[Ticket],
) -> Result<Statement<impl QueryFragment<Pg> + Send + use<>>, StoreError> {
    let attendees: Vec<Option<Value>> = tickets.iter().map(attendee).collect::<Result<_, _>>()?;
    let presences: Vec<Option<Value>> = tickets.iter().map(presence).collect::<Result<_, _>>()?;
    Ok(constant(
        text(
            "UPDATE tickets t SET holder_id = n.holder_id, attendee = n.attendee, version = n.version, \
                 status = n.status, checked_in_at = n.checked_in_at, presence = n.presence \
             FROM unnest($1, $2, $3, $4, $5, $6, $7) \
                 AS n(id, holder_id, attendee, version, status, checked_in_at, presence) WHERE t.id = n.id",
        )
        .bind::<Array<SqlUuid>, _>(tickets.iter().map(|ticket| ticket.id.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(tickets.iter().map(|ticket| ticket.holder.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<Nullable<Jsonb>>, _>(attendees)
        .bind::<Array<BigInt>, _>(tickets.iter().map(|ticket| i64::from(ticket.version)).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(tickets.iter().map(|ticket| ticket.status.as_str()).collect::<Vec<_>>())
        .bind::<Array<Nullable<Timestamptz>>, _>(
            tickets.iter().map(|ticket| ticket.checked_in_at).collect::<Vec<_>>(),
        )
        .bind::<Array<Nullable<Jsonb>>, _>(presences),
    ))
}
