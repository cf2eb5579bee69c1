//! One file per verb.

mod budget;
mod check;
mod create;
mod freeze;
mod give;
mod letter;
mod list;
mod revoke;

pub use budget::SetBudgetError;
pub use create::{CreateError, NewInvites};
pub use freeze::FreezeError;
pub use give::{GiveError, Given};
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
    /// What every account may give away unless an admin said otherwise.
    usual_budget: u32,
}

impl Invites {
    /// With a store, a clock, and the secret that codes are derived from. Members give nothing away.
    pub fn new(store: Arc<dyn InviteStore>, clock: Arc<dyn Clock>, key: CodeKey) -> Self {
        Self { store, clock, key, usual_budget: 0 }
    }

    /// With what every account may give away unless an admin said otherwise.
    #[must_use]
    pub fn allowing(self, usual_budget: u32) -> Self {
        Self { usual_budget, ..self }
    }

    /// The code of an invite, to be shown to those who may see it.
    #[must_use]
    pub fn code(&self, invite: &Invite) -> InviteCode {
        self.key.code(invite.id)
    }
}
