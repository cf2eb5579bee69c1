//! The map as strangers may know it: cut into cells, of which only the middle is ever told.
//!
//! A cell is 0.05 degrees high, about 5.6 km, and 0.05 degrees wide; where meridians lie closer it is wider (0.1 degrees
//! from 60 degrees of latitude on, 0.5 from 80), so that it never gets narrower than 2.7 km short of the polar seas.
//! Whatever is shown to strangers or compared with what they ask for is the cell, never the place in it: however often
//! and from wherever somebody searches, all they can find out is the cell.
//!
//! Rows count twentieths of a degree from the equator, columns from the meridian of Greenwich. The database computes the
//! number of an event's cell by the same steps (see the migration), which a contract test compares.

use std::ops::RangeInclusive;

/// Rows and columns per degree.
const PER_DEGREE: f64 = 20.0;
/// The row at the north pole.
const POLE: i32 = 1800;
/// Columns around the earth.
const AROUND: i32 = 7200;
/// The mean radius of the earth (IUGG), in kilometres.
const EARTH_KM: f64 = 6371.0088;

/// A part of the map, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell(i32);

/// A point on the map, in degrees (WGS 84).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
}

/// What lies around a point. Kept in whole numbers, so that equal wishes are known to be equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Around {
    /// In ten-thousandths of a degree, about 11 m.
    latitude: i32,
    longitude: i32,
    radius_km: u16,
}

/// Cells of one row that lie side by side, by their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// The first one.
    pub first: i32,
    /// None has a greater number.
    pub last: i32,
    /// From one number to the next.
    pub step: i32,
}

/// How far around a point may be looked, in kilometres.
pub const RADIUS_KM: RangeInclusive<u16> = 1..=500;

impl Cell {
    /// The cell of a place. Degrees lie within those of the earth.
    #[must_use]
    pub fn of(latitude: f64, longitude: f64) -> Self {
        let row = nearest(latitude * PER_DEGREE);
        let width = width(row);
        let column = nearest(longitude * PER_DEGREE / f64::from(width)) * width;
        Self::at(row, (column + AROUND / 2).rem_euclid(AROUND))
    }

    /// Its middle.
    #[must_use]
    pub fn point(self) -> Point {
        let (row, column) = (self.0.div_euclid(AROUND) - POLE, self.0.rem_euclid(AROUND) - AROUND / 2);
        Point { latitude: f64::from(row) / PER_DEGREE, longitude: f64::from(column) / PER_DEGREE }
    }

    /// What stores find it by.
    #[must_use]
    pub const fn number(self) -> i32 {
        self.0
    }

    const fn at(row: i32, column: i32) -> Self {
        Self((row + POLE) * AROUND + column)
    }
}

/// The nearest whole number; of two, the greater.
fn nearest(value: f64) -> i32 {
    // At most 3600 either way.
    (value + 0.5).floor() as i32
}

/// How many columns a cell of this row takes.
const fn width(row: i32) -> i32 {
    match row.abs() {
        1600.. => 10,
        1200.. => 2,
        _ => 1,
    }
}

impl Around {
    /// What lies within so many kilometres of a point; `None` when that is no point of the earth or no such radius.
    #[must_use]
    pub fn new(latitude: f64, longitude: f64, radius_km: u16) -> Option<Self> {
        // Not a number lies in no range.
        let on_earth = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
        let fine = |degrees: f64| (degrees * 10_000.0).round() as i32;
        (on_earth && RADIUS_KM.contains(&radius_km)).then(|| Self {
            latitude: fine(latitude),
            longitude: fine(longitude),
            radius_km,
        })
    }

    /// All cells whose middle lies within the radius, in ascending order: at most 400 stretches with 150,000 cells.
    #[must_use]
    pub fn cells(&self) -> Vec<Stretch> {
        let [latitude, longitude] =
            [self.latitude, self.longitude].map(|degrees| f64::from(degrees) / 10_000.0);
        let angle = f64::from(self.radius_km) / EARTH_KM;
        let reach = angle.to_degrees();
        let first = ((latitude - reach) * PER_DEGREE).ceil() as i32;
        let last = ((latitude + reach) * PER_DEGREE).floor() as i32;
        let mut stretches = Vec::new();
        for row in first.max(-POLE)..=last.min(POLE) {
            let north = f64::from(row) / PER_DEGREE;
            let step = width(row);
            let columns = columns(Point { latitude, longitude }, angle, north, f64::from(step));
            stretches.extend(columns.into_iter().map(|(from, to)| Stretch {
                first: Cell::at(row, from).number(),
                last: Cell::at(row, to).number(),
                step,
            }));
        }
        stretches
    }
}

/// Whether one of these stretches, as [`Around::cells`] makes them, has the cell.
#[must_use]
pub fn covers(stretches: &[Stretch], cell: Cell) -> bool {
    let at = stretches.partition_point(|stretch| stretch.last < cell.number());
    stretches.get(at).is_some_and(|stretch| stretch.first <= cell.number())
}

/// The columns of the parallel at `north` that lie within `angle` (in radians) of a point, counted from the antimeridian:
/// none, one range, or two where the antimeridian lies between. The haversine formula, solved for the longitude.
fn columns(middle: Point, angle: f64, north: f64, width: f64) -> Vec<(i32, i32)> {
    let haversine = |angle: f64| (angle / 2.0).sin().powi(2);
    let left = haversine(angle) - haversine((north - middle.latitude).to_radians());
    let share = left / (middle.latitude.to_radians().cos() * north.to_radians().cos());
    if share.is_nan() || share < 0.0 {
        return Vec::new();
    }
    let half = AROUND / 2;
    if share >= 1.0 {
        return vec![(0, AROUND - 1)];
    }
    let reach = (2.0 * share.sqrt().asin()).to_degrees();
    let column = |degrees: f64| degrees * PER_DEGREE / width;
    let from = (column(middle.longitude - reach).ceil() * width) as i32 + half;
    let to = (column(middle.longitude + reach).floor() * width) as i32 + half;
    match (from, to) {
        (from, to) if from > to => Vec::new(),
        (from, to) if to - from >= AROUND - 1 => vec![(0, AROUND - 1)],
        (from, to) if from >= 0 && to < AROUND => vec![(from, to)],
        // Both ends on the far side of the antimeridian: it is the same range, told from the other side.
        (from, to) if to < 0 || from >= AROUND => {
            vec![(from.rem_euclid(AROUND), to.rem_euclid(AROUND))]
        }
        (from, to) => vec![(0, to.rem_euclid(AROUND)), (from.rem_euclid(AROUND), AROUND - 1)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The haversine formula as it is in the books.
    fn kilometres(one: Point, other: Point) -> f64 {
        let [a, b] = [one.latitude, other.latitude].map(f64::to_radians);
        let turned = (other.longitude - one.longitude).to_radians();
        let h = ((b - a) / 2.0).sin().powi(2) + a.cos() * b.cos() * (turned / 2.0).sin().powi(2);
        2.0 * EARTH_KM * h.sqrt().min(1.0).asin()
    }

    fn middle(latitude: f64, longitude: f64) -> (f64, f64) {
        let point = Cell::of(latitude, longitude).point();
        (point.latitude, point.longitude)
    }

    #[test]
    fn places_are_told_by_the_middle_of_their_cell() {
        assert_eq!(middle(53.541, 9.984), (53.55, 10.0));
        assert_eq!(middle(-33.8568, 151.2153), (-33.85, 151.2));
        assert_eq!(middle(0.0, -0.0), (0.0, 0.0));
        // On the border it is the cell to the north and east.
        assert_eq!(middle(10.025, 10.025), (10.05, 10.05));
    }

    #[test]
    fn the_antimeridian_is_one_line_and_the_poles_have_cells() {
        assert_eq!(middle(0.0, 180.0), (0.0, -180.0));
        assert_eq!(middle(0.0, 179.99), (0.0, -180.0));
        assert_eq!(middle(90.0, 0.0), (90.0, 0.0));
        assert_eq!(middle(-90.0, 0.0), (-90.0, 0.0));
    }

    #[test]
    fn cells_get_wider_where_meridians_lie_closer() {
        assert_eq!(middle(59.9, 10.74), (59.9, 10.75));
        assert_eq!(middle(69.65, 18.96), (69.65, 19.0));
        assert_eq!(middle(82.0, 18.96), (82.0, 19.0));
    }

    #[test]
    fn only_points_of_the_earth_and_bounded_radii_are_looked_around() {
        for (latitude, longitude, radius) in [
            (90.1, 0.0, 10),
            (0.0, -180.1, 10),
            (f64::NAN, 0.0, 10),
            (0.0, f64::INFINITY, 10),
            (0.0, 0.0, 0),
            (0.0, 0.0, 501),
        ] {
            assert_eq!(Around::new(latitude, longitude, radius), None, "{latitude} {longitude} {radius}");
        }
        assert!(Around::new(-90.0, 180.0, 500).is_some_and(|around| around.cells().len() <= 400));
    }

    #[test]
    fn what_lies_across_the_antimeridian_is_near() {
        let fiji = Around::new(-17.0, 179.9, 50).unwrap().cells();
        assert!(covers(&fiji, Cell::of(-17.0, -179.9)));
        assert!(covers(&fiji, Cell::of(-17.0, 179.6)));
        assert!(!covers(&fiji, Cell::of(-17.0, -179.0)));
    }

    proptest! {
        #[test]
        fn cells_are_found_by_the_distance_of_their_middle_and_nothing_else(
            latitude in -90.0_f64..=90.0, longitude in -180.0_f64..=180.0, radius in 1_u16..=500,
            up in -6.0_f64..=6.0, right in -20.0_f64..=20.0,
        ) {
            let around = Around::new(latitude, longitude, radius).unwrap();
            let from = Point {
                latitude: f64::from(around.latitude) / 1e4, longitude: f64::from(around.longitude) / 1e4,
            };
            let turned: f64 = longitude + right;
            let turned = if turned > 180.0 { turned - 360.0 } else if turned < -180.0 { turned + 360.0 } else { turned };
            let cell = Cell::of((latitude + up).clamp(-90.0, 90.0), turned);
            let distance = kilometres(from, cell.point());
            // Closer to the border than a millimetre, rounding decides.
            prop_assume!((distance - f64::from(radius)).abs() > 1e-6);
            prop_assert_eq!(covers(&around.cells(), cell), distance < f64::from(radius), "{} km", distance);
        }

        #[test]
        fn a_place_lies_in_the_cell_whose_middle_is_told(latitude in -90.0_f64..=90.0, longitude in -180.0_f64..=180.0) {
            let cell = Cell::of(latitude, longitude);
            let middle = cell.point();
            prop_assert_eq!(Cell::of(middle.latitude, middle.longitude), cell);
            prop_assert!((middle.latitude - latitude).abs() <= 0.025 + 1e-9);
            let away = kilometres(middle, Point { latitude, longitude });
            prop_assert!(away < 5.5, "{} km", away);
        }

        #[test]
        fn stretches_ascend_and_are_few(
            latitude in -90.0_f64..=90.0, longitude in -180.0_f64..=180.0, radius in 1_u16..=500,
        ) {
            let stretches = Around::new(latitude, longitude, radius).unwrap().cells();
            prop_assert!(stretches.len() <= 400);
            prop_assert!(stretches.iter().all(|one| one.first <= one.last));
            prop_assert!(stretches.windows(2).all(|pair| pair[0].last < pair[1].first));
            let cells: i32 = stretches.iter().map(|one| (one.last - one.first) / one.step + 1).sum();
            prop_assert!(cells <= 150_000, "{}", cells);
        }
    }
}
