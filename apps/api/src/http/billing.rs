//! Whom an organisation's documents are from.

use super::access::User;
use super::json::Json;
use super::problem::Problem;
use crate::wiring::App;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get, put};
use chrono::{DateTime, Utc};
use events::{Billing, BillingInput, Organisation};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(show_billing).service(set_billing);
}

/// What stands at the head of an organisation's documents.
#[derive(Serialize, ToSchema)]
pub struct BillingView {
    organisation_id: Uuid,
    /// The organisation's own name, until something else is said.
    name: String,
    /// Line by line; empty until it is said.
    #[schema(example = "Street 1\n10115 Berlin")]
    address: String,
    #[schema(required)]
    vat_id: Option<String>,
    #[schema(required)]
    iban: Option<String>,
    /// What the numbers of documents begin with.
    #[schema(example = "RE-")]
    number_prefix: String,
    /// Null until something is said.
    #[schema(required)]
    updated_at: Option<DateTime<Utc>>,
}

fn view(organisation: &Organisation, billing: Option<Billing>) -> BillingView {
    let organisation_id = organisation.id.as_uuid();
    match billing {
        Some(billing) => BillingView {
            organisation_id,
            name: billing.name,
            address: billing.address,
            vat_id: billing.vat_id,
            iban: billing.iban,
            number_prefix: billing.number_prefix,
            updated_at: Some(billing.updated_at),
        },
        None => BillingView {
            organisation_id,
            name: organisation.name.clone(),
            address: String::new(),
            vat_id: None,
            iban: None,
            number_prefix: String::new(),
            updated_at: None,
        },
    }
}

/// Whom an organisation's documents are from, for those who run its events.
#[utoipa::path(tag = "documents", security(("bearer" = [])), responses(
    (status = 200, body = BillingView), (status = 403, body = Problem), (status = 404, body = Problem)))]
#[get("/admin/organisations/{id}/billing")]
async fn show_billing(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let (organisation, billing) = app.events.billing(user.0, id.into_inner().into()).await?;
    Ok(HttpResponse::Ok().json(view(&organisation, billing)))
}

/// Billing details, as an owner sends them.
#[derive(Deserialize, ToSchema)]
pub struct BillingBody {
    /// One line of up to 200 characters: the name that the organisation does business under.
    name: String,
    /// One to six lines.
    #[schema(example = "Street 1\n10115 Berlin")]
    address: String,
    /// VAT identification number or tax number, up to 30 characters.
    vat_id: Option<String>,
    /// Checked by its digits; spaces do not matter.
    iban: Option<String>,
    /// What the numbers of documents begin with: up to 20 letters, digits and `-/_.`.
    number_prefix: Option<String>,
}

/// Say whom documents are from. What was issued before keeps what it was issued with.
#[utoipa::path(tag = "documents", security(("bearer" = [])), request_body = BillingBody, responses(
    (status = 200, body = BillingView),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 422, description = "`invalid_input`", body = Problem)))]
#[put("/admin/organisations/{id}/billing")]
async fn set_billing(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    body: Json<BillingBody>,
) -> Result<HttpResponse, Problem> {
    let BillingBody { name, address, vat_id, iban, number_prefix } = body.into_inner();
    let input = BillingInput { name, address, vat_id, iban, number_prefix };
    let id = id.into_inner().into();
    app.events.set_billing(user.0, id, &input).await?;
    let (organisation, billing) = app.events.billing(user.0, id).await?;
    Ok(HttpResponse::Ok().json(view(&organisation, billing)))
}
