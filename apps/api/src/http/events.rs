//! Events, as their visitors find them.

pub mod answers;
pub mod code;
pub mod search;
pub mod stream;
pub mod view;

use super::access::{Maybe, User};
use super::paging::{PageView, Paging, PagingQuery};
use super::policies::shown;
use super::problem::Problem;
use crate::answers::Ready;
use crate::wiring::App;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse, get};
use answers::Which;
use code::CodeQuery;
use events::Left;
use events::use_cases::Search;
use kernel::EventId;
use search::SearchQuery;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use view::{EventDetailView, EventView, LeftView, LeftsView};

/// Lists may be a moment old wherever they come from.
const FOR_A_MOMENT: &str = "private, max-age=1";
/// What is left is asked for anew each time, so that buyers see what they have just taken.
const ASK_AGAIN: &str = "private, no-cache";

/// The calls of this file. `upcoming` comes before what could be its name.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_events)
        .service(upcoming_events)
        .service(show_event)
        .service(event_ticket_types)
        .service(event_availability)
        .service(stream::event_stream);
}

/// Published events, by their beginning; those for members only if one is logged in.
#[utoipa::path(tag = "events", security((), ("bearer" = [])), params(SearchQuery, PagingQuery), responses(
    (status = 200, body = PageView<EventView>), (status = 304), (status = 422, body = Problem)))]
#[get("/events")]
async fn list_events(
    app: Data<App>,
    request: HttpRequest,
    actor: Maybe,
    query: Query<SearchQuery>,
    paging: Paging,
) -> Result<HttpResponse, Problem> {
    let search = query.into_inner().read()?;
    if actor.0.is_none() && (!search.words.is_empty() || search.tag.is_some() || search.around.is_some()) {
        app.limits.public(&request).await?;
    }
    let looker = app.answers.looker(&app.events, actor.0).await?;
    let make = async {
        let page = app.events.list(actor.0, &search, paging.0).await?;
        Ok(PageView::of(page, EventView::from))
    };
    let ready = app.answers.list(looker, (Which::All, &search, paging.0), make).await?;
    Ok(ready.respond(request.headers(), FOR_A_MOMENT))
}

/// Published events that are not over, the next one first.
#[utoipa::path(tag = "events", security((), ("bearer" = [])), params(PagingQuery), responses(
    (status = 200, body = PageView<EventView>), (status = 304), (status = 422, body = Problem)))]
#[get("/events/upcoming")]
async fn upcoming_events(
    app: Data<App>,
    request: HttpRequest,
    actor: Maybe,
    paging: Paging,
) -> Result<HttpResponse, Problem> {
    let looker = app.answers.looker(&app.events, actor.0).await?;
    let make = async {
        let page = app.events.upcoming(actor.0, paging.0).await?;
        Ok(PageView::of(page, EventView::from))
    };
    let question = (Which::Upcoming, &Search::default(), paging.0);
    let ready = app.answers.list(looker, question, make).await?;
    Ok(ready.respond(request.headers(), FOR_A_MOMENT))
}

/// One event, by its id or its slug.
#[utoipa::path(tag = "events", security((), ("bearer" = [])), responses(
    (status = 200, body = EventDetailView), (status = 404, body = Problem)))]
#[get("/events/{event}")]
async fn show_event(app: Data<App>, actor: Maybe, event: Path<String>) -> Result<HttpResponse, Problem> {
    let seen = app.events.show(actor.0, &event).await?;
    let promise = app.bookings.promise(seen.event.id).await?;
    let view = EventDetailView { event: seen.into(), cancellation_policy: shown(promise.as_ref()) };
    Ok(HttpResponse::Ok().json(view))
}

/// The kinds of tickets of an event: with a voucher's code also those that it opens.
#[utoipa::path(tag = "events", security(("bearer" = [])), params(CodeQuery), responses(
    (status = 200, body = LeftsView), (status = 304), (status = 404, body = Problem)))]
#[get("/events/{id}/ticket-types")]
async fn event_ticket_types(
    app: Data<App>,
    request: HttpRequest,
    user: User,
    id: Path<Uuid>,
    query: Query<CodeQuery>,
) -> Result<HttpResponse, Problem> {
    let event = EventId::from(id.into_inner());
    match code::opened(&app, user, event, &query).await? {
        None => left(&app, &request, user, event).await,
        Some(opened) => {
            let view = lefts(app.events.availability_with(Some(user.0), event, &opened).await?);
            let body = serde_json::to_vec(&view).map_err(|error| Problem::internal(&error))?;
            Ok(Ready::of(body).respond(request.headers(), ASK_AGAIN))
        }
    }
}

/// How much is left of each kind of ticket of an event.
#[utoipa::path(tag = "events", security(("bearer" = [])), responses(
    (status = 200, body = LeftsView), (status = 304), (status = 404, body = Problem)))]
#[get("/events/{id}/availability")]
async fn event_availability(
    app: Data<App>,
    request: HttpRequest,
    user: User,
    id: Path<Uuid>,
) -> Result<HttpResponse, Problem> {
    left(&app, &request, user, id.into_inner().into()).await
}

async fn left(app: &App, request: &HttpRequest, user: User, event: EventId) -> Result<HttpResponse, Problem> {
    let looker = app.answers.looker(&app.events, Some(user.0)).await?;
    let own = async { Ok(lefts(app.events.availability(Some(user.0), event).await?)) };
    let for_all = async {
        app.events.require_announced(event).await?;
        Ok(lefts(app.events.availability(Some(user.0), event).await?))
    };
    let ready = app.answers.left(looker, event, for_all, own).await?;
    Ok(ready.respond(request.headers(), ASK_AGAIN))
}

fn lefts(left: Vec<Left>) -> LeftsView {
    LeftsView { items: left.into_iter().map(LeftView::from).collect(), next_cursor: None }
}
