//! What a file is, by its first bytes; nobody asks for its name.

use gallery::Refusal;

/// So many bytes are enough to tell.
pub(super) const START: u64 = 128;

/// What is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Jpeg,
    Png,
    WebP,
    Heic,
}

/// Tells what it is.
///
/// # Errors
/// [`Refusal::UnknownFormat`]; [`Refusal::Unsupported`] for moving HEIC.
pub(super) fn of(start: &[u8]) -> Result<Format, Refusal> {
    if start.starts_with(b"\xff\xd8\xff") {
        return Ok(Format::Jpeg);
    }
    if start.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Ok(Format::Png);
    }
    if start.starts_with(b"RIFF") && start.get(8..12) == Some(b"WEBP") {
        return Ok(Format::WebP);
    }
    if start.get(4..8) == Some(b"ftyp") {
        return heif(start);
    }
    Err(Refusal::UnknownFormat)
}

/// ISO/IEC 23008-12: the brands are listed after the size, `ftyp`, the main one and its version.
fn heif(start: &[u8]) -> Result<Format, Refusal> {
    let size = start.first_chunk().map_or(0, |size| u32::from_be_bytes(*size) as usize);
    let brands = start.get(..size.min(start.len())).unwrap_or_default();
    let main = brands.get(8..12).unwrap_or_default();
    let others = brands.get(16..).unwrap_or_default();
    let mut all = std::iter::once(main).chain(others.chunks_exact(4));
    if [&b"hevc"[..], b"hevx", b"msf1"].contains(&main) {
        return Err(Refusal::Unsupported);
    }
    if all.any(|brand| [&b"heic"[..], b"heix", b"heim", b"heis"].contains(&brand)) {
        return Ok(Format::Heic);
    }
    Err(Refusal::UnknownFormat)
}
