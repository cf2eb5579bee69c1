//! PNG, brought to eight bits a channel.

use super::colour::{self, Profile};
use super::exif::Told;
use super::raster::{Channels, Raster, measured};
use super::{Decoded, Trouble};
use gallery::Refusal;
use png::{BitDepth, ColorType, Decoder, DecodingError, Limits, Transformations};
use std::fs::File;
use std::io::{BufReader, ErrorKind};

/// For all that is unpacked besides pixels: a row, a profile.
const ASIDE: usize = 16 << 20;

/// Reads a picture.
///
/// # Errors
/// A [`Refusal`].
pub(super) fn read(file: File) -> Result<Decoded, Trouble> {
    let source = BufReader::with_capacity(1 << 18, file);
    let mut decoder = Decoder::new_with_limits(source, Limits { bytes: ASIDE });
    decoder.set_ignore_text_chunk(true);
    decoder.set_transformations(Transformations::normalize_to_color8());
    let header = decoder.read_header_info().map_err(refusal)?;
    measured(header.width, header.height)?;
    let mut reader = decoder.read_info().map_err(refusal)?;
    let info = reader.info();
    if info.animation_control.is_some_and(|control| control.num_frames > 1) {
        return Err(Refusal::Unsupported.into());
    }
    let told = info.exif_metadata.as_deref().map(Told::of).unwrap_or_default();
    let icc = info.icc_profile.as_deref().filter(|icc| icc.len() <= colour::MOST);
    let points = info.coding_independent_code_points;
    let profile = match points {
        Some(points) if colour::is_brighter(points.transfer_function) => {
            return Err(Refusal::Unsupported.into());
        }
        Some(points) => Profile::of_points(points.color_primaries, points.transfer_function),
        None => icc.and_then(Profile::parse),
    };
    let size = reader.output_buffer_size().ok_or(Refusal::TooManyPixels)?;
    let mut pixels = vec![0; size];
    let frame = reader.next_frame(&mut pixels).map_err(refusal)?;
    pixels.truncate(frame.buffer_size());
    let channels = match (frame.color_type, frame.bit_depth) {
        (ColorType::Grayscale, BitDepth::Eight) => Channels::Grey,
        (ColorType::GrayscaleAlpha, BitDepth::Eight) => Channels::GreyAlpha,
        (ColorType::Rgb, BitDepth::Eight) => Channels::Rgb,
        (ColorType::Rgba, BitDepth::Eight) => Channels::Rgba,
        _ => return Err(Refusal::Unsupported.into()),
    };
    let raster = Raster { width: frame.width, height: frame.height, channels, pixels };
    Ok(Decoded { width: raster.width, height: raster.height, raster, profile, told })
}

fn refusal(error: DecodingError) -> Refusal {
    match error {
        DecodingError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => Refusal::Truncated,
        DecodingError::LimitsExceeded => Refusal::TooMuch,
        _ => Refusal::Malformed,
    }
}
