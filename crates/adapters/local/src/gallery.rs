//! Albums, pictures and wishes that they go.

mod documents;
mod reads;
mod tx;

use crate::document::Table;
use crate::paging::{FIRST, LAST};
use ::gallery::{Album, Counted, Picture, Removal, Shown};
use imbl::{OrdMap, OrdSet};
use kernel::{AccountId, AlbumId, Cursor, PageRequest, PictureId, RemovalId};
use std::ops::Bound;
use std::sync::Arc;

/// This domain's documents and their indexes.
#[derive(Clone, Default)]
pub(crate) struct GalleryTables {
    pub(crate) albums: Table<Album>,
    pub(crate) pictures: Table<Picture>,
    pub(crate) removals: Table<Removal>,
    pub(crate) albums_by_maker: OrdSet<(AccountId, Cursor)>,
    pub(crate) pictures_by_sender: OrdSet<(AccountId, Cursor)>,
    pub(crate) all: Shelf,
    pub(crate) visible: Shelf,
    pub(crate) pictures_by_id: OrdSet<(AlbumId, PictureId)>,
    pub(crate) removals_by_age: OrdSet<Cursor>,
    pub(crate) removals_by_asker: OrdSet<(AccountId, Cursor)>,
    pub(crate) removals_by_status: OrdSet<(&'static str, Cursor)>,
    /// Wishes that are not refused; a picture has one of them at most.
    pub(crate) removal_of: OrdMap<PictureId, RemovalId>,
}

/// Albums and pictures as somebody sees them.
#[derive(Clone, Default)]
pub(crate) struct Shelf {
    pub(crate) albums: OrdSet<Cursor>,
    pub(crate) pictures: OrdSet<(AlbumId, Cursor)>,
    /// How many pictures there are in an album.
    pub(crate) count: OrdMap<AlbumId, u32>,
}

impl Shelf {
    /// An album's pictures from the page's start on.
    fn pictures_of(&self, album: AlbumId, page: PageRequest) -> impl Iterator<Item = PictureId> {
        let start = match page.after {
            Some(cursor) => Bound::Excluded((album, cursor)),
            None => Bound::Included((album, FIRST)),
        };
        let range = self.pictures.range((start, Bound::Included((album, LAST))));
        range.map(|(_, cursor)| cursor.id.into())
    }
}

impl GalleryTables {
    fn shelf(&self, shown: Shown) -> &Shelf {
        match shown {
            Shown::Visible => &self.visible,
            Shown::All => &self.all,
        }
    }

    fn counted(&self, album: &Arc<Album>, shown: Shown) -> Counted {
        let shelf = self.shelf(shown);
        let first = shelf.pictures_of(album.id, PageRequest { limit: 1, after: None }).next();
        Counted {
            album: Album::clone(album),
            pictures: shelf.count.get(&album.id).copied().unwrap_or(0),
            cover: first.and_then(|id| self.pictures.get(&id)).map(|cover| Picture::clone(cover)),
        }
    }
}
