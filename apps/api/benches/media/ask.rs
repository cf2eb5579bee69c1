//! Closed loops over a fixed number of connections, and when the first byte of each answer came.

use crate::{Failure, float};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use testkit::load::{Connection, Latencies, request};
use tokio::task::JoinSet;

/// Before anything counts: connections open, plans are made, answers are ready.
const WARM_UP: Duration = Duration::from_secs(1);

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    pub(crate) per_second: f64,
    /// From the request to the first byte.
    pub(crate) first_byte: Latencies,
    /// Of an answer's body.
    pub(crate) bytes: usize,
}

/// A request as browsers send it.
pub(crate) fn get(path: &str, token: Option<&str>, kept: Option<&str>) -> Arc<[u8]> {
    let plain = String::from_utf8(request("GET", path, token, "")).unwrap_or_default();
    let kept = kept.map(|etag| format!("if-none-match: {etag}\r\n")).unwrap_or_default();
    plain.replacen("\r\n\r\n", &format!("\r\naccept-encoding: gzip\r\n{kept}\r\n"), 1).into_bytes().into()
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
    let (mut asked, mut connection) = (Asked::default(), Connection::new(address));
    while Instant::now() < until {
        let begun = Instant::now();
        let answer = connection.send(&request).await?;
        if answer.status != status {
            let said: String = String::from_utf8_lossy(answer.body).chars().take(600).collect();
            return Err(format!("{} instead of {status}: {said}", answer.status).into());
        }
        if (from..until).contains(&Instant::now()) {
            asked.first_byte.add(answer.first_byte - begun);
        }
        asked.bytes = answer.body.len();
    }
    Ok(asked)
}
