//! What the use cases need from a store.

mod announcements;

pub use announcements::{AnnouncementStore, AnnouncementTx, Mailing};

use crate::{AddressHash, Letter, LetterFilter, Suppression};
use async_trait::async_trait;
use kernel::{
    AccountId, AuditTx, BookingId, EffectId, Owed, Page, PageRequest, StoreError, TicketId, Timestamp,
};
use serde::{Deserialize, Serialize};

/// Keeps letters, and addresses that get no announcements.
#[async_trait]
pub trait MessagingStore: Send + Sync {
    /// Dropping the transaction undoes it; see [`kernel::transact`].
    async fn begin_messaging(&self) -> Result<Box<dyn MessagingTx>, StoreError>;
    /// One letter.
    async fn letter(&self, id: EffectId) -> Result<Option<Letter>, StoreError>;
    /// These letters, the newest first (by [`Letter::cursor`], descending).
    async fn letters(&self, filter: &LetterFilter, page: PageRequest) -> Result<Page<Letter>, StoreError>;
    /// All letters about these orders, in no order.
    async fn letters_about(&self, bookings: &[BookingId]) -> Result<Vec<Letter>, StoreError>;
    /// How many letters that are wanted since then are in trouble; see [`Letter::is_trouble`].
    async fn troubles(&self, since: Timestamp) -> Result<Troubles, StoreError>;
    /// Those of these addresses that get no announcements, in no order.
    async fn suppressions(&self, addresses: &[AddressHash]) -> Result<Vec<Suppression>, StoreError>;
    /// Drops letters that are wanted since before `letters`, and names of reports that came before `reports`, of each at most
    /// [`kernel::SWEPT_AT_ONCE`]; returns how many.
    async fn sweep_letters(&self, letters: Timestamp, reports: Timestamp) -> Result<u64, StoreError>;
}

/// All that a use case may touch before it commits. Letters are locked one at a time, or all of one effect.
#[async_trait]
pub trait MessagingTx: AuditTx {
    /// Other transactions wait for this row until we end.
    async fn lock_letter(&mut self, id: EffectId) -> Result<Option<Letter>, StoreError>;
    /// All letters that one effect owes, in the order of their ids; other transactions wait for them.
    async fn lock_letters_of(&mut self, effect: EffectId) -> Result<Vec<Letter>, StoreError>;
    /// Writes a new one; `false`, and nothing is written, when there is one of this id.
    async fn add_letter(&mut self, letter: &Letter) -> Result<bool, StoreError>;
    /// Writes a changed one.
    async fn save_letter(&mut self, letter: &Letter) -> Result<(), StoreError>;
    /// Forgets, as [`Letter::forget`] does, all letters to an account, and all others to addresses that those went to.
    async fn forget_letters_to(&mut self, account: AccountId) -> Result<(), StoreError>;
    /// Forgets, as [`Letter::forget`] does, all letters about an order that went to nobody's account.
    async fn forget_letters_to_guests(&mut self, booking: BookingId) -> Result<(), StoreError>;
    /// Remembers a report by its name; `false` when it came before.
    async fn remember_report(&mut self, name: &str, at: Timestamp) -> Result<bool, StoreError>;
    /// Stops announcements to an address, unless that was done for a reason that weighs as much; see
    /// [`Suppression::outweighs`]. Whether anything changed.
    async fn suppress(&mut self, suppression: &Suppression) -> Result<bool, StoreError>;
    /// Lets announcements go to an address again; what had stopped them.
    async fn lift_suppression(&mut self, address: &AddressHash) -> Result<Option<Suppression>, StoreError>;
    /// Owes work, under [`crate::DOMAIN`].
    async fn enqueue_messaging(&mut self, effects: &[Owed<Effect>]) -> Result<(), StoreError>;
}

/// How many letters are in trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Troubles {
    /// Our mail server does not take them for now.
    pub deferred: u64,
    /// They came back.
    pub bounced: u64,
    /// Our mail server will never take them, or nobody tries any more.
    pub failed: u64,
}

/// By which of their addresses a ticket goes to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// That of the account which holds it.
    Account,
    /// That which was named for whoever is to come with it.
    Attendee,
}

impl Channel {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Account, Self::Attendee];

    /// As stored and as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Attendee => "attendee",
        }
    }
}

/// Work owed after a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Effect {
    /// Hand a letter over that says once more what another one said.
    SendAgain {
        /// The new one.
        letter: EffectId,
    },
    /// Send one ticket with its code.
    SendTicket {
        /// Bought with.
        booking: BookingId,
        /// Which.
        ticket: TicketId,
        /// Where to.
        to: Channel,
    },
}
