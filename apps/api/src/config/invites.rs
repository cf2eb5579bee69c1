//! What members may give away.

use super::reader::Reader;
use invites::Budget;

/// Invites.
#[derive(Debug, Clone)]
pub struct Invites {
    /// How many accounts each member may bring unless an admin said otherwise; 0: members invite nobody.
    pub member_budget: u32,
}

/// Reads the section.
pub(super) fn read(reader: &mut Reader) -> Invites {
    Invites { member_budget: reader.number("invites.member_budget", 0, Budget::MOST) }
}
