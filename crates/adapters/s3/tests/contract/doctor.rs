//! What the doctor is told of a bucket: what we can do, what strangers can, and what browsers may.

use crate::{fresh, settings};
use adapter_s3::{Exposure, Probed, S3};
use kernel::ObjectStore;
use testkit::servers::Bucket;
use testkit::servers::scripted::{Asked, Reply, serving};

/// A bucket that a fake keeps.
async fn faked(reply: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> S3 {
    let bucket = Bucket { endpoint: serving(reply).await.unwrap(), ..testkit::servers::s3().bucket.clone() };
    S3::new(&settings(&bucket, "live")).unwrap()
}

#[tokio::test]
async fn a_good_bucket_does_all_that_is_needed_and_keeps_nothing_of_the_probe() {
    let store = fresh();
    assert_eq!(store.probe(crate::now()).await.unwrap(), Probed { keeps_versions: false });
    assert_eq!(store.exposures().await.unwrap(), []);
    assert_eq!(store.list("", None, 10).await.unwrap(), []);
    assert_eq!(store.unfinished("", 10).await.unwrap(), []);
}

#[tokio::test]
async fn links_that_are_refused_are_told_apart_from_calls() {
    let store = fresh();
    // Signed for yesterday, as by a clock that is wrong; calls are signed by the real one.
    let error = store.probe(crate::now() - chrono::TimeDelta::days(1)).await.unwrap_err();
    let said = std::error::Error::source(&error).unwrap().to_string();
    assert!(said.contains("refuses links") && error.to_string().contains("following a link"), "{said}");
    assert_eq!(store.list("", None, 10).await.unwrap(), []);
    assert_eq!(store.unfinished("", 10).await.unwrap(), []);
}

#[tokio::test]
async fn an_open_bucket_is_seen_to_be_open() {
    let store = faked(|_| Reply::fine("<DeleteResult/>")).await;
    let found = store.exposures().await.unwrap();
    assert_eq!(found, [Exposure::Read, Exposure::List, Exposure::Write, Exposure::Remove]);
    assert!(found[0].to_string().starts_with("anybody can read objects: take"), "{}", found[0]);
}

#[tokio::test]
async fn a_single_right_that_strangers_have_anywhere_is_seen() {
    /// The method, and where in the address.
    type Right = (&'static str, &'static str);
    let rights: [(Right, Exposure); 8] = [
        (("GET", "/live/pictures/"), Exposure::Read),
        (("GET", "/live/sets/"), Exposure::Read),
        (("GET", "/live/uploads/"), Exposure::Read),
        (("GET", "/?list-type=2&max-keys=1 "), Exposure::List),
        (("GET", "&prefix=live%2Fsets%2F "), Exposure::List),
        (("PUT", "/live/sets/"), Exposure::Write),
        (("DELETE", "/live/pictures/"), Exposure::Remove),
        (("DELETE", "/live/uploads/"), Exposure::Remove),
    ];
    for ((method, part), exposure) in rights {
        let store = faked(move |asked: &Asked| {
            let open = asked.line.starts_with(method) && asked.line.contains(part);
            if asked.is_signed() || open { Reply::fine("<DeleteResult/>") } else { Reply::status(403, "") }
        });
        assert_eq!(store.await.exposures().await.unwrap(), [exposure], "{method} {part}");
    }
    let closed = |asked: &Asked| {
        if asked.is_signed() { Reply::fine("<DeleteResult/>") } else { Reply::status(403, "") }
    };
    assert_eq!(faked(closed).await.exposures().await.unwrap(), []);
}
