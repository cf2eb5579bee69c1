use super::Music;
use kernel::{AccountId, StoreError, transact};

impl Music {
    /// Removes where an account stopped listening: it was erased.
    ///
    /// # Errors
    /// The store could not answer.
    pub async fn forget(&self, account: AccountId) -> Result<(), StoreError> {
        transact(self.store.begin_music().await?, async |tx| tx.forget_positions_of(account).await).await
    }
}
