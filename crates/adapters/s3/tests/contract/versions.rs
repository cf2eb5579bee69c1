//! Buckets that keep what is removed.

use crate::settings;
use adapter_s3::{S3, Settings};
use kernel::{ObjectError, ObjectKey, ObjectStore};
use std::error::Error;
use std::sync::{Arc, Mutex};
use testkit::servers::scripted::{Asked, Reply, serving};

const NAME: &str = "pictures/1/2/320.webp";

/// What is kept of the object of this name: versions and markers, by their names.
type Kept = Arc<Mutex<Vec<String>>>;

fn settings_at(endpoint: String) -> Settings {
    let bucket = testkit::servers::Bucket { endpoint, ..testkit::servers::s3().bucket.clone() };
    settings(&bucket, "live")
}

/// As a store with versioning answers, for one object.
fn versioned(asked: &Asked, kept: &Kept) -> Reply {
    let mut kept = kept.lock().unwrap();
    if asked.line.starts_with("POST") && asked.body.contains("<VersionId>") {
        kept.retain(|version| !asked.body.contains(&format!("<VersionId>{version}</VersionId>")));
        return Reply::fine("<DeleteResult/>");
    }
    if asked.line.starts_with("POST") {
        kept.push("marker-1".into());
        return Reply::fine(format!(
            "<DeleteResult><Deleted><Key>live/{NAME}</Key><DeleteMarker>true</DeleteMarker>\
             <DeleteMarkerVersionId>marker-1</DeleteMarkerVersionId></Deleted></DeleteResult>"
        ));
    }
    let one = |version: &String| {
        let kind = if version.starts_with("marker") { "DeleteMarker" } else { "Version" };
        format!("<{kind}><Key>live/{NAME}</Key><VersionId>{version}</VersionId></{kind}>")
    };
    // What begins like it is somebody else.
    let other = format!("<Version><Key>live/{NAME}.bak</Key><VersionId>other</VersionId></Version>");
    let all: String = kept.iter().map(one).collect();
    Reply::fine(format!(
        "<ListVersionsResult><IsTruncated>false</IsTruncated>{all}{other}</ListVersionsResult>"
    ))
}

#[tokio::test]
async fn what_is_removed_is_gone_with_all_its_versions() {
    let kept: Kept = Arc::new(Mutex::new(vec!["1".into(), "2".into()]));
    let shared = Arc::clone(&kept);
    let endpoint = serving(move |asked| versioned(asked, &shared)).await.unwrap();
    let store = S3::new(&settings_at(endpoint)).unwrap();
    store.delete(&[ObjectKey::parse(NAME).unwrap()]).await.unwrap();
    assert_eq!(*kept.lock().unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn whoever_may_not_remove_versions_is_told_and_nothing_is_called_gone() {
    let kept: Kept = Arc::new(Mutex::new(vec!["1".into()]));
    let endpoint = serving(move |asked| {
        if asked.line.starts_with("GET") {
            return Reply::status(403, "<Error><Code>AccessDenied</Code><Message>no</Message></Error>");
        }
        versioned(asked, &kept)
    });
    let store = S3::new(&settings_at(endpoint.await.unwrap())).unwrap();
    let error = store.delete(&[ObjectKey::parse(NAME).unwrap()]).await.unwrap_err();
    assert!(matches!(error, ObjectError::Broken { .. }), "{error:?}");
    let said = error.source().unwrap().to_string();
    assert!(said.contains("s3:DeleteObjectVersion"), "{said}");
}
