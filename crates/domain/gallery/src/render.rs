//! How renditions are made: apart from the program, by whatever keeps [`Renderer`].

use async_trait::async_trait;
use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What is delivered of pictures. Which ones, and why: `docs/decisions/0113-pictures.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageFormat {
    /// For what knows nothing else.
    Jpeg,
    /// For everything of this decade.
    WebP,
}

impl ImageFormat {
    /// The end of file names.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::WebP => "webp",
        }
    }

    /// Its media type.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::WebP => "image/webp",
        }
    }
}

/// Widths of what is delivered, in pixels; a picture that is smaller is delivered as wide as it is.
pub const WIDTHS: [u32; 6] = [320, 640, 960, 1280, 1920, 2560];
/// Most pixels of a picture.
pub const MOST_PIXELS: u64 = 100_000_000;

/// Why nothing was made of a file. Whoever tries again soon and with nothing changed ends like that again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// It is none of the formats that are taken.
    UnknownFormat,
    /// It has too many pixels, or none.
    TooManyPixels,
    /// It ends before the picture does.
    Truncated,
    /// It contradicts itself.
    Malformed,
    /// It took more memory or time than any picture needs.
    TooMuch,
    /// It is a kind of its format that is not taken, as CMYK or a moving picture.
    Unsupported,
    /// The file that was sent is not in the object store any more.
    Missing,
    /// It was tried for more than a day and never worked, by no fault of the file that anybody knows of.
    Internal,
}

impl Refusal {
    /// Each of them.
    pub const ALL: [Self; 8] = [
        Self::UnknownFormat,
        Self::TooManyPixels,
        Self::Truncated,
        Self::Malformed,
        Self::TooMuch,
        Self::Unsupported,
        Self::Missing,
        Self::Internal,
    ];

    /// As shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownFormat => "unknown_format",
            Self::TooManyPixels => "too_many_pixels",
            Self::Truncated => "truncated",
            Self::Malformed => "malformed",
            Self::TooMuch => "too_much",
            Self::Unsupported => "unsupported",
            Self::Missing => "missing",
            Self::Internal => "internal",
        }
    }
}

/// One file that was made, in the folder that was named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenderedFile {
    /// Where.
    pub path: PathBuf,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// What it is.
    pub format: ImageFormat,
    /// How large it is.
    pub bytes: u64,
}

/// What was made of a picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rendered {
    /// Pixels, upright.
    pub width: u32,
    /// Pixels, upright.
    pub height: u32,
    /// See [`crate::Picture::thumbhash`].
    pub thumbhash: Vec<u8>,
    /// See [`crate::Picture::taken_at`].
    pub taken_at: Option<Timestamp>,
    /// Smallest first, and by format within a width.
    pub files: Vec<RenderedFile>,
}

/// Why nothing was made.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// Nothing can be made of it.
    #[error("the picture is refused: {}", .0.as_str())]
    Refused(Refusal),
    /// A program is missing here that this format needs.
    #[error("{0} is not installed")]
    Missing(&'static str),
    /// It did not work, and may work again.
    #[error("the picture could not be made")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A program that some pictures need and that is not installed here.
#[derive(Debug, Clone, Copy)]
pub struct Lacking {
    /// What it is called.
    pub program: &'static str,
    /// Whether a file needs it that begins with these bytes, which are at most [`Lacking::START`].
    pub needed_by: fn(&[u8]) -> bool,
}

impl Lacking {
    /// So many bytes are enough to tell.
    pub const START: u64 = 128;
}

/// Makes what is delivered of pictures: upright, in sRGB, without a byte of metadata.
#[async_trait]
pub trait Renderer: Send + Sync {
    /// What is missing here now, so that a file need not be brought in vain.
    fn lacking(&self) -> Option<Lacking> {
        None
    }

    /// Makes all renditions of the picture in `source` as files in the folder `into`, which is empty and the caller's.
    /// Dropping the future ends the work.
    async fn render(&self, source: &Path, into: &Path) -> Result<Rendered, RenderError>;
}
