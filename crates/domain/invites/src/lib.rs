//! Invites: who may sign up, and who brought whom. Codes are derived from a key, never stored; a store holds only a keyed hash of them.

mod acts;
pub mod budget;
pub mod code;
pub mod invite;
pub mod mac;
pub mod made;
pub mod ports;
pub mod tree;
mod use_cases;

pub use budget::{Budget, BudgetExhausted};
pub use code::{CodeHash, CodeKey, InviteCode, MalformedCode};
pub use invite::{Invite, InviteRefusal};
pub use made::Made;
pub use ports::{Effect, InviteStore, InviteTx};
pub use tree::{Ancestor, BelowSpent, Branch, DEEPEST, Inviter, Lineage, Ruling, Shut};
pub use use_cases::{
    CreateError, FreezeError, GiveError, Given, InviteLetter, Invites, NewInvites, RevokeError,
    SetBudgetError,
};

/// What this domain's effects are filed under in the outbox.
pub const DOMAIN: &str = "invites";
