//! Read-only mode: what is refused meanwhile, and the switch.

use super::access::Admin;
use super::calls::Calls;
use super::json::Json;
use super::problem::Problem;
use crate::wiring::App;
use actix_web::dev::ServiceRequest;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, get, put};
use chrono::{DateTime, Utc};
use kernel::ReadOnly;
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(show_maintenance).service(set_maintenance);
}

/// Which calls go on that change something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum GoesOn {
    /// Whoever looks after the system has to get in, and nobody is kept from leaving.
    Always,
    /// Unless doors are shut as well.
    AtDoors,
}

const GO_ON: [(&str, GoesOn); 8] = [
    ("PUT /api/v1/admin/maintenance", GoesOn::Always),
    ("POST /api/v1/auth/login", GoesOn::Always),
    ("POST /api/v1/auth/refresh", GoesOn::Always),
    ("POST /api/v1/auth/logout", GoesOn::Always),
    ("POST /api/v1/auth/logout-all", GoesOn::Always),
    ("POST /api/v1/tickets/verify", GoesOn::AtDoors),
    ("POST /api/v1/tickets/{id}/undo-check-in", GoesOn::AtDoors),
    ("POST /api/v1/admin/events/{id}/check-in/sync", GoesOn::AtDoors),
];

static CALLS: LazyLock<Calls<GoesOn>> = LazyLock::new(|| Calls::of(&GO_ON));

/// Refuses what changes something while nothing is to be changed. What is nowhere is answered as always.
///
/// # Errors
/// 503 `maintenance`.
pub(super) async fn refuse(app: &App, request: &ServiceRequest) -> Result<(), Problem> {
    // As the router reads it: however its address is written, it is the same call.
    let (method, path) = (request.method(), request.match_info().as_str());
    if method.is_safe() {
        return Ok(());
    }
    let Some(read_only) = app.maintenance.read_only().await else { return Ok(()) };
    match CALLS.find(method, path) {
        Some(GoesOn::Always) => Ok(()),
        Some(GoesOn::AtDoors) if read_only.doors_open => Ok(()),
        None if !request.resource_map().has_resource(path) => Ok(()),
        Some(GoesOn::AtDoors) | None => Err(refused(app, &read_only)),
    }
}

fn refused(app: &App, read_only: &ReadOnly) -> Problem {
    let mut detail = "For now everything can be looked at and nothing be changed.".to_owned();
    if let Some(message) = &read_only.message {
        detail.push(' ');
        detail.push_str(message);
    }
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "maintenance", detail)
        .retry_after(read_only.ask_again(app.clock.now()))
}

/// Whether anything can be changed.
#[derive(Serialize, ToSchema)]
pub struct MaintenanceView {
    /// Nothing can.
    read_only: bool,
    /// The configuration of this instance says so, and no call ends it.
    configured: bool,
    #[schema(required)]
    since: Option<DateTime<Utc>>,
    /// When it is expected to end; somebody has to end it.
    #[schema(required)]
    until: Option<DateTime<Utc>>,
    /// What people are told.
    #[schema(required)]
    message: Option<String>,
    /// People are let in at doors.
    doors_open: bool,
}

async fn shown(app: &App) -> HttpResponse {
    let configured = app.maintenance.is_configured();
    let view = match app.maintenance.read_only().await {
        Some(ReadOnly { since, until, message, doors_open }) => {
            MaintenanceView { read_only: true, configured, since: Some(since), until, message, doors_open }
        }
        None => MaintenanceView {
            read_only: false,
            configured,
            since: None,
            until: None,
            message: None,
            doors_open: true,
        },
    };
    HttpResponse::Ok().json(view)
}

/// Whether anything can be changed now.
#[utoipa::path(tag = "operations", security(("bearer" = [])), responses((status = 200, body = MaintenanceView)))]
#[get("/admin/maintenance")]
async fn show_maintenance(app: Data<App>, _admin: Admin) -> HttpResponse {
    shown(&app).await
}

/// Whether anything shall be changed from now on.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"read_only": true, "until": "2030-06-01T04:00:00Z", "message": "We move to a larger hall.",
    "doors_open": true}))]
pub struct SetMaintenance {
    /// Nothing shall. False: everything can be changed again, and the rest does not matter.
    read_only: bool,
    /// When it is expected to end. It does not end by itself.
    until: Option<DateTime<Utc>>,
    /// What people are told; at most 500 characters.
    #[schema(max_length = 500)]
    message: Option<String>,
    /// Whether people are still let in at doors; without it they are.
    #[serde(default = "yes")]
    #[schema(default = true)]
    doors_open: bool,
}

const fn yes() -> bool {
    true
}

/// Let everything be looked at and nothing be changed, change what is said of that, or end it. All instances follow within
/// two seconds; what had begun goes on to its end.
#[utoipa::path(tag = "operations", security(("bearer" = [])), request_body = SetMaintenance, responses(
    (status = 200, body = MaintenanceView), (status = 422, body = Problem)))]
#[put("/admin/maintenance")]
async fn set_maintenance(
    app: Data<App>,
    admin: Admin,
    body: Json<SetMaintenance>,
) -> Result<HttpResponse, Problem> {
    let SetMaintenance { read_only, until, message, doors_open } = body.into_inner();
    let now = app.clock.now();
    let wished = read_only.then(|| ReadOnly::from_now(until, message.as_deref(), doors_open, now));
    let wished = wished.transpose().map_err(Problem::invalid)?;
    app.maintenance.set(wished.as_ref(), &admin.0.cause()).await?;
    Ok(shown(&app).await)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::missing::methods;
    use crate::http::openapi;
    use std::collections::BTreeSet;

    #[test]
    fn every_call_that_goes_on_is_served() {
        let document = openapi::document();
        let paths = document.paths.paths.iter();
        let served: BTreeSet<_> = paths
            .flat_map(|(path, item)| methods(item).into_iter().map(move |method| format!("{method} {path}")))
            .collect();
        for (call, _) in GO_ON {
            assert!(served.contains(call), "{call}");
        }
    }
}
