//! How the crowd speaks with the system: as a good client does, which repeats what got no answer, under the same key.

use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

/// How long somebody goes on asking.
const PATIENCE: Duration = Duration::from_secs(120);
/// The first pause; it doubles up to [`LONGEST`].
const PAUSE: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(1);

/// An answer: status and body.
pub type Answer = (u16, Value);

/// The system as its visitors see it.
pub struct Shop {
    client: reqwest::Client,
    base: String,
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
    /// The one at this base.
    #[must_use]
    pub fn new(client: reqwest::Client, base: String) -> Self {
        Self { client, base, seen: Mutex::default() }
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
        let (since, mut pause) = (Instant::now(), PAUSE);
        while since.elapsed() < PATIENCE {
            let begun = Instant::now();
            match self.once(request).await {
                Some((status, body)) if status < 500 && !in_flight(status, &body) => {
                    self.note(|seen| seen.latencies.push(begun.elapsed()));
                    return Some((status, body));
                }
                Some((status, _)) if status >= 500 => {
                    self.note(|seen| *seen.errors.entry(status).or_default() += 1);
                }
                Some(_) => {}
                None => self.note(|seen| seen.unanswered += 1),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST);
        }
        None
    }

    async fn once(&self, request: &Request<'_>) -> Option<Answer> {
        let url = format!("{}{}", self.base, request.path);
        let mut sending = match &request.body {
            Some(body) => self.client.post(url).json(body),
            None => self.client.get(url),
        };
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

    /// Gives something back; a lost answer is as good as none.
    pub async fn remove(&self, token: &str, path: &str) {
        let _ = self.client.delete(format!("{}{path}", self.base)).bearer_auth(token).send().await;
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
        let _ = self.client.get(url).send().await;
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
