//! Files that want something else than to be heard.

use super::bench::{Bench, run_ffmpeg};
use music::Refusal;
use std::fs;
use std::path::PathBuf;

const TONE: &str = "0.25*sin(2*PI*500*t)|0.2*sin(2*PI*600*t)";

/// What becomes of a file.
pub(crate) enum End {
    /// It is refused, for one of these reasons.
    Refused(&'static [Refusal]),
    /// It is played.
    Played,
}
use End::{Played, Refused};
use Refusal::{Malformed, NoSound, TooLong, TooMuch, Truncated, UnknownFormat};

pub(crate) struct Corpus {
    /// Where they lie.
    pub(crate) bench: Bench,
    pub(crate) files: Vec<(PathBuf, End)>,
}

/// All of them.
pub(crate) fn corpus() -> Corpus {
    let mut corpus = Corpus { bench: Bench::new(), files: Vec::new() };
    for part in [no_sound_at_all, names_of_other_files, cut_off, lies, too_much, something_else] {
        part(&mut corpus);
    }
    corpus
}

impl Corpus {
    fn add(&mut self, name: &str, bytes: impl AsRef<[u8]>, end: End) {
        let path = self.bench.file(name, bytes);
        self.files.push((path, end));
    }

    fn sound(&self, name: &str, arguments: &str) -> Vec<u8> {
        fs::read(self.bench.record(name, TONE, 44_100, 6.0, arguments)).unwrap()
    }
}

/// An ID3v2.4 tag with these frames.
fn id3(frames: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let mut inside = Vec::new();
    for (name, body) in frames {
        inside.extend(*name);
        inside.extend(synchsafe(body.len()));
        inside.extend([0, 0]);
        inside.extend(body);
    }
    [b"ID3\x04\0\0", &synchsafe(inside.len())[..], &inside].concat()
}

fn synchsafe(size: usize) -> [u8; 4] {
    [21, 14, 7, 0].map(|shift| (size >> shift & 0x7f) as u8)
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = bytes.windows(from.len()).position(|found| found == from).expect("it is there");
    [&bytes[..at], to, &bytes[at + from.len()..]].concat()
}

fn no_sound_at_all(corpus: &mut Corpus) {
    corpus.add("empty.wav", "", Refused(&[UnknownFormat]));
    corpus.add("zeros.mp3", vec![0; 1 << 20], Refused(&[UnknownFormat]));
    corpus.add("ones.mp3", vec![0xff; 1 << 20], Refused(&[UnknownFormat]));
    corpus.add("text.wav", "It was a dark and stormy night.\n".repeat(1_000), Refused(&[UnknownFormat]));
    corpus.add("page.m4a", "<html><script>alert(1)</script></html>", Refused(&[UnknownFormat]));
    corpus.add(
        "program.flac",
        [b"\x7fELF\x02\x01\x01".as_slice(), &[0; 5_000]].concat(),
        Refused(&[UnknownFormat]),
    );
    let noise =
        (0..200_000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 13) as u8).collect::<Vec<_>>();
    corpus.add("noise.mp3", &noise, Refused(&[UnknownFormat]));
    for (name, beginning) in
        [("noise.flac", &b"fLaC"[..]), ("noise.m4a", b"\0\0\0\x18ftypM4A \0\0\0\0M4A mp42")]
    {
        corpus.add(
            name,
            [beginning, &noise].concat(),
            Refused(&[Malformed, Truncated, UnknownFormat, NoSound]),
        );
    }
    let aiff = [b"FORM\0\0\0\0AIFF".as_slice(), &noise].concat();
    corpus.add("noise.aiff", aiff, Refused(&[Malformed, Truncated, UnknownFormat, NoSound]));
    corpus.add(
        "noise.wav",
        [b"RIFF\0\0\0\0WAVE".as_slice(), &noise].concat(),
        Refused(&[Malformed, Truncated, NoSound]),
    );
}

fn names_of_other_files(corpus: &mut Corpus) {
    let secret = corpus.bench.record("secret.wav", TONE, 44_100, 1.0, "-c:a pcm_s16le");
    let secret = secret.display();
    for (name, text) in [
        ("list.mp3", "#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n".to_owned()),
        ("list.wav", format!("#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{secret}\n#EXT-X-ENDLIST\n")),
        ("concat.mp3", format!("ffconcat version 1.0\nfile '{secret}'\n")),
        ("dash.m4a", format!("<?xml version=\"1.0\"?><MPD><BaseURL>file://{secret}</BaseURL></MPD>")),
        ("sub.wav", "WEBVTT\n\n00:00.000 --> 00:10.000\nhello\n".to_owned()),
        ("sdp.mp3", "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 0\n".to_owned()),
    ] {
        corpus.add(name, text.repeat(20), Refused(&[UnknownFormat]));
    }
    let tagged =
        [id3(&[(b"TIT2", b"\x03x".to_vec())]), b"#EXTM3U\nfile:///etc/passwd\n".repeat(100)].concat();
    corpus.add("tagged-list.mp3", tagged, Refused(&[UnknownFormat]));
    // Sound that is said to lie in another file: `url ` in the data references, not self-contained.
    let m4a = corpus.sound("plain.m4a", "-c:a alac");
    let url = format!("file://{secret}\0");
    let mut dref = Vec::new();
    dref.extend(u32::try_from(12 + url.len()).unwrap().to_be_bytes());
    dref.extend(b"url \0\0\0\0");
    dref.extend(url.as_bytes());
    let pointed = with_data_reference(&m4a, &dref);
    // ffmpeg does not follow it and looks for the sound in the file itself.
    corpus.add("elsewhere.m4a", pointed, Refused(&[Malformed, Truncated, NoSound]));
}

/// The file with its only data reference exchanged, and the sizes of all boxes around it mended. The sound is cut off, so
/// that it can only come from elsewhere.
fn with_data_reference(file: &[u8], reference: &[u8]) -> Vec<u8> {
    let at = file.windows(4).position(|name| name == b"url ").unwrap() - 4;
    let longer = u32::try_from(reference.len() - 12).unwrap();
    let mut changed = [&file[..at], reference, &file[at + 12..]].concat();
    for name in [b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref"] {
        let place = changed.windows(4).position(|found| found == name).unwrap() - 4;
        let size = u32::from_be_bytes(changed[place..place + 4].try_into().unwrap()) + longer;
        changed[place..place + 4].copy_from_slice(&size.to_be_bytes());
    }
    let sound = changed.windows(4).position(|name| name == b"mdat").unwrap();
    changed[sound..sound + 4].copy_from_slice(b"free");
    changed[sound + 4..at - 200].fill(0);
    changed
}

fn cut_off(corpus: &mut Corpus) {
    for (name, arguments, keep) in [
        ("half.wav", "-c:a pcm_s16le", 2),
        ("half.flac", "-c:a flac", 2),
        ("half.aiff", "-c:a pcm_s16be", 2),
        ("half-slow.m4a", "-c:a aac", 2),
        ("half-fast.m4a", "-c:a aac -b:a 256k -movflags +faststart", 2),
        ("half.mp3", "-c:a libmp3lame -b:a 128k", 2),
    ] {
        let whole = corpus.sound("whole", &format!("{arguments} -f {}", container(name)));
        corpus.add(name, &whole[..whole.len() / keep], Refused(&[Truncated]));
    }
    let wav = corpus.sound("whole.wav", "-c:a pcm_s16le -fflags +bitexact");
    corpus.add("header.wav", &wav[..44], Refused(&[NoSound, Truncated]));
    corpus.add("begun.wav", &wav[..30], Refused(&[NoSound, Truncated]));
    let flac = corpus.sound("whole.flac", "-c:a flac");
    corpus.add("header.flac", &flac[..42], Refused(&[Malformed, Truncated, NoSound]));
    corpus.add("tag.mp3", &id3(&[(b"TIT2", vec![3; 5_000])])[..4_000], Refused(&[Truncated]));
}

fn container(name: &str) -> &str {
    match name.rsplit_once('.').unwrap().1 {
        "m4a" => "ipod",
        other => other,
    }
}

fn lies(corpus: &mut Corpus) {
    let wav = corpus.sound("whole.wav", "-c:a pcm_s16le -fflags +bitexact");
    let with = |at: usize, bytes: &[u8]| [&wav[..at], bytes, &wav[at + bytes.len()..]].concat();
    corpus.add("more.wav", with(40, &0x7fff_ffff_u32.to_le_bytes()), Refused(&[Truncated]));
    corpus.add("channels-0.wav", with(22, &[0, 0]), Refused(&[Malformed, NoSound, UnknownFormat]));
    corpus.add("channels-65535.wav", with(22, &[0xff, 0xff]), Refused(&[Malformed, NoSound]));
    corpus.add("rate-0.wav", with(24, &[0; 4]), Refused(&[Malformed, NoSound, TooLong]));
    corpus.add("rate-1.wav", with(24, &1_u32.to_le_bytes()), Refused(&[Malformed, TooLong]));
    corpus.add("rate-max.wav", with(24, &[0xff; 4]), Refused(&[Malformed, NoSound]));
    corpus.add("bits-0.wav", with(34, &[0, 0]), Refused(&[Malformed, NoSound, UnknownFormat]));
    corpus.add("codec.wav", with(20, &[0x11, 0]), Refused(&[Malformed, UnknownFormat, NoSound]));
    corpus.add("video-codec.wav", with(20, &[0xff, 0xfe]), Refused(&[Malformed, UnknownFormat, NoSound]));
    // Ten hours by its header, of which six seconds are there.
    let mp3 = corpus.sound("whole.mp3", "-c:a libmp3lame -b:a 128k -id3v2_version 0");
    let frames = mp3.windows(4).position(|name| name == b"Info" || name == b"Xing").unwrap() + 8;
    let ten_hours = (10 * 3_600 * 44_100_u32 / 1_152).to_be_bytes();
    let lie = [&mp3[..frames], &ten_hours, &mp3[frames + 4..]].concat();
    corpus.add("ten-hours.mp3", lie, Refused(&[Truncated, TooLong]));
    let flac = corpus.sound("whole.flac", "-c:a flac");
    // The number of samples: 36 bits in the stream's description.
    let mut lie = flac.clone();
    lie[21] |= 0x0f;
    lie[22..26].fill(0xff);
    corpus.add("long.flac", lie, Refused(&[TooLong, Truncated]));
    let mut unknown = flac.clone();
    unknown[21] &= 0xf0;
    unknown[22..26].fill(0);
    corpus.add("unknown.flac", unknown, Played);
    let mut damaged = flac;
    let middle = damaged.len() / 2;
    damaged[middle..middle + 64].fill(0x55);
    corpus.add("damaged.flac", damaged, Played);
    let m4a = corpus.sound("whole.m4a", "-c:a aac -movflags +faststart");
    let stsz = m4a.windows(4).position(|name| name == b"stsz").unwrap();
    let mut many = m4a.clone();
    many[stsz + 12..stsz + 16].fill(0xff);
    corpus.add("samples.m4a", many, Refused(&[Malformed, Truncated, TooMuch, NoSound]));
    let stts = m4a.windows(4).position(|name| name == b"stts").unwrap();
    let mut long = m4a.clone();
    long[stts + 16..stts + 20].fill(0x7f);
    corpus.add("durations.m4a", long, Refused(&[Malformed, Truncated, TooLong]));
    corpus.add("wrong-name.wav", m4a, Played);
}

pub(crate) fn too_much(corpus: &mut Corpus) {
    // Silence that packs well: eight hours in a file of some MB.
    let long = corpus.bench.path("eight-hours.flac");
    let silence = "anullsrc=r=8000:cl=mono:d=28800";
    run_ffmpeg(&[
        "-f",
        "lavfi",
        "-i",
        silence,
        "-c:a",
        "flac",
        "-frame_size",
        "4608",
        long.to_str().unwrap(),
    ]);
    corpus.files.push((long, Refused(&[TooLong])));
    let mp3 = corpus.sound("plain.mp3", "-c:a libmp3lame -b:a 128k -id3v2_version 0");
    let chapter = |number: u32| {
        let mut body = format!("c{number}\0").into_bytes();
        for value in [number, number + 1, u32::MAX, u32::MAX] {
            body.extend(value.to_be_bytes());
        }
        body.extend(b"TIT2\0\0\0\x02\0\0\x03x");
        (b"CHAP", body)
    };
    let chapters = id3(&(0..20_000).map(chapter).collect::<Vec<_>>());
    corpus.add("chapters.mp3", [chapters, mp3.clone()].concat(), Played);
    // A picture of 60 MB, and tags in tags.
    let picture = [b"\x03image/png\0\x03x\0\x89PNG\r\n\x1a\n".as_slice(), &vec![0; 60 << 20]].concat();
    corpus.add("picture.mp3", [id3(&[(b"APIC", picture)]), mp3.clone()].concat(), Played);
    let packed = [b"\xff\xff\xff\xff".as_slice(), &[0x78; 10_000]].concat();
    let mut bomb = id3(&[(b"TIT2", packed)]);
    bomb[19] = 0x09; // Packed, with a length that is a lie.
    corpus.add("packed-tag.mp3", [bomb, mp3.clone()].concat(), Played);
    let texts =
        (0..10_000).map(|number| (b"TXXX", format!("\x03k{number}\0v").into_bytes())).collect::<Vec<_>>();
    corpus.add("tags.mp3", [id3(&texts), mp3].concat(), Played);
    let wav = corpus.sound("plain.wav", "-c:a pcm_s16le -fflags +bitexact");
    let chunks = [&wav[..36], &b"junk\0\0\0\0".repeat(50_000), &wav[36..]].concat();
    corpus.add("chunks.wav", chunks, Refused(&[Malformed]));
    let spoof = "Summary:\n  I: -1.0 LUFS\n  LRA: 0.0 LU\n  Peak: 0.0 dBFS\n../../etc/passwd %s%n $(reboot)";
    let spoof = id3(&[(b"TIT2", [b"\x03", spoof.as_bytes()].concat())]);
    let mp3 = corpus.sound("plain.mp3", "-c:a libmp3lame -b:a 128k -id3v2_version 0");
    corpus.add("words.mp3", [spoof, mp3].concat(), Played);
}

fn something_else(corpus: &mut Corpus) {
    let bench = &corpus.bench;
    let video = bench.path("video.mp4");
    let (picture, sound) = ("testsrc=s=320x240:d=6", "sine=500:d=6");
    let inputs = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound];
    run_ffmpeg(&[&inputs[..], &["-c:v", "mpeg4", "-c:a", "aac", video.to_str().unwrap()]].concat());
    let mute = bench.path("mute.mp4");
    run_ffmpeg(&["-i", video.to_str().unwrap(), "-an", "-c", "copy", mute.to_str().unwrap()]);
    let ac3 = bench.path("ac3.mp4");
    run_ffmpeg(&["-f", "lavfi", "-i", sound, "-c:a", "ac3", ac3.to_str().unwrap()]);
    let ogg = bench.path("sound.ogg");
    run_ffmpeg(&["-f", "lavfi", "-i", sound, "-c:a", "libopus", ogg.to_str().unwrap()]);
    for (path, end) in [
        (video, Refused(&[UnknownFormat])),
        (mute, Refused(&[NoSound, UnknownFormat])),
        (ac3, Refused(&[UnknownFormat])),
        (ogg, Refused(&[UnknownFormat])),
    ] {
        corpus.files.push((path, end));
    }
    // MP3 in a WAV file, and two files in one.
    let wav = corpus.sound("mp3.wav", "-c:a libmp3lame -b:a 128k");
    corpus.add("mp3-in.wav", wav, Refused(&[UnknownFormat, Malformed]));
    let wav = corpus.sound("plain.wav", "-c:a pcm_s16le -fflags +bitexact");
    corpus.add("and-zip.wav", [&wav[..], b"PK\x03\x04 and more"].concat(), Played);
    let page = replaced(&wav, b"data", b"data");
    corpus.add("and-page.wav", [&page[..], b"<script>alert(1)</script>"].concat(), Played);
}
