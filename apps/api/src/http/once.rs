//! `Idempotency-Key`: a repeated request gets the first one's answer, and does its work once.

use super::json::Json;
use super::problem::{CONTENT_TYPE, Problem};
use crate::wiring::App;
use actix_web::body::to_bytes;
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{FromRequest, HttpRequest, HttpResponse, ResponseError};
use chrono::TimeDelta;
use kernel::{AccountId, Begun, Invalid, RequestKey, StoredAnswer};
use sha2::{Digest, Sha256};
use std::future::{Ready, ready};
use std::time::Duration;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{HeaderBuilder, RefOr, Required, Response};
use uuid::Uuid;

/// The header with the key.
pub const KEY: &str = "Idempotency-Key";
/// The header of an answer that was given before.
const REPLAYED: &str = "Idempotency-Replayed";
/// Longest key.
const MAX_KEY: usize = 200;

/// The key of a request, if it has one, and what it is bound to.
pub struct Once {
    key: Option<String>,
    route: String,
}

/// For `params(Once)` in the description of a handler that takes one; what it may be answered besides follows from it, see
/// [`documented`].
impl IntoParams for Once {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let text = ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(MAX_KEY))
            .pattern(Some("^[!-~]+$"));
        let parameter = ParameterBuilder::new()
            .name(KEY)
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(
                "Repeats with the same key are answered as the first was, and do nothing more.",
            ))
            .schema(Some(text));
        vec![parameter.build()]
    }
}

/// What the answers of a call that takes a key say of it.
pub(super) fn documented(status: &str, response: &mut RefOr<Response>) {
    let RefOr::T(response) = response else { return };
    let more = match status {
        "409" => {
            "`idempotency_in_flight`: the first with this key is still being worked on; see `Retry-After`"
        }
        "422" => "`idempotency_mismatch`: the key was used for another request",
        status if status.starts_with('2') => {
            let text = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["true"]));
            let header = HeaderBuilder::new().schema(Some(text)).description(Some("It was given before."));
            response.headers.insert(REPLAYED.to_owned(), RefOr::T(header.build()));
            return;
        }
        _ => return,
    };
    if !response.description.is_empty() {
        response.description.push_str("; ");
    }
    response.description.push_str(more);
}

impl FromRequest for Once {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let route = format!("{} {}", request.method(), request.uri());
        ready(key(request).map(|key| Self { key, route }))
    }
}

fn key(request: &HttpRequest) -> Result<Option<String>, Problem> {
    let Some(value) = request.headers().get(KEY) else {
        return Ok(None);
    };
    match value.to_str() {
        Ok(key) if (1..=MAX_KEY).contains(&key.len()) => Ok(Some(key.to_owned())),
        _ => {
            let message = "must have 1 to 200 visible ASCII characters";
            Err(Problem::invalid(vec![Invalid::new(KEY, "malformed", message)]))
        }
    }
}

impl Once {
    /// A name that this request shares with its repeats, if it has a key: for what must not be done twice even when
    /// the answer to the first was never kept.
    pub fn name(&self, caller: AccountId) -> Option<Uuid> {
        let key = self.key.as_ref()?;
        let digest = Sha256::new().chain_update(caller.as_uuid()).chain_update(&self.route).chain_update([0]);
        let digest = digest.chain_update(key).finalize();
        let bytes = digest.first_chunk::<16>().copied()?;
        Some(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// Does `work`, or gives the answer that it had before. Without a key it is always done.
    ///
    /// # Errors
    /// What `work` refuses with; 422 `idempotency_mismatch` when the key was used for another request; 409
    /// `idempotency_in_flight` while the first is being worked on.
    pub async fn run<B>(
        self,
        app: &App,
        caller: AccountId,
        body: &Json<B>,
        work: impl Future<Output = Result<HttpResponse, Problem>>,
    ) -> Result<HttpResponse, Problem> {
        self.run_over(app, caller, &body.bytes, work).await
    }

    /// The same for a request whose body is not JSON, or that has none.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub async fn run_over(
        self,
        app: &App,
        caller: AccountId,
        body: &[u8],
        work: impl Future<Output = Result<HttpResponse, Problem>>,
    ) -> Result<HttpResponse, Problem> {
        let Some(key) = self.key else {
            return work.await;
        };
        let digest = Sha256::new().chain_update(self.route).chain_update([0]).chain_update(body);
        let request = RequestKey { caller, key, fingerprint: digest.finalize().into() };
        let now = app.clock.now();
        match app.idempotency.begin(&request, now, now + in_flight(app)).await? {
            Begun::Fresh => {}
            Begun::Answered(answer) => return again(app, &request, answer),
            Begun::InFlight => {
                let detail = "The first request with this key is still being worked on.";
                let wait = Duration::from_secs(1);
                return Err(Problem::conflict("idempotency_in_flight", detail).retry_after(wait));
            }
            Begun::Mismatch => {
                let detail = "This key was used for another request.";
                return Err(Problem::unprocessable("idempotency_mismatch", detail));
            }
        }
        let answer = work.await.unwrap_or_else(|problem| problem.error_response());
        keep(app, &request, answer).await
    }
}

/// How long a request may be in flight before a repeat is worked on anew, as it has to be when the server was killed:
/// two questions to a provider, and what the store may take. Should both run at once after all, the store lets one of
/// them pass.
fn in_flight(app: &App) -> TimeDelta {
    TimeDelta::seconds(i64::from(app.config.payments.timeout_seconds) * 2 + 10)
}

async fn keep(app: &App, request: &RequestKey, answer: HttpResponse) -> Result<HttpResponse, Problem> {
    let status = answer.status();
    if status.is_server_error() || [StatusCode::TOO_MANY_REQUESTS, StatusCode::CONFLICT].contains(&status) {
        app.idempotency.release(request).await?;
        return Ok(answer);
    }
    let (head, body) = answer.into_parts();
    let body = to_bytes(body).await.map_err(|_| Problem::unexpected())?;
    let location = head.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
    let sealed = app.seal.seal(&body, &request.fingerprint).map_err(|error| Problem::internal(&error))?;
    let kept = StoredAnswer { status: status.as_u16(), location: location.map(str::to_owned), body: sealed };
    app.idempotency.answer(request, &kept).await?;
    Ok(head.set_body(body).map_into_boxed_body())
}

fn again(app: &App, request: &RequestKey, answer: StoredAnswer) -> Result<HttpResponse, Problem> {
    let Some(body) = app.seal.open(&answer.body, &request.fingerprint) else {
        tracing::error!("a kept answer was sealed with another signing key");
        return Err(Problem::unexpected());
    };
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = HttpResponse::build(status);
    if let Some(location) = answer.location {
        response.insert_header((header::LOCATION, location));
    }
    response.insert_header((header::HeaderName::from_static("idempotency-replayed"), "true"));
    if body.is_empty() {
        return Ok(response.finish());
    }
    let kind = if status.is_success() { "application/json" } else { CONTENT_TYPE };
    Ok(response.insert_header((header::CONTENT_TYPE, HeaderValue::from_static(kind))).body(body))
}
