//! A store in memory.

use crate::{
    Album, Counted, Effect, GalleryStore, GalleryTx, Picture, Removal, RemovalStatus, Shown, Wishes,
};
use async_trait::async_trait;
use kernel::{
    AccountId, Act, AlbumId, AuditTx, Owed, Page, PageRequest, PictureId, RemovalId, StoreError, Transaction,
    UploadId,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

/// What is kept; a transaction works on a copy.
#[derive(Clone, Default)]
pub(crate) struct Kept {
    pub(crate) albums: BTreeMap<AlbumId, Album>,
    pub(crate) pictures: BTreeMap<PictureId, Picture>,
    pub(crate) removals: BTreeMap<RemovalId, Removal>,
    pub(crate) uploads: BTreeSet<UploadId>,
    pub(crate) effects: Vec<Owed<Effect>>,
    pub(crate) to_make: Vec<PictureId>,
    pub(crate) acts: Vec<Act>,
    /// How many transactions are begun before the store is away.
    pub(crate) lasts_for: Option<u32>,
}

#[derive(Clone, Default)]
pub(crate) struct Memory(Arc<Mutex<Kept>>);

pub(crate) struct Tx {
    of: Memory,
    kept: Kept,
}

impl Memory {
    pub(crate) fn kept(&self) -> Kept {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn change<T>(&self, with: impl FnOnce(&mut Kept) -> T) -> T {
        with(&mut self.0.lock().unwrap())
    }
}

fn cut<T: Clone>(
    rows: Vec<T>,
    page: PageRequest,
    cursor: impl Fn(&T) -> kernel::Cursor,
    newest: bool,
) -> Page<T> {
    let mut rows = rows;
    rows.sort_by_key(|row| cursor(row));
    if newest {
        rows.reverse();
    }
    let behind = |row: &T| match page.after {
        None => true,
        Some(after) if newest => cursor(row) < after,
        Some(after) => cursor(row) > after,
    };
    Page::cut(rows.into_iter().filter(behind).collect(), page.limit, cursor)
}

#[async_trait]
impl GalleryStore for Memory {
    async fn begin_gallery(&self) -> Result<Box<dyn GalleryTx>, StoreError> {
        match self
            .change(|kept| kept.lasts_for.as_mut().map(|left| left.checked_sub(1).map(|less| *left = less)))
        {
            Some(None) => Err(StoreError::Unavailable { doing: "beginning", cause: None }),
            _ => Ok(Box::new(Tx { of: self.clone(), kept: self.kept() })),
        }
    }

    async fn album(&self, id: AlbumId) -> Result<Option<Album>, StoreError> {
        Ok(self.kept().albums.get(&id).cloned())
    }

    async fn albums(&self, shown: Shown, page: PageRequest) -> Result<Page<Counted>, StoreError> {
        let kept = self.kept();
        let counted = |album: &Album| {
            let meant = |one: &&Picture| one.album == album.id && (shown == Shown::All || one.is_visible());
            let mut of: Vec<_> = kept.pictures.values().filter(meant).cloned().collect();
            of.sort_by_key(Picture::cursor);
            Counted {
                album: album.clone(),
                pictures: of.len().try_into().unwrap(),
                cover: of.first().cloned(),
            }
        };
        let all = kept.albums.values().map(counted);
        let all = all.filter(|one| shown == Shown::All || one.pictures > 0).collect();
        Ok(cut(all, page, |one| one.album.cursor(), true))
    }

    async fn picture(&self, id: PictureId) -> Result<Option<Picture>, StoreError> {
        Ok(self.kept().pictures.get(&id).cloned())
    }

    async fn pictures_by_id(&self, ids: &[PictureId]) -> Result<Vec<Picture>, StoreError> {
        let kept = self.kept();
        Ok(ids.iter().filter_map(|id| kept.pictures.get(id).cloned()).collect())
    }

    async fn pictures(
        &self,
        album: AlbumId,
        shown: Shown,
        page: PageRequest,
    ) -> Result<Page<Picture>, StoreError> {
        let meant = |one: &Picture| one.album == album && (shown == Shown::All || one.is_visible());
        let all = self.kept().pictures.into_values().filter(meant).collect();
        Ok(cut(all, page, Picture::cursor, false))
    }

    async fn removal(&self, id: RemovalId) -> Result<Option<Removal>, StoreError> {
        Ok(self.kept().removals.get(&id).cloned())
    }

    async fn removals(&self, which: Wishes, page: PageRequest) -> Result<Page<Removal>, StoreError> {
        let meant = |one: &Removal| match which {
            Wishes::All => true,
            Wishes::Of(account) => one.by == Some(account),
            Wishes::That(status) => one.status == status,
        };
        let all = self.kept().removals.into_values().filter(meant).collect();
        Ok(cut(all, page, Removal::cursor, true))
    }
}

#[async_trait]
impl Transaction for Tx {
    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        *self.of.0.lock().unwrap() = self.kept;
        Ok(())
    }

    async fn rollback(self: Box<Self>) -> Result<(), StoreError> {
        Ok(())
    }
}

#[async_trait]
impl AuditTx for Tx {
    async fn record(&mut self, acts: &[Act]) -> Result<(), StoreError> {
        self.kept.acts.extend_from_slice(acts);
        Ok(())
    }
}

#[async_trait]
impl GalleryTx for Tx {
    async fn lock_album(&mut self, id: AlbumId) -> Result<Option<Album>, StoreError> {
        Ok(self.kept.albums.get(&id).cloned())
    }

    async fn save_album(&mut self, album: &Album) -> Result<(), StoreError> {
        self.kept.albums.insert(album.id, album.clone());
        Ok(())
    }

    async fn remove_album(&mut self, id: AlbumId) -> Result<(), StoreError> {
        assert!(self.kept.pictures.values().all(|one| one.album != id), "its pictures were removed before");
        self.kept.albums.remove(&id);
        Ok(())
    }

    async fn lock_pictures(&mut self, ids: &[PictureId]) -> Result<Vec<Picture>, StoreError> {
        Ok(ids.iter().filter_map(|id| self.kept.pictures.get(id).cloned()).collect())
    }

    async fn lock_pictures_of(
        &mut self,
        album: AlbumId,
        after: Option<PictureId>,
        limit: u32,
    ) -> Result<Vec<Picture>, StoreError> {
        let of = self.kept.pictures.values().filter(|one| one.album == album && Some(one.id) > after);
        Ok(of.take(limit.try_into().unwrap()).cloned().collect())
    }

    async fn add_pictures(&mut self, pictures: &[Picture]) -> Result<(), StoreError> {
        self.save_pictures(pictures).await
    }

    async fn save_pictures(&mut self, pictures: &[Picture]) -> Result<(), StoreError> {
        self.kept.pictures.extend(pictures.iter().map(|one| (one.id, one.clone())));
        Ok(())
    }

    async fn remove_pictures(&mut self, ids: &[PictureId]) -> Result<(), StoreError> {
        self.kept.pictures.retain(|id, _| !ids.contains(id));
        Ok(())
    }

    async fn lock_removal(&mut self, id: RemovalId) -> Result<Option<Removal>, StoreError> {
        Ok(self.kept.removals.get(&id).cloned())
    }

    async fn lock_removal_of(&mut self, picture: PictureId) -> Result<Option<Removal>, StoreError> {
        let counts = |one: &&Removal| one.picture == picture && one.status != RemovalStatus::Refused;
        Ok(self.kept.removals.values().find(counts).cloned())
    }

    async fn lock_open_removals(&mut self, by: AccountId) -> Result<u32, StoreError> {
        let open = |one: &&Removal| one.by == Some(by) && one.status == RemovalStatus::Asked;
        Ok(self.kept.removals.values().filter(open).count().try_into().unwrap())
    }

    async fn was_refused(&mut self, picture: PictureId, by: AccountId) -> Result<bool, StoreError> {
        let refused = |one: &Removal| one.picture == picture && one.status == RemovalStatus::Refused;
        Ok(self.kept.removals.values().any(|one| refused(one) && one.by == Some(by)))
    }

    async fn save_removal(&mut self, removal: &Removal) -> Result<(), StoreError> {
        self.kept.removals.insert(removal.id, removal.clone());
        Ok(())
    }

    async fn forget_removals_of(&mut self, account: AccountId) -> Result<(), StoreError> {
        for wish in self.kept.removals.values_mut().filter(|wish| wish.by == Some(account)) {
            (wish.by, wish.reason, wish.note) = (None, None, None);
        }
        Ok(())
    }

    async fn take_upload(&mut self, id: UploadId, _: AccountId) -> Result<bool, StoreError> {
        Ok(self.kept.uploads.remove(&id))
    }

    async fn enqueue_gallery(&mut self, effects: &[Owed<Effect>]) -> Result<(), StoreError> {
        self.kept.effects.extend_from_slice(effects);
        Ok(())
    }

    async fn enqueue_pictures(&mut self, pictures: &[Owed<PictureId>]) -> Result<(), StoreError> {
        self.kept.to_make.extend(pictures.iter().map(|owed| owed.effect));
        Ok(())
    }
}
