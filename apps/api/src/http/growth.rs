//! Who joined, and who brought them.

use super::access::Admin;
use super::analytics::bounded;
use super::csv::{self, Cell};
use super::dashboard::InvitesMadeView;
use super::figures::{Span, SpanQuery};
use super::problem::Problem;
use crate::wiring::App;
use actix_web::web::{Data, Query};
use actix_web::{HttpResponse, get};
use booking::close::Day;
use kernel::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// Members who brought others that are shown.
const BROUGHT: u32 = 20;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(members).service(export_members);
}

/// Who joined on a day.
#[derive(Serialize, ToSchema)]
pub struct JoinedView {
    #[schema(value_type = String, format = Date, example = "2026-06-01")]
    day: String,
    members: u64,
    /// Of these, whom somebody had invited.
    invited: u64,
}

/// Somebody who brought others.
#[derive(Serialize, ToSchema)]
pub struct BroughtView {
    account_id: Uuid,
    /// Null once the account is gone.
    #[schema(required)]
    name: Option<String>,
    /// How many they brought.
    members: u64,
}

/// How the tree of invites grew.
#[derive(Serialize, ToSchema)]
pub struct GrowthView {
    /// Days in UTC; those on which nobody joined are left out.
    joined: Vec<JoinedView>,
    members: u64,
    /// Of these, whom somebody had invited.
    invited: u64,
    /// Who brought most of them, twenty at most.
    brought: Vec<BroughtView>,
    /// Invites that were made on these days, and what became of them.
    invites: InvitesMadeView,
}

/// The days that are asked for: the last thirty when none are given.
fn days(app: &App, span: SpanQuery) -> Result<(Timestamp, Timestamp), Problem> {
    let (mut wrong, today) = (Vec::new(), Day::of(app.clock.now()));
    let span = span.read(&mut wrong);
    let Span { from, to } = bounded(span, today, &mut wrong);
    if wrong.is_empty() {
        Ok((from.unwrap_or(today).start(), to.unwrap_or(today).end()))
    } else {
        Err(Problem::invalid(wrong))
    }
}

/// Who joined on each day as a table (CSV); days in UTC, and those on which nobody joined are left out.
#[utoipa::path(tag = "analytics", security(("bearer" = [])), params(SpanQuery), responses(
    (status = 200, content_type = "text/csv", body = String), (status = 422, body = Problem)))]
#[get("/admin/analytics/members/export")]
async fn export_members(
    app: Data<App>,
    _admin: Admin,
    span: Query<SpanQuery>,
) -> Result<HttpResponse, Problem> {
    let growth = app.accounts.growth(days(&app, span.into_inner())?, 0).await?;
    Ok(csv::whole("members", &["day", "members", "invited"], |lines| {
        for joined in &growth.joined {
            let day = Day::from(joined.day);
            lines.add([Cell::of(day), Cell::number(joined.members), Cell::number(joined.invited)]);
        }
    }))
}

/// Who joined, who brought them, and what became of the invites that were made; of the last thirty days when none are given,
/// by UTC.
#[utoipa::path(tag = "analytics", security(("bearer" = [])), params(SpanQuery), responses(
    (status = 200, body = GrowthView), (status = 422, body = Problem)))]
#[get("/admin/analytics/members")]
async fn members(app: Data<App>, _admin: Admin, span: Query<SpanQuery>) -> Result<HttpResponse, Problem> {
    let growth = app.accounts.growth(days(&app, span.into_inner())?, BROUGHT).await?;
    let ids: Vec<_> = growth.brought.iter().map(|one| one.account).collect();
    let people = app.accounts.people(&ids).await?;
    let name = |one: &accounts::Brought| {
        let found = people.iter().find(|account| account.id == one.account);
        found.map(|account| format!("{} {}", account.first_name, account.last_name))
    };
    let brought = growth.brought.iter().map(|one| BroughtView {
        account_id: one.account.as_uuid(),
        name: name(one),
        members: one.members,
    });
    let joined = growth.joined.iter().map(|it| JoinedView {
        day: Day::from(it.day).to_string(),
        members: it.members,
        invited: it.invited,
    });
    Ok(HttpResponse::Ok().json(GrowthView {
        joined: joined.collect(),
        members: growth.joined.iter().map(|it| it.members).sum(),
        invited: growth.joined.iter().map(|it| it.invited).sum(),
        brought: brought.collect(),
        invites: growth.invites.into(),
    }))
}
