//! Pictures of a night that never was: beams of light through haze over a crowd, another one for every number.

use std::f32::consts::PI;

/// Pixels across.
pub(super) const WIDTH: u32 = 1440;
/// Pixels down.
pub(super) const HEIGHT: u32 = 960;

/// A colour, each part from 0 to 1.
type Colour = [f32; 3];

/// A beam of light from the ceiling.
struct Beam {
    from: f32,
    angle: f32,
    width: f32,
    colour: Colour,
}

/// One picture as a PNG.
///
/// # Errors
/// When it cannot be encoded.
pub(super) fn picture(number: u32) -> Result<Vec<u8>, png::EncodingError> {
    let mut random = fastrand::Rng::with_seed(u64::from(number).wrapping_mul(0x9E37_79B9) + 7);
    let beams: Vec<Beam> = (0..random.u32(3..7)).map(|_| beam(&mut random)).collect();
    let haze = hue(random.f32());
    let skyline = crowd(&mut random);
    let mut pixels = Vec::with_capacity((WIDTH * HEIGHT * 3) as usize);
    for row in 0..HEIGHT {
        let y = row as f32 / HEIGHT as f32;
        for (column, top) in skyline.iter().enumerate() {
            let lit = light(&beams, haze, column as f32 / WIDTH as f32, y);
            let shadow = y > *top;
            let (dim, grain) = (if shadow { 0.12 } else { 1.0 }, random.f32() * 0.03);
            pixels.extend(lit.map(|part| ((part * dim + grain).clamp(0.0, 1.0) * 255.0) as u8));
        }
    }
    encode(&pixels)
}

/// How high the crowd stands in every column, from the top: heads on shoulders, one beside the other.
fn crowd(random: &mut fastrand::Rng) -> Vec<f32> {
    let mut skyline = vec![0.97_f32; WIDTH as usize];
    for _ in 0..70 {
        let (at, top, size) = (random.f32(), 0.76 + random.f32() * 0.2, 0.015 + random.f32() * 0.02);
        for (column, height) in skyline.iter_mut().enumerate() {
            let across = (column as f32 / WIDTH as f32 - at).abs() / size;
            let outline = if across < 1.0 { top + size * (1.0 - (1.0 - across * across).sqrt()) } else { top + 2.4 * size };
            if across < 2.0 {
                *height = height.min(outline);
            }
        }
    }
    skyline
}

fn beam(random: &mut fastrand::Rng) -> Beam {
    Beam {
        from: random.f32(),
        angle: (random.f32() - 0.5) * 1.4,
        width: 0.03 + random.f32() * 0.08,
        colour: hue(random.f32()),
    }
}

/// What the light is at a place, from the left and from the top.
fn light(beams: &[Beam], haze: Colour, x: f32, y: f32) -> Colour {
    let mut sum = haze.map(|part| part * 0.18 * (1.0 - y) + 0.02);
    for beam in beams {
        let away = (x - beam.from - beam.angle * y).abs() / (beam.width * (0.3 + y));
        let strength = (-away * away).exp() * (1.0 - 0.6 * y);
        for (part, colour) in sum.iter_mut().zip(beam.colour) {
            *part += strength * colour * 0.8;
        }
    }
    sum
}

/// A full colour of the circle, which 0 to 1 goes round.
fn hue(turn: f32) -> Colour {
    [0.0, 1.0 / 3.0, 2.0 / 3.0].map(|third| 0.5 + 0.5 * (2.0 * PI * (turn + third)).cos())
}

fn encode(pixels: &[u8]) -> Result<Vec<u8>, png::EncodingError> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, WIDTH, HEIGHT);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    encoder.write_header()?.write_image_data(pixels)?;
    Ok(file)
}
