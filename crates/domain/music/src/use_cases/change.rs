use super::Music;
use crate::{MusicSet, SetChange, acts};
use kernel::{Actor, Invalid, SetId, StoreError, transact};

/// Why a set was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// There is none.
    #[error("there is no such set")]
    Unknown,
    /// These fields cannot be taken.
    #[error("some fields are wrong")]
    Invalid(Vec<Invalid>),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Music {
    /// Changes what is said of a set, and whether members hear it: from the commit on nobody is given a link to one that
    /// was withdrawn.
    ///
    /// # Errors
    /// A [`ChangeError`].
    pub async fn change(&self, by: &Actor, id: SetId, change: SetChange) -> Result<MusicSet, ChangeError> {
        let now = self.clock.now();
        transact(self.store.begin_music().await?, async |tx| {
            let before = tx.lock_set(id).await?.ok_or(ChangeError::Unknown)?;
            let mut set = before.clone();
            change.apply(&mut set, now).map_err(ChangeError::Invalid)?;
            if let Some(act) = acts::changed(by, &before, &set, now) {
                tx.save_set(&set).await?;
                tx.record(&[act]).await?;
            }
            Ok(set)
        })
        .await
    }
}
