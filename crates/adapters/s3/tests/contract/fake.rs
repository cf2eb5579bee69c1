//! A store that answers what a test wants: for what real ones are not set up to do.

use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What was asked.
pub(crate) struct Asked {
    /// As `GET /bucket/name?query HTTP/1.1`.
    pub(crate) line: String,
    head: String,
    pub(crate) body: String,
}

impl Asked {
    /// Whether somebody with keys asks.
    pub(crate) fn is_signed(&self) -> bool {
        self.head.to_ascii_lowercase().contains("\r\nauthorization:")
    }
}

/// What is answered.
pub(crate) struct Reply {
    status: u16,
    body: String,
}

impl Reply {
    pub(crate) fn fine(body: impl Into<String>) -> Self {
        Self::status(200, body)
    }

    pub(crate) fn status(status: u16, body: impl Into<String>) -> Self {
        Self { status, body: body.into() }
    }
}

/// Answers for as long as the test runs; where.
pub(crate) async fn serving(reply: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let reply = Arc::new(reply);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, Arc::clone(&reply)));
        }
    });
    format!("http://{address}")
}

async fn answer(mut stream: TcpStream, reply: Arc<impl Fn(&Asked) -> Reply>) {
    let Some(asked) = read(&mut stream).await else { return };
    let Reply { status, body } = reply(&asked);
    // To `HEAD` there is no body.
    let body = if asked.line.starts_with("HEAD") { String::new() } else { body };
    let answer = format!(
        "HTTP/1.1 {status} As Told\r\nETag: \"x\"\r\nContent-Type: application/xml\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
    let _ = stream.read_to_end(&mut Vec::new()).await;
}

/// All of a request; `None` when it broke off.
async fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().filter_map(|line| line.split_once(": "));
            let length = length.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
            let length: usize = length.filter_map(|(_, value)| value.parse().ok()).next().unwrap_or(0);
            if body.len() >= length {
                let line = head.lines().next().unwrap_or_default().to_owned();
                return Some(Asked { line, head: head.to_owned(), body: body.to_owned() });
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}
