//! What the doctor is told of a bucket: what we can do, what strangers can, and what browsers may.

use crate::{fresh, settings};
use adapter_s3::{Exposure, S3};
use kernel::ObjectStore;
use testkit::servers::Bucket;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[tokio::test]
async fn a_good_bucket_does_all_that_is_needed_and_keeps_nothing_of_the_probe() {
    let store = fresh();
    store.probe().await.unwrap();
    assert_eq!(store.exposures().await.unwrap(), []);
    assert_eq!(store.list("", None, 10).await.unwrap(), []);
    assert_eq!(store.unfinished("", 10).await.unwrap(), []);
}

/// Answers everybody well, whatever they ask: as open as a bucket can be. `HEAD` and `DELETE` have no body.
async fn answer_all(listener: TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(answer(stream));
    }
}

async fn answer(mut stream: TcpStream) {
    let mut asked = Vec::new();
    while !asked.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read_buf(&mut asked).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
    let body = if asked.starts_with(b"POST") { "<DeleteResult/>" } else { "" };
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 200 OK\r\nETag: \"x\"\r\nContent-Type: application/xml\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
}

#[tokio::test]
async fn an_open_bucket_is_seen_to_be_open() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let bucket = Bucket {
        endpoint: format!("http://{}", listener.local_addr().unwrap()),
        ..testkit::servers::s3().bucket.clone()
    };
    tokio::spawn(answer_all(listener));
    let store = S3::new(&settings(&bucket, "")).unwrap();
    let found = store.exposures().await.unwrap();
    assert_eq!(found, [Exposure::Read, Exposure::List, Exposure::Write]);
    assert!(found[0].to_string().starts_with("anybody can read objects: take"), "{}", found[0]);
}
