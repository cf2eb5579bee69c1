//! What is owed after a commit.

use crate::Call;
use kernel::{HookCallId, HookId};
use serde::{Deserialize, Serialize};

/// Mails about hooks, under [`crate::DOMAIN`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Effect {
    /// Tell the owners of its organisation that a hook was switched off.
    TellOwners {
        /// Which.
        hook: HookId,
    },
}

/// A call's turn, under [`crate::CALLS`]: it is made until it is answered well or has had enough. What is owed of a turn
/// before the present one is nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// Of which hook: one of them must not keep the others waiting.
    pub hook: HookId,
    /// Which call.
    pub call: HookCallId,
    /// The how-manieth.
    pub turn: u32,
}

impl Turn {
    /// The turn that a call has.
    #[must_use]
    pub const fn of(call: &Call) -> Self {
        Self { hook: call.hook, call: call.id, turn: call.turn }
    }

    /// Whether the call is still to be made in it.
    pub(crate) fn is_next_of(self, call: &Call) -> bool {
        call.turn == self.turn && call.state.is_open()
    }
}
