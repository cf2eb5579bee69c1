//! The gallery: albums of pictures, for members or for those who were there.

mod acts;
pub mod album;
pub mod file_name;
pub mod picture;
pub mod ports;
pub mod removal;
pub mod render;
#[cfg(test)]
mod samples;
pub mod use_cases;
pub mod words;

pub use album::{Access, Album, AlbumChange};
pub use file_name::{file_name, folder_name};
pub use picture::{Picture, PictureStatus, Rendition, Sent};
pub use ports::{Attendance, Counted, Effect, GalleryStore, GalleryTx, Shown, Wishes};
pub use removal::{Absence, Removal, RemovalStatus};
pub use render::{
    ImageFormat, Lacking, MOST_PIXELS, Refusal, RenderError, Rendered, RenderedFile, Renderer, WIDTHS,
};
pub use use_cases::{
    AddError, AlbumError, AskError, Bulk, BulkError, DecideError, DeleteAlbumError, DescribeError,
    EraseError, Gallery, MOST_AT_ONCE, MOST_OPEN, Made, MakeError, Received, SweepError, Terms, Viewer,
    Which,
};

/// What this domain's quick effects are filed under in the outbox.
pub const DOMAIN: &str = "gallery";
/// What the making of renditions is filed under: work for a lane of its own, so that a thousand pictures keep no mail
/// waiting.
pub const PICTURES: &str = "gallery.pictures";
