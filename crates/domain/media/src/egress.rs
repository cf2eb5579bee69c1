//! What members are sent, counted per month: traffic is what a private series pays for.

use chrono::{Datelike, NaiveDate};
use kernel::{AccountId, Money, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A month of the calendar, in UTC: `2026-06` is 202606.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Month(pub u32);

/// It is no month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a month is written as 2026-06")]
pub struct NoMonth;

impl Month {
    /// The one that an instant lies in.
    #[must_use]
    pub fn of(at: Timestamp) -> Self {
        let year = u32::try_from(at.year()).unwrap_or(0);
        Self(year * 100 + at.month())
    }

    /// The first instant after it.
    #[must_use]
    pub fn end(self) -> Timestamp {
        let (year, month) = (self.0 / 100, self.0 % 100);
        let (year, month) = if month >= 12 { (year + 1, 1) } else { (year, month + 1) };
        let day = i32::try_from(year).ok().and_then(|year| NaiveDate::from_ymd_opt(year, month, 1));
        day.map_or(Timestamp::MAX_UTC, |day| day.and_time(chrono::NaiveTime::MIN).and_utc())
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0 / 100, self.0 % 100)
    }
}

impl FromStr for Month {
    type Err = NoMonth;

    fn from_str(text: &str) -> Result<Self, NoMonth> {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let (year, month) = text.split_once('-').ok_or(NoMonth)?;
        if year.len() != 4 || month.len() != 2 || !digits(year) || !digits(month) {
            return Err(NoMonth);
        }
        let (year, month): (u32, u32) =
            (year.parse().map_err(|_| NoMonth)?, month.parse().map_err(|_| NoMonth)?);
        if (1..=12).contains(&month) { Ok(Self(year * 100 + month)) } else { Err(NoMonth) }
    }
}

/// What one member was sent in one month, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Egress {
    /// Who.
    pub account: AccountId,
    /// When.
    pub month: Month,
    /// The sizes of all to which a link was given out.
    pub signed: u64,
    /// What this program itself has sent of it.
    pub served: u64,
}

/// What all were sent in one month, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EgressTotal {
    /// When.
    pub month: Month,
    /// How many members.
    pub members: u64,
    /// The sum of [`Egress::signed`].
    pub signed: u64,
    /// The sum of [`Egress::served`].
    pub served: u64,
    /// The sum of [`Egress::counted`].
    pub counted: u64,
}

/// What a member may be sent in a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Budget {
    /// As much as they like.
    Unlimited,
    /// So many bytes.
    Bytes(u64),
}

/// A member's budget is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the budget of this month is used up")]
pub struct Exhausted {
    /// When the next month begins.
    pub until: Timestamp,
}

impl Egress {
    /// What counts: a link may be used in part or more than once, so it is the larger of what was signed and what was
    /// seen to be served.
    #[must_use]
    pub fn counted(&self) -> u64 {
        self.signed.max(self.served)
    }

    /// Nothing yet.
    #[must_use]
    pub const fn none(account: AccountId, month: Month) -> Self {
        Self { account, month, signed: 0, served: 0 }
    }

    /// Counts bytes to which a link is to be given out.
    ///
    /// # Errors
    /// [`Exhausted`]: it would be more than the budget; nothing is counted then.
    pub fn charge(&mut self, bytes: u64, budget: Budget) -> Result<(), Exhausted> {
        let after = Self { signed: self.signed.saturating_add(bytes), ..*self };
        if budget.allows(after.counted()) {
            self.signed = after.signed;
            Ok(())
        } else {
            Err(Exhausted { until: self.month.end() })
        }
    }
}

impl Budget {
    /// So many thousand million bytes; unlimited when it is 0.
    #[must_use]
    pub const fn gigabytes(count: u64) -> Self {
        match count {
            0 => Self::Unlimited,
            count => Self::Bytes(count.saturating_mul(1_000_000_000)),
        }
    }

    /// Whether so many bytes in a month are within it.
    #[must_use]
    pub const fn allows(self, counted: u64) -> bool {
        match self {
            Self::Unlimited => true,
            Self::Bytes(most) => counted <= most,
        }
    }

    /// What is left of it; `None` when there is always more.
    #[must_use]
    pub const fn left(self, counted: u64) -> Option<u64> {
        match self {
            Self::Unlimited => None,
            Self::Bytes(most) => Some(most.saturating_sub(counted)),
        }
    }
}

/// What so many bytes cost at a price for 10¹² of them, rounded half up. `None` where that is more than money can say.
#[must_use]
pub fn cost(bytes: u64, per_terabyte: Money) -> Option<Money> {
    const TERABYTE: u128 = 1_000_000_000_000;
    let price = u128::try_from(per_terabyte.minor()).ok()?;
    let minor = (u128::from(bytes) * price + TERABYTE / 2) / TERABYTE;
    Money::new(i64::try_from(minor).ok()?, per_terabyte.currency()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Currency;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_month_ends_where_the_next_one_begins() {
        let june = Month::of(at("2026-06-30T23:59:59.999999Z"));
        assert_eq!((june, june.to_string().as_str()), (Month(202_606), "2026-06"));
        assert_eq!(june.end(), at("2026-07-01T00:00:00Z"));
        assert_eq!(Month::of(june.end()), Month(202_607));
        assert_eq!(Month(202_612).end(), at("2027-01-01T00:00:00Z"));
        assert_eq!("2026-06".parse(), Ok(june));
        for bad in
            ["", "2026", "2026-6", "2026-13", "2026-00", "26-06", "+026-06", "2026-06-01", "２０２６-06"]
        {
            assert_eq!(bad.parse::<Month>(), Err(NoMonth), "{bad}");
        }
    }

    #[test]
    fn what_does_not_fit_the_budget_is_not_counted() {
        let account = AccountId::generate(at("2026-06-01T12:00:00Z"));
        let mut egress = Egress::none(account, Month(202_606));
        let budget = Budget::Bytes(100);
        assert_eq!(egress.charge(60, budget), Ok(()));
        assert_eq!(egress.charge(41, budget), Err(Exhausted { until: at("2026-07-01T00:00:00Z") }));
        assert_eq!((egress.charge(40, budget), egress.signed), (Ok(()), 100));
        assert_eq!(egress.charge(u64::MAX, Budget::Unlimited), Ok(()));
        assert_eq!(Budget::gigabytes(0), Budget::Unlimited);
        assert_eq!(Budget::gigabytes(2), Budget::Bytes(2_000_000_000));
    }

    #[test]
    fn a_link_that_is_used_again_and_again_counts_by_what_was_served() {
        let account = AccountId::generate(at("2026-06-01T12:00:00Z"));
        let mut egress = Egress { served: 95, ..Egress::none(account, Month(202_606)) };
        assert_eq!((egress.charge(10, Budget::Bytes(100)), egress.counted()), (Ok(()), 95));
        egress.served = 101;
        assert!(egress.charge(0, Budget::Bytes(100)).is_err());
        assert_eq!((Budget::Bytes(100).left(101), Budget::Bytes(100).left(40)), (Some(0), Some(60)));
    }

    #[test]
    fn a_terabyte_costs_its_price() {
        let price = Money::new(2_300, Currency::EUR).unwrap();
        let minor = |bytes| cost(bytes, price).map(Money::minor);
        assert_eq!(minor(1_000_000_000_000), Some(2_300));
        assert_eq!((minor(0), minor(217_391_304), minor(217_391_305)), (Some(0), Some(0), Some(1)));
        assert_eq!(cost(u64::MAX, Money::new(i64::MAX, Currency::EUR).unwrap()), None);
    }
}
