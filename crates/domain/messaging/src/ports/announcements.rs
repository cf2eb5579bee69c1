//! What announcements need from a store.

use super::{MessagingStore, MessagingTx};
use crate::{
    Addressee, Announcement, AnnouncementFilter, Audience, Counts, LeftList, MailList, Recipient,
    RecipientState,
};
use async_trait::async_trait;
use kernel::{
    AccountId, AnnouncementId, EventId, OrganisationId, Owed, Page, PageRequest, StoreError, Timestamp,
};
use serde::{Deserialize, Serialize};

/// Keeps announcements with those who are written to; beside the letters, because what becomes of a mail is written down in
/// both at once.
#[async_trait]
pub trait AnnouncementStore: MessagingStore {
    /// Dropping the transaction undoes it; see [`kernel::transact`].
    async fn begin_announcements(&self) -> Result<Box<dyn AnnouncementTx>, StoreError>;
    /// One announcement.
    async fn announcement(&self, id: AnnouncementId) -> Result<Option<Announcement>, StoreError>;
    /// These announcements, the newest first (by [`Announcement::cursor`], descending).
    async fn announcements(
        &self,
        filter: &AnnouncementFilter,
        page: PageRequest,
    ) -> Result<Page<Announcement>, StoreError>;
    /// Those about an event, and to the guests of the organisation that runs it, which are for whoever comes later at `now`;
    /// see [`Announcement::is_for_late_ones`]. The oldest first.
    async fn announcements_for_late_ones(
        &self,
        about: (EventId, OrganisationId),
        now: Timestamp,
    ) -> Result<Vec<Announcement>, StoreError>;
    /// The first `limit` accounts of an audience behind `after`, each once, in the order of their ids: also those that may not
    /// log in.
    async fn audience(
        &self,
        audience: &Audience,
        after: Option<AccountId>,
        limit: u32,
    ) -> Result<Vec<Addressee>, StoreError>;
    /// Those who are written to, in the order of their accounts (by [`Recipient::cursor`], of which the instant says nothing);
    /// only those who stand so, if that is given.
    async fn recipients(
        &self,
        announcement: AnnouncementId,
        state: Option<RecipientState>,
        page: PageRequest,
    ) -> Result<Page<Recipient>, StoreError>;
    /// How many of them stand how.
    async fn count_recipients(&self, announcement: AnnouncementId) -> Result<Counts, StoreError>;
    /// What an account was or is to be sent, the newest first (by [`Recipient::place`], descending).
    async fn received(&self, account: AccountId, page: PageRequest) -> Result<Page<Recipient>, StoreError>;
    /// The lists that these accounts have left, in no order.
    async fn left_lists(&self, accounts: &[AccountId]) -> Result<Vec<LeftList>, StoreError>;
}

/// All that a use case may touch before it commits. Locks are taken in this order: announcement, recipient, letter.
#[async_trait]
pub trait AnnouncementTx: MessagingTx {
    /// Writes a new one.
    async fn add_announcement(&mut self, announcement: &Announcement) -> Result<(), StoreError>;
    /// Other transactions wait for this row until we end.
    async fn lock_announcement(&mut self, id: AnnouncementId) -> Result<Option<Announcement>, StoreError>;
    /// Writes a changed one.
    async fn save_announcement(&mut self, announcement: &Announcement) -> Result<(), StoreError>;
    /// Removes one that has no recipients.
    async fn remove_announcement(&mut self, id: AnnouncementId) -> Result<(), StoreError>;
    /// Writes down who is written to; those who are there already stay as they are. Who was new, in no order.
    async fn add_recipients(&mut self, recipients: &[Recipient]) -> Result<Vec<AccountId>, StoreError>;
    /// Other transactions wait for this row until we end.
    async fn lock_recipient(
        &mut self,
        announcement: AnnouncementId,
        account: AccountId,
    ) -> Result<Option<Recipient>, StoreError>;
    /// Up to `limit` of whom nobody knows whether they got it, behind `after`, in the order of their accounts; other
    /// transactions wait for them.
    async fn lock_uncertain(
        &mut self,
        announcement: AnnouncementId,
        after: Option<AccountId>,
        limit: u32,
    ) -> Result<Vec<Recipient>, StoreError>;
    /// Writes changed ones.
    async fn save_recipients(&mut self, recipients: &[Recipient]) -> Result<(), StoreError>;
    /// An account leaves a list; `false`, and nothing is written, when it had before.
    async fn leave_list(&mut self, left: &LeftList) -> Result<bool, StoreError>;
    /// An account is on a list again; `false` when it was anyway.
    async fn join_list(&mut self, account: AccountId, list: MailList) -> Result<bool, StoreError>;
    /// Owes work, under [`crate::ANNOUNCEMENTS`].
    async fn enqueue_announcements(&mut self, effects: &[Owed<Mailing>]) -> Result<(), StoreError>;
}

/// Work owed after a commit. Neither words nor addresses are inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Mailing {
    /// Write down who is written to, some at a time, and owe each a mail.
    Spread {
        /// What they are told.
        announcement: AnnouncementId,
        /// For which time it was scheduled.
        turn: u32,
    },
    /// Send somebody theirs. What owes it names the mail.
    Deliver {
        /// What they are told.
        announcement: AnnouncementId,
        /// Who.
        account: AccountId,
    },
}
