//! What members are sent, counted per month: traffic is what a private series pays for.

use kernel::{AccountId, Timestamp};
use serde::{Deserialize, Serialize};

/// A month of the calendar, in UTC: `2026-06` is 202606.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Month(pub u32);

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
}
