use super::Uploads;
use super::complete::discard;
use crate::acts;
use crate::upload::Over;
use kernel::{Actor, StoreError, UploadId, transact};

/// Why an upload was not given up.
#[derive(Debug, thiserror::Error)]
pub enum DropError {
    /// There is none, or it is somebody else's.
    #[error("there is no such upload")]
    Unknown,
    /// Something was made of it.
    #[error(transparent)]
    Over(#[from] Over),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Uploads {
    /// Gives up one's own; what has arrived is removed. Doing it again changes nothing.
    ///
    /// # Errors
    /// A [`DropError`].
    pub async fn drop(&self, sender: &Actor, id: UploadId) -> Result<(), DropError> {
        let now = self.clock.now();
        transact(self.store.begin_media().await?, async |tx| {
            let before = tx.lock_upload(id).await?.filter(|upload| upload.by == sender.account);
            let before = before.ok_or(DropError::Unknown)?;
            let mut upload = before.clone();
            if upload.give_up()? {
                tx.save_upload(&upload).await?;
                tx.record(&[acts::changed("upload.drop", &sender.cause(), (&before, &upload), now)]).await?;
                tx.enqueue_media(&discard(&upload, now)).await?;
            }
            Ok(())
        })
        .await
    }
}
