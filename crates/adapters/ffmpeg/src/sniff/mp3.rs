//! MP3: frames that follow each other, and what the first one may say about all.

use super::{SniffError, read};
use music::Refusal;
use std::io::{Read, Seek};

/// Bytes that are looked through for the first frame after a tag, where some programs leave gaps.
const GAP: u64 = 64 * 1024;

/// Moments that the first frame promises (`Xing` or `Info`), when there is such a frame.
pub(super) fn find(
    file: &mut (impl Read + Seek),
    at: u64,
    after_tag: bool,
) -> Result<Option<u64>, SniffError> {
    let bytes = read(file, at, GAP)?;
    let places = if after_tag { bytes.len() } else { 1 };
    for place in 0..places {
        let Some(frame) = bytes.get(place..).and_then(Frame::read) else { continue };
        // Two in a row: one could be anything. A file may end with its only frame.
        let next = bytes.get(place + frame.bytes..).unwrap_or_default();
        if next.is_empty() && place + frame.bytes == bytes.len() || Frame::read(next).is_some() {
            return Ok(frame.promised(bytes.get(place..).unwrap_or_default()));
        }
    }
    Err(SniffError::Refused(Refusal::UnknownFormat))
}

struct Frame {
    /// Its length.
    bytes: usize,
    /// Moments in it.
    moments: u64,
    /// Where the promise lies.
    side: usize,
}

impl Frame {
    /// The frame of layer III that begins here.
    fn read(bytes: &[u8]) -> Option<Self> {
        const OLD: [usize; 15] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
        const NEW: [usize; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
        let [sync, kind, rates, mode] = *bytes.first_chunk::<4>()?;
        let (version, layer) = (kind >> 3 & 3, kind >> 1 & 3);
        if sync != 0xff || kind < 0xe0 || version == 1 || layer != 1 {
            return None;
        }
        let first = version == 3;
        let kbps = *(if first { &OLD } else { &NEW }).get(usize::from(rates >> 4))?;
        let rate: usize = *[44_100, 48_000, 32_000].get(usize::from(rates >> 2 & 3))?;
        if kbps == 0 {
            return None; // Free format, which nobody writes.
        }
        let (rate, per_byte, moments) = match version {
            3 => (rate, 144_000, 1_152),
            2 => (rate / 2, 72_000, 576),
            _ => (rate / 4, 72_000, 576),
        };
        let mono = mode >> 6 == 3;
        let side = match (first, mono) {
            (true, false) => 36,
            (true, true) | (false, false) => 21,
            (false, true) => 13,
        };
        Some(Self { bytes: per_byte * kbps / rate + usize::from(rates >> 1 & 1), moments, side })
    }

    fn promised(&self, bytes: &[u8]) -> Option<u64> {
        let promise = bytes.get(self.side..self.side + 12)?;
        let (name, flags, frames) =
            (promise.get(..4)?, promise.get(7)?, promise.get(8..12)?.try_into().ok()?);
        let told = (name == b"Xing" || name == b"Info") && flags & 1 != 0;
        told.then(|| u64::from(u32::from_be_bytes(frames)) * self.moments)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn frame() -> Vec<u8> {
        [&[0xff, 0xfb, 0x90, 0x00][..], &[0; 413]].concat() // 128 kbit/s, 44.1 kHz, stereo
    }

    #[test]
    fn the_first_frame_may_promise_how_many_follow() {
        let mut first = frame();
        first[36..48].copy_from_slice(b"Xing\0\0\0\x01\0\0\0\x0a");
        let bytes = [first, frame()].concat();
        assert_eq!(find(&mut Cursor::new(bytes), 0, false).unwrap(), Some(11_520));
        let bytes = [frame(), frame()].concat();
        assert_eq!(find(&mut Cursor::new(bytes), 0, false).unwrap(), None);
    }

    #[test]
    fn gaps_are_looked_through_after_tags_only() {
        let bytes = [vec![0; 300], frame(), frame()].concat();
        assert!(find(&mut Cursor::new(&bytes), 0, true).is_ok());
        assert!(find(&mut Cursor::new(&bytes), 0, false).is_err());
    }

    #[test]
    fn one_frame_among_other_bytes_is_none() {
        let bytes = [frame(), vec![7; 300]].concat();
        assert!(find(&mut Cursor::new(&bytes), 0, false).is_err());
        assert!(find(&mut Cursor::new(&frame()), 0, false).is_ok());
        assert!(find(&mut Cursor::new(&frame()[..200]), 0, false).is_err());
    }
}
