use super::show::is_whole;
use super::{Uploads, nameless};
use crate::upload::{Over, SNIFFED, TAGS, behind_tag, sniff, tag_length};
use crate::{Effect, Format, Upload, UploadStatus, acts};
use chrono::TimeDelta;
use kernel::{
    Actor, Content, ObjectError, ObjectKey, Owed, Part, Span, StoreError, Timestamp, UploadId, transact,
};
use std::collections::BTreeMap;

/// How long parts may be on their way into an object of which nobody wants to know any more.
const ON_ITS_WAY: TimeDelta = TimeDelta::hours(1);

/// Why an upload was not completed.
#[derive(Debug, thiserror::Error)]
pub enum CompleteError {
    /// There is none, or it is somebody else's.
    #[error("there is no such upload")]
    Unknown,
    /// It goes no further.
    #[error(transparent)]
    Over(#[from] Over),
    /// These parts have not arrived, or others than were named.
    #[error("parts are missing")]
    Missing(Vec<u32>),
    /// It is not what was promised, and was dropped.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The object store could not.
    #[error(transparent)]
    Objects(#[from] ObjectError),
}

/// What an upload is, and should not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// It has so many bytes.
    #[error("it has {0} bytes")]
    Size(u64),
    /// It begins as this does; `None`: as nothing that is taken.
    #[error("it begins as {0:?}")]
    Content(Option<Format>),
}

impl Uploads {
    /// Puts the parts together and looks whether they are what was promised, by size and by how they begin. `named` are
    /// the parts that the sender knows of, with what was answered to each; what was not named is taken as it is there.
    /// Doing it again changes nothing, also when something was made of it.
    ///
    /// # Errors
    /// A [`CompleteError`].
    pub async fn complete(
        &self,
        sender: &Actor,
        id: UploadId,
        named: &[(u32, String)],
    ) -> Result<Upload, CompleteError> {
        let upload = self.store.upload(id).await?;
        let upload = upload.filter(|upload| upload.by == sender.account).ok_or(CompleteError::Unknown)?;
        if upload.status == UploadStatus::Taken {
            return Ok(upload);
        }
        upload.living(self.clock.now())?;
        if upload.status == UploadStatus::Completed {
            return Ok(upload);
        }
        let key = upload.key().ok_or_else(|| nameless(&upload))?;
        self.put_together(&upload, &key, named).await?;
        let found = self.look_at(&upload, &key).await?;
        self.settle(sender, id, found).await
    }

    /// Makes one object of the parts, unless that was done before: then there are none any more.
    async fn put_together(
        &self,
        upload: &Upload,
        key: &ObjectKey,
        named: &[(u32, String)],
    ) -> Result<(), CompleteError> {
        let parts = upload.parts_id();
        let Some(there) = self.objects.parts(key, &parts).await? else {
            return Ok(());
        };
        let all = chosen(upload, there, named).map_err(CompleteError::Missing)?;
        match self.objects.finish_parts(key, &parts, &all).await {
            Err(refused @ ObjectError::Refused { .. }) => self.explain(upload, key, (&all, refused)).await,
            outcome => Ok(outcome?),
        }
    }

    /// Why parts that were there a moment ago could not be put together: somebody else completed the upload, gave it up or
    /// sent a part again meanwhile.
    async fn explain(
        &self,
        upload: &Upload,
        key: &ObjectKey,
        (seen, refused): (&[Part], ObjectError),
    ) -> Result<(), CompleteError> {
        if self.objects.head(key).await?.is_some() {
            return Ok(());
        }
        let Some(now) = self.objects.parts(key, &upload.parts_id()).await? else {
            return Err(self.gone(upload).await);
        };
        let others: Vec<_> = seen.iter().filter(|part| !now.contains(part)).map(|part| part.number).collect();
        Err(if others.is_empty() { refused.into() } else { CompleteError::Missing(others) })
    }

    /// What is wrong with the object, if something is.
    async fn look_at(&self, upload: &Upload, key: &ObjectKey) -> Result<Option<Mismatch>, CompleteError> {
        let Some((size, mut bytes)) = self.beginning(key, 0).await? else {
            return Err(self.gone(upload).await);
        };
        if size != upload.size {
            return Ok(Some(Mismatch::Size(size)));
        }
        let (mut found, mut start) = (sniff(&bytes), 0);
        for _ in 0..TAGS {
            let Some(length) = tag_length(&bytes).filter(|length| start + length < size) else { break };
            start += length;
            let Some((_, rest)) = self.beginning(key, start).await? else {
                return Err(self.gone(upload).await);
            };
            bytes = rest;
            found = Some(behind_tag(&bytes));
        }
        Ok((found != Some(upload.format)).then_some(Mismatch::Content(found)))
    }

    /// How large an object is, and what it begins with from there on.
    async fn beginning(&self, key: &ObjectKey, start: u64) -> Result<Option<(u64, Vec<u8>)>, ObjectError> {
        let span = Span { start, length: SNIFFED };
        let Some(Content { object, mut reader }) = self.objects.get(key, Some(span)).await? else {
            return Ok(None);
        };
        let (mut bytes, most) = (Vec::new(), usize::try_from(SNIFFED).unwrap_or(usize::MAX));
        while bytes.len() < most
            && let Some(more) = reader.next().await?
        {
            bytes.extend(more);
        }
        bytes.truncate(most);
        Ok(Some((object.size, bytes)))
    }

    /// Neither parts nor an object: somebody gave it up meanwhile, or the store has dropped them by itself.
    async fn gone(&self, upload: &Upload) -> CompleteError {
        match self.lose(upload.id).await {
            Ok(_) => Over::Dropped.into(),
            Err(error) => error.into(),
        }
    }

    async fn settle(
        &self,
        sender: &Actor,
        id: UploadId,
        found: Option<Mismatch>,
    ) -> Result<Upload, CompleteError> {
        let now = self.clock.now();
        let settled: Result<Result<Upload, CompleteError>, CompleteError> =
            transact(self.store.begin_media().await?, async |tx| {
                let before = tx.lock_upload(id).await?.ok_or(CompleteError::Unknown)?;
                if before.status == UploadStatus::Taken {
                    return Ok(Ok(before));
                }
                if before.status == UploadStatus::Dropped {
                    // What was owed for that may have been done before the object was there.
                    tx.enqueue_media(&discard(&before, now)).await?;
                    return Ok(Err(Over::Dropped.into()));
                }
                let mut upload = before.clone();
                let Some(mismatch) = found else {
                    if upload.complete(now)? {
                        let act = acts::changed("upload.complete", &sender.cause(), (&before, &upload), now);
                        tx.save_upload(&upload).await?;
                        tx.record(&[act]).await?;
                    }
                    return Ok(Ok(upload));
                };
                upload.living(now)?;
                if upload.give_up()? {
                    let act = acts::changed("upload.refuse", &sender.cause(), (&before, &upload), now);
                    tx.save_upload(&upload).await?;
                    tx.record(&[act]).await?;
                    tx.enqueue_media(&discard(&upload, now)).await?;
                }
                // A value, so that it is written.
                Ok(Err(mismatch.into()))
            })
            .await;
        settled?
    }
}

/// The work of dropping what has arrived: at once, and once more when nothing of it can be on its way any more. A store may
/// take minutes to make an object of parts, also of those that it was told to drop meanwhile, and whoever asked it for that
/// may be killed.
pub(super) fn discard(upload: &Upload, now: Timestamp) -> [Owed<Effect>; 2] {
    let effect = Effect::Discard { upload: upload.id };
    [Owed::now(effect.clone(), now), Owed::at(effect, now, now + ON_ITS_WAY)]
}

/// All parts in order, if each of them is there as it was named; else the numbers of those that are not.
fn chosen(upload: &Upload, there: Vec<Part>, named: &[(u32, String)]) -> Result<Vec<Part>, Vec<u32>> {
    let mut there: BTreeMap<u32, Part> = there.into_iter().map(|part| (part.number, part)).collect();
    there.retain(|_, part| is_whole(upload, part));
    let mut missing: Vec<u32> = upload.part_sizes().map(|(number, _)| number).collect();
    missing.retain(|number| !there.contains_key(number));
    for (number, etag) in named {
        let same = there.get(number).is_some_and(|part| part.etag == etag.trim_matches('"'));
        if !same && !missing.contains(number) {
            missing.push(*number);
        }
    }
    missing.sort_unstable();
    if missing.is_empty() { Ok(there.into_values().collect()) } else { Err(missing) }
}

#[cfg(test)]
mod unit {
    use super::*;
    use crate::upload::PART_SIZE;
    use crate::upload::tests::upload;

    fn part(number: u32, size: u64) -> Part {
        Part { number, etag: format!("e{number}"), size }
    }

    #[test]
    fn all_parts_have_to_be_there_as_they_were_named() {
        let upload = upload(PART_SIZE + 7);
        let whole = || vec![part(2, 7), part(1, PART_SIZE)];
        let named = |named: &[(u32, &str)]| -> Vec<_> {
            named.iter().map(|(number, etag)| (*number, (*etag).to_owned())).collect()
        };
        let ordered = vec![part(1, PART_SIZE), part(2, 7)];
        assert_eq!(chosen(&upload, whole(), &[]), Ok(ordered.clone()));
        assert_eq!(chosen(&upload, whole(), &named(&[(2, "\"e2\""), (1, "e1")])), Ok(ordered));
        assert_eq!(chosen(&upload, vec![part(2, 7)], &[]), Err(vec![1]));
        assert_eq!(chosen(&upload, vec![part(1, PART_SIZE), part(2, 8)], &[]), Err(vec![2]));
        assert_eq!(chosen(&upload, whole(), &named(&[(1, "other"), (3, "e3")])), Err(vec![1, 3]));
    }
}
