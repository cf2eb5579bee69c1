//! Files as this program serves them: who has a link, reads what it names, until its time.

use crate::harness::shop::Store;
use crate::harness::{Answer, answer, method};
use crate::uploads::Desk;
use chrono::TimeDelta;
use kernel::{AccountId, Body, Clock, Delivery, Disposition, Link, ObjectKey, Window};
use reqwest::Method;
use reqwest::header::HeaderMap;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Somebody with links to one object.
struct Reader {
    desk: Desk,
    key: ObjectKey,
    bytes: Vec<u8>,
}

const WINDOW: Window = Window(TimeDelta::hours(1));

impl Reader {
    async fn open(settings: &[(&str, &str)]) -> Self {
        let desk = Desk::with(Store::Local, settings).await;
        let key = ObjectKey::parse("sets/1/2/opus-128.mp4").unwrap();
        let bytes: Vec<u8> = (0..1000).map(|place| u8::try_from(place % 251).unwrap()).collect();
        let reader = Self { desk, key, bytes };
        reader.put(&reader.bytes).await;
        reader
    }

    async fn put(&self, bytes: &[u8]) {
        let body = Body::Bytes(bytes.to_vec());
        self.desk.app.app.objects.put(&self.key, body, "audio/mp4").await.unwrap();
    }

    fn link_for(&self, meter: Option<AccountId>) -> Link {
        let delivery = Delivery {
            content_type: "audio/ogg".into(),
            disposition: Disposition::Attachment("Night one.ogg".into()),
            meter,
        };
        let now = self.desk.clock.now();
        self.desk.app.app.objects.link(&self.key, &delivery, WINDOW, now).unwrap()
    }

    fn link(&self) -> String {
        self.link_for(None).url
    }

    async fn ask(
        &self,
        name: &str,
        url: &str,
        headers: &[(&'static str, &str)],
    ) -> (u16, HeaderMap, Vec<u8>) {
        let mut request = reqwest::Client::new().request(method(name), url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        (status, headers, response.bytes().await.unwrap().to_vec())
    }

    async fn status(&self, name: &str, url: &str) -> u16 {
        self.ask(name, url, &[]).await.0
    }

    async fn refused(&self, name: &str, url: &str) {
        let response = reqwest::Client::new().request(method(name), url).send().await.unwrap();
        Answer::of(response).await.expect_problem(403, "link_invalid");
    }
}

fn said<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_link_works_until_its_time_and_not_after() {
    let reader = Reader::open(&[]).await;
    let Link { url, expires_at } = reader.link_for(None);
    let lasts = expires_at - reader.desk.clock.now();
    assert!(lasts >= TimeDelta::hours(1) && lasts <= TimeDelta::hours(2), "{lasts}");
    let (status, headers, bytes) = reader.ask("GET", &url, &[]).await;
    assert_eq!((status, &bytes), (200, &reader.bytes));
    for (name, value) in [
        ("content-type", "audio/ogg"),
        ("content-disposition", "attachment; filename=\"Night one.ogg\""),
        ("content-length", "1000"),
        ("accept-ranges", "bytes"),
        ("cache-control", "private, max-age=7200, immutable"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("cross-origin-resource-policy", "cross-origin"),
        ("vary", "origin"),
    ] {
        assert_eq!(said(&headers, name), value, "{name}");
    }
    reader.desk.clock.set(expires_at - TimeDelta::seconds(1));
    assert_eq!(reader.status("GET", &url).await, 200);
    reader.desk.clock.set(expires_at);
    reader.refused("GET", &url).await;
    reader.desk.app.stop().await;
}

#[tokio::test]
async fn links_are_the_same_within_a_window() {
    let reader = Reader::open(&[]).await;
    let first = reader.link();
    reader.desk.clock.advance(TimeDelta::minutes(59));
    assert_eq!(reader.link(), first);
    reader.desk.clock.advance(TimeDelta::minutes(1));
    assert_ne!(reader.link(), first);
    assert_eq!(reader.status("GET", &first).await, 200, "the one before is still good");
    reader.desk.app.stop().await;
}

#[tokio::test]
async fn a_link_opens_nothing_else() {
    let reader = Reader::open(&[]).await;
    let other = ObjectKey::parse("sets/1/2/opus-192.mp4").unwrap();
    reader.desk.app.app.objects.put(&other, Body::Bytes(vec![1]), "audio/mp4").await.unwrap();
    let url = reader.link();
    reader.refused("GET", &url.replace("opus-128", "opus-192")).await;
    reader.refused("GET", &url.replace("/media/sets/1/2/", "/media/sets//1/2/")).await;
    reader.refused("PUT", &url).await;
    for name in ["POST", "PATCH", "DELETE"] {
        assert_eq!(reader.status(name, &url).await, 405, "{name}");
    }
    let (bare, query) = url.split_once('?').unwrap();
    reader.refused("GET", bare).await;
    let pairs: Vec<_> = query.split('&').collect();
    for left_out in 0..pairs.len() {
        let without: Vec<_> = (0..pairs.len()).filter(|at| *at != left_out).map(|at| pairs[at]).collect();
        reader.refused("GET", &format!("{bare}?{}", without.join("&"))).await;
        let mut changed: Vec<_> = pairs.iter().map(|pair| (*pair).to_owned()).collect();
        changed[left_out] = match changed[left_out].strip_suffix('1') {
            Some(rest) => format!("{rest}2"),
            None => format!("{}1", changed[left_out]),
        };
        reader.refused("GET", &format!("{bare}?{}", changed.join("&"))).await;
    }
    reader.desk.app.stop().await;
}

#[tokio::test]
async fn a_link_is_good_at_its_own_host_alone() {
    let reader = Reader::open(&[]).await;
    let url = reader.link();
    let address = reader.desk.app.url.strip_prefix("http://").unwrap();
    let path = url.strip_prefix(&reader.desk.app.url).unwrap();
    for (host, status) in [(address, 200), ("evil.example", 403), ("127.0.0.1", 403)] {
        let mut line = TcpStream::connect(address).await.unwrap();
        let asked = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        line.write_all(asked.as_bytes()).await.unwrap();
        let mut answered = Vec::new();
        line.read_to_end(&mut answered).await.unwrap();
        let answered = String::from_utf8_lossy(&answered);
        assert!(answered.starts_with(&format!("HTTP/1.1 {status} ")), "{host}: {answered}");
    }
    reader.desk.app.stop().await;
}

#[tokio::test]
async fn what_is_gone_is_gone_although_its_link_is_good() {
    let reader = Reader::open(&[]).await;
    let url = reader.link();
    reader.desk.app.app.objects.delete(std::slice::from_ref(&reader.key)).await.unwrap();
    assert_eq!(reader.status("GET", &url).await, 404);
    reader.desk.app.stop().await;
}

#[tokio::test]
async fn players_seek_by_ranges() {
    let reader = Reader::open(&[]).await;
    let url = reader.link();
    for (range, status, start, length) in [
        ("bytes=0-0", 206, 0, 1),
        ("bytes=100-199", 206, 100, 100),
        ("bytes=900-", 206, 900, 100),
        ("bytes=-50", 206, 950, 50),
        ("bytes=990-5000", 206, 990, 10),
        ("bytes=2000-3000,10-19", 206, 10, 10),
        ("bytes=1-0", 200, 0, 1000),
        ("items=1-2", 200, 0, 1000),
    ] {
        let (answered, headers, bytes) = reader.ask("GET", &url, &[("range", range)]).await;
        assert_eq!((answered, &bytes[..]), (status, &reader.bytes[start..start + length]), "{range}");
        let content = format!("bytes {start}-{}/1000", start + length - 1);
        assert_eq!(said(&headers, "content-range"), if status == 206 { content.as_str() } else { "" });
        assert_eq!(said(&headers, "content-length"), length.to_string());
    }
    let (status, headers, bytes) = reader.ask("GET", &url, &[("range", "bytes=1000-")]).await;
    assert_eq!((status, said(&headers, "content-range")), (416, "bytes */1000"));
    assert!(String::from_utf8(bytes).unwrap().contains("range_not_satisfiable"));
    reader.desk.app.stop().await;
}

#[tokio::test]
async fn what_a_browser_keeps_is_not_sent_again() {
    let reader = Reader::open(&[]).await;
    let url = reader.link();
    let (_, headers, _) = reader.ask("GET", &url, &[]).await;
    let etag = said(&headers, "etag").to_owned();
    assert!(etag.starts_with('"') && etag.len() > 2, "{etag}");
    let (status, headers, bytes) = reader.ask("GET", &url, &[("if-none-match", &etag)]).await;
    assert_eq!((status, said(&headers, "etag"), bytes.len()), (304, &*etag, 0));
    assert_eq!(said(&headers, "cache-control"), "private, max-age=7200, immutable");
    let rest = [("range", "bytes=5-"), ("if-range", &*etag)];
    assert_eq!(reader.ask("GET", &url, &rest).await.0, 206);
    reader.put(b"something else").await;
    let (status, _, bytes) = reader.ask("GET", &url, &rest).await;
    assert_eq!((status, &bytes[..]), (200, &b"something else"[..]), "it is not the rest of the other one");
    assert_eq!(reader.ask("GET", &url, &[("if-none-match", &etag)]).await.0, 200);
    reader.desk.app.stop().await;
}

#[tokio::test]
async fn a_head_says_how_large_it_is_and_sends_nothing() {
    let reader = Reader::open(&[]).await;
    let member: AccountId = reader.desk.app.member().await.id.parse().unwrap();
    let url = reader.link_for(Some(member)).url;
    let (status, headers, bytes) = reader.ask("HEAD", &url, &[]).await;
    assert_eq!((status, said(&headers, "content-length"), bytes.len()), (200, "1000", 0));
    let (status, headers, _) = reader.ask("HEAD", &url, &[("range", "bytes=-10")]).await;
    assert_eq!((status, said(&headers, "content-range")), (206, "bytes 990-999/1000"));
    assert_eq!(reader.desk.app.app.meter.flush().await.unwrap().members, 0);
    reader.desk.app.stop().await;
}

#[tokio::test]
async fn what_is_served_is_counted_for_whom_the_link_is() {
    let reader = Reader::open(&[]).await;
    let member: AccountId = reader.desk.app.member().await.id.parse().unwrap();
    let url = reader.link_for(Some(member)).url;
    reader.ask("GET", &url, &[]).await;
    reader.ask("GET", &url, &[("range", "bytes=0-99")]).await;
    reader.ask("GET", &reader.link(), &[]).await;
    let meter = &reader.desk.app.app.meter;
    meter.flush().await.unwrap();
    assert_eq!(meter.usage(member).await.unwrap().egress.served, 1100);
    let text = reader.desk.app.app.metrics.text();
    assert!(text.contains("synesthesie_egress_bytes_total{how=\"served\"} 2100\n"), "for whomever: {text}");
    reader.desk.app.stop().await;
}

#[tokio::test]
async fn pages_of_allowed_origins_read_and_send_files() {
    let reader = Reader::open(&[("http.allowed_origins", "https://app.example.org")]).await;
    let url = reader.link();
    let (_, headers, _) = reader.ask("GET", &url, &[("origin", "https://app.example.org")]).await;
    assert_eq!(said(&headers, "access-control-allow-origin"), "https://app.example.org");
    assert!(said(&headers, "access-control-expose-headers").contains("content-range"));
    assert_eq!(headers.get_all("vary").iter().count(), 1);
    let (_, headers, _) = reader.ask("GET", &url, &[("origin", "https://evil.example")]).await;
    assert_eq!((said(&headers, "access-control-allow-origin"), said(&headers, "vary")), ("", "origin"));
    let preflight = [
        ("origin", "https://app.example.org"),
        ("access-control-request-method", "PUT"),
        ("access-control-request-headers", "range"),
    ];
    let (status, headers, _) = reader.ask("OPTIONS", &url, &preflight).await;
    assert_eq!(status, 204);
    assert!(said(&headers, "access-control-allow-methods").contains("PUT"));
    assert!(said(&headers, "access-control-allow-headers").contains(" range"));
    reader.desk.app.stop().await;
}

#[tokio::test]
async fn a_part_that_breaks_off_is_not_kept() {
    let desk = Desk::open(Store::Local).await;
    let begun = desk.begin("set", 1000, "audio/flac").await;
    let url = begun["parts"][0]["url"].as_str().unwrap();
    let address = desk.app.url.strip_prefix("http://").unwrap();
    let path = url.strip_prefix(&desk.app.url).unwrap();
    let begin = async |head: &str, bytes: &[u8]| {
        let mut line = TcpStream::connect(address).await.unwrap();
        let asked = format!("PUT {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{head}\r\n\r\n");
        line.write_all(&[asked.as_bytes(), bytes].concat()).await.unwrap();
        line
    };
    let send = async |head: &str, bytes: &[u8]| {
        let mut answered = Vec::new();
        let _ = begin(head, bytes).await.read_to_end(&mut answered).await;
        String::from_utf8_lossy(&answered).into_owned()
    };
    drop(begin("Content-Length: 1000", &[7; 500]).await);
    let chunk = [&b"1f4\r\n"[..], &[7; 500], b"\r\n0\r\n\r\n"].concat();
    let short = send("Transfer-Encoding: chunked", &chunk).await;
    assert!(short.contains("part_size_differs"), "{short}");
    let chunk = [&b"7d0\r\n"[..], &[7; 2000], b"\r\n0\r\n\r\n"].concat();
    let long = send("Transfer-Encoding: chunked", &chunk).await;
    assert!(long.contains("part_size_differs"), "{long}");
    let path = format!("/admin/uploads/{}", begun["upload_id"].as_str().unwrap());
    let shown = desk.admin().await.get(&path).await;
    assert_eq!(shown.expect(200)["arrived"], serde_json::json!([]));
    let since = Instant::now();
    while desk.bytes_on_disk() > 0 {
        assert!(since.elapsed() < Duration::from_secs(30), "something of it is still there");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    desk.app.stop().await;
}

#[tokio::test]
async fn an_address_without_a_signature_is_no_link() {
    let desk = Desk::open(Store::Local).await;
    for name in [Method::GET, Method::PUT] {
        let request = desk.app.stranger().request(name, "/media/sets/1/2/opus-128.mp4");
        answer(request).await.expect_problem(403, "link_invalid");
    }
    desk.app.stop().await;
}
