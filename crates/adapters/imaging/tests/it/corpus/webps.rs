use super::super::samples;
use super::{Ends, Hostile, hostile, mazes, profiles};
use gallery::Refusal;

fn good() -> Vec<u8> {
    samples::webp(&samples::stored(1, 640, 480), 640, 480, None)
}

fn chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let gap = vec![0; body.len() % 2];
    [&kind[..], &(body.len() as u32).to_le_bytes(), body, &gap].concat()
}

fn riff(chunks: &[u8]) -> Vec<u8> {
    [b"RIFF", &(chunks.len() as u32 + 4).to_le_bytes()[..], b"WEBP", chunks].concat()
}

/// The head of a file of several chunks.
fn extended(flags: u8, width: u32, height: u32) -> Vec<u8> {
    let size = |side: u32| (side - 1).to_le_bytes()[..3].to_vec();
    chunk(b"VP8X", &[&[flags, 0, 0, 0], &size(width)[..], &size(height)].concat())
}

/// Lossless data that says it is so large, one less a side.
fn lossless(width: u32, height: u32) -> Vec<u8> {
    let bits = (width & 0x3fff) | ((height & 0x3fff) << 14);
    chunk(b"VP8L", &[&[0x2f], &bits.to_le_bytes()[..], &[0; 64]].concat())
}

/// Lossy data that says it is so large.
fn lossy(width: u16, height: u16) -> Vec<u8> {
    let size = [width.to_le_bytes(), height.to_le_bytes()].concat();
    chunk(b"VP8 ", &[&[0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a], &size[..], &[0; 64]].concat())
}

pub(super) fn all() -> Vec<Hostile> {
    let many = Ends::Refused(&[Refusal::TooManyPixels]);
    let broken = Ends::Refused(&[Refusal::Malformed, Refusal::Truncated]);
    let good = good();
    let mut all = vec![
        hostile("webp of 16383 by 16383, lossless", riff(&lossless(16_382, 16_382)), many),
        hostile("webp of 16383 by 16383, lossy", riff(&lossy(16_383, 16_383)), many),
        hostile(
            "webp of no size",
            riff(&lossy(0, 0)),
            Ends::Refused(&[Refusal::TooManyPixels, Refusal::Malformed]),
        ),
        hostile(
            "webp on the largest canvas",
            riff(&[extended(0, 1 << 24, 1 << 24), lossless(9, 9)].concat()),
            Ends::Refused(&[Refusal::TooManyPixels, Refusal::Malformed]),
        ),
        hostile(
            "webp, larger than its canvas",
            riff(&[extended(0, 16, 16), lossless(9_999, 9_999)].concat()),
            Ends::Either,
        ),
        hostile(
            "webp that moves for ever",
            riff(
                &[extended(2, 64, 64), chunk(b"ANIM", &[0; 6]), chunk(b"ANMF", &[0; 16]).repeat(10_000)]
                    .concat(),
            ),
            Ends::Refused(&[Refusal::Unsupported, Refusal::Malformed]),
        ),
        hostile("webp of a head alone", riff(&[]), broken),
        hostile("webp of an unknown chunk", riff(&chunk(b"EVIL", &[1; 99])), broken),
        hostile(
            "webp, a chunk of four gigabytes",
            [&riff(b"VP8L")[..], &[0xff; 4], &[0x2f; 99]].concat(),
            broken,
        ),
        hostile(
            "webp of 200,000 empty chunks",
            riff(&[extended(0, 64, 64), chunk(b"EVIL", &[]).repeat(200_000)].concat()),
            broken,
        ),
        hostile(
            "webp of ones",
            riff(&chunk(b"VP8L", &[&[0x2f, 0xff, 0xc0, 0x3f, 0x00], &[0xff; 5_000][..]].concat())),
            Ends::Refused(&[Refusal::Malformed, Refusal::Truncated, Refusal::TooManyPixels]),
        ),
    ];
    for percent in [10, 50, 90] {
        let part = &good[..good.len() * percent / 100];
        all.push(hostile(format!("webp, {percent} percent of it"), part, broken));
    }
    for (name, maze) in mazes() {
        let chunks = [extended(8, 640, 480), good[12..].to_vec(), chunk(b"EXIF", &maze)].concat();
        all.push(hostile(format!("webp, exif {name}"), riff(&chunks), Ends::Picture));
    }
    for (name, profile) in profiles() {
        let chunks = [extended(32, 640, 480), chunk(b"ICCP", &profile), good[12..].to_vec()].concat();
        all.push(hostile(format!("webp, profile {name}"), riff(&chunks), Ends::Picture));
    }
    all
}
