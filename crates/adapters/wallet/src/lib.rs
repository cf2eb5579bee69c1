//! Tickets for the wallets of telephones: a pass file for Apple's, a link for Google's.
//!
//! Both are made and signed here and sent nowhere: the file is what its holder loads, the link is what they follow.
//! Signing takes a millisecond of processor time and no waiting.

mod apple;
mod archive;
mod google;
mod rsa;
mod signature;

pub use apple::{AppleSettings, PassFile};
pub use google::GoogleSettings;

use apple::Apple;
use chrono::{DateTime, FixedOffset};
use google::Google;
use kernel::Timestamp;

/// Why there is no pass.
#[derive(Debug, thiserror::Error)]
pub enum WalletError {
    /// What was configured is not what it should be.
    #[error("{what} of the wallet cannot be used: {why}")]
    Settings {
        /// Which setting.
        what: &'static str,
        /// What is wrong with it; never a secret.
        why: String,
    },
    /// It could not be written or signed.
    #[error("a wallet pass could not be made: {0}")]
    Made(String),
}

impl WalletError {
    pub(crate) fn settings(what: &'static str, why: impl ToString) -> Self {
        Self::Settings { what, why: why.to_string() }
    }

    pub(crate) fn made(why: impl ToString) -> Self {
        Self::Made(why.to_string())
    }
}

/// A ticket, as wallets show it.
#[derive(Clone)]
pub struct Pass {
    /// Names it for ever: another code of the same ticket is another pass.
    pub serial: String,
    /// Names its event.
    pub event: String,
    /// What the event is called.
    pub title: String,
    /// Who lets people in.
    pub organiser: String,
    /// Where it takes place, as far as holders of tickets are told without asking.
    pub place: String,
    /// When people are let in, by the clocks there.
    pub doors: Option<DateTime<FixedOffset>>,
    /// When it begins, by the clocks there.
    pub begins: DateTime<FixedOffset>,
    /// When it ends, by the clocks there.
    pub ends: DateTime<FixedOffset>,
    /// From then on the door lets nobody in with it.
    pub expires: Timestamp,
    /// What kind of ticket it is.
    pub kind: String,
    /// Which seat, where places are seats.
    pub seat: Option<String>,
    /// Who is to come, if that was said.
    pub guest: Option<String>,
    /// The booking's name for people; absent for whoever has the ticket from its buyer.
    pub reference: Option<String>,
    /// What the door scans.
    pub code: String,
}

/// Makes passes.
#[derive(Clone)]
pub struct Wallet {
    apple: Option<Apple>,
    google: Option<Google>,
}

impl Wallet {
    /// With the keys that are there. Without Apple's, files are made and not signed.
    ///
    /// # Errors
    /// [`WalletError::Settings`].
    pub fn new(apple: Option<&AppleSettings>, google: Option<&GoogleSettings>) -> Result<Self, WalletError> {
        Ok(Self { apple: apple.map(Apple::new).transpose()?, google: google.map(Google::new).transpose()? })
    }

    /// Whether Apple's files are signed, and whether Google's links can be made.
    #[must_use]
    pub const fn ready(&self) -> (bool, bool) {
        (self.apple.is_some(), self.google.is_some())
    }

    /// A file for Apple's wallet.
    ///
    /// # Errors
    /// [`WalletError::Made`].
    pub fn file(&self, pass: &Pass, now: Timestamp) -> Result<PassFile, WalletError> {
        apple::file(self.apple.as_ref(), pass, now)
    }

    /// A link that puts the ticket into Google's wallet; `None` without keys.
    ///
    /// # Errors
    /// [`WalletError::Made`].
    pub fn link(&self, pass: &Pass, now: Timestamp) -> Result<Option<String>, WalletError> {
        self.google.as_ref().map(|google| google.link(pass, now)).transpose()
    }
}
