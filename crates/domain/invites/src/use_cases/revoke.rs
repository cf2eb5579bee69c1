use super::Invites;
use crate::{Invite, acts};
use kernel::{AccountId, Actor, InviteId, StoreError, transact};

/// Why an invite was not taken back.
#[derive(Debug, thiserror::Error)]
pub enum RevokeError {
    /// Nobody ever made it.
    #[error("there is no such invite")]
    Unknown,
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Invites {
    /// Takes an invite back. The accounts it has opened stay; doing it again changes nothing.
    ///
    /// # Errors
    /// A [`RevokeError`].
    pub async fn revoke(&self, actor: &Actor, id: InviteId) -> Result<Invite, RevokeError> {
        self.take_back(actor, id, None).await
    }

    /// The same for one's own; what others made does not exist. What was not used comes back to the budget.
    ///
    /// # Errors
    /// A [`RevokeError`].
    pub async fn revoke_own(&self, actor: &Actor, id: InviteId) -> Result<Invite, RevokeError> {
        self.take_back(actor, id, Some(actor.account)).await
    }

    async fn take_back(
        &self,
        actor: &Actor,
        id: InviteId,
        maker: Option<AccountId>,
    ) -> Result<Invite, RevokeError> {
        let now = self.clock.now();
        transact(self.store.begin_invites().await?, async |tx| {
            let invite = tx.lock_invite(id).await?;
            let invite = invite.filter(|invite| maker.is_none_or(|maker| maker == invite.created_by));
            let mut invite = invite.ok_or(RevokeError::Unknown)?;
            let before = invite.clone();
            invite.revoke(now);
            tx.save_invite(&invite).await?;
            tx.record(acts::revoked(actor, &before, &invite, now).as_slice()).await?;
            Ok(invite)
        })
        .await
    }
}
