//! What cameras say of a picture. All of it is read, little is used, nothing is passed on.

use super::raster::Turned;
use chrono::{NaiveDate, TimeDelta};
use exif::{DateTime, Exif, Field, In, Reader, Tag, Value};
use kernel::Timestamp;
use std::fs::File;
use std::io::BufReader;

/// Longest that is looked at.
pub(super) const MOST: usize = 1 << 20;

/// What is used.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Told {
    /// How it has to be turned to be upright.
    pub(super) turned: Turned,
    /// When it was taken.
    pub(super) taken_at: Option<Timestamp>,
    /// Its colours are Adobe RGB, as cameras say it that embed no profile.
    pub(super) adobe_rgb: bool,
}

impl Told {
    /// Of a TIFF structure, with or without `Exif` and two zeros before it; nothing where it makes no sense.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let bytes = bytes.strip_prefix(b"Exif\0\0").unwrap_or(bytes);
        if bytes.len() > MOST {
            return Self::default();
        }
        let read = reader().read_raw(bytes.to_vec());
        whatever(read).map_or_else(Self::default, |exif| Self::read(&exif))
    }

    /// Of a HEIC, whose being turned is a matter of its container.
    pub(super) fn of_heic(file: File) -> Self {
        let read = reader().read_from_container(&mut BufReader::new(file));
        let told = whatever(read).map_or_else(Self::default, |exif| Self::read(&exif));
        Self { turned: Turned::default(), ..told }
    }

    fn read(exif: &Exif) -> Self {
        let orientation = exif.get_field(Tag::Orientation, In::PRIMARY);
        let orientation = orientation.and_then(|field| field.value.get_uint(0)).unwrap_or(1);
        let interoperability = exif.get_field(Tag::InteroperabilityIndex, In::PRIMARY).and_then(ascii);
        Self {
            turned: Turned::of_orientation(orientation),
            taken_at: taken_at(exif),
            adobe_rgb: interoperability.is_some_and(|index| index.starts_with(b"R03")),
        }
    }
}

fn reader() -> Reader {
    let mut reader = Reader::new();
    reader.continue_on_error(true);
    reader
}

/// What could be read of it.
fn whatever(read: Result<Exif, exif::Error>) -> Option<Exif> {
    read.or_else(|error| error.distill_partial_result(|_| ())).ok()
}

fn ascii(field: &Field) -> Option<&[u8]> {
    match &field.value {
        Value::Ascii(lines) => lines.first().map(Vec::as_slice),
        _ => None,
    }
}

/// In UTC when the camera said how far it was off, else as if it had been in UTC.
fn taken_at(exif: &Exif) -> Option<Timestamp> {
    let text = |tag| exif.get_field(tag, In::PRIMARY).and_then(ascii);
    let mut time = DateTime::from_ascii(text(Tag::DateTimeOriginal)?).ok()?;
    if let Some(offset) = text(Tag::OffsetTimeOriginal) {
        // Blank where the camera did not know.
        let _ = time.parse_offset(offset);
    }
    let day = NaiveDate::from_ymd_opt(time.year.into(), time.month.into(), time.day.into())?;
    // Zeros stand for not knowing; there were no photographs in the year 1800 either.
    let day = (time.year >= 1826).then_some(day)?;
    // A leap second is the next one.
    let leap = time.second == 60;
    let at =
        day.and_hms_opt(time.hour.into(), time.minute.into(), if leap { 59 } else { time.second.into() })?;
    let at = at.checked_add_signed(TimeDelta::seconds(leap.into()))?;
    let offset = time.offset.filter(|minutes| minutes.unsigned_abs() <= 14 * 60).unwrap_or_default();
    Some(at.checked_sub_signed(TimeDelta::minutes(offset.into()))?.and_utc())
}
