//! What a scanner reads from a drawn ticket.

use rqrr::PreparedImage;

/// Pixels per module when an SVG is painted.
const SCALE: usize = 4;

/// What stands in a picture of one QR symbol; `light` says how bright a pixel is, from 0 to 255.
fn read(width: usize, height: usize, light: impl Fn(usize, usize) -> u8) -> String {
    let mut picture = PreparedImage::prepare_from_greyscale(width, height, light);
    let symbols = picture.detect_grids();
    assert_eq!(symbols.len(), 1, "one symbol in the picture");
    symbols[0].decode().unwrap().1
}

/// A PNG of one bit per pixel.
struct Picture {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
    line: usize,
}

impl Picture {
    fn of(bytes: &[u8]) -> Self {
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let picture = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((picture.color_type, picture.bit_depth), (png::ColorType::Grayscale, png::BitDepth::One));
        let [width, height] = [picture.width, picture.height].map(|size| usize::try_from(size).unwrap());
        Self { width, height, pixels, line: picture.line_size }
    }

    fn light(&self, x: usize, y: usize) -> bool {
        self.pixels[y * self.line + x / 8] & (0x80 >> (x % 8)) != 0
    }
}

/// The text in a PNG of one bit per pixel.
pub fn png(bytes: &[u8]) -> String {
    let picture = Picture::of(bytes);
    read(picture.width, picture.height, |x, y| if picture.light(x, y) { 255 } else { 0 })
}

/// What a camera sees to which such a PNG is shown on a screen in a dark room, as a film (Y4M) of 1280 to 720 pixels.
pub fn film(bytes: &[u8]) -> Vec<u8> {
    const WIDE: usize = 1280;
    const HIGH: usize = 720;
    let picture = Picture::of(bytes);
    let (left, top) = ((WIDE - picture.width) / 2, (HIGH - picture.height) / 2);
    let mut film = b"YUV4MPEG2 W1280 H720 F30:1 Ip A1:1 C420jpeg\nFRAME\n".to_vec();
    for y in 0..HIGH {
        for x in 0..WIDE {
            let on_screen =
                (left..left + picture.width).contains(&x) && (top..top + picture.height).contains(&y);
            film.push(match on_screen {
                true if picture.light(x - left, y - top) => 150,
                true => 45,
                false => 20,
            });
        }
    }
    film.resize(film.len() + WIDE * HIGH / 2, 128); // no colour
    film
}

/// The text in an SVG that draws its dark modules as rectangles of one path: `M10 20h5v5H10V20`.
pub fn svg(text: &str) -> String {
    let attribute = |name: &str| {
        let start = text.find(&format!(" {name}=\"")).unwrap() + name.len() + 3;
        text[start..].split('"').next().unwrap().to_owned()
    };
    let (width, height): (usize, usize) =
        (attribute("width").parse().unwrap(), attribute("height").parse().unwrap());
    let mut dark = vec![false; width * height];
    for rectangle in attribute("d").split('M').skip(1) {
        let numbers =
            rectangle.split(|letter: char| !letter.is_ascii_digit()).filter(|part| !part.is_empty());
        let numbers: Vec<usize> = numbers.map(|part| part.parse().unwrap()).collect();
        let [left, top, wide, high, ..] = numbers[..] else { panic!("no rectangle: {rectangle}") };
        for y in top..top + high {
            dark[y * width + left..y * width + left + wide].fill(true);
        }
    }
    read(width * SCALE, height * SCALE, |x, y| if dark[y / SCALE * width + x / SCALE] { 0 } else { 255 })
}
