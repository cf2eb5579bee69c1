//! What every store of albums, pictures and wishes that they go promises.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

mod albums;
mod pictures;
mod wishes;

pub use albums::*;
pub use pictures::*;
pub use wishes::*;

use crate::fixtures_events::{draft, person};
use crate::media_store::{add_uploads, bare_upload};
use crate::outbox::EVERY_DOMAIN;
use crate::pages::first;
use crate::{Stores, noon};
use chrono::TimeDelta;
use gallery::{
    Access, Album, Counted, Effect, GalleryTx, ImageFormat, Picture, PictureStatus, Removal, RemovalStatus,
    Rendition, Shown, Wishes,
};
use kernel::{AccountId, AlbumId, Owed, PassId, PictureId, RemovalId, Role, StoreError, transact};
use media::{Upload, UploadStatus};
use std::collections::BTreeSet;

/// One test per promise: `testkit::gallery_store_contract!(open)`, as for the other stores.
#[macro_export]
macro_rules! gallery_store_contract {
    ($open:ident) => {
        $crate::gallery_store_contract!($open;
            an_album_reads_back_whole,
            a_picture_reads_back_whole,
            a_wish_reads_back_whole,
            what_is_unknown_is_not_there,
            changes_are_kept,
            a_refusal_leaves_no_trace,
            a_dropped_transaction_undoes_itself_and_frees_its_locks,
            albums_are_listed_the_newest_first_in_pages_that_meet,
            members_see_albums_that_have_something_to_see,
            albums_are_counted_as_their_pictures_change,
            pictures_are_listed_by_when_they_were_taken_in_pages_that_meet,
            pictures_are_found_by_id,
            pictures_of_an_album_are_locked_a_few_at_a_time,
            two_who_change_a_picture_do_it_one_after_the_other,
            removed_pictures_are_gone,
            an_album_goes_when_its_pictures_have_gone,
            wishes_are_listed_the_newest_first_in_pages_that_meet,
            wishes_are_found_by_what_became_of_them,
            wishes_that_wait_are_counted_and_refused_ones_remembered,
            nobody_adds_a_wish_while_those_of_their_account_are_counted,
            a_picture_has_one_wish_that_is_not_refused,
            a_wish_outlives_what_it_was_about,
            who_is_forgotten_leaves_no_words,
            an_upload_becomes_one_picture,
            what_a_gallery_owes_is_owed_with_its_cause,
        );
    };
    ($open:ident; $($case:ident),+ $(,)?) => {
        mod gallery_store {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::gallery_store::$case(super::$open().await).await;
                }
            )+
        }
    };
}

async fn begin(stores: &Stores) -> Box<dyn GalleryTx> {
    stores.gallery.begin_gallery().await.unwrap()
}

async fn admin(stores: &Stores) -> AccountId {
    person(stores, Role::Admin).await.account
}

/// An album for all members, made at [`noon`], as the store gets it.
#[must_use]
pub fn bare_album(created_by: AccountId) -> Album {
    Album {
        id: AlbumId::generate(noon()),
        title: "Opening night".into(),
        event: None,
        access: Access::Members,
        created_by,
        created_at: noon(),
    }
}

/// A picture of it that was just sent.
#[must_use]
pub fn bare_picture(album: &Album) -> Picture {
    let id = PictureId::generate(noon());
    Picture {
        id,
        album: album.id,
        filename: "DSC_0001.JPG".into(),
        original_bytes: 12_345_678,
        original: Some(format!("pictures/{id}/original.jpg")),
        status: PictureStatus::Processing,
        pass: None,
        width: 0,
        height: 0,
        thumbhash: Vec::new(),
        renditions: Vec::new(),
        taken_at: None,
        caption: None,
        published_at: None,
        removal_asked: false,
        created_by: album.created_by,
        created_at: noon(),
    }
}

/// A picture of it that members see.
#[must_use]
pub fn visible_picture(album: &Album) -> Picture {
    let rendition =
        |width, format| Rendition { width, height: width / 2, format, bytes: u64::from(width) * 7 };
    Picture {
        status: PictureStatus::Ready,
        pass: Some(PassId::generate(noon())),
        width: 6000,
        height: 4000,
        thumbhash: vec![0, 1, 2, 127, 128, 255],
        renditions: vec![rendition(320, ImageFormat::Jpeg), rendition(320, ImageFormat::WebP)],
        published_at: Some(noon()),
        ..bare_picture(album)
    }
}

/// Writes an album as it is.
pub async fn save_album(stores: &Stores, album: &Album) {
    transact(begin(stores).await, async |tx| tx.save_album(album).await).await.unwrap();
}

/// Writes pictures as they are.
pub async fn add_pictures(stores: &Stores, pictures: &[Picture]) {
    transact(begin(stores).await, async |tx| tx.add_pictures(pictures).await).await.unwrap();
}

/// An album that exists.
async fn album(stores: &Stores) -> Album {
    let album = bare_album(admin(stores).await);
    save_album(stores, &album).await;
    album
}

async fn change(stores: &Stores, pictures: &[Picture]) {
    let ids: Vec<_> = pictures.iter().map(|picture| picture.id).collect();
    let saving = transact(begin(stores).await, async |tx| {
        tx.lock_pictures(&ids).await?;
        tx.save_pictures(pictures).await
    });
    saving.await.unwrap();
}

async fn remove(stores: &Stores, pictures: &[PictureId]) {
    let removing = transact(begin(stores).await, async |tx| {
        tx.lock_pictures(pictures).await?;
        tx.remove_pictures(pictures).await
    });
    removing.await.unwrap();
}

async fn save_removal(stores: &Stores, removal: &Removal) {
    transact(begin(stores).await, async |tx| tx.save_removal(removal).await).await.unwrap();
}

fn bare_removal(picture: &Picture, by: AccountId) -> Removal {
    Removal {
        id: RemovalId::generate(noon()),
        picture: picture.id,
        album: picture.album,
        by: Some(by),
        reason: None,
        asked_at: noon(),
        status: RemovalStatus::Asked,
        decided_by: None,
        decided_at: None,
        note: None,
        keys: Vec::new(),
        proof: Vec::new(),
        links_end_at: None,
        removed_at: None,
    }
}

/// The same wish when an admin has decided.
fn decided(wish: Removal, status: RemovalStatus) -> Removal {
    let removed_at = (status == RemovalStatus::Removed).then(noon);
    Removal { status, decided_at: Some(noon()), removed_at, ..wish }
}

async fn shown(stores: &Stores, shown: Shown) -> Vec<Counted> {
    stores.gallery.albums(shown, first(100)).await.unwrap().items
}

pub async fn what_is_unknown_is_not_there(stores: Stores) {
    let (album, picture, removal) =
        (AlbumId::generate(noon()), PictureId::generate(noon()), RemovalId::generate(noon()));
    let store = &stores.gallery;
    assert_eq!(store.album(album).await.unwrap(), None);
    assert_eq!(store.picture(picture).await.unwrap(), None);
    assert_eq!(store.pictures_by_id(&[picture]).await.unwrap(), []);
    assert_eq!(store.pictures_by_id(&[]).await.unwrap(), []);
    assert_eq!(store.removal(removal).await.unwrap(), None);
    for which in [Shown::Visible, Shown::All] {
        assert_eq!(shown(&stores, which).await, []);
        assert_eq!(store.pictures(album, which, first(10)).await.unwrap().items, []);
    }
    assert_eq!(store.removals(Wishes::All, first(10)).await.unwrap().items, []);
    let mut tx = begin(&stores).await;
    assert_eq!(tx.lock_album(album).await.unwrap(), None);
    assert_eq!(tx.lock_pictures(&[picture]).await.unwrap(), []);
    assert_eq!(tx.lock_pictures(&[]).await.unwrap(), []);
    assert_eq!(tx.lock_pictures_of(album, None, 10).await.unwrap(), []);
    assert_eq!(tx.lock_removal(removal).await.unwrap(), None);
    assert_eq!(tx.lock_removal_of(picture).await.unwrap(), None);
    // What is not there is none the less gone.
    tx.remove_pictures(&[picture]).await.unwrap();
    tx.remove_album(album).await.unwrap();
    tx.commit().await.unwrap();
}

pub async fn changes_are_kept(stores: Stores) {
    let event = draft(&stores).await.id;
    let (mut album, other) = (album(&stores).await, album(&stores).await);
    let (picture, beside) = (bare_picture(&album), bare_picture(&album));
    add_pictures(&stores, &[picture.clone(), beside.clone()]).await;
    album.title = "Another night".into();
    (album.event, album.access) = (Some(event), Access::Attendees);
    save_album(&stores, &album).await;
    assert_eq!(stores.gallery.album(album.id).await.unwrap().as_ref(), Some(&album));
    assert_eq!(stores.gallery.album(other.id).await.unwrap(), Some(other));
    let ready = visible_picture(&album);
    let ready = Picture { id: picture.id, original: None, caption: Some("x".into()), ..ready };
    change(&stores, std::slice::from_ref(&ready)).await;
    assert_eq!(stores.gallery.picture(picture.id).await.unwrap().as_ref(), Some(&ready));
    assert_eq!(stores.gallery.picture(beside.id).await.unwrap(), Some(beside));
    change(&stores, std::slice::from_ref(&picture)).await;
    assert_eq!(stores.gallery.picture(picture.id).await.unwrap().as_ref(), Some(&picture));
    let wish = bare_removal(&picture, album.created_by);
    save_removal(&stores, &wish).await;
    let wish = Removal { note: Some("No.".into()), ..decided(wish, RemovalStatus::Refused) };
    save_removal(&stores, &wish).await;
    assert_eq!(stores.gallery.removal(wish.id).await.unwrap(), Some(wish));
}

pub async fn a_refusal_leaves_no_trace(stores: Stores) {
    let before = album(&stores).await;
    let new = bare_album(before.created_by);
    let picture = visible_picture(&before);
    let upload = Upload { status: UploadStatus::Completed, ..bare_upload(before.created_by) };
    add_uploads(&stores, std::slice::from_ref(&upload)).await;
    let wish = bare_removal(&picture, before.created_by);
    let refused = transact(begin(&stores).await, async |tx| -> Result<(), StoreError> {
        tx.save_album(&new).await?;
        tx.save_album(&Album { title: "x".into(), ..before.clone() }).await?;
        tx.add_pictures(std::slice::from_ref(&picture)).await?;
        tx.save_removal(&wish).await?;
        assert!(tx.take_upload(upload.id, before.created_by).await?);
        tx.enqueue_gallery(&[Owed::now(Effect::Sweep { picture: picture.id }, noon())]).await?;
        tx.enqueue_pictures(&[Owed::now(picture.id, noon())]).await?;
        Err(StoreError::Unavailable { doing: "nothing at all", cause: None })
    });
    assert!(refused.await.is_err());
    let counted = Counted { album: before, pictures: 0, cover: None };
    assert_eq!(shown(&stores, Shown::All).await, [counted]);
    assert_eq!(shown(&stores, Shown::Visible).await, []);
    assert_eq!(stores.gallery.picture(picture.id).await.unwrap(), None);
    assert_eq!(stores.gallery.removal(wish.id).await.unwrap(), None);
    assert_eq!(stores.media.upload(upload.id).await.unwrap(), Some(upload));
    assert_eq!(stores.outbox.backlog().await.unwrap().waiting, 0);
}

pub async fn a_dropped_transaction_undoes_itself_and_frees_its_locks(stores: Stores) {
    let album = album(&stores).await;
    let picture = visible_picture(&album);
    add_pictures(&stores, std::slice::from_ref(&picture)).await;
    let mut tx = begin(&stores).await;
    tx.lock_album(album.id).await.unwrap();
    tx.lock_pictures(&[picture.id]).await.unwrap();
    tx.save_pictures(&[Picture { caption: Some("x".into()), ..picture.clone() }]).await.unwrap();
    drop(tx);
    let mut tx = begin(&stores).await;
    assert_eq!(tx.lock_album(album.id).await.unwrap(), Some(album.clone()));
    assert_eq!(tx.lock_pictures_of(album.id, None, 9).await.unwrap(), [picture]);
    tx.rollback().await.unwrap();
}

pub async fn what_a_gallery_owes_is_owed_with_its_cause(stores: Stores) {
    let album = album(&stores).await;
    let picture = bare_picture(&album);
    let removal = RemovalId::generate(noon());
    let quick: Vec<_> = [
        Effect::Remove { keys: vec!["pictures/a".into()] },
        Effect::Sweep { picture: picture.id },
        Effect::Erase { removal },
        Effect::TellRemoval { removal },
        Effect::TellAdmins { removal },
    ]
    .into_iter()
    .map(|effect| Owed::now(effect, noon()))
    .collect();
    let long = Owed::at(picture.id, noon(), noon() + TimeDelta::minutes(1));
    let owing = transact(begin(&stores).await, async |tx| -> Result<(), StoreError> {
        tx.add_pictures(std::slice::from_ref(&picture)).await?;
        tx.enqueue_gallery(&quick).await?;
        tx.enqueue_pictures(std::slice::from_ref(&long)).await
    });
    owing.await.unwrap();
    let later = noon() + TimeDelta::minutes(1);
    let due = stores.outbox.claim(&[gallery::PICTURES], later, later, 10).await.unwrap();
    assert_eq!(due.len(), 1, "work of a lane of its own");
    assert_eq!((due[0].id, due[0].due_at, due[0].domain.as_str()), (long.id, later, gallery::PICTURES));
    assert_eq!(serde_json::from_str::<PictureId>(&due[0].body).unwrap(), picture.id);
    let due = stores.outbox.claim(&[gallery::DOMAIN], later, later, 10).await.unwrap();
    let found: BTreeSet<_> = due
        .iter()
        .map(|due| (due.id, format!("{:?}", serde_json::from_str::<Effect>(&due.body).unwrap())))
        .collect();
    assert_eq!(found, quick.iter().map(|owed| (owed.id, format!("{:?}", owed.effect))).collect());
    let due = stores.outbox.claim(&EVERY_DOMAIN, noon() + TimeDelta::minutes(2), later, 10).await.unwrap();
    assert_eq!(due.len(), 6, "all of them, once nobody holds them");
}
