//! How renditions are written. Why so: `docs/decisions/0113-pictures.md`.

use super::raster::{Channels, Raster};
use gallery::ImageFormat;
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use std::io;
use webp::WebPConfig;

/// Of 100.
const JPEG_QUALITY: u8 = 80;
/// Of 100.
const WEBP_QUALITY: f32 = 80.0;
/// How hard libwebp tries, of 6.
const WEBP_METHOD: i32 = 4;

/// The picture as a file.
///
/// # Errors
/// When the encoder has no memory, or the picture is larger than its format allows.
pub(super) fn encoded(raster: &Raster, format: ImageFormat) -> io::Result<Vec<u8>> {
    match format {
        ImageFormat::Jpeg => jpeg(raster),
        ImageFormat::WebP => webp(raster),
    }
}

fn jpeg(raster: &Raster) -> io::Result<Vec<u8>> {
    let side = |side: u32| u16::try_from(side).map_err(io::Error::other);
    let (width, height) = (side(raster.width)?, side(raster.height)?);
    let flat;
    let pixels = match raster.channels {
        Channels::Rgba => {
            flat = raster.on_white();
            &flat
        }
        _ => &raster.pixels,
    };
    let mut bytes = Vec::with_capacity(pixels.len() / 8);
    let mut encoder = Encoder::new(&mut bytes, JPEG_QUALITY);
    encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
    // Tables of its own for each picture save 2 % of the bytes, and this encoder then writes every component apart from
    // the others, which some decoders get wrong.
    encoder.set_optimized_huffman_tables(false);
    encoder.encode(pixels, width, height, ColorType::Rgb).map_err(io::Error::other)?;
    Ok(bytes)
}

fn webp(raster: &Raster) -> io::Result<Vec<u8>> {
    let mut config = WebPConfig::new().map_err(|()| io::Error::other("libwebp is of another version"))?;
    config.quality = WEBP_QUALITY;
    config.method = WEBP_METHOD;
    let encoder = match raster.channels {
        Channels::Rgba => webp::Encoder::from_rgba(&raster.pixels, raster.width, raster.height),
        _ => webp::Encoder::from_rgb(&raster.pixels, raster.width, raster.height),
    };
    let memory = encoder.encode_advanced(&config);
    let memory = memory.map_err(|error| io::Error::other(format!("libwebp: {error:?}")))?;
    Ok(memory.to_vec())
}
