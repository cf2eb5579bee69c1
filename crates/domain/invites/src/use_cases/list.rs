use super::Invites;
use crate::Invite;
use kernel::{AccountId, Page, PageRequest, StoreError};

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
}
