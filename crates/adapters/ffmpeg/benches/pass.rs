//! How fast recordings are processed, beside one command of ffmpeg, written by hand, that makes the same.
//!
//! `cargo bench -p adapter-ffmpeg` makes ten minutes of sound, processes them both ways in turn, three times, and prints
//! the best of each.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measurement that cannot go on shall stop"
)]

use adapter_ffmpeg::Ffmpeg;
use media::Confines;
use music::{LADDER, Processor};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Seconds of sound.
const SECONDS: u32 = 600;
/// Times that each is done.
const TIMES: usize = 3;

fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file()).unwrap()
}

/// Noise, tones that glide and beats: what is as hard to pack as music.
fn recording(folder: &Path) -> PathBuf {
    let path = folder.join("recording.wav");
    let beats = "0.3*sin(2*PI*(220+110*sin(t/3))*t)*exp(-mod(t,0.47)*8)";
    let tones =
        format!("aevalsrc='{beats}+0.1*sin(2*PI*110*t)|{beats}+0.1*sin(2*PI*165*t)':s=44100:d={SECONDS}");
    let noise = |color: &str| format!("anoisesrc=c={color}:r=44100:d={SECONDS}:a=0.25:seed=1");
    let mix = "[1][2]amerge=inputs=2[n];[0][n]amix=2,aformat=channel_layouts=stereo";
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-f", "lavfi", "-i", &tones, "-f", "lavfi", "-i", &noise("pink")])
        .args(["-f", "lavfi", "-i", &noise("brown"), "-filter_complex", mix, "-c:a", "pcm_s16le"])
        .arg(&path)
        .status();
    assert!(made.unwrap().success());
    path
}

/// What one would type.
fn by_hand(source: &Path, into: &Path) {
    let mut command = Command::new("ffmpeg");
    let split = "[0:a:0]aresample=48000,aformat=channel_layouts=stereo,ebur128=peak=true:framelog=verbose,\
                 asplit=6[a0][a1][a2][a3][a4][peaks]";
    command
        .args(["-nostdin", "-y", "-nostats", "-v", "info", "-i"])
        .arg(source)
        .args(["-filter_complex", split]);
    for (number, rung) in LADDER.iter().enumerate() {
        let opus = rung.codec == music::Codec::Opus;
        let plain = if opus { "[f=ogg]file.ogg" } else { "[f=ipod:movflags=+faststart]file.m4a" };
        let stream = "[f=mp4:movflags=+cmaf+delay_moov:frag_duration=6000000]stream.mp4";
        let files = format!("{stream}|{plain}").replace("]", &format!("]{}-", rung.name()));
        let encoder = if opus { "libopus" } else { "aac" };
        command.args(["-map", &format!("[a{number}]"), "-c:a", encoder, "-b:a", &format!("{}k", rung.kbps)]);
        command.args(["-flags:a", "+global_header", "-map_metadata", "-1", "-f", "tee", &files]);
    }
    command.args(["-map", "[peaks]", "-c:a", "pcm_s16le", "-f", "s16le", "peaks.raw"]);
    let output = command.current_dir(into).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

async fn by_us(source: &Path, into: &Path) {
    let ffmpeg = Ffmpeg::new(Confines::none(), program("ffmpeg"), program("ffprobe"));
    let made = ffmpeg.process(source, into, &|_| ()).await.unwrap();
    println!("\n{:?}, {} ms", made.loudness, made.duration_ms);
    for file in made.files {
        let rate = |bytes: u64| bytes as f64 * 8.0 / 1000.0 / f64::from(SECONDS);
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

fn main() {
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let source = recording(folder.path());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (mut hand, mut ours) = (Duration::MAX, Duration::MAX);
    for _ in 0..TIMES {
        let into = fresh(folder.path());
        let begun = Instant::now();
        by_hand(&source, &into);
        hand = hand.min(begun.elapsed());
        let into = fresh(folder.path());
        let begun = Instant::now();
        runtime.block_on(by_us(&source, &into));
        ours = ours.min(begun.elapsed());
    }
    let speed = |took: Duration| f64::from(SECONDS) / took.as_secs_f64();
    println!("\nrecording: {} bytes, {SECONDS} s", source.metadata().unwrap().len());
    println!("one command by hand: {hand:.1?}, {:.1} s of sound a second", speed(hand));
    println!("the processor:       {ours:.1?}, {:.1} s of sound a second", speed(ours));
    println!("ours / by hand:      {:.2}", ours.as_secs_f64() / hand.as_secs_f64());
}
