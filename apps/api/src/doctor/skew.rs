//! How far clocks are apart.

use super::Finding;
use chrono::TimeDelta;
use kernel::Timestamp;

/// Dates are told in whole seconds, and the answer took a while.
const USUAL: TimeDelta = TimeDelta::seconds(5);
/// Signatures of notices are believed for a few minutes only, and holds last ten.
const MUCH: TimeDelta = TimeDelta::seconds(60);

/// Compares another clock, read between two looks at ours.
pub(super) fn compare(
    check: String,
    whose: &str,
    theirs: Timestamp,
    ours: (Timestamp, Timestamp),
) -> Finding {
    let (before, after) = ours;
    let apart = if theirs < before { before - theirs } else { (theirs - after).max(TimeDelta::zero()) };
    let found = format!("{} seconds from the clock of {whose}", apart.num_seconds());
    let advice = "let this machine set its clock by the network (NTP)";
    if apart > MUCH {
        Finding::error(check, found, advice)
    } else if apart > USUAL {
        Finding::warning(check, found, advice)
    } else {
        Finding::ok(check, found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn clocks_may_be_a_little_apart() {
        let noon: Timestamp = "2026-06-01T12:00:00Z".parse().unwrap();
        let looked = (noon, noon + TimeDelta::seconds(2));
        for (seconds, state) in [
            (-61, State::Error),
            (-6, State::Warning),
            (-5, State::Ok),
            (1, State::Ok),
            (7, State::Ok),
            (8, State::Warning),
            (63, State::Error),
        ] {
            let theirs = noon + TimeDelta::seconds(seconds);
            assert_eq!(compare("clock".into(), "somebody", theirs, looked).state, state, "{seconds}");
        }
    }
}
