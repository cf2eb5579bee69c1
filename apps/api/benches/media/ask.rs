//! Closed loops over a fixed number of connections, and when the first byte of each answer came.

use crate::Failure;
use crate::float;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use testkit::load::Latencies;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Before anything counts: connections open, plans are made, answers are ready.
const WARM_UP: Duration = Duration::from_secs(1);
/// The end of an answer in pieces (RFC 9112, section 7.1).
const LAST_PIECE: &[u8] = b"\r\n0\r\n\r\n";

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    pub(crate) per_second: f64,
    /// From the request to the first byte.
    pub(crate) first_byte: Latencies,
    /// Of an answer, with its head.
    pub(crate) bytes: usize,
}

/// A request as browsers send it.
pub(crate) fn get(path: &str, token: Option<&str>, kept: Option<&str>) -> Arc<[u8]> {
    let mut text = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\naccept-encoding: gzip\r\n");
    for (name, value) in [("authorization: Bearer ", token), ("if-none-match: ", kept)] {
        text.extend(value.map(|value| format!("{name}{value}\r\n")));
    }
    text.push_str("\r\n");
    text.into_bytes().into()
}

/// Asks the same again and again; every answer has to have that status.
pub(crate) async fn ask(
    address: SocketAddr,
    request: &Arc<[u8]>,
    status: u16,
    (connections, time): (usize, Duration),
) -> Result<Asked, Failure> {
    let from = Instant::now() + WARM_UP.min(time);
    let until = from + time;
    let mut loops = JoinSet::new();
    for _ in 0..connections {
        loops.spawn(ask_on(address, Arc::clone(request), status, (from, until)));
    }
    let mut all = Asked::default();
    while let Some(ended) = loops.join_next().await {
        let one = ended??;
        all.first_byte.extend(&one.first_byte);
        all.bytes = one.bytes;
    }
    all.per_second = float(all.first_byte.count() as u64) / time.as_secs_f64();
    Ok(all)
}

async fn ask_on(
    address: SocketAddr,
    request: Arc<[u8]>,
    status: u16,
    (from, until): (Instant, Instant),
) -> Result<Asked, Failure> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut asked, mut buffer) = (Asked::default(), Vec::new());
    while Instant::now() < until {
        let begun = Instant::now();
        let first = exchange(&mut stream, &request, &mut buffer).await?;
        let found =
            buffer.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok()?.parse::<u16>().ok());
        if found != Some(status) {
            let said: String = String::from_utf8_lossy(&buffer).chars().take(600).collect();
            return Err(format!("an answer that is not {status}: {said}").into());
        }
        if (from..until).contains(&Instant::now()) {
            asked.first_byte.add(first - begun);
        }
        asked.bytes = buffer.len();
    }
    Ok(asked)
}

/// Sends a request and reads the whole answer; when its first byte came.
async fn exchange(stream: &mut TcpStream, request: &[u8], buffer: &mut Vec<u8>) -> std::io::Result<Instant> {
    stream.write_all(request).await?;
    buffer.clear();
    let mut first = None;
    loop {
        if stream.read_buf(buffer).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let first = *first.get_or_insert_with(Instant::now);
        if is_whole(buffer) {
            return Ok(first);
        }
    }
}

fn is_whole(answer: &[u8]) -> bool {
    let Some(head) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
    let Ok(text) = std::str::from_utf8(answer.get(..head).unwrap_or_default()) else { return false };
    if text.get(9..12) == Some("304") {
        return true;
    }
    match header(text, "content-length").and_then(|value| value.parse::<usize>().ok()) {
        Some(length) => answer.len() >= head + 4 + length,
        None => answer.ends_with(LAST_PIECE),
    }
}

/// What a header of an answer's head says.
fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let lines = head.split("\r\n").skip(1).filter_map(|line| line.split_once(':'));
    lines.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
}

/// What one answer says its content is called.
pub(crate) async fn etag(address: SocketAddr, request: &Arc<[u8]>) -> Result<String, Failure> {
    let (mut stream, mut buffer) = (TcpStream::connect(address).await?, Vec::new());
    exchange(&mut stream, request, &mut buffer).await?;
    let end = buffer.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or_default();
    let head = String::from_utf8_lossy(buffer.get(..end).unwrap_or_default()).into_owned();
    header(&head, "etag").map(str::to_owned).ok_or_else(|| format!("no ETag in {head}").into())
}
