//! What was called, and calls that somebody asks for.

use super::Hooks;
use crate::acts::{again, trial};
use crate::{Call, CallState, HookError, Turn};
use kernel::{Actor, HookCallId, HookId, Owed, Page, PageRequest, StoreError, Timestamp, transact};

/// Why a call is not made anew.
#[derive(Debug, thiserror::Error)]
pub enum AgainError {
    /// There is no such call.
    #[error("there is no such call")]
    Unknown,
    /// Its hook is not called.
    #[error("the hook is switched off")]
    Off,
    /// It is about to be made.
    #[error("the call is about to be made")]
    Waiting,
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Hooks {
    /// The calls of a hook, those that stand so or all, the latest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn calls(
        &self,
        hook: HookId,
        state: Option<CallState>,
        page: PageRequest,
    ) -> Result<Page<Call>, StoreError> {
        self.store.hook_calls(hook, state, page).await
    }

    /// One call.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn call(&self, id: HookCallId) -> Result<Option<Call>, StoreError> {
        self.store.hook_call(id).await
    }

    /// Drops calls that were made before, a few thousand at most; answers how many. Those that are still to be made stay.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sweep(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.store.sweep_hook_calls(before).await
    }

    /// Has a call made anew at once, whatever became of it.
    ///
    /// # Errors
    /// An [`AgainError`].
    pub async fn again(&self, by: &Actor, id: HookCallId) -> Result<Call, AgainError> {
        let now = self.clock.now();
        let seen = self.store.hook_call(id).await?.ok_or(AgainError::Unknown)?;
        transact(self.store.begin_hooks().await?, async |tx| {
            let hook = tx.lock_hook(seen.hook).await?.ok_or(AgainError::Unknown)?;
            let mut call = tx.lock_hook_call(id).await?.ok_or(AgainError::Unknown)?;
            if !hook.is_on() {
                return Err(AgainError::Off);
            }
            if call.state == CallState::Waiting {
                return Err(AgainError::Waiting);
            }
            call.again();
            tx.save_hook_call(&call).await?;
            tx.enqueue_hook_calls(&[Owed::now(Turn::of(&call), now)]).await?;
            tx.record(&[again(&by.cause(), &hook, &call, now)]).await?;
            Ok(call)
        })
        .await
    }

    /// Has a hook called with nothing but a word that it is a trial.
    ///
    /// # Errors
    /// [`HookError::Unknown`], or that the store could not answer.
    pub async fn test(&self, by: &Actor, id: HookId) -> Result<Call, HookError> {
        let now = self.clock.now();
        transact(self.store.begin_hooks().await?, async |tx| {
            let hook = tx.lock_hook(id).await?.ok_or(HookError::Unknown)?;
            let call = Call::test(hook.id, now);
            tx.add_hook_calls(std::slice::from_ref(&call)).await?;
            tx.enqueue_hook_calls(&[Owed::now(Turn::of(&call), now)]).await?;
            tx.record(&[trial(&by.cause(), &hook, &call, now)]).await?;
            Ok(call)
        })
        .await
    }
}
