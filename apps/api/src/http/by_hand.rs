//! Money that moves by hand: bank transfers and cash that came, and refunds that somebody sent.

use super::access::User;
use super::incidents::LONGEST_NOTE;
use super::json::Json;
use super::money::PriceBody;
use super::once::Once;
use super::problem::Problem;
use super::refunds::ManagedBookingView;
use super::staff::managed;
use crate::wiring::App;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post};
use booking::Provider;
use booking::by_hand::Receipt;
use kernel::{Invalid, Money};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(mark_paid).service(mark_sent);
}

/// Money that somebody has seen.
#[derive(Deserialize, ToSchema)]
pub struct MarkPaid {
    provider: ByHandName,
    /// How much came; the booking's total when absent. Another amount waits for a decision (`incidents`).
    amount: Option<PriceBody>,
    /// It came although the booking had been paid: it is to go back.
    #[serde(default)]
    again: bool,
    /// For the audit log; up to 1000 characters.
    #[serde(default)]
    note: String,
}

/// A way to pay by hand.
#[derive(Deserialize, ToSchema, Clone, Copy)]
#[serde(rename_all = "snake_case")]
pub enum ByHandName {
    /// Seen on a statement.
    BankTransfer,
    /// Taken at the door.
    Cash,
}

fn amount(body: &PriceBody) -> Result<Money, Problem> {
    let wrong = || {
        let message = "must be an amount of minor units and its currency";
        Problem::invalid(vec![Invalid::new("amount", "malformed", message)])
    };
    let input = events::PriceInput::from(body.clone());
    let currency = input.currency.parse().map_err(|_| wrong())?;
    Money::new(input.amount, currency).map_err(|_| wrong())
}

/// Say that a booking was paid by bank transfer or in cash. It counts like any other payment: on time it confirms the
/// booking, too late it gets places or is to go back.
#[utoipa::path(tag = "payments", security(("bearer" = [])), params(Once), request_body = MarkPaid, responses(
    (status = 200, body = ManagedBookingView),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 409, description = "`already_paid`, `not_payable`", body = Problem),
    (status = 422, body = Problem)))]
#[post("/admin/bookings/{id}/mark-paid")]
async fn mark_paid(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    once: Once,
    body: Json<MarkPaid>,
) -> Result<HttpResponse, Problem> {
    let managed = managed(&app, user.0).await?;
    let work = async {
        let provider = match body.provider {
            ByHandName::BankTransfer => Provider::BankTransfer,
            ByHandName::Cash => Provider::Cash,
        };
        let amount = body.amount.as_ref().map(amount).transpose()?;
        let receipt = Receipt { provider, amount, again: body.again };
        let note = body.note.trim();
        if note.chars().count() > LONGEST_NOTE {
            let message = "must have at most 1000 characters";
            return Err(Problem::invalid(vec![Invalid::new("note", "too_long", message)]));
        }
        let said = (note, &user.0.cause());
        let placed = app.office.mark_paid(managed.as_deref(), id.into_inner().into(), receipt, said).await?;
        Ok(HttpResponse::Ok().json(ManagedBookingView::from(&placed)))
    };
    once.run(&app, user.0.account, &body, work).await
}

/// Say that a refund by hand was sent.
#[utoipa::path(tag = "payments", security(("bearer" = [])), responses(
    (status = 204),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 409, description = "`not_by_hand`", body = Problem)))]
#[post("/admin/refunds/{id}/mark-sent")]
async fn mark_sent(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let managed = managed(&app, user.0).await?;
    app.office.mark_sent(managed.as_deref(), id.into_inner().into(), &user.0.cause()).await?;
    Ok(HttpResponse::NoContent().finish())
}
