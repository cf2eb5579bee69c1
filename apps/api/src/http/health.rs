//! Is it alive, is it ready, and how is it doing? Outside the base path, for machines.

use super::problem::Problem;
use crate::metrics::look::look;
use crate::wiring::App;
use actix_web::http::{StatusCode, header};
use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use kernel::{AccountId, StoreError};
use serde::Serialize;
use std::time::Duration;
use tokio::time::timeout;
use utoipa::ToSchema;
use uuid::Uuid;

/// How long everything that is asked before it is said that requests are served may take: less than probes wait.
const PATIENCE: Duration = Duration::from_secs(2);

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
    let read_only = in_time(ping, app.maintenance.is_on()).await?;
    Ok(HttpResponse::Ok().json(ReadyView { status: "ok", read_only }))
}

/// What `look` says, where `ping` goes well, and both are answered in time.
async fn in_time<A, T>(
    ping: impl Future<Output = Result<A, StoreError>>,
    look: impl Future<Output = T>,
) -> Result<T, Problem> {
    let both = async { futures_util::join!(ping, look) };
    let (pinged, seen) = timeout(PATIENCE, both).await.map_err(|_| Problem::busy(Duration::from_secs(1)))?;
    pinged?;
    Ok(seen)
}

/// What is counted, for Prometheus. While the store is away, what it would say is left out.
#[utoipa::path(tag = "operations", responses((status = 200, body = String, content_type = "application/openmetrics-text")))]
#[get("/metrics")]
pub(super) async fn metrics(app: Data<App>) -> HttpResponse {
    look(&app).await;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    HttpResponse::Ok().insert_header((header::CONTENT_TYPE, kind)).body(app.metrics.text())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::{Instant, sleep};

    async fn after<T>(time: Duration, said: T) -> T {
        sleep(time).await;
        said
    }

    #[tokio::test(start_paused = true)]
    async fn whether_it_is_ready_is_said_before_a_probe_has_waited_too_long() {
        let (long, for_ever) = (Duration::from_millis(1500), Duration::from_secs(600));
        let there = || Ok::<_, StoreError>(());
        for (ping, look, in_time_for) in
            [(long, long, true), (long, for_ever, false), (for_ever, long, false)]
        {
            let since = Instant::now();
            let said = in_time(after(ping, there()), after(look, "read-only")).await;
            assert_eq!(said.ok(), in_time_for.then_some("read-only"), "{ping:?} {look:?}");
            assert!(since.elapsed() < Duration::from_secs(3), "{:?}", since.elapsed());
        }
        let away = Err::<(), _>(StoreError::unavailable("asking", "it is away"));
        assert!(in_time(after(long, away), after(long, ())).await.is_err());
    }
}
