//! A stream of server-sent events on one TCP connection, read no further than needed.

use super::request;
use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longest event, in bytes.
const MOST: usize = 4 * 1024 * 1024;

/// Somebody who listens.
#[derive(Debug)]
pub struct Listener {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Listener {
    /// Asks for a stream and waits for the head of the answer.
    ///
    /// # Errors
    /// When the connection breaks, or no stream is given.
    pub async fn open(address: SocketAddr, path: &str, token: &str) -> Result<Self> {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(&request("GET", path, Some(token), "")).await?;
        let mut one = Self { stream, buffer: Vec::new() };
        let head = one.until(b"\r\n\r\n").await?;
        if head.starts_with(b"HTTP/1.1 200 ") {
            return Ok(one);
        }
        Err(Error::other(String::from_utf8_lossy(&head).into_owned()))
    }

    /// The data of the next event. The chunks that it comes in are never torn within one.
    ///
    /// # Errors
    /// When the connection breaks, or the stream ends.
    pub async fn next(&mut self) -> Result<Vec<u8>> {
        self.until(b"\ndata: ").await?;
        let mut data = self.until(b"\n\n").await?;
        data.truncate(data.len().saturating_sub(2));
        Ok(data)
    }

    /// All up to a mark and with it.
    async fn until(&mut self, mark: &[u8]) -> Result<Vec<u8>> {
        let mut seen = 0;
        loop {
            let new = self.buffer.get(seen..).unwrap_or_default();
            if let Some(at) = new.windows(mark.len()).position(|window| window == mark) {
                let rest = self.buffer.split_off(seen + at + mark.len());
                return Ok(std::mem::replace(&mut self.buffer, rest));
            }
            seen = (self.buffer.len() + 1).saturating_sub(mark.len());
            if self.buffer.len() > MOST {
                return Err(Error::new(ErrorKind::InvalidData, "an event without an end"));
            }
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

/// How much is left of the first kind of ticket, in the data of an `availability` event.
#[must_use]
pub fn available(data: &[u8]) -> Option<u64> {
    let field = b"\"available\":";
    let at = data.windows(field.len()).position(|window| window == field)? + field.len();
    let digits = data.get(at..)?.iter().take_while(|byte| byte.is_ascii_digit());
    let digits: Vec<u8> = digits.copied().collect();
    std::str::from_utf8(&digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn events_are_read_whatever_they_are_torn_into() {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = server.local_addr().unwrap();
        let serving = tokio::spawn(async move {
            let (mut stream, _) = server.accept().await.unwrap();
            // What is left unread when the connection ends would make the end a reset.
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") {
                asked.push(stream.read_u8().await.unwrap());
            }
            let text = "HTTP/1.1 200 OK\r\n\r\n5\r\nretry: 1\n\nevent: availability\ndata: {\"available\":97}\n\n\r\n\
                :\n\nevent: end\ndata: x\n\n";
            for byte in text.bytes() {
                stream.write_all(&[byte]).await.unwrap();
                stream.flush().await.unwrap();
            }
        });
        let mut listener = Listener::open(address, "/", "token").await.unwrap();
        let data = listener.next().await.unwrap();
        assert_eq!((available(&data), data), (Some(97), b"{\"available\":97}".to_vec()));
        assert_eq!(listener.next().await.unwrap(), b"x");
        assert_eq!(listener.next().await.unwrap_err().kind(), ErrorKind::UnexpectedEof);
        serving.await.unwrap();
    }
}
