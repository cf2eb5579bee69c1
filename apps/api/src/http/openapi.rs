//! The OpenAPI document, made from the code that serves.

use super::problem::CONTENT_TYPE;
use super::routes;
use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{App as Actix, HttpResponse, get};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use utoipa::Modify;
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

/// Problems have a media type of their own, and every call can answer with one.
fn finish(mut document: OpenApi) -> OpenApi {
    exemplify(&mut document);
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            let responses = &mut operation.responses.responses;
            for (_, response) in responses.iter_mut().filter(|(status, _)| status.starts_with(['4', '5'])) {
                if let RefOr::T(response) = response {
                    let content = std::mem::take(&mut response.content);
                    response.content =
                        content.into_values().map(|one| (CONTENT_TYPE.to_owned(), one)).collect();
                }
            }
            responses.entry("default".to_owned()).or_insert_with(|| any_problem().into());
        }
    }
    document
}

fn any_problem() -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let description = "A problem (RFC 9457); see its `code`";
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
#[get("/openapi.json")]
pub(super) async fn openapi_json(document: Data<Document>) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "application/json")).body(document.json.clone())
}
