//! Albums, and how many pictures are meant in them.

use super::{
    add_pictures, admin, album, bare_album, bare_picture, begin, change, remove, save_album, shown,
    visible_picture,
};
use crate::fixtures_events::draft;
use crate::pages::in_pages;
use crate::{Stores, noon};
use chrono::TimeDelta;
use gallery::{Access, Album, Counted, Picture, PictureStatus, Refusal, Shown};
use kernel::{StoreError, transact};

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
            let found = in_pages(limit, async |page| stores.gallery.albums(which, page).await).await;
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
