use super::Gallery;
use crate::{Album, Counted, Picture, Shown};
use kernel::{AccountId, Actor, AlbumId, EventId, Page, PageRequest, PictureId, StoreError};
use std::collections::BTreeSet;

/// Pages of albums that are looked through for one page of those that somebody may see.
const MOST_PAGES: u32 = 10;

/// Who looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Viewer {
    /// Whose account it is.
    pub account: AccountId,
    /// Whether every album is open to them.
    pub admin: bool,
}

impl From<&Actor> for Viewer {
    fn from(actor: &Actor) -> Self {
        Self { account: actor.account, admin: actor.is_admin() }
    }
}

impl Gallery {
    /// Whether somebody may see an album at all: it is for members, they attended its event, or they run it all.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn is_open_to(&self, viewer: Viewer, album: &Album) -> Result<bool, StoreError> {
        match album.wants_guests_of() {
            None => Ok(true),
            Some(_) if viewer.admin => Ok(true),
            Some(event) => {
                let attended = self.attendance.attended(viewer.account, &[event], self.clock.now()).await?;
                Ok(attended.contains(&event))
            }
        }
    }

    /// An album, if there is one.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn album(&self, id: AlbumId) -> Result<Option<Album>, StoreError> {
        self.store.album(id).await
    }

    /// An album that somebody may see; `None` for one that is not there and for one that is not for them.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn album_for(&self, viewer: Viewer, id: AlbumId) -> Result<Option<Album>, StoreError> {
        let Some(album) = self.store.album(id).await? else { return Ok(None) };
        Ok(self.is_open_to(viewer, &album).await?.then_some(album))
    }

    /// All albums, the newest first, with all their pictures.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn all_albums(&self, page: PageRequest) -> Result<Page<Counted>, StoreError> {
        self.store.albums(Shown::All, page).await
    }

    /// The albums that somebody may see and that have something to be seen, the newest first. A page may have fewer than
    /// were asked for although there are more: then it says where they begin.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn albums_for(&self, viewer: Viewer, page: PageRequest) -> Result<Page<Counted>, StoreError> {
        let wanted = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let (mut items, mut next) = (Vec::new(), page.after);
        for _ in 0..MOST_PAGES {
            let found = self.store.albums(Shown::Visible, PageRequest { after: next, ..page }).await?;
            next = found.next;
            items.extend(self.open_ones(viewer, found.items).await?);
            if next.is_none() || items.len() >= wanted {
                break;
            }
        }
        // One page may have brought more than were still wanted: the rest begins after the last that is shown.
        if items.len() > wanted {
            items.truncate(wanted);
            next = items.last().map(|counted| counted.album.cursor());
        }
        Ok(Page { items, next })
    }

    async fn open_ones(&self, viewer: Viewer, albums: Vec<Counted>) -> Result<Vec<Counted>, StoreError> {
        if viewer.admin {
            return Ok(albums);
        }
        let events = albums.iter().filter_map(|counted| counted.album.wants_guests_of());
        let events: BTreeSet<EventId> = events.collect();
        let events: Vec<_> = events.into_iter().collect();
        let attended = if events.is_empty() {
            Vec::new()
        } else {
            self.attendance.attended(viewer.account, &events, self.clock.now()).await?
        };
        let open =
            |counted: &Counted| counted.album.wants_guests_of().is_none_or(|event| attended.contains(&event));
        Ok(albums.into_iter().filter(open).collect())
    }

    /// The pictures of an album in its order. Whoever asks has looked who may see them.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn pictures(
        &self,
        album: AlbumId,
        shown: Shown,
        page: PageRequest,
    ) -> Result<Page<Picture>, StoreError> {
        self.store.pictures(album, shown, page).await
    }

    /// One picture, whatever has become of it.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn picture(&self, id: PictureId) -> Result<Option<Picture>, StoreError> {
        self.store.picture(id).await
    }

    /// Pictures by id, in no order; what is unknown is left out.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn pictures_by_id(&self, ids: &[PictureId]) -> Result<Vec<Picture>, StoreError> {
        self.store.pictures_by_id(ids).await
    }
}
