//! Cancelling an event: long work, and how far it has come.

use super::access::User;
use super::cancellation::{read, words};
use super::json::Optional;
use super::money::MoneyView;
use super::once::Once;
use super::problem::Problem;
use crate::wiring::App;
use actix_web::http::header;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get, post};
use booking::use_cases::Progress;
use booking::{ByHand, RefundStatus, StuckRefund};
use chrono::{DateTime, Utc};
use events::access::Right;
use kernel::EventId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(cancel_event).service(show_job);
}

/// Why an event does not take place.
#[derive(Deserialize, Default, ToSchema)]
pub struct CancelEventBody {
    /// For the books; up to 1000 characters.
    reason: Option<String>,
}

/// Long work that was taken on.
#[derive(Serialize, ToSchema)]
pub struct AcceptedView {
    /// How far it has come is told by `GET /jobs/{id}`.
    job_id: Uuid,
}

/// Long work.
#[derive(Serialize, ToSchema)]
pub struct LongJobView {
    id: Uuid,
    /// `cancel_event`.
    kind: &'static str,
    /// `running`, or `done` when all bookings were looked at; refunds may still be on their way then.
    status: &'static str,
    /// Bookings that were looked at.
    done: u32,
    /// Of so many.
    total: u32,
    report: ReportView,
    created_at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
}

/// What was done, and what is left to people.
#[derive(Serialize, ToSchema)]
pub struct ReportView {
    event_id: Uuid,
    #[schema(required)]
    reason: Option<String>,
    /// Bookings whose money was sent on its way.
    bookings_refunded: u32,
    /// How much that is.
    refunded: MoneyView,
    /// Bookings for which nothing had to go back.
    bookings_free: u32,
    /// Bookings that had not been paid yet.
    bookings_unpaid: u32,
    /// How the refunds stand now.
    refunds: RefundCountsView,
    /// What a person has to do: at most 200 bookings and 200 refunds are named.
    needs_human: Vec<NeedsHumanView>,
    /// How many more there are. Refunds that failed or are sent by hand are all in `GET /admin/payments/stuck`.
    unnamed: u32,
}

/// How many refunds stand how.
#[derive(Serialize, Default, ToSchema)]
pub struct RefundCountsView {
    created: u32,
    in_transit: u32,
    done: u32,
    failed: u32,
    uncertain: u32,
}

/// One thing for a person to do.
#[derive(Serialize, ToSchema)]
pub struct NeedsHumanView {
    booking_id: Uuid,
    reference: String,
    /// `refund_failed`, `refund_by_hand` (it was paid by hand), `refund_window_over`, `refund_refused`, `mismatched` or `broken`.
    code: &'static str,
    amount: MoneyView,
    /// The refund that failed, or that somebody has to send.
    #[serde(skip_serializing_if = "Option::is_none")]
    refund_id: Option<Uuid>,
}

impl From<&ByHand> for NeedsHumanView {
    fn from(by_hand: &ByHand) -> Self {
        Self {
            booking_id: by_hand.booking.as_uuid(),
            reference: by_hand.reference.to_string(),
            code: by_hand.why.as_str(),
            amount: by_hand.amount.into(),
            refund_id: None,
        }
    }
}

impl From<&StuckRefund> for NeedsHumanView {
    fn from(stuck: &StuckRefund) -> Self {
        Self {
            booking_id: stuck.booking.as_uuid(),
            reference: stuck.reference.to_string(),
            code: if stuck.by_hand { "refund_by_hand" } else { "refund_failed" },
            amount: stuck.amount.into(),
            refund_id: Some(stuck.refund.as_uuid()),
        }
    }
}

impl From<Progress> for LongJobView {
    fn from(Progress { job, refunds: of_it }: Progress) -> Self {
        let mut refunds = RefundCountsView::default();
        for (status, count) in of_it.by_status {
            *match status {
                RefundStatus::Created => &mut refunds.created,
                RefundStatus::InTransit => &mut refunds.in_transit,
                RefundStatus::Done => &mut refunds.done,
                RefundStatus::Failed => &mut refunds.failed,
                RefundStatus::Uncertain => &mut refunds.uncertain,
            } = count;
        }
        let by_hand = job.report.by_hand.iter().map(NeedsHumanView::from);
        let needs_human = by_hand.chain(of_it.stuck.iter().map(NeedsHumanView::from)).collect();
        let unnamed = job.report.unnamed.saturating_add(of_it.unnamed);
        Self {
            id: job.id.as_uuid(),
            kind: "cancel_event",
            status: job.status.as_str(),
            done: job.done,
            total: job.total,
            report: ReportView {
                event_id: job.event.as_uuid(),
                reason: job.report.reason,
                bookings_refunded: job.report.refunded,
                refunded: job.report.amount.into(),
                bookings_free: job.report.free,
                bookings_unpaid: job.report.called_off,
                refunds,
                needs_human,
                unnamed,
            },
            created_at: job.created_at,
            changed_at: job.changed_at,
        }
    }
}

/// Cancel an event: its sale ends at once, and every booking is cancelled and refunded in the background. Asked again
/// it answers with the same job.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), params(Once), request_body = Option<CancelEventBody>, responses(
    (status = 202, body = AcceptedView), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 422, body = Problem)))]
#[post("/admin/events/{id}/cancel")]
async fn cancel_event(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    once: Once,
    body: Optional<CancelEventBody>,
) -> Result<HttpResponse, Problem> {
    let event = EventId::from(id.into_inner());
    app.events.require(user.0, event, Right::Manage).await?;
    let (body, bytes) = read(body);
    let work = async {
        let reason = words("reason", body.reason)?;
        let job = app.bookings.cancel_event(event, &user.0.cause(), reason).await?;
        app.answers.event_changed(event);
        let location = (header::LOCATION, format!("/api/v1/jobs/{job}"));
        let accepted = AcceptedView { job_id: job.as_uuid() };
        Ok(HttpResponse::Accepted().insert_header(location).json(accepted))
    };
    once.run_over(&app, user.0.account, &bytes, work).await
}

/// Long work, for those who run the event; unknown to others.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), responses(
    (status = 200, body = LongJobView), (status = 404, body = Problem)))]
#[get("/jobs/{id}")]
async fn show_job(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let progress = app.bookings.progress(id.into_inner().into()).await?.ok_or_else(Problem::not_found)?;
    let grant = app.events.grant(user.0).await?;
    if !grant.may(progress.job.organisation, Right::Manage) {
        return Err(Problem::not_found());
    }
    Ok(HttpResponse::Ok().json(LongJobView::from(progress)))
}
