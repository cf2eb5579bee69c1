//! What files say about people and places stays behind; what they say about the music is read.

use crate::bench::{Bench, probed, run_ffmpeg};
use std::path::Path;
use std::process::Command;

const TONE: &str = "0.25*sin(2*PI*500*t)";

/// Words that are put in and may not come out.
const SECRETS: [&str; 6] =
    ["Jane Owner", "+48.1371", "Zoom H5 serial 4711", "do-not-keep", "CHAPTERNAME", "PRIVATEART"];

const METADATA: &str = ";FFMETADATA1\ntitle=do-not-keep\nartist=Jane Owner\nlocation=+48.1371+011.5754/\n\
    location-eng=+48.1371+011.5754/\ncopyright=Jane Owner\nencoded_by=Zoom H5 serial 4711\ncomment=do-not-keep\n\
    creation_time=2024-06-01T22:30:00Z\ndate=2024-06-01\n\
    [CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1500\ntitle=CHAPTERNAME one\n\
    [CHAPTER]\nTIMEBASE=1/1000\nSTART=1500\nEND=3000\ntitle=CHAPTERNAME zwei ü\n";

fn tagged(bench: &Bench, name: &str, arguments: &str) -> std::path::PathBuf {
    let plain = bench.record("plain.wav", TONE, 44_100, 3.0, "-c:a pcm_s16le");
    let cover = bench.path("cover.png");
    run_ffmpeg(&["-f", "lavfi", "-i", "color=red:s=64x64", "-frames:v", "1", cover.to_str().unwrap()]);
    let tags = bench.file("tags.txt", METADATA);
    let path = bench.path(name);
    let mut line =
        vec!["-i", plain.to_str().unwrap(), "-i", tags.to_str().unwrap(), "-i", cover.to_str().unwrap()];
    line.extend(["-map", "0:a", "-map_metadata", "1", "-map_chapters", "1"]);
    line.extend(arguments.split_whitespace());
    line.push(path.to_str().unwrap());
    run_ffmpeg(&line);
    path
}

#[tokio::test]
async fn nothing_about_people_or_places_comes_out() {
    let bench = Bench::new();
    let cover = "-map 2:v -c:v copy -disposition:v attached_pic -metadata:s:v title=PRIVATEART";
    for (name, arguments) in [
        ("a.flac", format!("{cover} -c:a flac")),
        ("a.mp3", format!("{cover} -c:a libmp3lame")),
        ("a.m4a", format!("{cover} -c:a aac -movflags use_metadata_tags")),
        ("a.wav", "-c:a pcm_s16le -write_bext 1 -metadata originator=do-not-keep".to_owned()),
        ("a.aiff", "-c:a pcm_s16be -write_id3v2 1".to_owned()),
    ] {
        let source = tagged(&bench, name, &arguments);
        assert!(holds(&source, "do-not-keep"), "{name}: it was put in");
        let made = bench.process(&source).await.unwrap();
        for path in made.files.iter().flat_map(|file| [&file.stream, &file.file]) {
            for secret in SECRETS {
                assert!(!holds(path, secret), "{name}: {secret} is in {}", path.display());
            }
            let about = probed(path);
            assert_eq!(about["streams"].as_array().unwrap().len(), 1, "{name}");
            assert_eq!(about["chapters"].as_array().unwrap().len(), 0, "{name}");
            let tags = [&about["format"]["tags"], &about["streams"][0]["tags"]];
            for (key, value) in tags.iter().filter_map(|tags| tags.as_object()).flatten() {
                let technical = [
                    "major_brand",
                    "minor_version",
                    "compatible_brands",
                    "language",
                    "handler_name",
                    "vendor_id",
                    "encoder",
                ];
                assert!(technical.contains(&key.as_str()), "{name}: {key} = {value}");
            }
            assert_eq!(by_exiftool(path), "", "{name}");
        }
    }
}

fn holds(path: &Path, words: &str) -> bool {
    let bytes = std::fs::read(path).unwrap();
    let wide: Vec<u8> = words.encode_utf16().flat_map(u16::to_le_bytes).collect();
    [words.as_bytes(), &wide].iter().any(|words| bytes.windows(words.len()).any(|found| found == *words))
}

/// What another program finds of people, places, times and devices.
fn by_exiftool(path: &Path) -> String {
    let wanted = [
        "-GPS*",
        "-*Location*",
        "-Artist",
        "-Author",
        "-Owner*",
        "-Copyright",
        "-Title",
        "-Comment",
        "-Make",
        "-Model",
        "-*Serial*",
        "-Picture",
        "-CoverArt",
        "-ContentCreateDate",
        "-DateTimeOriginal",
        "-Year",
        "-EncodedBy",
        "-Chapter*",
    ];
    let output = Command::new("exiftool").args(["-s", "-G1"]).args(wanted).arg(path).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn chapters_and_the_time_of_recording_are_read() {
    let bench = Bench::new();
    for (name, arguments) in [("a.m4a", "-c:a aac"), ("a.mp3", "-c:a libmp3lame")] {
        let made = bench.process(&tagged(&bench, name, arguments)).await.unwrap();
        let chapters: Vec<_> =
            made.chapters.iter().map(|found| (found.at_ms, found.title.as_str())).collect();
        assert_eq!(chapters, [(0, "CHAPTERNAME one"), (1500, "CHAPTERNAME zwei ü")], "{name}");
        let at = made.recorded_at.map(|at| at.to_rfc3339());
        assert_eq!(at.as_deref(), Some("2024-06-01T22:30:00+00:00"), "{name}");
    }
    let made = bench.process(&bench.path("plain.wav")).await.unwrap();
    assert_eq!((made.chapters.len(), made.recorded_at), (0, None));
}
