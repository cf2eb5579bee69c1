//! Ways of delivering and of sending: links to this program's folder, and links to a bucket that is not ours.
//!
//! With a bucket no byte passes through the server, so there is nothing to measure of it but that it does nothing.

use crate::Failure;
use crate::float;
use crate::house::House;
use crate::options::Options;
use crate::report::table::{Line, readable};
use crate::sending::{filler, pace, put, read};
use actix_web::web::Bytes;
use adapter_s3::{S3, Settings};
use chrono::TimeDelta;
use futures_util::{StreamExt, TryStreamExt, stream};
use kernel::{Body, Clock, Delivery, Disposition, ObjectKey, ObjectStore, SystemClock, Window};
use std::time::Instant;
use testkit::servers::{Bucket, S3Server, ServerError};

const MIB: u64 = 1024 * 1024;
const GIB: f64 = 1024.0 * 1024.0 * 1024.0;
/// Bytes of each file.
const FILE: u64 = 64 * MIB;
/// Bytes of parts that are tried; a bucket takes none below the first.
const PARTS: [u64; 3] = [5 * MIB, 16 * MIB, 64 * MIB];
/// Files that are sent at once, where several are.
const AT_ONCE: usize = 4;
/// What has to be free for each file: twice in parts and whole.
const TIMES: u64 = 4;

/// Somewhere to put things.
struct Place<'a> {
    name: &'static str,
    objects: &'a dyn ObjectStore,
}

/// How a file was delivered.
struct Delivered {
    pace: f64,
    /// Seconds of the processor that our server took for a GiB.
    work: f64,
}

/// Each place in turn.
pub(crate) async fn measure(house: &House, options: &Options) -> Result<Vec<Line>, Failure> {
    let needed = TIMES * FILE * options.files as u64;
    let free = crate::free(house.folder())?.min(crate::free(&std::env::temp_dir())?);
    if free < needed {
        return Ok(vec![Line::words(format!(
            "ways of sending: LEFT OUT, {} MB are free and {} are needed",
            free / 1_000_000,
            needed / 1_000_000
        ))]);
    }
    let mut lines = Vec::new();
    let folder = Place { name: "server's folder", objects: &*house.app.objects };
    let ours = deliver(house, &folder, options.files).await?;
    lines.extend(delivered(&folder, &ours, None));
    let server = match S3Server::start() {
        Ok(server) => Some(server),
        Err(ServerError::Missing { .. }) => None,
        Err(failure) => return Err(failure.into()),
    };
    let s3 = server.as_ref().map(|server| S3::new(&settings(server.bucket()))).transpose()?;
    let bucket = s3.as_ref().map(|s3| Place { name: "bucket (Garage)", objects: s3 });
    if let Some(bucket) = &bucket {
        let theirs = deliver(house, bucket, options.files).await?;
        lines.extend(delivered(bucket, &theirs, Some(&ours)));
    } else {
        lines.push(Line::words("garage is not installed (./dev test brings it), so there is no bucket"));
    }
    for place in [Some(folder), bucket].into_iter().flatten() {
        lines.extend(sent(house, &place, options.files).await?);
    }
    Ok(lines)
}

fn settings(bucket: Bucket) -> Settings {
    Settings {
        bucket: bucket.name,
        prefix: "bench".into(),
        endpoint: Some(bucket.endpoint),
        region: bucket.region,
        access_key: bucket.access_key,
        secret_key: bucket.secret_key,
        path_style: true,
    }
}

fn key(number: usize) -> Result<ObjectKey, Failure> {
    ObjectKey::parse(&format!("bench/{number}")).ok_or_else(|| "no name for a file".into())
}

fn delivered(place: &Place<'_>, here: &Delivered, beside: Option<&Delivered>) -> [Line; 2] {
    let pace = Line::new(format!("64 MiB by a link to the {}, MB a second", place.name), here.pace);
    let work = Line::new("    s of the server's processor for a GiB", here.work);
    match beside {
        Some(other) => {
            let name = format!("server's folder: {}", readable(other.pace));
            [pace.beside(name, here.pace / other.pace), work]
        }
        None => [pace, work],
    }
}

/// One file, read again and again.
async fn deliver(house: &House, place: &Place<'_>, times: usize) -> Result<Delivered, Failure> {
    let key = key(0)?;
    place.objects.put(&key, Body::Bytes(filler(FILE)?.to_vec()), "audio/flac").await?;
    let delivery =
        Delivery { content_type: "audio/flac".into(), disposition: Disposition::Inline, meter: None };
    let window = Window(TimeDelta::hours(1));
    let url = place.objects.link(&key, &delivery, window, SystemClock.now())?.url;
    read(&house.http, &url, None).await?;
    let (begun, before) = (Instant::now(), house.worked());
    let mut bytes = 0;
    for _ in 0..times {
        bytes += read(&house.http, &url, None).await?;
    }
    let pace = pace(bytes, begun);
    let work = (house.worked() - before) / (float(bytes) / GIB);
    place.objects.delete(&[key]).await?;
    eprintln!("ways: read from the {} with {pace:.0} MB a second", place.name);
    Ok(Delivered { pace, work })
}

/// Several files, in parts of several sizes, one after another and some at once.
async fn sent(house: &House, place: &Place<'_>, files: usize) -> Result<Vec<Line>, Failure> {
    let mut lines = Vec::new();
    for part in PARTS {
        let alone = send_all(house, place, (files, part, 1)).await?;
        let crowd = send_all(house, place, (files, part, AT_ONCE)).await?;
        let figure = format!(
            "{files} files of 64 MiB to the {}, {} MiB parts, {AT_ONCE} at once, MB a second",
            place.name,
            part / MIB
        );
        let line = Line::new(figure, crowd);
        lines.push(line.beside(format!("one after another: {}", readable(alone)), crowd / alone));
        eprintln!("ways: sent to the {} with {alone:.0} and {crowd:.0} MB a second", place.name);
    }
    Ok(lines)
}

/// MB a second.
async fn send_all(
    house: &House,
    place: &Place<'_>,
    (files, part, at_once): (usize, u64, usize),
) -> Result<f64, Failure> {
    let bytes = filler(FILE)?;
    let keys = (0..files).map(key).collect::<Result<Vec<_>, _>>()?;
    let begun = Instant::now();
    let sending = stream::iter(&keys).map(|key| send_one(house, place, key, &bytes, part));
    sending.buffer_unordered(at_once).try_collect::<()>().await?;
    let pace = pace(FILE * files as u64, begun);
    place.objects.delete(&keys).await?;
    Ok(pace)
}

/// Part by part, as a browser does.
async fn send_one(
    house: &House,
    place: &Place<'_>,
    key: &ObjectKey,
    bytes: &Bytes,
    size: u64,
) -> Result<(), Failure> {
    let (now, step) = (SystemClock.now(), usize::try_from(size)?);
    let parts = place.objects.begin_parts(key, "audio/flac").await?;
    for (number, start) in (1..).zip((0..bytes.len()).step_by(step)) {
        let part = bytes.slice(start..bytes.len().min(start + step));
        let until = now + TimeDelta::hours(1);
        let link = place.objects.part_link(key, &parts, number, part.len() as u64, now, until)?;
        put(&house.http, &link.url, part).await?;
    }
    let there = place.objects.parts(key, &parts).await?.ok_or("the parts are gone")?;
    Ok(place.objects.finish_parts(key, &parts, &there).await?)
}
