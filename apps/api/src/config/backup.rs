//! Backups: where they go, who can open them, when they are made and tried, and how many are kept.

use super::media::{MediaUrl, place};
use super::places::StoreUrl;
use super::reader::Reader;
use adapter_age::{Recipients, UnusableKey};
use backups::{Rule, Schedule};
use chrono::{NaiveTime, TimeDelta};
use std::path::PathBuf;

/// Backups.
#[derive(Debug, Clone)]
pub struct Backup {
    /// Where they go; `None`: none are made.
    pub url: Option<MediaUrl>,
    /// Whose private keys open them; always there when `url` is.
    pub recipients: Option<Recipients>,
    /// When they are made by themselves; `None`: when somebody asks.
    pub schedule: Option<Schedule>,
    /// How old the last good one may become before admins are told.
    pub alarm: TimeDelta,
    /// Where each is tried; `None`: beside the store.
    pub scratch: Option<StoreUrl>,
    /// How many are kept.
    pub rule: Rule,
    /// The program: its name, or where it lies.
    pub pg_dump: PathBuf,
    /// The program: its name, or where it lies.
    pub pg_restore: PathBuf,
}

/// Reads the section.
pub(super) fn read(reader: &mut Reader) -> Backup {
    const KEY: &str = "backup.recipient";
    let url = place(reader, "backup");
    let texts = reader.list(KEY);
    let recipients = match Recipients::parse(texts.iter().map(String::as_str)) {
        Ok(recipients) => Some(recipients),
        Err(UnusableKey::None) => {
            if url.is_some() {
                reader.wrong(
                    KEY,
                    "is required with backup.url: `age-keygen` makes a pair of keys, and this is the public one",
                );
            }
            None
        }
        Err(error) => {
            reader.wrong(KEY, error.to_string());
            None
        }
    };
    let schedule = schedule(reader);
    let alarm = TimeDelta::hours(reader.number("backup.alarm_hours", 1, 8760).into());
    let scratch = scratch(reader);
    let mut program = |key: &str| {
        let path = reader.text(key);
        if path.is_empty() {
            reader.wrong(key, "must be the name of a program, or where it lies");
        }
        PathBuf::from(path)
    };
    let (pg_dump, pg_restore) = (program("backup.pg_dump"), program("backup.pg_restore"));
    let mut count = |key: &str| usize::try_from(reader.number(key, 0, 1000)).unwrap_or(usize::MAX);
    let rule = Rule {
        daily: count("backup.keep_daily"),
        weekly: count("backup.keep_weekly"),
        monthly: count("backup.keep_monthly"),
    };
    Backup { url, recipients, schedule, alarm, scratch, rule, pg_dump, pg_restore }
}

fn schedule(reader: &mut Reader) -> Option<Schedule> {
    const EVERY: &str = "backup.every_hours";
    const AT: &str = "backup.at";
    let (every, at) = (reader.number(EVERY, 0, 24), reader.text(AT));
    // A wrong one hides nothing that is wrong beside it.
    let at = NaiveTime::parse_from_str(&at, "%H:%M").unwrap_or_else(|_| {
        reader.wrong(AT, "must be a time of day in UTC, as 03:00");
        NaiveTime::MIN
    });
    if every == 0 {
        return None;
    }
    let schedule = Schedule::new(every, at);
    if schedule.is_none() {
        reader.wrong(EVERY, "must be 0, 1, 2, 3, 4, 6, 8, 12 or 24, so that each day has the same times");
    }
    schedule
}

fn scratch(reader: &mut Reader) -> Option<StoreUrl> {
    const KEY: &str = "backup.scratch_url";
    let given = reader.secret(KEY)?;
    let url = StoreUrl::read(given.expose()).filter(|url| !matches!(url, StoreUrl::Memory));
    if url.is_none() {
        reader.wrong(KEY, "must be postgres://... or local:PATH, as store.url is, or empty");
    } else if url.as_ref().is_some_and(|url| !url.is_usable()) {
        reader.wrong(KEY, StoreUrl::UNUSABLE);
    }
    url
}
