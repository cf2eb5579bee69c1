use super::Invites;
use crate::InviteCode;
use kernel::{AccountId, Email, InviteId, StoreError, Timestamp};

/// What the mail to an invited person says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InviteLetter {
    /// Whom it goes to.
    pub to: Email,
    /// What they sign up with.
    pub code: InviteCode,
    /// Until when.
    pub expires_at: Option<Timestamp>,
    /// Who made the invite.
    pub by: AccountId,
}

impl Invites {
    /// The mail that [`crate::Effect::SendInvite`] owes; `None` when it has lost its sense meanwhile.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn letter(&self, id: InviteId) -> Result<Option<InviteLetter>, StoreError> {
        let invite = self.store.invite(id).await?;
        let Some(invite) = invite.filter(|invite| invite.check(self.clock.now()).is_ok()) else {
            return Ok(None);
        };
        if self.store.lineage(invite.created_by).await?.opens().is_err() {
            return Ok(None);
        }
        let (code, by, expires_at) = (self.code(&invite), invite.created_by, invite.expires_at);
        Ok(invite.email.map(|to| InviteLetter { to, code, expires_at, by }))
    }
}
