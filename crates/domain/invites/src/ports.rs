//! What the invites need from outside.

use crate::{CodeHash, Invite};
use async_trait::async_trait;
use kernel::{AccountId, AuditTx, InviteId, Owed, Page, PageRequest, StoreError};
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
}

/// All that an invite's use case may touch before it commits. Where accounts are locked too, invites come first.
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
