use super::super::samples;
use super::{Ends, Hostile, hostile};
use gallery::Refusal;

fn good() -> Vec<u8> {
    samples::heic(&samples::stored(1, 640, 480), 640, 480, None)
}

fn atom(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [&(body.len() as u32 + 8).to_be_bytes(), &kind[..], body].concat()
}

fn start(brand: &[u8; 4]) -> Vec<u8> {
    atom(b"ftyp", &[brand, &[0; 4][..], b"mif1", brand].concat())
}

/// A file that says it is so large, and has nothing.
fn sized(width: u32, height: u32) -> Vec<u8> {
    let size = [0, width, height].map(u32::to_be_bytes).concat();
    let properties = atom(b"iprp", &atom(b"ipco", &atom(b"ispe", &size)));
    [start(b"heic"), atom(b"meta", &[&[0; 4], &properties[..]].concat())].concat()
}

fn place(bytes: &[u8], kind: &[u8; 4]) -> usize {
    bytes.windows(4).position(|four| four == kind).unwrap()
}

/// The good one, with its size said to be another.
fn lying(width: u32, height: u32) -> Vec<u8> {
    let mut good = good();
    let size = place(&good, b"ispe") + 8;
    good[size..size + 8].copy_from_slice(&[width, height].map(u32::to_be_bytes).concat());
    good
}

pub(super) fn all() -> Vec<Hostile> {
    let many = Ends::Refused(&[Refusal::TooManyPixels]);
    let malformed = Ends::Refused(&[Refusal::Malformed]);
    let good = good();
    let mut garbled = good.clone();
    let pixels = place(&garbled, b"mdat") + 4;
    garbled[pixels..].iter_mut().step_by(3).for_each(|byte| *byte = byte.wrapping_mul(37));
    let mut headless = good.clone();
    let coder = place(&headless, b"hvcC");
    headless[coder..coder + 4].copy_from_slice(b"free");
    let nested = (0..2_000).fold(Vec::new(), |inner, _| atom(b"meta", &[&[0; 4], &inner[..]].concat()));
    let huge = [&1u32.to_be_bytes(), &b"meta"[..], &u64::MAX.to_be_bytes()].concat();
    let mut all = vec![
        hostile("heic of four billion by four billion", sized(u32::MAX, u32::MAX), many),
        hostile("heic of no size", sized(0, 0), many),
        hostile("heic, good, of 60000 by 60000", lying(60_000, 60_000), many),
        hostile("heic, larger than it says", lying(64, 48), Ends::Either),
        hostile("heic, smaller than it says", lying(9_000, 9_000), Ends::Either),
        hostile("heic of a size alone", sized(640, 480), malformed),
        hostile("heic of nothing", start(b"heic"), Ends::Refused(&[Refusal::Truncated])),
        hostile("heic, its picture garbled", garbled, Ends::Either),
        hostile(
            "heic without its decoder's head",
            headless,
            Ends::Refused(&[Refusal::Malformed, Refusal::Unsupported]),
        ),
        hostile("heic of boxes in boxes", [start(b"heic"), nested].concat(), malformed),
        hostile(
            "heic of a box of 16 exabytes",
            [start(b"heic"), huge].concat(),
            Ends::Refused(&[Refusal::Truncated]),
        ),
        hostile(
            "heic of a box smaller than its head",
            [start(b"heic"), b"\0\0\0\x04meta".to_vec()].concat(),
            malformed,
        ),
        hostile(
            "heic of 100,000 empty boxes",
            [start(b"heic"), atom(b"free", &[]).repeat(100_000)].concat(),
            malformed,
        ),
        hostile(
            "heic of a large word",
            [start(b"heic"), atom(b"meta", &vec![0; 5 << 20])].concat(),
            Ends::Refused(&[Refusal::TooMuch]),
        ),
        hostile("heic that moves", start(b"hevc"), Ends::Refused(&[Refusal::Unsupported])),
        hostile("avif", start(b"avif"), Ends::Refused(&[Refusal::UnknownFormat])),
        hostile("film", start(b"isom"), Ends::Refused(&[Refusal::UnknownFormat])),
    ];
    for percent in [1, 30, 60, 95] {
        let part = &good[..good.len() * percent / 100];
        let cut = Ends::Refused(&[Refusal::Truncated, Refusal::UnknownFormat]);
        all.push(hostile(format!("heic, {percent} percent of it"), part, cut));
    }
    all
}
