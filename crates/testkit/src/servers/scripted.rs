//! A store that answers what a test wants: for what real ones are not set up to do.

use std::io;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What a page of any origin needs to be told, or its browser does not let it send and read.
const ANY_PAGE: &str = "Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Methods: *\r\n\
    Access-Control-Allow-Headers: *\r\nAccess-Control-Expose-Headers: *\r\n";

/// What was asked.
#[derive(Debug)]
pub struct Asked {
    /// As `GET /bucket/name?query HTTP/1.1`.
    pub line: String,
    head: String,
    /// What came with it.
    pub body: String,
}

impl Asked {
    /// Whether somebody with keys asks.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.head.to_ascii_lowercase().contains("\r\nauthorization:")
    }

    /// Whether somebody follows a link that was signed by who has keys.
    #[must_use]
    pub fn is_by_link(&self) -> bool {
        self.line.contains("X-Amz-Signature=")
    }
}

/// What is answered.
#[derive(Debug)]
pub struct Reply {
    status: u16,
    body: String,
}

impl Reply {
    /// That all is well.
    pub fn fine(body: impl Into<String>) -> Self {
        Self::status(200, body)
    }

    /// Something else.
    pub fn status(status: u16, body: impl Into<String>) -> Self {
        Self { status, body: body.into() }
    }
}

/// Answers for as long as the test runs; where. Whoever asks by a page may do so from any origin.
///
/// # Errors
/// When nobody may listen on 127.0.0.1.
pub async fn serving(reply: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let reply = Arc::new(reply);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, Arc::clone(&reply)));
        }
    });
    Ok(format!("http://{address}"))
}

async fn answer(mut stream: TcpStream, reply: Arc<impl Fn(&Asked) -> Reply>) {
    let Some(asked) = read(&mut stream).await else { return };
    let Reply { status, body } = reply(&asked);
    // To `HEAD` there is no body.
    let body = if asked.line.starts_with("HEAD") { String::new() } else { body };
    let answer = format!(
        "HTTP/1.1 {status} As Told\r\nETag: \"x\"\r\nContent-Type: application/xml\r\nContent-Length: {}\r\n\
         {ANY_PAGE}Connection: close\r\n\r\n{body}",
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
