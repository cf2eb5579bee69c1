//! Hooks are made, changed and removed.

use super::Hooks;
use crate::acts::of_hook;
use crate::{Hook, HookInput, HookSecret, MOST_HOOKS};
use kernel::{Actor, HookId, Invalid, OrganisationId, StoreError, transact};

/// Why a hook was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// There is no such hook.
    #[error("there is no such hook")]
    Unknown,
    /// These fields are wrong.
    #[error("some fields cannot be taken")]
    Invalid(Vec<Invalid>),
    /// The organisation has as many as one may have.
    #[error("an organisation has at most {MOST_HOOKS} hooks")]
    TooMany,
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Hooks {
    /// The hooks of an organisation.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list(&self, organisation: OrganisationId) -> Result<Vec<Hook>, StoreError> {
        self.store.hooks_of(organisation).await
    }

    /// One of them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn show(&self, id: HookId) -> Result<Option<Hook>, StoreError> {
        self.store.hook(id).await
    }

    /// Makes a hook, with the secret that its calls are signed with.
    ///
    /// # Errors
    /// A [`HookError`].
    pub async fn create(
        &self,
        by: &Actor,
        organisation: OrganisationId,
        input: HookInput,
    ) -> Result<(Hook, HookSecret), HookError> {
        let input = input.checked(&*self.caller, &self.kinds).map_err(HookError::Invalid)?;
        let now = self.clock.now();
        let hook = Hook::new(organisation, by.account, input, now);
        transact(self.store.begin_hooks().await?, async |tx| {
            if tx.lock_hooks_of(organisation).await?.len() >= MOST_HOOKS {
                return Err(HookError::TooMany);
            }
            tx.add_hook(&hook).await?;
            let act = of_hook((&by.cause(), "hook.create"), None, Some(&hook), now);
            tx.record(act.as_slice()).await?;
            Ok(())
        })
        .await?;
        let secret = self.key.secret(hook.id, hook.generation);
        Ok((hook, secret))
    }

    /// Makes a hook what its owners say.
    ///
    /// # Errors
    /// A [`HookError`].
    pub async fn update(&self, by: &Actor, id: HookId, input: HookInput) -> Result<Hook, HookError> {
        let input = input.checked(&*self.caller, &self.kinds).map_err(HookError::Invalid)?;
        let now = self.clock.now();
        transact(self.store.begin_hooks().await?, async |tx| {
            let before = tx.lock_hook(id).await?.ok_or(HookError::Unknown)?;
            let mut hook = before.clone();
            hook.change(input.clone(), now);
            if hook != before {
                tx.save_hook(&hook).await?;
                let act = of_hook((&by.cause(), "hook.change"), Some(&before), Some(&hook), now);
                tx.record(act.as_slice()).await?;
            }
            Ok(hook)
        })
        .await
    }

    /// Gives a hook another secret. That of before is good for another day.
    ///
    /// # Errors
    /// A [`HookError`].
    pub async fn rotate(&self, by: &Actor, id: HookId) -> Result<(Hook, HookSecret), HookError> {
        let now = self.clock.now();
        let hook = transact(self.store.begin_hooks().await?, async |tx| {
            let before = tx.lock_hook(id).await?.ok_or(HookError::Unknown)?;
            let mut hook = before.clone();
            hook.rotate(now);
            tx.save_hook(&hook).await?;
            let act = of_hook((&by.cause(), "hook.rotate_secret"), Some(&before), Some(&hook), now);
            tx.record(act.as_slice()).await?;
            Ok::<_, HookError>(hook)
        })
        .await?;
        let secret = self.key.secret(hook.id, hook.generation);
        Ok((hook, secret))
    }

    /// Removes a hook with all that is known of its calls.
    ///
    /// # Errors
    /// A [`HookError`].
    pub async fn remove(&self, by: &Actor, id: HookId) -> Result<(), HookError> {
        let now = self.clock.now();
        transact(self.store.begin_hooks().await?, async |tx| {
            let hook = tx.lock_hook(id).await?.ok_or(HookError::Unknown)?;
            tx.remove_hook(id).await?;
            let act = of_hook((&by.cause(), "hook.remove"), Some(&hook), None, now);
            tx.record(act.as_slice()).await?;
            Ok(())
        })
        .await
    }

    /// Removes all hooks of an organisation that is gone.
    ///
    /// # Errors
    /// [`StoreError`]; those before it are gone.
    pub async fn remove_all(&self, by: &Actor, organisation: OrganisationId) -> Result<(), StoreError> {
        for hook in self.store.hooks_of(organisation).await? {
            match self.remove(by, hook.id).await {
                Err(HookError::Store(error)) => return Err(error),
                // Somebody else was faster.
                Ok(()) | Err(HookError::Unknown | HookError::Invalid(_) | HookError::TooMany) => {}
            }
        }
        Ok(())
    }
}
