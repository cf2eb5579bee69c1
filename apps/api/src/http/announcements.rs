//! What is said to many, for those who run events and for admins: written, looked at, sent to oneself, scheduled, called off.

pub mod go;
pub mod recipients;
pub mod view;

use super::access::User;
use super::given::id;
use super::json::Json;
use super::once::Once;
use super::paging::{PageView, Paging, PagingQuery};
use super::payments::word;
use super::problem::Problem;
use super::staff::{managed, narrowed};
use crate::wiring::App;
use actix_web::http::header;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpResponse, delete, get, patch, post};
use chrono::{DateTime, Utc};
use events::access::{Denied, Grant, Right};
use kernel::{Actor, AnnouncementId, Invalid, OrganisationId};
use messaging::{
    Announcement, AnnouncementChange, AnnouncementFilter, AnnouncementStatus, Audience, Texts, Wording,
};
use serde::{Deserialize, Deserializer};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use view::{AnnouncementView, shown};

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_announcements)
        .service(create_announcement)
        .service(show_announcement)
        .service(change_announcement)
        .service(delete_announcement)
        .configure(go::routes)
        .configure(recipients::routes);
}

/// To whom something is said.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"kind": "ticket_holders", "event_id": "01900000-0000-7000-8000-000000000000"}))]
pub struct AudienceBody {
    /// `members`: everybody, for admins; `guests`: who has or had a ticket of the organisation; `ticket_holders` of the event,
    /// those of them who are `checked_in`, who are `waiting` for places, or who have a `ticket_type`.
    kind: String,
    /// Whose guests.
    organisation_id: Option<Uuid>,
    /// Of which event.
    event_id: Option<Uuid>,
    /// Of which type.
    ticket_type_id: Option<Uuid>,
}

impl AudienceBody {
    fn read(&self) -> Result<Audience, Problem> {
        let mut wrong = Vec::new();
        let needed = match self.kind.as_str() {
            "members" => [false, false, false],
            "guests" => [true, false, false],
            "ticket_holders" | "checked_in" | "waiting" => [false, true, false],
            "ticket_type" => [false, true, true],
            _ => {
                let message = format!("must be one of {}", Audience::KINDS.join(", "));
                return Err(Problem::invalid(vec![Invalid::new("audience.kind", "unknown", message)]));
            }
        };
        let given = [
            ("organisation_id", self.organisation_id),
            ("event_id", self.event_id),
            ("ticket_type_id", self.ticket_type_id),
        ];
        for ((field, given), needed) in given.into_iter().zip(needed) {
            let field = format!("audience.{field}");
            match (given, needed) {
                (None, true) => wrong.push(Invalid::new(field, "required", "this kind of audience has one")),
                (Some(_), false) => {
                    wrong.push(Invalid::new(field, "not_allowed", "this kind of audience has none"));
                }
                _ => {}
            }
        }
        let ids = (self.organisation_id, self.event_id, self.ticket_type_id);
        match (self.kind.as_str(), ids) {
            _ if !wrong.is_empty() => Err(Problem::invalid(wrong)),
            ("guests", (Some(organisation), ..)) => {
                Ok(Audience::Guests { organisation: organisation.into() })
            }
            ("ticket_holders", (_, Some(event), _)) => Ok(Audience::TicketHolders { event: event.into() }),
            ("checked_in", (_, Some(event), _)) => Ok(Audience::CheckedIn { event: event.into() }),
            ("waiting", (_, Some(event), _)) => Ok(Audience::Waiting { event: event.into() }),
            ("ticket_type", (_, Some(event), Some(of))) => {
                Ok(Audience::TicketType { event: event.into(), ticket_type: of.into() })
            }
            _ => Ok(Audience::Members),
        }
    }
}

/// What is said in one language: plain text, of which nothing is markup.
#[derive(Deserialize, ToSchema)]
pub struct WordingBody {
    /// One line of up to 200 characters.
    #[schema(example = "The doors open earlier")]
    subject: String,
    /// Up to 10,000 characters. Empty lines separate paragraphs; one that is an address and nothing else is a link.
    #[schema(example = "Come at seven.\n\nhttps://example.org/way")]
    body: String,
}

/// The same in German and English, or in one of them: who reads the other is sent it all the same.
#[derive(Deserialize, ToSchema)]
pub struct TextsBody {
    de: Option<WordingBody>,
    en: Option<WordingBody>,
}

impl TextsBody {
    fn read(&self) -> Result<Texts, Problem> {
        let mut wrong = Vec::new();
        let mut one = |field: &str, body: Option<&WordingBody>| {
            let written = Wording::written(field, &body?.subject, &body?.body);
            written.map_err(|mistakes| wrong.extend(mistakes)).ok()
        };
        let texts = Texts { de: one("texts.de", self.de.as_ref()), en: one("texts.en", self.en.as_ref()) };
        if wrong.is_empty() { Ok(texts) } else { Err(Problem::invalid(wrong)) }
    }
}

/// Something to be said to many.
#[derive(Deserialize, ToSchema)]
pub struct AnnouncementBody {
    audience: AudienceBody,
    texts: TextsBody,
    /// Until then whoever gets a ticket later is sent it as well; only for `guests`, `ticket_holders` and `ticket_type`.
    valid_until: Option<DateTime<Utc>>,
}

/// What of it changes; what is not sent stays.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"valid_until": null}))]
pub struct AnnouncementPatch {
    audience: Option<AudienceBody>,
    /// All languages anew.
    texts: Option<TextsBody>,
    /// Null: only those are sent it who are there when it goes out.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<DateTime<Utc>>)]
    valid_until: Option<Option<DateTime<Utc>>>,
}

/// Tells a field that was sent as null from one that was not sent.
fn sent<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<DateTime<Utc>>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// Which announcements are wanted; all that is given has to hold.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AnnouncementsQuery {
    /// `draft`, `scheduled`, `sending`, `sent` or `cancelled`.
    status: Option<String>,
    #[param(value_type = Option<Uuid>)]
    organisation_id: Option<String>,
    #[param(value_type = Option<Uuid>)]
    event_id: Option<String>,
}

fn status(text: &str) -> Option<AnnouncementStatus> {
    AnnouncementStatus::ALL.into_iter().find(|status| status.as_str() == text)
}

fn unknown(field: &str) -> Problem {
    Problem::invalid(vec![Invalid::new(field, "unknown", "there is no such one")])
}

/// What is foreign is a mistake in the body, as what is not there.
fn required(grant: &Grant, organisation: OrganisationId, field: &str) -> Result<(), Problem> {
    grant.require(organisation, Right::Manage).map_err(|denied| match denied {
        Denied::Hidden => unknown(field),
        Denied::Forbidden => denied.into(),
    })
}

/// By which organisation something is said to these, if whoever wants that may: what concerns an organisation is for those
/// who manage it, and what concerns everybody for admins.
async fn said_by(app: &App, actor: Actor, audience: Audience) -> Result<Option<OrganisationId>, Problem> {
    let grant = app.events.grant(actor).await?;
    if let Audience::Guests { organisation } = audience {
        let field = "audience.organisation_id";
        required(&grant, organisation, field)?;
        return match app.events.issuer(organisation).await? {
            Some(_) => Ok(Some(organisation)),
            None => Err(unknown(field)),
        };
    }
    let Some(event) = audience.event() else {
        let refused = Problem::forbidden("forbidden", "Only admins may write to all members.");
        return if actor.is_admin() { Ok(None) } else { Err(refused) };
    };
    let field = "audience.event_id";
    let Some(listed) = app.events.facts(event).await? else {
        grant.require_any()?;
        return Err(unknown(field));
    };
    required(&grant, listed.event.organisation, field)?;
    if let Some(wanted) = audience.ticket_type()
        && !listed.ticket_types.iter().any(|stocked| stocked.ticket_type.id == wanted)
    {
        return Err(unknown("audience.ticket_type_id"));
    }
    Ok(Some(listed.event.organisation))
}

/// An announcement that somebody runs: those of others are not there.
async fn own(app: &App, actor: Actor, id: AnnouncementId) -> Result<Announcement, Problem> {
    let grant = app.events.grant(actor).await?;
    let found = app.announcements.announcement(id).await?;
    let found = found.filter(|it| it.organisation.is_some() || actor.is_admin());
    let Some(it) = found else {
        grant.require_any()?;
        return Err(Problem::not_found());
    };
    if let Some(organisation) = it.organisation {
        grant.require(organisation, Right::Manage)?;
    }
    Ok(it)
}

/// What was said or is to be, the newest first. How many were written to is told of each by itself.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), params(AnnouncementsQuery, PagingQuery), responses(
    (status = 200, body = PageView<AnnouncementView>), (status = 403, body = Problem),
    (status = 422, body = Problem)))]
#[get("/admin/announcements")]
async fn list_announcements(
    app: Data<App>,
    user: User,
    query: Query<AnnouncementsQuery>,
    paging: Paging,
) -> Result<HttpResponse, Problem> {
    let managed = managed(&app, user.0).await?;
    let query = query.into_inner();
    let mut wrong = Vec::new();
    let filter = AnnouncementFilter {
        organisations: narrowed(managed, id("organisation_id", query.organisation_id, &mut wrong)),
        event: id("event_id", query.event_id, &mut wrong),
        status: word("status", query.status, status, &mut wrong),
    };
    if !wrong.is_empty() {
        return Err(Problem::invalid(wrong));
    }
    let page = app.announcements.announcements(&filter, paging.0).await?;
    Ok(HttpResponse::Ok().json(PageView::of(page, |it| AnnouncementView::of(it, None))))
}

/// Begin to write one. It goes to nobody before it is scheduled.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), params(Once), request_body = AnnouncementBody, responses(
    (status = 201, body = AnnouncementView), (status = 403, body = Problem),
    (status = 422, description = "`invalid_input`", body = Problem)))]
#[post("/admin/announcements")]
async fn create_announcement(
    app: Data<App>,
    user: User,
    once: Once,
    body: Json<AnnouncementBody>,
) -> Result<HttpResponse, Problem> {
    let work = async {
        let audience = body.audience.read()?;
        let organisation = said_by(&app, user.0, audience).await?;
        let said = AnnouncementChange {
            audience: Some((audience, organisation)),
            texts: Some(body.texts.read()?),
            valid_until: Some(body.valid_until),
        };
        let it = app.announcements.create(&user.0, &said).await?;
        let location = (header::LOCATION, format!("/api/v1/admin/announcements/{}", it.id));
        Ok(HttpResponse::Created().insert_header(location).json(shown(&app, it).await?))
    };
    once.run(&app, user.0.account, &body, work).await
}

/// One of them, with how many of those who are written to stand how.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), responses(
    (status = 200, body = AnnouncementView), (status = 403, body = Problem), (status = 404, body = Problem)))]
#[get("/admin/announcements/{id}")]
async fn show_announcement(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let it = own(&app, user.0, id.into_inner().into()).await?;
    Ok(HttpResponse::Ok().json(shown(&app, it).await?))
}

/// Change what is said, or to whom, until it goes out.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), request_body = AnnouncementPatch, responses(
    (status = 200, body = AnnouncementView), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, description = "`wrong_status`", body = Problem),
    (status = 422, description = "`invalid_input`", body = Problem)))]
#[patch("/admin/announcements/{id}")]
async fn change_announcement(
    app: Data<App>,
    user: User,
    id: Path<Uuid>,
    body: Json<AnnouncementPatch>,
) -> Result<HttpResponse, Problem> {
    let id = AnnouncementId::from(id.into_inner());
    own(&app, user.0, id).await?;
    let audience = match &body.audience {
        Some(audience) => {
            let audience = audience.read()?;
            Some((audience, said_by(&app, user.0, audience).await?))
        }
        None => None,
    };
    let texts = body.texts.as_ref().map(TextsBody::read).transpose()?;
    let change = AnnouncementChange { audience, texts, valid_until: body.valid_until };
    let it = app.announcements.change(&user.0, id, &change).await?;
    Ok(HttpResponse::Ok().json(shown(&app, it).await?))
}

/// Throw one away that has not begun to go out.
#[utoipa::path(tag = "organisers", security(("bearer" = [])), responses(
    (status = 204), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, description = "`wrong_status`", body = Problem)))]
#[delete("/admin/announcements/{id}")]
async fn delete_announcement(app: Data<App>, user: User, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let id = AnnouncementId::from(id.into_inner());
    own(&app, user.0, id).await?;
    app.announcements.delete(&user.0, id).await?;
    Ok(HttpResponse::NoContent().finish())
}
