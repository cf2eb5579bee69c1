use super::{Progress, Uploads, nameless};
use crate::upload::{LASTS, MOST_OPEN, NewUpload, PART_SIZE};
use crate::{Upload, UploadStatus, acts};
use kernel::{Actor, Invalid, ObjectError, ObjectKey, PartsId, StoreError, UploadId, transact};

/// Why nothing was begun.
#[derive(Debug, thiserror::Error)]
pub enum BeginError {
    /// These fields cannot be taken.
    #[error("some fields are wrong")]
    Invalid(Vec<Invalid>),
    /// The sender has too many that are open or completed.
    #[error("{MOST_OPEN} uploads are open already")]
    TooMany,
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The object store could not.
    #[error(transparent)]
    Objects(#[from] ObjectError),
}

impl Uploads {
    /// Begins an upload, and tells where its parts are to be sent.
    ///
    /// # Errors
    /// A [`BeginError`].
    pub async fn begin(&self, wish: &NewUpload, sender: &Actor) -> Result<Progress, BeginError> {
        let now = self.clock.now();
        let promise = wish.check().map_err(BeginError::Invalid)?;
        let mut upload = Upload {
            id: UploadId::generate(now),
            by: sender.account,
            kind: promise.kind,
            filename: promise.filename,
            size: promise.size,
            format: promise.format,
            part_size: PART_SIZE,
            parts: String::new(),
            status: UploadStatus::Open,
            created_at: now,
            expires_at: now + LASTS,
        };
        let key = upload.key().ok_or_else(|| nameless(&upload))?;
        // Before the row is written, so that there is none without a place for its parts. Should we be stopped in
        // between, the sweep finds parts that nobody has a row for.
        let parts = self.objects.begin_parts(&key, promise.format.content_type()).await?;
        upload.parts.clone_from(&parts.0);
        let begun: Result<(), BeginError> = transact(self.store.begin_media().await?, async |tx| {
            if tx.lock_open_uploads(sender.account).await? >= MOST_OPEN {
                return Err(BeginError::TooMany);
            }
            tx.add_upload(&upload).await?;
            Ok(tx.record(&[acts::begun(&sender.cause(), &upload, now)]).await?)
        })
        .await;
        match begun {
            Ok(()) => Ok(self.progress(upload, Vec::new(), now)?),
            Err(refused @ BeginError::TooMany) => {
                self.leave_nothing(&key, &parts).await;
                Err(refused)
            }
            // It may have been written although nobody could tell us.
            Err(unknown) => Err(unknown),
        }
    }

    /// Takes back what was begun for nothing; should that fail, the sweep does it.
    async fn leave_nothing(&self, key: &ObjectKey, parts: &PartsId) {
        let _ = self.objects.drop_parts(key, parts).await;
    }
}
