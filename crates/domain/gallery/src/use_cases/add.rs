use super::Gallery;
use crate::picture::original;
use crate::{Effect, GalleryTx, Picture, Sent, acts};
use chrono::TimeDelta;
use kernel::{
    Actor, AlbumId, Body, Invalid, ObjectError, Owed, PictureId, StoreError, Timestamp, UploadId, transact,
};

/// How long it may take to put a file and make a picture of it.
const PATIENCE: TimeDelta = TimeDelta::hours(1);

/// Why no picture was added.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// There is no such album.
    #[error("there is no such album")]
    UnknownAlbum,
    /// Something of it cannot be taken.
    #[error("the picture cannot be taken")]
    Invalid(Vec<Invalid>),
    /// The upload is not there, not whole, or something was made of it before.
    #[error("nothing can be made of the upload")]
    UploadGone,
    /// Its file could not be put.
    #[error(transparent)]
    Objects(#[from] ObjectError),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A file that is to become a picture; it does not lie in the store yet.
#[derive(Debug, Clone)]
pub struct Received {
    /// What its sender calls it.
    pub filename: String,
    /// What files of its format end with.
    pub extension: &'static str,
    /// Its media type.
    pub content_type: &'static str,
    /// How large it is.
    pub bytes: u64,
    /// What it holds.
    pub body: Body,
    /// What is written under the picture.
    pub caption: Option<String>,
}

impl Gallery {
    /// Puts a file and makes a picture of it. Whoever is stopped between the two leaves nothing behind: what lies under
    /// its name in an hour, and belongs to no picture then, is swept.
    ///
    /// # Errors
    /// An [`AddError`].
    pub async fn receive(&self, actor: &Actor, album: AlbumId, file: Received) -> Result<Picture, AddError> {
        let id = self.announce().await?;
        let key = original(id, file.extension).ok_or_else(|| ObjectError::Broken {
            doing: "naming a picture",
            cause: "its format has no name".into(),
        })?;
        self.objects.put(&key, file.body, file.content_type).await?;
        let sent = Sent { filename: file.filename, key, bytes: file.bytes, caption: file.caption };
        let now = self.clock.now();
        let picture = create(actor, album, (id, &sent), now)?;
        transact(self.store.begin_gallery().await?, async |tx| add_one(tx, actor, picture, now).await).await
    }

    /// Says that the file of a picture is about to be put.
    async fn announce(&self) -> Result<PictureId, StoreError> {
        let now = self.clock.now();
        let picture = PictureId::generate(now);
        transact(self.store.begin_gallery().await?, async |tx| {
            tx.enqueue_gallery(&[Owed::at(Effect::Sweep { picture }, now, now + PATIENCE)]).await?;
            Ok(picture)
        })
        .await
    }

    /// Makes a picture of an upload that is whole, under the upload's own id. Its object stays where it is. Of an upload
    /// that one made a picture of before it is that picture: whoever did not hear of it asks again.
    ///
    /// # Errors
    /// An [`AddError`].
    pub async fn add_uploaded(
        &self,
        actor: &Actor,
        upload: UploadId,
        album: AlbumId,
        sent: &Sent,
    ) -> Result<Picture, AddError> {
        let (now, id) = (self.clock.now(), PictureId::from(upload.as_uuid()));
        let picture = create(actor, album, (id, sent), now)?;
        let added = transact(self.store.begin_gallery().await?, async |tx| {
            if !tx.take_upload(upload, actor.account).await? {
                return Err(AddError::UploadGone);
            }
            add_one(tx, actor, picture, now).await
        });
        match added.await {
            Err(AddError::UploadGone) => {
                let made = self.store.picture(id).await?;
                made.filter(|made| made.created_by == actor.account).ok_or(AddError::UploadGone)
            }
            added => added,
        }
    }
}

fn create(
    actor: &Actor,
    album: AlbumId,
    (id, sent): (PictureId, &Sent),
    now: Timestamp,
) -> Result<Picture, AddError> {
    Picture::create(id, album, sent, actor.account, now).map_err(|wrong| AddError::Invalid(vec![wrong]))
}

async fn add_one(
    tx: &mut dyn GalleryTx,
    actor: &Actor,
    picture: Picture,
    now: Timestamp,
) -> Result<Picture, AddError> {
    // Locked, so that nobody deletes it meanwhile.
    tx.lock_album(picture.album).await?.ok_or(AddError::UnknownAlbum)?;
    let all = std::slice::from_ref(&picture);
    tx.add_pictures(all).await?;
    tx.enqueue_pictures(&[Owed::now(picture.id, now)]).await?;
    tx.record(&acts::added(&actor.cause(), all, now)).await?;
    Ok(picture)
}
