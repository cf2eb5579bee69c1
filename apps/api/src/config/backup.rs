//! Backups: where they go, who can open them, and how many are kept.

use super::media::{MediaUrl, place};
use super::reader::Reader;
use adapter_age::{Recipients, UnusableKey};
use backups::Rule;
use std::path::PathBuf;

/// Backups.
#[derive(Debug, Clone)]
pub struct Backup {
    /// Where they go; `None`: none are made.
    pub url: Option<MediaUrl>,
    /// Whose private keys open them; always there when `url` is.
    pub recipients: Option<Recipients>,
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
    Backup { url, recipients, rule, pg_dump, pg_restore }
}
