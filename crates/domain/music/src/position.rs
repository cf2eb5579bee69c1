//! Where a member stopped listening.

use chrono::SubsecRound;
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

/// When a member stopped who says so at `now`, as every store keeps it; `None` when nobody can have stopped then. A device
/// whose clock is ahead must not keep what others say later from counting.
#[must_use]
pub fn instant(said_at: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
    let said_at = said_at.map_or(now, |at| at.min(now)).trunc_subsecs(6);
    kernel::is_kept(said_at).then_some(said_at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_was_said_before_now_and_not_before_all_time() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let now = at("2026-06-01T12:00:00.000001Z");
        for (said, kept) in [
            (None, Some(now)),
            (Some("2026-06-01T11:59:00.123456789Z"), Some(at("2026-06-01T11:59:00.123456Z"))),
            (Some("2026-06-01T12:00:01Z"), Some(now)),
            (Some("+262000-01-01T00:00:00Z"), Some(now)),
            (Some("1970-01-01T00:00:00Z"), Some(at("1970-01-01T00:00:00Z"))),
            (Some("-20000-01-01T00:00:00Z"), None),
        ] {
            assert_eq!(instant(said.map(at), now), kept, "{said:?}");
        }
    }

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
