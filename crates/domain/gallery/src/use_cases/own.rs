use super::Gallery;
use crate::{Album, Picture};
use kernel::{AccountId, Page, PageRequest, StoreError};

impl Gallery {
    /// The albums that somebody made, the newest first, for the file with what is kept about them.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn albums_by(&self, maker: AccountId, page: PageRequest) -> Result<Page<Album>, StoreError> {
        self.store.albums_by(maker, page).await
    }

    /// The pictures that somebody sent, the newest first, for the same file.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn pictures_by(
        &self,
        sender: AccountId,
        page: PageRequest,
    ) -> Result<Page<Picture>, StoreError> {
        self.store.pictures_by(sender, page).await
    }
}
