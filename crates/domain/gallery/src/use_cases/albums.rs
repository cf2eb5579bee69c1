use super::Gallery;
use super::bulk::STEP;
use crate::{Album, AlbumChange, acts};
use kernel::{Actor, AlbumId, Invalid, StoreError, transact};

/// Why an album was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum AlbumError {
    /// There is none.
    #[error("there is no such album")]
    Unknown,
    /// Something in it cannot be.
    #[error("the album cannot be taken")]
    Invalid(Vec<Invalid>),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why an album was not deleted.
#[derive(Debug, thiserror::Error)]
pub enum DeleteAlbumError {
    /// There is none.
    #[error("there is no such album")]
    Unknown,
    /// It has pictures, and they were not meant.
    #[error("the album has pictures")]
    NotEmpty,
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Gallery {
    /// Makes an album, which nobody but admins sees until it has a picture that is published.
    ///
    /// # Errors
    /// An [`AlbumError`].
    pub async fn create_album(&self, actor: &Actor, said: &AlbumChange) -> Result<Album, AlbumError> {
        let now = self.clock.now();
        let album = Album::create(said, actor.account, now).map_err(AlbumError::Invalid)?;
        transact(self.store.begin_gallery().await?, async |tx| {
            tx.save_album(&album).await?;
            tx.record(&[acts::album_created(&actor.cause(), &album, now)]).await?;
            Ok(album)
        })
        .await
    }

    /// Changes what is said of an album; its pictures stay.
    ///
    /// # Errors
    /// An [`AlbumError`].
    pub async fn change_album(
        &self,
        actor: &Actor,
        id: AlbumId,
        change: &AlbumChange,
    ) -> Result<Album, AlbumError> {
        let now = self.clock.now();
        transact(self.store.begin_gallery().await?, async |tx| {
            let before = tx.lock_album(id).await?.ok_or(AlbumError::Unknown)?;
            let after = before.changed(change).map_err(AlbumError::Invalid)?;
            tx.save_album(&after).await?;
            tx.record(acts::album_changed(&actor.cause(), &before, &after, now).as_slice()).await?;
            Ok(after)
        })
        .await
    }

    /// Deletes an album that is empty; with `pictures` also one that is not, and them with it. That is done in steps:
    /// whoever is stopped half-way does it again and goes on.
    ///
    /// # Errors
    /// A [`DeleteAlbumError`].
    pub async fn delete_album(
        &self,
        actor: &Actor,
        id: AlbumId,
        pictures: bool,
    ) -> Result<(), DeleteAlbumError> {
        while !self.delete_step(actor, id, pictures).await? {}
        Ok(())
    }

    /// Deletes some of its pictures, or the album when there are none; whether it has gone.
    async fn delete_step(
        &self,
        actor: &Actor,
        id: AlbumId,
        pictures: bool,
    ) -> Result<bool, DeleteAlbumError> {
        let (now, by) = (self.clock.now(), actor.cause());
        transact(self.store.begin_gallery().await?, async |tx| {
            let album = tx.lock_album(id).await?.ok_or(DeleteAlbumError::Unknown)?;
            let there = tx.lock_pictures_of(id, None, STEP).await?;
            if there.is_empty() {
                tx.remove_album(id).await?;
                tx.record(&[acts::album_deleted(&by, &album, now)]).await?;
                return Ok(true);
            }
            if !pictures {
                return Err(DeleteAlbumError::NotEmpty);
            }
            Self::delete_locked(tx, actor, &there, now).await?;
            Ok(false)
        })
        .await
    }
}
