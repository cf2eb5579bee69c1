//! Refusals around mails.

use super::Problem;
use messaging::{AnnouncementError, LiftError, SendAgainError};

impl From<SendAgainError> for Problem {
    fn from(error: SendAgainError) -> Self {
        match error {
            SendAgainError::Unknown => Self::not_found(),
            SendAgainError::Waiting => {
                Self::conflict("mail_waiting", "It is still to be handed over: the same arrives anyway.")
            }
            SendAgainError::Forgotten => Self::conflict(
                "mail_forgotten",
                "It cannot be sent again: what it takes to is forgotten, or it was called off.",
            ),
            SendAgainError::Store(error) => error.into(),
        }
    }
}

impl From<AnnouncementError> for Problem {
    fn from(error: AnnouncementError) -> Self {
        match error {
            AnnouncementError::Unknown => Self::not_found(),
            AnnouncementError::Stage(stage) => {
                let detail =
                    format!("This cannot be done with an announcement that is {}.", stage.0.as_str());
                Self::conflict("wrong_status", detail)
            }
            AnnouncementError::Invalid(errors) => Self::invalid(errors),
            AnnouncementError::Store(error) => error.into(),
        }
    }
}

impl From<LiftError> for Problem {
    fn from(error: LiftError) -> Self {
        match error {
            LiftError::Unknown => Self::not_found(),
            LiftError::Store(error) => error.into(),
        }
    }
}
