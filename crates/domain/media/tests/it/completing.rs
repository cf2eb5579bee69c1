//! An upload that is completed while something else happens.

use crate::bucket::{Bucket, Fault};
use adapter_local::{LocalStore, Place};
use kernel::{AccountId, Actor, Clock, ObjectError, ObjectStore, Role, SessionId};
use media::{CompleteError, Effect, MediaStore, Mismatch, NewUpload, Over, Upload, UploadStatus, Uploads};
use std::sync::Arc;
use testkit::StoppedClock;

struct Desk {
    uploads: Uploads,
    bucket: Arc<Bucket>,
    sender: Actor,
}

const FLAC: &[u8] = b"fLaC and more";

impl Desk {
    fn open() -> Self {
        let store: Arc<dyn MediaStore> = Arc::new(LocalStore::open(Place::Memory).unwrap());
        let clock: Arc<dyn Clock> = Arc::new(StoppedClock::default());
        let (now, bucket) = (clock.now(), Arc::new(Bucket::default()));
        let sender = Actor {
            account: AccountId::generate(now),
            session: SessionId::generate(now),
            role: Role::Admin,
            request: None,
        };
        let objects: Arc<dyn ObjectStore> = bucket.clone();
        Self { uploads: Uploads::new(store, objects, clock), bucket, sender }
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
