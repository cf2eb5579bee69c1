//! Reading without a transaction: what was committed last.

use crate::paging::{newest, newest_of, wanted};
use crate::store::LocalStore;
use ::gallery::{Album, Counted, GalleryStore, GalleryTx, Picture, Removal, Shown, Wishes};
use async_trait::async_trait;
use kernel::{AccountId, AlbumId, Page, PageRequest, PictureId, RemovalId, StoreError};
use uuid::Uuid;

#[async_trait]
impl GalleryStore for LocalStore {
    async fn begin_gallery(&self) -> Result<Box<dyn GalleryTx>, StoreError> {
        Ok(self.write().await?)
    }

    async fn album(&self, id: AlbumId) -> Result<Option<Album>, StoreError> {
        Ok(self.read().copy(&id))
    }

    async fn albums(&self, shown: Shown, page: PageRequest) -> Result<Page<Counted>, StoreError> {
        let state = self.read();
        let tables = &state.gallery;
        let found = newest(&tables.shelf(shown).albums, page).take(wanted(page));
        let found = found.filter_map(|id| tables.albums.get(&AlbumId::from(id)));
        let found = found.map(|album| tables.counted(album, shown)).collect();
        Ok(Page::cut(found, page.limit, |counted: &Counted| counted.album.cursor()))
    }

    async fn picture(&self, id: PictureId) -> Result<Option<Picture>, StoreError> {
        Ok(self.read().copy(&id))
    }

    async fn pictures_by_id(&self, ids: &[PictureId]) -> Result<Vec<Picture>, StoreError> {
        let state = self.read();
        Ok(ids.iter().filter_map(|id| state.copy(id)).collect())
    }

    async fn pictures(
        &self,
        album: AlbumId,
        shown: Shown,
        page: PageRequest,
    ) -> Result<Page<Picture>, StoreError> {
        let state = self.read();
        let found = state.gallery.shelf(shown).pictures_of(album, page).take(wanted(page));
        let found = found.filter_map(|id| state.copy(&id)).collect();
        Ok(Page::cut(found, page.limit, Picture::cursor))
    }

    async fn removal(&self, id: RemovalId) -> Result<Option<Removal>, StoreError> {
        Ok(self.read().copy(&id))
    }

    async fn removals(&self, which: Wishes, page: PageRequest) -> Result<Page<Removal>, StoreError> {
        let state = self.read();
        let tables = &state.gallery;
        let copies = |ids: &mut dyn Iterator<Item = Uuid>| {
            ids.filter_map(|id| state.copy::<Removal>(&id.into())).take(wanted(page)).collect()
        };
        let found = match which {
            Wishes::All => copies(&mut newest(&tables.removals_by_age, page)),
            Wishes::Of(account) => copies(&mut newest_of(&tables.removals_by_asker, account, page)),
            Wishes::That(status) => copies(&mut newest_of(&tables.removals_by_status, status.as_str(), page)),
        };
        Ok(Page::cut(found, page.limit, Removal::cursor))
    }

    async fn albums_by(&self, maker: AccountId, page: PageRequest) -> Result<Page<Album>, StoreError> {
        let state = self.read();
        let ids = newest_of(&state.gallery.albums_by_maker, maker, page).take(wanted(page));
        let found = ids.filter_map(|id| state.copy(&AlbumId::from(id))).collect();
        Ok(Page::cut(found, page.limit, Album::cursor))
    }

    async fn pictures_by(&self, sender: AccountId, page: PageRequest) -> Result<Page<Picture>, StoreError> {
        let state = self.read();
        let ids = newest_of(&state.gallery.pictures_by_sender, sender, page).take(wanted(page));
        let found = ids.filter_map(|id| state.copy(&PictureId::from(id))).collect();
        Ok(Page::cut(found, page.limit, Picture::sent))
    }
}
