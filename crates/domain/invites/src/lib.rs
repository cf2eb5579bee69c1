//! Invites: who may sign up. Codes are derived from a key, never stored; a store holds only a keyed hash of them.

mod acts;
pub mod code;
pub mod invite;
pub mod mac;
pub mod ports;
mod use_cases;

pub use code::{CodeHash, CodeKey, InviteCode, MalformedCode};
pub use invite::{Invite, InviteRefusal};
pub use ports::{Effect, InviteStore, InviteTx};
pub use use_cases::{CreateError, InviteLetter, Invites, NewInvites, RevokeError};

/// What this domain's effects are filed under in the outbox.
pub const DOMAIN: &str = "invites";
