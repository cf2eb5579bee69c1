//! Refusals of the gallery's use cases.

use super::Problem;
use gallery::{
    AddError, AlbumError, AskError, BulkError, DecideError, DeleteAlbumError, DescribeError, MOST_OPEN,
};

impl From<AlbumError> for Problem {
    fn from(error: AlbumError) -> Self {
        match error {
            AlbumError::Unknown => Self::not_found(),
            AlbumError::Invalid(errors) => Self::invalid(errors),
            AlbumError::Store(error) => error.into(),
        }
    }
}

impl From<DeleteAlbumError> for Problem {
    fn from(error: DeleteAlbumError) -> Self {
        match error {
            DeleteAlbumError::Unknown => Self::not_found(),
            DeleteAlbumError::NotEmpty => Self::conflict(
                "album_not_empty",
                "The album has pictures; delete them first, or say with_images=true.",
            ),
            DeleteAlbumError::Store(error) => error.into(),
        }
    }
}

impl From<AddError> for Problem {
    fn from(error: AddError) -> Self {
        match error {
            AddError::UnknownAlbum => Self::not_found(),
            AddError::Invalid(errors) => Self::invalid(errors),
            AddError::UploadGone => Self::conflict(
                "upload_over",
                "The upload is not complete, was given up, or became a picture already.",
            ),
            AddError::Objects(error) => error.into(),
            AddError::Store(error) => error.into(),
        }
    }
}

impl From<BulkError> for Problem {
    fn from(error: BulkError) -> Self {
        match error {
            BulkError::UnknownAlbum => Self::not_found(),
            BulkError::Invalid(errors) => Self::invalid(errors),
            BulkError::Store(error) | BulkError::Stopped { cause: error, .. } => error.into(),
        }
    }
}

impl From<DescribeError> for Problem {
    fn from(error: DescribeError) -> Self {
        match error {
            DescribeError::Unknown => Self::not_found(),
            DescribeError::Invalid(errors) => Self::invalid(errors),
            DescribeError::Store(error) => error.into(),
        }
    }
}

impl From<AskError> for Problem {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Unknown => Self::not_found(),
            AskError::Refused => Self::conflict(
                "removal_decided",
                "You asked for this before and it was refused. Write to us if you see that differently.",
            ),
            AskError::TooMany => Self::conflict(
                "too_many_removals",
                format!("{MOST_OPEN} of your requests are still to be decided; please wait for that."),
            ),
            AskError::Invalid(errors) => Self::invalid(errors),
            AskError::Store(error) => error.into(),
        }
    }
}

impl From<DecideError> for Problem {
    fn from(error: DecideError) -> Self {
        match error {
            DecideError::Unknown => Self::not_found(),
            DecideError::Decided(status) => {
                Self::conflict("removal_decided", format!("This request is {} already.", status.as_str()))
            }
            DecideError::Invalid(errors) => Self::invalid(errors),
            DecideError::Store(error) => error.into(),
        }
    }
}
