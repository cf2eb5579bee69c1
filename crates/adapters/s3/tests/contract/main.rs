//! The promises of an object store, kept in a bucket of a server that is not ours, and what is special about buckets.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on shall stop")]

mod bucket;
mod doctor;
mod links;
mod trouble;
mod versions;

use adapter_s3::{S3, Settings};
use kernel::{Clock, ObjectStore, SystemClock, Timestamp};
use std::sync::Arc;
use testkit::servers::Bucket;

/// The shared bucket, under this prefix.
fn settings(bucket: &Bucket, prefix: &str) -> Settings {
    Settings {
        bucket: bucket.name.clone(),
        prefix: prefix.into(),
        endpoint: Some(bucket.endpoint.clone()),
        region: bucket.region.clone(),
        access_key: bucket.access_key.clone(),
        secret_key: bucket.secret_key.clone(),
        path_style: true,
    }
}

/// A prefix of its own in the shared bucket.
fn fresh() -> S3 {
    let prefix = format!("test-{}", uuid::Uuid::new_v4());
    S3::new(&settings(&testkit::servers::s3().bucket, &prefix)).unwrap()
}

async fn open() -> Arc<dyn ObjectStore> {
    Arc::new(fresh())
}

testkit::object_store_contract!(open);

/// The server looks at the real time, and so links for it are made.
fn now() -> Timestamp {
    SystemClock.now()
}
