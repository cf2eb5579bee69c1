//! What the invites need from outside.

use crate::{Branch, CodeHash, Invite, Inviter, Lineage, Made};
use async_trait::async_trait;
use kernel::{AccountId, AuditTx, InviteId, Owed, Page, PageRequest, StoreError, Timestamp};
use serde::{Deserialize, Serialize};

/// Keeps invites.
#[async_trait]
pub trait InviteStore: Send + Sync {
    /// Dropping the transaction undoes it; see [`kernel::transact`].
    async fn begin_invites(&self) -> Result<Box<dyn InviteTx>, StoreError>;
    /// One invite.
    async fn invite(&self, id: InviteId) -> Result<Option<Invite>, StoreError>;
    /// The invite whose code has this hash.
    async fn invite_by_hash(&self, hash: CodeHash) -> Result<Option<Invite>, StoreError>;
    /// The newest first (by [`Invite::cursor`], descending); those of one maker, or all.
    async fn invites(
        &self,
        created_by: Option<AccountId>,
        page: PageRequest,
    ) -> Result<Page<Invite>, StoreError>;
    /// What became by `now` of the invites that were made within a span, first instant included and last not.
    async fn invites_made(&self, span: (Timestamp, Timestamp), now: Timestamp) -> Result<Made, StoreError>;
    /// What is kept of an account as an inviter: [`Inviter::new`] where nothing is; `None` without such an account.
    async fn inviter(&self, account: AccountId) -> Result<Option<Inviter>, StoreError>;
    /// What an account has given away: the sum of [`Invite::spends`].
    async fn spent(&self, account: AccountId, now: Timestamp) -> Result<u32, StoreError>;
    /// The way from an account up to its root.
    async fn lineage(&self, account: AccountId) -> Result<Lineage, StoreError>;
    /// Whom this account brought, or all whom nobody did: the newest first (by [`Branch::cursor`], descending).
    async fn branches(&self, under: Option<AccountId>, page: PageRequest)
    -> Result<Page<Branch>, StoreError>;
}

/// All that an invite's use case may touch before it commits. Locks are taken in this order: inviters, each before
/// those above it; invites; then whatever belongs to accounts.
#[async_trait]
pub trait InviteTx: AuditTx {
    /// Other transactions wait for this row until we end.
    async fn lock_invite_by_hash(&mut self, hash: CodeHash) -> Result<Option<Invite>, StoreError>;
    /// Other transactions wait for this row until we end.
    async fn lock_invite(&mut self, id: InviteId) -> Result<Option<Invite>, StoreError>;
    /// Writes new ones.
    async fn add_invites(&mut self, invites: &[Invite]) -> Result<(), StoreError>;
    /// Writes a changed one.
    async fn save_invite(&mut self, invite: &Invite) -> Result<(), StoreError>;
    /// What an account has given away: the sum of [`Invite::spends`]. Who decides by it holds the inviter's lock.
    async fn spent(&mut self, account: AccountId, now: Timestamp) -> Result<u32, StoreError>;
    /// Other transactions wait for this account, as an inviter, until we end; also those that look at it by
    /// [`Self::lock_lineage`]. `None` without such an account.
    async fn lock_inviter(&mut self, account: AccountId) -> Result<Option<Inviter>, StoreError>;
    /// Writes a changed one.
    async fn save_inviter(&mut self, inviter: &Inviter) -> Result<(), StoreError>;
    /// The way from an account up to its root, as it stays until we end: nobody on it is frozen meanwhile. Others may
    /// look at the same time.
    async fn lock_lineage(&mut self, account: AccountId) -> Result<Lineage, StoreError>;
    /// [`Invite::forget`] for all [counted](Invite::counted) ones of this maker.
    async fn forget_invites_of(&mut self, maker: AccountId, now: Timestamp) -> Result<(), StoreError>;
    /// Owes work, under [`crate::DOMAIN`].
    async fn enqueue_invites(&mut self, effects: &[Owed<Effect>]) -> Result<(), StoreError>;
}

/// Work owed after a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Effect {
    /// Mail the code to the address that the invite is bound to.
    SendInvite {
        /// Which one; the code is derived again when the mail is written.
        invite: InviteId,
    },
}
