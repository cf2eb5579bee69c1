//! Cross-origin requests (Fetch standard, section 3.2): allowed for the configured origins, and nobody else.

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

const METHODS: &str = "GET, POST, PUT, PATCH, DELETE";
const REQUEST_HEADERS: &str =
    "authorization, content-type, idempotency-key, if-none-match, if-range, range, x-request-id";
const ANSWER_HEADERS: &str = "accept-ranges, content-disposition, content-range, etag, idempotency-replayed, location, \
                              retry-after, x-request-id";
/// How long a browser may remember that it was allowed, in seconds.
const MAX_AGE: &str = "3600";

/// The `Origin` of a request, if it is one of the allowed.
#[must_use]
pub fn allowed_origin(headers: &HeaderMap, allowed: &[String]) -> Option<HeaderValue> {
    let origin = headers.get(header::ORIGIN)?;
    let text = origin.to_str().ok()?.to_ascii_lowercase();
    allowed.contains(&text).then(|| origin.clone())
}

/// Whether a browser only asks whether it may ask.
#[must_use]
pub fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS
        && headers.contains_key(header::ORIGIN)
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// What a preflight is answered; [`dress`] says the rest.
#[must_use]
pub fn preflight(allowed: bool) -> HttpResponse {
    let mut answer = HttpResponse::NoContent();
    if allowed {
        answer
            .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, METHODS))
            .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS))
            .insert_header((header::ACCESS_CONTROL_MAX_AGE, MAX_AGE));
    }
    answer.finish()
}

/// Tells the browser that the page of this origin may read the answer.
pub fn dress(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    let expose: HeaderName = header::ACCESS_CONTROL_EXPOSE_HEADERS;
    headers.insert(expose, HeaderValue::from_static(ANSWER_HEADERS));
    // What is cached for long says so already, whoever asks.
    if !headers.get_all(header::VARY).any(|vary| vary.as_bytes().eq_ignore_ascii_case(b"origin")) {
        headers.append(header::VARY, HeaderValue::from_static("origin"));
    }
}
