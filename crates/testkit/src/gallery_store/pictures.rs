//! Pictures of albums.

use super::{add_pictures, admin, album, bare_picture, begin, change, first, remove, visible_picture};
use crate::media_store::{add_uploads, bare_upload};
use crate::pages::in_pages;
use crate::{Stores, noon};
use chrono::TimeDelta;
use gallery::{Picture, PictureStatus, Refusal, Shown};
use kernel::{PictureId, UploadId, transact};
use media::{Upload, UploadStatus};

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
    for reason in Refusal::ALL {
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
    // Scans are older than computers' time, and a camera that was never told the time says whatever it likes.
    for taken_at in ["1965-07-01T12:00:00Z", "1969-12-31T23:59:59.999999Z", "0001-01-01T00:00:00Z"] {
        let taken_at = Some(taken_at.parse().unwrap());
        pictures.push(Picture { taken_at, ..visible_picture(&album) });
    }
    add_pictures(&stores, &pictures).await;
    pictures.sort_by_key(Picture::cursor);
    let visible: Vec<_> = pictures.iter().filter(|picture| picture.is_visible()).cloned().collect();
    for (which, expected) in [(Shown::All, &pictures), (Shown::Visible, &visible)] {
        for limit in [1, 3, 500] {
            let found =
                in_pages(limit, async |page| stores.gallery.pictures(album.id, which, page).await).await;
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
    let nameless = String::new();
    assert_eq!(upload, Upload { status: UploadStatus::Taken, filename: nameless, ..completed });
    assert_eq!(stores.media.uploads(by, first(9)).await.unwrap().items, rest[..1]);
}
