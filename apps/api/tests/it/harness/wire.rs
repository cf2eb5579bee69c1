//! A line between two HTTP servers that a test can listen to, cut, and use to answer for the other side.

use serde_json::Value;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// When a trap goes off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The call has not reached the other side.
    Before,
    /// The other side has acted; its answer has not come back.
    Acted,
    /// The answer is on its way back and cannot be held any more.
    Answered,
}

/// What happens then.
#[derive(Clone)]
pub enum Trick {
    /// The caller's connection breaks.
    HangUp,
    /// The caller gets this answer; with [`Moment::Before`], the other side learns nothing.
    Answer(u16, Value),
    /// Something else, after which the caller's connection breaks (it was answered before at [`Moment::Answered`]).
    Do(Arc<dyn Fn() + Send + Sync>),
}

/// A call that passed, as `POST /v1/refunds`; ids in its path are `*`.
#[derive(Debug, Clone)]
pub struct Call {
    pub label: String,
    method: String,
    /// Path and query.
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Call {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    /// The same call with another body.
    pub fn with_body(&self, text: &str) -> Self {
        Self { body: text.as_bytes().to_vec(), ..self.clone() }
    }

    /// The kind of a notice: Stripe's `type` or PayPal's `event_type`.
    pub fn kind(&self) -> String {
        let notice: Value = serde_json::from_slice(&self.body).unwrap();
        notice.get("type").or_else(|| notice.get("event_type")).unwrap().as_str().unwrap().to_owned()
    }
}

struct Trap {
    on: String,
    /// Calls of this kind that pass before it goes off.
    passing: usize,
    moment: Moment,
    trick: Trick,
}

struct Shared {
    /// Base address of the other side.
    to: Mutex<String>,
    http: reqwest::Client,
    calls: Mutex<Vec<Call>>,
    traps: Mutex<VecDeque<Trap>>,
}

/// The line. Dropping it cuts it.
pub struct Wire {
    /// Where callers reach the other side through it.
    pub url: String,
    shared: Arc<Shared>,
    listening: AbortHandle,
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Wire {
    /// A line to the server at this base address.
    pub async fn to(base: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        // A connection that was idle may be closed just when it is used again.
        let http = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0);
        let http = http.redirect(reqwest::redirect::Policy::none());
        let shared = Arc::new(Shared {
            to: Mutex::new(base.to_owned()),
            http: http.build().unwrap(),
            calls: Mutex::default(),
            traps: Mutex::default(),
        });
        let listening = tokio::spawn({
            let shared = Arc::clone(&shared);
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(carry(Arc::clone(&shared), stream));
                }
            }
        });
        Self { url, shared, listening: listening.abort_handle() }
    }

    /// From now on the other side is there.
    pub fn redirect(&self, base: &str) {
        base.clone_into(&mut self.shared.to.lock().unwrap());
    }

    /// The next call of this kind is tricked.
    pub fn trap(&self, on: &str, moment: Moment, trick: Trick) {
        self.trap_after(0, on, moment, trick);
    }

    /// The call of this kind after so many others is tricked.
    pub fn trap_after(&self, passing: usize, on: &str, moment: Moment, trick: Trick) {
        let trap = Trap { on: on.to_owned(), passing, moment, trick };
        self.shared.traps.lock().unwrap().push_back(trap);
    }

    /// Traps that did not go off.
    pub fn armed(&self) -> usize {
        self.shared.traps.lock().unwrap().len()
    }

    /// Takes all traps away.
    pub fn disarm(&self) {
        self.shared.traps.lock().unwrap().clear();
    }

    /// All calls so far.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.calls.lock().unwrap().clone()
    }

    /// How many calls of this kind came.
    pub fn count(&self, label: &str) -> usize {
        self.shared.calls.lock().unwrap().iter().filter(|call| call.label == label).count()
    }

    /// Sends a call that passed once more, as it was; the status and body that were answered.
    pub async fn replay(&self, call: &Call) -> (u16, Value) {
        let (status, _, body) = self.shared.forward(call).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }
}

type Passed = (u16, Vec<(String, String)>, Vec<u8>);

impl Shared {
    /// Notes a call, and takes the trap that is set for it.
    fn note(&self, call: &Call) -> Option<(Moment, Trick)> {
        self.calls.lock().unwrap().push(call.clone());
        let mut traps = self.traps.lock().unwrap();
        let at = traps.iter().position(|trap| trap.on == call.label)?;
        if traps[at].passing > 0 {
            traps[at].passing -= 1;
            return None;
        }
        traps.remove(at).map(|trap| (trap.moment, trap.trick))
    }

    async fn forward(&self, call: &Call) -> Option<Passed> {
        let url = format!("{}{}", self.to.lock().unwrap(), call.target);
        let mut request = self.http.request(call.method.parse().unwrap(), url).body(call.body.clone());
        for (name, value) in &call.headers {
            if !["host", "connection", "content-length"].contains(&name.as_str()) {
                request = request.header(name, value);
            }
        }
        let answer = request.send().await.ok()?;
        let status = answer.status().as_u16();
        let headers = answer.headers().iter().filter_map(|(name, value)| {
            let kept = !["connection", "content-length", "transfer-encoding"].contains(&name.as_str());
            kept.then(|| (name.to_string(), value.to_str().unwrap_or("").to_owned()))
        });
        let headers = headers.collect();
        Some((status, headers, answer.bytes().await.ok()?.to_vec()))
    }
}

async fn carry(shared: Arc<Shared>, mut stream: TcpStream) -> Option<()> {
    let call = read(&mut stream).await?;
    let trap = shared.note(&call);
    let at = |moment| trap.as_ref().filter(|(when, _)| *when == moment).map(|(_, trick)| trick.clone());
    if let Some(trick) = at(Moment::Before) {
        return play(&mut stream, trick).await;
    }
    let passed = shared.forward(&call).await?;
    if let Some(trick) = at(Moment::Acted) {
        return play(&mut stream, trick).await;
    }
    write(&mut stream, &passed).await?;
    match at(Moment::Answered) {
        Some(trick) => play(&mut stream, trick).await,
        None => Some(()),
    }
}

async fn play(stream: &mut TcpStream, trick: Trick) -> Option<()> {
    match trick {
        Trick::HangUp => Some(()),
        Trick::Answer(status, body) => {
            let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
            write(stream, &(status, headers, body.to_string().into_bytes())).await
        }
        Trick::Do(what) => tokio::task::spawn_blocking(move || what()).await.ok(),
    }
}

/// Reads one request with a body of stated length, which is how our own clients write them.
async fn read(stream: &mut TcpStream) -> Option<Call> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let mut body = bytes.split_off(end + 4);
    let head = String::from_utf8(bytes).ok()?;
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let header = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.trim().to_ascii_lowercase(), value.trim().to_owned()))
    };
    let headers: Vec<_> = lines.filter_map(header).collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length: usize = length.map_or(Some(0), |(_, value)| value.parse().ok())?;
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    let label = format!("{method} {}", pattern(target.split('?').next()?));
    Some(Call { label, method, target, headers, body })
}

/// A path with `*` in the place of ids.
fn pattern(path: &str) -> String {
    let is_id = |part: &str| {
        part.len() > 12 && part.chars().any(|letter| letter.is_ascii_digit() || letter.is_ascii_uppercase())
    };
    path.split('/').map(|part| if is_id(part) { "*" } else { part }).collect::<Vec<_>>().join("/")
}

async fn write(stream: &mut TcpStream, (status, headers, body): &Passed) -> Option<()> {
    let mut head =
        format!("HTTP/1.1 {status} Passed\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes()).await.ok()?;
    stream.write_all(body).await.ok()?;
    stream.flush().await.ok()
}
