//! HTTP/1.1 on one TCP connection that is kept (RFC 9112).

use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longest head of an answer, in bytes.
const MOST_HEAD: usize = 64 * 1024;
/// The end of a body in pieces (RFC 9112, section 7.1).
const LAST_PIECE: &[u8] = b"\r\n0\r\n\r\n";

/// A connection, opened when it is first needed and again when it broke.
#[derive(Debug)]
pub struct Connection {
    address: SocketAddr,
    stream: Option<TcpStream>,
    /// The answer that was read last, and nothing after it.
    buffer: Vec<u8>,
}

/// What was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer<'a> {
    /// HTTP status.
    pub status: u16,
    /// Whether there is a `Retry-After`.
    pub retry_after: bool,
    /// The body; one in pieces with what stands between them.
    pub body: &'a [u8],
    /// When its first byte came.
    pub first_byte: Instant,
}

/// Where an answer ends, and what its head says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Head {
    /// Where the body begins.
    length: usize,
    status: u16,
    /// Bytes of the body; `None`: it comes in pieces.
    body: Option<usize>,
    retry_after: bool,
    close: bool,
}

impl Head {
    /// Whether an answer that begins with this head is all there.
    fn is_of_whole(&self, bytes: &[u8]) -> bool {
        // What ends pieces begins with the end of a line, which may be that of the head.
        let end = self.length.saturating_sub(2);
        match self.body {
            Some(body) => bytes.len() >= self.length + body,
            None => bytes.get(end..).is_some_and(|pieces| pieces.ends_with(LAST_PIECE)),
        }
    }
}

/// Writes a request out: `body` is JSON, empty for none.
#[must_use]
pub fn request(method: &str, path: &str, token: Option<&str>, body: &str) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n");
    if let Some(token) = token {
        text.push_str(&format!("authorization: Bearer {token}\r\n"));
    }
    if method != "GET" {
        text.push_str(&format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    text.push_str(body);
    text.into_bytes()
}

impl Connection {
    /// To a server that need not listen yet.
    #[must_use]
    pub const fn new(address: SocketAddr) -> Self {
        Self { address, stream: None, buffer: Vec::new() }
    }

    /// To a server that listens; open from now on.
    ///
    /// # Errors
    /// When it cannot be made.
    pub async fn open(address: SocketAddr) -> Result<Self> {
        Ok(Self { address, stream: Some(connect(address).await?), buffer: Vec::new() })
    }

    /// Sends a whole request and waits for its answer.
    ///
    /// # Errors
    /// When the connection breaks or cannot be made, or the answer is not understood: whether the request was worked
    /// on is then unknown. The next request opens a new connection.
    pub async fn send(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => connect(self.address).await?,
        };
        stream.write_all(request).await?;
        self.buffer.clear();
        read(&mut stream, &mut self.buffer).await?;
        let first_byte = Instant::now();
        let head = loop {
            if let Some(head) = head(&self.buffer)? {
                break head;
            }
            read(&mut stream, &mut self.buffer).await?;
        };
        while !head.is_of_whole(&self.buffer) {
            read(&mut stream, &mut self.buffer).await?;
        }
        if !head.close {
            self.stream = Some(stream);
        }
        // Put back only after a whole answer: a request that is dropped half-way takes its connection along.
        let end = head.body.map_or(self.buffer.len(), |body| head.length + body);
        let body = self.buffer.get(head.length..end).unwrap_or_default();
        Ok(Answer { status: head.status, retry_after: head.retry_after, body, first_byte })
    }
}

async fn connect(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<()> {
    if stream.read_buf(buffer).await? == 0 { Err(ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
}

/// The head of the answer that `bytes` begin with; `None` while it is not whole.
fn head(bytes: &[u8]) -> Result<Option<Head>> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return if bytes.len() > MOST_HEAD { Err(malformed("the head is too long")) } else { Ok(None) };
    };
    let text = std::str::from_utf8(bytes.get(..end).unwrap_or_default());
    let mut lines = text.map_err(|_| malformed("the head is not text"))?.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| malformed("there is no status"))?;
    let mut head = Head { length: end + 4, status, body: Some(0), retry_after: false, close: false };
    // These have no body, whatever they say of the one that others would have (RFC 9112, section 6.3).
    let bare = matches!(status, 204 | 304);
    let mut sized = bare;
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") {
            let length = value.parse().map_err(|_| malformed("the content-length is no number"))?;
            head.body = if sized { head.body } else { Some(length) };
            sized = true;
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            head.body = if bare { head.body } else { None };
            sized = true;
        } else if name.eq_ignore_ascii_case("retry-after") {
            head.retry_after = true;
        } else if name.eq_ignore_ascii_case("connection") {
            head.close = value.eq_ignore_ascii_case("close");
        }
    }
    if sized { Ok(Some(head)) } else { Err(malformed("it does not say where it ends")) }
}

fn malformed(what: &'static str) -> Error {
    Error::new(ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    #[test]
    fn a_head_is_read_once_it_is_whole() {
        let text =
            b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 12\r\nRetry-After: 1\r\n\r\nand the body";
        for cut in 0..text.len() - 12 {
            assert_eq!(head(&text[..cut]).unwrap(), None, "{cut}");
        }
        let expected =
            Head { length: text.len() - 12, status: 503, body: Some(12), retry_after: true, close: false };
        assert_eq!(head(text).unwrap(), Some(expected));
    }

    #[test]
    fn an_answer_that_does_not_say_where_it_ends_is_refused() {
        for text in [
            "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n",
            "nonsense\r\n\r\n",
        ] {
            assert_eq!(head(text.as_bytes()).unwrap_err().kind(), ErrorKind::InvalidData, "{text}");
        }
        assert_eq!(head(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap().unwrap().body, Some(0));
        let kept = b"HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n";
        assert_eq!(head(kept).unwrap().unwrap().body, Some(0), "there is none, however long it would be");
        let kept = b"HTTP/1.1 304 Not Modified\r\ntransfer-encoding: chunked\r\n\r\n";
        assert_eq!(head(kept).unwrap().unwrap().body, Some(0), "nor pieces");
    }

    #[test]
    fn an_answer_in_pieces_is_whole_with_the_last_of_them() {
        let text = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
        let found = head(text).unwrap().unwrap();
        assert_eq!(found.body, None);
        for cut in found.length..text.len() {
            assert!(!found.is_of_whole(&text[..cut]), "{cut}");
        }
        assert!(found.is_of_whole(text));
        let empty = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n";
        assert!(head(empty).unwrap().unwrap().is_of_whole(empty));
    }

    #[test]
    fn a_request_says_how_long_its_body_is() {
        let text = request("POST", "/x", Some("t"), "{\"a\":\"\u{e4}\"}");
        let expected = "POST /x HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer t\r\n\
            content-type: application/json\r\ncontent-length: 10\r\n\r\n{\"a\":\"\u{e4}\"}";
        assert_eq!(String::from_utf8(text).unwrap(), expected);
        assert_eq!(request("GET", "/", None, ""), b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n");
    }

    /// Reads a request without a body and gives `answer`, piece by piece; the connection ends with the last one.
    async fn server(answers: Vec<Vec<&'static [u8]>>) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let mut answers = answers.into_iter().peekable();
            while answers.peek().is_some() {
                let (mut stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                for pieces in answers.by_ref() {
                    let mut bytes = Vec::new();
                    while !bytes.ends_with(b"\r\n\r\n") {
                        assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0);
                    }
                    for piece in &pieces {
                        stream.write_all(piece).await.unwrap();
                        tokio::task::yield_now().await;
                    }
                    if pieces.concat().windows(5).any(|five| five == b"close") {
                        break;
                    }
                }
            }
        });
        address
    }

    #[tokio::test]
    async fn answers_come_whole_over_one_connection_and_over_a_new_one_when_that_ends() {
        let address = server(vec![
            vec![b"HTTP/1.1 201 Cre", b"ated\r\ncontent-length: 5\r\n\r", b"\nhel", b"lo"],
            vec![b"HTTP/1.1 409 Conflict\r\nconnection: close\r\ncontent-length: 2\r\n\r\nno"],
            vec![b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"],
            vec![b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nclose"],
        ])
        .await;
        let get = request("GET", "/", None, "");
        let mut connection = Connection::new(address);
        for (status, body) in [(201, &b"hello"[..]), (409, b"no"), (200, b"")] {
            let answer = connection.send(&get).await.unwrap();
            assert_eq!((answer.status, answer.body), (status, body));
        }
        let cut = connection.send(&get).await.unwrap_err();
        assert_eq!(cut.kind(), ErrorKind::UnexpectedEof);
        let gone = connection.send(&get).await.unwrap_err();
        assert_eq!(gone.kind(), ErrorKind::ConnectionRefused);
    }
}
