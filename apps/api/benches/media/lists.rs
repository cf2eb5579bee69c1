//! The page of an album and the playlists of a set, beside the least that can be answered.

use crate::ask::{Asked, ask, get};
use crate::house::{House, text};
use crate::options::Options;
use crate::report::table::{Line, readable};
use crate::{Failure, float, silent};
use serde_json::Value;
use std::time::Duration;
use testkit::load::register;

/// How many ask at once.
pub(crate) const CONNECTIONS: usize = 16;
const PICTURES: u32 = 500;
const LIVE: &str = "/health/live";
/// A rendition that most players begin with.
const RUNG: &str = "opus-128.m3u8";

/// Asks for all of them in turn.
pub(crate) async fn measure(house: &House, options: &Options) -> Result<Vec<Line>, Failure> {
    eprintln!("lists: an album of {PICTURES} pictures, a set of an hour");
    let admin = house.admin().await?;
    let album = silent::album(house, &admin, PICTURES).await?;
    let set = silent::set(house, &admin).await?;
    let address = house.program.address();
    let token = register(address, 1).await?.pop().ok_or("nobody has registered")?;
    let master = master(house, &set, &token).await?;
    let rendition = beside(&master, RUNG).ok_or("the playlist has no folder")?;
    let page = format!("/api/v1/gallery/albums/{album}/images?limit={PICTURES}");
    let of_album = get(&page, Some(&token), None);
    let kept = etag(house, &page, &token).await?;
    let live = run(house, options, ("GET /health/live", 200), &get(LIVE, None, None)).await?;
    let mut lines = vec![Line::new("GET /health/live, a second", live.per_second).lasting(latency(&live))];
    for (name, request, status) in [
        (format!("album of {PICTURES} pictures, gzip"), of_album, 200),
        ("    the same, not changed (304)".to_owned(), get(&page, Some(&token), Some(&kept)), 304),
        ("master.m3u8, gzip".to_owned(), get(&master, None, None), 200),
        ("playlist of an hour, gzip".to_owned(), get(&rendition, None, None), 200),
    ] {
        let asked = run(house, options, (name.trim(), status), &request).await?;
        let figure = format!("{name}, {} bytes, a second", readable(float(asked.bytes as u64)));
        let line = Line::new(figure, asked.per_second).lasting(latency(&asked));
        lines.push(line.beside(LIVE, asked.per_second / live.per_second));
    }
    Ok(lines)
}

async fn run(
    house: &House,
    options: &Options,
    (name, status): (&str, u16),
    request: &std::sync::Arc<[u8]>,
) -> Result<Asked, Failure> {
    let asked = ask(house.program.address(), request, status, (CONNECTIONS, options.time)).await?;
    eprintln!("  {name}: {:.0} a second", asked.per_second);
    Ok(asked)
}

/// Where a player of that member begins, below the server.
async fn master(house: &House, set: &str, token: &str) -> Result<String, Failure> {
    let base = format!("http://{}", house.program.address());
    let url = format!("{base}/api/v1/music/sets/{set}/stream");
    let stream: Value =
        house.http.get(url).bearer_auth(token).send().await?.error_for_status()?.json().await?;
    let url = text(&stream, "/hls_url")?;
    url.strip_prefix(&base).map(str::to_owned).ok_or_else(|| format!("{url} leads somewhere else").into())
}

/// The same address with another file at its end.
fn beside(path: &str, file: &str) -> Option<String> {
    Some(format!("{}/{file}", path.rsplit_once('/')?.0))
}

fn latency(asked: &Asked) -> Option<(Duration, Duration)> {
    asked.first_byte.percentile(50).zip(asked.first_byte.percentile(99))
}

/// What a page's content is called as browsers get it, packed.
async fn etag(house: &House, path: &str, token: &str) -> Result<String, Failure> {
    let url = format!("http://{}{path}", house.program.address());
    let asked = house.http.get(url).bearer_auth(token).header("accept-encoding", "gzip");
    let answer = asked.send().await?.error_for_status()?;
    let etag = answer.headers().get("etag").ok_or("a page has no ETag")?;
    Ok(etag.to_str()?.to_owned())
}
