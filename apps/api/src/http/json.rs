//! JSON bodies: bounded, of the right type, and every refusal a problem.

use super::problem::Problem;
use actix_web::dev::Payload;
use actix_web::http::{StatusCode, header};
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::future::LocalBoxFuture;
use kernel::Invalid;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use std::ops::Deref;
use std::time::Duration;
use tokio::time::timeout;

/// Largest body that is read, unless a route says otherwise.
pub const MAX_BYTES: usize = 64 * 1024;
/// How long it may take to arrive.
const PATIENCE: Duration = Duration::from_secs(15);

/// A JSON body, read into `T`, and the bytes it was read from.
pub struct Json<T> {
    /// What was sent.
    pub value: T,
    /// As it was sent.
    pub bytes: Bytes,
}

impl<T> Json<T> {
    /// What was sent.
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T> Deref for Json<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// A JSON body that may be left out.
pub struct Optional<T>(pub Option<Json<T>>);

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (typed, bytes) = (is_json(request), receive(request, payload));
        Box::pin(async move { if typed { parse(bytes.await?) } else { Err(unsupported()) } })
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Optional<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (typed, bytes) = (is_json(request), receive(request, payload));
        Box::pin(async move {
            let bytes = bytes.await?;
            match (bytes.is_empty(), typed) {
                (true, _) => Ok(Self(None)),
                (false, true) => parse(bytes).map(Some).map(Self),
                (false, false) => Err(unsupported()),
            }
        })
    }
}

/// A JSON body of parts that are looked at one by one, each with [`nul_in`]: one that is wrong leaves the others good.
pub struct Parts<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Parts<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (typed, bytes) = (is_json(request), receive(request, payload));
        Box::pin(async move { if typed { read_parts(&bytes.await?).map(Self) } else { Err(unsupported()) } })
    }
}

fn is_json(request: &HttpRequest) -> bool {
    request.content_type().eq_ignore_ascii_case("application/json")
}

fn unsupported() -> Problem {
    let detail = "Send application/json.";
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail)
}

/// The whole body, under the limit set for the whole server, if it comes in time.
fn receive(
    request: &HttpRequest,
    payload: &mut Payload,
) -> impl Future<Output = Result<Bytes, Problem>> + use<> {
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let announced = announced.and_then(|value| value.parse::<usize>().ok()).unwrap_or(0);
    let bytes = Bytes::from_request(request, payload);
    async move {
        if announced > MAX_BYTES {
            return Err(too_large());
        }
        let late =
            |_| Problem::new(StatusCode::REQUEST_TIMEOUT, "incomplete_body", "The body did not arrive.");
        timeout(PATIENCE, bytes).await.map_err(late)?.map_err(|error| {
            match error.as_response_error().status_code() {
                StatusCode::PAYLOAD_TOO_LARGE => too_large(),
                _ => Problem::bad_request("incomplete_body", "The body did not arrive."),
            }
        })
    }
}

fn parse<T: DeserializeOwned>(bytes: Bytes) -> Result<Json<T>, Problem> {
    read(&bytes).map(|value| Json { value, bytes })
}

fn too_large() -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The body is too large.")
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let value = read_parts(bytes)?;
    refuse_nul(bytes)?;
    Ok(value)
}

fn read_parts<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // serde would also take the values of an object without their names, in an array.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        serde_json::from_slice::<IgnoredAny>(bytes).map_err(|error| refusal(".", &error))?;
        return Err(Problem::invalid(vec![Invalid::new("body", "wrong_type", "must be an object")]));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader)
        .map_err(|error| refusal(&path_of(&error), error.inner()))?;
    reader.end().map_err(|error| refusal(".", &error))?;
    Ok(value)
}

/// Fields are named as by the rules: `tiers.0.fee`, not `tiers[0].fee`.
fn path_of(error: &serde_path_to_error::Error<serde_json::Error>) -> String {
    error.path().to_string().replace('[', ".").replace(']', "")
}

/// What is wrong with a part of a body that is read apart from the rest.
pub(super) fn misread(error: &serde_path_to_error::Error<serde_json::Error>) -> Invalid {
    mistake(&path_of(error), error.inner())
}

/// What serde says names types and fields, not values, save for a few that quote what was sent; those are cut.
fn refusal(path: &str, error: &serde_json::Error) -> Problem {
    if !error.is_data() {
        let detail = format!("The body is not JSON (line {}, column {}).", error.line(), error.column());
        return Problem::bad_request("malformed_json", detail);
    }
    Problem::invalid(vec![mistake(path, error)])
}

fn mistake(path: &str, error: &serde_json::Error) -> Invalid {
    let said = error.to_string();
    let (field, code) = match said.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) {
        Some(missing) if path == "." => (missing.to_owned(), "required"),
        Some(missing) => (format!("{path}.{missing}"), "required"),
        None => (path.to_owned(), "wrong_type"),
    };
    let message = if code == "required" { "is missing" } else { "has the wrong type or form" };
    Invalid::new(field, code, message)
}

/// No store keeps the NUL character in a text (PostgreSQL cannot), and nothing good is written with it.
fn refuse_nul(bytes: &[u8]) -> Result<(), Problem> {
    if !bytes.windows(6).any(|six| six == br"\u0000") {
        return Ok(());
    }
    // Perhaps it is only an escaped backslash before the letters `u0000`: now it is worth a closer look.
    let value: Value = serde_json::from_slice(bytes).map_err(|error| refusal(".", &error))?;
    nul_in(&value).map_or(Ok(()), |mistake| Err(Problem::invalid(vec![mistake])))
}

/// The first NUL character of what was sent.
pub(super) fn nul_in(value: &Value) -> Option<Invalid> {
    let path = path_of_nul(value, String::new())?;
    Some(Invalid::new(path, "malformed", "must not have NUL characters"))
}

fn path_of_nul(value: &Value, path: String) -> Option<String> {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match value {
        Value::String(text) => text.contains('\0').then_some(path),
        Value::Array(items) => {
            items.iter().enumerate().find_map(|(place, item)| path_of_nul(item, below(&place.to_string())))
        }
        Value::Object(fields) => fields.iter().find_map(|(key, item)| {
            if key.contains('\0') { Some(path.clone()) } else { path_of_nul(item, below(key)) }
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}
