use super::Gallery;
use super::clean::sweeps;
use crate::{Effect, Lacking, Picture, PictureStatus, Refusal, RenderError, Rendered, Rendition};
use kernel::{
    AlbumId, Body, Fetch, ObjectError, ObjectKey, Owed, PassId, PictureId, Span, StoreError, Timestamp,
    transact,
};
use std::path::Path;

/// How the making of a picture went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// There was nothing to make, or somebody else has made it.
    Nothing,
    /// It is ready, in this album.
    Ready(AlbumId),
    /// Nothing can be made of it, and that is written down.
    Failed(AlbumId, Refusal),
    /// This program is not installed here: it has to wait.
    Waits(&'static str),
}

/// Why a picture was not made, though it may be later.
#[derive(Debug, thiserror::Error)]
pub enum MakeError {
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Its file could not be read, or what was made not be put.
    #[error(transparent)]
    Objects(#[from] ObjectError),
    /// It did not work, and may work again.
    #[error("the picture could not be made")]
    Render(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What a picture is made with.
#[derive(Clone, Copy)]
pub struct Bench<'a> {
    /// Brings the file.
    pub fetch: &'a dyn Fetch,
    /// Where the file is to lie; nothing is there yet.
    pub source: &'a Path,
    /// Where everything is to lie; an empty folder.
    pub into: &'a Path,
}

/// What came of the attempt.
enum Outcome {
    Rendered(PassId, Rendered),
    Refused(Refusal),
}

impl Gallery {
    /// Makes what is delivered of a picture. Done again after it was stopped
    /// anywhere, it begins anew under another name, and what lay there is swept.
    ///
    /// # Errors
    /// A [`MakeError`]: try again later.
    pub async fn make(&self, id: PictureId, bench: &Bench<'_>) -> Result<Made, MakeError> {
        let picture = self.store.picture(id).await?;
        let Some(picture) = picture.filter(|it| it.status == PictureStatus::Processing) else {
            // Whoever made it last may have been stopped before they swept.
            self.owe_sweep(id).await?;
            return Ok(Made::Nothing);
        };
        let Some(key) = picture.original_key() else {
            return self.settle(id, Outcome::Refused(Refusal::Missing)).await;
        };
        if let Some(program) = self.lacks(&key).await? {
            return Ok(Made::Waits(program));
        }
        if !bench.fetch.fetch(&key, bench.source, &|_| ()).await? {
            return self.settle(id, Outcome::Refused(Refusal::Missing)).await;
        }
        match self.renderer.render(bench.source, bench.into).await {
            Ok(rendered) => {
                let pass = PassId::generate(self.clock.now());
                self.put_all(&picture, pass, &rendered).await?;
                self.settle(id, Outcome::Rendered(pass, rendered)).await
            }
            Err(RenderError::Refused(reason)) => self.settle(id, Outcome::Refused(reason)).await,
            Err(RenderError::Missing(program)) => Ok(Made::Waits(program)),
            Err(RenderError::Failed(cause)) => Err(MakeError::Render(cause)),
        }
    }

    /// Says of a picture that is still being made that it failed: it was tried again and again, and nobody tries any more
    /// until somebody wants it.
    ///
    /// # Errors
    /// A [`MakeError`]: try again later.
    pub async fn give_up(&self, id: PictureId) -> Result<Made, MakeError> {
        self.settle(id, Outcome::Refused(Refusal::Internal)).await
    }

    /// The program that is missing here for a file. Its first bytes tell; they are read only where one is missing.
    async fn lacks(&self, key: &ObjectKey) -> Result<Option<&'static str>, ObjectError> {
        let Some(Lacking { program, needed_by }) = self.renderer.lacking() else { return Ok(None) };
        let span = Span { start: 0, length: Lacking::START };
        let Some(mut content) = self.objects.get(key, Some(span)).await? else { return Ok(None) };
        let mut start = Vec::new();
        while let Some(more) = content.reader.next().await? {
            start.extend_from_slice(&more);
        }
        Ok(needed_by(&start).then_some(program))
    }

    async fn put_all(&self, picture: &Picture, pass: PassId, rendered: &Rendered) -> Result<(), MakeError> {
        for file in &rendered.files {
            let rendition =
                Rendition { width: file.width, height: file.height, format: file.format, bytes: file.bytes };
            // An id, a number and an extension are a name.
            let Some(key) = picture.rendition_key(pass, &rendition) else { continue };
            self.objects.put(&key, Body::File(file.path.clone()), file.format.content_type()).await?;
        }
        Ok(())
    }

    /// Writes down what came of it, unless somebody else has.
    async fn settle(&self, id: PictureId, outcome: Outcome) -> Result<Made, MakeError> {
        let (now, keep) = (self.clock.now(), self.terms.keep_originals);
        transact(self.store.begin_gallery().await?, async |tx| {
            let mut effects = sweeps(id, now).to_vec();
            let picture = tx.lock_pictures(&[id]).await?.pop();
            let picture = picture.filter(|it| it.status == PictureStatus::Processing);
            let made = match picture {
                None => Made::Nothing,
                Some(mut picture) => {
                    let (made, dropped) = written(&mut picture, outcome, keep);
                    let keys: Vec<_> = dropped.iter().map(ObjectKey::to_string).collect();
                    if !keys.is_empty() {
                        effects.push(Owed::now(Effect::Remove { keys }, now));
                    }
                    tx.save_pictures(&[picture]).await?;
                    made
                }
            };
            tx.enqueue_gallery(&effects).await?;
            Ok(made)
        })
        .await
    }

    async fn owe_sweep(&self, picture: PictureId) -> Result<(), StoreError> {
        let now: Timestamp = self.clock.now();
        transact(self.store.begin_gallery().await?, async |tx| {
            tx.enqueue_gallery(&sweeps(picture, now)).await
        })
        .await
    }
}

/// The picture as it is after it, and the file that is not kept any more.
fn written(picture: &mut Picture, outcome: Outcome, keep: bool) -> (Made, Option<ObjectKey>) {
    match outcome {
        Outcome::Rendered(pass, rendered) => {
            picture.finish(pass, &rendered);
            let dropped = if keep { None } else { picture.original_key() };
            if !keep {
                picture.original = None;
            }
            (Made::Ready(picture.album), dropped)
        }
        Outcome::Refused(reason) => {
            picture.fail(reason);
            (Made::Failed(picture.album, reason), None)
        }
    }
}
