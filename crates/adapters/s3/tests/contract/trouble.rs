//! What is said when a store is away, or asked wrongly.

use crate::settings;
use adapter_s3::{S3, Settings};
use kernel::{Body, ObjectError, ObjectKey, ObjectStore, Part, PartsId};
use std::error::Error;
use testkit::servers::S3Server;

fn key() -> ObjectKey {
    ObjectKey::parse("a").unwrap()
}

async fn put(settings: &Settings) -> Result<(), ObjectError> {
    S3::new(settings).unwrap().put(&key(), Body::Bytes(b"x".to_vec()), "text/plain").await
}

fn said(error: &ObjectError) -> String {
    error.source().unwrap().to_string()
}

#[tokio::test]
async fn an_operator_is_told_what_to_put_right() {
    let good = settings(&testkit::servers::s3().bucket, "test-trouble");
    let unknown_key = Settings { access_key: format!("GK{}", "0".repeat(24)), ..good.clone() };
    let wrong_secret = Settings { secret_key: "0".repeat(64), ..good.clone() };
    let no_bucket = Settings { bucket: "nobody-made-this".into(), ..good.clone() };
    let elsewhere = Settings { region: "us-east-1".into(), ..good.clone() };
    for (settings, words) in [
        (unknown_key, "key"),
        (wrong_secret, "key"),
        (no_bucket, "there is no such bucket"),
        (elsewhere, "mend media.region"),
    ] {
        let error = put(&settings).await.unwrap_err();
        assert!(matches!(error, ObjectError::Broken { .. }), "{error:?}");
        let said = said(&error);
        assert!(said.contains(words), "{said}");
        assert!(!said.contains(&settings.secret_key), "{said}");
    }
}

#[tokio::test]
async fn a_store_that_is_away_may_be_asked_later() {
    let mut server = S3Server::start().unwrap();
    let settings = settings(&server.bucket(), "");
    put(&settings).await.unwrap();
    server.stop().unwrap();
    let error = put(&settings).await.unwrap_err();
    assert!(matches!(error, ObjectError::Unavailable { .. }), "{error:?}");
}

#[tokio::test]
async fn parts_that_nobody_began_are_not_there_and_cannot_be_finished() {
    let store = crate::fresh();
    let dropped = store.begin_parts(&key(), "text/plain").await.unwrap();
    store.drop_parts(&key(), &dropped).await.unwrap();
    for parts in [dropped, PartsId("0".repeat(64))] {
        assert_eq!(store.parts(&key(), &parts).await.unwrap(), None);
        store.drop_parts(&key(), &parts).await.unwrap();
        let of = [Part { number: 1, etag: "0".repeat(32), size: 1 }];
        let error = store.finish_parts(&key(), &parts, &of).await.unwrap_err();
        assert!(matches!(error, ObjectError::Refused { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_part_with_another_etag_is_refused() {
    let store = crate::fresh();
    let now = crate::now();
    let parts = store.begin_parts(&key(), "text/plain").await.unwrap();
    let link = store.part_link(&key(), &parts, 1, 5, now, now + chrono::TimeDelta::hours(1)).unwrap();
    reqwest::Client::new().put(link.url).body("hello").send().await.unwrap();
    for number in [1, 2] {
        let of = [Part { number, etag: "0".repeat(32), size: 5 }];
        let error = store.finish_parts(&key(), &parts, &of).await.unwrap_err();
        assert!(matches!(error, ObjectError::Refused { .. }), "{error:?}");
    }
    store.drop_parts(&key(), &parts).await.unwrap();
}
