//! A HEIC says in its container how it is turned; what its EXIF says of that is for those who do not know.

use crate::samples::{self, QUARTERS};
use crate::workshop::{alike, made};
use gallery::ImageFormat;

/// Where the size of the first box of that kind stands.
fn place(bytes: &[u8], kind: &[u8; 4]) -> usize {
    bytes.windows(4).position(|four| four == kind).unwrap() - 4
}

fn number(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(*bytes[at..].first_chunk().unwrap())
}

fn add(bytes: &mut [u8], at: usize, more: u32) {
    let sum = number(bytes, at) + more;
    bytes[at..at + 4].copy_from_slice(&sum.to_be_bytes());
}

/// Adds the property of being turned by so many quarters against the clock (ISO/IEC 23008-12, 6.5.10).
fn turned(mut bytes: Vec<u8>, quarters: u8) -> Vec<u8> {
    let (properties, links, pixels) =
        (place(&bytes, b"ipco"), place(&bytes, b"ipma"), place(&bytes, b"mdat"));
    let end = properties + number(&bytes, properties) as usize;
    let mut count = 0;
    let mut at = properties + 8;
    while at < end {
        count += 1;
        at += number(&bytes, at) as usize;
    }
    // The list of links has one picture: version, how many, which one, how many properties, which ones.
    assert_eq!(number(&bytes, links + 12), 1);
    bytes[links + 18] += 1;
    let last = links + 19 + usize::from(bytes[links + 18]) - 1;
    let locations = place(&bytes, b"iloc");
    let begin = (pixels as u32 + 8).to_be_bytes();
    let offset = bytes[locations..].windows(4).position(|four| four == begin).unwrap() + locations;
    add(&mut bytes, offset, 10);
    for (kind, more) in [(b"meta", 10), (b"iprp", 10), (b"ipco", 9), (b"ipma", 1)] {
        let at = place(&bytes, kind);
        add(&mut bytes, at, more);
    }
    bytes.insert(last, 0x80 | (count + 1));
    let turn = [&9u32.to_be_bytes(), &b"irot"[..], &[quarters]].concat();
    bytes.splice(end..end, turn);
    bytes
}

#[tokio::test]
async fn heic_is_turned_by_its_container_and_not_once_more() {
    for (quarters, orientation) in [(0, 1), (1, 8), (2, 3), (3, 6)] {
        let pixels = samples::stored(orientation, 704, 512);
        let heic = turned(samples::heic(&pixels, 704, 512, None), quarters);
        let heic = samples::talkative(&heic, "heic", orientation);
        let made = made(&heic).await.unwrap();
        let upright = if quarters % 2 == 1 { (512, 704) } else { (704, 512) };
        assert_eq!((made.rendered.width, made.rendered.height), upright, "{quarters}");
        let seen = made.seen(ImageFormat::WebP);
        let places = [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)];
        for ((x, y), [red, green, blue]) in places.into_iter().zip(QUARTERS) {
            alike(seen.at(x, y), [red, green, blue, 255], 8);
        }
    }
}
