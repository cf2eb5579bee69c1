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

/// The text in a PNG of one bit per pixel.
pub fn png(bytes: &[u8]) -> String {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let picture = reader.next_frame(&mut pixels).unwrap();
    assert_eq!((picture.color_type, picture.bit_depth), (png::ColorType::Grayscale, png::BitDepth::One));
    let (width, height) = (usize::try_from(picture.width).unwrap(), usize::try_from(picture.height).unwrap());
    read(width, height, |x, y| {
        let byte = pixels[y * picture.line_size + x / 8];
        if byte & (0x80 >> (x % 8)) == 0 { 0 } else { 255 }
    })
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
