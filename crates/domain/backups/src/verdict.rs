//! What was found of a backup, and what that makes it worth.

use crate::name::BackupName;
use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How deep somebody looked; each looks at all that those before it look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Depth {
    /// Every part is there, and has its sum.
    Sums,
    /// It was opened with the private key, and what was in it has its sum.
    Opened,
    /// A store was made of it, and checked.
    Restored,
}

impl Depth {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Sums, Self::Opened, Self::Restored];

    /// As shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sums => "sums",
            Self::Opened => "opened",
            Self::Restored => "restored",
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Finding {
    /// What says what it is made of cannot be read.
    Manifest {
        /// Why not.
        why: String,
    },
    /// A part is not there.
    Missing {
        /// Which.
        part: String,
    },
    /// A part has another length: one that is shorter was cut off.
    Length {
        /// Which.
        part: String,
        /// Bytes that were written.
        written: u64,
        /// Bytes that are there.
        found: u64,
    },
    /// A part has other bytes than were written.
    Changed {
        /// Which.
        part: String,
    },
    /// A part is there and cannot be read.
    Unreadable {
        /// Which.
        part: String,
        /// Why not.
        why: String,
    },
    /// None of the private keys that were tried opens it. That says nothing against the backup.
    WrongKey {
        /// The public keys that it was sealed to.
        sealed_to: Vec<String>,
    },
    /// The parts are as they were written, and make no file.
    NoFile {
        /// Which.
        file: String,
        /// Why not.
        why: String,
    },
    /// What is in a file is not what was put into it.
    Content {
        /// Which.
        file: String,
    },
    /// The store that was made of it is not as it should be.
    Store {
        /// In what.
        why: String,
    },
    /// The store refers to a file of a picture or a set that was not there when it was copied, or is not there now.
    Media {
        /// The file's name.
        key: String,
    },
}

impl Finding {
    /// Whether it speaks against the backup, and not against whoever looks at it.
    #[must_use]
    pub const fn is_its_fault(&self) -> bool {
        !matches!(self, Self::WrongKey { .. })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Manifest { why } => write!(f, "the manifest is damaged: {why}"),
            Self::Missing { part } => write!(f, "{part} is missing"),
            Self::Length { part, written, found } if found < written => {
                write!(f, "{part} is cut off: {found} of {written} bytes are there")
            }
            Self::Length { part, written, found } => {
                write!(f, "{part} is too long: {found} bytes instead of {written}")
            }
            Self::Changed { part } => write!(f, "{part} was changed: its bytes have another sum"),
            Self::Unreadable { part, why } => write!(f, "{part} cannot be read: {why}"),
            Self::WrongKey { sealed_to } => write!(
                f,
                "it was sealed to another key: the private key of {} opens it",
                sealed_to.join(" or of ")
            ),
            Self::NoFile { file, why } => write!(f, "{file} cannot be opened: {why}"),
            Self::Content { file } => write!(f, "{file} holds something else than was put into it"),
            Self::Store { why } => write!(f, "the store that was made of it is wrong: {why}"),
            Self::Media { key } => write!(f, "{key} belongs to a picture or a set, and is not there"),
        }
    }
}

/// What somebody who looked once has to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Of which backup.
    pub backup: BackupName,
    /// When.
    pub at: Timestamp,
    /// How deep.
    pub depth: Depth,
    /// All that is wrong; nothing, when it is good as far as was looked.
    pub findings: Vec<Finding>,
}

impl Verdict {
    /// Whether nothing is wrong.
    #[must_use]
    pub const fn is_good(&self) -> bool {
        self.findings.is_empty()
    }
}

/// What is known of a backup from all looks at it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Record {
    /// How deep it was last found good, and when.
    pub proven: Option<Proof>,
    /// The last verdict against it that nobody has disproved since.
    pub against: Option<Verdict>,
}

/// That a backup was found good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// How deep.
    pub depth: Depth,
    /// When.
    pub at: Timestamp,
}

/// What a backup is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It was not written to its end, or is being written.
    Unfinished,
    /// Something is wrong with it.
    Bad,
    /// What was found of it cannot be read: it may be bad or good.
    Unread,
    /// It is whole as far as anybody knows, and nobody has looked.
    Unchecked,
    /// It was found good.
    Good(Depth),
}

impl Record {
    /// What is known after a further verdict.
    ///
    /// Who looks less deep disproves nothing that was found deeper. What is found wrong leaves only what was proven less
    /// deep: parts may be whole of which no store can be made. A wrong key says nothing either way.
    #[must_use]
    pub fn after(mut self, verdict: &Verdict) -> Self {
        if !verdict.findings.iter().all(Finding::is_its_fault) {
            return self;
        }
        if verdict.is_good() {
            let deeper = self.proven.is_some_and(|proof| proof.depth > verdict.depth);
            if !deeper {
                self.proven = Some(Proof { depth: verdict.depth, at: verdict.at });
            }
            self.against = self.against.filter(|against| against.depth > verdict.depth);
        } else {
            self.proven = self.proven.filter(|proof| proof.depth < verdict.depth);
            self.against = Some(verdict.clone());
        }
        self
    }

    /// What that makes a backup worth that has a manifest.
    #[must_use]
    pub fn standing(&self) -> Standing {
        match (&self.against, self.proven) {
            (Some(_), _) => Standing::Bad,
            (None, Some(proof)) => Standing::Good(proof.depth),
            (None, None) => Standing::Unchecked,
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unfinished => f.write_str("unfinished"),
            Self::Bad => f.write_str("BAD"),
            Self::Unread => f.write_str("record unreadable"),
            Self::Unchecked => f.write_str("unchecked"),
            Self::Good(depth) => write!(f, "good ({})", depth.as_str()),
        }
    }
}

#[cfg(test)]
mod tests;
