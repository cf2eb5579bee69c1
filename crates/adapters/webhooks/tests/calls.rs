//! What is called, and who is not.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::indexing_slicing, reason = "a test fails by panicking")]

use adapter_webhooks::Webhooks;
use hooks::{Caller, Heard, Outgoing};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(10);

async fn listening() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    (listener, at)
}

/// Somebody who answers one request with this; what came is told at the end.
async fn answering(answer: &'static str) -> (SocketAddr, tokio::task::JoinHandle<String>) {
    let (listener, at) = listening().await;
    let heard = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let request = request(&mut stream).await;
        stream.write_all(answer.as_bytes()).await.unwrap();
        // Who has all it wants may be gone by now.
        drop(stream.shutdown().await);
        request
    });
    (at, heard)
}

/// A request with its body.
async fn request(stream: &mut TcpStream) -> String {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 1024]);
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = header(head, "content-length").unwrap().parse::<usize>().unwrap();
            if body.len() >= length {
                return text;
            }
        }
        let read = stream.read(&mut buffer).await.unwrap();
        assert!(read > 0, "it broke off: {text}");
        bytes.extend_from_slice(&buffer[..read]);
    }
}

fn header<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    let lines = request.lines().take_while(|line| !line.is_empty());
    let mut fields = lines.filter_map(|line| line.split_once(": "));
    fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn outgoing(url: String) -> Outgoing {
    Outgoing {
        url,
        id: "some-id-7".into(),
        timestamp: 1_614_265_330,
        signature: "v1,c29tZQ== v1,b3RoZXI=".into(),
        body: r#"{"said": "über"}"#.into(),
    }
}

fn callers() -> Webhooks {
    Webhooks::new(true, PATIENCE).unwrap()
}

async fn heard(url: String) -> Heard {
    callers().call(&outgoing(url)).await
}

fn silent(heard: &Heard) -> &str {
    match heard {
        Heard::Silent { why } => why,
        Heard::Answered { status, .. } => panic!("it answered {status}"),
    }
}

#[tokio::test]
async fn a_call_is_what_standard_webhooks_says() {
    let (at, request) = answering("HTTP/1.1 202 Accepted\r\nContent-Length: 6\r\n\r\nThanks").await;
    let heard = heard(format!("http://{at}/hooks/one?key=7")).await;
    assert_eq!(heard, Heard::Answered { status: 202, said: "Thanks".into() });
    let request = request.await.unwrap();
    assert!(request.starts_with("POST /hooks/one?key=7 HTTP/1.1\r\n"), "{request}");
    for (name, value) in [
        ("content-type", "application/json"),
        ("webhook-id", "some-id-7"),
        ("webhook-timestamp", "1614265330"),
        ("webhook-signature", "v1,c29tZQ== v1,b3RoZXI="),
        ("user-agent", "Synesthesie-Webhooks/1"),
    ] {
        assert_eq!(header(&request, name), Some(value), "{name}");
    }
    assert!(request.ends_with("\r\n\r\n{\"said\": \"über\"}"), "{request}");
}

#[tokio::test]
async fn nobody_is_followed_elsewhere() {
    let (elsewhere, there) = listening().await;
    for status in [301, 302, 303, 307, 308] {
        let answer =
            format!("HTTP/1.1 {status} Elsewhere\r\nLocation: http://{there}/\r\nContent-Length: 0\r\n\r\n");
        let (at, _request) = answering(answer.leak()).await;
        assert_eq!(heard(format!("http://{at}/")).await, Heard::Answered { status, said: String::new() });
    }
    let nobody = timeout(Duration::from_millis(200), elsewhere.accept()).await;
    assert!(nobody.is_err(), "somebody came");
}

#[tokio::test]
async fn only_the_beginning_of_an_answer_is_read() {
    let (listener, at) = listening().await;
    let endless = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 500 No\r\nContent-Length: 1000000000\r\n\r\n").await.unwrap();
        let mut sent = 0;
        while stream.write_all(&[b'a'; 1024]).await.is_ok() {
            sent += 1024;
        }
        sent
    });
    let begun = Instant::now();
    let Heard::Answered { status: 500, said } = heard(format!("http://{at}/")).await else {
        panic!("it is answered")
    };
    assert_eq!(said, "a".repeat(4096));
    assert!(begun.elapsed() < PATIENCE / 2, "it was read to the end");
    assert!(endless.await.unwrap() < 100_000_000);
}

#[tokio::test]
async fn an_answer_that_breaks_off_counts_by_its_status() {
    let (at, _request) = answering("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nThat is").await;
    assert_eq!(heard(format!("http://{at}/")).await, Heard::Answered { status: 200, said: "That is".into() });
}

#[tokio::test]
async fn nobody_is_waited_for_for_long() {
    let hasty = Webhooks::new(true, Duration::from_millis(300)).unwrap();
    // One says nothing at all, the other does not come to an end.
    let (mute, at) = listening().await;
    let begun = Instant::now();
    let nothing = hasty.call(&outgoing(format!("http://{at}/"))).await;
    assert_eq!(silent(&nothing), "it did not answer in time");
    drop(mute);
    let (slow, at) = listening().await;
    let drip = tokio::spawn(async move {
        let (mut stream, _) = slow.accept().await.unwrap();
        request(&mut stream).await;
        while stream.write_all(b"H").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    let dripping = hasty.call(&outgoing(format!("http://{at}/"))).await;
    assert!(matches!(dripping, Heard::Silent { .. }), "{dripping:?}");
    assert!(begun.elapsed() < Duration::from_secs(5));
    drip.abort();
}

#[tokio::test]
async fn who_is_not_there_or_speaks_otherwise_has_not_answered() {
    let (listener, at) = listening().await;
    drop(listener);
    assert_eq!(silent(&heard(format!("http://{at}/secret")).await), "no connection could be made");
    for noise in ["", "What?\r\n\r\n", "HTTP/1.1 abc\r\n\r\n"] {
        let (at, _request) = answering(noise).await;
        let heard = heard(format!("http://{at}/secret")).await;
        let why = silent(&heard);
        assert!(!why.contains("secret") && !why.contains("127.0.0.1"), "{noise:?}: {why}");
    }
}

#[tokio::test]
async fn what_is_not_public_is_not_even_connected_to() {
    let strict = Webhooks::new(false, PATIENCE).unwrap();
    let (listener, at) = listening().await;
    // By its name, since its number is refused as it is.
    let named = strict.call(&outgoing(format!("https://localhost:{}/", at.port()))).await;
    assert_eq!(silent(&named), "it is not called: its name does not lead to a public address");
    for (url, why) in [
        (format!("https://{at}/"), "it is not called: the address must lead to a public address"),
        (
            format!("http://localhost:{}/", at.port()),
            "it is not called: the address must begin with https://",
        ),
    ] {
        assert_eq!(silent(&strict.call(&outgoing(url)).await), why);
    }
    let nobody = timeout(Duration::from_millis(200), listener.accept()).await;
    assert!(nobody.is_err(), "somebody came");
}
