//! The shape of the sound: the lowest and the highest of every run of samples.

use music::Peaks;

/// Samples of 48,000 a second per point: 20 points a second, 5, 1, and one for every five seconds. Each is a multiple of
/// the one before, so that all follow from the finest.
pub const ZOOMS: [u32; 4] = [2_400, 9_600, 48_000, 240_000];

/// Takes samples as they come and remembers two bytes for every 2,400 moments: 850 KiB for six hours.
#[derive(Debug, Default)]
pub(crate) struct Shape {
    /// Of the point that is not done.
    lowest: f32,
    highest: f32,
    moments: u32,
    points: Vec<i8>,
}

impl Shape {
    /// Takes one moment: what is heard left and right at once.
    pub(crate) fn take(&mut self, left: f32, right: f32) {
        let (low, high) = if left < right { (left, right) } else { (right, left) };
        if self.moments == 0 {
            (self.lowest, self.highest) = (low, high);
        } else {
            self.lowest = self.lowest.min(low);
            self.highest = self.highest.max(high);
        }
        self.moments += 1;
        if Some(&self.moments) == ZOOMS.first() {
            self.point();
        }
    }

    fn point(&mut self) {
        self.points.extend([eighth(self.lowest), eighth(self.highest)]);
        self.moments = 0;
    }

    /// All zooms, finest first.
    pub(crate) fn zooms(mut self) -> Vec<Peaks> {
        if self.moments > 0 {
            self.point();
        }
        let mut zooms: Vec<Peaks> = Vec::with_capacity(ZOOMS.len());
        for zoom in ZOOMS {
            let points = match zooms.last() {
                None => std::mem::take(&mut self.points),
                Some(finer) => coarser(&finer.points, (zoom / finer.zoom) as usize),
            };
            zooms.push(Peaks { zoom, points });
        }
        zooms
    }
}

/// As a number of 8 bits: full scale is -128 and 127.
#[expect(
    clippy::cast_possible_truncation,
    reason = "what is beyond full scale is cut to it, what is no number is 0"
)]
fn eighth(sample: f32) -> i8 {
    (sample * 128.0).round() as i8
}

fn coarser(points: &[i8], together: usize) -> Vec<i8> {
    points
        .chunks(together * 2)
        .flat_map(|run| {
            let lowest = run.iter().step_by(2).min().copied().unwrap_or(0);
            let highest = run.iter().skip(1).step_by(2).max().copied().unwrap_or(0);
            [lowest, highest]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_zoom_keeps_the_extremes() {
        let mut shape = Shape::default();
        for moment in 0..100_000 {
            match moment {
                50 => shape.take(-1.0, 0.25),
                60_000 => shape.take(0.0, 0.5),
                99_999 => shape.take(9.0, f32::NAN),
                _ => shape.take(0.0, 0.0),
            }
        }
        let zooms = shape.zooms();
        let zoom = |number: usize| &zooms[number].points;
        assert_eq!(zooms.iter().map(|zoom| zoom.points.len() / 2).collect::<Vec<_>>(), [42, 11, 3, 1]);
        assert_eq!(zoom(0)[..4], [-128, 32, 0, 0]);
        assert_eq!(zoom(0)[50..52], [0, 64]);
        assert_eq!(zoom(1)[12..14], [0, 64]);
        assert_eq!(zoom(2)[..4], [-128, 32, 0, 64]);
        assert_eq!(zoom(3)[..], [-128, 127]);
    }

    #[test]
    fn silence_is_flat_and_nothing_has_no_points() {
        let mut shape = Shape::default();
        (0..3).for_each(|_| shape.take(0.0, 0.0));
        assert!(shape.zooms().iter().all(|zoom| zoom.points == [0, 0]));
        assert!(Shape::default().zooms().iter().all(|zoom| zoom.points.is_empty()));
    }
}
