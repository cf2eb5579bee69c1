//! What bytes are, by how they begin: whatever their sender says, and whatever their name ends in.

use super::Format;

/// How many of the first bytes are looked at.
pub const SNIFFED: u64 = 4096;
/// Tags in front of the sound that are looked behind, at most.
pub const TAGS: usize = 4;

/// What begins with these bytes, which are the first [`SNIFFED`] of it, or all that there are.
#[must_use]
pub fn sniff(bytes: &[u8]) -> Option<Format> {
    let at = |from: usize, to: usize| bytes.get(from..to).unwrap_or_default();
    if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
        return Some(Format::Jpeg);
    }
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Some(Format::Png);
    }
    match (at(0, 4), at(8, 12)) {
        (b"RIFF", b"WEBP") => return Some(Format::WebP),
        (b"RIFF" | b"RIFX" | b"RF64" | b"BW64", b"WAVE") => return Some(Format::Wav),
        (b"FORM", b"AIFF" | b"AIFC") => return Some(Format::Aiff),
        (b"fLaC", _) => return Some(Format::Flac),
        _ => {}
    }
    if at(4, 8) == b"ftyp" {
        return by_brand(bytes);
    }
    let mut rest = bytes;
    for _ in 0..TAGS {
        let Some(length) = tag_length(rest) else { break };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        rest = rest.get(length..).unwrap_or_default();
    }
    if bytes.starts_with(TAG) {
        return Some(behind_tag(rest));
    }
    is_mp3(bytes).then_some(Format::Mp3)
}

/// How a tag begins that stands before the sound (ID3v2).
const TAG: &[u8] = b"ID3";

/// How long the tag is that begins here, if one does and says so: with a cover, longer than what is looked at.
#[must_use]
pub fn tag_length(bytes: &[u8]) -> Option<u64> {
    let (head, _) = bytes.split_first_chunk::<10>().filter(|(head, _)| head.starts_with(TAG))?;
    let (flags, size) = (head.get(5)?, head.get(6..)?);
    let size = size.iter().fold(0, |sum, byte| sum << 7 | u64::from(byte & 0x7F));
    let footer = if flags & 0x10 == 0 { 0 } else { 10 };
    Some(10 + size + footer)
}

/// What follows a tag: FLAC where that is seen, else MP3, which is what tags are made for. What processes it looks closer.
#[must_use]
pub fn behind_tag(bytes: &[u8]) -> Format {
    if bytes.starts_with(b"fLaC") { Format::Flac } else { Format::Mp3 }
}

/// What some kinds of HEIC call themselves: one picture, or several.
const HEIC: [&[u8]; 6] = [b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"];
/// A container of pictures that says elsewhere of which.
const PICTURES: [&[u8]; 2] = [b"mif1", b"msf1"];
/// Sound in MP4, and MP4 of whatever, in which sound may be.
const SOUND: [&[u8]; 10] =
    [b"M4A ", b"M4B ", b"mp41", b"mp42", b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"dash"];

/// The `ftyp` box (ISO/IEC 14496-12, 4.3): its own brand, a version, and the brands that it is compatible with.
fn by_brand(bytes: &[u8]) -> Option<Format> {
    let length = u32::from_be_bytes(*bytes.first_chunk::<4>()?);
    let length = usize::try_from(length).ok()?.min(bytes.len());
    let own = bytes.get(8..12)?;
    let others = || bytes.get(16..length).unwrap_or_default().chunks_exact(4);
    if HEIC.contains(&own) || PICTURES.contains(&own) && others().any(|brand| HEIC.contains(&brand)) {
        return Some(Format::Heic);
    }
    SOUND.contains(&own).then_some(Format::M4a)
}

/// A frame of MPEG sound, layer III, and another one where it ends, if that can be seen.
fn is_mp3(bytes: &[u8]) -> bool {
    let Some(length) = frame(bytes) else { return false };
    bytes.get(length..).is_none_or(|rest| rest.len() < 4 || frame(rest).is_some())
}

/// Kilobits per second by index, of layer III: MPEG 1, and MPEG 2 and 2.5.
const BITRATES: [[usize; 15]; 2] = [
    [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];
/// Samples per second by index, of MPEG 1; half of it in MPEG 2, a quarter in 2.5.
const RATES: [usize; 3] = [44_100, 48_000, 32_000];

/// How long the frame is that begins here, if one does.
fn frame(bytes: &[u8]) -> Option<usize> {
    let [first, second, third, _] = *bytes.first_chunk::<4>()?;
    if first != 0xFF || second & 0xE0 != 0xE0 || second & 0b110 != 0b010 {
        return None;
    }
    let (table, divisor, samples) = match second >> 3 & 0b11 {
        0b11 => (BITRATES.first()?, 1, 144),
        0b10 => (BITRATES.last()?, 2, 72),
        0b00 => (BITRATES.last()?, 4, 72),
        _ => return None,
    };
    let bitrate = *table.get(usize::from(third >> 4))?;
    let rate = RATES.get(usize::from(third >> 2 & 0b11))? / divisor;
    let padding = usize::from(third >> 1 & 1);
    (bitrate > 0).then_some(samples * bitrate * 1000 / rate + padding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ftyp(brand: &[u8; 4], others: &[&[u8; 4]]) -> Vec<u8> {
        let mut bytes = u32::try_from(16 + others.len() * 4).unwrap().to_be_bytes().to_vec();
        bytes.extend(b"ftyp");
        bytes.extend(brand);
        bytes.extend([0; 4]);
        others.iter().for_each(|other| bytes.extend(*other));
        bytes.extend(b"\0\0\0\x08mdat");
        bytes
    }

    /// An MP3 frame of 128 kbit/s and 44.1 kHz: 417 bytes.
    fn frames(count: usize) -> Vec<u8> {
        let mut one = vec![0xFF, 0xFB, 0x90, 0x00];
        one.resize(417, 0);
        one.repeat(count)
    }

    fn tagged(rest: &[u8]) -> Vec<u8> {
        let mut bytes = b"ID3\x04\0\0\0\0\x01\x02".to_vec();
        bytes.resize(10 + 130, 0);
        bytes.extend(rest);
        bytes
    }

    #[test]
    fn each_format_is_known_by_how_it_begins() {
        let cases: [(Vec<u8>, Format); 23] = [
            (vec![0xFF, 0xD8, 0xFF, 0xE0], Format::Jpeg),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(), Format::Png),
            (b"RIFF\x10\0\0\0WEBPVP8 ".to_vec(), Format::WebP),
            (b"RIFF\x10\0\0\0WAVEfmt ".to_vec(), Format::Wav),
            (b"RF64\xff\xff\xff\xffWAVEds64".to_vec(), Format::Wav),
            (b"BW64\xff\xff\xff\xffWAVEds64".to_vec(), Format::Wav),
            (b"RIFX\0\0\0\x10WAVEfmt ".to_vec(), Format::Wav),
            (b"fLaC\0\0\0\x22".to_vec(), Format::Flac),
            (tagged(b"fLaC"), Format::Flac),
            (tagged(&tagged(b"fLaC")), Format::Flac),
            (b"ID3".to_vec(), Format::Mp3),
            (b"FORM\0\0\0\x10AIFFCOMM".to_vec(), Format::Aiff),
            (b"FORM\0\0\0\x10AIFCFVER".to_vec(), Format::Aiff),
            (tagged(&frames(1)), Format::Mp3),
            (b"ID3\x04\0\0\x7f\x7f\x7f\x7f".to_vec(), Format::Mp3),
            (frames(2), Format::Mp3),
            (frames(1), Format::Mp3),
            (ftyp(b"heic", &[b"mif1", b"heic"]), Format::Heic),
            (ftyp(b"mif1", &[b"miaf", b"heic"]), Format::Heic),
            (ftyp(b"msf1", &[b"hevc"]), Format::Heic),
            (ftyp(b"M4A ", &[b"M4A ", b"isom"]), Format::M4a),
            (ftyp(b"isom", &[b"iso2", b"mp41"]), Format::M4a),
            (ftyp(b"mp42", &[]), Format::M4a),
        ];
        for (bytes, format) in cases {
            assert_eq!(sniff(&bytes), Some(format), "{:x?}", &bytes[..bytes.len().min(24)]);
        }
    }

    #[test]
    fn a_tag_says_how_long_it_is() {
        assert_eq!(tag_length(&tagged(b"fLaC")), Some(140));
        assert_eq!(tag_length(b"ID3\x04\0\x10\0\0\0\x05"), Some(25), "with a footer");
        assert_eq!(tag_length(b"ID3\x04\0\0\x7f\x7f\x7f\x7f"), Some(10 + (1 << 28) - 1));
        assert_eq!((tag_length(b"ID3\x04\0\0\0\0\0"), tag_length(b"fLaC\0\0\0\x22\0\0")), (None, None));
    }

    #[test]
    fn what_only_looks_like_one_is_none() {
        let mut once = frames(2);
        once[417] = 0;
        let cases: [Vec<u8>; 15] = [
            Vec::new(),
            b"RIFF".to_vec(),
            b"RIFF\x10\0\0\0AVI ".to_vec(),
            b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script/></svg>".to_vec(),
            b"<!doctype html>".to_vec(),
            b"GIF89a".to_vec(),
            b"%PDF-1.7".to_vec(),
            b"PK\x03\x04".to_vec(),
            b"\x7fELF".to_vec(),
            b"OggS\0".to_vec(),
            ftyp(b"avif", &[b"mif1", b"miaf"]),
            ftyp(b"mif1", &[b"avif"]),
            // Sound as AAC frames, which begin much like those of MP3.
            vec![0xFF, 0xF1, 0x50, 0x80, 0, 0, 0],
            vec![0xFF; 64],
            once,
        ];
        for bytes in cases {
            assert_eq!(sniff(&bytes), None, "{:x?}", &bytes[..bytes.len().min(24)]);
        }
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange_to_look_at(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = sniff(&bytes);
            for start in [&b"\0\0\0\xffftyp"[..], b"ID3", b"\xff\xfb", b"RIFF"] {
                let _ = sniff(&[start, &bytes].concat());
            }
        }
    }
}
