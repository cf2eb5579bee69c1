//! What invites came to.

use crate::Invite;
use kernel::Timestamp;

/// Invites that were made within a span, and what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Made {
    /// How many invites.
    pub invites: u64,
    /// How many accounts they may open, or might have.
    pub uses: u64,
    /// How many they have opened.
    pub used: u64,
    /// Uses that ended with their invites.
    pub expired: u64,
    /// Uses that were taken back.
    pub revoked: u64,
}

impl Made {
    /// One more, as it stands at `now`. Stores have to agree with this.
    pub fn add(&mut self, invite: &Invite, now: Timestamp) {
        let left = u64::from(invite.max_uses.saturating_sub(invite.used));
        self.invites += 1;
        self.uses += u64::from(invite.max_uses);
        self.used += u64::from(invite.used);
        if invite.revoked_at.is_some() {
            self.revoked += left;
        } else if invite.expires_at.is_some_and(|end| now >= end) {
            self.expired += left;
        }
    }
}
