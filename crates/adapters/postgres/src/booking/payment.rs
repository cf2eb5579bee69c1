//! Rows of `payments` and `refunds`. They are read as documents beside their booking, so that one statement shows
//! all three as they were at one instant.

use crate::column::{count, money, some_money, word};
use crate::statement::{Statement, constant, text};
use booking::{Booking, Payment, Refund};
use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use kernel::{StoreError, Timestamp};
use serde::Deserialize;
use uuid::Uuid;

#[derive(Deserialize)]
pub(super) struct PaymentRow {
    id: Uuid,
    attempt: i64,
    provider: String,
    account: String,
    live: bool,
    amount_minor: i64,
    currency: String,
    status: String,
    session: Option<String>,
    charge: Option<String>,
    paid_minor: Option<i64>,
    paid_currency: Option<String>,
    charged_at: Option<Timestamp>,
    checkout_url: Option<String>,
    success_url: Option<String>,
    cancel_url: Option<String>,
    problem: Option<String>,
    declines: i64,
    created_at: Timestamp,
    changed_at: Timestamp,
}

impl TryFrom<PaymentRow> for Payment {
    type Error = StoreError;

    fn try_from(row: PaymentRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.into(),
            attempt: count(row.attempt, "reading payments.attempt")?,
            provider: word(&row.provider, "reading payments.provider")?,
            account: row.account,
            live: row.live,
            amount: money(row.amount_minor, &row.currency, "reading payments.amount_minor")?,
            status: word(&row.status, "reading payments.status")?,
            session: row.session,
            charge: row.charge,
            paid: some_money(row.paid_minor, row.paid_currency.as_deref(), "reading payments.paid_minor")?,
            charged_at: row.charged_at,
            checkout_url: row.checkout_url,
            success_url: row.success_url,
            cancel_url: row.cancel_url,
            problem: row.problem,
            declines: count(row.declines, "reading payments.declines")?,
            created_at: row.created_at,
            changed_at: row.changed_at,
        })
    }
}

#[derive(Deserialize)]
pub(super) struct RefundRow {
    id: Uuid,
    payment_id: Uuid,
    amount_minor: i64,
    currency: String,
    reason: String,
    status: String,
    reference: Option<String>,
    tickets: Vec<Uuid>,
    decided_by: Option<Uuid>,
    note: Option<String>,
    again_id: Option<Uuid>,
    created_at: Timestamp,
    changed_at: Timestamp,
}

impl TryFrom<RefundRow> for Refund {
    type Error = StoreError;

    fn try_from(row: RefundRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.into(),
            payment: row.payment_id.into(),
            amount: money(row.amount_minor, &row.currency, "reading refunds.amount_minor")?,
            reason: word(&row.reason, "reading refunds.reason")?,
            status: word(&row.status, "reading refunds.status")?,
            reference: row.reference,
            tickets: row.tickets.into_iter().map(Into::into).collect(),
            by: row.decided_by.map(Into::into),
            note: row.note,
            again: row.again_id.map(Into::into),
            created_at: row.created_at,
            changed_at: row.changed_at,
        })
    }
}

/// Writes all attempts of some bookings: new ones whole, known ones what may change of them. Attempts are never
/// removed. `None` when there are none.
pub(super) fn save_payments(
    bookings: &[Booking],
) -> Option<Statement<impl QueryFragment<Pg> + Send + use<>>> {
    let (owners, all): (Vec<&Booking>, Vec<&Payment>) =
        bookings.iter().flat_map(|booking| booking.payments.iter().map(move |it| (booking, it))).unzip();
    if all.is_empty() {
        return None;
    }
    let own =
        |text: fn(&Payment) -> &Option<String>| all.iter().map(|it| text(it).clone()).collect::<Vec<_>>();
    Some(constant(
        text(
            "INSERT INTO payments (id, booking_id, attempt, provider, account, live, amount_minor, currency, status, \
                 session, charge, paid_minor, paid_currency, checkout_url, success_url, cancel_url, problem, \
                 declines, created_at, changed_at, organisation_id, charged_at) \
             SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, \
                 $19, $20, $21, $22) \
             ON CONFLICT ON CONSTRAINT payments_pkey DO UPDATE SET status = excluded.status, \
                 session = excluded.session, charge = excluded.charge, paid_minor = excluded.paid_minor, \
                 paid_currency = excluded.paid_currency, checkout_url = excluded.checkout_url, \
                 problem = excluded.problem, declines = excluded.declines, changed_at = excluded.changed_at, \
                 charged_at = excluded.charged_at, organisation_id = excluded.organisation_id",
        )
        .bind::<Array<SqlUuid>, _>(all.iter().map(|it| it.id.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(owners.iter().map(|it| it.id.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(all.iter().map(|it| i64::from(it.attempt)).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(all.iter().map(|it| it.provider.as_str()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(all.iter().map(|it| it.account.clone()).collect::<Vec<_>>())
        .bind::<Array<Bool>, _>(all.iter().map(|it| it.live).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(all.iter().map(|it| it.amount.minor()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(all.iter().map(|it| it.amount.currency().code().to_owned()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(all.iter().map(|it| it.status.as_str()).collect::<Vec<_>>())
        .bind::<Array<Nullable<Text>>, _>(own(|it| &it.session))
        .bind::<Array<Nullable<Text>>, _>(own(|it| &it.charge))
        .bind::<Array<Nullable<BigInt>>, _>(
            all.iter().map(|it| it.paid.map(|paid| paid.minor())).collect::<Vec<_>>(),
        )
        .bind::<Array<Nullable<Text>>, _>(
            all.iter().map(|it| it.paid.map(|paid| paid.currency().code().to_owned())).collect::<Vec<_>>(),
        )
        .bind::<Array<Nullable<Text>>, _>(own(|it| &it.checkout_url))
        .bind::<Array<Nullable<Text>>, _>(own(|it| &it.success_url))
        .bind::<Array<Nullable<Text>>, _>(own(|it| &it.cancel_url))
        .bind::<Array<Nullable<Text>>, _>(own(|it| &it.problem))
        .bind::<Array<BigInt>, _>(all.iter().map(|it| i64::from(it.declines)).collect::<Vec<_>>())
        .bind::<Array<Timestamptz>, _>(all.iter().map(|it| it.created_at).collect::<Vec<_>>())
        .bind::<Array<Timestamptz>, _>(all.iter().map(|it| it.changed_at).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(owners.iter().map(|it| it.organisation.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<Nullable<Timestamptz>>, _>(all.iter().map(|it| it.came_at()).collect::<Vec<_>>()),
    ))
}

/// Writes all refunds of some bookings, as [`save_payments`] does attempts.
pub(super) fn save_refunds(bookings: &[Booking]) -> Option<Statement<impl QueryFragment<Pg> + Send + use<>>> {
    let all: Vec<(Uuid, i64, &Refund)> = bookings
        .iter()
        .flat_map(|booking| {
            (1_i64..).zip(&booking.refunds).map(|(number, it)| (booking.id.as_uuid(), number, it))
        })
        .collect();
    if all.is_empty() {
        return None;
    }
    // Arrays of arrays would have to be of one length, so tickets travel as text.
    let tickets = |it: &Refund| {
        let ids: Vec<_> = it.tickets.iter().map(ToString::to_string).collect();
        format!("{{{}}}", ids.join(","))
    };
    Some(constant(
        text(
            "INSERT INTO refunds (id, booking_id, number, payment_id, amount_minor, currency, reason, status, \
                 reference, tickets, decided_by, note, again_id, created_at, changed_at) \
             SELECT n.id, n.booking_id, n.number, n.payment_id, n.amount_minor, n.currency, n.reason, n.status, \
                 n.reference, n.tickets::uuid[], n.decided_by, n.note, n.again_id, n.created_at, n.changed_at \
             FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) \
                 AS n(id, booking_id, number, payment_id, amount_minor, currency, reason, status, reference, \
                     tickets, decided_by, note, again_id, created_at, changed_at) \
             ON CONFLICT ON CONSTRAINT refunds_pkey DO UPDATE SET status = excluded.status, \
                 reference = excluded.reference, changed_at = excluded.changed_at",
        )
        .bind::<Array<SqlUuid>, _>(all.iter().map(|(_, _, it)| it.id.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(all.iter().map(|(booking, ..)| *booking).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(all.iter().map(|(_, number, _)| *number).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(all.iter().map(|(_, _, it)| it.payment.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(all.iter().map(|(_, _, it)| it.amount.minor()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(
            all.iter().map(|(_, _, it)| it.amount.currency().code().to_owned()).collect::<Vec<_>>(),
        )
        .bind::<Array<Text>, _>(all.iter().map(|(_, _, it)| it.reason.as_str()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(all.iter().map(|(_, _, it)| it.status.as_str()).collect::<Vec<_>>())
        .bind::<Array<Nullable<Text>>, _>(all.iter().map(|(_, _, it)| it.reference.clone()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(all.iter().map(|(_, _, it)| tickets(it)).collect::<Vec<_>>())
        .bind::<Array<Nullable<SqlUuid>>, _>(
            all.iter().map(|(_, _, it)| it.by.map(|by| by.as_uuid())).collect::<Vec<_>>(),
        )
        .bind::<Array<Nullable<Text>>, _>(all.iter().map(|(_, _, it)| it.note.clone()).collect::<Vec<_>>())
        .bind::<Array<Nullable<SqlUuid>>, _>(
            all.iter().map(|(_, _, it)| it.again.map(|again| again.as_uuid())).collect::<Vec<_>>(),
        )
        .bind::<Array<Timestamptz>, _>(all.iter().map(|(_, _, it)| it.created_at).collect::<Vec<_>>())
        .bind::<Array<Timestamptz>, _>(all.iter().map(|(_, _, it)| it.changed_at).collect::<Vec<_>>()),
    ))
}
