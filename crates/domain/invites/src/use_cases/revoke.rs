use super::Invites;
use crate::{Invite, acts};
use kernel::{Actor, InviteId, StoreError, transact};

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
        let now = self.clock.now();
        transact(self.store.begin_invites().await?, async |tx| {
            let mut invite = tx.lock_invite(id).await?.ok_or(RevokeError::Unknown)?;
            let before = invite.clone();
            invite.revoke(now);
            tx.save_invite(&invite).await?;
            tx.record(acts::revoked(actor, &before, &invite, now).as_slice()).await?;
            Ok(invite)
        })
        .await
    }
}
