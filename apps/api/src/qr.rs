//! Codes drawn as QR symbols (ISO/IEC 18004), with the quiet zone of four modules that it asks for.

use adapter_pdf::Symbol;
use qrcode::render::svg;
use qrcode::{Color, EcLevel, QrCode};

/// Pixels per module of a PNG: large enough for a phone held at arm's length.
const SCALE: usize = 8;
/// Modules of white around the symbol.
const QUIET: usize = 4;

/// Why a code could not be drawn.
#[derive(Debug, thiserror::Error)]
pub enum QrError {
    /// It is too long for any symbol.
    #[error("the code does not fit a QR symbol")]
    TooLong(#[from] qrcode::types::QrError),
    /// The picture could not be written.
    #[error("the picture could not be written")]
    Picture(#[from] png::EncodingError),
}

fn symbol(code: &str) -> Result<QrCode, QrError> {
    // A quarter of the symbol may be dirty or creased.
    Ok(QrCode::with_error_correction_level(code, EcLevel::Q)?)
}

/// The modules themselves, for whoever draws them.
///
/// # Errors
/// [`QrError::TooLong`].
pub fn symbol_of(code: &str) -> Result<Symbol, QrError> {
    let symbol = symbol(code)?;
    let dark = symbol.to_colors().into_iter().map(|module| module == Color::Dark).collect();
    Ok(Symbol { width: symbol.width(), dark })
}

/// As SVG.
///
/// # Errors
/// [`QrError::TooLong`].
pub fn svg(code: &str) -> Result<String, QrError> {
    Ok(symbol(code)?.render::<svg::Color<'_>>().min_dimensions(320, 320).build())
}

/// As a PNG of one bit per pixel.
///
/// # Errors
/// A [`QrError`].
pub fn png(code: &str) -> Result<Vec<u8>, QrError> {
    let symbol = symbol(code)?;
    let (width, modules) = (symbol.width(), symbol.to_colors());
    let side = (width + 2 * QUIET) * SCALE;
    let stride = side.div_ceil(8);
    let mut pixels = vec![0xffu8; stride * side];
    for (line, row) in pixels.chunks_mut(stride).enumerate() {
        for pixel in 0..side {
            let (x, y) = ((pixel / SCALE).checked_sub(QUIET), (line / SCALE).checked_sub(QUIET));
            let dark = match (x, y) {
                (Some(x), Some(y)) if x < width => modules.get(y * width + x) == Some(&Color::Dark),
                _ => false,
            };
            if let Some(byte) = row.get_mut(pixel / 8).filter(|_| dark) {
                *byte &= !(0x80 >> (pixel % 8));
            }
        }
    }
    let mut file = Vec::new();
    let side = u32::try_from(side).unwrap_or(u32::MAX);
    let mut encoder = png::Encoder::new(&mut file, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels)?;
    writer.finish()?;
    Ok(file)
}
