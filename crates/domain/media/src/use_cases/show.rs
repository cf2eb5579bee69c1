use super::complete::discard;
use super::{Uploads, nameless};
use crate::upload::PART_LINKS;
use crate::{Upload, UploadStatus, acts};
use kernel::{
    AccountId, Cause, Link, ObjectError, Page, PageRequest, Part, StoreError, Timestamp, UploadId, transact,
};

/// Why an upload is not shown.
#[derive(Debug, thiserror::Error)]
pub enum ShowError {
    /// There is none, or it is somebody else's.
    #[error("there is no such upload")]
    Unknown,
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The object store could not.
    #[error(transparent)]
    Objects(#[from] ObjectError),
}

/// Where a part is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartLink {
    /// From 1 on.
    pub number: u32,
    /// Exactly so many bytes.
    pub size: u64,
    /// The address to `PUT` them to.
    pub link: Link,
}

/// How far an upload has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// What is being sent.
    pub upload: Upload,
    /// What has arrived, by number.
    pub there: Vec<Part>,
    /// What has not, by number; nothing of an upload that is not open any more.
    pub missing: Vec<PartLink>,
}

impl Uploads {
    /// How far one's own has come, with new addresses for what is missing: a page that was loaded anew goes on where it
    /// was.
    ///
    /// # Errors
    /// A [`ShowError`].
    pub async fn show(&self, by: AccountId, id: UploadId) -> Result<Progress, ShowError> {
        let now = self.clock.now();
        let upload = self.store.upload(id).await?;
        let upload = upload.filter(|upload| upload.by == by).ok_or(ShowError::Unknown)?;
        if upload.status != UploadStatus::Open || upload.is_overdue(now) {
            return Ok(Progress { upload, there: Vec::new(), missing: Vec::new() });
        }
        let key = upload.key().ok_or_else(|| nameless(&upload))?;
        let there = self.objects.parts(&key, &upload.parts_id()).await?;
        let upload = match there {
            Some(there) => return Ok(self.progress(upload, there, now)?),
            // It was put together, and we were stopped before that was written: it waits to be completed.
            None if self.objects.head(&key).await?.is_some() => upload,
            // Nothing of it is there: whoever waited for it to be complete would wait in vain.
            None => self.lose(id).await?.ok_or(ShowError::Unknown)?,
        };
        Ok(Progress { upload, there: Vec::new(), missing: Vec::new() })
    }

    /// Gives up an open upload of which the store has nothing any more; as it is then.
    pub(super) async fn lose(&self, id: UploadId) -> Result<Option<Upload>, StoreError> {
        let now = self.clock.now();
        transact(self.store.begin_media().await?, async |tx| {
            let Some(before) = tx.lock_upload(id).await? else { return Ok(None) };
            let mut upload = before.clone();
            if upload.lose() {
                tx.save_upload(&upload).await?;
                tx.record(&[acts::changed("upload.lose", &Cause::system(), (&before, &upload), now)]).await?;
                tx.enqueue_media(&discard(&upload, now)).await?;
            }
            Ok(Some(upload))
        })
        .await
    }

    /// One's own that are open or completed, the newest first.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn list(&self, by: AccountId, page: PageRequest) -> Result<Page<Upload>, StoreError> {
        self.store.uploads(by, page).await
    }

    /// All that somebody ever sent, the newest first, for the file with what is kept about them.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn sent_by(&self, sender: AccountId, page: PageRequest) -> Result<Page<Upload>, StoreError> {
        self.store.uploads_by(sender, page).await
    }

    /// What has arrived of an open upload, and where the rest goes.
    pub(super) fn progress(
        &self,
        upload: Upload,
        there: Vec<Part>,
        now: Timestamp,
    ) -> Result<Progress, ObjectError> {
        let key = upload.key().ok_or_else(|| nameless(&upload))?;
        let (parts, until) = (upload.parts_id(), upload.expires_at.min(now + PART_LINKS));
        // One that is not as large as it has to be is sent again.
        let there: Vec<_> = there.into_iter().filter(|part| is_whole(&upload, part)).collect();
        let arrived: std::collections::BTreeSet<_> = there.iter().map(|part| part.number).collect();
        let link = |(number, size)| {
            let link = self.objects.part_link(&key, &parts, number, size, now, until)?;
            Ok(PartLink { number, size, link })
        };
        let missing = upload.part_sizes().filter(|(number, _)| !arrived.contains(number)).map(link);
        let missing = missing.collect::<Result<_, ObjectError>>()?;
        Ok(Progress { upload, there, missing })
    }
}

/// Whether a part is as large as it was to be.
pub(super) fn is_whole(upload: &Upload, part: &Part) -> bool {
    upload.part_sizes().any(|(number, size)| number == part.number && size == part.size)
}
