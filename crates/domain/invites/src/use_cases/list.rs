use super::Invites;
use crate::{Invite, acts};
use kernel::{AccountId, Actor, Page, PageRequest, StoreError, transact};

impl Invites {
    /// The newest first; those of one maker, or all.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn list(
        &self,
        created_by: Option<AccountId>,
        page: PageRequest,
    ) -> Result<Page<Invite>, StoreError> {
        self.store.invites(created_by, page).await
    }

    /// For admins: records that somebody takes out all that [`Self::list`] finds, before the first line of it leaves.
    ///
    /// # Errors
    /// When the store cannot answer; nothing shall leave then.
    pub async fn take_out(&self, by: &Actor) -> Result<(), StoreError> {
        let acts = [acts::table_taken(by, self.clock.now())];
        transact(self.store.begin_invites().await?, async |tx| tx.record(&acts).await).await
    }
}
