use super::Music;
use crate::{MusicSet, SetStatus, acts};
use kernel::{Actor, Owed, SetId, StoreError, transact};

/// Why a set is not processed anew.
#[derive(Debug, thiserror::Error)]
pub enum RetryError {
    /// There is none.
    #[error("there is no such set")]
    Unknown,
    /// It did not fail.
    #[error("the set did not fail")]
    NotFailed,
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Music {
    /// Has a set that failed processed anew, as after an update of what reads recordings.
    ///
    /// # Errors
    /// A [`RetryError`].
    pub async fn retry(&self, by: &Actor, id: SetId) -> Result<MusicSet, RetryError> {
        let now = self.clock.now();
        transact(self.store.begin_music().await?, async |tx| {
            let mut set = tx.lock_set(id).await?.ok_or(RetryError::Unknown)?;
            if !matches!(set.status, SetStatus::Failed { .. }) {
                return Err(RetryError::NotFailed);
            }
            (set.status, set.progress) = (SetStatus::Processing, 0);
            tx.save_set(&set).await?;
            tx.enqueue_sound(&[Owed::now(id, now)]).await?;
            tx.record(&[acts::retried(by, &set, now)]).await?;
            Ok(set)
        })
        .await
    }
}
