//! How the crowd speaks with the system: as a good client does, which repeats what got no answer, under the same key. Where
//! there are several instances each request goes to the next one, and what gets no answer at one is asked of another.

use serde_json::Value;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long somebody goes on asking.
const PATIENCE: Duration = Duration::from_secs(120);
/// The first pause; it doubles up to [`LONGEST`].
const PAUSE: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(1);
/// What a proxy writes the sender's address into.
const FORWARDED: &str = "x-forwarded-for";
/// Everybody comes from somewhere in 10.0.0.0/8.
const NETWORK: u32 = 10 << 24;
const HOSTS: u32 = (1 << 24) - 1;

/// An answer: status and body.
pub type Answer = (u16, Value);

/// The system as its visitors see it.
pub struct Shop {
    client: reqwest::Client,
    /// Where the instances are.
    bases: Vec<String>,
    /// Whose turn it is.
    turn: AtomicUsize,
    /// Requests so far: each comes from an address of its own, as from a crowd.
    came: AtomicU32,
    seen: Mutex<Seen>,
}

/// What the crowd met with.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// How long answers took that were not errors.
    pub latencies: Vec<Duration>,
    /// Answers of 500 and above, by status.
    pub errors: BTreeMap<u16, u64>,
    /// Requests that got no answer at all.
    pub unanswered: u64,
    /// Those of them that went on at another instance at once.
    pub moved_on: u64,
    /// Answers that none of this should give, in words.
    pub odd: Vec<String>,
}

/// A request.
pub struct Request<'a> {
    /// Whose access token.
    pub token: Option<&'a str>,
    /// Below the base, as `/api/v1/seats/hold`.
    pub path: &'a str,
    /// Under which it may be repeated.
    pub key: Option<String>,
    /// JSON; `None` asks with GET.
    pub body: Option<Value>,
}

impl Shop {
    /// The one whose instances are there.
    #[must_use]
    pub fn new(client: reqwest::Client, bases: Vec<String>) -> Self {
        let (turn, came) = (AtomicUsize::new(0), AtomicU32::new(0));
        Self { client, bases, turn, came, seen: Mutex::default() }
    }

    /// How many instances there are.
    #[must_use]
    pub fn instances(&self) -> usize {
        self.bases.len()
    }

    /// All instances again and again, from the one on whose turn it is.
    fn in_turn(&self) -> impl Iterator<Item = &String> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        self.bases.iter().cycle().skip(turn.checked_rem(self.bases.len()).unwrap_or(0))
    }

    /// Where the next request comes from.
    fn somewhere(&self) -> Ipv4Addr {
        let came = self.came.fetch_add(1, Ordering::Relaxed);
        Ipv4Addr::from_bits(NETWORK | (came & HOSTS))
    }

    /// What was met with so far.
    #[must_use]
    pub fn seen(&self) -> Seen {
        self.note(|seen| seen.clone())
    }

    /// Notes an answer that should not be.
    pub fn odd(&self, what: String) {
        self.note(|seen| {
            if seen.odd.len() < 100 {
                seen.odd.push(what);
            }
        });
    }

    fn note<T>(&self, change: impl FnOnce(&mut Seen) -> T) -> T {
        change(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Asks until there is an answer that is not for want of a working system; `None` when there never is one.
    pub async fn ask(&self, request: &Request<'_>) -> Option<Answer> {
        let (since, mut pause, mut silent) = (Instant::now(), PAUSE, 0_usize);
        for base in self.in_turn() {
            if since.elapsed() >= PATIENCE {
                break;
            }
            let begun = Instant::now();
            match self.once(base, request).await {
                Some((status, body)) if status < 500 && !in_flight(status, &body) => {
                    self.note(|seen| seen.latencies.push(begun.elapsed()));
                    return Some((status, body));
                }
                Some((status, _)) if status >= 500 => {
                    self.note(|seen| *seen.errors.entry(status).or_default() += 1);
                }
                Some(_) => {}
                None => {
                    silent += 1;
                    // The next one may be there; nobody waits before all were asked.
                    let moves_on = !silent.is_multiple_of(self.bases.len());
                    self.note(|seen| {
                        seen.unanswered += 1;
                        seen.moved_on += u64::from(moves_on);
                    });
                    if moves_on {
                        continue;
                    }
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST);
        }
        None
    }

    /// Asks one instance, once.
    pub async fn ask_at(&self, instance: usize, request: &Request<'_>) -> Option<Answer> {
        self.once(self.bases.get(instance)?, request).await
    }

    /// How one instance answers somebody at a certain address who has no account.
    pub async fn status_at(&self, instance: usize, path: &str, from: Ipv4Addr) -> Option<u16> {
        let url = format!("{}{path}", self.bases.get(instance)?);
        let answer = self.client.get(url).header(FORWARDED, from.to_string()).send().await.ok()?;
        Some(answer.status().as_u16())
    }

    async fn once(&self, base: &str, request: &Request<'_>) -> Option<Answer> {
        let url = format!("{base}{}", request.path);
        let mut sending = match &request.body {
            Some(body) => self.client.post(url).json(body),
            None => self.client.get(url),
        };
        sending = sending.header(FORWARDED, self.somewhere().to_string());
        if let Some(token) = request.token {
            sending = sending.bearer_auth(token);
        }
        if let Some(key) = &request.key {
            sending = sending.header("idempotency-key", key);
        }
        let answer = sending.send().await.ok()?;
        let status = answer.status().as_u16();
        let bytes = answer.bytes().await.ok()?;
        Some((status, serde_json::from_slice(&bytes).unwrap_or(Value::Null)))
    }

    /// Gives something back; an answer that is lost everywhere is as good as none.
    pub async fn remove(&self, token: &str, path: &str) {
        for base in self.in_turn().take(self.bases.len()) {
            let sending = self.client.delete(format!("{base}{path}")).bearer_auth(token);
            if sending.header(FORWARDED, self.somewhere().to_string()).send().await.is_ok() {
                return;
            }
        }
    }

    /// Presses a button on a provider's page; where the browser is sent then. The pages are the simulators', which
    /// do not break: what they refuse is refused.
    pub async fn press(&self, checkout: &str, button: &str) -> Option<String> {
        let answer = self.client.post(format!("{checkout}/{button}")).send().await.ok()?;
        let body: Value = serde_json::from_slice(&answer.bytes().await.ok()?).ok()?;
        body.get("redirect_url")?.as_str().map(str::to_owned)
    }

    /// The browser goes to an address of ours; nobody reads what it shows.
    pub async fn browse(&self, url: &str) {
        let _ = self.client.get(url).header(FORWARDED, self.somewhere().to_string()).send().await;
    }
}

/// Another try of the same request is still being worked on, perhaps by a server that was killed: ask again.
fn in_flight(status: u16, body: &Value) -> bool {
    let code = body.get("code").and_then(Value::as_str).unwrap_or_default();
    status == 429 || code == "idempotency_in_flight"
}

/// The text at a JSON pointer.
#[must_use]
pub fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
    use tokio::net::TcpListener;

    /// Answers each request with the key that it came under; where it listens.
    async fn there() -> String {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (mut stream, mut head, mut key) = (BufReader::new(stream), String::new(), String::new());
                while stream.read_line(&mut head).await.is_ok_and(|read| read > 2) {
                    if let Some(given) = head.strip_prefix("idempotency-key: ") {
                        given.trim().clone_into(&mut key);
                    }
                    head.clear();
                }
                let body = format!("{{\"code\":\"{key}\"}}");
                let length = body.len();
                let answer =
                    format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        format!("http://{address}")
    }

    /// Where nobody is any more.
    async fn gone() -> String {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    }

    #[tokio::test]
    async fn what_one_instance_does_not_answer_is_asked_of_another_under_the_same_key() {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let shop = Shop::new(client, vec![gone().await, there().await]);
        for _ in 0..2 {
            let request = Request { token: None, path: "/", key: Some("once".into()), body: None };
            let (status, body) = shop.ask(&request).await.unwrap();
            assert_eq!((status, text(&body, "/code")), (200, "once"));
        }
        let seen = shop.seen();
        assert_eq!((seen.unanswered, seen.moved_on), (1, 1), "each request begins with another instance");
        let nobody = Request { token: None, path: "/", key: None, body: None };
        assert!(shop.ask_at(0, &nobody).await.is_none() && shop.ask_at(1, &nobody).await.is_some());
    }
}
