//! When a file says that it was recorded.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
use kernel::Timestamp;
use std::collections::HashMap;

/// Nothing was recorded before: what is older is a clock that was never set.
const FIRST_YEAR: i32 = 1990;

/// Reads what ffprobe tells of tags: `creation_time` of M4A; `date` and `creation_time` (a time of day) of WAV; `date` of
/// others, when it names a day. What has no zone counts as UTC.
pub(crate) fn recorded(tags: &HashMap<String, String>) -> Option<Timestamp> {
    let tag = |name: &str| {
        tags.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    };
    let (date, time) = (tag("date"), tag("creation_time"));
    let day = date.and_then(|date| NaiveDate::parse_from_str(date, "%Y-%m-%d").ok());
    let of_day = time.and_then(|time| NaiveTime::parse_from_str(time, "%H:%M:%S").ok());
    let at = time
        .and_then(instant)
        .or_else(|| Some(day?.and_time(of_day.unwrap_or_default()).and_utc()))
        .or_else(|| date.and_then(instant))?;
    let year = chrono::Datelike::year(&at);
    (FIRST_YEAR..=9999).contains(&year).then_some(at)
}

fn instant(text: &str) -> Option<Timestamp> {
    let zoned = DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc());
    let plain = || {
        ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"]
            .iter()
            .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
            .map(|at| at.and_utc())
    };
    zoned.or_else(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(tags: &[(&str, &str)]) -> Option<String> {
        let tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        recorded(&tags).map(|at| at.to_rfc3339())
    }

    #[test]
    fn times_are_read_as_files_write_them() {
        let at = Some("2024-06-01T22:30:00+00:00".to_owned());
        assert_eq!(read(&[("creation_time", "2024-06-01T22:30:00.000000Z")]), at);
        assert_eq!(read(&[("date", "2024-06-01"), ("creation_time", "22:30:00")]), at);
        assert_eq!(read(&[("DATE", "2024-06-01T22:30:00")]), at);
        assert_eq!(read(&[("date", "2024-06-01")]), Some("2024-06-01T00:00:00+00:00".to_owned()));
    }

    #[test]
    fn what_is_no_time_is_none() {
        assert_eq!(read(&[]), None);
        assert_eq!(read(&[("date", "1987")]), None);
        assert_eq!(read(&[("creation_time", "1904-01-01T00:00:00Z")]), None);
        assert_eq!(read(&[("creation_time", "yesterday"), ("date", "9")]), None);
    }
}
