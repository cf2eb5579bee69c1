//! What wraps every request: its id, its line in the log, its place in the metrics, its headers; and whatever goes
//! wrong inside, down to a panic, comes out as a problem.

use super::missing::Methods;
use super::problem::{CONTENT_TYPE, Problem};
use super::{cors, deadlines, maintenance, request_id};
use crate::metrics::Route;
use crate::telemetry::Followed;
use crate::wiring::App;
use actix_web::body::{BodySize, BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};
use actix_web::{Error, HttpResponse, ResponseError};
use futures_util::FutureExt;
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;
use tokio::time::timeout;

type Answer = ServiceResponse<EitherBody<BoxBody>>;

/// The outermost middleware.
///
/// # Errors
/// A [`Problem`], where no answer could be made because the request is gone.
pub async fn envelope(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<Answer, Error> {
    let app = request.app_data::<Data<App>>().cloned().ok_or_else(Problem::unexpected)?;
    let (id, method, started) = (request_id::of(request.headers()), request.method().clone(), Instant::now());
    let origin = cors::allowed_origin(request.headers(), &app.config.http.allowed_origins);
    let followed = followed(&app, &request, &id);
    // When no answer comes of it, the request is gone, and with it what it is counted under.
    let methods = request.app_data::<Data<Methods>>().cloned();
    let path = request.match_info().as_str().to_owned();
    let work = AssertUnwindSafe(answer(&app, request, next, origin.is_some())).catch_unwind();
    let outcome = request_id::with(id.clone(), followed.around(work)).await;
    let _named = followed.log().enter();
    let ended = |pattern: Option<String>, status: StatusCode| {
        let is_known = pattern.is_some();
        let route = route(&method, pattern, status);
        log(&route, started);
        followed.answered(&route, is_known);
        app.metrics.request(&route, started.elapsed());
    };
    let failed = |status: StatusCode| {
        ended(methods.as_ref().and_then(|methods| methods.counted_as(&method, &path)), status);
    };
    match outcome {
        Ok(Ok(mut answer)) => {
            ended(answer.request().match_pattern(), answer.status());
            dress(answer.headers_mut(), &id);
            if let Some(origin) = origin {
                cors::dress(answer.headers_mut(), origin);
            }
            Ok(answer)
        }
        Ok(Err(error)) => {
            let problem = of_error(&error);
            failed(problem.status_code());
            Err(bare(problem, &id, origin))
        }
        Err(_) => {
            tracing::error!("a request ended in a panic");
            app.metrics.panic();
            failed(StatusCode::INTERNAL_SERVER_ERROR);
            Err(bare(Problem::unexpected(), &id, origin))
        }
    }
}

/// What follows a request through its lines of the log and through its trace.
fn followed(app: &App, request: &ServiceRequest, id: &str) -> Followed {
    /// Where machines ask every few seconds.
    const PROBES: [&str; 3] = ["/health/live", "/health/ready", "/metrics"];
    /// Says in whose trace a request was sent (W3C Trace Context).
    const TRACEPARENT: &str = "traceparent";
    let method = verb(request.method());
    if PROBES.contains(&request.path()) {
        return Followed::probe(id, method);
    }
    let told = request.headers().get(TRACEPARENT).filter(|_| app.config.telemetry.trust_traceparent);
    let sent_in = told.and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
    Followed::request(id, method, sent_in)
}

/// What is answered where the request is gone, with the headers of every other answer.
fn bare(problem: Problem, id: &str, origin: Option<HeaderValue>) -> Error {
    let problem = problem.of_request(id.to_owned());
    let mut response = problem.error_response();
    dress(response.headers_mut(), id);
    if let Some(origin) = origin {
        cors::dress(response.headers_mut(), origin);
    }
    InternalError::from_response(problem, response).into()
}

async fn answer(
    app: &App,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
    allowed_origin: bool,
) -> Result<Answer, Error> {
    if cors::is_preflight(request.method(), request.headers()) {
        let preflight = cors::preflight(allowed_origin).map_into_right_body();
        return Ok(request.into_response(preflight));
    }
    // Nothing that has a NUL in its address exists, and a store may choke on it.
    if has_nul(request.uri().path()) || request.uri().query().is_some_and(has_nul) {
        let refused = Problem::bad_request("malformed_address", "The address must not have NUL characters.");
        return Ok(request.into_response(refused.error_response().map_into_right_body()));
    }
    if let Err(refused) = maintenance::refuse(app, &request).await {
        return Ok(request.into_response(refused.error_response().map_into_right_body()));
    }
    let mut request = request;
    let bodiless = request.method() == Method::HEAD;
    if bodiless {
        // Answered like GET (RFC 9110, 9.3.2); the server itself leaves the body out.
        request.head_mut().method = Method::GET;
    }
    let most = deadlines::of(app, request.method(), request.match_info().as_str());
    let making = next.call(request);
    let made = match most {
        Some(most) => timeout(most, making).await.map_err(|_| deadlines::too_slow())?,
        None => making.await,
    };
    let mut answer = made?.map_into_boxed_body();
    if bodiless {
        // It would be made for nobody, and may never end.
        answer = answer.map_body(|_, body| BoxBody::new(Unsent::of(&body)));
    }
    Ok(as_problem(answer).map_into_left_body())
}

/// A body that is as large as another, and is not there.
struct Unsent(BodySize);

impl Unsent {
    fn of(body: &impl MessageBody) -> Self {
        Self(match body.size() {
            BodySize::Stream => BodySize::None,
            known => known,
        })
    }
}

impl MessageBody for Unsent {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        self.0
    }

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        Poll::Ready(None)
    }
}

fn has_nul(text: &str) -> bool {
    text.contains("%00")
}

/// Whatever refused the request: its answer becomes a problem, if it is none yet.
fn as_problem(answer: ServiceResponse) -> ServiceResponse {
    let status = answer.status();
    let is_plain = status.is_client_error() || status.is_server_error();
    let has_form = answer.headers().get(header::CONTENT_TYPE).is_some_and(|kind| {
        kind.to_str().is_ok_and(|kind| kind == CONTENT_TYPE || kind.starts_with("application/json"))
    });
    if !is_plain || has_form {
        return answer;
    }
    let problem = answer.response().error().map_or_else(|| Problem::of_status(status), of_error);
    let (request, _) = answer.into_parts();
    ServiceResponse::new(request, HttpResponse::from_error(problem))
}

fn of_error(error: &Error) -> Problem {
    let known = error.as_error::<Problem>().cloned();
    known.unwrap_or_else(|| Problem::of_status(error.as_response_error().status_code()))
}

fn route(method: &Method, pattern: Option<String>, status: StatusCode) -> Route {
    let route = pattern.unwrap_or_else(|| "unknown".to_owned());
    Route { method: verb(method).to_owned(), route, status: status.as_u16() }
}

/// Whatever a stranger makes up must not become a label of its own.
fn verb(method: &Method) -> &'static str {
    let known = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    known.into_iter().find(|known| method.as_str() == *known).unwrap_or("OTHER")
}

/// By pattern, not by address: addresses may hold codes.
fn log(route: &Route, started: Instant) {
    let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    if route.status >= 500 {
        tracing::warn!(route = %route.route, status = route.status, milliseconds, "answered");
    } else {
        tracing::debug!(route = %route.route, status = route.status, milliseconds, "answered");
    }
}

/// Headers of every answer (OWASP's cheat sheet for HTTP headers, as far as it concerns an API).
fn dress(headers: &mut HeaderMap, id: &str) {
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(HeaderName::from_static(request_id::HEADER), id);
    }
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in fixed {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
}
