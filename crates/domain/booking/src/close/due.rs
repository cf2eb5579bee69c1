//! Which days the program closes by itself, and when.

use super::{Day, DayStatus, DaySummary};
use chrono::TimeDelta;
use kernel::Timestamp;

/// So long after a day the program closes it by itself, beyond what its providers list late.
const REST: TimeDelta = TimeDelta::hours(1);
/// Before the program looks again at a day with open tasks.
const OPEN_AGAIN: TimeDelta = TimeDelta::hours(24);
/// So many days back the program looks by itself.
pub const DAYS_BACK: u32 = 30;

/// Days that are over and wait for the program, the earliest first: yesterday, and what was left behind since the first
/// day that was looked at, [`DAYS_BACK`] days back at most. Of a day whose providers did not answer there is a record as
/// well, so that it stays owed. `known` are the days that were looked at, and `complete_from` says from
/// when on everything of a day is listed.
#[must_use]
pub fn due(known: &[DaySummary], now: Timestamp, complete_from: impl Fn(Day) -> Timestamp) -> Vec<Day> {
    let mut due = Vec::new();
    let mut day = Day::of(now).before();
    for _ in 0..DAYS_BACK {
        let waits = now < complete_from(day) + REST;
        let wanted = match known.iter().find(|record| record.day == day) {
            None => true,
            // As many questions again would tell no more.
            Some(record) if record.accounts.iter().any(|account| account.unasked > 0) => {
                now - record.computed_at >= OPEN_AGAIN
            }
            Some(record) if !record.complete => true,
            Some(record) => record.status == DayStatus::Open && now - record.computed_at >= OPEN_AGAIN,
        };
        if wanted && !waits {
            due.push(day);
        }
        day = day.before();
        if !known.iter().any(|record| record.day <= day) {
            // Before the first day that anybody looked at.
            break;
        }
    }
    due.reverse();
    due
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::close::AccountFigures;
    use crate::samples::noon;
    use kernel::CloseId;
    use kernel::audit::Who;

    fn record(day: Day, status: DayStatus, computed_at: Timestamp) -> DaySummary {
        DaySummary {
            id: CloseId::generate(computed_at),
            day,
            status,
            complete: true,
            computed_at,
            computed_by: Who::System,
            closed_at: None,
            reopened: None,
            unnamed: 0,
            open: 0,
            resolved: 0,
            accounts: Vec::new(),
        }
    }

    /// The days that are due when everything of a day is listed three hours after its end.
    fn at(known: &[DaySummary], now: Timestamp) -> Vec<Day> {
        due(known, now, |day| day.end() + TimeDelta::hours(3))
    }

    #[test]
    fn yesterday_is_due_when_everything_is_listed_and_has_rested() {
        let yesterday = Day::of(noon()).before();
        let from = yesterday.end() + TimeDelta::hours(4);
        assert_eq!(at(&[], from - TimeDelta::seconds(1)), []);
        assert_eq!(at(&[], from), [yesterday]);
    }

    #[test]
    fn what_was_left_behind_comes_first_and_a_closed_day_is_left_alone() {
        let yesterday = Day::of(noon()).before();
        let (second, third) = (yesterday.before(), yesterday.before().before());
        let closed = record(third, DayStatus::Closed, noon());
        assert_eq!(at(std::slice::from_ref(&closed), noon()), [second, yesterday]);
        let unfinished = DaySummary { complete: false, ..closed };
        assert_eq!(at(&[unfinished], noon()), [third, second, yesterday]);
    }

    #[test]
    fn an_open_day_is_looked_at_again_a_day_later_and_thirty_days_back_at_most() {
        let yesterday = Day::of(noon()).before();
        let open = |hours| record(yesterday, DayStatus::Open, noon() - TimeDelta::hours(hours));
        assert_eq!(at(&[open(23)], noon()), []);
        assert_eq!(at(&[open(24)], noon()), [yesterday]);
        let mut long_ago = yesterday;
        for _ in 0..40 {
            long_ago = long_ago.before();
        }
        let due = at(&[record(long_ago, DayStatus::Closed, noon())], noon());
        assert_eq!(due.len(), usize::try_from(DAYS_BACK).unwrap());
    }

    #[test]
    fn a_day_with_too_many_questions_is_asked_again_a_day_later() {
        let yesterday = Day::of(noon()).before();
        let mut account = AccountFigures::new(crate::samples::till(crate::Provider::Stripe));
        account.unasked = 1;
        let asked = |hours| DaySummary {
            complete: false,
            accounts: vec![account.clone()],
            ..record(yesterday, DayStatus::Open, noon() - TimeDelta::hours(hours))
        };
        assert_eq!(at(&[asked(1)], noon()), []);
        assert_eq!(at(&[asked(24)], noon()), [yesterday]);
    }
}
