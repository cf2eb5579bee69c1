use super::Uploads;
use crate::Effect;
use chrono::TimeDelta;
use kernel::{AccountId, Owed, StoreError, transact};

/// No link that was given out is good for longer, however long a window is.
const LINKS: TimeDelta = TimeDelta::days(3);

impl Uploads {
    /// Forgets what an account was sent: it was erased. The sums of the months stay as they are. What is served to its last
    /// links is forgotten when they have ended.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn forget(&self, account: AccountId) -> Result<(), StoreError> {
        let now = self.clock.now();
        transact(self.store.begin_media().await?, async |tx| {
            tx.forget_egress(account).await?;
            tx.enqueue_media(&[Owed::at(Effect::Forget { account }, now, now + LINKS)]).await
        })
        .await
    }

    pub(super) async fn forget_rest(&self, account: AccountId) -> Result<(), StoreError> {
        transact(self.store.begin_media().await?, async |tx| tx.forget_egress(account).await).await
    }
}
