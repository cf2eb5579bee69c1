//! Refusals around work that is owed.

use super::Problem;
use crate::worker::give_up::{DiscardError, GiveUpError};

impl From<GiveUpError> for Problem {
    fn from(error: GiveUpError) -> Self {
        match error {
            GiveUpError::Picture(gallery::MakeError::Store(error))
            | GiveUpError::Set(music::MakeError::Store(error))
            | GiveUpError::Call(error) => error.into(),
            GiveUpError::Picture(gallery::MakeError::Objects(error))
            | GiveUpError::Set(music::MakeError::Object(error)) => error.into(),
            GiveUpError::Picture(gallery::MakeError::Render(_))
            | GiveUpError::Set(music::MakeError::Process(_)) => Self::internal(&error),
        }
    }
}

impl From<DiscardError> for Problem {
    fn from(error: DiscardError) -> Self {
        match error {
            DiscardError::GiveUp(error) => error.into(),
            DiscardError::Store(error) => error.into(),
        }
    }
}
