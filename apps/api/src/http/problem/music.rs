//! Refusals of the use cases of recordings.

use super::Problem;
use music::{ChangeError, CreateError, HearError, NotDownloadable, PassRefusal, PositionError, RetryError};

impl From<CreateError> for Problem {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::Invalid(errors) => Self::invalid(errors),
            CreateError::Store(error) => error.into(),
        }
    }
}

impl From<ChangeError> for Problem {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Unknown => Self::not_found(),
            ChangeError::Invalid(errors) => Self::invalid(errors),
            ChangeError::Store(error) => error.into(),
        }
    }
}

impl From<RetryError> for Problem {
    fn from(error: RetryError) -> Self {
        match error {
            RetryError::Unknown => Self::not_found(),
            RetryError::NotFailed => Self::conflict("not_failed", "The processing of the set did not fail."),
            RetryError::Store(error) => error.into(),
        }
    }
}

impl From<HearError> for Problem {
    fn from(error: HearError) -> Self {
        match error {
            HearError::Unknown => Self::not_found(),
            HearError::Pass(refusal) => refusal.into(),
            HearError::NotDownloadable(refusal) => refusal.into(),
            HearError::Store(error) => error.into(),
            HearError::Object(error) => error.into(),
        }
    }
}

impl From<NotDownloadable> for Problem {
    fn from(_: NotDownloadable) -> Self {
        Self::forbidden("not_downloadable", "This set is not to be saved, or not in this format.")
    }
}

impl From<PassRefusal> for Problem {
    fn from(refusal: PassRefusal) -> Self {
        match refusal {
            PassRefusal::Forged => Self::forbidden("pass_invalid", "This address plays nothing."),
            PassRefusal::Over => {
                Self::forbidden("pass_expired", "This address is too old; ask for the stream again.")
            }
        }
    }
}

impl From<PositionError> for Problem {
    fn from(error: PositionError) -> Self {
        match error {
            PositionError::Unknown => Self::not_found(),
            PositionError::Invalid(errors) => Self::invalid(errors),
            PositionError::Store(error) => error.into(),
        }
    }
}
