//! The gallery: albums of pictures, for members or for those who were there.

pub mod album;
pub mod picture;
pub mod ports;
pub mod removal;
pub mod render;

pub use album::{Access, Album};
pub use picture::{Picture, PictureStatus, Rendition};
pub use ports::{Attendance, Counted, Effect, GalleryStore, GalleryTx, Shown};
pub use removal::{Absence, Removal, RemovalStatus};
pub use render::{ImageFormat, MOST_PIXELS, Refusal, RenderError, Rendered, RenderedFile, Renderer, WIDTHS};

/// What this domain's quick effects are filed under in the outbox.
pub const DOMAIN: &str = "gallery";
/// What the making of renditions is filed under: work for a lane of its own, so that a thousand pictures keep no mail
/// waiting.
pub const PICTURES: &str = "gallery.pictures";
