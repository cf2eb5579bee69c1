//! What other servers report of a mail: that they could not deliver it (RFC 3464), or that its reader complained (RFC 5965).
//! Anybody can write such a report, so that it is believed only as far as it names a letter, whose names cannot be guessed.

mod fields;
mod reading;

use crate::{News, SuppressionReason};
use kernel::{EffectId, Email};
use std::fmt;

/// What became of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It was delivered, or passed on to a server that reports nothing.
    Arrived,
    /// It is still tried.
    Delayed,
    /// It could not be delivered.
    Bounced,
    /// It was delivered, and not wanted.
    Complained,
}

/// Why, as a code of RFC 3463: `5.1.1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    class: u16,
    subject: u16,
    detail: u16,
}

impl Status {
    /// The code that a text begins with.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let code = text.split_whitespace().next()?;
        let mut numbers = code.split('.').map(|part| {
            let digits = (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
            part.parse().ok().filter(|_| digits)
        });
        let status = Self { class: numbers.next()??, subject: numbers.next()??, detail: numbers.next()?? };
        (numbers.next().is_none() && [2, 4, 5].contains(&status.class)).then_some(status)
    }

    /// A more telling code of the same class among the words of a server, where this one says no more than its class.
    fn refined(self, words: &str) -> Self {
        if self.subject != 0 {
            return self;
        }
        let mut codes =
            words.split(|letter: char| !letter.is_ascii_digit() && letter != '.').filter_map(Self::parse);
        codes.find(|code| code.class == self.class && code.subject != 0).unwrap_or(self)
    }

    /// Whether the address itself is at fault for good, and not the mail, a full mailbox or a server: it does not exist, or is
    /// switched off. A plain 5.0.0 is what many servers say of one that they do not know; 5.1.7 and 5.1.8 are about ours.
    const fn is_of_the_address(self) -> bool {
        match (self.class, self.subject, self.detail) {
            (5, 1, 7 | 8) => false,
            (5, 0 | 1, _) | (5, 2, 1) => true,
            _ => false,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

/// A report. `Debug` does not show what the server said, which may name the recipient.
#[derive(Clone, PartialEq, Eq)]
pub struct Report {
    /// Of which letters it may be, the surest first.
    pub letters: Vec<EffectId>,
    /// What became of it.
    pub verdict: Verdict,
    /// Why.
    pub status: Option<Status>,
    /// What the server said.
    pub said: Option<String>,
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { letters, verdict, status, .. } = self;
        f.debug_struct("Report")
            .field("letters", letters)
            .field("verdict", verdict)
            .field("status", status)
            .finish_non_exhaustive()
    }
}

impl Report {
    /// Reads a message as it came (`message/rfc822`); `None` when it is no report that can be understood, as an answer that
    /// somebody is on holiday.
    #[must_use]
    pub fn read(message: &[u8]) -> Option<Self> {
        reading::read(message)
    }

    /// What it tells of its letter.
    #[must_use]
    pub const fn news(&self) -> News {
        match self.verdict {
            Verdict::Arrived => News::Arrived,
            Verdict::Delayed => News::Delayed,
            Verdict::Bounced => News::Bounced,
            Verdict::Complained => News::Complained,
        }
    }

    /// Why its recipient gets no announcements from now on, if so.
    #[must_use]
    pub fn suppresses(&self) -> Option<SuppressionReason> {
        match self.verdict {
            Verdict::Complained => Some(SuppressionReason::Complained),
            Verdict::Bounced if self.status.is_some_and(Status::is_of_the_address) => {
                Some(SuppressionReason::Bounced)
            }
            Verdict::Bounced | Verdict::Delayed | Verdict::Arrived => None,
        }
    }
}

/// Where servers shall report what became of a letter: the address for reports with the letter's name behind a `+`, so that
/// every report tells by where it goes which letter it is about. `None` when that becomes too long for an address.
#[must_use]
pub fn return_path(bounces: &Email, letter: EffectId) -> Option<Email> {
    let (local, domain) = bounces.as_str().split_once('@')?;
    Email::parse(&format!("{local}+{}@{domain}", letter.as_uuid().simple())).ok()
}

#[cfg(test)]
mod tests;
