//! WebP that stands still.

use super::colour::Profile;
use super::exif::Told;
use super::raster::{Channels, Raster, measured};
use super::{Decoded, Trouble};
use gallery::Refusal;
use image_webp::{DecodingError, WebPDecoder};
use std::fs::File;
use std::io::{BufReader, ErrorKind};

/// For a chunk that is no pixels.
const ASIDE: usize = 16 << 20;

/// Reads a picture.
///
/// # Errors
/// A [`Refusal`].
pub(super) fn read(file: File) -> Result<Decoded, Trouble> {
    let mut decoder = WebPDecoder::new(BufReader::with_capacity(1 << 18, file)).map_err(refusal)?;
    decoder.set_memory_limit(ASIDE);
    let (width, height) = decoder.dimensions();
    measured(width, height)?;
    if decoder.is_animated() {
        return Err(Refusal::Unsupported.into());
    }
    // What cannot be read of these is as if it were not there.
    let told = decoder.exif_metadata().ok().flatten().map(|exif| Told::of(&exif)).unwrap_or_default();
    let profile = decoder.icc_profile().ok().flatten().and_then(|icc| Profile::parse(&icc));
    let channels = if decoder.has_alpha() { Channels::Rgba } else { Channels::Rgb };
    let size = decoder.output_buffer_size().ok_or(Refusal::TooManyPixels)?;
    let mut pixels = vec![0; size];
    decoder.read_image(&mut pixels).map_err(refusal)?;
    let raster = Raster { width, height, channels, pixels };
    Ok(Decoded { width, height, raster, profile, told })
}

fn refusal(error: DecodingError) -> Refusal {
    match error {
        DecodingError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => Refusal::Truncated,
        DecodingError::ImageTooLarge => Refusal::TooManyPixels,
        DecodingError::MemoryLimitExceeded => Refusal::TooMuch,
        DecodingError::UnsupportedFeature(_) => Refusal::Unsupported,
        _ => Refusal::Malformed,
    }
}
