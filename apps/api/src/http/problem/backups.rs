//! Refusals around backups.

use super::Problem;
use backups::use_cases::AskError;

impl From<AskError> for Problem {
    fn from(error: AskError) -> Self {
        match error {
            AskError::UnderWay => {
                Self::conflict("backup_under_way", "A backup is being made or looked at: wait for it.")
            }
            AskError::Unknown => Self::not_found(),
            AskError::NotMade => Self::conflict("backup_not_made", "This backup was not made."),
            AskError::Store(error) => error.into(),
        }
    }
}
