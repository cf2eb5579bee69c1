//! How long answers took.

use std::time::Duration;

/// Some durations, to the microsecond.
#[derive(Debug, Clone, Default)]
pub struct Latencies(Vec<u32>);

impl Latencies {
    /// Adds one; what took longer than an hour counts as an hour.
    pub fn add(&mut self, took: Duration) {
        self.0.push(u32::try_from(took.as_micros()).unwrap_or(3_600_000_000));
    }

    /// Adds what others measured.
    pub fn extend(&mut self, others: &Self) {
        self.0.extend(&others.0);
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The one that so many percent do not exceed, by the nearest rank; `None` when there are none.
    #[must_use]
    pub fn percentile(&self, percent: usize) -> Option<Duration> {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100).max(1);
        sorted.get(rank - 1).map(|micros| Duration::from_micros(u64::from(*micros)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_durations_by_the_nearest_rank() {
        let mut latencies = Latencies::default();
        assert_eq!(latencies.percentile(50), None);
        for milliseconds in (1..=200).rev() {
            latencies.add(Duration::from_millis(milliseconds));
        }
        let percentile = |percent| latencies.percentile(percent).unwrap().as_millis();
        assert_eq!((percentile(0), percentile(50), percentile(99), percentile(100)), (1, 100, 198, 200));
    }
}
