//! Links as browsers follow them, with the bucket's name in the path and in the host.

use crate::settings;
use adapter_s3::{S3, Settings};
use chrono::TimeDelta;
use kernel::{Body, Delivery, Disposition, ObjectKey, ObjectStore, Window};
use reqwest::StatusCode;
use std::net::SocketAddr;
use testkit::servers::{Bucket, S3Server};

const WINDOW: Window = Window(TimeDelta::minutes(10));

fn delivery() -> Delivery {
    Delivery {
        content_type: "audio/ogg; codecs=opus".into(),
        disposition: Disposition::Attachment("Sörens Set, 2 + 2.opus".into()),
        meter: None,
    }
}

/// The shared bucket with its name in the host, which only this client can find.
fn in_the_host(bucket: &Bucket) -> (Settings, reqwest::Client) {
    let address: SocketAddr = bucket.endpoint.trim_start_matches("http://").parse().unwrap();
    let domain = S3Server::DOMAIN;
    let prefix = format!("test-{}", uuid::Uuid::new_v4());
    let settings = Settings {
        endpoint: Some(format!("http://{domain}:{}", address.port())),
        path_style: false,
        ..settings(bucket, &prefix)
    };
    let host = format!("{}.{domain}", bucket.name);
    (settings, reqwest::Client::builder().resolve(&host, address).build().unwrap())
}

#[tokio::test]
async fn a_link_says_what_it_leads_to_in_either_style() {
    let bucket = &testkit::servers::s3().bucket;
    let (hosted, client) = in_the_host(bucket);
    let by_path = S3::new(&Settings { prefix: hosted.prefix.clone(), ..settings(bucket, "") }).unwrap();
    let by_host = S3::new(&hosted).unwrap();
    let key = ObjectKey::parse("sets/1/opus-128.ogg").unwrap();
    by_path.put(&key, Body::Bytes(b"0123456789".to_vec()), "audio/ogg").await.unwrap();
    for store in [&by_path, &by_host] {
        let url = store.link(&key, &delivery(), WINDOW, crate::now()).unwrap().url;
        let answer = client.get(&url).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{url}");
        let headers = answer.headers();
        assert_eq!(headers["content-type"], "audio/ogg; codecs=opus");
        assert_eq!(headers["cache-control"], "private, max-age=1200, immutable");
        assert_eq!(
            headers["content-disposition"],
            "attachment; filename=\"S_rens Set, 2 + 2.opus\"; filename*=UTF-8''S%C3%B6rens%20Set%2C%202%20+%202.opus"
        );
        assert_eq!(answer.text().await.unwrap(), "0123456789");
    }
}

/// Stores promise to say what a link wants of a whole answer only.
#[tokio::test]
async fn a_part_of_an_object_is_sent_as_it_was_put_and_kept_by_browsers_alone() {
    let store = crate::fresh();
    let key = ObjectKey::parse("a").unwrap();
    store.put(&key, Body::Bytes(b"0123456789".to_vec()), "audio/ogg").await.unwrap();
    let url = store.link(&key, &delivery(), WINDOW, crate::now()).unwrap().url;
    let answer = reqwest::Client::new().get(&url).header("range", "bytes=2-4").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::PARTIAL_CONTENT, "{url}");
    let headers = answer.headers();
    assert_eq!(headers["content-range"], "bytes 2-4/10");
    assert!(headers["content-type"].to_str().unwrap().starts_with("audio/ogg"), "{headers:?}");
    assert!(headers["cache-control"].to_str().unwrap().starts_with("private, max-age="), "{headers:?}");
    assert_eq!(answer.text().await.unwrap(), "234");
}

#[tokio::test]
async fn a_link_opens_nothing_else_and_cannot_be_made_to_say_something_else() {
    let bucket = &testkit::servers::s3().bucket;
    let prefix = format!("test-{}", uuid::Uuid::new_v4());
    let store = S3::new(&settings(bucket, &prefix)).unwrap();
    let key = ObjectKey::parse("a").unwrap();
    let other = ObjectKey::parse("b").unwrap();
    for key in [&key, &other] {
        store.put(key, Body::Bytes(b"x".to_vec()), "text/plain").await.unwrap();
    }
    let url = store.link(&key, &delivery(), WINDOW, crate::now()).unwrap().url;
    let client = reqwest::Client::new();
    assert_eq!(client.get(&url).send().await.unwrap().status(), StatusCode::OK);
    for bad in [
        url.replace("/a?", "/b?"),
        url.replace("audio%2Fogg", "text%2Fhtml"),
        url.replace("max-age%3D1200", "max-age%3D9999"),
        url.replace("X-Amz-Expires=1200", "X-Amz-Expires=9999"),
        url.split_once('?').unwrap().0.to_owned(),
    ] {
        assert_ne!(bad, url);
        let status = client.get(&bad).send().await.unwrap().status();
        assert_eq!(status, StatusCode::FORBIDDEN, "{bad}");
    }
    for method in ["PUT", "DELETE"] {
        let status = client.request(method.parse().unwrap(), &url).send().await.unwrap().status();
        assert_eq!(status, StatusCode::FORBIDDEN, "{method}");
    }
}

#[tokio::test]
async fn a_link_is_the_same_for_its_window_and_ends_with_the_next() {
    let store = crate::fresh();
    let key = ObjectKey::parse("a").unwrap();
    store.put(&key, Body::Bytes(b"x".to_vec()), "text/plain").await.unwrap();
    let now = crate::now();
    let link = |now| store.link(&key, &delivery(), WINDOW, now).unwrap();
    let (start, end) = WINDOW.around(now);
    assert_eq!(link(start), link(start + TimeDelta::milliseconds(599_999)));
    assert_eq!(link(start).expires_at, end);
    assert_ne!(link(start).url, link(start + TimeDelta::minutes(10)).url);
    let client = reqwest::Client::new();
    let ended = link(now - TimeDelta::minutes(20)).url;
    assert!(client.get(ended).send().await.unwrap().status().is_client_error());
}

#[tokio::test]
async fn a_part_is_sent_as_long_as_promised_before_its_time_is_over() {
    let store = crate::fresh();
    let key = ObjectKey::parse("a").unwrap();
    let parts = store.begin_parts(&key, "text/plain").await.unwrap();
    let now = crate::now();
    let hour = TimeDelta::hours(1);
    let client = reqwest::Client::new();
    let good = store.part_link(&key, &parts, 1, 5, now, now + hour).unwrap().url;
    let sent = |url: String, body: &'static str| client.put(url).body(body).send();
    for body in ["hell", "hello!", ""] {
        assert!(sent(good.clone(), body).await.unwrap().status().is_client_error(), "{body}");
    }
    let other = good.replace("partNumber=1", "partNumber=2");
    assert_eq!(sent(other, "hello").await.unwrap().status(), StatusCode::FORBIDDEN);
    let late = store.part_link(&key, &parts, 1, 5, now - hour - hour, now - hour).unwrap().url;
    assert!(sent(late, "hello").await.unwrap().status().is_client_error());
    assert_eq!(store.parts(&key, &parts).await.unwrap().unwrap(), []);
    assert!(sent(good, "hello").await.unwrap().status().is_success());
    store.drop_parts(&key, &parts).await.unwrap();
}
