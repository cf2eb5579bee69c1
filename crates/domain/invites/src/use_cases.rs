//! One file per verb.

mod check;
mod create;
mod letter;
mod list;
mod revoke;

pub use create::{CreateError, NewInvites};
pub use letter::InviteLetter;
pub use revoke::RevokeError;

use crate::{CodeKey, Invite, InviteCode, InviteStore};
use kernel::Clock;
use std::sync::Arc;

/// Everything that is done with invites, but for redeeming them, which opening an account does.
#[derive(Clone)]
pub struct Invites {
    store: Arc<dyn InviteStore>,
    clock: Arc<dyn Clock>,
    key: CodeKey,
}

impl Invites {
    /// With a store, a clock, and the secret that codes are derived from.
    pub fn new(store: Arc<dyn InviteStore>, clock: Arc<dyn Clock>, key: CodeKey) -> Self {
        Self { store, clock, key }
    }

    /// The code of an invite, to be shown to those who may see it.
    #[must_use]
    pub fn code(&self, invite: &Invite) -> InviteCode {
        self.key.code(invite.id)
    }
}
