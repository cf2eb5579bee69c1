use super::super::samples;
use super::{Ends, Hostile, hostile, mazes, profiles};
use gallery::Refusal;

const WIDTH: usize = 640;
const HEIGHT: usize = 480;

/// What is the matter with it comes on top.
pub(super) fn good() -> Vec<u8> {
    samples::jpeg(&samples::stored(1, WIDTH, HEIGHT), WIDTH, HEIGHT, None)
}

fn progressive() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, 90);
    encoder.set_progressive(true);
    let pixels = samples::stored(1, WIDTH, HEIGHT);
    encoder.encode(&pixels, WIDTH as u16, HEIGHT as u16, jpeg_encoder::ColorType::Rgb).unwrap();
    bytes
}

/// Where the first segment of that kind begins.
fn place(bytes: &[u8], marker: u8) -> usize {
    bytes.windows(2).position(|two| two == [0xff, marker]).unwrap()
}

fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
    let length = (body.len() as u16 + 2).to_be_bytes();
    [&[0xff, marker], &length[..], body].concat()
}

/// With more after its first two bytes.
fn with(more: &[u8]) -> Vec<u8> {
    let good = good();
    [&good[..2], more, &good[2..]].concat()
}

/// With other bytes at a place of its frame's head.
fn framed(at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut good = good();
    let frame = place(&good, 0xc0) + at;
    good[frame..frame + bytes.len()].copy_from_slice(bytes);
    good
}

pub(super) fn all() -> Vec<Hostile> {
    let mut all = sizes();
    all.extend(cuts());
    all.extend(lies());
    all.extend(polyglots());
    for (name, maze) in mazes() {
        let body = [b"Exif\0\0", &maze[..]].concat();
        all.push(hostile(format!("jpeg, exif {name}"), with(&segment(0xe1, &body)), Ends::Picture));
    }
    for (name, profile) in profiles() {
        let body = [b"ICC_PROFILE\0\x01\x01", &profile[..]].concat();
        all.push(hostile(format!("jpeg, profile {name}"), with(&segment(0xe2, &body)), Ends::Picture));
    }
    all
}

fn sizes() -> Vec<Hostile> {
    let many = Ends::Refused(&[Refusal::TooManyPixels]);
    let unsupported = Ends::Refused(&[Refusal::Unsupported]);
    let mut inks = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut inks, 90);
    encoder.encode(&[40; 64 * 64 * 4], 64, 64, jpeg_encoder::ColorType::Cmyk).unwrap();
    vec![
        hostile("jpeg of 65535 by 65535", framed(5, &[0xff; 4]), many),
        hostile("jpeg of no height", framed(5, &[0, 0]), many),
        hostile("jpeg of no width", framed(7, &[0, 0]), many),
        hostile("jpeg that says it is larger", framed(5, &[0x10, 0, 0x10, 0]), Ends::Either),
        hostile("jpeg of twelve bits", framed(4, &[12]), unsupported),
        hostile("jpeg of four inks", inks, unsupported),
        hostile("jpeg of two components", framed(9, &[2]), unsupported),
        hostile("jpeg without loss", framed(1, &[0xc3]), unsupported),
        hostile("jpeg, arithmetic", framed(1, &[0xc9]), unsupported),
        hostile(
            "jpeg, sampled 15 times",
            framed(11, &[0xff]),
            Ends::Refused(&[Refusal::Malformed, Refusal::Unsupported]),
        ),
        hostile(
            "jpeg, not sampled at all",
            framed(11, &[0]),
            Ends::Refused(&[Refusal::Malformed, Refusal::Unsupported]),
        ),
    ]
}

fn cuts() -> Vec<Hostile> {
    let cut = Ends::Refused(&[Refusal::Truncated]);
    let (good, progressive) = (good(), progressive());
    let mut all = Vec::new();
    for percent in [1, 5, 20, 50, 80, 99] {
        let part = |bytes: &[u8]| bytes[..bytes.len() * percent / 100].to_vec();
        all.push(hostile(format!("jpeg, {percent} percent of it"), part(&good), cut));
        all.push(hostile(format!("progressive jpeg, {percent} percent of it"), part(&progressive), cut));
    }
    all.push(hostile("jpeg without its last byte", &good[..good.len() - 1], cut));
    let half = [&good[..good.len() / 2], &[0xff, 0xd9]].concat();
    all.push(hostile("jpeg, half of it with an end", half, Ends::Either));
    all.push(hostile("jpeg, ones without end", [&[0xff, 0xd8], &vec![0xff; 1 << 20][..]].concat(), cut));
    all
}

fn lies() -> Vec<Hostile> {
    let malformed = Ends::Refused(&[Refusal::Malformed]);
    let good = good();
    let (frame, scan) = (place(&good, 0xc0), place(&good, 0xda));
    let head = good[frame..frame + 19].to_vec();
    let twice = [&good[..frame], &head, &good[frame..]].concat();
    let progressive = progressive();
    let last = progressive.windows(2).rposition(|two| two == [0xff, 0xda]).unwrap();
    let again = progressive[last..progressive.len() - 2].repeat(5_000);
    let scans = [&progressive[..last], &again, &[0xff, 0xd9]].concat();
    let tables = place(&good, 0xc4);
    let mut codes = good.clone();
    codes[tables + 5..tables + 21].fill(0xff);
    let mut unfit = good.clone();
    let quantities = place(&good, 0xdb);
    unfit[quantities + 1] = 0xfe; // a comment
    let parts = with(&segment(0xe2, b"ICC_PROFILE\0\x07\xffabc"));
    let mut garbled = good.clone();
    garbled[scan + 20..].iter_mut().step_by(7).for_each(|byte| *byte = byte.wrapping_mul(31));
    vec![
        hostile("jpeg of two frames", twice, malformed),
        hostile("jpeg without a picture", [0xff, 0xd8, 0xff, 0xd9], malformed),
        hostile(
            "jpeg of comments",
            [&[0xff, 0xd8], &segment(0xfe, &[0; 60_000]).repeat(200)[..]].concat(),
            Ends::Refused(&[Refusal::Truncated]),
        ),
        hostile("jpeg of 5,000 scans", scans, Ends::Refused(&[Refusal::TooMuch])),
        hostile("jpeg whose codes overflow", codes, malformed),
        hostile("jpeg without quantities", unfit, malformed),
        hostile("jpeg, a profile's part 7 of 255", parts, Ends::Picture),
        hostile(
            "jpeg, a segment longer than the file",
            with(&[0xff, 0xe5, 0xff, 0xff]),
            Ends::Refused(&[Refusal::Truncated, Refusal::Malformed]),
        ),
        hostile("jpeg, a segment of no length", with(&[0xff, 0xe5, 0, 0]), Ends::Either),
        hostile("jpeg, its scan garbled", garbled, Ends::Either),
        hostile("jpeg, scan before frame", [&good[..frame], &good[scan..]].concat(), malformed),
    ]
}

fn polyglots() -> Vec<Hostile> {
    let good = good();
    let after = |end: &[u8]| [&good, end].concat();
    vec![
        hostile(
            "jpeg and an archive",
            after(b"PK\x03\x04\x14\x00\x08\x00../../../etc/passwd"),
            Ends::Picture,
        ),
        hostile("jpeg and a page", after(b"<html><script>alert(1)</script>"), Ends::Picture),
        hostile(
            "jpeg and a document",
            after(b"%PDF-1.7 /OpenAction << /JS (app.alert(1)) >>"),
            Ends::Picture,
        ),
        hostile("jpeg and another", after(&good), Ends::Picture),
        hostile(
            "jpeg, a page in a comment",
            with(&segment(0xfe, b"--><script>alert(1)</script>")),
            Ends::Picture,
        ),
        hostile(
            "jpeg, names of paths",
            with(&segment(0xed, b"Photoshop 3.0\0../../../../root/.ssh/keys")),
            Ends::Picture,
        ),
        hostile(
            "jpeg, an address in its words",
            with(&segment(
                0xe1,
                b"http://ns.adobe.com/xap/1.0/\0<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>",
            )),
            Ends::Picture,
        ),
    ]
}
