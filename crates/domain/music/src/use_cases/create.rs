use super::Music;
use crate::{MusicSet, Recording, SetInput, acts};
use kernel::{Actor, Invalid, Owed, StoreError, transact};

/// Why no set was made.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// These fields cannot be taken.
    #[error("some fields are wrong")]
    Invalid(Vec<Invalid>),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CreateError {
    /// There is no such upload that somebody completed and nothing was made of.
    #[must_use]
    pub fn no_upload() -> Self {
        let message = "must be a completed upload of a recording of your own, of which nothing was made";
        Self::Invalid(vec![Invalid::new("upload_id", "unknown", message)])
    }
}

impl Music {
    /// Makes a set of a completed upload, and owes its processing.
    ///
    /// # Errors
    /// A [`CreateError`]; the upload can then still be taken.
    pub async fn create(&self, by: &Actor, of: &Recording, input: SetInput) -> Result<MusicSet, CreateError> {
        let now = self.clock.now();
        let set = input.make(of, by.account, now).map_err(CreateError::Invalid)?;
        transact(self.store.begin_music().await?, async |tx| {
            if !tx.take_upload(of.upload, by.account).await? {
                return Err(CreateError::no_upload());
            }
            tx.save_set(&set).await?;
            tx.enqueue_sound(&[Owed::now(set.id, now)]).await?;
            tx.record(&[acts::created(by, &set, now)]).await?;
            Ok(())
        })
        .await?;
        Ok(set)
    }
}
