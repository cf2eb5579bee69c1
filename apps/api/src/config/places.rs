//! Values that say where something is.

use super::Secret;
use std::path::{Path, PathBuf};

/// Whether mistakes cost money here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// Missing secrets are made; simulators may run.
    Development,
    /// Nothing is made up.
    Production,
}

/// Where everything is kept.
#[derive(Debug, Clone)]
pub enum StoreUrl {
    /// `local::memory:`: gone with the process.
    Memory,
    /// `local:PATH`: in memory, and durably in a file in this folder.
    Folder(PathBuf),
    /// `postgres://...`.
    Postgres(Secret),
}

impl StoreUrl {
    /// Reads it; `None` when it is neither of these.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Some(Self::Postgres(Secret::new(text)));
        }
        match text.strip_prefix("local:")? {
            ":memory:" => Some(Self::Memory),
            "" => None,
            path => Some(Self::Folder(PathBuf::from(path))),
        }
    }

    /// Whether it can be opened as far as can be seen without opening it.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        match self {
            Self::Memory | Self::Folder(_) => true,
            Self::Postgres(url) => adapter_postgres::is_usable_url(url.expose()),
        }
    }

    /// What is said of one that is not usable. The address holds a password, so it is not repeated.
    pub const UNUSABLE: &str = "must be postgres://user:password@host:port/database, with options that are known and \
        certificates that can be read";

    /// Where made secrets are kept between starts; `None` when nothing is.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Self::Memory => None,
            Self::Folder(path) => Some(path),
            Self::Postgres(_) => Some(Path::new("./data")),
        }
    }
}

/// How mail goes out.
#[derive(Debug, Clone)]
pub enum MailUrl {
    /// Kept, and readable for admins.
    Box,
    /// `smtp://user:password@host:port` or `smtps://...`.
    Smtp(Secret),
}

/// Whether a text is `http(s)://host[:port]` with nothing after it.
#[must_use]
pub fn is_origin(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|host| {
        !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte))
    })
}

/// Whether a text is an IBAN (ISO 13616): country, check digits, account; the whole, with its first four characters
/// moved to the end and letters read as 10 to 35, leaves 1 when divided by 97.
#[must_use]
pub fn is_iban(text: &str) -> bool {
    let (Some(head), Some(account)) = (text.get(..4), text.get(4..)) else { return false };
    let country = head.bytes().take(2).all(|byte| byte.is_ascii_uppercase());
    let known = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_uppercase();
    if !country || !(11..=30).contains(&account.len()) || !text.bytes().all(known) {
        return false;
    }
    let rest = account.chars().chain(head.chars()).try_fold(0, |rest, letter| {
        let value = letter.to_digit(36)?;
        Some((rest * if value < 10 { 10 } else { 100 } + value) % 97)
    });
    rest == Some(1)
}

/// The origin of an absolute address: scheme, host and port, lower case; `None` when it is no web address, or one
/// that browsers and programs could read differently.
#[must_use]
pub fn origin_of(address: &str) -> Option<String> {
    if !address.is_ascii()
        || address.bytes().any(|byte| byte.is_ascii_control() || byte == b' ' || byte == b'\\')
    {
        return None;
    }
    let scheme = ["https://", "http://"].into_iter().find(|scheme| address.starts_with(scheme))?;
    let rest = address.strip_prefix(scheme)?;
    let host = rest.split(['/', '?', '#']).next()?;
    let origin = format!("{scheme}{host}").to_ascii_lowercase();
    is_origin(&origin).then_some(origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_iban_with_a_wrong_character_is_none() {
        // The examples of ISO 13616.
        for iban in ["DE89370400440532013000", "GB29NWBK60161331926819", "MT84MALT011000012345MTLCAST001S"] {
            assert!(is_iban(iban), "{iban}");
        }
        for text in [
            "",
            "DE",
            "DE89370400440532013001",
            "98DE370400440532013000",
            "de89370400440532013000",
            "DE89 3704",
        ] {
            assert!(!is_iban(text), "{text}");
        }
    }
}
