//! What is left, told to those who listen.

mod broken;
mod changes;
mod crowd;
mod ends;
mod instances;

use crate::harness::Client;
use reqwest::{Method, Response};
use serde_json::Value;
use std::time::{Duration, Instant};

/// How old news may be, with something for a machine that compiles meanwhile: most of it goes on a look every 750 ms.
const A_SECOND: Duration = Duration::from_millis(1500);
/// How long an ended session may be believed in.
const LOGGED_OUT: Duration = Duration::from_secs(5);
/// How long something else may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Somebody who listens to an event.
struct Ear {
    response: Response,
    text: String,
}

/// One event of a stream, or a sign of life.
#[derive(Debug, PartialEq)]
enum Heard {
    Availability { id: String, data: Value },
    End(String),
    Retry(u64),
    Beat,
}

impl Ear {
    async fn open(client: &Client, event: &str) -> Self {
        let path = format!("/events/{event}/stream");
        let response = client.request(Method::GET, &path).send().await.unwrap();
        assert_eq!(response.status(), 200);
        Self { response, text: String::new() }
    }

    /// Whatever comes next; `None` when the stream has ended.
    async fn next(&mut self) -> Option<Heard> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                return Some(heard(&block));
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await.expect("nothing comes");
            self.text.push_str(std::str::from_utf8(&chunk.unwrap()?).unwrap());
        }
    }

    /// The next snapshot; signs of life are passed over.
    async fn snapshot(&mut self) -> Value {
        loop {
            match self.next().await {
                Some(Heard::Availability { data, .. }) => return data,
                Some(Heard::Beat | Heard::Retry(_)) => {}
                other => panic!("{other:?} instead of a snapshot"),
            }
        }
    }

    /// Waits until so much is left; fails when that takes longer than news may take.
    async fn hears(&mut self, left: i64) {
        let since = Instant::now();
        loop {
            let seen = self.snapshot().await["items"][0]["available"].as_i64().unwrap();
            let took = since.elapsed();
            assert!(took < A_SECOND, "{seen} after {took:?}");
            if seen == left {
                return;
            }
        }
    }

    /// The session of this stream was ended just now: the stream ends as soon as every instance refuses the session.
    async fn is_logged_out(&mut self) {
        let since = Instant::now();
        assert_eq!(self.reason().await, "logged_out");
        let took = since.elapsed();
        assert!(took < LOGGED_OUT, "after {took:?}");
    }

    /// Why the stream ends, as its last word says; it has to end then.
    async fn reason(&mut self) -> String {
        loop {
            match self.next().await {
                Some(Heard::End(reason)) => {
                    assert_eq!(self.next().await, None);
                    return reason;
                }
                Some(_) => {}
                None => return "nothing was said".into(),
            }
        }
    }
}

fn heard(block: &str) -> Heard {
    if block == ":" {
        return Heard::Beat;
    }
    let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    if let Some(wait) = field("retry") {
        return Heard::Retry(wait.parse().unwrap());
    }
    let data: Value = serde_json::from_str(field("data").unwrap()).unwrap();
    match field("event") {
        Some("availability") => Heard::Availability { id: field("id").unwrap().to_owned(), data },
        Some("end") => Heard::End(data["reason"].as_str().unwrap().to_owned()),
        other => panic!("an event of kind {other:?}"),
    }
}
