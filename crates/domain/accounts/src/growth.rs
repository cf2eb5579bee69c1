//! How many joined, and who brought them.

use chrono::NaiveDate;
use kernel::AccountId;

/// A calendar day in UTC.
pub type UtcDay = NaiveDate;

/// Who joined on a day, whatever became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Joined {
    /// Which day.
    pub day: UtcDay,
    /// How many.
    pub members: u64,
    /// Of these, how many somebody had invited.
    pub invited: u64,
}

/// How many somebody brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Brought {
    /// Who.
    pub account: AccountId,
    /// How many.
    pub members: u64,
}
