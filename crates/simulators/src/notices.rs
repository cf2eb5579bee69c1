//! Notices (webhook events): what is told, how it is told, and what became of it.

use crate::faults::draw;
use crate::shelf::Shelf;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long "late" is when nothing else is said.
const LATE: Duration = Duration::from_secs(2);
/// How late a test may order a notice.
const LATEST: u64 = 3_600_000;

/// How the provider behaves about the notices of one payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Manner {
    /// At once.
    #[default]
    Now,
    /// After the delay.
    Late,
    /// Everything a second time.
    Twice,
    /// Never.
    Lost,
    /// The last one first.
    Reversed,
}

/// A [`Manner`] with its delay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Delivery {
    pub manner: Manner,
    /// Before the first is sent, in milliseconds.
    pub delay_ms: u64,
}

impl Delivery {
    /// Reads `webhook` and `delay_ms`; `None` when they make no sense.
    pub(crate) fn read(webhook: Option<&str>, delay_ms: Option<&str>) -> Option<Self> {
        let manner = match webhook.unwrap_or("now") {
            "now" => Manner::Now,
            "late" => Manner::Late,
            "twice" => Manner::Twice,
            "lost" => Manner::Lost,
            "reversed" => Manner::Reversed,
            _ => return None,
        };
        let late = u64::try_from(LATE.as_millis()).unwrap_or(0);
        let usual = if manner == Manner::Late { late } else { 0 };
        let delay_ms = delay_ms.map_or(Some(usual), |text| text.parse().ok())?;
        (delay_ms <= LATEST).then_some(Self { manner, delay_ms })
    }

    pub(crate) const fn delay(self) -> Duration {
        Duration::from_millis(self.delay_ms)
    }

    /// In which order, and how often, notices are sent.
    pub(crate) fn plan<T: Clone>(self, notices: &[T]) -> Vec<T> {
        match self.manner {
            Manner::Now | Manner::Late => notices.to_vec(),
            Manner::Twice => [notices, notices].concat(),
            Manner::Lost => Vec::new(),
            Manner::Reversed => notices.iter().rev().cloned().collect(),
        }
    }
}

/// A notice as it was written when its cause happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Notice {
    pub id: String,
    /// The event's type.
    pub kind: String,
    /// The exact body.
    pub body: String,
}

/// Notices of one cause.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    pub notices: Vec<Notice>,
    pub delivery: Delivery,
}

/// What happens to the notices of each cause that nobody ordered otherwise: so many of a thousand causes each.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Weather {
    /// What the draws follow from.
    pub seed: u64,
    pub lost: u16,
    pub twice: u16,
    pub reversed: u16,
    pub late: u16,
    /// How late "late" is; two seconds when 0.
    pub delay_ms: u64,
    /// How many causes have been drawn for.
    pub seen: u64,
}

impl Weather {
    /// Draws for one cause. What a buyer's button ordered stays as it is.
    pub(crate) fn meet(&mut self, batch: &mut Batch) {
        let shares = [
            (Manner::Lost, self.lost),
            (Manner::Twice, self.twice),
            (Manner::Reversed, self.reversed),
            (Manner::Late, self.late),
        ];
        if batch.delivery != Delivery::default() || shares.iter().all(|(_, share)| *share == 0) {
            return;
        }
        let mut drawn = draw(self.seed, "weather", self.seen);
        self.seen += 1;
        for (manner, share) in shares {
            if drawn < u64::from(share) {
                let usual = u64::try_from(LATE.as_millis()).unwrap_or(0);
                let late = if self.delay_ms == 0 { usual } else { self.delay_ms.min(LATEST) };
                let delay_ms = if manner == Manner::Late { late } else { 0 };
                batch.delivery = Delivery { manner, delay_ms };
                return;
            }
            drawn -= u64::from(share);
        }
    }
}

/// A notice and what became of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Told {
    pub notice: Notice,
    /// Deliveries that are still to be tried.
    pub owed: u32,
    /// How often it was sent, counting repeats after a failure.
    pub sent: u32,
    /// How often it was answered with 2xx.
    pub accepted: u32,
}

/// The notices that can be sent again.
pub(crate) type ToldShelf = Shelf<Told, 2_000>;

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(manner: &str) -> Vec<u8> {
        Delivery::read(Some(manner), None).unwrap().plan(&[1, 2])
    }

    #[test]
    fn manners_decide_order_and_count() {
        assert_eq!(plan("now"), [1, 2]);
        assert_eq!(plan("late"), [1, 2]);
        assert_eq!(plan("twice"), [1, 2, 1, 2]);
        assert!(plan("lost").is_empty());
        assert_eq!(plan("reversed"), [2, 1]);
    }

    #[test]
    fn weather_is_drawn_per_cause_and_spares_what_was_ordered() {
        let mut weather =
            Weather { seed: 1, lost: 200, twice: 200, late: 200, delay_ms: 7, ..Weather::default() };
        let mut met: Vec<_> = (0..1_000)
            .map(|_| {
                let mut batch = Batch { notices: Vec::new(), delivery: Delivery::default() };
                weather.meet(&mut batch);
                batch.delivery
            })
            .collect();
        for (manner, delay_ms) in [(Manner::Lost, 0), (Manner::Twice, 0), (Manner::Late, 7)] {
            let count = met.iter().filter(|one| **one == Delivery { manner, delay_ms }).count();
            assert!((140..260).contains(&count), "{manner:?}: {count}");
        }
        met.retain(|one| one.manner == Manner::Reversed);
        assert!(met.is_empty());
        let ordered = Delivery::read(Some("late"), None).unwrap();
        let mut batch = Batch { notices: Vec::new(), delivery: ordered };
        let mut storm = Weather { lost: 1_000, ..Weather::default() };
        storm.meet(&mut batch);
        assert_eq!(batch.delivery, ordered);
    }

    #[test]
    fn only_late_waits_unless_told_to() {
        assert_eq!(Delivery::read(Some("late"), None).unwrap().delay_ms, 2000);
        assert_eq!(Delivery::read(None, None).unwrap().delay_ms, 0);
        assert_eq!(Delivery::read(Some("twice"), Some("5")).unwrap().delay_ms, 5);
        assert_eq!(Delivery::read(Some("never"), None), None);
        assert_eq!(Delivery::read(None, Some("-1")), None);
    }
}
