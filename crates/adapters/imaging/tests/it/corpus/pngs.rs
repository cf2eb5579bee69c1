use super::super::samples::{self, PNG_HEAD_END, chunk};
use super::{Ends, Hostile, hostile, mazes, profiles};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use gallery::Refusal;
use std::io::Write;

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

fn good() -> Vec<u8> {
    samples::plain_png(&samples::stored(1, 640, 480), 640, 480, None)
}

fn head(width: u32, height: u32, depth: u8, colours: u8, interlaced: u8) -> Vec<u8> {
    let end = [depth, colours, 0, 0, interlaced];
    chunk(b"IHDR", &[&width.to_be_bytes()[..], &height.to_be_bytes(), &end].concat())
}

/// So many zeros, packed.
fn zeros(count: usize) -> Vec<u8> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
    let block = vec![0; 1 << 20];
    for from in (0..count).step_by(block.len()) {
        packed.write_all(&block[..block.len().min(count - from)]).unwrap();
    }
    packed.finish().unwrap()
}

fn whole(head: Vec<u8>, pixels: &[u8]) -> Vec<u8> {
    [SIGNATURE, &head, &chunk(b"IDAT", pixels), &chunk(b"IEND", &[])].concat()
}

/// With more before its pixels.
fn with(more: &[u8]) -> Vec<u8> {
    let good = good();
    [&good[..PNG_HEAD_END], more, &good[PNG_HEAD_END..]].concat()
}

pub(super) fn all() -> Vec<Hostile> {
    let mut all = bombs();
    all.extend(lies());
    for percent in [10, 50, 90] {
        let mut part = good();
        part.truncate(part.len() * percent / 100);
        all.push(hostile(
            format!("png, {percent} percent of it"),
            part,
            Ends::Refused(&[Refusal::Truncated]),
        ));
    }
    for (name, maze) in mazes() {
        all.push(hostile(format!("png, exif {name}"), with(&chunk(b"eXIf", &maze)), Ends::Picture));
    }
    for (name, profile) in profiles() {
        let mut packed = ZlibEncoder::new(b"name\0\0".to_vec(), Compression::fast());
        packed.write_all(&profile).unwrap();
        let chunk = chunk(b"iCCP", &packed.finish().unwrap());
        all.push(hostile(format!("png, profile {name}"), with(&chunk), Ends::Picture));
    }
    all
}

fn bombs() -> Vec<Hostile> {
    let many = Ends::Refused(&[Refusal::TooManyPixels]);
    let bomb = zeros(300 << 20);
    let named = |name: &[u8]| [name, &bomb].concat();
    // Eight pixels a byte, and one byte that says how the row is to be read.
    let line = vec![0; 12_500_usize.div_ceil(8) + 1];
    vec![
        hostile("png of 60000 by 60000 zeros", whole(head(60_000, 60_000, 8, 2, 0), &bomb), many),
        hostile("png of the largest size", whole(head(0x7fff_ffff, 0x7fff_ffff, 16, 6, 0), &bomb), many),
        hostile("png of 100 megapixels and one row", whole(head(10_000, 10_001, 1, 0, 0), &bomb), many),
        hostile(
            "png of 100 megapixels in 12 KiB",
            whole(head(12_500, 8_000, 1, 0, 0), &zeros(line.len() * 8_000)),
            Ends::Any,
        ),
        hostile(
            "png of one long row",
            whole(head(100_000_000, 1, 1, 0, 0), &zeros(12_500_001)),
            Ends::Either,
        ),
        hostile("png, a bomb of a profile", with(&chunk(b"iCCP", &named(b"name\0\0"))), Ends::Either),
        hostile("png, a bomb of words", with(&chunk(b"zTXt", &named(b"Comment\0\0"))), Ends::Picture),
        hostile(
            "png, a bomb of more words",
            with(&chunk(b"iTXt", &named(b"Comment\0\x01\0\0\0"))),
            Ends::Picture,
        ),
        hostile("png, more pixels than there is room for", whole(head(16, 16, 8, 2, 0), &bomb), Ends::Any),
        hostile(
            "png, two million empty parts",
            [SIGNATURE, &head(16, 16, 8, 2, 0), &chunk(b"IDAT", &[]).repeat(2_000_000)].concat(),
            Ends::Refused(&[Refusal::Truncated, Refusal::Malformed]),
        ),
    ]
}

fn lies() -> Vec<Hostile> {
    let malformed = Ends::Refused(&[Refusal::Malformed]);
    let sizeless = Ends::Refused(&[Refusal::Malformed, Refusal::TooManyPixels]);
    let good = good();
    let mut garbled = good.clone();
    let middle = garbled.len() / 2;
    garbled[middle] ^= 0x55;
    let mut long = good.clone();
    long[PNG_HEAD_END..PNG_HEAD_END + 4].fill(0xff);
    let moving = |frames: u32| {
        let control = chunk(b"acTL", &[frames.to_be_bytes(), 0u32.to_be_bytes()].concat());
        let place = [0, 640, 480, 0, 0].map(u32::to_be_bytes).concat();
        [control, chunk(b"fcTL", &[&place[..], &[0, 1, 0, 1, 0, 0]].concat())].concat()
    };
    vec![
        hostile("png of no width", whole(head(0, 480, 8, 2, 0), &zeros(9)), sizeless),
        hostile("png of no height", whole(head(640, 0, 8, 2, 0), &zeros(9)), sizeless),
        hostile("png of three bits", whole(head(64, 64, 3, 2, 0), &zeros(9)), malformed),
        hostile(
            "png of a palette that is not there",
            whole(head(64, 64, 8, 3, 0), &zeros(65 * 64)),
            malformed,
        ),
        hostile("png, a byte of it changed", garbled, malformed),
        hostile(
            "png, a chunk of four gigabytes",
            long,
            Ends::Refused(&[Refusal::Malformed, Refusal::Truncated]),
        ),
        hostile(
            "png of a head alone",
            [SIGNATURE, &head(64, 64, 8, 2, 0)].concat(),
            Ends::Refused(&[Refusal::Truncated, Refusal::Malformed]),
        ),
        hostile(
            "png without pixels",
            [SIGNATURE, &head(64, 64, 8, 2, 0), &chunk(b"IEND", &[])].concat(),
            Ends::Refused(&[Refusal::Truncated, Refusal::Malformed]),
        ),
        hostile("png of two heads", with(&head(60_000, 60_000, 8, 2, 0)), malformed),
        hostile("png that moves four billion times", with(&moving(u32::MAX)), Ends::Either),
        hostile("png that moves for ever", with(&moving(1_000)), Ends::Refused(&[Refusal::Unsupported])),
        hostile("png that moves once", with(&moving(1)), Ends::Picture),
        hostile(
            "png, interlaced, too short",
            whole(head(640, 480, 8, 2, 1), &zeros(1_000)),
            Ends::Refused(&[Refusal::Truncated, Refusal::Malformed]),
        ),
    ]
}
