//! The use cases over stores in memory.

use super::*;
use crate::samples::{House, Painter, actor, noon, sent};
use crate::{Access, AlbumChange, PictureStatus, Refusal, RemovalStatus};
use chrono::TimeDelta;
use kernel::{AlbumId, PageRequest, PictureId, Role, UploadId};
use std::sync::Arc;

const ALL: PageRequest = PageRequest { limit: 100, after: None };

#[tokio::test]
async fn a_picture_is_made_and_nothing_else_is_left() {
    let house = House::new();
    let album = house.album(Access::Members);
    let picture = house.sent(album.id).await;
    assert_eq!(house.store.kept().to_make, [picture.id]);
    house.heap.lay(&format!("pictures/{}/0198-left-by-a-killed-worker/320.jpg", picture.id));
    assert_eq!(house.make(picture.id).await, Made::Ready(album.id));
    house.work().await;
    let made = house.store.kept().pictures[&picture.id].clone();
    assert_eq!((made.status.clone(), made.width, made.renditions.len()), (PictureStatus::Ready, 4000, 4));
    let mut named: Vec<_> = made.keys().iter().map(ToString::to_string).collect();
    named.sort();
    assert_eq!(house.heap.names(), named);
    assert_eq!(house.make(picture.id).await, Made::Nothing, "done again it changes nothing");
    house.work().await;
    assert_eq!(house.heap.names(), named);
}

#[tokio::test]
async fn the_file_that_was_sent_goes_where_it_is_not_to_be_kept() {
    let mut house = House::new();
    house.gallery.terms.keep_originals = false;
    let picture = house.sent(house.album(Access::Members).id).await;
    house.make(picture.id).await;
    house.work().await;
    let made = house.store.kept().pictures[&picture.id].clone();
    assert_eq!((made.original.clone(), made.keys().len(), house.heap.names().len()), (None, 4, 4));
}

#[tokio::test]
async fn a_broken_file_fails_alone_and_can_be_tried_again() {
    let mut house = House::new();
    let album = house.album(Access::Members);
    let (broken, good) = (house.sent(album.id).await, house.sent(album.id).await);
    house.make(good.id).await;
    house.gallery.renderer = Arc::new(Painter::Refuses);
    assert_eq!(house.make(broken.id).await, Made::Failed(album.id, Refusal::Malformed));
    house.work().await;
    let kept = house.store.kept();
    assert_eq!(kept.pictures[&broken.id].status, PictureStatus::Failed { reason: Refusal::Malformed });
    assert_eq!(kept.pictures[&good.id].status, PictureStatus::Ready);
    house.gallery.renderer = Arc::new(Painter::Paints);
    house.store.change(|kept| kept.to_make.clear());
    let bulk = house.gallery.retry(&house.admin, &Which::These(vec![broken.id, good.id])).await.unwrap();
    assert_eq!((bulk.changed, house.store.kept().to_make), (1, vec![broken.id]));
    assert_eq!(house.store.kept().acts.last().unwrap().act, "album.retry_pictures");
    assert_eq!(house.make(broken.id).await, Made::Ready(album.id));
}

#[tokio::test]
async fn a_file_that_is_gone_is_said_to_be_and_a_missing_program_is_waited_for() {
    let mut house = House::new();
    let album = house.album(Access::Members);
    let (gone, waits) = (house.sent(album.id).await, house.sent(album.id).await);
    house.gallery.remove(&[sent(gone.id).key.to_string()]).await.unwrap();
    assert_eq!(house.make(gone.id).await, Made::Failed(album.id, Refusal::Missing));
    house.gallery.renderer = Arc::new(Painter::Lacks);
    assert_eq!(house.make(waits.id).await, Made::Waits("heif-dec"));
    house.gallery.renderer = Arc::new(Painter::Breaks);
    let broke = house.try_to_make(waits.id).await;
    assert!(matches!(broke, Err(MakeError::Render(_))));
    assert_eq!(house.store.kept().pictures[&waits.id].status, PictureStatus::Processing);
}

#[tokio::test]
async fn what_is_made_of_a_picture_that_was_deleted_meanwhile_is_swept() {
    let house = House::new();
    let picture = house.sent(house.album(Access::Members).id).await;
    let which = Which::These(vec![picture.id]);
    assert_eq!(house.gallery.sweep(picture.id).await.unwrap(), Some(noon() + chrono::TimeDelta::minutes(15)));
    house.gallery.delete(&house.admin, &which).await.unwrap();
    house.heap.lay(&format!("pictures/{}/0198-pass/320.jpg", picture.id));
    assert_eq!(house.make(picture.id).await, Made::Nothing);
    house.work().await;
    assert_eq!(house.heap.names(), Vec::<String>::new());
}

#[tokio::test]
async fn what_a_slow_worker_puts_after_the_one_that_took_its_work_is_swept_within_a_day() {
    let house = House::new();
    let album = house.album(Access::Members);
    let (kept, deleted, erased) =
        (house.sent(album.id).await, house.sent(album.id).await, house.shown(album.id).await);
    assert_eq!(house.make(kept.id).await, Made::Ready(album.id));
    house.gallery.delete(&house.admin, &Which::These(vec![deleted.id])).await.unwrap();
    let wish = house.gallery.ask_removal(&actor(Role::Member), erased.id, None).await.unwrap();
    house.gallery.agree_removal(&house.admin, wish.id, None).await.unwrap();
    // By then also what is owed for each file that is sent is done.
    house.work_at(noon() + TimeDelta::hours(2)).await;
    let before = house.heap.names();
    for picture in [&kept, &deleted, &erased] {
        house.heap.lay(&format!("pictures/{}/0198-late/320.jpg", picture.id));
    }
    house.work_at(noon() + TimeDelta::hours(24) - TimeDelta::seconds(1)).await;
    assert_eq!(house.heap.names().len(), before.len() + 3);
    house.work_at(noon() + TimeDelta::hours(24)).await;
    assert_eq!(house.heap.names(), before);
}

#[tokio::test]
async fn a_store_that_goes_away_half_way_says_what_was_done() {
    let house = House::new();
    let album = house.album(Access::Members);
    for _ in 0..450 {
        house.sent(album.id).await;
    }
    house.store.change(|kept| kept.lasts_for = Some(2));
    let stopped = house.gallery.publish(&house.admin, &Which::Album(album.id), true).await;
    let Err(BulkError::Stopped { done, .. }) = stopped else { panic!("{stopped:?}") };
    assert_eq!((done.changed, done.albums.contains(&album.id)), (400, true));
    let away = house.gallery.publish(&house.admin, &Which::Album(album.id), true).await;
    assert!(matches!(away, Err(BulkError::Store(_))), "nothing was done");
    house.store.change(|kept| kept.lasts_for = None);
    let rest = house.gallery.publish(&house.admin, &Which::Album(album.id), true).await.unwrap();
    assert_eq!(rest.changed, 50);
}

#[tokio::test]
async fn an_upload_becomes_one_picture() {
    let house = House::new();
    let album = house.album(Access::Members);
    let (upload, it) = (UploadId::generate(noon()), sent(PictureId::generate(noon())));
    house.store.change(|kept| kept.uploads.insert(upload));
    let nowhere = house.gallery.add_uploaded(&house.admin, upload, AlbumId::generate(noon()), &it).await;
    assert!(matches!(nowhere, Err(AddError::UnknownAlbum)));
    assert!(house.store.kept().uploads.contains(&upload), "a refusal takes nothing");
    let first = house.gallery.add_uploaded(&house.admin, upload, album.id, &it).await.unwrap();
    let again = house.gallery.add_uploaded(&house.admin, upload, album.id, &it).await;
    assert_eq!(again.unwrap(), first, "who lost the answer is told the same");
    assert_eq!(house.store.kept().pictures.len(), 1);
    house.store.change(|kept| kept.pictures.remove(&first.id));
    let gone = house.gallery.add_uploaded(&house.admin, upload, album.id, &it).await;
    assert!(matches!(gone, Err(AddError::UploadGone)), "what was deleted does not come back");
}

#[tokio::test]
async fn a_whole_album_is_published_withdrawn_and_deleted_in_steps() {
    let house = House::new();
    let (album, other) = (house.album(Access::Members), house.album(Access::Members));
    for _ in 0..450 {
        house.sent(album.id).await;
    }
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
    let kept = house.store.kept();
    assert_eq!(kept.pictures.keys().copied().collect::<Vec<_>>(), [stranger.id]);
    assert!(!kept.albums.contains_key(&album.id));
    assert_eq!(house.heap.names(), [sent(stranger.id).key.to_string()]);
    let gone = house.gallery.delete_album(&house.admin, album.id, true).await;
    assert!(matches!(gone, Err(DeleteAlbumError::Unknown)));
}

#[tokio::test]
async fn of_those_that_are_named_the_unknown_are_told_and_too_many_are_refused() {
    let house = House::new();
    let picture = house.sent(house.album(Access::Members).id).await;
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

#[tokio::test]
async fn an_album_for_those_who_attended_is_not_there_for_others() {
    let house = House::new();
    let (hidden, open, empty) =
        (house.album(Access::Attendees), house.album(Access::Members), house.album(Access::Members));
    house.shown(hidden.id).await;
    house.shown(open.id).await;
    house.sent(empty.id).await;
    let (guest, other) = (actor(Role::Member), actor(Role::Member));
    house.guests.0.lock().unwrap().push((guest.account, hidden.event.unwrap()));
    for (who, sees, count) in [(guest, true, 2), (other, false, 1), (house.admin, true, 2)] {
        assert_eq!(house.gallery.album_for((&who).into(), hidden.id).await.unwrap().is_some(), sees);
        let listed = house.gallery.albums_for((&who).into(), ALL).await.unwrap();
        assert_eq!((listed.items.len(), listed.next), (count, None));
    }
    assert_eq!(house.gallery.all_albums(ALL).await.unwrap().items.len(), 3);
}

#[tokio::test]
async fn pages_of_albums_are_full_whatever_lies_between_and_none_is_left_out() {
    let house = House::new();
    for number in 0..24 {
        let access = if number % 4 == 0 { Access::Members } else { Access::Attendees };
        let album = house.album(access);
        house.shown(album.id).await;
    }
    let (who, mut seen, mut page) = (actor(Role::Member), 0, PageRequest { limit: 2, after: None });
    loop {
        let found = house.gallery.albums_for((&who).into(), page).await.unwrap();
        assert!(found.items.len() <= 2);
        seen += found.items.len();
        page.after = found.next;
        if page.after.is_none() {
            break;
        }
    }
    assert_eq!(seen, 6);
}

#[tokio::test]
async fn a_picture_that_somebody_wants_gone_is_out_of_sight_at_once_and_goes_with_proof() {
    let house = House::new();
    let album = house.album(Access::Members);
    let picture = house.shown(album.id).await;
    house.work().await;
    let (me, other) = (actor(Role::Member), actor(Role::Member));
    let wish = house.gallery.ask_removal(&me, picture.id, Some("my face")).await.unwrap();
    assert_eq!(house.gallery.albums_for((&other).into(), ALL).await.unwrap().items, []);
    let again = house.gallery.ask_removal(&me, picture.id, None).await.unwrap();
    assert_eq!(again.id, wish.id, "asking twice is asking once");
    let unseen = house.gallery.ask_removal(&other, picture.id, None).await;
    assert!(matches!(unseen, Err(AskError::Unknown)));
    house.heap.lay(&format!("pictures/{}/0198-forgotten/320.jpg", picture.id));
    house.gallery.agree_removal(&house.admin, wish.id, None).await.unwrap();
    let twice = house.gallery.refuse_removal(&house.admin, wish.id, None).await;
    assert!(matches!(twice, Err(DecideError::Decided(RemovalStatus::Removing))));
    house.work().await;
    let kept = house.store.kept();
    let wish = &kept.removals[&wish.id];
    assert_eq!((wish.status, wish.proof.len()), (RemovalStatus::Removed, picture.keys().len() + 1));
    assert!(kept.pictures.is_empty() && house.heap.names().is_empty());
    assert_eq!(kept.acts.last().unwrap().act, "removal.prove");
    assert_eq!(house.gallery.erase(wish.id).await.unwrap(), None, "done again it changes nothing");
}

#[tokio::test]
async fn nothing_is_proven_while_a_file_is_still_there() {
    let house = House::new();
    let picture = house.shown(house.album(Access::Members).id).await;
    let wish = house.gallery.ask_removal(&actor(Role::Member), picture.id, None).await.unwrap();
    house.gallery.agree_removal(&house.admin, wish.id, None).await.unwrap();
    house.heap.stuck.lock().unwrap().insert(picture.keys()[1].to_string());
    assert!(matches!(house.gallery.erase(wish.id).await, Err(EraseError::StillThere(2))));
    assert_eq!(house.store.kept().removals[&wish.id].status, RemovalStatus::Removing);
    house.heap.stuck.lock().unwrap().clear();
    house.work().await;
    assert_eq!(house.store.kept().removals[&wish.id].status, RemovalStatus::Removed);
}

#[tokio::test]
async fn a_wish_that_is_refused_gives_the_picture_back_and_hides_it_no_more() {
    let house = House::new();
    let picture = house.shown(house.album(Access::Members).id).await;
    let me = actor(Role::Member);
    let wish = house.gallery.ask_removal(&me, picture.id, None).await.unwrap();
    let refused = house.gallery.refuse_removal(&house.admin, wish.id, Some("it is not you")).await.unwrap();
    assert_eq!(refused.note.as_deref(), Some("it is not you"));
    assert!(house.store.kept().pictures[&picture.id].is_visible());
    let again = house.gallery.ask_removal(&me, picture.id, None).await;
    assert!(matches!(again, Err(AskError::Refused)));
    assert!(house.store.kept().pictures[&picture.id].is_visible());
    // Somebody else may have other reasons, and admins decide by themselves.
    let other = house.gallery.ask_removal(&actor(Role::Member), picture.id, None).await.unwrap();
    assert_ne!(other.id, wish.id);
    house.gallery.refuse_removal(&house.admin, other.id, None).await.unwrap();
    for _ in 0..2 {
        let own = house.gallery.ask_removal(&house.admin, picture.id, None).await.unwrap();
        house.gallery.refuse_removal(&house.admin, own.id, None).await.unwrap();
    }
}

#[tokio::test]
async fn nobody_hides_more_than_a_few_pictures_before_admins_have_decided() {
    let house = House::new();
    let album = house.album(Access::Members);
    let me = actor(Role::Member);
    let mut wishes = Vec::new();
    for _ in 0..MOST_OPEN {
        let picture = house.shown(album.id).await;
        wishes.push(house.gallery.ask_removal(&me, picture.id, None).await.unwrap());
    }
    let one_more = house.shown(album.id).await.id;
    let refused = house.gallery.ask_removal(&me, one_more, None).await;
    assert!(matches!(refused, Err(AskError::TooMany)));
    assert!(house.store.kept().pictures[&one_more].is_visible());
    let standing = house.gallery.ask_removal(&me, wishes[0].picture, None).await.unwrap();
    assert_eq!(standing.id, wishes[0].id);
    house.gallery.agree_removal(&house.admin, wishes[0].id, None).await.unwrap();
    house.gallery.ask_removal(&me, one_more, None).await.unwrap();
}

#[tokio::test]
async fn an_admin_who_deletes_a_picture_that_somebody_wants_gone_agrees_to_it() {
    let house = House::new();
    let album = house.album(Access::Members);
    let picture = house.shown(album.id).await;
    let wish = house.gallery.ask_removal(&actor(Role::Member), picture.id, None).await.unwrap();
    house.gallery.delete_album(&house.admin, album.id, true).await.unwrap();
    house.work().await;
    let kept = house.store.kept();
    let wish = &kept.removals[&wish.id];
    assert_eq!((wish.status, wish.proof.len()), (RemovalStatus::Removed, picture.keys().len()));
    assert!(house.heap.names().is_empty());
}

#[tokio::test]
async fn whoever_is_forgotten_leaves_the_proof_and_nothing_of_themselves() {
    let house = House::new();
    let picture = house.shown(house.album(Access::Members).id).await;
    let me = actor(Role::Member);
    let wish = house.gallery.ask_removal(&me, picture.id, Some("my face")).await.unwrap();
    assert_eq!(house.gallery.all_removals_of(me.account).await.unwrap(), std::slice::from_ref(&wish));
    house.gallery.refuse_removal(&house.admin, wish.id, Some("it is not your face")).await.unwrap();
    house.gallery.forget(me.account).await.unwrap();
    let kept = house.store.kept().removals[&wish.id].clone();
    assert_eq!((kept.by, kept.reason, kept.status), (None, None, RemovalStatus::Refused));
    assert_eq!(kept.note, None, "what they were told is about them, too");
    assert_eq!(house.gallery.all_removals_of(me.account).await.unwrap(), []);
}

#[tokio::test]
async fn an_album_is_changed_and_what_is_written_under_a_picture() {
    let house = House::new();
    let album = house.album(Access::Members);
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
