//! Backups compressed with zstd and encrypted with age, to public keys alone: who has only [`Recipients`] can make backups
//! and read none of them. What comes of it is what the programs `age` and `zstd` read.
//!
//! Neither of the two holds more than a few hundred KiB, however much passes.

mod keys;
mod open;
mod seal;

pub use keys::{Identities, Recipients, UnusableKey};
