//! Where the segments of a fragmented MP4 file lie, read from its boxes (ISO/IEC 14496-12) and nothing else.
//!
//! Only the boxes that tell times and lengths are read; sound itself is skipped over. Whatever the file says, no more
//! memory is taken than the largest `moof` that is believed.

use music::{Index, Segment};
use std::io::{self, Read, Seek, SeekFrom};

/// Largest box that is read into memory. Six seconds of sound have some 300 samples, told with four to sixteen bytes each.
const LARGEST: u64 = 1024 * 1024;

/// Why a file has no index.
#[derive(Debug, thiserror::Error)]
pub enum BoxError {
    /// It cannot be read.
    #[error("the stream cannot be read")]
    Read(#[from] io::Error),
    /// It is not such a file.
    #[error("the stream is not fragmented MP4: {0}")]
    Shape(&'static str),
}

/// Reads where the beginning and the segments of a file with one track lie.
///
/// # Errors
/// [`BoxError`], also when boxes do not follow each other without a gap up to the end of the file.
pub fn index(file: &mut (impl Read + Seek)) -> Result<Index, BoxError> {
    let end = file.seek(SeekFrom::End(0))?;
    let mut found = Found::default();
    let mut at = 0;
    while at < end {
        let (kind, header, size) = header(file, at, end)?;
        match &kind {
            b"ftyp" | b"free" => {}
            b"moov" => found.movie(&body(file, at + header, size - header)?, at + size)?,
            b"styp" | b"sidx" | b"prft" | b"emsg" => found.begin(at),
            b"moof" => {
                found.begin(at);
                found.fragment(&body(file, at + header, size - header)?)?;
            }
            b"mdat" => found.data(at + size)?,
            b"mfra" => {} // A list for players that have the whole file, after the last segment.
            _ => return Err(BoxError::Shape("an unknown box")),
        }
        at += size;
    }
    found.done()
}

/// Kind, length of the header and length of the whole box at a place.
fn header(file: &mut (impl Read + Seek), at: u64, end: u64) -> Result<([u8; 4], u64, u64), BoxError> {
    file.seek(SeekFrom::Start(at))?;
    let (mut short, mut kind, mut long) = ([0; 4], [0; 4], [0; 8]);
    let cut = |_| BoxError::Shape("a box is cut off");
    file.read_exact(&mut short).map_err(cut)?;
    file.read_exact(&mut kind).map_err(cut)?;
    let (header, size) = match u32::from_be_bytes(short) {
        0 => (8, end - at),
        1 => {
            file.read_exact(&mut long).map_err(cut)?;
            (16, u64::from_be_bytes(long))
        }
        size => (8, u64::from(size)),
    };
    if size < header || at.checked_add(size).is_none_or(|after| after > end) {
        return Err(BoxError::Shape("a box is longer than the file"));
    }
    Ok((kind, header, size))
}

fn body(file: &mut (impl Read + Seek), at: u64, length: u64) -> Result<Vec<u8>, BoxError> {
    if length > LARGEST {
        return Err(BoxError::Shape("a box is too large"));
    }
    file.seek(SeekFrom::Start(at))?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What was read so far.
#[derive(Default)]
struct Found {
    /// Ticks a second.
    scale: u64,
    /// Length of a sample where nothing else says one, in ticks.
    usual: u32,
    init: u64,
    /// Where the segment that is being read begins.
    begun: Option<u64>,
    /// Its length in ticks, once its `moof` was read.
    ticks: Option<u64>,
    /// Ticks of all segments that are done.
    total: u64,
    segments: Vec<Segment>,
}

impl Found {
    fn movie(&mut self, movie: &[u8], end: u64) -> Result<(), BoxError> {
        if self.init != 0 {
            return Err(BoxError::Shape("two beginnings"));
        }
        let header = path(movie, &[b"trak", b"mdia", b"mdhd"]).ok_or(BoxError::Shape("no track"))?;
        let at = if header.first() == Some(&1) { 20 } else { 12 };
        self.scale = number(header, at).unwrap_or(0).into();
        if self.scale == 0 {
            return Err(BoxError::Shape("no scale of time"));
        }
        self.usual = path(movie, &[b"mvex", b"trex"]).and_then(|usual| number(usual, 12)).unwrap_or(0);
        self.init = end;
        Ok(())
    }

    fn begin(&mut self, at: u64) {
        self.begun.get_or_insert(at);
    }

    fn fragment(&mut self, fragment: &[u8]) -> Result<(), BoxError> {
        if self.init == 0 || self.ticks.is_some() {
            return Err(BoxError::Shape("a fragment where none belongs"));
        }
        let track = path(fragment, &[b"traf"]).ok_or(BoxError::Shape("a fragment without a track"))?;
        let usual = usual_in(path(track, &[b"tfhd"]).unwrap_or_default()).unwrap_or(self.usual);
        let mut ticks = 0_u64;
        for (kind, run) in Boxes(track) {
            if kind == *b"trun" {
                ticks = duration(run, usual)
                    .and_then(|run| ticks.checked_add(run))
                    .ok_or(BoxError::Shape("a run of samples is cut off"))?;
            }
        }
        self.ticks = Some(ticks);
        Ok(())
    }

    /// The end of a segment.
    fn data(&mut self, end: u64) -> Result<(), BoxError> {
        let (Some(start), Some(ticks)) = (self.begun.take(), self.ticks.take()) else {
            return Err(BoxError::Shape("sound without a fragment"));
        };
        if self.segments.last().map_or(self.init, |last| last.start + last.length) != start {
            return Err(BoxError::Shape("a gap between segments"));
        }
        // The difference of two rounded times: what is rounded off does not add up.
        let before = self.milliseconds();
        self.total = self.total.saturating_add(ticks);
        let duration_ms = u32::try_from(self.milliseconds() - before).unwrap_or(u32::MAX);
        self.segments.push(Segment { duration_ms, start, length: end - start });
        Ok(())
    }

    fn milliseconds(&self) -> u64 {
        u64::try_from(u128::from(self.total) * 1000 / u128::from(self.scale.max(1))).unwrap_or(u64::MAX)
    }

    fn done(self) -> Result<Index, BoxError> {
        if self.begun.is_some() || self.segments.is_empty() {
            return Err(BoxError::Shape("it ends before the sound does"));
        }
        Ok(Index { init: self.init, segments: self.segments })
    }
}

/// The boxes within a box, up to the first that is not whole.
struct Boxes<'a>(&'a [u8]);

impl<'a> Iterator for Boxes<'a> {
    type Item = ([u8; 4], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let size = usize::try_from(number(self.0, 0)?).ok()?;
        let kind = self.0.get(4..8)?.try_into().ok()?;
        let inside = self.0.get(8..size)?;
        self.0 = self.0.get(size..)?;
        Some((kind, inside))
    }
}

/// What is in the first box of this kind in the first box of that kind, and so on.
fn path<'a>(mut bytes: &'a [u8], kinds: &[&[u8; 4]]) -> Option<&'a [u8]> {
    for kind in kinds {
        bytes = Boxes(bytes).find(|(found, _)| found == *kind)?.1;
    }
    Some(bytes)
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}

/// The usual length of a sample of a fragment, where its `tfhd` says one.
fn usual_in(header: &[u8]) -> Option<u32> {
    let flags = number(header, 0)?;
    // Flags and track, then what flags announce: base offset, description, duration.
    let at = 8 + if flags & 0x1 != 0 { 8 } else { 0 } + if flags & 0x2 != 0 { 4 } else { 0 };
    if flags & 0x8 != 0 { number(header, at) } else { None }
}

/// How long a run of samples lasts, in ticks; `None` when it is cut off.
fn duration(run: &[u8], usual: u32) -> Option<u64> {
    let (flags, count) = (number(run, 0)?, number(run, 4)?);
    if flags & 0x100 == 0 {
        return Some(u64::from(count) * u64::from(usual));
    }
    let mut at = 8 + if flags & 0x1 != 0 { 4 } else { 0 } + if flags & 0x4 != 0 { 4 } else { 0 };
    let each = 4 * (flags & 0xf00).count_ones() as usize;
    let mut total = 0_u64;
    for _ in 0..count {
        total += u64::from(number(run, at)?);
        at += each;
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Cursor;

    fn bx(kind: &[u8; 4], inside: &[&[u8]]) -> Vec<u8> {
        let inside = inside.concat();
        let mut bytes = u32::try_from(inside.len() + 8).unwrap().to_be_bytes().to_vec();
        bytes.extend(kind);
        bytes.extend(inside);
        bytes
    }

    fn numbers(numbers: &[u32]) -> Vec<u8> {
        numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
    }

    fn movie() -> Vec<u8> {
        let mdhd = bx(b"mdhd", &[&numbers(&[0, 0, 0, 48_000, 0, 0])]);
        let trak = bx(b"trak", &[&bx(b"tkhd", &[]), &bx(b"mdia", &[&mdhd])]);
        let trex = bx(b"trex", &[&numbers(&[0, 1, 1, 1_024, 0, 0])]);
        bx(b"moov", &[&bx(b"mvhd", &[]), &trak, &bx(b"mvex", &[&trex])])
    }

    fn fragment(header: &[u32], run: &[u32]) -> Vec<u8> {
        let (header, run) = (bx(b"tfhd", &[&numbers(header)]), bx(b"trun", &[&numbers(run)]));
        bx(b"moof", &[&bx(b"mfhd", &[&numbers(&[0, 1])]), &bx(b"traf", &[&header, &run])])
    }

    fn file(parts: &[Vec<u8>]) -> Result<Index, BoxError> {
        index(&mut Cursor::new(parts.concat()))
    }

    #[test]
    fn segments_follow_each_other_and_the_beginning() {
        let (begin, sound) = ([bx(b"ftyp", &[b"iso6"]), movie()].concat(), bx(b"mdat", &[&[0; 100]]));
        let init = begin.len() as u64;
        // 282 samples of the usual length of the track; three of 960 by the fragment; lengths one by one.
        let parts = [fragment(&[0x02_0000, 1], &[0, 282]), fragment(&[0x02_000a, 1, 1, 960], &[0, 3])];
        let last = fragment(&[0x02_0000, 1], &[0x301, 2, 99, 960, 10, 312, 20]);
        let lengths = parts.iter().chain([&last]).map(|part| part.len() as u64 + 108).collect::<Vec<_>>();
        let [first, second] = parts;
        let found = file(&[begin, first, sound.clone(), second, sound.clone(), last, sound]).unwrap();
        assert_eq!(found.init, init);
        let mut start = init;
        for ((segment, length), duration_ms) in found.segments.iter().zip(lengths).zip([6016, 60, 26]) {
            assert_eq!(*segment, Segment { duration_ms, start, length });
            start += length;
        }
        assert_eq!(found.segments.len(), 3);
    }

    #[test]
    fn what_is_no_stream_is_refused() {
        let (fragment, sound) = (fragment(&[0, 1], &[0, 2]), bx(b"mdat", &[&[0; 10]]));
        for (what, parts) in [
            ("nothing", vec![]),
            ("no segment", vec![movie()]),
            ("sound alone", vec![movie(), sound.clone()]),
            ("no beginning", vec![fragment.clone(), sound.clone()]),
            ("two beginnings", vec![movie(), movie()]),
            ("no sound", vec![movie(), fragment.clone()]),
            ("two fragments", vec![movie(), fragment.clone(), fragment.clone(), sound.clone()]),
            ("an unknown box", vec![movie(), bx(b"evil", &[])]),
            ("cut off", vec![movie(), fragment.clone(), sound[..12].to_vec()]),
            ("a box of length 4", vec![vec![0, 0, 0, 4, b'm', b'o', b'o', b'v']]),
            ("a gap", vec![movie(), fragment.clone(), sound.clone(), bx(b"free", &[]), fragment, sound]),
            ("a box of 16 EiB", vec![numbers(&[1]), b"moov".to_vec(), vec![0xff; 8]]),
        ] {
            assert!(matches!(file(&parts), Err(BoxError::Shape(_))), "{what}");
        }
    }

    #[test]
    fn a_run_that_promises_more_samples_than_it_has_is_refused() {
        let lie = fragment(&[0, 1], &[0x100, u32::MAX, 960]);
        assert!(file(&[movie(), lie, bx(b"mdat", &[])]).is_err());
        let many = fragment(&[0x8, 1, u32::MAX], &[0, u32::MAX]);
        assert!(file(&[movie(), many, bx(b"mdat", &[])]).is_ok(), "nonsense, and no overflow");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_fall_over(bytes in proptest::collection::vec(any::<u8>(), 0..400), at in 0_usize..300) {
            let _ = index(&mut Cursor::new(&bytes));
            let mut good = [movie(), fragment(&[0, 1], &[0x100, 1, 9]), bx(b"mdat", &[])].concat();
            let at = at % good.len();
            for (place, byte) in good.iter_mut().skip(at).zip(bytes.iter().take(4)) {
                *place = *byte;
            }
            let _ = index(&mut Cursor::new(good));
        }
    }
}
