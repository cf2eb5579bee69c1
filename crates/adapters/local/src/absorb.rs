//! What absorbs load, for a single process: bounded in memory, and gone with it.

pub(crate) mod broadcast;
pub(crate) mod cache;
pub(crate) mod limiter;
mod shelf;
