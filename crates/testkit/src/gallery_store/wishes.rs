//! Wishes that a picture goes.

use super::{add_pictures, admin, album, bare_removal, begin, decided, first, save_removal, visible_picture};
use crate::pages::in_pages;
use crate::{Stores, noon};
use chrono::TimeDelta;
use gallery::{Absence, Removal, RemovalStatus, Wishes};
use kernel::{StoreError, transact};

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
    let nobody = album.created_by;
    for which in [Wishes::All, Wishes::Of(ada), Wishes::Of(ben), Wishes::Of(nobody)] {
        listed(&stores, which, &wishes).await;
    }
}

/// Of all wishes, in their order, those are listed that are meant, whatever pages they come in.
async fn listed(stores: &Stores, which: Wishes, all_wishes: &[Removal]) {
    let meant = |wish: &&Removal| match which {
        Wishes::All => true,
        Wishes::Of(account) => wish.by == Some(account),
        Wishes::That(status) => wish.status == status,
    };
    let expected: Vec<_> = all_wishes.iter().filter(meant).cloned().collect();
    for limit in [1, 2, 100] {
        let found = in_pages(limit, async |page| stores.gallery.removals(which, page).await).await;
        assert_eq!(found, expected, "pages of {limit}: {which:?}");
    }
}

pub async fn wishes_are_found_by_what_became_of_them(stores: Stores) {
    let (album, by) = (album(&stores).await, admin(&stores).await);
    let statuses = [
        RemovalStatus::Asked,
        RemovalStatus::Refused,
        RemovalStatus::Asked,
        RemovalStatus::Removed,
        RemovalStatus::Removing,
    ];
    let mut wishes = Vec::new();
    for (minutes, status) in (0..).zip(statuses) {
        let picture = visible_picture(&album);
        add_pictures(&stores, std::slice::from_ref(&picture)).await;
        let asked_at = noon() + TimeDelta::minutes(minutes);
        let asked = Removal { asked_at, ..bare_removal(&picture, by) };
        // Each was asked first.
        save_removal(&stores, &asked).await;
        let wish = if status == RemovalStatus::Asked { asked } else { decided(asked, status) };
        save_removal(&stores, &wish).await;
        wishes.push(wish);
    }
    wishes.sort_by_key(|wish| std::cmp::Reverse(wish.cursor()));
    for status in
        [RemovalStatus::Asked, RemovalStatus::Removing, RemovalStatus::Removed, RemovalStatus::Refused]
    {
        listed(&stores, Wishes::That(status), &wishes).await;
    }
}

pub async fn wishes_that_wait_are_counted_and_refused_ones_remembered(stores: Stores) {
    let (album, ada, ben) = (album(&stores).await, admin(&stores).await, admin(&stores).await);
    let pictures: Vec<_> = (0..3).map(|_| visible_picture(&album)).collect();
    add_pictures(&stores, &pictures).await;
    for (picture, by) in [(&pictures[0], ada), (&pictures[1], ada), (&pictures[2], ben)] {
        save_removal(&stores, &bare_removal(picture, by)).await;
    }
    let refused = decided(bare_removal(&pictures[0], ben), RemovalStatus::Refused);
    save_removal(&stores, &refused).await;
    let mut tx = begin(&stores).await;
    for (by, open) in [(ada, 2), (ben, 1), (album.created_by, 0)] {
        assert_eq!(tx.lock_open_removals(by).await.unwrap(), open);
    }
    for (picture, by, expected) in [(0, ben, true), (0, ada, false), (2, ben, false), (1, ada, false)] {
        assert_eq!(tx.was_refused(pictures[picture].id, by).await.unwrap(), expected);
    }
    tx.rollback().await.unwrap();
    transact(begin(&stores).await, async |tx| tx.forget_removals_of(ben).await).await.unwrap();
    let mut tx = begin(&stores).await;
    assert_eq!(tx.lock_open_removals(ben).await.unwrap(), 0);
    assert!(!tx.was_refused(pictures[0].id, ben).await.unwrap());
    tx.rollback().await.unwrap();
}

pub async fn nobody_adds_a_wish_while_those_of_their_account_are_counted(stores: Stores) {
    let (album, ada) = (album(&stores).await, admin(&stores).await);
    let pictures: Vec<_> = (0..6).map(|_| visible_picture(&album)).collect();
    add_pictures(&stores, &pictures).await;
    let asking: Vec<_> = pictures
        .into_iter()
        .map(|picture| {
            let stores = stores.clone();
            tokio::spawn(async move {
                transact(begin(&stores).await, async |tx| -> Result<(), StoreError> {
                    if tx.lock_open_removals(ada).await? < 3 {
                        tx.save_removal(&bare_removal(&picture, ada)).await?;
                    }
                    Ok(())
                })
                .await
                .unwrap();
            })
        })
        .collect();
    for one in asking {
        one.await.unwrap();
    }
    assert_eq!(stores.gallery.removals(Wishes::Of(ada), first(9)).await.unwrap().items.len(), 3);
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
    assert_eq!(stores.gallery.removals(Wishes::Of(by), first(9)).await.unwrap().items, [wish]);
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
        let forgotten = Removal { by: None, reason: None, note: None, ..wish.clone() };
        let expected = if wish.by == Some(ada) { forgotten } else { wish };
        assert_eq!(stores.gallery.removal(expected.id).await.unwrap(), Some(expected));
    }
    assert_eq!(stores.gallery.removals(Wishes::Of(ada), first(9)).await.unwrap().items, []);
    assert_eq!(stores.gallery.removals(Wishes::All, first(9)).await.unwrap().items.len(), 3);
}
