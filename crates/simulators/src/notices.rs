//! Notices (webhook events): what is told, how it is told, and what became of it.

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
    fn only_late_waits_unless_told_to() {
        assert_eq!(Delivery::read(Some("late"), None).unwrap().delay_ms, 2000);
        assert_eq!(Delivery::read(None, None).unwrap().delay_ms, 0);
        assert_eq!(Delivery::read(Some("twice"), Some("5")).unwrap().delay_ms, 5);
        assert_eq!(Delivery::read(Some("never"), None), None);
        assert_eq!(Delivery::read(None, Some("-1")), None);
    }
}
