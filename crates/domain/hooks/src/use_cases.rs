//! What owners do with hooks, and what becomes of them.

mod calls;
mod deliver;
mod manage;
mod spread;

pub use calls::AgainError;
pub use deliver::OffNews;
pub use manage::HookError;
pub use spread::Spread;

use crate::{Caller, HookKey, HookStore};
use kernel::{Clock, Published};
use std::error::Error;
use std::sync::Arc;

/// How a piece of news is said to hooks.
pub type Say = dyn Fn(&Published) -> Result<String, Box<dyn Error + Send + Sync>> + Send + Sync;

/// The use cases around hooks.
pub struct Hooks {
    store: Arc<dyn HookStore>,
    clock: Arc<dyn Clock>,
    caller: Arc<dyn Caller>,
    key: HookKey,
    /// What can be called for.
    kinds: Vec<&'static str>,
    say: Box<Say>,
}

impl Hooks {
    /// The use cases over a store and whoever makes the calls; `kinds` is what can be called for.
    #[must_use]
    pub fn new(
        store: Arc<dyn HookStore>,
        clock: Arc<dyn Clock>,
        (caller, key): (Arc<dyn Caller>, HookKey),
        (kinds, say): (Vec<&'static str>, Box<Say>),
    ) -> Self {
        Self { store, clock, caller, key, kinds, say }
    }
}
