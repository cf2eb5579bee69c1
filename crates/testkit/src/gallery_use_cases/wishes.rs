//! Wishes that a picture goes.

use super::{ALL, House};
use crate::Stores;
use gallery::{Access, AskError, DecideError, EraseError, MOST_OPEN, RemovalStatus, Wishes};

pub async fn a_picture_that_somebody_wants_gone_is_out_of_sight_at_once_and_goes_with_proof(stores: Stores) {
    let house = House::open(stores).await;
    let album = house.album(Access::Members).await;
    let picture = house.shown(album.id).await;
    house.work().await;
    let (me, other) = (house.member().await, house.member().await);
    let wish = house.gallery.ask_removal(&me, picture.id, Some("my face")).await.unwrap();
    assert_eq!(house.gallery.albums_for((&other).into(), ALL).await.unwrap().items, []);
    let again = house.gallery.ask_removal(&me, picture.id, None).await.unwrap();
    assert_eq!(again.id, wish.id, "asking twice is asking once");
    let unseen = house.gallery.ask_removal(&other, picture.id, None).await;
    assert!(matches!(unseen, Err(AskError::Unknown)));
    house.leave(picture.id, "0198-forgotten");
    house.gallery.agree_removal(&house.admin, wish.id, None).await.unwrap();
    let twice = house.gallery.refuse_removal(&house.admin, wish.id, None).await;
    assert!(matches!(twice, Err(DecideError::Decided(RemovalStatus::Removing))));
    house.work().await;
    let wish = house.removal(wish.id).await;
    assert_eq!((wish.status, wish.proof.len()), (RemovalStatus::Removed, picture.keys().len() + 1));
    assert_eq!((house.pictures(album.id).await, house.heap.names("")), (vec![], vec![]));
    assert_eq!(house.recorded("removal.prove").await, [wish.id.as_uuid()]);
    assert_eq!(house.gallery.erase(wish.id).await.unwrap(), None, "done again it changes nothing");
}

pub async fn nothing_is_proven_while_a_file_is_still_there(stores: Stores) {
    let house = House::open(stores).await;
    let album = house.album(Access::Members).await;
    let picture = house.shown(album.id).await;
    let wish = house.gallery.ask_removal(&house.member().await, picture.id, None).await.unwrap();
    house.gallery.agree_removal(&house.admin, wish.id, None).await.unwrap();
    house.heap.stick(&picture.keys()[1]);
    assert!(matches!(house.gallery.erase(wish.id).await, Err(EraseError::StillThere(2))));
    assert_eq!(house.removal(wish.id).await.status, RemovalStatus::Removing);
    house.heap.loosen();
    house.work().await;
    assert_eq!(house.removal(wish.id).await.status, RemovalStatus::Removed);
}

pub async fn a_wish_that_is_refused_gives_the_picture_back_and_hides_it_no_more(stores: Stores) {
    let house = House::open(stores).await;
    let album = house.album(Access::Members).await;
    let picture = house.shown(album.id).await;
    let me = house.member().await;
    let wish = house.gallery.ask_removal(&me, picture.id, None).await.unwrap();
    let refused = house.gallery.refuse_removal(&house.admin, wish.id, Some("it is not you")).await.unwrap();
    assert_eq!(refused.note.as_deref(), Some("it is not you"));
    assert!(house.picture(picture.id).await.is_visible());
    let again = house.gallery.ask_removal(&me, picture.id, None).await;
    assert!(matches!(again, Err(AskError::Refused)));
    assert!(house.picture(picture.id).await.is_visible());
    // Somebody else may have other reasons, and admins decide by themselves.
    let other = house.gallery.ask_removal(&house.member().await, picture.id, None).await.unwrap();
    assert_ne!(other.id, wish.id);
    house.gallery.refuse_removal(&house.admin, other.id, None).await.unwrap();
    for _ in 0..2 {
        let own = house.gallery.ask_removal(&house.admin, picture.id, None).await.unwrap();
        house.gallery.refuse_removal(&house.admin, own.id, None).await.unwrap();
    }
}

pub async fn nobody_hides_more_than_a_few_pictures_before_admins_have_decided(stores: Stores) {
    let house = House::open(stores).await;
    let album = house.album(Access::Members).await;
    let me = house.member().await;
    let mut wishes = Vec::new();
    for _ in 0..MOST_OPEN {
        let picture = house.shown(album.id).await;
        wishes.push(house.gallery.ask_removal(&me, picture.id, None).await.unwrap());
    }
    let one_more = house.shown(album.id).await.id;
    let refused = house.gallery.ask_removal(&me, one_more, None).await;
    assert!(matches!(refused, Err(AskError::TooMany)));
    assert!(house.picture(one_more).await.is_visible());
    let standing = house.gallery.ask_removal(&me, wishes[0].picture, None).await.unwrap();
    assert_eq!(standing.id, wishes[0].id);
    house.gallery.agree_removal(&house.admin, wishes[0].id, None).await.unwrap();
    house.gallery.ask_removal(&me, one_more, None).await.unwrap();
}

pub async fn an_admin_who_deletes_a_picture_that_somebody_wants_gone_agrees_to_it(stores: Stores) {
    let house = House::open(stores).await;
    let album = house.album(Access::Members).await;
    let picture = house.shown(album.id).await;
    let wish = house.gallery.ask_removal(&house.member().await, picture.id, None).await.unwrap();
    house.gallery.delete_album(&house.admin, album.id, true).await.unwrap();
    house.work().await;
    let wish = house.removal(wish.id).await;
    assert_eq!((wish.status, wish.proof.len()), (RemovalStatus::Removed, picture.keys().len()));
    assert_eq!(house.heap.names(""), []);
}

pub async fn whoever_is_forgotten_leaves_the_proof_and_nothing_of_themselves(stores: Stores) {
    let house = House::open(stores).await;
    let album = house.album(Access::Members).await;
    let picture = house.shown(album.id).await;
    let me = house.member().await;
    let wish = house.gallery.ask_removal(&me, picture.id, Some("my face")).await.unwrap();
    let mine = async || house.gallery.removals(Wishes::Of(me.account), ALL).await.unwrap().items;
    assert_eq!(mine().await, std::slice::from_ref(&wish));
    house.gallery.refuse_removal(&house.admin, wish.id, Some("it is not your face")).await.unwrap();
    house.gallery.forget(me.account).await.unwrap();
    let kept = house.removal(wish.id).await;
    assert_eq!((kept.by, kept.reason, kept.status), (None, None, RemovalStatus::Refused));
    assert_eq!(kept.note, None, "what they were told is about them, too");
    assert_eq!(mine().await, []);
}
