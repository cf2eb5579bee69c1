//! Refusals of the use cases of uploads and of what members are sent.

use super::{Causes, Problem};
use actix_web::http::StatusCode;
use kernel::{Invalid, ObjectError};
use media::{BeginError, ChargeError, CompleteError, DropError, Mismatch, Over, ShowError};
use std::time::Duration;

/// When to try again while the object store is away.
const AWAY: Duration = Duration::from_secs(5);

impl From<ObjectError> for Problem {
    fn from(error: ObjectError) -> Self {
        match error {
            ObjectError::Unavailable { .. } => {
                tracing::warn!(causes = %Causes(&error), "the object store is unavailable");
                Self::busy(AWAY)
            }
            ObjectError::Refused { .. } | ObjectError::Broken { .. } => Self::internal(&error),
        }
    }
}

impl From<BeginError> for Problem {
    fn from(error: BeginError) -> Self {
        match error {
            BeginError::Invalid(errors) => Self::invalid(errors),
            BeginError::TooMany => Self::conflict(
                "too_many_uploads",
                "Too many of your uploads are open; complete some, or give them up.",
            ),
            BeginError::Store(error) => error.into(),
            BeginError::Objects(error) => error.into(),
        }
    }
}

impl From<ShowError> for Problem {
    fn from(error: ShowError) -> Self {
        match error {
            ShowError::Unknown => Self::not_found(),
            ShowError::Store(error) => error.into(),
            ShowError::Objects(error) => error.into(),
        }
    }
}

impl From<CompleteError> for Problem {
    fn from(error: CompleteError) -> Self {
        match error {
            CompleteError::Unknown => Self::not_found(),
            CompleteError::Over(over) => over.into(),
            CompleteError::Missing(parts) => {
                let one =
                    |number| Invalid::new(format!("parts.{number}"), "missing", "is not there like this");
                Self::conflict("upload_incomplete", "Some parts have not arrived; send them again.")
                    .with_errors(parts.into_iter().map(one).collect())
            }
            CompleteError::Mismatch(mismatch) => mismatch.into(),
            CompleteError::Store(error) => error.into(),
            CompleteError::Objects(error) => error.into(),
        }
    }
}

impl From<Mismatch> for Problem {
    fn from(mismatch: Mismatch) -> Self {
        let wrong = match mismatch {
            Mismatch::Size(size) => Invalid::new("size", "differs", format!("{size} bytes have arrived")),
            Mismatch::Content(Some(format)) => {
                Invalid::new("content_type", "differs", format!("it is {}", format.content_type()))
            }
            Mismatch::Content(None) => Invalid::new("content_type", "differs", "it is nothing that is taken"),
        };
        Self::unprocessable("upload_mismatch", "It is not what was promised, and was dropped.")
            .with_errors(vec![wrong])
    }
}

impl From<Over> for Problem {
    fn from(over: Over) -> Self {
        Self::conflict(
            "upload_over",
            match over {
                Over::Taken => "Something was made of this upload already.",
                Over::Dropped => "The upload was given up.",
                Over::Expired => "The upload was not completed in time.",
            },
        )
    }
}

impl From<DropError> for Problem {
    fn from(error: DropError) -> Self {
        match error {
            DropError::Unknown => Self::not_found(),
            DropError::Over(over) => over.into(),
            DropError::Store(error) => error.into(),
        }
    }
}

impl From<ChargeError> for Problem {
    fn from(error: ChargeError) -> Self {
        match error {
            ChargeError::Exhausted { wait, .. } => Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "egress_budget_exhausted",
                "What you may be sent in a month is used up; it begins anew with the next month.",
            )
            .retry_after(wait),
            ChargeError::Store(error) => error.into(),
        }
    }
}
