//! Addresses that get no announcements, because mail to them came back or was not wanted. What somebody has to get, tickets
//! above all, is sent to them all the same.

use crate::mac::mac;
use data_encoding::HEXLOWER;
use hmac::Mac;
use kernel::{EffectId, Email, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What an address is recognised by: who has only this cannot say whose it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AddressHash(String);

impl AddressHash {
    /// Reads what a store has kept.
    #[must_use]
    pub const fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// As stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The key that hashes of addresses are made with: without one, whoever has the hashes could try all addresses.
#[derive(Clone)]
pub struct AddressKey([u8; 32]);

impl AddressKey {
    /// Of these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// What an address is recognised by. All spellings of one address have one hash.
    #[must_use]
    pub fn hash(&self, address: &Email) -> AddressHash {
        AddressHash(HEXLOWER.encode(&mac(&self.0, address.as_str().as_bytes()).finalize().into_bytes()))
    }
}

impl fmt::Debug for AddressKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AddressKey(..)")
    }
}

/// Why an address gets no announcements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuppressionReason {
    /// Mail to it came back as to one that is not there.
    Bounced,
    /// Whoever reads there told their provider that they do not want our mail.
    Complained,
}

impl SuppressionReason {
    /// As stored and as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bounced => "bounced",
            Self::Complained => "complained",
        }
    }
}

/// An address that gets no announcements.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppression {
    /// What it is recognised by.
    pub address: AddressHash,
    /// Why.
    pub reason: SuppressionReason,
    /// Since when.
    pub at: Timestamp,
    /// The letter by which that was learned.
    pub letter: Option<EffectId>,
}

impl Suppression {
    /// Whether it takes the place of one that is there: a complaint says more than a mail that came back, and of the same the
    /// newer one does.
    #[must_use]
    pub fn outweighs(&self, other: &Self) -> bool {
        (self.reason, self.at) > (other.reason, other.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email(text: &str) -> Email {
        Email::parse(text).unwrap()
    }

    #[test]
    fn spellings_of_one_address_have_one_hash_and_another_key_gives_another() {
        let (key, other) = (AddressKey::new([1; 32]), AddressKey::new([2; 32]));
        let hash = key.hash(&email("ada@example.org"));
        assert_eq!(hash, key.hash(&email(" Ada@Example.ORG ")));
        assert_ne!(hash, key.hash(&email("bob@example.org")));
        assert_ne!(hash, other.hash(&email("ada@example.org")));
        assert_eq!(hash.as_str().len(), 64);
        assert_eq!(format!("{key:?}"), "AddressKey(..)");
    }

    #[test]
    fn it_is_hmac_sha256() {
        // Computed by `openssl dgst -sha256 -mac HMAC`, not by this code.
        let hash = AddressKey::new([0x0b; 32]).hash(&email("ada@example.org"));
        assert_eq!(hash.as_str(), "0bcc15e8f10723d55710f79feb8e482d33025b948913a01f64e196304a5e4467");
    }

    #[test]
    fn a_complaint_outweighs_a_bounce_and_the_newer_the_older() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let address = AddressKey::new([1; 32]).hash(&email("ada@example.org"));
        let one =
            |reason, day: &str| Suppression { address: address.clone(), reason, at: at(day), letter: None };
        let (first, second) = ("2026-06-01T12:00:00Z", "2026-06-02T12:00:00Z");
        let (bounced, complained) = (SuppressionReason::Bounced, SuppressionReason::Complained);
        assert!(one(complained, first).outweighs(&one(bounced, second)));
        assert!(!one(bounced, second).outweighs(&one(complained, first)));
        assert!(one(bounced, second).outweighs(&one(bounced, first)));
        assert!(!one(bounced, first).outweighs(&one(bounced, first)));
    }
}
