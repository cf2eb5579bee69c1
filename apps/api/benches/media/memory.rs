//! What a server through which a large file passes has in memory.

use crate::house::{House, text};
use crate::options::Options;
use crate::report::table::{Line, readable};
use crate::sending::{filler, pace, put, read};
use crate::{Failure, float};
use actix_web::web::Bytes;
use chrono::TimeDelta;
use futures_util::{StreamExt, TryStreamExt, stream};
use kernel::{Clock, Delivery, Disposition, ObjectKey, SystemClock, Window};
use serde_json::{Value, json};
use std::fs::File;
use std::io::Write;
use std::time::Instant;
use testkit::servers::Memory;

/// Bytes of a part: the server's own choice, which is looked at.
const PART: u64 = 16 * MIB;
const MIB: u64 = 1024 * 1024;
/// Parts, or ranges, at once.
const AT_ONCE: usize = 4;
/// Most that the server may grow by.
const ROOM: u64 = 32 * MIB;
/// What has to be free for each byte that passes: its part, and the whole that the parts become.
const TIMES: u64 = 3;

/// What one passage took.
struct Passed {
    sent: f64,
    together: f64,
    read: f64,
}

/// Sends a file, reads it again, and weighs the server.
pub(crate) async fn measure(house: &mut House, options: &Options) -> Result<Vec<Line>, Failure> {
    let (bytes, free) = (options.passing, crate::free(house.folder())?);
    let size = format!("{} MiB", bytes / MIB);
    if free < TIMES * bytes {
        return Ok(vec![Line::words(format!(
            "memory while {size} pass: LEFT OUT, {} MB are free in {} and {} are needed",
            free / 1_000_000,
            house.folder().display(),
            TIMES * bytes / 1_000_000
        ))]);
    }
    eprintln!("memory: {size} pass through a server that has just been started");
    let bare = bare_file(house, bytes / 8)?;
    house.program.stop()?;
    house.program.serve()?;
    // Once, so that what any first request needs is there.
    pass(house, PART).await?;
    let before = weighed(house)?;
    let passed = pass(house, bytes).await?;
    let after = weighed(house)?;
    let grown = after.peak.saturating_sub(before.now);
    let megabytes = |bytes: u64| float(bytes) / float(MIB);
    Ok(vec![
        Line::new(format!("{size} sent in parts of 16 MiB, {AT_ONCE} at once, MB a second"), passed.sent)
            .beside(format!("a bare file, synced: {}", readable(bare)), passed.sent / bare),
        Line::new("    s until the parts were one file", passed.together),
        Line::new("    read in ranges of 16 MiB, MB a second", passed.read),
        Line::new("memory of the server before, MiB", megabytes(before.now)),
        Line::new("    at its most meanwhile", megabytes(after.peak)),
        Line::new("    more than before", megabytes(grown)).judged("under 32", grown < ROOM),
    ])
}

fn weighed(house: &House) -> Result<Memory, Failure> {
    house.program.memory().ok_or_else(|| "the server's memory cannot be read".into())
}

/// The least: the same bytes written beside, MB a second.
fn bare_file(house: &House, bytes: u64) -> Result<f64, Failure> {
    let (path, part) = (house.folder().join("bare"), filler(PART)?);
    let begun = Instant::now();
    let mut file = File::create(&path)?;
    for _ in 0..bytes / PART {
        file.write_all(&part)?;
    }
    file.sync_all()?;
    let pace = pace(bytes, begun);
    std::fs::remove_file(path)?;
    Ok(pace)
}

/// A file goes in and comes out again.
async fn pass(house: &House, bytes: u64) -> Result<Passed, Failure> {
    let admin = house.admin().await?;
    let wish = json!({"kind": "set", "filename": "night.flac", "size": bytes, "content_type": "audio/flac"});
    let upload = admin.post("/admin/uploads", &wish).await?;
    if upload.pointer("/part_size").and_then(Value::as_u64) != Some(PART) {
        return Err("the server wants parts of another size".into());
    }
    let links = upload.pointer("/parts").and_then(Value::as_array).ok_or("there are no parts")?;
    let urls = links.iter().map(|part| text(part, "/url")).collect::<Result<Vec<_>, _>>()?;
    let filler = filler(PART)?;
    let begun = Instant::now();
    let parts = stream::iter(urls).map(|url| {
        let part = Bytes::clone(&filler);
        async move { put(&house.http, &url, part).await }
    });
    parts.buffer_unordered(AT_ONCE).try_collect::<()>().await?;
    let sent = pace(bytes, begun);
    let (id, begun) = (text(&upload, "/upload_id")?, Instant::now());
    admin.post(&format!("/admin/uploads/{id}/complete"), &json!({})).await?;
    let together = begun.elapsed().as_secs_f64();
    let key = ObjectKey::parse(&format!("uploads/{id}")).ok_or("no name for an upload")?;
    let delivery =
        Delivery { content_type: "audio/flac".into(), disposition: Disposition::Inline, meter: None };
    let window = Window(TimeDelta::hours(1));
    let url = house.app.objects.link(&key, &delivery, window, SystemClock.now())?.url;
    let begun = Instant::now();
    let (http, url) = (&house.http, url.as_str());
    let ranges = stream::iter(0..bytes / PART)
        .map(|number| async move { read(http, url, Some((number * PART, PART))).await })
        .buffer_unordered(AT_ONCE);
    let came: u64 = ranges.try_fold(0, |sum, more| async move { Ok(sum + more) }).await?;
    let read = pace(bytes, begun);
    if came != bytes {
        return Err(format!("{bytes} bytes went in, {came} came out").into());
    }
    admin.delete(&format!("/admin/uploads/{id}")).await?;
    eprintln!("  {} MiB: sent {sent:.0}, read {read:.0} MB a second", bytes / MIB);
    Ok(Passed { sent, together, read })
}
