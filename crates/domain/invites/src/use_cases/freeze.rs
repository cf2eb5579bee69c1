use super::Invites;
use super::create::note_problems;
use crate::{Inviter, Ruling, acts};
use kernel::{AccountId, Actor, Invalid, StoreError, transact};

/// Why a branch was neither shut nor opened.
#[derive(Debug, thiserror::Error)]
pub enum FreezeError {
    /// There is no such account.
    #[error("there is no such account")]
    Unknown,
    /// The note cannot be taken.
    #[error("the note is wrong")]
    Invalid(Vec<Invalid>),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Invites {
    /// For admins: from when this returns, nobody comes in by an account or by anybody below it, and none of them
    /// makes invites. Who is in stays in. What is frozen already is not changed.
    ///
    /// # Errors
    /// A [`FreezeError`].
    pub async fn freeze(
        &self,
        actor: &Actor,
        account: AccountId,
        note: Option<String>,
    ) -> Result<Inviter, FreezeError> {
        self.rule(actor, account, (true, note)).await
    }

    /// For admins: takes that back. A branch further up that is frozen stays so, and all that is part of it.
    ///
    /// # Errors
    /// A [`FreezeError`].
    pub async fn unfreeze(
        &self,
        actor: &Actor,
        account: AccountId,
        note: Option<String>,
    ) -> Result<Inviter, FreezeError> {
        self.rule(actor, account, (false, note)).await
    }

    async fn rule(
        &self,
        actor: &Actor,
        account: AccountId,
        (frozen, note): (bool, Option<String>),
    ) -> Result<Inviter, FreezeError> {
        let wrong = note.as_deref().map(note_problems).unwrap_or_default();
        if !wrong.is_empty() {
            return Err(FreezeError::Invalid(wrong));
        }
        let now = self.clock.now();
        transact(self.store.begin_invites().await?, async |tx| {
            // Waits for all who are being let in by this account or by anybody below it.
            let mut inviter = tx.lock_inviter(account).await?.ok_or(FreezeError::Unknown)?;
            let before = inviter.clone();
            if inviter.rule(Ruling { frozen, at: now, by: actor.account, note }) {
                tx.save_inviter(&inviter).await?;
                tx.record(&[acts::ruled(actor, &before, &inviter, now)]).await?;
            }
            Ok(inviter)
        })
        .await
    }
}
