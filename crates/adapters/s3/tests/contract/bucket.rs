//! What a bucket holds besides ours, and what is too large for one call.

use crate::{fresh, settings};
use adapter_s3::S3;
use kernel::{Body, ObjectKey, ObjectStore, Span};

fn key(name: &str) -> ObjectKey {
    ObjectKey::parse(name).unwrap()
}

fn bytes(text: &str) -> Body {
    Body::Bytes(text.into())
}

#[tokio::test]
async fn prefixes_of_one_bucket_do_not_see_each_other() {
    let bucket = &testkit::servers::s3().bucket;
    let outer = format!("test-{}", uuid::Uuid::new_v4());
    let one = S3::new(&settings(bucket, &outer)).unwrap();
    let other = S3::new(&settings(bucket, &format!("{outer}/inner"))).unwrap();
    one.put(&key("a"), bytes("one"), "text/plain").await.unwrap();
    other.put(&key("a"), bytes("other"), "text/plain").await.unwrap();
    assert_eq!(one.head(&key("a")).await.unwrap().unwrap().size, 3);
    assert_eq!(other.head(&key("a")).await.unwrap().unwrap().size, 5);
    let listed = other.list("", None, 10).await.unwrap();
    assert_eq!(listed.iter().map(|listed| listed.key.as_str()).collect::<Vec<_>>(), ["a"]);
}

#[tokio::test]
async fn what_somebody_else_put_under_the_prefix_is_passed_over() {
    let bucket = &testkit::servers::s3().bucket;
    let prefix = format!("test-{}", uuid::Uuid::new_v4());
    let foreign = S3::new(&settings(bucket, &format!("{prefix}/With Capitals"))).unwrap();
    let ours = S3::new(&settings(bucket, &prefix)).unwrap();
    for number in 0..3 {
        foreign.put(&key(&number.to_string()), bytes("x"), "text/plain").await.unwrap();
    }
    for name in ["a", "b", "c"] {
        ours.put(&key(name), bytes("x"), "text/plain").await.unwrap();
    }
    let names = |limit| {
        let ours = &ours;
        async move {
            let listed = ours.list("", None, limit).await.unwrap();
            listed.into_iter().map(|listed| listed.key.to_string()).collect::<Vec<_>>().join(" ")
        }
    };
    // Theirs come first by name and fill the pages.
    assert_eq!(names(2).await, "a b");
    assert_eq!(names(10).await, "a b c");
}

#[tokio::test]
async fn more_are_removed_than_one_call_takes() {
    let store = fresh();
    store.put(&key("a/1"), bytes("x"), "text/plain").await.unwrap();
    store.put(&key("a/1500"), bytes("x"), "text/plain").await.unwrap();
    let all: Vec<_> = (0..=1500).map(|number| key(&format!("a/{number}"))).collect();
    store.delete(&all).await.unwrap();
    assert_eq!(store.list("", None, 10).await.unwrap(), []);
    store.delete(&[]).await.unwrap();
}

#[tokio::test]
async fn a_large_file_is_put_in_parts_and_is_whole() {
    const SIZE: u64 = 64 * 1024 * 1024 + 3;
    let store = fresh();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set.flac");
    let mut content = vec![7; usize::try_from(SIZE).unwrap()];
    let end = content.len() - 3;
    content[end..].copy_from_slice(b"end");
    tokio::fs::write(&path, &content).await.unwrap();
    store.put(&key("set"), Body::File(path), "audio/flac").await.unwrap();
    let object = store.head(&key("set")).await.unwrap().unwrap();
    assert_eq!((object.size, object.content_type.as_str()), (SIZE, "audio/flac"));
    assert!(object.etag.ends_with("-2"), "{}", object.etag);
    let span = Span { start: SIZE - 5, length: 100 };
    let mut reader = store.get(&key("set"), Some(span)).await.unwrap().unwrap().reader;
    let mut read = Vec::new();
    while let Some(more) = reader.next().await.unwrap() {
        read.extend(more);
    }
    assert_eq!(read, [7, 7, b'e', b'n', b'd']);
    assert_eq!(store.unfinished("", 10).await.unwrap(), []);
}

#[tokio::test]
async fn a_file_that_is_not_there_leaves_nothing_behind() {
    let store = fresh();
    let missing = Body::File("/nowhere/at/all".into());
    assert!(store.put(&key("a"), missing, "text/plain").await.is_err());
    assert_eq!(store.head(&key("a")).await.unwrap(), None);
}
