//! When calls come back that found their hook with as many under way as it may have. If all came back at the same moment, all
//! but a few would have come for nothing: what thousands of calls owe a slow address would then be taken up and put back
//! again and again, at the cost of whoever buys meanwhile.

use chrono::TimeDelta;
use kernel::{HookId, Timestamp};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// How long a call waits at least. Addresses that are crowded most are slow.
const SLOW: TimeDelta = TimeDelta::seconds(10);
/// Between two calls of one hook that come back: fifty a second, which is more than most addresses answer.
const STEP: TimeDelta = TimeDelta::milliseconds(20);
/// Hooks that are remembered before those of which nobody waits any more are forgotten.
const MANY: usize = 1000;

/// The next free turn, by hook.
#[derive(Debug, Default)]
pub struct Crowd(Mutex<HashMap<HookId, Timestamp>>);

impl Crowd {
    /// When a call of a hook is looked at again that found no place now: behind those that were told so before.
    pub fn turn(&self, hook: HookId, now: Timestamp) -> Timestamp {
        let earliest = now + SLOW;
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if turns.len() >= MANY {
            turns.retain(|_, next| *next > now);
        }
        let next = turns.entry(hook).or_insert(earliest);
        let turn = earliest.max(*next);
        *next = turn + STEP;
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> Timestamp {
        "2026-06-01T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn those_that_found_no_place_come_back_one_after_another() {
        let (crowd, one, other) = (Crowd::default(), HookId::generate(noon()), HookId::generate(noon()));
        let after = |milliseconds: i64| noon() + TimeDelta::milliseconds(milliseconds);
        let turns: Vec<_> = (0..3).map(|_| crowd.turn(one, noon())).collect();
        assert_eq!(turns, [10_000, 10_020, 10_040].map(after));
        assert_eq!(crowd.turn(other, noon()), after(10_000), "nobody waits for another hook's calls");
        // However many there are, no more than fifty a second are looked at for nothing.
        let turns: Vec<_> = (0..30_000).map(|_| crowd.turn(one, noon())).collect();
        assert_eq!(turns.last(), Some(&after(10_060 + 29_999 * 20)));
        // When they are gone nobody is waited for.
        assert_eq!(crowd.turn(one, after(1_000_000)), after(1_010_000));
    }

    #[test]
    fn hooks_of_which_nobody_waits_are_forgotten() {
        let crowd = Crowd::default();
        for _ in 0..MANY {
            crowd.turn(HookId::generate(noon()), noon());
        }
        crowd.turn(HookId::generate(noon()), noon() + TimeDelta::minutes(1));
        assert_eq!(crowd.0.lock().unwrap().len(), 1);
    }
}
