use super::complete::discard;
use super::{PerformError, Uploads};
use crate::upload::LASTS;
use crate::{UploadStatus, acts};
use chrono::TimeDelta;
use kernel::{Cause, PROBES, StoreError, TOPS, Timestamp, Unfinished, UploadId, transact};

/// Overdue ones that are looked for at once.
const AT_ONCE: u32 = 100;
/// Parts that were begun and not ended, and probes, looked at in one sweep under each of the [`TOPS`].
const LEFT: u32 = 1_000;
/// Nothing that this program itself puts in parts takes longer.
const PUTTING: TimeDelta = TimeDelta::days(1);
/// Nor does whoever tries what a store does.
const TRYING: TimeDelta = TimeDelta::hours(1);
/// Links that are forgotten at once.
const LINKS: u32 = 1_000;

impl Uploads {
    /// Gives up what nobody ended in time; how many.
    ///
    /// # Errors
    /// When the store cannot answer; what was given up before stays so.
    pub async fn sweep(&self) -> Result<u32, StoreError> {
        let mut swept = 0;
        loop {
            let now = self.clock.now();
            let overdue = self.store.overdue_uploads(now, AT_ONCE).await?;
            for upload in &overdue {
                swept += u32::from(self.give_up(upload.id, now).await?);
            }
            if overdue.len() < usize::try_from(AT_ONCE).unwrap_or(usize::MAX) {
                return Ok(swept);
            }
        }
    }

    /// What need not be done often, as it asks the object store: forgets links that have ended, and removes what was left
    /// by whoever was stopped: parts that no open upload has, or that arrived while theirs were dropped; parts of what
    /// this program was putting; and what was put to try the store. How many of all these.
    ///
    /// # Errors
    /// When a store cannot answer.
    pub async fn tidy(&self) -> Result<u32, PerformError> {
        let mut swept = 0;
        self.forget_links().await?;
        for top in TOPS {
            for left in self.objects.unfinished(top, LEFT).await? {
                if self.is_nobodys(&left).await? {
                    self.objects.drop_parts(&left.key, &left.parts).await?;
                    swept += 1;
                }
            }
            swept += self.tidy_probes(top).await?;
        }
        Ok(swept)
    }

    async fn tidy_probes(&self, top: &str) -> Result<u32, PerformError> {
        let since = self.clock.now() - TRYING;
        let listed = self.objects.list(&format!("{top}{PROBES}"), None, LEFT).await?;
        let left: Vec<_> =
            listed.into_iter().filter(|probe| probe.changed_at < since).map(|probe| probe.key).collect();
        if !left.is_empty() {
            self.objects.delete(&left).await?;
        }
        Ok(u32::try_from(left.len()).unwrap_or(u32::MAX))
    }

    async fn give_up(&self, id: UploadId, now: Timestamp) -> Result<bool, StoreError> {
        transact(self.store.begin_media().await?, async |tx| {
            let Some(before) = tx.lock_upload(id).await?.filter(|upload| upload.is_overdue(now)) else {
                return Ok(false);
            };
            let mut upload = before.clone();
            let given_up = upload.give_up().unwrap_or(false);
            if given_up {
                tx.save_upload(&upload).await?;
                tx.record(&[acts::changed("upload.expire", &Cause::system(), (&before, &upload), now)])
                    .await?;
                tx.enqueue_media(&discard(&upload, now)).await?;
            }
            Ok(given_up)
        })
        .await
    }

    async fn forget_links(&self) -> Result<(), StoreError> {
        loop {
            let now = self.clock.now();
            let forgotten =
                transact(self.store.begin_media().await?, async |tx| tx.sweep_links(now, LINKS).await)
                    .await?;
            if forgotten < LINKS {
                return Ok(());
            }
        }
    }

    /// Whether nobody can go on with these parts. What is young may be of an upload that is being begun.
    async fn is_nobodys(&self, left: &Unfinished) -> Result<bool, StoreError> {
        let age = self.clock.now() - left.since;
        let id = left.key.as_str().strip_prefix("uploads/").and_then(|id| id.parse().ok());
        let Some(id) = id else { return Ok(age > PUTTING) };
        if age < LASTS + TimeDelta::hours(1) {
            return Ok(false);
        }
        let upload = self.store.upload(id).await?;
        let same = upload.filter(|upload| upload.parts == left.parts.0);
        Ok(same.is_none_or(|upload| upload.status != UploadStatus::Open))
    }
}
