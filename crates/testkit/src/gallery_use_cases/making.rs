//! Pictures, and what is made of them.

use super::{House, Painter, sent};
use crate::{Stores, noon};
use async_trait::async_trait;
use chrono::TimeDelta;
use gallery::{
    Access, Lacking, Made, MakeError, PictureStatus, Refusal, RenderError, Rendered, Renderer, Which,
};
use kernel::Body;
use std::path::Path;
use std::sync::Arc;

/// Has no program for files that begin with 1, and is shown none of them.
struct Without;

#[async_trait]
impl Renderer for Without {
    fn lacking(&self) -> Option<Lacking> {
        Some(Lacking { program: "heif-dec", needed_by: |start| start.first() == Some(&1) })
    }

    async fn render(&self, source: &Path, _: &Path) -> Result<Rendered, RenderError> {
        assert_ne!(std::fs::read(source).unwrap().first(), Some(&1), "it was brought in vain");
        Err(RenderError::Refused(Refusal::Malformed))
    }
}

pub async fn a_picture_is_made_and_nothing_else_is_left(stores: Stores) {
    let house = House::open(stores).await;
    let album = house.album(Access::Members).await;
    let picture = house.sent(album.id).await;
    assert_eq!(house.to_make().await, [picture.id]);
    house.leave(picture.id, "0198-left-by-a-killed-worker");
    assert_eq!(house.make(picture.id).await, Made::Ready(album.id));
    house.work().await;
    let made = house.picture(picture.id).await;
    assert_eq!((made.status.clone(), made.width, made.renditions.len()), (PictureStatus::Ready, 4000, 4));
    let mut named = made.keys();
    named.sort();
    assert_eq!(house.heap.names(""), named);
    assert_eq!(house.make(picture.id).await, Made::Nothing, "done again it changes nothing");
    house.work().await;
    assert_eq!(house.heap.names(""), named);
}

pub async fn the_file_that_was_sent_goes_where_it_is_not_to_be_kept(stores: Stores) {
    let mut house = House::open(stores).await;
    house.gallery.terms.keep_originals = false;
    let album = house.album(Access::Members).await;
    let picture = house.sent(album.id).await;
    house.make(picture.id).await;
    house.work().await;
    let made = house.picture(picture.id).await;
    assert_eq!((made.original.clone(), made.keys().len(), house.heap.names("").len()), (None, 4, 4));
}

pub async fn a_broken_file_fails_alone_and_can_be_tried_again(stores: Stores) {
    let mut house = House::open(stores).await;
    let album = house.album(Access::Members).await;
    let (broken, good) = (house.sent(album.id).await, house.sent(album.id).await);
    house.make(good.id).await;
    house.gallery.renderer = Arc::new(Painter::Refuses);
    assert_eq!(house.make(broken.id).await, Made::Failed(album.id, Refusal::Malformed));
    house.work().await;
    let failed = PictureStatus::Failed { reason: Refusal::Malformed };
    assert_eq!(house.picture(broken.id).await.status, failed);
    assert_eq!(house.picture(good.id).await.status, PictureStatus::Ready);
    house.gallery.renderer = Arc::new(Painter::Paints);
    assert_eq!(house.to_make().await.len(), 2, "since they were sent");
    let bulk = house.gallery.retry(&house.admin, &Which::These(vec![broken.id, good.id])).await.unwrap();
    assert_eq!((bulk.changed, house.to_make().await), (1, vec![broken.id]));
    assert_eq!(house.recorded("album.retry_pictures").await, [album.id.as_uuid()]);
    assert_eq!(house.make(broken.id).await, Made::Ready(album.id));
}

pub async fn a_file_that_is_gone_is_said_to_be_and_a_missing_program_is_waited_for(stores: Stores) {
    let mut house = House::open(stores).await;
    let album = house.album(Access::Members).await;
    let (gone, waits) = (house.sent(album.id).await, house.sent(album.id).await);
    house.gallery.remove(&[sent(gone.id).key.to_string()]).await.unwrap();
    assert_eq!(house.make(gone.id).await, Made::Failed(album.id, Refusal::Missing));
    house.gallery.renderer = Arc::new(Painter::Lacks);
    assert_eq!(house.make(waits.id).await, Made::Waits("heif-dec"));
    house.gallery.renderer = Arc::new(Painter::Breaks);
    let broke = house.try_to_make(waits.id).await;
    assert!(matches!(broke, Err(MakeError::Render(_))));
    assert_eq!(house.picture(waits.id).await.status, PictureStatus::Processing);
}

pub async fn what_a_missing_program_is_needed_for_is_not_brought_at_all(stores: Stores) {
    let mut house = House::open(stores).await;
    let album = house.album(Access::Members).await;
    let (waits, other) = (house.sent(album.id).await, house.sent(album.id).await);
    let another = Body::Bytes(vec![2, 3]);
    house.gallery.objects.put(&sent(other.id).key, another, "image/jpeg").await.unwrap();
    house.gallery.renderer = Arc::new(Without);
    assert_eq!(house.make(waits.id).await, Made::Waits("heif-dec"));
    assert_eq!(house.make(other.id).await, Made::Failed(album.id, Refusal::Malformed));
}

pub async fn what_never_worked_has_failed_and_can_be_tried_again(stores: Stores) {
    let mut house = House::open(stores).await;
    let album = house.album(Access::Members).await;
    let (broken, good) = (house.sent(album.id).await, house.sent(album.id).await);
    house.make(good.id).await;
    house.gallery.renderer = Arc::new(Painter::Breaks);
    assert!(house.try_to_make(broken.id).await.is_err());
    let given_up = house.gallery.give_up(broken.id).await.unwrap();
    assert_eq!(given_up, Made::Failed(album.id, Refusal::Internal));
    assert_eq!(house.gallery.give_up(good.id).await.unwrap(), Made::Nothing, "it is ready");
    let status = house.picture(broken.id).await.status;
    assert_eq!(status, PictureStatus::Failed { reason: Refusal::Internal });
    house.gallery.renderer = Arc::new(Painter::Paints);
    let bulk = house.gallery.retry(&house.admin, &Which::These(vec![broken.id])).await.unwrap();
    assert_eq!((bulk.changed, house.make(broken.id).await), (1, Made::Ready(album.id)));
}

pub async fn what_is_made_of_a_picture_that_was_deleted_meanwhile_is_swept(stores: Stores) {
    let house = House::open(stores).await;
    let album = house.album(Access::Members).await;
    let picture = house.sent(album.id).await;
    let which = Which::These(vec![picture.id]);
    assert_eq!(house.gallery.sweep(picture.id).await.unwrap(), Some(noon() + TimeDelta::minutes(15)));
    house.gallery.delete(&house.admin, &which).await.unwrap();
    house.leave(picture.id, "0198-pass");
    assert_eq!(house.make(picture.id).await, Made::Nothing);
    house.work().await;
    assert_eq!(house.heap.names(""), []);
}

pub async fn what_a_slow_worker_puts_after_the_one_that_took_its_work_is_swept_within_a_day(stores: Stores) {
    let house = House::open(stores).await;
    let album = house.album(Access::Members).await;
    let (kept, deleted, erased) =
        (house.sent(album.id).await, house.sent(album.id).await, house.shown(album.id).await);
    assert_eq!(house.make(kept.id).await, Made::Ready(album.id));
    house.gallery.delete(&house.admin, &Which::These(vec![deleted.id])).await.unwrap();
    let wish = house.gallery.ask_removal(&house.member().await, erased.id, None).await.unwrap();
    house.gallery.agree_removal(&house.admin, wish.id, None).await.unwrap();
    // By then also what is owed for each file that is sent is done.
    house.work_at(noon() + TimeDelta::hours(2)).await;
    let before = house.heap.names("");
    for picture in [&kept, &deleted, &erased] {
        house.leave(picture.id, "0198-late");
    }
    house.work_at(noon() + TimeDelta::hours(24) - TimeDelta::seconds(1)).await;
    assert_eq!(house.heap.names("").len(), before.len() + 3);
    house.work_at(noon() + TimeDelta::hours(24)).await;
    assert_eq!(house.heap.names(""), before);
}
