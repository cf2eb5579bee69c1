//! The same bookings and payments as tables, to be saved.

use super::{BookingsQuery, PaymentsQuery, bookings_wanted, payments_wanted};
use crate::http::access::User;
use crate::http::buyers::{self, with_buyers};
use crate::http::csv::{self, Cell, Lines};
use crate::http::problem::Problem;
use crate::wiring::App;
use accounts::Account;
use actix_web::web::{Data, Query};
use actix_web::{HttpResponse, get};
use booking::office::{BookingFilter, Of};
use booking::tables::Table;
use booking::use_cases::Placed;
use booking::{Booking, Payment};
use kernel::PageRequest;

const BOOKINGS: [&str; 17] = [
    "id",
    "reference",
    "created_at",
    "status",
    "event_id",
    "organisation_id",
    "buyer_id",
    "buyer_name",
    "buyer_email",
    "places",
    "living_tickets",
    "currency",
    "total",
    "paid",
    "refunded",
    "refundable",
    "voucher_id",
];

/// Places that were bought, whatever became of them.
fn places(booking: &Booking) -> u32 {
    booking.items.iter().map(|item| item.quantity).fold(0, u32::saturating_add)
}

fn booking_row((Placed { booking, tickets }, buyer): &(Placed, Option<Account>), lines: &mut Lines) {
    let living = tickets.iter().filter(|ticket| ticket.status.lives()).count();
    let [buyer_name, buyer_email] = buyers::cells(buyer.as_ref());
    lines.add([
        Cell::of(booking.id),
        Cell::of(&booking.reference),
        Cell::instant(booking.created_at),
        Cell::of(booking.shown_status()),
        Cell::of(booking.event),
        Cell::of(booking.organisation),
        Cell::of(booking.buyer),
        buyer_name,
        buyer_email,
        Cell::of(places(booking)),
        Cell::of(living),
        Cell::of(booking.total.currency()),
        Cell::money(booking.total),
        Cell::money(booking.paid()),
        Cell::money(booking.refunded()),
        Cell::money(booking.left()),
        Cell::some(booking.voucher.map(|applied| applied.id)),
    ]);
}

/// The same bookings as a table (CSV), with their buyers, the latest first. It is made while it is sent; one that breaks
/// off is not whole. Who takes it is on record.
#[utoipa::path(tag = "payments", security(("bearer" = [])), params(BookingsQuery), responses(
    (status = 200, content_type = "text/csv", body = String),
    (status = 403, body = Problem),
    (status = 422, body = Problem)))]
#[get("/admin/bookings/export")]
pub(super) async fn export_bookings(
    app: Data<App>,
    user: User,
    query: Query<BookingsQuery>,
) -> Result<HttpResponse, Problem> {
    let wanted = bookings_wanted(&app, user.0, query.into_inner()).await?;
    let people = wanted.person.as_ref().map(|person| person.accounts.clone());
    let asked = BookingFilter { people, ..wanted.filter.clone() };
    app.bookings.take_out(Table::Bookings(&asked), &user.0).await?;
    let read = async move |page: PageRequest| {
        let page = app.office.found(&wanted, page).await?;
        with_buyers(&app, page, |placed| placed.booking.buyer).await
    };
    Ok(csv::table("bookings", &BOOKINGS, read, booking_row))
}

const PAYMENTS: [&str; 18] = [
    "id",
    "created_at",
    "changed_at",
    "booking_reference",
    "booking_id",
    "event_id",
    "organisation_id",
    "attempt",
    "provider",
    "account",
    "live",
    "status",
    "currency",
    "amount",
    "paid_currency",
    "paid",
    "charge",
    "problem",
];

fn payment_row(Of { whose, what }: &Of<Payment>, lines: &mut Lines) {
    lines.add([
        Cell::of(what.id),
        Cell::instant(what.created_at),
        Cell::instant(what.changed_at),
        Cell::of(&whose.reference),
        Cell::of(whose.booking),
        Cell::of(whose.event),
        Cell::of(whose.organisation),
        Cell::of(what.attempt),
        Cell::of(what.provider.as_str()),
        Cell::of(&what.account),
        Cell::of(what.live),
        Cell::of(what.status.as_str()),
        Cell::of(what.amount.currency()),
        Cell::money(what.amount),
        // What came may be of another currency than was asked for.
        Cell::some(what.paid.map(|paid| paid.currency())),
        what.paid.map_or(Cell::NOTHING, Cell::money),
        Cell::some(what.charge.as_ref()),
        Cell::some(what.problem.as_ref()),
    ]);
}

/// The same attempts to pay as a table (CSV), the latest first. It is made while it is sent; one that breaks off is not
/// whole. Who takes it is on record.
#[utoipa::path(tag = "payments", security(("bearer" = [])), params(PaymentsQuery), responses(
    (status = 200, content_type = "text/csv", body = String),
    (status = 403, body = Problem),
    (status = 422, body = Problem)))]
#[get("/admin/payments/export")]
pub(super) async fn export_payments(
    app: Data<App>,
    user: User,
    query: Query<PaymentsQuery>,
) -> Result<HttpResponse, Problem> {
    let filter = payments_wanted(&app, user.0, query.into_inner()).await?;
    app.bookings.take_out(Table::Payments(&filter), &user.0).await?;
    let read = async move |page: PageRequest| app.office.payments(&filter, page).await;
    Ok(csv::table("payments", &PAYMENTS, read, payment_row))
}
