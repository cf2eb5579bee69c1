//! What a failed call means for the one who asked.

use booking::ProviderError;
use serde::Deserialize;
use std::error::Error;

/// An error answer without what it says of the buyer: this may be logged.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("PayPal answered {status} {name} {}", issue.as_deref().unwrap_or_default())]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The kind of error, as `UNPROCESSABLE_ENTITY`.
    pub(crate) name: String,
    /// What exactly, as `ORDER_NOT_APPROVED`.
    pub(crate) issue: Option<String>,
}

/// How a call went wrong.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It was answered with an error.
    Answered(Answer),
    /// It was never sent.
    Away(Box<dyn Error + Send + Sync>),
    /// It may have been sent, and there is no answer that makes sense.
    Lost(Box<dyn Error + Send + Sync>),
    /// It cannot be sent as it is.
    Impossible(&'static str),
}

/// The documented shape of errors, and the one of the authorization server.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    name: Option<String>,
    error: Option<String>,
    details: Vec<Detail>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Detail {
    issue: Option<String>,
}

impl Answer {
    pub(crate) fn read(status: u16, body: &[u8]) -> Self {
        let body: Body = serde_json::from_slice(body).unwrap_or_default();
        let name = body.name.or(body.error).unwrap_or_else(|| "UNNAMED".into());
        Self { status, name, issue: body.details.into_iter().find_map(|detail| detail.issue) }
    }
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        // The address is left out: it names orders.
        let error = error.without_url();
        if error.is_builder() {
            return Self::Impossible("UNSENDABLE_REQUEST");
        }
        if error.is_connect() { Self::Away(error.into()) } else { Self::Lost(error.into()) }
    }
}

/// Whether PayPal acted, as far as the failure tells.
///
/// A 401 or 403 is no answer about the payment: the client is not let in or may not do this. Nothing happened, and
/// when its rights are mended the same call succeeds; a refusal would give up payments that can still be paid. A 409
/// says that the same request is still being worked on.
impl From<Failure> for ProviderError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Answered(answer) => match answer.status {
                401 | 403 | 429 => Self::Away(answer.into()),
                400..=408 | 410..=499 => Self::Refused { code: answer.issue.unwrap_or(answer.name) },
                _ => Self::Uncertain(answer.into()),
            },
            Failure::Away(cause) => Self::Away(cause),
            Failure::Lost(cause) => Self::Uncertain(cause),
            Failure::Impossible(code) => Self::Refused { code: code.into() },
        }
    }
}

/// An answer that makes no sense.
pub(crate) fn unreadable(why: impl Into<Box<dyn Error + Send + Sync>>) -> ProviderError {
    ProviderError::Uncertain(why.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, body: &str) -> ProviderError {
        Failure::Answered(Answer::read(status, body.as_bytes())).into()
    }

    #[test]
    fn a_refusal_has_the_finest_code_that_was_given() {
        let issue =
            r#"{"name":"UNPROCESSABLE_ENTITY","details":[{"issue":"ORDER_NOT_APPROVED","links":[]}]}"#;
        for (body, code) in [(issue, "ORDER_NOT_APPROVED"), (r#"{"name":"X"}"#, "X"), ("<html>", "UNNAMED")] {
            assert!(
                matches!(answered(422, body), ProviderError::Refused { code: told } if told == code),
                "{body}"
            );
        }
    }

    #[test]
    fn only_a_clear_no_is_a_refusal() {
        for status in [401, 403, 429] {
            assert!(
                matches!(answered(status, r#"{"error":"invalid_token"}"#), ProviderError::Away(_)),
                "{status}"
            );
        }
        for status in [302, 409, 500, 502, 503] {
            assert!(matches!(answered(status, "{}"), ProviderError::Uncertain(_)), "{status}");
        }
        for status in [400, 404, 422] {
            assert!(matches!(answered(status, "{}"), ProviderError::Refused { .. }), "{status}");
        }
    }
}
