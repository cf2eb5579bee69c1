//! Pictures of a night that never was: beams of light through haze over a crowd, another one for every number.

use std::f32::consts::PI;

/// Pixels across.
pub(super) const WIDTH: u32 = 1440;
/// Pixels down.
pub(super) const HEIGHT: u32 = 960;

/// Light is worked out once for so many pixels in either direction.
const COARSE: u32 = 8;

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
    let lamps = lamps(&beams, haze);
    let across = (WIDTH / COARSE) as usize;
    let mut pixels = Vec::with_capacity((WIDTH * HEIGHT * 3) as usize);
    for row in 0..HEIGHT {
        let y = row as f32 / HEIGHT as f32;
        for (column, top) in skyline.iter().enumerate() {
            // From one of the places around, by chance: grain instead of blocks.
            let chance = random.u32(..);
            let line = ((row + chance % COARSE) / COARSE).min(HEIGHT / COARSE - 1) as usize;
            let place =
                ((column + (chance >> 8) as usize % COARSE as usize) / COARSE as usize).min(across - 1);
            let lit = lamps.get(line * across + place).copied().unwrap_or_default();
            let shift = if y > *top { 3 } else { 0 };
            let grain = (chance >> 16) as u8 & 7;
            pixels.extend(lit.map(|part| (part >> shift).saturating_add(grain)));
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
            let outline = if across < 1.0 {
                top + size * (1.0 - (1.0 - across * across).sqrt())
            } else {
                top + 2.4 * size
            };
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

/// The light all over the picture, coarsely.
fn lamps(beams: &[Beam], haze: Colour) -> Vec<[u8; 3]> {
    let (across, down) = (WIDTH / COARSE, HEIGHT / COARSE);
    let places = (0..down).flat_map(|row| (0..across).map(move |column| (column, row)));
    let lit = places
        .map(|(column, row)| light(beams, haze, column as f32 / across as f32, row as f32 / down as f32));
    lit.map(|lit| lit.map(|part| (part.clamp(0.0, 1.0) * 240.0) as u8)).collect()
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
