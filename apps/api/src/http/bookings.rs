//! Bookings: made of holds, paid, looked at.

mod view;

pub use view::{BankTransferView, BookingView, NoteView, PaymentView, RefundView, payment_view};

use super::access::User;
use super::detached::detached;
use super::json::Json;
use super::once::Once;
use super::paging::{PageView, Paging, PagingQuery};
use super::problem::Problem;
use crate::wiring::App;
use actix_web::http::header;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get, post};
use booking::use_cases::ConfirmRequest;
use booking::{Attendee, PaymentChoice};
use kernel::{Email, Invalid};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// Longest name of an attendee, in characters.
const LONGEST_NAME: usize = 100;
/// Longest address to come back to, in bytes.
const LONGEST_URL: usize = 2000;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(confirm).service(pay).service(show_booking).service(list_bookings);
}

/// Which hold becomes a booking.
#[derive(Deserialize, ToSchema)]
pub struct Confirm {
    hold_id: Uuid,
    /// How to pay; `free` or absent when there is nothing to pay.
    payment: Option<PaymentRequest>,
    /// Who is to come, in the order of the tickets; may be fewer than tickets.
    #[serde(default)]
    attendees: Vec<AttendeeRequest>,
}

/// How to pay.
#[derive(Deserialize, ToSchema)]
pub struct PaymentRequest {
    provider: ProviderName,
    /// Where the browser goes when all went well: a page of this site or of an allowed one.
    success_url: Option<String>,
    /// Where it goes when the buyer turned back.
    cancel_url: Option<String>,
}

/// A way to pay.
#[derive(Deserialize, ToSchema, Clone, Copy)]
#[serde(rename_all = "snake_case")]
pub enum ProviderName {
    /// Stripe Checkout.
    Stripe,
    /// PayPal.
    Paypal,
    /// To an account; where to stands in `payment.transfer`.
    BankTransfer,
    /// There is nothing to pay.
    Free,
}

/// Who is to come.
#[derive(Deserialize, ToSchema)]
pub struct AttendeeRequest {
    /// 1 to 100 characters.
    first_name: String,
    /// 1 to 100 characters.
    last_name: String,
    email: Option<String>,
}

/// Make a booking of a hold. The same hold always makes the same booking.
#[utoipa::path(tag = "bookings", security(("bearer" = [])), params(Once), request_body = Confirm, responses(
    (status = 201, body = BookingView),
    (status = 409, description = "`hold_expired`", body = Problem),
    (status = 422, description = "`provider_not_available`, `not_on_sale`, `invalid_input`",
        body = Problem)))]
#[post("/bookings/confirm")]
async fn confirm(
    app: Data<App>,
    user: User,
    once: Once,
    body: Json<Confirm>,
) -> Result<HttpResponse, Problem> {
    let work = async {
        let mut wrong = Vec::new();
        let payment = body.payment.as_ref().map(|payment| choice(&app, payment, &mut wrong));
        let attendees = attendees(&body.attendees, &mut wrong);
        refuse(wrong)?;
        let payment = payment.transpose()?.flatten();
        let request = ConfirmRequest { buyer: user.0.account, hold: body.hold_id.into(), payment, attendees };
        let seller = app.clone();
        let placed = detached(async move { seller.bookings.confirm(request).await }).await?;
        let location = (header::LOCATION, format!("/api/v1/bookings/{}", placed.booking.id));
        Ok(HttpResponse::Created().insert_header(location).json(BookingView::of(&app, &placed)))
    };
    once.run(&app, user.0.account, &body, work).await
}

/// Start another attempt to pay, also with another provider.
#[utoipa::path(tag = "bookings", security(("bearer" = [])), params(Once), request_body = PaymentRequest, responses(
    (status = 201, body = BookingView),
    (status = 404, body = Problem),
    (status = 409, description = "`not_payable`, `too_many_payments`", body = Problem),
    (status = 422, description = "`provider_not_available`, `invalid_input`", body = Problem)))]
#[post("/bookings/{id}/pay")]
async fn pay(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    once: Once,
    body: Json<PaymentRequest>,
) -> Result<HttpResponse, Problem> {
    let work = async {
        let mut wrong = Vec::new();
        let choice = choice(&app, &body, &mut wrong);
        refuse(wrong)?;
        let choice = choice?.ok_or_else(no_such_way)?;
        let (seller, buyer, id) = (app.clone(), user.0.account, id.into_inner().into());
        let placed = detached(async move { seller.bookings.pay(buyer, id, &choice).await }).await?;
        let location = (header::LOCATION, format!("/api/v1/bookings/{}", placed.booking.id));
        Ok(HttpResponse::Created().insert_header(location).json(BookingView::of(&app, &placed)))
    };
    once.run(&app, user.0.account, &body, work).await
}

/// One of one's own bookings.
#[utoipa::path(tag = "bookings", security(("bearer" = [])), responses(
    (status = 200, body = BookingView), (status = 404, body = Problem)))]
#[get("/bookings/{id}")]
async fn show_booking(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let placed = app.bookings.show(user.0.account, id.into_inner().into()).await?;
    let placed = placed.ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok().json(BookingView::of(&app, &placed)))
}

/// One's own bookings, the newest first.
#[utoipa::path(tag = "bookings", security(("bearer" = [])), params(PagingQuery),
    responses((status = 200, body = PageView<BookingView>)))]
#[get("/users/bookings")]
async fn list_bookings(app: Data<App>, user: User, paging: Paging) -> Result<HttpResponse, Problem> {
    let page = app.bookings.list(user.0.account, paging.0).await?;
    Ok(HttpResponse::Ok().json(PageView::of(page, |placed| BookingView::of(&app, &placed))))
}

fn refuse(wrong: Vec<Invalid>) -> Result<(), Problem> {
    if wrong.is_empty() { Ok(()) } else { Err(Problem::invalid(wrong)) }
}

fn no_such_way() -> Problem {
    Problem::unprocessable("provider_not_available", "This way to pay is not available here.")
}

/// `None` for `free`; what is wrong with the addresses is added to `wrong`.
fn choice(
    app: &App,
    asked: &PaymentRequest,
    wrong: &mut Vec<Invalid>,
) -> Result<Option<PaymentChoice>, Problem> {
    let provider = match asked.provider {
        ProviderName::Stripe => booking::Provider::Stripe,
        ProviderName::Paypal => booking::Provider::Paypal,
        ProviderName::BankTransfer => booking::Provider::BankTransfer,
        ProviderName::Free => return Ok(None),
    };
    for (field, url) in
        [("payment.success_url", &asked.success_url), ("payment.cancel_url", &asked.cancel_url)]
    {
        let bad =
            url.as_ref().is_some_and(|url| url.len() > LONGEST_URL || !app.config.http.may_return_to(url));
        if bad {
            let message = "must be an address of this site or of an allowed one";
            wrong.push(Invalid::new(field, "not_allowed", message));
        }
    }
    let PaymentRequest { success_url, cancel_url, .. } = asked;
    Ok(Some(PaymentChoice { provider, success_url: success_url.clone(), cancel_url: cancel_url.clone() }))
}

fn attendees(asked: &[AttendeeRequest], wrong: &mut Vec<Invalid>) -> Vec<Attendee> {
    let mut read = Vec::with_capacity(asked.len());
    for (place, attendee) in asked.iter().enumerate() {
        let mut name = |field: &str, text: &str| {
            let text = text.trim().to_owned();
            if text.is_empty() || text.chars().count() > LONGEST_NAME || text.chars().any(char::is_control) {
                let field = format!("attendees.{place}.{field}");
                wrong.push(Invalid::new(field, "out_of_range", "must have 1 to 100 characters"));
            }
            text
        };
        let first_name = name("first_name", &attendee.first_name);
        let last_name = name("last_name", &attendee.last_name);
        let email = attendee.email.as_deref().map(Email::parse).transpose();
        if email.is_err() {
            let field = format!("attendees.{place}.email");
            wrong.push(Invalid::new(field, "malformed", "must be an e-mail address"));
        }
        let email = email.ok().flatten().map(String::from);
        read.push(Attendee { first_name, last_name, email });
    }
    read
}
