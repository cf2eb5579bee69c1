//! The OpenAPI document, made from the code that serves.

use super::problem::CONTENT_TYPE;
use super::{once, routes};
use actix_web::http::header;
use actix_web::middleware::Compress;
use actix_web::web::Data;
use actix_web::{App as Actix, HttpResponse, get};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use utoipa::Modify;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{self, ContentBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder};
use utoipa_actix_web::AppExt;

const JSON: &str = "application/json";

#[derive(utoipa::OpenApi)]
#[openapi(
    info(title = "Synesthesie", description = "Invites, events, tickets and the door.", license(name = "MIT OR Apache-2.0")),
    components(schemas(super::problem::Problem)),
    modifiers(&Bearer)
)]
struct Head;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        let components = document.components.get_or_insert_with(openapi::Components::new);
        components.add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

/// What precedes the routes in the document.
#[must_use]
pub fn head() -> OpenApi {
    <Head as utoipa::OpenApi>::openapi()
}

/// The whole document.
#[must_use]
pub fn document() -> OpenApi {
    let app = Actix::new().into_utoipa_app().openapi(head()).configure(routes::routes);
    finish(app.split_for_parts().1)
}

/// The document as text, the same for the same code.
#[must_use]
pub fn text() -> String {
    let mut text = serde_json::to_string_pretty(&document()).unwrap_or_default();
    text.push('\n');
    text
}

/// What calls of some kind may be answered besides what each says of itself: status, name, and what it means.
type Common = (&'static str, &'static str, &'static str);

const BAD_REQUEST: Common = ("400", "BadRequest", "`malformed_json`, `malformed_query`, `malformed_address`");
const UNAUTHENTICATED: Common = ("401", "Unauthenticated", "`unauthenticated`");
const FORBIDDEN: Common =
    ("403", "Forbidden", "`forbidden`: it is for admins, or for those who run it; `totp_required`");
const NOT_FOUND: Common = ("404", "NotFound", "`not_found`: it is not there, or not for you to know of");
const LATE: Common = ("408", "Late", "`incomplete_body`: it did not arrive in time");
const TOO_LARGE: Common = ("413", "TooLarge", "`too_large`");
const NOT_JSON: Common = ("415", "NotJson", "`unsupported_media_type`");
const INVALID: Common = ("422", "Invalid", "`invalid_input`, with what is wrong in `errors`");
const TOO_MANY: Common = ("429", "TooMany", "`too_many_attempts`; see `Retry-After`");
const INTERNAL: Common = ("500", "Internal", "`internal`: a defect, told to those who run it");
const UNAVAILABLE: Common =
    ("503", "Unavailable", "`unavailable`, `too_slow`, `maintenance`; see `Retry-After`");

/// What both say of the key is [`once::documented`].
const IN_FLIGHT: Common = ("409", "InFlight", "");
const MISMATCH: Common = ("422", "Mismatch", INVALID.2);

const ALL: [Common; 13] = [
    BAD_REQUEST,
    UNAUTHENTICATED,
    FORBIDDEN,
    NOT_FOUND,
    LATE,
    TOO_LARGE,
    NOT_JSON,
    INVALID,
    TOO_MANY,
    INTERNAL,
    UNAVAILABLE,
    IN_FLIGHT,
    MISMATCH,
];

/// Which of them a call may be answered with, as far as it follows from its kind.
fn common(path: &str, operation: &Operation) -> Vec<Common> {
    let mut common = vec![BAD_REQUEST, INTERNAL, UNAVAILABLE];
    if path.starts_with(routes::BASE) {
        common.push(TOO_MANY);
    }
    if path.starts_with(&format!("{}/admin/", routes::BASE)) {
        common.push(FORBIDDEN);
    }
    if operation.security.is_some() {
        common.push(UNAUTHENTICATED);
    }
    if takes_key(operation) {
        common.extend([IN_FLIGHT, MISMATCH]);
    }
    if operation.request_body.is_some() {
        common.extend([LATE, TOO_LARGE, NOT_JSON, INVALID]);
    }
    for parameter in operation.parameters.iter().flatten() {
        match parameter {
            RefOr::T(Parameter { parameter_in: ParameterIn::Path, .. }) => common.push(NOT_FOUND),
            RefOr::T(Parameter { parameter_in: ParameterIn::Query, .. }) => common.push(INVALID),
            RefOr::T(_) | RefOr::Ref(_) => {}
        }
    }
    common
}

/// Whether it may be repeated under a key.
fn takes_key(operation: &Operation) -> bool {
    let mut parameters = operation.parameters.iter().flatten();
    parameters.any(|it| matches!(it, RefOr::T(Parameter { name, .. }) if name == once::KEY))
}

/// What was once asked and answered, by call; a test holds each against what is documented.
static EXAMPLES: LazyLock<BTreeMap<String, Example>> =
    LazyLock::new(|| serde_json::from_str(include_str!("examples.json")).unwrap_or_default());

#[derive(serde::Deserialize)]
struct Example {
    status: u16,
    request: Value,
    response: Value,
}

fn exemplify(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        let operations = [
            ("GET", &mut item.get),
            ("POST", &mut item.post),
            ("PUT", &mut item.put),
            ("PATCH", &mut item.patch),
            ("DELETE", &mut item.delete),
        ];
        for (method, operation) in operations {
            let Some((operation, example)) =
                operation.as_mut().zip(EXAMPLES.get(&format!("{method} {path}")))
            else {
                continue;
            };
            if let Some(RefOr::T(body)) = operation.request_body.as_mut()
                && let Some(RefOr::T(content)) = body.content.get_mut(JSON)
                && !example.request.is_null()
            {
                content.example = Some(example.request.clone());
            }
            let answered = operation.responses.responses.get_mut(&example.status.to_string());
            if let Some(RefOr::T(response)) = answered.filter(|_| !example.response.is_null())
                && let Some(RefOr::T(content)) = response.content.get_mut(JSON)
            {
                content.example = Some(example.response.clone());
            }
        }
    }
}

/// Problems have a media type of their own, and what all calls of a kind can be answered is said here once.
fn finish(mut document: OpenApi) -> OpenApi {
    exemplify(&mut document);
    for (path, item) in &mut document.paths.paths {
        let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            let (common, repeatable) = (common(path, operation), takes_key(operation));
            let responses = &mut operation.responses.responses;
            for (_, response) in responses.iter_mut().filter(|(status, _)| status.starts_with(['4', '5'])) {
                if let RefOr::T(response) = response {
                    let content = std::mem::take(&mut response.content);
                    response.content =
                        content.into_values().map(|one| (CONTENT_TYPE.to_owned(), one)).collect();
                }
            }
            if repeatable {
                responses.iter_mut().for_each(|(status, response)| once::documented(status, response));
            }
            for (status, name, _) in common {
                let answer = || RefOr::Ref(Ref::from_response_name(name));
                responses.entry(status.to_owned()).or_insert_with(answer);
            }
        }
    }
    let components = document.components.get_or_insert_with(openapi::Components::new);
    for one @ (status, name, description) in ALL {
        let mut response = RefOr::T(problem(description));
        if [IN_FLIGHT, MISMATCH].contains(&one) {
            once::documented(status, &mut response);
        }
        components.responses.insert(name.to_owned(), response);
    }
    document
}

fn problem(description: &str) -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    ResponseBuilder::new().description(description).content(CONTENT_TYPE, content).build()
}

/// The document, as served.
pub struct Document {
    /// As JSON.
    pub json: String,
    /// As a page for people.
    pub page: String,
}

/// The OpenAPI document.
#[utoipa::path(tag = "operations", responses((status = 200, body = Object)))]
#[get("/openapi.json", wrap = "Compress::default()")]
pub(super) async fn openapi_json(document: Data<Document>) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "application/json")).body(document.json.clone())
}
