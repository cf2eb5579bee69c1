//! The scanner for browsers: a page and its scripts, which need nothing from elsewhere and work without a network.

use actix_web::http::header;
use actix_web::{HttpResponse, get};
use utoipa_actix_web::service_config::ServiceConfig;

/// The calls of this file.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(page)
        .service(page_script)
        .service(scanner_script)
        .service(list_script)
        .service(camera_script)
        .service(qr_script)
        .service(qr_tables)
        .service(worker)
        .service(style);
}

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      worker-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

fn file(content_type: &'static str, text: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, content_type))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .body(text)
}

const SCRIPT: &str = "text/javascript; charset=utf-8";

/// The scanner for browsers.
#[utoipa::path(tag = "door", responses((status = 200, content_type = "text/html", body = String)))]
#[get("/door")]
async fn page() -> HttpResponse {
    file("text/html; charset=utf-8", include_str!("../../assets/door/index.html"))
}

/// What is on it.
#[utoipa::path(tag = "door", responses((status = 200, content_type = "text/javascript", body = String)))]
#[get("/door/page.mjs")]
async fn page_script() -> HttpResponse {
    file(SCRIPT, include_str!("../../assets/door/page.mjs"))
}

/// What it does, without the page.
#[utoipa::path(tag = "door", responses((status = 200, content_type = "text/javascript", body = String)))]
#[get("/door/scanner.mjs")]
async fn scanner_script() -> HttpResponse {
    file(SCRIPT, include_str!("../../assets/door/scanner.mjs"))
}

/// How it opens a list and asks it about codes.
#[utoipa::path(tag = "door", responses((status = 200, content_type = "text/javascript", body = String)))]
#[get("/door/list.mjs")]
async fn list_script() -> HttpResponse {
    file(SCRIPT, include_str!("../../assets/door/list.mjs"))
}

/// How it looks for codes in what the camera sees.
#[utoipa::path(tag = "door", responses((status = 200, content_type = "text/javascript", body = String)))]
#[get("/door/camera.mjs")]
async fn camera_script() -> HttpResponse {
    file(SCRIPT, include_str!("../../assets/door/camera.mjs"))
}

/// What reads QR codes where the browser cannot: `qr` from npm, as published, under the MIT licence.
#[utoipa::path(tag = "door", responses((status = 200, content_type = "text/javascript", body = String)))]
#[get("/door/qr/decode.js")]
async fn qr_script() -> HttpResponse {
    file(SCRIPT, include_str!("../../assets/door/qr/decode.js"))
}

/// What that one imports.
#[utoipa::path(tag = "door", responses((status = 200, content_type = "text/javascript", body = String)))]
#[get("/door/qr/index.js")]
async fn qr_tables() -> HttpResponse {
    file(SCRIPT, include_str!("../../assets/door/qr/index.js"))
}

/// What keeps the page for when there is no network.
#[utoipa::path(tag = "door", responses((status = 200, content_type = "text/javascript", body = String)))]
#[get("/door/worker.js")]
async fn worker() -> HttpResponse {
    let mut answer = file(SCRIPT, include_str!("../../assets/door/worker.js"));
    // It lies below what it keeps.
    let name = header::HeaderName::from_static("service-worker-allowed");
    answer.headers_mut().insert(name, header::HeaderValue::from_static("/door"));
    answer
}

/// How it looks.
#[utoipa::path(tag = "door", responses((status = 200, content_type = "text/css", body = String)))]
#[get("/door/page.css")]
async fn style() -> HttpResponse {
    file("text/css; charset=utf-8", include_str!("../../assets/door/page.css"))
}
