//! What is known goes in, and what comes out is what follows from it.

use crate::bench::{Bench, number, probed, samples};
use adapter_ffmpeg::ZOOMS;
use music::{Codec, LADDER, SoundFile};
use std::fs;

/// A tone left and right, of an amplitude that is so many decibels under full scale.
fn tone(hertz: u32, decibels: f64) -> String {
    let one = format!("{}*sin(2*PI*{hertz}*t)", 10_f64.powf(decibels / 20.0));
    format!("{one}|{one}")
}

#[tokio::test]
async fn a_tone_is_as_loud_as_it_is_known_to_be() {
    let bench = Bench::new();
    // EBU Tech 3341: a tone of 1,000 Hz left and right of -23 dBFS is -23 LUFS loud.
    for (name, hertz, decibels) in [("a.wav", 1000, -23.0), ("b.wav", 997, -33.0), ("c.wav", 997, -3.0)] {
        let source = bench.record(name, &tone(hertz, decibels), 48_000, 8.0, "-c:a pcm_s24le");
        let loudness = bench.process(&source).await.unwrap().loudness;
        assert!((loudness.integrated_lufs - decibels).abs() <= 0.1, "{decibels}: {loudness:?}");
        assert!((loudness.true_peak_dbtp - decibels).abs() <= 0.1, "{decibels}: {loudness:?}");
    }
}

#[tokio::test]
async fn peaks_between_samples_are_seen_and_silence_has_none() {
    let bench = Bench::new();
    // Every sample of this tone is 3 dB under its top.
    let between = "min(1,min(t,4-t)*10)*0.5*sin(2*PI*12000*t+PI/4)";
    let source = bench.record("a.wav", &format!("{between}|{between}"), 48_000, 4.0, "-c:a pcm_s24le");
    let peak = bench.process(&source).await.unwrap().loudness.true_peak_dbtp;
    assert!((-6.4..=-5.8).contains(&peak), "{peak}");
    let source = bench.record("silence.wav", "0|0", 48_000, 4.0, "-c:a pcm_s16le");
    let loudness = bench.process(&source).await.unwrap().loudness;
    assert_eq!((loudness.integrated_lufs, loudness.true_peak_dbtp), (-70.0, -120.0));
}

#[tokio::test]
async fn loudness_range_is_that_of_the_test_signal() {
    let bench = Bench::new();
    // EBU Tech 3342, case 1, shortened: 20 s of -20 dBFS and 20 s of -30 dBFS have a range of 10 LU.
    let one = "if(lt(t,20),0.1,0.0316228)*sin(2*PI*1000*t)";
    let source = bench.record("a.wav", &format!("{one}|{one}"), 48_000, 40.0, "-c:a pcm_s24le");
    let range = bench.process(&source).await.unwrap().loudness.range_lu;
    assert!((range - 10.0).abs() <= 1.0, "{range}");
}

#[tokio::test]
async fn every_rendition_is_what_it_is_called_and_as_long_as_the_source() {
    let bench = Bench::new();
    let source = bench.record("a.wav", &tone(440, -12.0), 44_100, 14.321, "-c:a pcm_s16le");
    let made = bench.process(&source).await.unwrap();
    assert_eq!(made.duration_ms, 14_321);
    assert_eq!(made.files.iter().map(|file| file.rung).collect::<Vec<_>>(), LADDER);
    for file in &made.files {
        for (path, container, bytes) in
            [(&file.stream, "mov", file.stream_bytes), (&file.file, "", file.file_bytes)]
        {
            let about = probed(path);
            let (stream, name) = (&about["streams"][0], file.rung.name());
            let codec = if file.rung.codec == Codec::Opus { "opus" } else { "aac" };
            assert_eq!(stream["codec_name"], codec, "{name}");
            assert_eq!(
                (stream["sample_rate"].as_str(), stream["channels"].as_u64()),
                (Some("48000"), Some(2))
            );
            assert!((number(&about["format"]["duration"]) - 14.321).abs() < 0.05, "{name}: {about}");
            assert!(about["format"]["format_name"].as_str().unwrap().contains(container));
            assert_eq!(path.metadata().unwrap().len(), bytes);
            let heard = samples(path, &[]).len() as f64 / 2.0 / 48_000.0;
            assert!((heard - 14.321).abs() < 0.05, "{name}: {heard} s are heard");
        }
        assert!(file.stream.to_str().unwrap().ends_with(&format!("{}.mp4", file.rung.name())));
        let boxes = fs::read(&file.stream).unwrap();
        assert!(
            &boxes[4..8] == b"ftyp" && boxes[8..40].windows(4).any(|brand| brand == b"cmfc"),
            "it is CMAF"
        );
        let moov = |bytes: &[u8]| bytes.windows(4).position(|name| name == b"moov");
        if file.rung.codec == Codec::Aac {
            assert!(moov(&fs::read(&file.file).unwrap()).unwrap() < 100, "it can be played while it arrives");
        }
    }
}

#[tokio::test]
async fn every_segment_plays_by_itself_and_all_together_are_everything() {
    let bench = Bench::new();
    let source = bench.record("a.wav", &tone(440, -12.0), 48_000, 20.0, "-c:a pcm_s16le");
    for file in bench.process(&source).await.unwrap().files {
        let (bytes, name) = (fs::read(&file.stream).unwrap(), file.rung.name());
        let init = &bytes[..usize::try_from(file.index.init).unwrap()];
        let (mut packets, mut end, mut duration) = (0, file.index.init, 0);
        for (number, segment) in file.index.segments.iter().enumerate() {
            assert_eq!(segment.start, end, "{name}: no gap");
            end += segment.length;
            duration += segment.duration_ms;
            let start = usize::try_from(segment.start).unwrap();
            let alone = [init, &bytes[start..usize::try_from(end).unwrap()]].concat();
            let alone = bench.file("alone.mp4", alone);
            packets += count(&alone);
            let heard = samples(&alone, &[]).len() as f64 / 96.0;
            let expected = f64::from(segment.duration_ms);
            assert!((heard - expected).abs() < 50.0, "{name} {number}: {heard} ms of {expected} ms");
            if number + 1 < file.index.segments.len() {
                assert!((5_980..=6_060).contains(&segment.duration_ms), "{name}: {segment:?}");
            }
        }
        assert_eq!(end, bytes.len() as u64, "{name}: nothing after the last");
        assert_eq!(packets, count(&file.stream), "{name}");
        assert!((19_990..=20_060).contains(&duration), "{name}: {duration}");
        assert_eq!(file.index.segments.len(), 4);
    }
}

fn count(path: &std::path::Path) -> u64 {
    probed(path)["streams"][0]["nb_read_packets"].as_str().unwrap().parse().unwrap()
}

/// How often a tone of the left side goes up through nothing in a second.
fn hertz(samples: &[f32]) -> f64 {
    let left: Vec<f32> = samples.iter().step_by(2).copied().collect();
    let ups = left.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count();
    ups as f64 * 48_000.0 / left.len() as f64
}

#[tokio::test]
async fn a_player_that_seeks_hears_what_is_there() {
    let bench = Bench::new();
    // Another tone every five seconds.
    let one = "0.3*sin(2*PI*(300+200*floor(t/5))*t)";
    let source = bench.record("a.wav", &format!("{one}|{one}"), 48_000, 20.0, "-c:a pcm_s16le");
    let made = bench.process(&source).await.unwrap();
    for SoundFile { stream, file, rung, .. } in made.files {
        for path in [stream, file] {
            for (at, expected) in [("16", 900.0), ("2", 300.0), ("11.5", 700.0), ("6", 500.0)] {
                let heard = hertz(&samples(&path, &["-ss", at, "-t", "2"]));
                assert!((heard - expected).abs() < 15.0, "{} at {at}: {heard} Hz", rung.name());
            }
        }
    }
}

#[tokio::test]
async fn the_sound_is_where_it_was() {
    let bench = Bench::new();
    // A click after a second tells where the beginning is, whatever encoders add in front.
    let one = "0.8*between(t,1,1.002)";
    let source = bench.record("a.wav", &format!("{one}|{one}"), 48_000, 3.0, "-c:a pcm_s16le");
    for SoundFile { stream, file, rung, .. } in bench.process(&source).await.unwrap().files {
        for path in [stream, file] {
            let heard = samples(&path, &[]);
            let click = heard.iter().step_by(2).position(|sample| sample.abs() > 0.4).unwrap() as f64 / 48.0;
            // What lies before the beginning is not heard.
            let click = click + number(&probed(&path)["streams"][0]["start_time"]) * 1_000.0;
            assert!((click - 1000.0).abs() < 8.0, "{} {}: {click} ms", rung.name(), path.display());
        }
    }
}

#[tokio::test]
async fn the_waveform_has_the_shape_of_the_sound() {
    let bench = Bench::new();
    // Loud for two seconds, then half as loud, only below the middle on the left and only above it on the right.
    let level = "if(lt(t,2),0.5,0.25)*abs(sin(2*PI*1000*t))";
    let source = bench.record("a.wav", &format!("-{level}|{level}"), 48_000, 4.0, "-c:a pcm_s24le");
    let made = bench.process(&source).await.unwrap();
    assert_eq!(made.peaks.iter().map(|peaks| peaks.zoom).collect::<Vec<_>>(), ZOOMS);
    for (peaks, points) in made.peaks.iter().zip([80, 20, 4, 1]) {
        assert_eq!(peaks.points.len(), 2 * points);
        for (number, point) in peaks.points.chunks(2).enumerate() {
            let loud = number * 2 < points;
            assert_eq!(point, if loud { [-64, 64] } else { [-32, 32] }, "{} {number}", peaks.zoom);
        }
    }
}

#[tokio::test]
async fn progress_goes_up_to_the_end() {
    let bench = Bench::new();
    let source = bench.record("a.wav", &tone(440, -12.0), 48_000, 30.0, "-c:a pcm_s16le");
    let told = std::sync::Mutex::new(Vec::new());
    let tell = |done| told.lock().unwrap().push(done);
    music::Processor::process(&bench.ffmpeg, &source, &bench.into, &tell).await.unwrap();
    let told = told.into_inner().unwrap();
    assert!(told.len() > 20 && told.windows(2).all(|pair| pair[0] < pair[1]), "{told:?}");
    assert_eq!(told.last(), Some(&100));
}
