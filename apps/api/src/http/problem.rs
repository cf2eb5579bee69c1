//! What is answered when something is wrong: `application/problem+json` (RFC 9457).

pub mod accounts;
pub mod backups;
pub mod booking;
pub mod events;
pub mod gallery;
pub mod hooks;
pub mod invites;
pub mod media;
pub mod messaging;
pub mod music;
pub mod refunds;
pub mod security;
pub mod vouchers;

use super::request_id;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use kernel::{Invalid, StoreError};
use serde::Serialize;
use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::time::Duration;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// The media type of RFC 9457.
pub const CONTENT_TYPE: &str = "application/problem+json";

/// Why a request was not fulfilled.
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: Cow<'static, str>,
    /// Apart, so that a `Result` with a problem stays small.
    more: Box<More>,
}

#[derive(Debug, Clone, Default)]
struct More {
    errors: Vec<Invalid>,
    retry_after: Option<Duration>,
    allow: Option<String>,
    request_id: Option<String>,
}

/// How a problem is written (RFC 9457, with members of our own).
#[derive(Serialize, ToSchema)]
pub struct ProblemView<'a> {
    /// Always `about:blank`: `code` says what it is.
    #[schema(example = "about:blank")]
    r#type: &'static str,
    /// The HTTP status in words.
    title: &'a str,
    /// The HTTP status.
    status: u16,
    /// For people.
    detail: &'a str,
    /// For programs; it does not change.
    code: &'static str,
    /// The same as in `X-Request-Id`; quote it when asking for help.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    /// What is wrong with which field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldView<'a>>,
}

/// What is wrong with one field.
#[derive(Serialize, ToSchema)]
pub struct FieldView<'a> {
    /// As sent, with dots into nested ones.
    field: &'a str,
    /// For programs; it does not change.
    code: &'static str,
    /// For people.
    message: &'a str,
}

impl PartialSchema for Problem {
    fn schema() -> RefOr<Schema> {
        ProblemView::schema()
    }
}

impl ToSchema for Problem {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        ProblemView::schemas(schemas);
    }
}

impl Problem {
    /// With a status, a code for programs and a sentence for people.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, detail: detail.into(), more: Box::default() }
    }

    /// 400.
    pub fn bad_request(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// 401: who is it?
    pub fn unauthorized(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code, detail)
    }

    /// 403.
    pub fn forbidden(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, detail)
    }

    /// 404, for what is not there and for what must not be seen.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is nothing here.")
    }

    /// 409.
    pub fn conflict(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// 422, with a code of its own.
    pub fn unprocessable(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
    }

    /// 422 `invalid_input`: all that is wrong with the fields.
    #[must_use]
    pub fn invalid(errors: Vec<Invalid>) -> Self {
        Self::unprocessable("invalid_input", "Some fields cannot be taken.").with_errors(errors)
    }

    /// 429.
    #[must_use]
    pub fn too_many(code: &'static str, wait: Duration) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, code, "Too many attempts; try again later.")
            .retry_after(wait)
    }

    /// 503.
    #[must_use]
    pub fn busy(wait: Duration) -> Self {
        let detail = "The service is busy; try again shortly.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail).retry_after(wait)
    }

    /// 500, logged with its causes; the client learns none of them.
    #[must_use]
    pub fn internal(cause: &dyn Error) -> Self {
        tracing::error!(causes = %Causes(cause), "a request failed");
        Self::unexpected()
    }

    /// 500, where the cause was logged already.
    #[must_use]
    pub fn unexpected() -> Self {
        let detail = "Something went wrong on our side.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }

    /// With what is wrong with which field.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<Invalid>) -> Self {
        self.more.errors = errors;
        self
    }

    /// With when to try again (whole seconds, at least one).
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.more.retry_after = Some(wait);
        self
    }

    /// With the methods that would do.
    #[must_use]
    pub fn allowing(mut self, methods: String) -> Self {
        self.more.allow = Some(methods);
        self
    }

    /// Names the request where it cannot be found out.
    #[must_use]
    pub fn of_request(mut self, id: String) -> Self {
        self.more.request_id = Some(id);
        self
    }

    /// The code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// The sentence for people.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// A problem for a status that says all there is to say.
    #[must_use]
    pub fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::not_found(),
            StatusCode::PAYLOAD_TOO_LARGE => Self::new(status, "too_large", "The request is too large."),
            _ if status.is_client_error() => {
                Self::new(status, "bad_request", "The request cannot be understood.")
            }
            _ => Self::unexpected(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponseBuilder::new(self.status);
        response.insert_header((header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE)));
        if self.status == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")));
        }
        if let Some(wait) = self.more.retry_after {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            response.insert_header((header::RETRY_AFTER, seconds.max(1)));
        }
        if let Some(methods) = &self.more.allow {
            response.insert_header((header::ALLOW, methods.as_str()));
        }
        if let Some(id) = &self.more.request_id {
            response.insert_header((request_id::HEADER, id.as_str()));
        }
        let errors = self.more.errors.iter();
        let view = ProblemView {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Unknown"),
            status: self.status.as_u16(),
            detail: &self.detail,
            code: self.code,
            request_id: self.more.request_id.clone().or_else(request_id::current),
            errors: errors
                .map(|one| FieldView { field: &one.field, code: one.code, message: &one.message })
                .collect(),
        };
        // `ProblemView` has nothing in it that JSON cannot say.
        response.body(serde_json::to_vec(&view).unwrap_or_default())
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable { .. } => {
                tracing::warn!(causes = %Causes(&error), "the store is unavailable");
                Self::busy(Duration::from_secs(2))
            }
            StoreError::Broken { .. } => Self::internal(&error),
        }
    }
}

/// An error and all that caused it, in one line.
pub struct Causes<'a>(pub &'a dyn Error);

impl fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut next = self.0.source();
        while let Some(cause) = next {
            write!(f, ": {cause}")?;
            next = cause.source();
        }
        Ok(())
    }
}
