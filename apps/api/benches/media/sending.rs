//! Bytes that go through signed links.

use crate::Failure;
use actix_web::web::Bytes;
use std::time::Instant;

/// Bytes of everything that is said in MB.
const MB: f64 = 1_000_000.0;
/// What is sent begins as a recording.
const BEGINNING: &[u8] = b"fLaC";

/// So many bytes, of which the first say what they are.
pub(crate) fn filler(length: u64) -> Result<Bytes, Failure> {
    let mut bytes = BEGINNING.to_vec();
    bytes.resize(usize::try_from(length)?, 7);
    Ok(bytes.into())
}

/// Sends a part to its link.
pub(crate) async fn put(http: &reqwest::Client, url: &str, bytes: Bytes) -> Result<(), Failure> {
    let answer = http.put(url).body(bytes).send().await?;
    match answer.status().as_u16() {
        200 => Ok(()),
        status => Err(format!("a part was answered with {status}: {}", answer.text().await?).into()),
    }
}

/// Reads what a link leads to, or a range of it, and keeps nothing; how many bytes there were.
pub(crate) async fn read(
    http: &reqwest::Client,
    url: &str,
    range: Option<(u64, u64)>,
) -> Result<u64, Failure> {
    let mut request = http.get(url);
    if let Some((start, length)) = range {
        request = request.header("range", format!("bytes={start}-{}", start + length - 1));
    }
    let mut answer = request.send().await?;
    let expected = if range.is_some() { 206 } else { 200 };
    if answer.status().as_u16() != expected {
        return Err(format!("a link was answered with {}: {}", answer.status(), answer.text().await?).into());
    }
    let mut bytes = 0;
    while let Some(more) = answer.chunk().await? {
        bytes += more.len() as u64;
    }
    Ok(bytes)
}

/// MB a second since then.
pub(crate) fn pace(bytes: u64, begun: Instant) -> f64 {
    crate::float(bytes) / MB / begun.elapsed().as_secs_f64()
}
