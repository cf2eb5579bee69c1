//! The OpenAPI document as one page for people, which needs nothing from elsewhere.

use super::missing::methods;
use super::openapi::Document;
use actix_web::http::header;
use actix_web::middleware::Compress;
use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use std::collections::BTreeMap;
use std::fmt::Write;
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::{Operation, PathItem};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;\
color:#1b1b1f;background:#fff}h2{margin-top:2.5rem;text-transform:capitalize}details{border:1px solid #d5d5dd;\
border-radius:.4rem;margin:.4rem 0;padding:.4rem .8rem}summary{cursor:pointer}b{display:inline-block;width:4.2rem}\
code,pre{font:14px/1.4 ui-monospace,monospace}pre{overflow:auto;background:#f4f4f7;padding:.8rem;border-radius:.4rem}\
@media(prefers-color-scheme:dark){body{color:#e6e6ea;background:#17171a}pre{background:#232328}details{border-color:#3a3a42}}";

/// The page.
#[must_use]
pub fn page(document: &OpenApi) -> String {
    let mut tags: BTreeMap<&str, String> = BTreeMap::new();
    for (path, item) in &document.paths.paths {
        for method in methods(item) {
            if let Some(operation) = operation(item, method) {
                let tag = operation.tags.iter().flatten().next().map_or("other", String::as_str);
                write_operation(tags.entry(tag).or_default(), method, path, operation);
            }
        }
    }
    let tags: Vec<(String, String)> = tags.into_iter().map(|(tag, calls)| (escape(tag), calls)).collect();
    let contents: String = tags.iter().map(|(tag, _)| format!("<a href=\"#{tag}\">{tag}</a> ")).collect();
    let calls: String =
        tags.iter().map(|(tag, calls)| format!("<h2 id=\"{tag}\">{tag}</h2>{calls}")).collect();
    let schemas = document.components.iter().flat_map(|components| &components.schemas);
    let schemas: String = schemas
        .map(|(name, schema)| {
            let (name, json) = (escape(name), pretty(schema));
            format!("<details id=\"{name}\"><summary><code>{name}</code></summary>{json}</details>")
        })
        .collect();
    let (title, version) = (escape(&document.info.title), escape(&document.info.version));
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style><h1>{title} {version}</h1>\
         <p>The same for programs: <a href=\"/openapi.json\">/openapi.json</a>.</p>\
         <nav>{contents}<a href=\"#schemas\">schemas</a></nav>{calls}<h2 id=\"schemas\">schemas</h2>{schemas}</html>"
    )
}

fn operation<'d>(item: &'d PathItem, method: &str) -> Option<&'d Operation> {
    match method {
        "GET" => item.get.as_ref(),
        "POST" => item.post.as_ref(),
        "PUT" => item.put.as_ref(),
        "PATCH" => item.patch.as_ref(),
        _ => item.delete.as_ref(),
    }
}

fn write_operation(to: &mut String, method: &str, path: &str, operation: &Operation) {
    let summary = escape(operation.summary.as_deref().unwrap_or(""));
    let description = escape(operation.description.as_deref().unwrap_or(""));
    let lock = if operation.security.is_some() { " 🔒" } else { "" };
    let mut parts = String::new();
    if let Some(parameters) = &operation.parameters {
        parts += &format!("<p>Parameters</p>{}", pretty(parameters));
    }
    if let Some(body) = &operation.request_body {
        parts += &format!("<p>Body</p>{}", pretty(body));
    }
    // Writing into a `String` cannot fail.
    let _ = write!(
        to,
        "<details><summary><b>{method}</b> <code>{}</code>{lock} {summary}</summary><p>{description}</p>{parts}\
         <p>Answers</p>{}</details>",
        escape(path),
        pretty(&operation.responses),
    );
}

/// As JSON, in which names of schemas lead to them.
fn pretty(part: &impl serde::Serialize) -> String {
    const SCHEMA: &str = "#/components/schemas/";
    let json = escape(&serde_json::to_string_pretty(part).unwrap_or_default());
    let mut pieces = json.split(SCHEMA);
    let mut linked = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once("&quot;").unwrap_or((piece, ""));
        // Writing into a `String` cannot fail.
        let _ = write!(linked, "<a href=\"#{name}\">{name}</a>&quot;{rest}");
    }
    format!("<pre>{linked}</pre>")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// All calls, for people.
#[utoipa::path(tag = "operations", responses((status = 200, body = String, content_type = "text/html")))]
#[get("/docs", wrap = "Compress::default()")]
pub(super) async fn docs(document: Data<Document>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"))
        .body(document.page.clone())
}
