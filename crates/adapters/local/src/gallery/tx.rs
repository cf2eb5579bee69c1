//! Writing albums, pictures and wishes.

use crate::paging::newest_of;
use crate::transaction::LocalTx;
use ::gallery::{Album, DOMAIN, Effect, GalleryTx, PICTURES, Picture, Removal, RemovalStatus};
use async_trait::async_trait;
use kernel::{AccountId, AlbumId, Owed, PageRequest, PictureId, RemovalId, StoreError, UploadId};
use std::collections::BTreeSet;
use std::ops::Bound;
use uuid::Uuid;

const ADDING: &str = "adding a picture";
const SAVING: &str = "saving a picture";

impl LocalTx {
    /// All wishes of an account.
    fn asked_by(&self, account: AccountId) -> Vec<Removal> {
        let (state, all) = (self.state(), PageRequest { limit: u32::MAX, after: None });
        let ids = newest_of(&state.gallery.removals_by_asker, account, all);
        ids.filter_map(|id| state.copy(&id.into())).collect()
    }

    /// No picture is without an album.
    fn check_album(&mut self, picture: &Picture, doing: &'static str) -> Result<(), StoreError> {
        match self.state().get::<Album>(&picture.album) {
            Some(_) => Ok(()),
            None => Err(self.broken(doing, "there is no such album")),
        }
    }
}

#[async_trait]
impl GalleryTx for LocalTx {
    async fn lock_album(&mut self, id: AlbumId) -> Result<Option<Album>, StoreError> {
        Ok(self.state().copy(&id))
    }

    async fn save_album(&mut self, album: &Album) -> Result<(), StoreError> {
        self.put(album.clone());
        Ok(())
    }

    async fn remove_album(&mut self, id: AlbumId) -> Result<(), StoreError> {
        if self.state().gallery.all.count.contains_key(&id) {
            return Err(self.broken("removing an album", "there are pictures in it"));
        }
        self.remove::<Album>(&id);
        Ok(())
    }

    async fn lock_pictures(&mut self, ids: &[PictureId]) -> Result<Vec<Picture>, StoreError> {
        let ids: BTreeSet<_> = ids.iter().collect();
        Ok(ids.into_iter().filter_map(|id| self.state().copy(id)).collect())
    }

    async fn lock_pictures_of(
        &mut self,
        album: AlbumId,
        after: Option<PictureId>,
        limit: u32,
    ) -> Result<Vec<Picture>, StoreError> {
        let start = match after {
            Some(id) => Bound::Excluded((album, id)),
            None => Bound::Included((album, PictureId::from(Uuid::nil()))),
        };
        let end = Bound::Included((album, PictureId::from(Uuid::max())));
        let found = self.state().gallery.pictures_by_id.range((start, end));
        let found = found.take(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found.filter_map(|(_, id)| self.state().copy(id)).collect())
    }

    async fn add_pictures(&mut self, pictures: &[Picture]) -> Result<(), StoreError> {
        for picture in pictures {
            self.check_album(picture, ADDING)?;
            self.add(picture.clone(), ADDING)?;
        }
        Ok(())
    }

    async fn save_pictures(&mut self, pictures: &[Picture]) -> Result<(), StoreError> {
        for picture in pictures {
            self.check_album(picture, SAVING)?;
            self.save(picture.clone(), SAVING)?;
        }
        Ok(())
    }

    async fn remove_pictures(&mut self, ids: &[PictureId]) -> Result<(), StoreError> {
        for id in ids {
            self.remove::<Picture>(id);
        }
        Ok(())
    }

    async fn lock_removal(&mut self, id: RemovalId) -> Result<Option<Removal>, StoreError> {
        Ok(self.state().copy(&id))
    }

    async fn lock_removal_of(&mut self, picture: PictureId) -> Result<Option<Removal>, StoreError> {
        let state = self.state();
        Ok(state.gallery.removal_of.get(&picture).and_then(|id| state.copy(id)))
    }

    async fn lock_open_removals(&mut self, by: AccountId) -> Result<u32, StoreError> {
        let asked = self.asked_by(by);
        let open = asked.iter().filter(|wish| wish.status == RemovalStatus::Asked).count();
        Ok(u32::try_from(open).unwrap_or(u32::MAX))
    }

    async fn was_refused(&mut self, picture: PictureId, by: AccountId) -> Result<bool, StoreError> {
        let refused = |wish: &Removal| wish.picture == picture && wish.status == RemovalStatus::Refused;
        Ok(self.asked_by(by).iter().any(refused))
    }

    async fn save_removal(&mut self, removal: &Removal) -> Result<(), StoreError> {
        let other = self.state().gallery.removal_of.get(&removal.picture);
        let other = other.is_some_and(|other| *other != removal.id);
        if other && removal.status != RemovalStatus::Refused {
            return Err(self.broken("saving a wish", "there is one about this picture"));
        }
        self.put(removal.clone());
        Ok(())
    }

    async fn forget_removals_of(&mut self, account: AccountId) -> Result<(), StoreError> {
        for removal in self.asked_by(account) {
            self.put(Removal { by: None, reason: None, note: None, ..removal });
        }
        Ok(())
    }

    async fn take_upload(&mut self, id: UploadId, by: AccountId) -> Result<bool, StoreError> {
        Ok(self.take(id, by))
    }

    async fn enqueue_gallery(&mut self, effects: &[Owed<Effect>]) -> Result<(), StoreError> {
        self.enqueue(DOMAIN, effects)
    }

    async fn enqueue_pictures(&mut self, pictures: &[Owed<PictureId>]) -> Result<(), StoreError> {
        self.enqueue(PICTURES, pictures)
    }
}
