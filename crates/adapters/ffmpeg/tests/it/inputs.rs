//! All that is taken: formats, rates and channels.

use crate::bench::{Bench, program, samples};
use music::Refusal;
use std::fs;

const TONE: &str = "0.25*sin(2*PI*500*t)";

#[tokio::test]
async fn every_format_is_taken() {
    let bench = Bench::new();
    let stereo = format!("{TONE}|{TONE}");
    for (name, rate, arguments) in [
        ("u8.wav", 22_050, "-c:a pcm_u8"),
        ("16.wav", 44_100, "-c:a pcm_s16le"),
        ("24-192.wav", 192_000, "-c:a pcm_s24le"),
        ("float.wav", 96_000, "-c:a pcm_f32le"),
        ("8k.wav", 8_000, "-c:a pcm_s16le"),
        ("rf64.wav", 48_000, "-c:a pcm_s16le -rf64 always"),
        ("a.flac", 44_100, "-c:a flac"),
        ("24-96.flac", 96_000, "-c:a flac -sample_fmt s32"),
        ("a.aiff", 44_100, "-c:a pcm_s16be"),
        ("24.aif", 48_000, "-c:a pcm_s24be -f aiff"),
        ("a.mp3", 44_100, "-c:a libmp3lame -b:a 128k"),
        ("vbr.mp3", 48_000, "-c:a libmp3lame -q:a 4"),
        ("bare.mp3", 44_100, "-c:a libmp3lame -b:a 128k -write_xing 0 -id3v2_version 0"),
        ("low.mp3", 22_050, "-c:a libmp3lame -b:a 48k"),
        ("aac.m4a", 44_100, "-c:a aac -b:a 128k"),
        ("alac.m4a", 48_000, "-c:a alac"),
        ("fast.m4a", 48_000, "-c:a aac -movflags +faststart"),
        ("fragmented.m4a", 48_000, "-c:a aac -movflags +frag_keyframe+empty_moov -f mp4"),
    ] {
        let source = bench.record(name, &stereo, rate, 2.5, arguments);
        let made = bench.process(&source).await.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        // What some encoders add at the end cannot be told from sound where the file does not tell it.
        let slack = if name.ends_with("mp3") || name == "fragmented.m4a" { 80 } else { 50 };
        assert!(made.duration_ms.abs_diff(2_500) <= slack, "{name}: {} ms", made.duration_ms);
        assert!((made.loudness.true_peak_dbtp + 12.04).abs() < 0.8, "{name}: {:?}", made.loudness);
        assert_eq!(made.files.len(), 5);
    }
}

#[tokio::test]
async fn one_channel_is_heard_on_both_sides_as_loud_as_it_was() {
    let bench = Bench::new();
    let source = bench.record("mono.wav", TONE, 44_100, 2.0, "-c:a pcm_s16le");
    let made = bench.process(&source).await.unwrap();
    assert!((made.loudness.true_peak_dbtp + 12.04).abs() < 0.1, "{:?}", made.loudness);
    let heard = samples(&made.files[4].file, &[]);
    let top =
        |side: usize| heard.iter().skip(side).step_by(2).fold(0_f32, |top, sample| top.max(sample.abs()));
    assert!((top(0) - 0.25).abs() < 0.02 && (top(1) - 0.25).abs() < 0.02, "{} {}", top(0), top(1));
}

#[tokio::test]
async fn many_channels_become_two_and_none_is_cut_off() {
    let bench = Bench::new();
    for (name, channels, layout, codec) in [
        ("5.1.wav", 6, "5.1", "pcm_s24le"),
        ("7.1.flac", 8, "7.1", "flac"),
        ("5.1-float.wav", 6, "5.1", "pcm_f32le"),
        ("quad.wav", 4, "quad", "pcm_s16le"),
    ] {
        let sound = vec!["0.99*sin(2*PI*300*t)"; channels].join("|") + &format!(":c={layout}");
        // The quotes of the sound end before the layout.
        let sound = sound.replace(":c=", "':c='");
        let source = bench.record(name, &sound, 48_000, 2.0, &format!("-c:a {codec}"));
        let loudness = bench.process(&source).await.unwrap().loudness;
        assert!((-1.0..=0.2).contains(&loudness.true_peak_dbtp), "{name}: {loudness:?}");
    }
    let stems = ["0.25*sin(2*PI*300*t)"; 12].join("|");
    let source = bench.record("stems.wav", &stems, 48_000, 2.0, "-c:a pcm_s16le");
    let loudness = bench.process(&source).await.unwrap().loudness;
    assert!((loudness.true_peak_dbtp + 12.04).abs() < 0.2, "{loudness:?}");
}

#[tokio::test]
async fn a_recorder_that_was_switched_off_leaves_a_file_that_is_taken() {
    let bench = Bench::new();
    let source = bench.record("a.wav", TONE, 48_000, 2.0, "-c:a pcm_s16le -fflags +bitexact");
    let whole = fs::read(&source).unwrap();
    let size = whole.windows(4).position(|name| name == b"data").unwrap() + 4;
    for unknown in [0_u32, u32::MAX] {
        let mut bytes = whole.clone();
        bytes[4..8].copy_from_slice(&unknown.to_le_bytes());
        bytes[size..size + 4].copy_from_slice(&unknown.to_le_bytes());
        let made = bench.process(&bench.file("unknown.wav", bytes)).await.unwrap();
        assert_eq!(made.duration_ms, 2_000, "{unknown:x}");
    }
    let mut bytes = whole;
    bytes[size..size + 4].copy_from_slice(&10_000_000_u32.to_le_bytes());
    assert_eq!(bench.refusal(&bench.file("lie.wav", bytes)).await, Some(Refusal::Truncated));
}

#[tokio::test]
async fn a_moment_of_sound_is_enough() {
    let bench = Bench::new();
    let source = bench.record("a.wav", TONE, 48_000, 0.05, "-c:a pcm_s16le");
    let made = bench.process(&source).await.unwrap();
    assert_eq!(made.duration_ms, 50);
    assert!(made.files.iter().all(|file| file.index.segments.len() == 1));
    assert_eq!(made.loudness.integrated_lufs, -70.0, "too short to be measured");
}

#[test]
fn the_programs_are_there() {
    assert!(program("ffmpeg").is_file() && program("ffprobe").is_file());
    assert!(Bench::new().ffmpeg.missing().is_empty());
}
