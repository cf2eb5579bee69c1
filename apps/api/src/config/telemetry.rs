//! Traces: where they go, and which are made.

use super::reader::{Reader, Secret};
use reqwest::Url;
use reqwest::header::HeaderValue;

/// Traces.
#[derive(Debug, Clone)]
pub struct Telemetry {
    /// Who collects them, without a slash at the end; `None`: none are made.
    pub otlp_url: Option<String>,
    /// What is sent along as `Authorization`.
    pub otlp_authorization: Option<Secret>,
    /// Of a hundred requests, so many.
    pub sample_percent: u32,
    /// Whether whoever sends a request may say in which trace.
    pub trust_traceparent: bool,
}

/// Reads the section.
pub(super) fn read(reader: &mut Reader) -> Telemetry {
    const URL: &str = "telemetry.otlp_url";
    const AUTHORIZATION: &str = "telemetry.otlp_authorization";
    let given = reader.text(URL).trim_end_matches('/').to_owned();
    let url = collector(&given);
    if url.is_none() && !given.is_empty() {
        reader.wrong(URL, "must be http:// or https:// and a host, as http://127.0.0.1:4318, or empty");
    }
    let otlp_authorization = reader.secret(AUTHORIZATION);
    if let Some(secret) = &otlp_authorization {
        if HeaderValue::from_str(secret.expose()).is_err() {
            reader.wrong(AUTHORIZATION, "must be a header's value, as Basic ... or Bearer ...");
        } else if url.as_ref().is_some_and(|url| !keeps_secrets(url)) {
            reader.wrong(URL, "must begin with https:// for telemetry.otlp_authorization to be sent there");
        }
    }
    Telemetry {
        otlp_url: url.map(|_| given),
        otlp_authorization,
        sample_percent: reader.number("telemetry.sample_percent", 0, 100),
        trust_traceparent: reader.flag("telemetry.trust_traceparent"),
    }
}

/// An address without anything that would be said in a wrong place.
fn collector(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let bare = url.username().is_empty() && url.password().is_none();
    let plain = bare && url.query().is_none() && url.fragment().is_none();
    (["http", "https"].contains(&url.scheme()) && url.has_host() && plain).then_some(url)
}

/// Whether nobody reads along on the way.
fn keeps_secrets(url: &Url) -> bool {
    url.scheme() == "https"
        || ["127.0.0.1", "localhost", "[::1]"].contains(&url.host_str().unwrap_or_default())
}
