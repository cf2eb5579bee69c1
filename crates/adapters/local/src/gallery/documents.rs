//! What is kept of the gallery, and under what it is found.

use super::Shelf;
use crate::document::{Document, Step, Table};
use crate::state::State;
use ::gallery::{Album, Picture, Removal, RemovalStatus};
use kernel::{AlbumId, PictureId, RemovalId};

impl Document for Album {
    const KIND: &'static str = "album";
    type Key = AlbumId;

    fn key(&self) -> AlbumId {
        self.id
    }

    fn table(state: &State) -> &Table<Self> {
        &state.gallery.albums
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.gallery.albums
    }

    fn index(&self, state: &mut State, step: Step) {
        let tables = &mut state.gallery;
        step.set(&mut tables.albums_by_maker, (self.created_by, self.cursor()));
        step.set(&mut tables.all.albums, self.cursor());
        if tables.visible.count.contains_key(&self.id) {
            step.set(&mut tables.visible.albums, self.cursor());
        }
    }
}

impl Document for Picture {
    const KIND: &'static str = "picture";
    type Key = PictureId;

    fn key(&self) -> PictureId {
        self.id
    }

    fn table(state: &State) -> &Table<Self> {
        &state.gallery.pictures
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.gallery.pictures
    }

    fn index(&self, state: &mut State, step: Step) {
        let tables = &mut state.gallery;
        step.set(&mut tables.pictures_by_id, (self.album, self.id));
        step.set(&mut tables.pictures_by_sender, (self.created_by, self.sent()));
        place(self, &mut tables.all, step);
        if self.is_visible() {
            place(self, &mut tables.visible, step);
            // The album is seen from its first picture on; it may be read after its pictures, and enters then by itself.
            if let Some(album) = tables.albums.get(&self.album) {
                let seen = tables.visible.count.contains_key(&self.album);
                let step = if seen { Step::Enter } else { Step::Leave };
                step.set(&mut tables.visible.albums, album.cursor());
            }
        }
    }
}

fn place(picture: &Picture, shelf: &mut Shelf, step: Step) {
    step.set(&mut shelf.pictures, (picture.album, picture.cursor()));
    step.count(&mut shelf.count, picture.album, 1);
}

impl Document for Removal {
    const KIND: &'static str = "removal";
    type Key = RemovalId;

    fn key(&self) -> RemovalId {
        self.id
    }

    fn table(state: &State) -> &Table<Self> {
        &state.gallery.removals
    }

    fn table_mut(state: &mut State) -> &mut Table<Self> {
        &mut state.gallery.removals
    }

    fn index(&self, state: &mut State, step: Step) {
        let tables = &mut state.gallery;
        step.set(&mut tables.removals_by_age, self.cursor());
        step.set(&mut tables.removals_by_status, (self.status.as_str(), self.cursor()));
        if let Some(by) = self.by {
            step.set(&mut tables.removals_by_asker, (by, self.cursor()));
        }
        if self.status != RemovalStatus::Refused {
            step.map(&mut tables.removal_of, self.picture, self.id);
        }
    }
}
