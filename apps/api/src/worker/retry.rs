//! When a failed effect is tried again, and when it is given to a person.

use chrono::TimeDelta;
use kernel::Timestamp;

/// Tries before an effect is parked: with the pauses between them, about a day and a half.
pub const TRIES: u32 = 18;
/// The first pause; each is twice the one before.
const FIRST: TimeDelta = TimeDelta::seconds(5);
/// The longest pause.
const LONGEST: TimeDelta = TimeDelta::hours(6);

/// What to do with an effect that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Try again then.
    At(Timestamp),
    /// A person has to look.
    Park,
}

/// After a failure, with so many failures before it.
#[must_use]
pub fn after(attempts: u32, now: Timestamp) -> Next {
    if attempts + 1 >= TRIES {
        return Next::Park;
    }
    let factor = 1i32.checked_shl(attempts.min(30)).unwrap_or(i32::MAX);
    Next::At(now + FIRST.checked_mul(factor).unwrap_or(LONGEST).min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_then_a_person_looks() {
        let now: Timestamp = "2026-06-01T12:00:00Z".parse().unwrap();
        assert_eq!(after(0, now), Next::At(now + FIRST));
        assert_eq!(after(3, now), Next::At(now + TimeDelta::seconds(40)));
        assert_eq!(after(TRIES - 2, now), Next::At(now + LONGEST));
        assert_eq!(after(TRIES - 1, now), Next::Park);
        assert_eq!(after(u32::MAX - 1, now), Next::Park);
        let pauses = (0..TRIES - 1).map(|attempts| match after(attempts, now) {
            Next::At(at) => at - now,
            Next::Park => panic!("parked too early"),
        });
        let all = pauses.fold(TimeDelta::zero(), |sum, pause| sum + pause);
        assert!((TimeDelta::hours(24)..TimeDelta::hours(48)).contains(&all), "{all}");
    }
}
