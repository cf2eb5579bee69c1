//! Albums, pictures, and wishes that they go.

mod album;
mod picture;
mod reads;
mod removal;

use crate::transaction::PgTx;
use ::gallery::{Album, DOMAIN, Effect, GalleryTx, PICTURES, Picture, Removal};
use async_trait::async_trait;
use kernel::{AccountId, AlbumId, Owed, PictureId, RemovalId, StoreError, UploadId};

#[async_trait]
impl GalleryTx for PgTx {
    async fn lock_album(&mut self, id: AlbumId) -> Result<Option<Album>, StoreError> {
        self.album_locked(id).await
    }

    async fn save_album(&mut self, album: &Album) -> Result<(), StoreError> {
        self.upsert_album(album)
    }

    async fn remove_album(&mut self, id: AlbumId) -> Result<(), StoreError> {
        self.delete_album(id);
        Ok(())
    }

    async fn lock_pictures(&mut self, ids: &[PictureId]) -> Result<Vec<Picture>, StoreError> {
        self.pictures_locked(ids).await
    }

    async fn lock_pictures_of(
        &mut self,
        album: AlbumId,
        after: Option<PictureId>,
        limit: u32,
    ) -> Result<Vec<Picture>, StoreError> {
        self.pictures_of_locked(album, after, limit).await
    }

    async fn add_pictures(&mut self, pictures: &[Picture]) -> Result<(), StoreError> {
        self.insert_pictures(pictures)
    }

    async fn save_pictures(&mut self, pictures: &[Picture]) -> Result<(), StoreError> {
        self.update_pictures(pictures)
    }

    async fn remove_pictures(&mut self, ids: &[PictureId]) -> Result<(), StoreError> {
        self.delete_pictures(ids);
        Ok(())
    }

    async fn lock_removal(&mut self, id: RemovalId) -> Result<Option<Removal>, StoreError> {
        self.removal_locked(id).await
    }

    async fn lock_removal_of(&mut self, picture: PictureId) -> Result<Option<Removal>, StoreError> {
        self.living_removal_locked(picture).await
    }

    async fn lock_open_removals(&mut self, by: AccountId) -> Result<u32, StoreError> {
        self.open_removals_locked(by).await
    }

    async fn was_refused(&mut self, picture: PictureId, by: AccountId) -> Result<bool, StoreError> {
        self.refused_removal(picture, by).await
    }

    async fn save_removal(&mut self, removal: &Removal) -> Result<(), StoreError> {
        self.upsert_removal(removal)
    }

    async fn forget_removals_of(&mut self, account: AccountId) -> Result<(), StoreError> {
        self.nameless_removals(account);
        Ok(())
    }

    async fn take_upload(&mut self, id: UploadId, by: AccountId) -> Result<bool, StoreError> {
        self.take_completed(id, by).await
    }

    async fn enqueue_gallery(&mut self, effects: &[Owed<Effect>]) -> Result<(), StoreError> {
        self.enqueue(DOMAIN, effects)
    }

    async fn enqueue_pictures(&mut self, pictures: &[Owed<PictureId>]) -> Result<(), StoreError> {
        self.enqueue(PICTURES, pictures)
    }
}
