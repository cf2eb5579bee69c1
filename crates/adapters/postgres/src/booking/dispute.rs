//! Rows of `disputes`, read beside their booking as payments and refunds are.

use crate::column::{money, some_money, word};
use crate::statement::{Statement, constant, text};
use booking::{Booking, Dispute};
use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use kernel::{StoreError, Timestamp};
use serde::Deserialize;
use uuid::Uuid;

#[derive(Deserialize)]
pub(super) struct DisputeRow {
    id: Uuid,
    payment_id: Uuid,
    reference: String,
    amount_minor: i64,
    currency: String,
    fee_minor: Option<i64>,
    fee_currency: Option<String>,
    reason: String,
    status: String,
    contradicted: bool,
    answer_by: Option<Timestamp>,
    opened_at: Timestamp,
    changed_at: Timestamp,
}

impl TryFrom<DisputeRow> for Dispute {
    type Error = StoreError;

    fn try_from(row: DisputeRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.into(),
            payment: row.payment_id.into(),
            reference: row.reference,
            amount: money(row.amount_minor, &row.currency, "reading disputes.amount_minor")?,
            fee: some_money(row.fee_minor, row.fee_currency.as_deref(), "reading disputes.fee_minor")?,
            reason: row.reason,
            status: word(&row.status, "reading disputes.status")?,
            contradicted: row.contradicted,
            answer_by: row.answer_by,
            opened_at: row.opened_at,
            changed_at: row.changed_at,
        })
    }
}

/// Writes all disputes of some bookings: new ones whole, known ones what may change of them. `None` when there are
/// none.
pub(super) fn save_disputes(
    bookings: &[Booking],
) -> Option<Statement<impl QueryFragment<Pg> + Send + use<>>> {
    let all: Vec<(Uuid, i64, &Dispute)> = bookings
        .iter()
        .flat_map(|booking| {
            (1_i64..).zip(&booking.disputes).map(|(number, it)| (booking.id.as_uuid(), number, it))
        })
        .collect();
    if all.is_empty() {
        return None;
    }
    let code = |money: kernel::Money| money.currency().code().to_owned();
    Some(constant(
        text(
            "INSERT INTO disputes (id, booking_id, number, payment_id, reference, amount_minor, currency, fee_minor, \
                 fee_currency, reason, status, contradicted, answer_by, opened_at, changed_at) \
             SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) \
             ON CONFLICT ON CONSTRAINT disputes_pkey DO UPDATE SET amount_minor = excluded.amount_minor, \
                 currency = excluded.currency, fee_minor = excluded.fee_minor, fee_currency = excluded.fee_currency, \
                 status = excluded.status, contradicted = excluded.contradicted, answer_by = excluded.answer_by, \
                 changed_at = excluded.changed_at",
        )
        .bind::<Array<SqlUuid>, _>(all.iter().map(|(_, _, it)| it.id.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(all.iter().map(|(booking, ..)| *booking).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(all.iter().map(|(_, number, _)| *number).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(all.iter().map(|(_, _, it)| it.payment.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(all.iter().map(|(_, _, it)| it.reference.clone()).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(all.iter().map(|(_, _, it)| it.amount.minor()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(all.iter().map(|(_, _, it)| code(it.amount)).collect::<Vec<_>>())
        .bind::<Array<Nullable<BigInt>>, _>(
            all.iter().map(|(_, _, it)| it.fee.map(|fee| fee.minor())).collect::<Vec<_>>(),
        )
        .bind::<Array<Nullable<Text>>, _>(all.iter().map(|(_, _, it)| it.fee.map(code)).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(all.iter().map(|(_, _, it)| it.reason.clone()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(all.iter().map(|(_, _, it)| it.status.as_str()).collect::<Vec<_>>())
        .bind::<Array<Bool>, _>(all.iter().map(|(_, _, it)| it.contradicted).collect::<Vec<_>>())
        .bind::<Array<Nullable<Timestamptz>>, _>(all.iter().map(|(_, _, it)| it.answer_by).collect::<Vec<_>>())
        .bind::<Array<Timestamptz>, _>(all.iter().map(|(_, _, it)| it.opened_at).collect::<Vec<_>>())
        .bind::<Array<Timestamptz>, _>(all.iter().map(|(_, _, it)| it.changed_at).collect::<Vec<_>>()),
    ))
}
