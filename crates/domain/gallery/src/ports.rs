//! What the use cases need from outside.

use crate::{Album, Picture, Removal, RemovalStatus};
use async_trait::async_trait;
use kernel::{
    AccountId, AlbumId, AuditTx, EventId, Owed, Page, PageRequest, PictureId, RemovalId, StoreError,
    Timestamp,
};
use serde::{Deserialize, Serialize};

/// Which pictures of an album are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// What members see ([`Picture::is_visible`]).
    Visible,
    /// All.
    All,
}

/// An album in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// The album.
    pub album: Album,
    /// How many pictures of it are meant.
    pub pictures: u32,
    /// The first of them.
    pub cover: Option<Picture>,
}

/// Which wishes are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wishes {
    /// All.
    All,
    /// Those of an account.
    Of(AccountId),
    /// Those of which this became.
    That(RemovalStatus),
}

/// Keeps albums, pictures and wishes that they go.
#[async_trait]
pub trait GalleryStore: Send + Sync {
    /// Dropping the transaction undoes it; see [`kernel::transact`].
    async fn begin_gallery(&self) -> Result<Box<dyn GalleryTx>, StoreError>;
    /// One album.
    async fn album(&self, id: AlbumId) -> Result<Option<Album>, StoreError>;
    /// The newest first (by [`Album::cursor`], descending), with how many pictures are meant; with [`Shown::Visible`]
    /// only albums that have one.
    async fn albums(&self, shown: Shown, page: PageRequest) -> Result<Page<Counted>, StoreError>;
    /// One picture.
    async fn picture(&self, id: PictureId) -> Result<Option<Picture>, StoreError>;
    /// Pictures by id, in whatever order; unknown ones are left out.
    async fn pictures_by_id(&self, ids: &[PictureId]) -> Result<Vec<Picture>, StoreError>;
    /// Those of an album by [`Picture::cursor`], ascending.
    async fn pictures(
        &self,
        album: AlbumId,
        shown: Shown,
        page: PageRequest,
    ) -> Result<Page<Picture>, StoreError>;
    /// One wish.
    async fn removal(&self, id: RemovalId) -> Result<Option<Removal>, StoreError>;
    /// Those wishes, the newest first (by [`Removal::cursor`], descending).
    async fn removals(&self, which: Wishes, page: PageRequest) -> Result<Page<Removal>, StoreError>;
    /// The albums that somebody made, the newest first (by [`Album::cursor`], descending).
    async fn albums_by(&self, maker: AccountId, page: PageRequest) -> Result<Page<Album>, StoreError>;
    /// The pictures that somebody sent, the newest first (by [`Picture::sent`], descending).
    async fn pictures_by(&self, sender: AccountId, page: PageRequest) -> Result<Page<Picture>, StoreError>;
}

/// All that a use case may touch before it commits. Locks are taken in this order: upload, album, pictures (by id),
/// removal.
#[async_trait]
pub trait GalleryTx: AuditTx {
    /// Other transactions wait for this row until we end.
    async fn lock_album(&mut self, id: AlbumId) -> Result<Option<Album>, StoreError>;
    /// Writes a new one, or a changed one.
    async fn save_album(&mut self, album: &Album) -> Result<(), StoreError>;
    /// Removes it; its pictures were removed before.
    async fn remove_album(&mut self, id: AlbumId) -> Result<(), StoreError>;
    /// Pictures by id, by id, with other transactions waiting for each until we end; unknown ones are left out.
    async fn lock_pictures(&mut self, ids: &[PictureId]) -> Result<Vec<Picture>, StoreError>;
    /// The first `limit` pictures of an album by id, after that one; others wait for them until we end.
    async fn lock_pictures_of(
        &mut self,
        album: AlbumId,
        after: Option<PictureId>,
        limit: u32,
    ) -> Result<Vec<Picture>, StoreError>;
    /// Writes new ones.
    async fn add_pictures(&mut self, pictures: &[Picture]) -> Result<(), StoreError>;
    /// Writes changed ones.
    async fn save_pictures(&mut self, pictures: &[Picture]) -> Result<(), StoreError>;
    /// Removes them.
    async fn remove_pictures(&mut self, ids: &[PictureId]) -> Result<(), StoreError>;
    /// Other transactions wait for this row until we end.
    async fn lock_removal(&mut self, id: RemovalId) -> Result<Option<Removal>, StoreError>;
    /// The wish that is not refused and about this picture, if there is one; others wait for it until we end.
    async fn lock_removal_of(&mut self, picture: PictureId) -> Result<Option<Removal>, StoreError>;
    /// How many wishes of an account are still to be decided, counted while nobody else can add one for it.
    async fn lock_open_removals(&mut self, by: AccountId) -> Result<u32, StoreError>;
    /// Whether a wish of this account about this picture was refused.
    async fn was_refused(&mut self, picture: PictureId, by: AccountId) -> Result<bool, StoreError>;
    /// Writes a new one, or a changed one.
    async fn save_removal(&mut self, removal: &Removal) -> Result<(), StoreError>;
    /// Takes the name of an account, its words and what it was told out of all its wishes.
    async fn forget_removals_of(&mut self, account: AccountId) -> Result<(), StoreError>;
    /// Says that nobody else makes a picture of this upload: `false` when it was taken or is not completed.
    async fn take_upload(&mut self, id: kernel::UploadId, by: AccountId) -> Result<bool, StoreError>;
    /// Owes work that is done in a moment, under [`crate::DOMAIN`].
    async fn enqueue_gallery(&mut self, effects: &[Owed<Effect>]) -> Result<(), StoreError>;
    /// Owes the making of renditions, under [`crate::PICTURES`].
    async fn enqueue_pictures(&mut self, pictures: &[Owed<PictureId>]) -> Result<(), StoreError>;
}

/// Who was at an event; booking stands behind it.
#[async_trait]
pub trait Attendance: Send + Sync {
    /// Of these events, those that the account attended: it was let in with a ticket that it holds; or, where nobody
    /// was let in by scan at all, holds a living ticket of an event that has begun.
    async fn attended(
        &self,
        account: AccountId,
        events: &[EventId],
        now: Timestamp,
    ) -> Result<Vec<EventId>, StoreError>;
}

/// Work owed after a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Effect {
    /// Remove objects that nothing refers to any more.
    Remove {
        /// Their names.
        keys: Vec<String>,
    },
    /// Remove all that lies under a picture's name but what its row names: what a worker left that was killed, or, when there
    /// is no row any more, everything.
    Sweep {
        /// Which picture.
        picture: PictureId,
    },
    /// Remove the files of a picture that is to go, look for each, and write the proof.
    Erase {
        /// For which wish.
        removal: RemovalId,
    },
    /// Mail the one who asked what became of the wish.
    TellRemoval {
        /// Which wish.
        removal: RemovalId,
    },
    /// Mail the admins that somebody wants a picture gone.
    TellAdmins {
        /// Which wish.
        removal: RemovalId,
    },
}
