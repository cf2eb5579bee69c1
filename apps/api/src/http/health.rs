//! Is it alive, is it ready, and how is it doing? Outside the base path, for machines.

use super::problem::Problem;
use crate::wiring::App;
use actix_web::http::{StatusCode, header};
use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use kernel::AccountId;
use serde::Serialize;
use std::time::Duration;
use tokio::time::timeout;
use utoipa::ToSchema;
use uuid::Uuid;

/// Says that all is well.
#[derive(Serialize, ToSchema)]
pub struct HealthView {
    /// `ok`.
    status: &'static str,
}

/// Says that requests are served.
#[derive(Serialize, ToSchema)]
pub struct ReadyView {
    /// `ok`.
    status: &'static str,
    /// Everything can be looked at, and nothing be changed.
    read_only: bool,
}

/// Whether the process runs at all; asks nobody.
#[utoipa::path(tag = "operations", responses((status = 200, body = HealthView)))]
#[get("/health/live")]
pub(super) async fn live() -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "application/json")).body(r#"{"status":"ok"}"#)
}

/// Whether it can serve: the store answers, and it is not about to stop.
#[utoipa::path(tag = "operations", responses(
    (status = 200, body = ReadyView),
    (status = 503, description = "`draining`: it stops, and all is well; `unavailable`: the store does not answer",
        body = Problem)))]
#[get("/health/ready")]
pub(super) async fn ready(app: Data<App>) -> Result<HttpResponse, Problem> {
    if app.is_draining() {
        let detail = "This instance is about to stop; another one serves.";
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "draining", detail)
            .retry_after(Duration::from_secs(1)));
    }
    // Nobody has this id; the answer is that the store answers.
    let ping = app.accounts.account(AccountId::from(Uuid::nil()));
    timeout(Duration::from_secs(2), ping).await.map_err(|_| Problem::busy(Duration::from_secs(1)))??;
    let read_only = app.maintenance.is_on().await;
    Ok(HttpResponse::Ok().json(ReadyView { status: "ok", read_only }))
}

/// What is counted, for Prometheus.
#[utoipa::path(tag = "operations", responses((status = 200, body = String, content_type = "application/openmetrics-text")))]
#[get("/metrics")]
pub(super) async fn metrics(app: Data<App>) -> Result<HttpResponse, Problem> {
    if let Some(store) = &app.postgres {
        app.metrics.pool(store.status());
    }
    app.metrics.read_only(app.maintenance.is_on().await);
    app.metrics.listeners(app.live.listeners());
    app.metrics.outbox(&app.outbox.backlog().await?, app.clock.now());
    if app.stream.is_some() {
        app.metrics.events(&app.news.lag().await?, app.clock.now());
    }
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, kind)).body(app.metrics.text()))
}
