//! Refusals of the invites' use cases.

use super::Problem;
use invites::{CreateError, RevokeError};

impl From<CreateError> for Problem {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::Invalid(errors) => Self::invalid(errors),
            CreateError::Store(error) => error.into(),
        }
    }
}

impl From<RevokeError> for Problem {
    fn from(error: RevokeError) -> Self {
        match error {
            RevokeError::Unknown => Self::not_found(),
            RevokeError::Store(error) => error.into(),
        }
    }
}
