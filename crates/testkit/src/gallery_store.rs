//! What every store of albums, pictures and wishes that they go promises.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a contract fails by panicking")]
#![expect(missing_docs, reason = "the name of a case is its promise")]

use crate::fixtures_events::{draft, person};
use crate::media_store::{add_uploads, bare_upload};
use crate::outbox::EVERY_DOMAIN;
use crate::{Stores, noon};
use chrono::TimeDelta;
use gallery::{
    Absence, Access, Album, Counted, Effect, GalleryTx, ImageFormat, Picture, PictureStatus, Refusal,
    Removal, RemovalStatus, Rendition, Shown,
};
use kernel::{
    AccountId, AlbumId, Owed, Page, PageRequest, PassId, PictureId, RemovalId, Role, StoreError, UploadId,
    transact,
};
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

fn first(limit: u32) -> PageRequest {
    PageRequest { limit, after: None }
}

/// All of a list, which is read in pages of so many.
async fn all<T>(limit: u32, read: impl AsyncFn(PageRequest) -> Result<Page<T>, StoreError>) -> Vec<T> {
    let (mut found, mut page) = (Vec::new(), first(limit));
    loop {
        let next = read(page).await.unwrap();
        assert!(next.items.len() <= usize::try_from(limit).unwrap());
        found.extend(next.items);
        page.after = next.next;
        if page.after.is_none() {
            return found;
        }
    }
}

async fn shown(stores: &Stores, shown: Shown) -> Vec<Counted> {
    stores.gallery.albums(shown, first(100)).await.unwrap().items
}

pub async fn an_album_reads_back_whole(stores: Stores) {
    let event = draft(&stores).await.id;
    let plain = bare_album(admin(&stores).await);
    let full = Album {
        title: "Füße, 'quotes'\\ and \u{1f3a7}".into(),
        event: Some(event),
        access: Access::Attendees,
        created_at: noon() + TimeDelta::microseconds(1),
        ..bare_album(plain.created_by)
    };
    for album in [plain, full] {
        save_album(&stores, &album).await;
        assert_eq!(stores.gallery.album(album.id).await.unwrap().as_ref(), Some(&album));
        let mut tx = begin(&stores).await;
        assert_eq!(tx.lock_album(album.id).await.unwrap(), Some(album));
        tx.rollback().await.unwrap();
    }
}

pub async fn a_picture_reads_back_whole(stores: Stores) {
    let album = album(&stores).await;
    let full = Picture {
        filename: "Füße, 'quotes'\\ \u{1f3a7}.heic".into(),
        original_bytes: 80 * 1024 * 1024 * 1024,
        original: None,
        taken_at: Some(noon() - TimeDelta::microseconds(1)),
        caption: Some("Two\nlines & <b>".into()),
        published_at: Some(noon() + TimeDelta::microseconds(1)),
        removal_asked: true,
        created_at: noon() + TimeDelta::microseconds(2),
        ..visible_picture(&album)
    };
    let mut pictures = vec![bare_picture(&album), full];
    for reason in [
        Refusal::UnknownFormat,
        Refusal::TooManyPixels,
        Refusal::Truncated,
        Refusal::Malformed,
        Refusal::TooMuch,
        Refusal::Unsupported,
    ] {
        pictures.push(Picture { status: PictureStatus::Failed { reason }, ..bare_picture(&album) });
    }
    add_pictures(&stores, &pictures).await;
    for picture in &pictures {
        assert_eq!(stores.gallery.picture(picture.id).await.unwrap().as_ref(), Some(picture));
    }
    let mut tx = begin(&stores).await;
    for picture in pictures {
        assert_eq!(tx.lock_pictures(&[picture.id]).await.unwrap(), [picture]);
    }
    tx.rollback().await.unwrap();
}

pub async fn a_wish_reads_back_whole(stores: Stores) {
    let (album, by) = (album(&stores).await, admin(&stores).await);
    let pictures: Vec<_> = (0..5).map(|_| visible_picture(&album)).collect();
    add_pictures(&stores, &pictures).await;
    let statuses =
        [RemovalStatus::Asked, RemovalStatus::Removing, RemovalStatus::Removed, RemovalStatus::Refused];
    let mut wishes = vec![bare_removal(&pictures[0], by)];
    for (picture, status) in pictures[1..].iter().zip(statuses) {
        wishes.push(Removal {
            reason: Some("Füße, 'quotes'\\ and\n\u{1f3a7}".into()),
            status,
            decided_by: Some(album.created_by),
            decided_at: Some(noon() + TimeDelta::microseconds(1)),
            note: Some("We see.".into()),
            keys: vec!["pictures/a/b".into(), "pictures/a/c".into()],
            proof: vec![Absence { key: "pictures/a/b".into(), seen_at: noon() + TimeDelta::microseconds(2) }],
            links_end_at: Some(noon() + TimeDelta::microseconds(3)),
            removed_at: Some(noon() + TimeDelta::microseconds(4)),
            ..bare_removal(picture, by)
        });
    }
    for wish in wishes {
        save_removal(&stores, &wish).await;
        assert_eq!(stores.gallery.removal(wish.id).await.unwrap().as_ref(), Some(&wish));
        let mut tx = begin(&stores).await;
        assert_eq!(tx.lock_removal(wish.id).await.unwrap().as_ref(), Some(&wish));
        let of = tx.lock_removal_of(wish.picture).await.unwrap();
        assert_eq!(of, Some(wish).filter(|wish| wish.status != RemovalStatus::Refused));
        tx.rollback().await.unwrap();
    }
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
    assert_eq!(store.removals(None, first(10)).await.unwrap().items, []);
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

pub async fn albums_are_listed_the_newest_first_in_pages_that_meet(stores: Stores) {
    let by = admin(&stores).await;
    let mut expected = Vec::new();
    for minutes in [3, 1, 2, 3, 1, 2, 3] {
        // Some were made at one instant: then the id decides.
        let album = Album { created_at: noon() + TimeDelta::minutes(minutes), ..bare_album(by) };
        save_album(&stores, &album).await;
        let pictures = [visible_picture(&album), bare_picture(&album)];
        add_pictures(&stores, &pictures).await;
        expected.push(album.id);
    }
    let albums = shown(&stores, Shown::All).await;
    let cursor = |counted: &Counted| counted.album.cursor();
    assert!(albums.is_sorted_by(|one, next| cursor(one) > cursor(next)));
    assert_eq!(albums.len(), expected.len());
    for which in [Shown::All, Shown::Visible] {
        let ids: Vec<_> = albums.iter().map(|counted| counted.album.id).collect();
        for limit in [1, 2, 7, 100] {
            let found = all(limit, async |page| stores.gallery.albums(which, page).await).await;
            assert_eq!(found.iter().map(|it| it.album.id).collect::<Vec<_>>(), ids, "pages of {limit}");
            let count = if which == Shown::All { 2 } else { 1 };
            assert!(found.iter().all(|it| it.pictures == count));
        }
    }
}

pub async fn members_see_albums_that_have_something_to_see(stores: Stores) {
    let (seen, hidden, empty) = (album(&stores).await, album(&stores).await, album(&stores).await);
    let at = |minutes, picture| Picture { taken_at: Some(noon() + TimeDelta::minutes(minutes)), ..picture };
    let early = at(1, Picture { published_at: None, ..visible_picture(&seen) });
    let cover = at(2, visible_picture(&seen));
    let rest = at(3, visible_picture(&seen));
    let asked = at(0, Picture { removal_asked: true, ..visible_picture(&hidden) });
    let failed = PictureStatus::Failed { reason: Refusal::Malformed };
    let failed = at(1, Picture { status: failed, ..visible_picture(&hidden) });
    let again = at(2, Picture { status: PictureStatus::Processing, ..visible_picture(&hidden) });
    let pictures = [rest, early.clone(), cover.clone(), failed, again, asked.clone()];
    add_pictures(&stores, &pictures).await;
    let visible = Counted { album: seen.clone(), pictures: 2, cover: Some(cover) };
    assert_eq!(shown(&stores, Shown::Visible).await, [visible]);
    let mut expected = [
        Counted { album: seen, pictures: 3, cover: Some(early) },
        Counted { album: hidden, pictures: 3, cover: Some(asked) },
        Counted { album: empty, pictures: 0, cover: None },
    ];
    expected.sort_by_key(|counted| std::cmp::Reverse(counted.album.cursor()));
    assert_eq!(shown(&stores, Shown::All).await, expected);
}

pub async fn albums_are_counted_as_their_pictures_change(stores: Stores) {
    let album = album(&stores).await;
    let (one, two) = (visible_picture(&album), visible_picture(&album));
    add_pictures(&stores, &[one.clone(), two.clone()]).await;
    let counts = async |which| shown(&stores, which).await.iter().map(|it| it.pictures).collect::<Vec<_>>();
    assert_eq!((counts(Shown::Visible).await, counts(Shown::All).await), (vec![2], vec![2]));
    let withdrawn = Picture { published_at: None, ..one.clone() };
    change(&stores, std::slice::from_ref(&withdrawn)).await;
    assert_eq!((counts(Shown::Visible).await, counts(Shown::All).await), (vec![1], vec![2]));
    // The album is written anew while only some of it is seen.
    save_album(&stores, &Album { title: "x".into(), ..album.clone() }).await;
    assert_eq!(counts(Shown::Visible).await, [1]);
    change(&stores, &[Picture { removal_asked: true, ..two.clone() }]).await;
    assert_eq!((counts(Shown::Visible).await, counts(Shown::All).await), (vec![], vec![2]));
    change(&stores, std::slice::from_ref(&one)).await;
    assert_eq!(counts(Shown::Visible).await, [1]);
    remove(&stores, &[one.id]).await;
    assert_eq!((counts(Shown::Visible).await, counts(Shown::All).await), (vec![], vec![1]));
    change(&stores, std::slice::from_ref(&two)).await;
    assert_eq!(counts(Shown::Visible).await, [1]);
    remove(&stores, &[two.id]).await;
    assert_eq!((counts(Shown::Visible).await, counts(Shown::All).await), (vec![], vec![0]));
}

pub async fn pictures_are_listed_by_when_they_were_taken_in_pages_that_meet(stores: Stores) {
    let (album, other) = (album(&stores).await, album(&stores).await);
    add_pictures(&stores, &[visible_picture(&other)]).await;
    let mut pictures = Vec::new();
    for (number, minutes) in (0..12).zip([5, -3, 2].into_iter().cycle()) {
        let at = noon() + TimeDelta::minutes(minutes);
        // Some say when they were taken; the others stand by when they were sent.
        let (taken_at, created_at) = if number % 2 == 0 { (Some(at), noon()) } else { (None, at) };
        let published_at = (number % 4 != 3).then(noon);
        let picture = Picture { taken_at, created_at, published_at, ..visible_picture(&album) };
        pictures.push(picture);
    }
    add_pictures(&stores, &pictures).await;
    pictures.sort_by_key(Picture::cursor);
    let visible: Vec<_> = pictures.iter().filter(|picture| picture.is_visible()).cloned().collect();
    for (which, expected) in [(Shown::All, &pictures), (Shown::Visible, &visible)] {
        for limit in [1, 3, 500] {
            let found = all(limit, async |page| stores.gallery.pictures(album.id, which, page).await).await;
            assert_eq!(&found, expected, "pages of {limit}");
        }
    }
    // One that is dated anew stands elsewhere.
    let mut moved = pictures.remove(0);
    moved.taken_at = Some(noon() + TimeDelta::days(1));
    change(&stores, std::slice::from_ref(&moved)).await;
    pictures.push(moved);
    assert_eq!(stores.gallery.pictures(album.id, Shown::All, first(500)).await.unwrap().items, pictures);
}

pub async fn pictures_are_found_by_id(stores: Stores) {
    let album = album(&stores).await;
    let mut pictures: Vec<_> = (0..5).map(|_| bare_picture(&album)).collect();
    add_pictures(&stores, &pictures).await;
    let unknown = PictureId::generate(noon());
    let asked = [pictures[3].id, unknown, pictures[1].id, pictures[3].id];
    let mut found = stores.gallery.pictures_by_id(&asked).await.unwrap();
    found.sort_by_key(|picture| picture.id);
    found.dedup();
    let mut expected = vec![pictures[1].clone(), pictures[3].clone()];
    expected.sort_by_key(|picture| picture.id);
    assert_eq!(found, expected);
    pictures.sort_by_key(|picture| picture.id);
    let mut ids: Vec<_> = pictures.iter().map(|picture| picture.id).collect();
    ids.reverse();
    ids.extend([unknown, ids[0]]);
    let mut tx = begin(&stores).await;
    assert_eq!(tx.lock_pictures(&ids).await.unwrap(), pictures, "each once, and by id");
    tx.rollback().await.unwrap();
}

pub async fn pictures_of_an_album_are_locked_a_few_at_a_time(stores: Stores) {
    let (album, other) = (album(&stores).await, album(&stores).await);
    let mut pictures: Vec<_> = (0..7).map(|_| bare_picture(&album)).collect();
    // By id, whenever they were taken.
    pictures[2].taken_at = Some(noon() - TimeDelta::days(9));
    add_pictures(&stores, &pictures).await;
    add_pictures(&stores, &[bare_picture(&other)]).await;
    pictures.sort_by_key(|picture| picture.id);
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let mut tx = begin(&stores).await;
        let some = tx.lock_pictures_of(album.id, after, 3).await.unwrap();
        tx.rollback().await.unwrap();
        let Some(last) = some.last() else { break };
        after = Some(last.id);
        assert!(some.len() <= 3);
        found.extend(some);
    }
    assert_eq!(found, pictures);
}

pub async fn two_who_change_a_picture_do_it_one_after_the_other(stores: Stores) {
    let album = album(&stores).await;
    let picture = Picture { original_bytes: 0, ..bare_picture(&album) };
    add_pictures(&stores, std::slice::from_ref(&picture)).await;
    let changing: Vec<_> = (0..10)
        .map(|number| {
            let (stores, id, album) = (stores.clone(), picture.id, album.id);
            tokio::spawn(async move {
                transact(begin(&stores).await, async |tx| {
                    // By id and by album are two ways to the same lock.
                    let mut locked = match number % 2 {
                        0 => tx.lock_pictures(&[id]).await?,
                        _ => tx.lock_pictures_of(album, None, 10).await?,
                    };
                    locked[0].original_bytes += 1;
                    tx.save_pictures(&locked).await
                })
                .await
                .unwrap();
            })
        })
        .collect();
    for one in changing {
        one.await.unwrap();
    }
    assert_eq!(stores.gallery.picture(picture.id).await.unwrap().unwrap().original_bytes, 10);
}

pub async fn removed_pictures_are_gone(stores: Stores) {
    let album = album(&stores).await;
    let pictures: Vec<_> = (0..3).map(|_| visible_picture(&album)).collect();
    add_pictures(&stores, &pictures).await;
    remove(&stores, &[pictures[0].id, PictureId::generate(noon()), pictures[2].id]).await;
    let ids: Vec<_> = pictures.iter().map(|picture| picture.id).collect();
    assert_eq!(stores.gallery.pictures_by_id(&ids).await.unwrap(), pictures[1..2]);
    for which in [Shown::All, Shown::Visible] {
        let left = stores.gallery.pictures(album.id, which, first(9)).await.unwrap().items;
        assert_eq!(left, pictures[1..2]);
    }
    let mut tx = begin(&stores).await;
    assert_eq!(tx.lock_pictures_of(album.id, None, 9).await.unwrap(), pictures[1..2]);
    tx.rollback().await.unwrap();
}

pub async fn an_album_goes_when_its_pictures_have_gone(stores: Stores) {
    let (album, other) = (album(&stores).await, album(&stores).await);
    let picture = visible_picture(&album);
    add_pictures(&stores, std::slice::from_ref(&picture)).await;
    let early = transact(begin(&stores).await, async |tx| -> Result<(), StoreError> {
        tx.lock_album(album.id).await?;
        tx.remove_album(album.id).await
    });
    assert!(early.await.is_err(), "no picture is without an album");
    assert_eq!(stores.gallery.album(album.id).await.unwrap().as_ref(), Some(&album));
    let removing = transact(begin(&stores).await, async |tx| -> Result<(), StoreError> {
        tx.lock_album(album.id).await?;
        tx.remove_pictures(&[picture.id]).await?;
        tx.remove_album(album.id).await
    });
    removing.await.unwrap();
    assert_eq!(stores.gallery.album(album.id).await.unwrap(), None);
    assert_eq!(shown(&stores, Shown::All).await.len(), 1);
    assert_eq!(stores.gallery.album(other.id).await.unwrap(), Some(other));
    let late = begin(&stores).await;
    let late = transact(late, async |tx| tx.add_pictures(std::slice::from_ref(&picture)).await).await;
    assert!(late.is_err(), "nor is one added to an album that is not there");
    assert_eq!(stores.gallery.picture(picture.id).await.unwrap(), None);
}

pub async fn wishes_are_listed_the_newest_first_in_pages_that_meet(stores: Stores) {
    let (album, ada, ben) = (album(&stores).await, admin(&stores).await, admin(&stores).await);
    let mut wishes = Vec::new();
    for (number, minutes) in (0..9).zip([3, 1, 2].into_iter().cycle()) {
        let picture = visible_picture(&album);
        add_pictures(&stores, std::slice::from_ref(&picture)).await;
        let by = if number % 2 == 0 { ada } else { ben };
        let asked_at = noon() + TimeDelta::minutes(minutes);
        let wish = Removal { asked_at, ..bare_removal(&picture, by) };
        save_removal(&stores, &wish).await;
        wishes.push(wish);
    }
    wishes.sort_by_key(|wish| std::cmp::Reverse(wish.cursor()));
    for by in [None, Some(ada), Some(ben), Some(album.created_by)] {
        let expected: Vec<_> = wishes.iter().filter(|wish| by.is_none() || wish.by == by).cloned().collect();
        for limit in [1, 2, 100] {
            let found = all(limit, async |page| stores.gallery.removals(by, page).await).await;
            assert_eq!(found, expected, "pages of {limit}");
        }
    }
}

pub async fn a_picture_has_one_wish_that_is_not_refused(stores: Stores) {
    let (album, by) = (album(&stores).await, admin(&stores).await);
    let picture = visible_picture(&album);
    add_pictures(&stores, std::slice::from_ref(&picture)).await;
    let refused = decided(bare_removal(&picture, by), RemovalStatus::Refused);
    let wish = bare_removal(&picture, by);
    save_removal(&stores, &refused).await;
    save_removal(&stores, &wish).await;
    let mut tx = begin(&stores).await;
    assert_eq!(tx.lock_removal_of(picture.id).await.unwrap().as_ref(), Some(&wish));
    tx.rollback().await.unwrap();
    let second = bare_removal(&picture, album.created_by);
    let saving = transact(begin(&stores).await, async |tx| tx.save_removal(&second).await);
    assert!(saving.await.is_err(), "the store itself keeps no second one");
    assert_eq!(stores.gallery.removal(second.id).await.unwrap(), None);
    save_removal(&stores, &decided(wish, RemovalStatus::Refused)).await;
    save_removal(&stores, &second).await;
    let mut tx = begin(&stores).await;
    assert_eq!(tx.lock_removal_of(picture.id).await.unwrap(), Some(second));
    tx.rollback().await.unwrap();
}

pub async fn a_wish_outlives_what_it_was_about(stores: Stores) {
    let (album, by) = (album(&stores).await, admin(&stores).await);
    let picture = visible_picture(&album);
    add_pictures(&stores, std::slice::from_ref(&picture)).await;
    let wish = decided(bare_removal(&picture, by), RemovalStatus::Removed);
    save_removal(&stores, &wish).await;
    let removing = transact(begin(&stores).await, async |tx| -> Result<(), StoreError> {
        tx.remove_pictures(&[picture.id]).await?;
        tx.remove_album(album.id).await
    });
    removing.await.unwrap();
    assert_eq!(stores.gallery.removal(wish.id).await.unwrap().as_ref(), Some(&wish));
    assert_eq!(stores.gallery.removals(Some(by), first(9)).await.unwrap().items, [wish]);
}

pub async fn who_is_forgotten_leaves_no_words(stores: Stores) {
    let (album, ada, ben) = (album(&stores).await, admin(&stores).await, admin(&stores).await);
    let mut wishes = Vec::new();
    for by in [ada, ben, ada] {
        let picture = visible_picture(&album);
        add_pictures(&stores, std::slice::from_ref(&picture)).await;
        let wish = Removal {
            reason: Some("It is me.".into()),
            note: Some("We see.".into()),
            decided_by: Some(ada),
            ..bare_removal(&picture, by)
        };
        save_removal(&stores, &wish).await;
        wishes.push(wish);
    }
    transact(begin(&stores).await, async |tx| tx.forget_removals_of(ada).await).await.unwrap();
    for wish in wishes {
        let forgotten = Removal { by: None, reason: None, ..wish.clone() };
        let expected = if wish.by == Some(ada) { forgotten } else { wish };
        assert_eq!(stores.gallery.removal(expected.id).await.unwrap(), Some(expected));
    }
    assert_eq!(stores.gallery.removals(Some(ada), first(9)).await.unwrap().items, []);
    assert_eq!(stores.gallery.removals(None, first(9)).await.unwrap().items.len(), 3);
}

pub async fn an_upload_becomes_one_picture(stores: Stores) {
    let (by, other) = (admin(&stores).await, admin(&stores).await);
    let with = |status| Upload { status, ..bare_upload(by) };
    let completed = with(UploadStatus::Completed);
    let rest = [UploadStatus::Open, UploadStatus::Taken, UploadStatus::Dropped].map(with);
    add_uploads(&stores, std::slice::from_ref(&completed)).await;
    add_uploads(&stores, &rest).await;
    let take = async |id, by| {
        transact(begin(&stores).await, async move |tx| tx.take_upload(id, by).await).await.unwrap()
    };
    for upload in &rest {
        assert!(!take(upload.id, by).await, "{:?}", upload.status);
    }
    assert!(!take(UploadId::generate(noon()), by).await);
    assert!(!take(completed.id, other).await, "somebody else has sent it");
    let takers: Vec<_> = (0..8)
        .map(|_| {
            let (stores, id) = (stores.clone(), completed.id);
            tokio::spawn(async move {
                transact(begin(&stores).await, async move |tx| tx.take_upload(id, by).await).await.unwrap()
            })
        })
        .collect();
    let mut taken = 0;
    for taker in takers {
        taken += u32::from(taker.await.unwrap());
    }
    assert_eq!(taken, 1);
    let upload = stores.media.upload(completed.id).await.unwrap().unwrap();
    assert_eq!(upload, Upload { status: UploadStatus::Taken, ..completed });
    assert_eq!(stores.media.uploads(by, first(9)).await.unwrap().items, rest[..1]);
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
