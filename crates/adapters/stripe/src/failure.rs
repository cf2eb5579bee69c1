//! What a failed call means for the one who asked.

use booking::ProviderError;
use std::error::Error;
use stripe::StripeError;

/// How the client calls a connection that never came to be: refused, no such host, no TLS. It keeps the text only.
const NOT_CONNECTED: &str = "client error (Connect)";

/// An error answer without what it says of the buyer (cards, addresses, messages): this may be logged.
#[derive(Debug, thiserror::Error)]
#[error("Stripe answered {status} {kind} {code}")]
struct Answered {
    status: u16,
    kind: String,
    code: String,
}

/// Whether Stripe acted, as far as the failure tells.
///
/// A 401 or 403 is no answer about the payment: the key is wrong or may not do this. Nothing happened, and when the
/// key is mended the same call succeeds; a refusal would give up payments that can still be paid. A 409 says that the same request is still being worked on, an `idempotency_error` that its key was used before
/// with other parameters: in both cases something may have been done under this key.
pub(crate) fn failed(error: StripeError) -> ProviderError {
    let (error, status) = match error {
        StripeError::Stripe(error, status) => (error, status),
        StripeError::ClientError(said) if said == NOT_CONNECTED => {
            return ProviderError::Away(StripeError::ClientError(said).into());
        }
        StripeError::ConfigError(_) => return ProviderError::Refused { code: "configuration".into() },
        lost => return ProviderError::Uncertain(lost.into()),
    };
    let kind = error.type_.as_str().to_owned();
    let code = error.code.as_ref().map_or(kind.as_str(), |code| code.as_str()).to_owned();
    match status {
        401 | 403 | 429 => ProviderError::Away(Answered { status, kind, code }.into()),
        400..=408 | 410..=499 if kind != "idempotency_error" => ProviderError::Refused { code },
        _ => ProviderError::Uncertain(Answered { status, kind, code }.into()),
    }
}

/// An answer that makes no sense.
pub(crate) fn unreadable(why: impl Into<Box<dyn Error + Send + Sync>>) -> ProviderError {
    ProviderError::Uncertain(why.into())
}
