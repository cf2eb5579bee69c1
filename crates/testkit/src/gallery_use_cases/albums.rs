//! Albums, and many pictures at once.

use super::{ALL, House, sent};
use crate::media_store::{add_uploads, bare_upload};
use crate::pages::in_pages;
use crate::{Stores, noon};
use async_trait::async_trait;
use gallery::{
    Access, AddError, Album, AlbumChange, AlbumError, BulkError, Counted, DeleteAlbumError, DescribeError,
    Gallery, GalleryStore, GalleryTx, MOST_AT_ONCE, Picture, Removal, Shown, Which, Wishes,
};
use kernel::{AccountId, AlbumId, Page, PageRequest, PictureId, RemovalId, StoreError};
use media::{Upload, UploadStatus};
use std::sync::{Arc, Mutex};

/// A store that is away when so many transactions more were begun; what is read is still there.
struct Fickle {
    store: Arc<dyn GalleryStore>,
    left: Mutex<u32>,
}

impl Fickle {
    fn lasts(&self) -> bool {
        let mut left = self.left.lock().unwrap();
        let less = left.checked_sub(1);
        *left = less.unwrap_or_default();
        less.is_some()
    }
}

#[async_trait]
impl GalleryStore for Fickle {
    async fn begin_gallery(&self) -> Result<Box<dyn GalleryTx>, StoreError> {
        if !self.lasts() {
            return Err(StoreError::Unavailable { doing: "beginning", cause: None });
        }
        self.store.begin_gallery().await
    }

    async fn album(&self, id: AlbumId) -> Result<Option<Album>, StoreError> {
        self.store.album(id).await
    }

    async fn albums(&self, shown: Shown, page: PageRequest) -> Result<Page<Counted>, StoreError> {
        self.store.albums(shown, page).await
    }

    async fn picture(&self, id: PictureId) -> Result<Option<Picture>, StoreError> {
        self.store.picture(id).await
    }

    async fn pictures_by_id(&self, ids: &[PictureId]) -> Result<Vec<Picture>, StoreError> {
        self.store.pictures_by_id(ids).await
    }

    async fn pictures(
        &self,
        album: AlbumId,
        shown: Shown,
        page: PageRequest,
    ) -> Result<Page<Picture>, StoreError> {
        self.store.pictures(album, shown, page).await
    }

    async fn removal(&self, id: RemovalId) -> Result<Option<Removal>, StoreError> {
        self.store.removal(id).await
    }

    async fn removals(&self, which: Wishes, page: PageRequest) -> Result<Page<Removal>, StoreError> {
        self.store.removals(which, page).await
    }

    async fn albums_by(&self, maker: AccountId, page: PageRequest) -> Result<Page<Album>, StoreError> {
        self.store.albums_by(maker, page).await
    }

    async fn pictures_by(&self, sender: AccountId, page: PageRequest) -> Result<Page<Picture>, StoreError> {
        self.store.pictures_by(sender, page).await
    }
}

pub async fn a_store_that_goes_away_half_way_says_what_was_done(stores: Stores) {
    let house = House::open(stores).await;
    let album = house.album(Access::Members).await;
    house.many(&album, 450).await;
    let store = Fickle { store: house.stores.gallery.clone(), left: Mutex::new(2) };
    let leaving = Gallery { store: Arc::new(store), ..house.gallery.clone() };
    let stopped = leaving.publish(&house.admin, &Which::Album(album.id), true).await;
    let Err(BulkError::Stopped { done, .. }) = stopped else { panic!("{stopped:?}") };
    assert_eq!((done.changed, done.albums.contains(&album.id)), (400, true));
    let away = leaving.publish(&house.admin, &Which::Album(album.id), true).await;
    assert!(matches!(away, Err(BulkError::Store(_))), "nothing was done");
    let rest = house.gallery.publish(&house.admin, &Which::Album(album.id), true).await.unwrap();
    assert_eq!(rest.changed, 50);
}

pub async fn an_upload_becomes_one_picture(stores: Stores) {
    let house = House::open(stores).await;
    let album = house.album(Access::Members).await;
    let upload = Upload { status: UploadStatus::Completed, ..bare_upload(house.admin.account) };
    add_uploads(&house.stores, std::slice::from_ref(&upload)).await;
    let it = sent(PictureId::generate(noon()));
    let nowhere = house.gallery.add_uploaded(&house.admin, upload.id, AlbumId::generate(noon()), &it).await;
    assert!(matches!(nowhere, Err(AddError::UnknownAlbum)));
    let still = house.stores.media.upload(upload.id).await.unwrap();
    assert_eq!(still.as_ref(), Some(&upload), "a refusal takes nothing");
    let first = house.gallery.add_uploaded(&house.admin, upload.id, album.id, &it).await.unwrap();
    let again = house.gallery.add_uploaded(&house.admin, upload.id, album.id, &it).await;
    assert_eq!(again.unwrap(), first, "who lost the answer is told the same");
    assert_eq!(house.pictures(album.id).await, std::slice::from_ref(&first));
    house.gallery.delete(&house.admin, &Which::These(vec![first.id])).await.unwrap();
    let gone = house.gallery.add_uploaded(&house.admin, upload.id, album.id, &it).await;
    assert!(matches!(gone, Err(AddError::UploadGone)), "what was deleted does not come back");
}

pub async fn a_whole_album_is_published_withdrawn_and_deleted_in_steps(stores: Stores) {
    let house = House::open(stores).await;
    let (album, other) = (house.album(Access::Members).await, house.album(Access::Members).await);
    house.many(&album, 450).await;
    let stranger = house.sent(other.id).await;
    let which = Which::Album(album.id);
    for published in [true, false] {
        let bulk = house.gallery.publish(&house.admin, &which, published).await.unwrap();
        assert_eq!((bulk.changed, bulk.albums.len()), (450, 1));
    }
    assert_eq!(house.gallery.publish(&house.admin, &which, false).await.unwrap().changed, 0);
    let nowhere = Which::Album(AlbumId::generate(noon()));
    let unknown = house.gallery.publish(&house.admin, &nowhere, true).await;
    assert!(matches!(unknown, Err(BulkError::UnknownAlbum)));
    let refused = house.gallery.delete_album(&house.admin, album.id, false).await;
    assert!(matches!(refused, Err(DeleteAlbumError::NotEmpty)));
    house.gallery.delete_album(&house.admin, album.id, true).await.unwrap();
    house.work().await;
    assert_eq!(house.pictures(album.id).await, []);
    assert_eq!(house.pictures(other.id).await, std::slice::from_ref(&stranger));
    assert_eq!(house.stores.gallery.album(album.id).await.unwrap(), None);
    assert_eq!(house.heap.names(""), [sent(stranger.id).key]);
    let gone = house.gallery.delete_album(&house.admin, album.id, true).await;
    assert!(matches!(gone, Err(DeleteAlbumError::Unknown)));
}

pub async fn of_those_that_are_named_the_unknown_are_told_and_too_many_are_refused(stores: Stores) {
    let house = House::open(stores).await;
    let album = house.album(Access::Members).await;
    let picture = house.sent(album.id).await;
    let nobody = PictureId::generate(noon());
    let which = Which::These(vec![nobody, picture.id, picture.id]);
    let bulk = house.gallery.publish(&house.admin, &which, true).await.unwrap();
    assert_eq!((bulk.changed, bulk.unknown), (1, vec![nobody]));
    for count in [0, MOST_AT_ONCE + 1] {
        let ids = (0..count).map(|_| PictureId::generate(noon())).collect();
        let refused = house.gallery.delete(&house.admin, &Which::These(ids)).await;
        assert!(matches!(refused, Err(BulkError::Invalid(_))), "{count}");
    }
}

pub async fn an_album_for_those_who_attended_is_not_there_for_others(stores: Stores) {
    let house = House::open(stores).await;
    let hidden = house.album(Access::Attendees).await;
    let (open, empty) = (house.album(Access::Members).await, house.album(Access::Members).await);
    house.shown(hidden.id).await;
    house.shown(open.id).await;
    house.sent(empty.id).await;
    let (guest, other) = (house.member().await, house.member().await);
    house.guests.welcome(guest.account, hidden.event.unwrap());
    for (who, sees, count) in [(guest, true, 2), (other, false, 1), (house.admin, true, 2)] {
        assert_eq!(house.gallery.album_for((&who).into(), hidden.id).await.unwrap().is_some(), sees);
        let listed = house.gallery.albums_for((&who).into(), ALL).await.unwrap();
        assert_eq!((listed.items.len(), listed.next), (count, None));
    }
    assert_eq!(house.gallery.all_albums(ALL).await.unwrap().items.len(), 3);
}

pub async fn pages_of_albums_are_full_whatever_lies_between_and_none_is_left_out(stores: Stores) {
    let house = House::open(stores).await;
    for number in 0..24 {
        let access = if number % 4 == 0 { Access::Members } else { Access::Attendees };
        let album = house.album(access).await;
        house.shown(album.id).await;
    }
    let who = house.member().await;
    let seen = in_pages(2, async |page| house.gallery.albums_for((&who).into(), page).await).await;
    assert_eq!(seen.len(), 6);
}

pub async fn an_album_is_changed_and_what_is_written_under_a_picture(stores: Stores) {
    let house = House::open(stores).await;
    let album = house.album(Access::Members).await;
    let change = AlbumChange { title: Some("Summer".into()), ..AlbumChange::default() };
    assert_eq!(house.gallery.change_album(&house.admin, album.id, &change).await.unwrap().title, "Summer");
    let none = house.gallery.change_album(&house.admin, AlbumId::generate(noon()), &change).await;
    assert!(matches!(none, Err(AlbumError::Unknown)));
    let picture = house.sent(album.id).await;
    let said = house.gallery.describe(&house.admin, picture.id, Some("the floor")).await.unwrap();
    assert_eq!(said.caption.as_deref(), Some("the floor"));
    assert_eq!(house.gallery.describe(&house.admin, picture.id, None).await.unwrap().caption, None);
    let too_long = house.gallery.describe(&house.admin, picture.id, Some(&"x".repeat(501))).await;
    assert!(matches!(too_long, Err(DescribeError::Invalid(_))));
}
