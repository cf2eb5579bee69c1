//! What the use cases need from a store.

use crate::{Call, CallState, Effect, Hook, Turn};
use async_trait::async_trait;
use kernel::{
    AuditTx, HookCallId, HookId, OrganisationId, Owed, Page, PageRequest, Published, StoreError, Timestamp,
};

/// Reads, and the way into a transaction. Reads see what was committed.
#[async_trait]
pub trait HookStore: Send + Sync {
    /// Dropping the transaction undoes it; see [`kernel::transact`].
    async fn begin_hooks(&self) -> Result<Box<dyn HookTx>, StoreError>;
    /// A hook.
    async fn hook(&self, id: HookId) -> Result<Option<Hook>, StoreError>;
    /// The hooks of an organisation, in the order in which they were made.
    async fn hooks_of(&self, organisation: OrganisationId) -> Result<Vec<Hook>, StoreError>;
    /// A call.
    async fn hook_call(&self, id: HookCallId) -> Result<Option<Call>, StoreError>;
    /// The calls of a hook, those that stand so or all, the latest first.
    async fn hook_calls(
        &self,
        hook: HookId,
        state: Option<CallState>,
        page: PageRequest,
    ) -> Result<Page<Call>, StoreError>;
    /// Whether there is anything that hooks are to be told.
    async fn is_untold(&self) -> Result<bool, StoreError>;
    /// Removes calls that were made before, whatever became of them, a few thousand at most; answers how many. Those that
    /// are still to be made stay.
    async fn sweep_hook_calls(&self, before: Timestamp) -> Result<u64, StoreError>;
}

/// All that may be touched before it commits. Locks are taken in the order hook, call.
#[async_trait]
pub trait HookTx: AuditTx {
    /// The hooks of an organisation, as [`HookStore::hooks_of`]; whoever wants to add one there waits until we end.
    async fn lock_hooks_of(&mut self, organisation: OrganisationId) -> Result<Vec<Hook>, StoreError>;
    /// A hook; others wait for it until we end.
    async fn lock_hook(&mut self, id: HookId) -> Result<Option<Hook>, StoreError>;
    /// Writes a new hook.
    async fn add_hook(&mut self, hook: &Hook) -> Result<(), StoreError>;
    /// Writes what may change of a hook: all but its organisation, and who made it when.
    async fn save_hook(&mut self, hook: &Hook) -> Result<(), StoreError>;
    /// Removes a hook with its calls.
    async fn remove_hook(&mut self, id: HookId) -> Result<(), StoreError>;
    /// Hooks of these organisations that are called.
    async fn hooks_that_are_on(&mut self, of: &[OrganisationId]) -> Result<Vec<Hook>, StoreError>;
    /// Up to `limit` pieces of news that hooks are to be told, the first first, without those that somebody else has taken.
    async fn take_news(&mut self, limit: u32) -> Result<Vec<Published>, StoreError>;
    /// Hooks are told of these from now on.
    async fn news_told(&mut self, places: &[u64]) -> Result<(), StoreError>;
    /// Writes those of the calls whose message their hook has not been told; answers which these are.
    async fn add_hook_calls(&mut self, calls: &[Call]) -> Result<Vec<HookCallId>, StoreError>;
    /// A call; others wait for it until we end.
    async fn lock_hook_call(&mut self, id: HookCallId) -> Result<Option<Call>, StoreError>;
    /// Writes what may change of a call: where it stands.
    async fn save_hook_call(&mut self, call: &Call) -> Result<(), StoreError>;
    /// Owes mails, under [`crate::DOMAIN`].
    async fn enqueue_hooks(&mut self, effects: &[Owed<Effect>]) -> Result<(), StoreError>;
    /// Owes calls, under [`crate::CALLS`].
    async fn enqueue_hook_calls(&mut self, turns: &[Owed<Turn>]) -> Result<(), StoreError>;
}
