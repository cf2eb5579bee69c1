//! JPEG. Its segments are walked over before anything is decoded: what it says of itself, and whether it has an end.

use super::colour::{self, Profile};
use super::exif::Told;
use super::raster::{Channels, Raster, measured};
use super::{Decoded, Trouble, ladder};
use gallery::Refusal;
use jpeg_decoder::{Decoder, Error, PixelFormat};
use std::fs::File;
use std::io::{ErrorKind, Read};

/// Largest file that is read into memory: 100 megapixels at the best quality are about half of it.
const MOST_BYTES: u64 = 256 << 20;
/// Bytes of pixels, however few are asked for.
const MOST_DECODED: usize = 3 * 100_000_000;
/// Cameras write one, progressive files about ten; each is a walk over the whole picture.
const MOST_SCANS: usize = 64;

/// What a walk over its segments found.
#[derive(Default)]
struct Found<'a> {
    size: Option<(u16, u16)>,
    scans: usize,
    exif: Option<&'a [u8]>,
    icc: Vec<(u8, u8, &'a [u8])>,
    /// Bytes from the start to the end of the picture, without what may follow it.
    end: usize,
}

/// Reads a picture, not larger than what is made of it needs: a decoder of JPEG makes an eighth, a quarter or a half of
/// it with less work than the whole.
///
/// # Errors
/// A [`Refusal`], or that the file cannot be read.
pub(super) fn read(file: File) -> Result<Decoded, Trouble> {
    if file.metadata()?.len() > MOST_BYTES {
        return Err(Refusal::TooMuch.into());
    }
    let mut bytes = Vec::new();
    file.take(MOST_BYTES).read_to_end(&mut bytes)?;
    let found = walk(&bytes)?;
    let (width, height) = found.size.ok_or(Refusal::Malformed)?;
    let told = found.exif.map(Told::of).unwrap_or_default();
    let profile = found.profile().and_then(|icc| Profile::parse(&icc));
    let enough = ladder::enough(width.into(), height.into(), told.turned);
    let raster = decoded(bytes.get(..found.end).unwrap_or_default(), enough)?;
    Ok(Decoded { width: width.into(), height: height.into(), raster, profile, told })
}

fn decoded(bytes: &[u8], (width, height): (u32, u32)) -> Result<Raster, Refusal> {
    let mut decoder = Decoder::new(bytes);
    decoder.set_max_decoding_buffer_size(MOST_DECODED);
    let side = |side: u32| u16::try_from(side).map_err(|_| Refusal::TooManyPixels);
    let (width, height) = decoder.scale(side(width)?, side(height)?).map_err(refusal)?;
    let pixels = decoder.decode().map_err(refusal)?;
    let channels = match decoder.info().map(|info| info.pixel_format) {
        Some(PixelFormat::L8) => Channels::Grey,
        Some(PixelFormat::RGB24) => Channels::Rgb,
        _ => return Err(Refusal::Unsupported),
    };
    Ok(Raster { width: width.into(), height: height.into(), channels, pixels })
}

fn refusal(error: Error) -> Refusal {
    match error {
        Error::Unsupported(_) => Refusal::Unsupported,
        Error::Io(error) if error.kind() == ErrorKind::UnexpectedEof => Refusal::Truncated,
        // It reads from memory: what is left are threads for which there was no room.
        Error::Io(_) => Refusal::TooMuch,
        Error::Format(_) | Error::Internal(_) => Refusal::Malformed,
    }
}

/// Walks from segment to segment up to the end of the picture.
fn walk(bytes: &[u8]) -> Result<Found<'_>, Refusal> {
    let mut found = Found::default();
    let mut at = 2;
    loop {
        at = next_marker(bytes, at).ok_or(Refusal::Truncated)?;
        let marker = bytes.get(at).copied().ok_or(Refusal::Truncated)?;
        at += 1;
        match marker {
            0x01 | 0xd0..=0xd8 => continue,
            0xd9 => break,
            _ => {}
        }
        let length = bytes.get(at..).and_then(|rest| rest.first_chunk()).ok_or(Refusal::Truncated)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let body = at + 2..at + length.max(2);
        at = body.end;
        found.take(marker, bytes.get(body).ok_or(Refusal::Truncated)?)?;
    }
    found.end = at;
    if found.scans == 0 || found.size.is_none() {
        return Err(Refusal::Malformed);
    }
    Ok(found)
}

/// Where the kind of the next marker stands; bytes of scans and garbage are passed over.
fn next_marker(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += bytes.get(at..)?.iter().position(|byte| *byte == 0xff)?;
        at += bytes.get(at..)?.iter().position(|byte| *byte != 0xff)?;
        // A zero stands for a 0xff of the scan itself.
        if *bytes.get(at)? != 0 {
            return Some(at);
        }
    }
}

impl<'a> Found<'a> {
    fn take(&mut self, marker: u8, body: &'a [u8]) -> Result<(), Refusal> {
        match marker {
            0xc0..=0xc2 => self.take_frame(body)?,
            // Lossless, hierarchical, arithmetic: written by no camera and no program of this century.
            0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => return Err(Refusal::Unsupported),
            0xda => {
                self.scans += 1;
                if self.size.is_none() {
                    return Err(Refusal::Malformed);
                }
                if self.scans > MOST_SCANS {
                    return Err(Refusal::TooMuch);
                }
            }
            0xe1 if body.starts_with(b"Exif\0\0") => self.exif = self.exif.or(Some(body)),
            0xe2 => {
                let rest = body.strip_prefix(b"ICC_PROFILE\0").and_then(|rest| rest.split_first_chunk());
                if let Some(([number, of], rest)) = rest {
                    self.icc.push((*number, *of, rest));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn take_frame(&mut self, body: &[u8]) -> Result<(), Refusal> {
        let Some(&[bits, h1, h0, w1, w0, components]) = body.first_chunk() else {
            return Err(Refusal::Malformed);
        };
        if self.size.is_some() {
            return Err(Refusal::Malformed);
        }
        let (width, height) = (u16::from_be_bytes([w1, w0]), u16::from_be_bytes([h1, h0]));
        measured(width.into(), height.into())?;
        // Four are the inks of a printer, of which nobody knows the paper.
        if bits != 8 || !matches!(components, 1 | 3) {
            return Err(Refusal::Unsupported);
        }
        self.size = Some((width, height));
        Ok(())
    }

    /// The embedded profile, put together; `None` when there is none, or not all of it.
    fn profile(&self) -> Option<Vec<u8>> {
        let (_, of, _) = self.icc.first()?;
        let mut parts = self.icc.clone();
        parts.sort_by_key(|(number, ..)| *number);
        let whole = parts.len() == usize::from(*of)
            && parts.iter().zip(1..).all(|((number, all, _), expected)| *number == expected && all == of);
        let size: usize = parts.iter().map(|(.., part)| part.len()).sum();
        (whole && size <= colour::MOST).then(|| parts.iter().flat_map(|(.., part)| *part).copied().collect())
    }
}
