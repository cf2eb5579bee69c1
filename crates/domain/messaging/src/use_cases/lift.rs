use super::Messages;
use crate::acts;
use kernel::{Cause, EffectId, StoreError, transact};

/// Why announcements were not let through again.
#[derive(Debug, thiserror::Error)]
pub enum LiftError {
    /// There is no such letter, its address is forgotten, or nothing stops announcements to it.
    #[error("nothing stops announcements to the address of such a letter")]
    Unknown,
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Messages {
    /// Lets announcements go again to where a letter went: somebody has asked its reader, or the mailbox is there again.
    ///
    /// # Errors
    /// A [`LiftError`].
    pub async fn lift(&self, by: &Cause, id: EffectId) -> Result<(), LiftError> {
        let now = self.clock.now();
        transact(self.store.begin_messaging().await?, async |tx| {
            let letter = tx.lock_letter(id).await?.ok_or(LiftError::Unknown)?;
            let address = letter.to.as_ref().map(|to| self.addresses.hash(to)).ok_or(LiftError::Unknown)?;
            let lifted = tx.lift_suppression(&address).await?.ok_or(LiftError::Unknown)?;
            Ok(tx.record(&[acts::suppression_lifted(by, &letter, &lifted, now)]).await?)
        })
        .await
    }
}
