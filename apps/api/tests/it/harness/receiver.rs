//! Somebody who is called when something happens, and keeps what they hear.

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Answers 200 until it is told otherwise.
pub struct Receiver {
    /// Where it is called.
    pub url: String,
    shared: Arc<Shared>,
}

struct Shared {
    status: AtomicU16,
    said: Mutex<Vec<Said>>,
}

/// A call as it came.
#[derive(Debug, Clone)]
pub struct Said {
    headers: BTreeMap<String, String>,
    pub body: String,
}

impl Receiver {
    /// On a port of its own.
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks/s3cret", listener.local_addr().unwrap());
        let shared = Arc::new(Shared { status: AtomicU16::new(200), said: Mutex::default() });
        let hearing = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let hearing = Arc::clone(&hearing);
                tokio::spawn(async move { hear(stream, &hearing).await });
            }
        });
        Self { url, shared }
    }

    /// Calls are answered so from now on.
    pub fn answer(&self, status: u16) {
        self.shared.status.store(status, Ordering::Release);
    }

    /// What it heard, the first first.
    pub fn said(&self) -> Vec<Said> {
        self.shared.said.lock().unwrap().clone()
    }
}

/// Who calls may be gone at any time.
async fn hear(mut stream: TcpStream, shared: &Shared) -> Option<()> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    let said = loop {
        if let Some(said) = Said::read(&bytes) {
            break said;
        }
        let count = stream.read(&mut buffer).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&buffer[..count]);
    };
    shared.said.lock().unwrap().push(said);
    let status = shared.status.load(Ordering::Acquire);
    let answer =
        format!("HTTP/1.1 {status} Said\r\nContent-Length: 7\r\nConnection: close\r\n\r\nSo {status}!");
    stream.write_all(answer.as_bytes()).await.ok()
}

impl Said {
    /// `None` as long as it is not all there.
    fn read(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let lines = head.lines().skip(1).filter_map(|line| line.split_once(": "));
        let headers: BTreeMap<_, _> =
            lines.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
        let length: usize = headers["content-length"].parse().unwrap();
        let body = bytes[end + 4..].get(..length)?;
        Some(Self { headers, body: String::from_utf8(body.to_vec()).unwrap() })
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", self.headers))
    }

    /// Whether one of its signatures is that of a secret, as it is shown.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        let key = BASE64.decode(secret.strip_prefix("whsec_").unwrap().as_bytes()).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        let (id, at) = (self.header("webhook-id"), self.header("webhook-timestamp"));
        mac.update(format!("{id}.{at}.{}", self.body).as_bytes());
        let signature = format!("v1,{}", BASE64.encode(&mac.finalize().into_bytes()));
        self.header("webhook-signature").split(' ').any(|one| one == signature)
    }
}
