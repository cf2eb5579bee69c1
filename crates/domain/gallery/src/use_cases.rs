//! One file per verb.

mod add;
mod albums;
mod bulk;
mod clean;
mod erase;
mod make;
mod own;
mod removals;
mod see;

pub use add::{AddError, Received};
pub use albums::{AlbumError, DeleteAlbumError};
pub use bulk::{Bulk, BulkError, DescribeError, MOST_AT_ONCE, Which};
pub use clean::SweepError;
pub use erase::EraseError;
pub use make::{Bench, Made, MakeError};
pub use removals::{AskError, DecideError, MOST_OPEN};
pub use see::Viewer;

use crate::{Attendance, GalleryStore, Renderer};
use kernel::{Clock, ObjectStore, Window};
use std::sync::Arc;

/// Everything that is done with albums and their pictures.
#[derive(Clone)]
pub struct Gallery {
    /// Where albums, pictures and wishes are kept.
    pub store: Arc<dyn GalleryStore>,
    /// Where files are kept.
    pub objects: Arc<dyn ObjectStore>,
    /// What makes renditions.
    pub renderer: Arc<dyn Renderer>,
    /// Who was at an event.
    pub attendance: Arc<dyn Attendance>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// What was decided for all of it.
    pub terms: Terms,
}

/// What was decided for all pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Whether the file that was sent stays when its renditions are made.
    pub keep_originals: bool,
    /// How long links are the same.
    pub window: Window,
}
