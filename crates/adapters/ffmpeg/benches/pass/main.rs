//! How fast recordings are processed, beside one command of ffmpeg, written by hand, that makes the same.
//!
//! `cargo bench -p adapter-ffmpeg --bench pass` makes ten minutes of sound, processes them both ways in turn, three times,
//! and prints the best of each; `... -- 60 1` does so with 60 seconds, once.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that cannot go on shall stop")]

mod by_hand;

use adapter_ffmpeg::Ffmpeg;
use by_hand::{by_hand, program, recording};
use media::Confines;
use music::Processor;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A number of the command line: the seconds of sound, then how often each is done.
fn wish(place: usize, otherwise: u32) -> u32 {
    std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).nth(place).unwrap_or(otherwise)
}

async fn by_us(source: &Path, into: &Path, seconds: u32) {
    let ffmpeg = Ffmpeg::new(Confines::none(), program("ffmpeg"), program("ffprobe"));
    let made = ffmpeg.process(source, into, &|_| ()).await.unwrap();
    println!("\n{:?}, {} ms", made.loudness, made.duration_ms);
    for file in made.files {
        let rate = |bytes: u64| bytes as f64 * 8.0 / 1000.0 / f64::from(seconds);
        let (stream, plain) = (rate(file.stream_bytes), rate(file.file_bytes));
        println!(
            "{:9} stream {:9} bytes {stream:6.1} kbit/s   file {:9} bytes {plain:6.1} kbit/s   {} segments",
            file.rung.name(),
            file.stream_bytes,
            file.file_bytes,
            file.index.segments.len()
        );
    }
}

fn fresh(folder: &Path) -> PathBuf {
    let _ = std::fs::remove_dir_all(folder.join("into"));
    std::fs::create_dir(folder.join("into")).unwrap();
    folder.join("into")
}

/// Seconds of the processor that all programs took that have ended (Linux counts them a hundred a second).
fn worked() -> f64 {
    let about = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<f64> = about
        .split(')')
        .next_back()
        .unwrap()
        .split_whitespace()
        .filter_map(|field| field.parse().ok())
        .collect();
    fields.get(12..14).map_or(0.0, |times| times.iter().sum::<f64>() / 100.0)
}

fn main() {
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let (folder, seconds) = (tempfile::tempdir().unwrap(), wish(0, 600));
    let source = recording(folder.path(), seconds);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (mut hand, mut ours) = ((Duration::MAX, 0.0), (Duration::MAX, 0.0));
    for _ in 0..wish(1, 3) {
        let into = fresh(folder.path());
        let (begun, before) = (Instant::now(), worked());
        by_hand(&source, &into);
        hand = best(hand, (begun.elapsed(), worked() - before));
        let into = fresh(folder.path());
        let (begun, before) = (Instant::now(), worked());
        runtime.block_on(by_us(&source, &into, seconds));
        ours = best(ours, (begun.elapsed(), worked() - before));
    }
    let said = |(took, work): (Duration, f64)| {
        let speed = f64::from(seconds) / took.as_secs_f64();
        format!("{took:.1?}, {speed:.1} s of sound a second, {work:.1} s of the processor")
    };
    println!("\nrecording: {} bytes, {seconds} s", source.metadata().unwrap().len());
    println!("one command by hand: {}", said(hand));
    println!("the processor:       {}", said(ours));
    println!("ours / by hand:      {:.2}", ours.0.as_secs_f64() / hand.0.as_secs_f64());
}

fn best(one: (Duration, f64), other: (Duration, f64)) -> (Duration, f64) {
    if other.0 < one.0 { other } else { one }
}
