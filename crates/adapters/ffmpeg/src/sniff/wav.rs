//! WAV: whether the file has all the sound that its header promises. ffmpeg plays what is there and says nothing.

use super::{SniffError, read};
use music::Refusal;
use std::io::{Read, Seek};

/// Chunks that are looked at before the sound.
const CHUNKS: usize = 1_000;
/// What a recorder writes that does not know how long it will record: also where a 64-bit size is told elsewhere.
const UNKNOWN: u64 = 0xffff_ffff;

/// Follows the chunks up to the sound.
pub(super) fn check(file: &mut (impl Read + Seek), end: u64) -> Result<(), SniffError> {
    let refused = |refusal| Err(SniffError::Refused(refusal));
    let big_endian = read(file, 0, 4)? == b"RIFX";
    let mut at = 12_u64;
    let mut long = None;
    for _ in 0..CHUNKS {
        let bytes = read(file, at, 24)?;
        let Some((name, size)) = bytes.get(..4).zip(bytes.get(4..8).and_then(|size| size.try_into().ok()))
        else {
            return refused(Refusal::Truncated);
        };
        let size = u64::from(if big_endian { u32::from_be_bytes(size) } else { u32::from_le_bytes(size) });
        match name {
            // RF64 and BW64: the size of the whole, then that of the sound, in 64 bits.
            b"ds64" => {
                long = bytes.get(16..24).and_then(|size| size.try_into().ok()).map(u64::from_le_bytes);
            }
            b"data" => {
                let promised = if size == UNKNOWN { long } else { Some(size) };
                let there = end.saturating_sub(at + 8);
                return match promised.filter(|promised| *promised != 0) {
                    _ if there == 0 => refused(Refusal::NoSound),
                    Some(promised) if promised > there && promised != u64::MAX => refused(Refusal::Truncated),
                    // Nobody came back to write how long it became: what is there counts.
                    _ => Ok(()),
                };
            }
            _ => {}
        }
        at = at.saturating_add(8 + size + size % 2);
        if at >= end {
            return refused(if size > end { Refusal::Truncated } else { Refusal::NoSound });
        }
    }
    refused(Refusal::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn wav(kind: &[u8; 4], chunks: &[(&[u8; 4], u32, &[u8])]) -> Result<(), Refusal> {
        let mut bytes = [kind, &[0; 4], &b"WAVE"[..]].concat();
        for (name, size, inside) in chunks {
            bytes.extend(*name);
            bytes.extend(size.to_le_bytes());
            bytes.extend(*inside);
        }
        let end = bytes.len() as u64;
        check(&mut Cursor::new(bytes), end).map_err(|error| match error {
            SniffError::Refused(refusal) => refusal,
            SniffError::Read(error) => panic!("{error}"),
        })
    }

    #[test]
    fn a_header_may_not_promise_more_than_there_is() {
        let sound = [1; 100];
        assert_eq!(wav(b"RIFF", &[(b"LIST", 3, b"abc\0"), (b"data", 100, &sound)]), Ok(()));
        assert_eq!(wav(b"RIFF", &[(b"data", 101, &sound)]), Err(Refusal::Truncated));
        assert_eq!(wav(b"RIFF", &[(b"data", 90, &sound)]), Ok(()));
        assert_eq!(wav(b"RIFF", &[(b"data", u32::MAX - 1, &sound)]), Err(Refusal::Truncated));
    }

    #[test]
    fn a_header_that_was_never_finished_promises_nothing() {
        assert_eq!(wav(b"RIFF", &[(b"data", u32::MAX, &[1; 100])]), Ok(()));
        assert_eq!(wav(b"RIFF", &[(b"data", 0, &[1; 100])]), Ok(()));
        assert_eq!(wav(b"RIFF", &[(b"data", 0, &[])]), Err(Refusal::NoSound));
    }

    #[test]
    fn sizes_of_64_bits_are_known() {
        let long =
            |size: u64| [0_u64, size, 0].iter().flat_map(|part| part.to_le_bytes()).collect::<Vec<_>>();
        let file = |size| wav(b"RF64", &[(b"ds64", 24, &long(size)), (b"data", u32::MAX, &[1; 100])]);
        assert_eq!(file(100), Ok(()));
        assert_eq!(file(u64::MAX), Ok(()), "never finished");
        assert_eq!(file(1 << 40), Err(Refusal::Truncated));
    }

    #[test]
    fn chunks_lead_nowhere_for_ever() {
        assert_eq!(wav(b"RIFF", &[(b"fmt ", 16, &[0; 16])]), Err(Refusal::NoSound));
        assert_eq!(wav(b"RIFF", &[(b"junk", u32::MAX, &[0; 16])]), Err(Refusal::Truncated));
        assert_eq!(wav(b"RIFF", &vec![(b"junk", 0, &[][..]); 2_000]), Err(Refusal::Malformed));
        assert_eq!(wav(b"RIFF", &[]), Err(Refusal::Truncated));
    }
}
