//! Organisations and those who work there, as they are written.

use crate::{Billing, Member, Organisation};
use async_trait::async_trait;
use kernel::{AccountId, AuditTx, OrganisationId, StoreError};

/// Writes of organisations. An organisation is locked before its halls and events are looked at.
#[async_trait]
pub trait OrganisationTx: AuditTx {
    /// `false`, and nothing added, when the slug belongs to another organisation.
    async fn add_organisation(&mut self, organisation: &Organisation) -> Result<bool, StoreError>;
    /// Whether it is there; it then stays until we end. Others may do the same meanwhile.
    async fn keep_organisation(&mut self, id: OrganisationId) -> Result<bool, StoreError>;
    /// An organisation; other transactions wait for it until we end, those too that add something to it.
    async fn lock_organisation(&mut self, id: OrganisationId) -> Result<Option<Organisation>, StoreError>;
    /// Writes the name of a locked one; its slug never changes.
    async fn save_organisation(&mut self, organisation: &Organisation) -> Result<(), StoreError>;
    /// Removes a locked one with its members and its billing details. `false`, and nothing removed, when it has an
    /// event, a hall, a booking or a document.
    async fn delete_organisation(&mut self, id: OrganisationId) -> Result<bool, StoreError>;
    /// Locks an organisation and lists who works there, by `(added_at, account)`; `None` when there is none such.
    async fn lock_members(&mut self, organisation: OrganisationId)
    -> Result<Option<Vec<Member>>, StoreError>;
    /// Those of these accounts that may log in, in no order; it stays so until we end.
    async fn keep_able(&mut self, accounts: &[AccountId]) -> Result<Vec<AccountId>, StoreError>;
    /// Writes whom the documents of a locked organisation are from.
    async fn save_billing(&mut self, billing: &Billing) -> Result<(), StoreError>;
    /// `false`, and nothing added, when the account has a standing there already. The account exists.
    async fn add_member(&mut self, member: &Member) -> Result<bool, StoreError>;
    /// `false` when the account had no standing there.
    async fn remove_member(
        &mut self,
        organisation: OrganisationId,
        account: AccountId,
    ) -> Result<bool, StoreError>;
}
