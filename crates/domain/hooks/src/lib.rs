//! Hooks: addresses that organisers name, which are called when something happens to a booking of theirs.
//!
//! News are kept with what they tell of (`kernel::news`). [`Hooks::spread`] makes a [`Call`] of each piece of news for each
//! [`Hook`] that wants it, in one transaction; each call is owed as work, made by [`Hooks::deliver`], and made again until it
//! is answered well or [`Call`] has had enough. A hook that is not answered for days is switched off, and its owners are told.
//! Calls are signed ([`HookKey`]), and kept with what was answered.

/// Under which name mails about hooks stand in the outbox.
pub const DOMAIN: &str = "hooks";
/// Under which name calls of hooks stand in the outbox: whoever is called may take long to answer, and keeps no mail waiting.
pub const CALLS: &str = "hooks.calls";

mod acts;
pub mod call;
pub mod caller;
pub mod effect;
pub mod hook;
pub mod ports;
pub mod signature;
pub mod use_cases;

pub use call::{Call, CallState};
pub use caller::{Caller, Heard, Outgoing};
pub use effect::{Effect, Turn};
pub use hook::{Hook, HookInput, MOST_HOOKS, WhyOff};
pub use ports::{HookStore, HookTx};
pub use signature::{HookKey, HookSecret};
pub use use_cases::{AgainError, HookError, Hooks, OffNews, Spread};
