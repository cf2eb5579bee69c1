use super::Invites;
use crate::InviteCode;
use kernel::StoreError;

impl Invites {
    /// Whether a code, as typed, could open an account now. It does not say why not, nor for which address. None of a
    /// branch that is frozen could.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn check(&self, typed: &str) -> Result<bool, StoreError> {
        let Ok(code) = typed.parse::<InviteCode>() else {
            return Ok(false);
        };
        let invite = self.store.invite_by_hash(self.key.hash(&code)).await?;
        match invite.filter(|invite| invite.check(self.clock.now()).is_ok()) {
            Some(invite) => Ok(self.store.lineage(invite.created_by).await?.opens().is_ok()),
            None => Ok(false),
        }
    }
}
