//! Pictures as a camera might take them: light, shade and texture of all sizes, hard edges, and the noise of a sensor.

/// RGB, always the same for the same seed.
pub(crate) fn photo(width: usize, height: usize, seed: u64) -> Vec<u8> {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let layers: Vec<Layer> = (0..9).map(|octave| Layer::new(octave, &mut random)).collect();
    let lamps: Vec<[f32; 6]> = (0..300).map(|_| std::array::from_fn(|_| random.unit())).collect();
    let longest = width.max(height) as f32;
    let mut pixels = Vec::with_capacity(width * height * 3);
    let mut light = vec![[0.0f32; 3]; width];
    for y in 0..height {
        let v = y as f32 / longest;
        for (x, light) in light.iter_mut().enumerate() {
            // The room: lighter above, with a cast.
            *light = [0.25 + 0.2 * v, 0.22 + 0.1 * v, 0.35 - 0.15 * v + 0.1 * x as f32 / longest];
        }
        layers.iter().for_each(|layer| layer.add(&mut light, v, longest));
        for [cx, cy, size, red, green, blue] in &lamps {
            let (size, dy) = (0.001 + 0.03 * size.powi(6), (v - cy * height as f32 / longest).abs());
            if dy < size {
                let half = (size * size - dy * dy).sqrt();
                let centre = cx * width as f32 / longest;
                let column = |at: f32| ((at * longest) as usize).min(width);
                for light in &mut light[column((centre - half).max(0.0))..column(centre + half)] {
                    *light = [0.3 + 0.9 * red, 0.3 + 0.9 * green, 0.3 + 0.9 * blue];
                }
            }
        }
        for light in &light {
            let grain = (random.unit() + random.unit() - 1.0) * 0.02;
            pixels.extend(light.map(|light| ((light + grain).clamp(0.0, 1.0) * 255.0) as u8));
        }
    }
    pixels
}

/// Noise of one size, between points of a grid.
struct Layer {
    side: usize,
    strength: f32,
    points: Vec<[f32; 3]>,
}

impl Layer {
    fn new(octave: u32, random: &mut Random) -> Self {
        let side = 3 << octave;
        let points = (0..(side + 2) * (side + 2)).map(|_| {
            let grey = random.unit() - 0.5;
            std::array::from_fn(|_| grey + 0.3 * (random.unit() - 0.5))
        });
        Self { side, strength: 0.4 / 1.25f32.powi(octave as i32), points: points.collect() }
    }

    fn add(&self, light: &mut [[f32; 3]], v: f32, longest: f32) {
        let y = v * self.side as f32;
        let (row, down) = (y as usize, y.fract());
        let scale = self.side as f32 / longest;
        let point = |row: usize, column: usize| self.points[row * (self.side + 2) + column];
        for (x, light) in light.iter_mut().enumerate() {
            let x = x as f32 * scale;
            let (column, right) = (x as usize, x.fract());
            let (a, b) = (point(row, column), point(row, column + 1));
            let (c, d) = (point(row + 1, column), point(row + 1, column + 1));
            for channel in 0..3 {
                let above = a[channel] + (b[channel] - a[channel]) * right;
                let below = c[channel] + (d[channel] - c[channel]) * right;
                light[channel] += self.strength * (above + (below - above) * down);
            }
        }
    }
}

/// xorshift64*
struct Random(u64);

impl Random {
    fn unit(&mut self) -> f32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 40) as f32 / (1u64 << 24) as f32
    }
}
