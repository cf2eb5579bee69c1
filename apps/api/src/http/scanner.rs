//! The scanner for browsers: a page and its files, which need nothing from elsewhere and work without a network.

use super::problem::Problem;
use actix_web::http::header::{self, HeaderName};
use actix_web::web::Path;
use actix_web::{HttpResponse, get};
use utoipa_actix_web::service_config::ServiceConfig;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.service(page).service(file);
}

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      worker-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const SCRIPT: &str = "text/javascript; charset=utf-8";

/// What keeps the page for when there is no network, and itself needs one.
const KEEPER: &str = "worker.js";

/// What the page consists of: name below `/door/`, type and content. `qr` is of npm, as published, under the MIT licence.
const FILES: [(&str, &str, &str); 8] = [
    ("camera.mjs", SCRIPT, include_str!("../../assets/door/camera.mjs")),
    ("list.mjs", SCRIPT, include_str!("../../assets/door/list.mjs")),
    ("page.css", "text/css; charset=utf-8", include_str!("../../assets/door/page.css")),
    ("page.mjs", SCRIPT, include_str!("../../assets/door/page.mjs")),
    ("qr/decode.js", SCRIPT, include_str!("../../assets/door/qr/decode.js")),
    ("qr/index.js", SCRIPT, include_str!("../../assets/door/qr/index.js")),
    ("scanner.mjs", SCRIPT, include_str!("../../assets/door/scanner.mjs")),
    (KEEPER, SCRIPT, include_str!("../../assets/door/worker.js")),
];

fn answer(content_type: &'static str, text: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, content_type))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        // The keeper lies below what it keeps.
        .insert_header((HeaderName::from_static("service-worker-allowed"), "/door"))
        .body(text)
}

/// The scanner for browsers.
#[utoipa::path(tag = "door", responses((status = 200, content_type = "text/html", body = String)))]
#[get("/door")]
async fn page() -> HttpResponse {
    answer("text/html; charset=utf-8", include_str!("../../assets/door/index.html"))
}

/// A script of the scanner, or its style.
#[utoipa::path(tag = "door", params(("file" = String, Path, description = "as the page names it")), responses(
    (status = 200, body = String, content(("text/javascript"), ("text/css"))),
    (status = 404, body = Problem)))]
#[get("/door/{file:.*}")]
async fn file(file: Path<String>) -> Result<HttpResponse, Problem> {
    let found = FILES.iter().find(|(name, ..)| *name == file.as_str());
    found.map(|(_, kind, text)| answer(kind, text)).ok_or_else(Problem::not_found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_the_page_needs_is_kept_for_when_there_is_no_network() {
        let (_, _, keeper) = FILES.iter().find(|(name, ..)| *name == KEEPER).unwrap();
        let list = keeper.split_once("const FILES = [").unwrap().1.split_once(']').unwrap().0;
        let mut kept: Vec<_> = list.split('"').skip(1).step_by(2).collect();
        kept.sort_unstable();
        let names =
            FILES.iter().filter(|(name, ..)| *name != KEEPER).map(|(name, ..)| format!("/door/{name}"));
        let all: Vec<_> = std::iter::once("/door".to_owned()).chain(names).collect();
        assert_eq!(kept, all);
    }
}
