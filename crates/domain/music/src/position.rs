//! Where a member stopped listening.

use kernel::{AccountId, SetId, Timestamp};
use serde::{Deserialize, Serialize};

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
