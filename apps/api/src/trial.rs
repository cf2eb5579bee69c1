//! Trying backups: a store is made of each in a place that goes again, and looked at with the same code that looks at the
//! house's own.

pub mod inspect;
pub mod rooms;

pub use inspect::{Inspector, Living};
pub use rooms::Rooms;
