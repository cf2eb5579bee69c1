//! HEIC, as far as it has to be understood before libheif may see it: sizes, colours, and whether it has an end.
//!
//! A file is boxes: four bytes of size, four of kind, what is in them (ISO/IEC 14496-12).

use super::raster::measured;
use super::{Trouble, colour};
use gallery::Refusal;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};

/// Largest box of what a file says of itself; that of a telephone is 4 KiB.
const MOST_META: u64 = 4 << 20;
/// More boxes than that are there for no good.
const MOST_BOXES: usize = 10_000;

/// Refuses what is too large or contradicts itself, and tells the colours where they are code points.
///
/// # Errors
/// A [`Refusal`], or that the file cannot be read.
pub(super) fn check(file: File) -> Result<Option<[u8; 2]>, Trouble> {
    let meta = meta(file)?;
    // The first four bytes are a version and flags.
    let meta = meta.get(4..).ok_or(Refusal::Malformed)?;
    let properties = inside(meta, b"iprp")?.ok_or(Refusal::Malformed)?;
    let properties = inside(properties, b"ipco")?.ok_or(Refusal::Malformed)?;
    let (mut sizes, mut profiled, mut points) = (0, false, None);
    for each in Boxes(properties).take(MOST_BOXES) {
        let (kind, body) = each?;
        match &kind {
            b"ispe" => {
                let (Some(width), Some(height)) = (number(body, 4), number(body, 8)) else {
                    return Err(Refusal::Malformed.into());
                };
                measured(width, height)?;
                sizes += 1;
            }
            b"colr" if body.starts_with(b"nclx") => points = points.or(coded(body)),
            b"colr" => profiled = true,
            _ => {}
        }
    }
    if sizes == 0 {
        return Err(Refusal::Malformed.into());
    }
    match points.filter(|_| !profiled) {
        Some([_, transfer]) if colour::is_brighter(transfer) => Err(Refusal::Unsupported.into()),
        points => Ok(points),
    }
}

/// Primaries and transfer of an `nclx`.
fn coded(body: &[u8]) -> Option<[u8; 2]> {
    let two = |at: usize| body.get(at..at + 2).and_then(|two| two.first_chunk());
    let byte = |at| two(at).and_then(|two| u8::try_from(u16::from_be_bytes(*two)).ok());
    Some([byte(4)?, byte(6)?])
}

fn number(body: &[u8], at: usize) -> Option<u32> {
    body.get(at..)?.first_chunk().map(|number| u32::from_be_bytes(*number))
}

/// What the outermost `meta` says; all other boxes are passed over, and must end where the file does.
fn meta(file: File) -> Result<Vec<u8>, Trouble> {
    let end = file.metadata()?.len();
    let mut file = BufReader::new(file);
    let (mut at, mut found) = (0, None);
    for _ in 0..MOST_BOXES {
        if at == end {
            break;
        }
        file.seek(SeekFrom::Start(at))?;
        let mut head = Vec::new();
        file.by_ref().take(16).read_to_end(&mut head)?;
        let Head { kind, header, size } = head_of(&head, end - at)?;
        if size > end - at {
            return Err(Refusal::Truncated.into());
        }
        if &kind == b"meta" && found.is_none() {
            if size > MOST_META {
                return Err(Refusal::TooMuch.into());
            }
            file.seek(SeekFrom::Start(at + header))?;
            let mut body = Vec::new();
            file.by_ref().take(size - header).read_to_end(&mut body)?;
            found = Some(body);
        }
        at += size;
    }
    Ok(found.ok_or(if at == end { Refusal::Truncated } else { Refusal::Malformed })?)
}

struct Head {
    kind: [u8; 4],
    /// Bytes of it before what it contains.
    header: u64,
    /// All its bytes.
    size: u64,
}

/// The head of a box of which there are `left` bytes at most.
fn head_of(bytes: &[u8], left: u64) -> Result<Head, Refusal> {
    let (size, rest) = bytes.split_first_chunk().ok_or(Refusal::Truncated)?;
    let (kind, rest) = rest.split_first_chunk().ok_or(Refusal::Truncated)?;
    let (header, size) = match u32::from_be_bytes(*size) {
        0 => (8, left),
        1 => (16, u64::from_be_bytes(*rest.first_chunk().ok_or(Refusal::Truncated)?)),
        size => (8, size.into()),
    };
    if size < header {
        return Err(Refusal::Malformed);
    }
    Ok(Head { kind: *kind, header, size })
}

/// Boxes one after the other.
struct Boxes<'a>(&'a [u8]);

impl<'a> Iterator for Boxes<'a> {
    type Item = Result<([u8; 4], &'a [u8]), Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let all = std::mem::take(&mut self.0);
        let cut = head_of(all, all.len() as u64).and_then(|Head { kind, header, size }| {
            let part = |at: u64| usize::try_from(at).ok().and_then(|at| all.split_at_checked(at));
            let (whole, rest) = part(size).ok_or(Refusal::Malformed)?;
            self.0 = rest;
            let body = usize::try_from(header).ok().and_then(|header| whole.get(header..));
            Ok((kind, body.ok_or(Refusal::Malformed)?))
        });
        Some(cut)
    }
}

/// What is in the first box of a kind.
fn inside<'a>(boxes: &'a [u8], wanted: &[u8; 4]) -> Result<Option<&'a [u8]>, Refusal> {
    for each in Boxes(boxes).take(MOST_BOXES) {
        let (kind, body) = each?;
        if &kind == wanted {
            return Ok(Some(body));
        }
    }
    Ok(None)
}
