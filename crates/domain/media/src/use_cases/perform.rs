use super::{Uploads, nameless};
use crate::{Effect, UploadStatus};
use kernel::{ObjectError, ObjectKey, StoreError, UploadId};

/// Why work was not done; it may be done later.
#[derive(Debug, thiserror::Error)]
pub enum PerformError {
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The object store could not.
    #[error(transparent)]
    Objects(#[from] ObjectError),
}

impl Uploads {
    /// Does what is owed.
    ///
    /// # Errors
    /// A [`PerformError`]: try again later.
    pub async fn perform(&self, effect: &Effect) -> Result<(), PerformError> {
        match effect {
            Effect::Discard { upload } => self.discard(*upload).await,
            Effect::Remove { keys } => {
                // What is no name names nothing.
                let keys: Vec<_> = keys.iter().filter_map(|key| ObjectKey::parse(key)).collect();
                Ok(self.objects.delete(&keys).await?)
            }
            Effect::Forget { account } => Ok(self.forget_rest(*account).await?),
        }
    }

    async fn discard(&self, id: UploadId) -> Result<(), PerformError> {
        let upload = self.store.upload(id).await?;
        let Some(upload) = upload.filter(|upload| upload.status == UploadStatus::Dropped) else {
            return Ok(());
        };
        let key = upload.key().ok_or_else(|| nameless(&upload))?;
        // In this order: whoever puts the parts together meanwhile has done so before, and the object goes; or comes
        // too late.
        self.objects.drop_parts(&key, &upload.parts_id()).await?;
        Ok(self.objects.delete(&[key]).await?)
    }
}
