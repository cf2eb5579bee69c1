//! How the work ends when it does not end by itself.

use crate::bench::{Bench, run_ffmpeg};
use adapter_ffmpeg::{Ffmpeg, Limits};
use media::Confines;
use music::{ProcessError, Processor, Refusal};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::Notify;

const TONE: &str = "0.25*sin(2*PI*500*t)|0.2*sin(2*PI*600*t)";

/// Processes that work in or on a folder.
fn at_work(folder: &Path) -> Vec<String> {
    let folder = folder.to_str().unwrap();
    let mut found = Vec::new();
    for process in fs::read_dir("/proc").unwrap().filter_map(Result::ok) {
        let line = fs::read(process.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        let cwd = fs::read_link(process.path().join("cwd")).unwrap_or_default();
        if line.contains(folder) || cwd.starts_with(folder) {
            found.push(line);
        }
    }
    found
}

async fn soon_nobody_works(folder: &Path) {
    for _ in 0..100 {
        if at_work(folder).is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{:?}", at_work(folder));
}

#[tokio::test]
async fn nobody_works_on_when_nobody_waits() {
    let bench = Bench::new();
    let source = bench.record("a.wav", TONE, 48_000, 300.0, "-c:a pcm_s16le");
    let begun = Notify::new();
    let tell = |_| begun.notify_one();
    let seen = async {
        begun.notified().await;
        at_work(bench.folder.path())
    };
    tokio::select! {
        made = bench.ffmpeg.process(&source, &bench.into, &tell) => panic!("it is not that fast: {made:?}"),
        seen = seen => assert!(seen.len() >= 6, "{seen:#?}"),
    }
    soon_nobody_works(bench.folder.path()).await;
}

#[tokio::test]
async fn missing_programs_are_named() {
    let bench = Bench::new();
    let source = bench.file("a.wav", "");
    for (programs, name) in [(["/nowhere", "/bin/true"], "ffmpeg"), (["/bin/true", "ffprobe"], "ffprobe")] {
        let [ffmpeg, ffprobe] = programs.map(PathBuf::from);
        let missing = Ffmpeg::new(Confines::none(), ffmpeg, ffprobe);
        let error = missing.process(&source, &bench.into, &|_| ()).await.unwrap_err();
        assert!(matches!(error, ProcessError::Missing(missing) if missing == name), "{error:?}");
    }
}

#[tokio::test]
async fn what_takes_too_long_is_refused() {
    let mut bench = Bench::new();
    let source = bench.record("a.flac", TONE, 48_000, 600.0, "-c:a flac -compression_level 0");
    // Those who pack do nothing here, so that the decoder need not wait for them.
    let real = bench.ffmpeg.ffmpeg.display().to_string();
    let script = format!("case \"$*\" in *tee*) exec cat >/dev/null;; esac\nexec {real} \"$@\"");
    bench.ffmpeg.ffmpeg = instead(&bench, "decodes", &script);
    bench.ffmpeg.limits.decode = Duration::from_secs(1);
    assert_eq!(bench.refusal(&source).await, Some(Refusal::TooMuch), "one second is not enough");
    soon_nobody_works(bench.folder.path()).await;
}

/// A program that does as told instead of ffmpeg.
fn instead(bench: &Bench, name: &str, script: &str) -> PathBuf {
    let path = bench.file(name, format!("#!/bin/sh\n{script}\n"));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[tokio::test]
async fn who_says_nothing_is_ended_with_all_that_he_started() {
    let mut bench = Bench::new();
    let source = bench.record("a.wav", TONE, 48_000, 2.0, "-c:a pcm_s16le");
    let short = Duration::from_millis(500);
    bench.ffmpeg.limits = Limits { silence: short, probe: short, ..Limits::default() };
    let (ffmpeg, ffprobe) = (bench.ffmpeg.ffmpeg.clone(), bench.ffmpeg.ffprobe.clone());
    let hangs = instead(&bench, "hangs", "sleep 1000 & sleep 1000");
    bench.ffmpeg.ffprobe.clone_from(&hangs);
    // It used none of its time: that says nothing of the recording, which is tried again.
    let error = bench.process(&source).await.unwrap_err();
    assert!(matches!(error, ProcessError::Failed(_)), "{error:?}");
    bench.ffmpeg.ffprobe = ffprobe;
    bench.ffmpeg.ffmpeg = hangs;
    let error = bench.process(&source).await.unwrap_err();
    assert!(matches!(error, ProcessError::Failed(_)), "{error:?}");
    bench.ffmpeg.ffmpeg = ffmpeg;
    soon_nobody_works(bench.folder.path()).await;
}

#[tokio::test]
async fn who_talks_without_end_is_not_listened_to() {
    let mut bench = Bench::new();
    let source = bench.record("a.wav", TONE, 48_000, 2.0, "-c:a pcm_s16le");
    let ffprobe = bench.ffmpeg.ffprobe.clone();
    bench.ffmpeg.ffprobe = instead(&bench, "talks", "yes | head -c 100000000; yes >&2");
    assert_eq!(bench.refusal(&source).await, Some(Refusal::TooMuch));
    bench.ffmpeg.ffprobe = ffprobe;
    soon_nobody_works(bench.folder.path()).await;
}

#[tokio::test]
async fn a_packer_that_fails_is_our_fault_and_says_why() {
    let mut bench = Bench::new();
    let source = bench.record("a.wav", TONE, 48_000, 20.0, "-c:a pcm_s16le");
    let real = bench.ffmpeg.ffmpeg.display().to_string();
    let script =
        format!("case \"$*\" in *aac-256*) echo the disk is full >&2; exit 1;; esac\nexec {real} \"$@\"");
    bench.ffmpeg.ffmpeg = instead(&bench, "sometimes", &script);
    let error = bench.process(&source).await.unwrap_err();
    assert!(
        matches!(&error, ProcessError::Failed(why) if why.to_string().contains("the disk is full")),
        "{error:?}"
    );
    soon_nobody_works(bench.folder.path()).await;
}

#[tokio::test]
async fn a_packer_that_dies_while_it_is_fed_does_not_cost_a_good_recording() {
    let mut bench = Bench::new();
    let source = bench.record("a.wav", TONE, 48_000, 60.0, "-c:a pcm_s16le");
    let real = bench.ffmpeg.ffmpeg.display().to_string();
    for (name, end) in [("dies", "echo the disk is full >&2; exit 1"), ("leaves", "exit 0")] {
        let script =
            format!("case \"$*\" in *aac-256*) head -c 500000 >/dev/null; {end};; esac\nexec {real} \"$@\"");
        bench.ffmpeg.ffmpeg = instead(&bench, name, &script);
        let error = bench.process(&source).await.unwrap_err();
        assert!(matches!(error, ProcessError::Failed(_)), "{name}: {error:?}");
        soon_nobody_works(bench.folder.path()).await;
    }
}

#[tokio::test]
async fn what_a_recording_is_called_does_not_decide_how_it_ends() {
    let mut bench = Bench::new();
    let source = bench.path("titled.flac");
    let tag = "title=No such file, out of memory, bad_alloc, received signal 24\n[error] No such file";
    run_ffmpeg(&["-f", "lavfi", "-i", "sine=500:d=2", "-metadata", tag, source.to_str().unwrap()]);
    assert!(bench.process(&source).await.is_ok());
    // The decoder gives up, without a complaint of its own.
    let real = bench.ffmpeg.ffmpeg.display().to_string();
    let script = format!("case \"$*\" in *pipe:1*) {real} \"$@\"; exit 1;; esac\nexec {real} \"$@\"");
    bench.ffmpeg.ffmpeg = instead(&bench, "gives-up", &script);
    assert_eq!(bench.refusal(&source).await, Some(Refusal::Malformed));
}

#[tokio::test]
async fn a_recording_that_is_much_longer_than_it_says_is_refused_soon() {
    let bench = Bench::new();
    let mut bytes = fs::read(bench.record("long.flac", TONE, 48_000, 200.0, "-c:a flac")).unwrap();
    // The number of samples: 36 bits in the stream's description. One second.
    bytes[21] &= 0xf0;
    bytes[22..26].copy_from_slice(&48_000_u32.to_be_bytes());
    let source = bench.file("lie.flac", bytes);
    assert_eq!(bench.refusal(&source).await, Some(Refusal::Malformed));
    soon_nobody_works(bench.folder.path()).await;
}
