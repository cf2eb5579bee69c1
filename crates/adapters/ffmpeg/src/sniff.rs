//! What a file is, by its content: which of the formats that are taken, and what it promises about its length.
//!
//! Names and promised types count for nothing. What is none of these is never shown to ffmpeg, which would else try some
//! three hundred formats, lists of other files among them.

use media::Format;
use media::upload::{self, SNIFFED, TAGS};
use music::Refusal;
use std::io::{self, Read, Seek, SeekFrom};

mod mp3;
mod wav;

/// What was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind {
    /// One of the five of sound.
    pub(crate) format: Format,
    /// Moments that a header of MP3 promises, at the file's own rate.
    pub(crate) promised: Option<u64>,
}

impl Kind {
    /// What ffmpeg calls the one reader that may look at it.
    pub(crate) const fn reader(self) -> &'static str {
        match self.format {
            Format::Flac => "flac",
            Format::Aiff => "aiff",
            Format::Mp3 => "mp3",
            Format::M4a => "mov",
            _ => "wav",
        }
    }

    /// The decoders that may look at what is in it.
    pub(crate) const fn decoders(self) -> &'static str {
        match self.format {
            Format::Flac => "flac",
            Format::Mp3 => "mp3float,mp3",
            Format::M4a => "aac,alac",
            Format::Aiff => {
                "pcm_s8,pcm_s16be,pcm_s24be,pcm_s32be,pcm_f32be,pcm_f64be,pcm_s16le,pcm_u8,pcm_alaw,pcm_mulaw"
            }
            _ => {
                "pcm_u8,pcm_s16le,pcm_s24le,pcm_s32le,pcm_s64le,pcm_f32le,pcm_f64le,pcm_alaw,pcm_mulaw,\
                 pcm_s16be,pcm_s24be,pcm_s32be,pcm_f32be,pcm_f64be"
            }
        }
    }

    /// Those and the ones for covers and the texts of chapters, which ffprobe opens whether they are wanted or not.
    pub(crate) fn decoders_beside(self) -> String {
        format!("{},png,mjpeg,bmp,gif,mov_text", self.decoders())
    }

    /// Whether sound of this kind may be in it.
    pub(crate) fn has(self, codec: &str) -> bool {
        self.decoders().split(',').any(|decoder| decoder == codec)
    }
}

/// Why it goes no further.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SniffError {
    #[error("the recording cannot be read")]
    Read(#[from] io::Error),
    #[error("the recording is refused: {}", .0.as_str())]
    Refused(Refusal),
}

/// Looks at a file.
pub(crate) fn sniff(file: &mut (impl Read + Seek)) -> Result<Kind, SniffError> {
    let end = file.seek(SeekFrom::End(0))?;
    let mut at = 0;
    for tags in 0..=TAGS {
        let bytes = read(file, at, SNIFFED)?;
        if tags < TAGS && bytes.starts_with(b"ID3") {
            at = after_tag(&bytes, at, end)?;
            continue;
        }
        let format = |format| Ok(Kind { format, promised: None });
        return match upload::sniff(&bytes) {
            Some(Format::Wav) if at == 0 => {
                wav::check(file, end)?;
                format(Format::Wav)
            }
            Some(found @ (Format::Aiff | Format::M4a)) if at == 0 => format(found),
            Some(Format::Flac) => format(Format::Flac),
            // Closer than by one frame.
            _ => Ok(Kind { format: Format::Mp3, promised: mp3::find(file, at, at > 0)? }),
        };
    }
    Err(SniffError::Refused(Refusal::Malformed))
}

/// Where the tag in front ends (ID3v2).
fn after_tag(tag: &[u8], at: u64, end: u64) -> Result<u64, SniffError> {
    let size = tag.get(6..10).ok_or(SniffError::Refused(Refusal::Truncated))?;
    if size.iter().any(|byte| byte & 0x80 != 0) {
        return Err(SniffError::Refused(Refusal::Malformed));
    }
    let length = upload::tag_length(tag).ok_or(SniffError::Refused(Refusal::Malformed))?;
    let after = at + length;
    if after >= end { Err(SniffError::Refused(Refusal::Truncated)) } else { Ok(after) }
}

/// Up to so many bytes from a place.
fn read(file: &mut (impl Read + Seek), at: u64, length: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(at))?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn seen(bytes: &[u8]) -> Result<Format, Refusal> {
        match sniff(&mut Cursor::new(bytes)) {
            Ok(kind) => Ok(kind.format),
            Err(SniffError::Refused(refusal)) => Err(refusal),
            Err(SniffError::Read(error)) => panic!("{error}"),
        }
    }

    #[test]
    fn formats_are_known_by_their_first_bytes() {
        assert_eq!(seen(b"fLaC\0\0\0\x22"), Ok(Format::Flac));
        assert_eq!(seen(b"FORM\0\0\0\0AIFC"), Ok(Format::Aiff));
        assert_eq!(seen(b"\0\0\0\x20ftypM4A "), Ok(Format::M4a));
        assert_eq!(seen(b"ID3\x04\0\0\0\0\0\x02..fLaC"), Ok(Format::Flac));
        let frame = [&[0xff, 0xfb, 0x90, 0x00][..], &[0; 413]].concat();
        assert_eq!(seen(&[frame.clone(), frame].concat()), Ok(Format::Mp3));
    }

    #[test]
    fn what_is_none_of_them_is_not_shown_to_anybody() {
        for bytes in [
            &b""[..],
            b"#EXTM3U\nfile:///etc/passwd\n",
            b"ffconcat version 1.0\nfile /etc/passwd\n",
            b"<?xml version=\"1.0\"?><MPD/>",
            b"OggS\0\x02",
            b"%PDF-1.4",
            b"PK\x03\x04",
            &[0; 4096],
            &[0xff; 4096],
            b"\xff\xf1\x50\x80\x02\x1f\xfc\xff\xf1\x50\x80\x02\x1f\xfc",
        ] {
            assert_eq!(seen(bytes), Err(Refusal::UnknownFormat), "{bytes:?}");
        }
        assert_eq!(seen(b"ID3\x04\0\0\x7f\x7f\x7f\x7f"), Err(Refusal::Truncated));
        assert_eq!(seen(b"ID3\x04\0\0\xff\x7f\x7f\x7f"), Err(Refusal::Malformed));
        assert_eq!(seen(&b"ID3\x04\0\0\0\0\0\0".repeat(1_000)), Err(Refusal::UnknownFormat));
        assert_eq!(seen(b"ID3\x04\0\0\0\0\0\0#EXTM3U\nfile:///etc/passwd"), Err(Refusal::UnknownFormat));
    }
}
