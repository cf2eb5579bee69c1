//! Where a member stopped listening.

use kernel::{AccountId, SetId, Timestamp};
use serde::{Deserialize, Serialize};

/// How far behind the end players may be that know the length less exactly: it is taken as the end.
const SLACK_MS: u64 = 10_000;

/// Where a member stopped, on whatever device.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// Who.
    pub account: AccountId,
    /// In which set.
    pub set: SetId,
    /// Milliseconds from its beginning.
    pub at_ms: u64,
    /// When that was said.
    pub said_at: Timestamp,
}

/// The place in a set that is meant by so many seconds, in milliseconds; `None` when it is none.
#[must_use]
pub fn place(seconds: f64, duration_ms: u64) -> Option<u64> {
    // NaN is in no range.
    if !(0.0..=1_000_000.0).contains(&seconds) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is in this range")]
    let at_ms = (seconds * 1000.0).round() as u64;
    (at_ms <= duration_ms + SLACK_MS).then_some(at_ms.min(duration_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_lies_in_the_set_or_just_behind_it() {
        for (seconds, at_ms) in [
            (0.0, Some(0)),
            (-0.0, Some(0)),
            (12.3456, Some(12_346)),
            (100.0, Some(100_000)),
            (109.9, Some(100_000)),
            (110.0, Some(100_000)),
            (110.1, None),
            (-0.1, None),
            (f64::NAN, None),
            (f64::INFINITY, None),
        ] {
            assert_eq!(place(seconds, 100_000), at_ms, "{seconds}");
        }
    }
}
