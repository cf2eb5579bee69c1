//! Pictures: JPEG, PNG, WebP and HEIC in; upright JPEG and WebP in sRGB out, in several widths and without metadata.
//!
//! A picture is decoded in a process of its own ([`Imaging`] starts it), which is the program itself with a hidden
//! command ([`child::run`]): a file that brings its decoder down brings down nothing else. HEIC is turned into PNG by
//! libheif's own program first, within the same limits. Which formats, why and how fast:
//! `docs/decisions/0113-pictures.md`.

mod answer;
pub mod child;
mod imaging;

pub use imaging::{Imaging, Limits};
