//! An upload that is completed while something else happens.

use crate::bucket::{Bucket, Fault};
use adapter_local::{LocalStore, Place};
use chrono::TimeDelta;
use kernel::{AccountId, Actor, Body, Clock, ObjectError, ObjectStore, Outbox, PageRequest, Role, SessionId};
use media::{
    CompleteError, DOMAIN, Effect, Format, MediaStore, Mismatch, NewUpload, Over, Upload, UploadStatus,
    Uploads,
};
use std::sync::Arc;
use testkit::StoppedClock;

pub(crate) struct Desk {
    pub(crate) uploads: Uploads,
    pub(crate) bucket: Arc<Bucket>,
    pub(crate) clock: Arc<StoppedClock>,
    store: LocalStore,
    sender: Actor,
}

const FLAC: &[u8] = b"fLaC and more";

impl Desk {
    pub(crate) fn open() -> Self {
        let store = LocalStore::open(Place::Memory).unwrap();
        let media: Arc<dyn MediaStore> = Arc::new(store.clone());
        let clock = Arc::new(StoppedClock::default());
        let told: Arc<dyn Clock> = clock.clone();
        let (now, bucket) = (clock.now(), Arc::new(Bucket::default()));
        let sender = Actor {
            account: AccountId::generate(now),
            session: SessionId::generate(now),
            role: Role::Admin,
            request: None,
        };
        let objects: Arc<dyn ObjectStore> = bucket.clone();
        Self { uploads: Uploads::new(media, objects, told), bucket, clock, store, sender }
    }

    /// Does all that is owed by now.
    pub(crate) async fn work(&self) {
        let now = self.clock.now();
        let due = self.store.claim(&[DOMAIN], now, now, 100).await.unwrap();
        for due in due {
            self.uploads.perform(&serde_json::from_str(&due.body).unwrap()).await.unwrap();
            self.store.finish(due.lease()).await.unwrap();
        }
    }

    async fn sent(&self, bytes: &[u8]) -> Upload {
        let wish = NewUpload {
            kind: "set".into(),
            filename: "night.flac".into(),
            size: i64::try_from(bytes.len()).unwrap(),
            content_type: "audio/flac".into(),
        };
        let begun = self.uploads.begin(&wish, &self.sender).await.unwrap();
        self.bucket.send(&begun.upload.parts, 1, bytes);
        begun.upload
    }

    async fn complete(&self, upload: &Upload) -> Result<Upload, CompleteError> {
        self.uploads.complete(&self.sender, upload.id, &[]).await
    }

    fn fails(&self, fault: Fault) {
        *self.bucket.fault.lock().unwrap() = Some(fault);
    }
}

#[tokio::test]
async fn an_answer_that_was_lost_is_asked_for_again() {
    let desk = Desk::open();
    let upload = desk.sent(FLAC).await;
    desk.fails(Fault::LostAnswer);
    let lost = desk.complete(&upload).await;
    assert!(matches!(lost, Err(CompleteError::Objects(ObjectError::Unavailable { .. }))), "{lost:?}");
    let shown = desk.uploads.show(desk.sender.account, upload.id).await.unwrap();
    assert_eq!((shown.upload.status, shown.missing.len()), (UploadStatus::Open, 0));
    for _ in 0..2 {
        assert_eq!(desk.complete(&upload).await.unwrap().status, UploadStatus::Completed);
    }
}

#[tokio::test]
async fn of_two_that_complete_it_at_once_both_are_told_so() {
    let desk = Desk::open();
    let upload = desk.sent(FLAC).await;
    let (uploads, sender, id) = (desk.uploads.clone(), desk.sender, upload.id);
    desk.fails(Fault::Before(Box::pin(async move {
        uploads.complete(&sender, id, &[]).await.unwrap();
    })));
    assert_eq!(desk.complete(&upload).await.unwrap().status, UploadStatus::Completed);
    assert_eq!(desk.bucket.count(), (1, 0));
}

#[tokio::test]
async fn what_is_given_up_while_it_is_put_together_leaves_nothing() {
    let desk = Desk::open();
    let upload = desk.sent(FLAC).await;
    let (uploads, sender, id) = (desk.uploads.clone(), desk.sender, upload.id);
    desk.fails(Fault::Before(Box::pin(async move {
        uploads.drop(&sender, id).await.unwrap();
        uploads.perform(&Effect::Discard { upload: id }).await.unwrap();
    })));
    let over = desk.complete(&upload).await;
    assert!(matches!(over, Err(CompleteError::Over(Over::Dropped))), "{over:?}");
    assert_eq!(desk.bucket.count(), (0, 0));
}

#[tokio::test]
async fn what_becomes_an_object_after_it_was_given_up_goes_as_well() {
    let desk = Desk::open();
    let upload = desk.sent(FLAC).await;
    let (uploads, sender, id) = (desk.uploads.clone(), desk.sender, upload.id);
    desk.fails(Fault::Meanwhile(Box::pin(async move {
        uploads.drop(&sender, id).await.unwrap();
        uploads.perform(&Effect::Discard { upload: id }).await.unwrap();
    })));
    let over = desk.complete(&upload).await;
    assert!(matches!(over, Err(CompleteError::Over(Over::Dropped))), "{over:?}");
    assert_eq!(desk.bucket.count(), (1, 0), "it came too late for what was done");
    desk.work().await;
    assert_eq!(desk.bucket.count(), (0, 0));
}

#[tokio::test]
async fn what_nobody_could_tell_of_goes_an_hour_later() {
    let desk = Desk::open();
    let upload = desk.sent(FLAC).await;
    desk.uploads.drop(&desk.sender, upload.id).await.unwrap();
    desk.work().await;
    // Whoever put it together was killed.
    desk.bucket.put(&upload.key().unwrap(), Body::Bytes(FLAC.to_vec()), "audio/flac").await.unwrap();
    desk.work().await;
    assert_eq!(desk.bucket.count(), (1, 0));
    desk.clock.advance(TimeDelta::hours(1));
    desk.work().await;
    assert_eq!(desk.bucket.count(), (0, 0));
}

#[tokio::test]
async fn what_the_store_has_lost_is_said_to_be_dropped() {
    let desk = Desk::open();
    for by_looking in [true, false] {
        let upload = desk.sent(FLAC).await;
        desk.bucket.lose();
        if by_looking {
            let shown = desk.uploads.show(desk.sender.account, upload.id).await.unwrap();
            assert_eq!((shown.upload.status, shown.upload.filename.as_str()), (UploadStatus::Dropped, ""));
        }
        let over = desk.complete(&upload).await;
        assert!(matches!(over, Err(CompleteError::Over(Over::Dropped))), "{over:?}");
        let page = PageRequest { limit: 10, after: None };
        assert_eq!(desk.uploads.list(desk.sender.account, page).await.unwrap().items, []);
    }
}

#[tokio::test]
async fn flac_behind_a_tag_with_a_cover_is_flac() {
    let desk = Desk::open();
    let tag = |length: u8| {
        [b"ID3\x04\0\0\0\0".to_vec(), vec![length, 0], vec![7; usize::from(length) * 128]].concat()
    };
    let twice = [tag(100), tag(40), FLAC.to_vec()].concat();
    for whole in [[tag(100), FLAC.to_vec()].concat(), twice] {
        let upload = desk.sent(&whole).await;
        assert_eq!(desk.complete(&upload).await.unwrap().status, UploadStatus::Completed);
    }
    let mp3 = desk.sent(&[tag(100), b"\xff\xfb\x90\0".to_vec()].concat()).await;
    let refused = desk.complete(&mp3).await;
    let found = Mismatch::Content(Some(Format::Mp3));
    assert!(matches!(&refused, Err(CompleteError::Mismatch(it)) if *it == found), "{refused:?}");
}

#[tokio::test]
async fn a_part_that_is_sent_again_meanwhile_is_named() {
    let desk = Desk::open();
    let upload = desk.sent(FLAC).await;
    let (bucket, parts) = (Arc::clone(&desk.bucket), upload.parts.clone());
    desk.fails(Fault::Before(Box::pin(async move {
        bucket.send(&parts, 1, b"fLaC and MORE");
    })));
    let missing = desk.complete(&upload).await;
    assert!(matches!(&missing, Err(CompleteError::Missing(parts)) if parts == &[1]), "{missing:?}");
    assert_eq!(desk.complete(&upload).await.unwrap().status, UploadStatus::Completed);
}

#[tokio::test]
async fn what_is_something_else_is_dropped_with_what_it_says() {
    let desk = Desk::open();
    let upload = desk.sent(b"<html>").await;
    let refused = desk.complete(&upload).await;
    assert!(matches!(refused, Err(CompleteError::Mismatch(Mismatch::Content(None)))), "{refused:?}");
    // Only what was given up is thrown away.
    desk.uploads.perform(&Effect::Discard { upload: upload.id }).await.unwrap();
    assert_eq!(desk.bucket.count(), (0, 0));
    let kept = desk.sent(FLAC).await;
    desk.uploads.perform(&Effect::Discard { upload: kept.id }).await.unwrap();
    assert_eq!(desk.bucket.count(), (0, 1));
}
