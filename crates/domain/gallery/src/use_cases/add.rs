use super::Gallery;
use crate::{Effect, GalleryTx, Picture, Sent, acts};
use chrono::TimeDelta;
use kernel::{Actor, AlbumId, Invalid, Owed, PictureId, StoreError, Timestamp, UploadId, transact};

/// How long whoever announced a picture has to put its file and add it.
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
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Gallery {
    /// Says that the file of a picture is about to be put: what lies under its name in an hour, and belongs to no picture
    /// then, is swept. The one who puts it and is killed leaves nothing behind.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn announce_picture(&self) -> Result<PictureId, StoreError> {
        let now = self.clock.now();
        let picture = PictureId::generate(now);
        transact(self.store.begin_gallery().await?, async |tx| {
            tx.enqueue_gallery(&[Owed::at(Effect::Sweep { picture }, now, now + PATIENCE)]).await?;
            Ok(picture)
        })
        .await
    }

    /// Makes a picture of a file that was put after [`Self::announce_picture`].
    ///
    /// # Errors
    /// An [`AddError`].
    pub async fn add(
        &self,
        actor: &Actor,
        album: AlbumId,
        (id, sent): (PictureId, &Sent),
    ) -> Result<Picture, AddError> {
        let now = self.clock.now();
        let picture = create(actor, album, (id, sent), now)?;
        transact(self.store.begin_gallery().await?, async |tx| add_one(tx, actor, picture, now).await).await
    }

    /// Makes a picture of an upload that is whole. Its object stays where it is.
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
        let now = self.clock.now();
        let picture = create(actor, album, (PictureId::generate(now), sent), now)?;
        transact(self.store.begin_gallery().await?, async |tx| {
            if !tx.take_upload(upload, actor.account).await? {
                return Err(AddError::UploadGone);
            }
            add_one(tx, actor, picture, now).await
        })
        .await
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
