//! The embedded default: every store port without a server beside it, and what else a single process needs.
//!
//! All data lives in memory as [persistent maps](imbl): a transaction works on a copy that costs next to nothing,
//! and committing swaps the copy in. Given a directory, each commit is written to one SQLite file and synced before
//! it is answered or seen by any read; opening loads the file and rebuilds every index. Commits that arrive while
//! the disk is busy share the next sync.
//!
//! There is one writer at a time, so every `lock_...` of the ports holds by itself.
//!
//! Objects do not lie in that file but in a folder of their own: see [`Disk`].

mod absorb;
mod accounts;
mod announcements;
mod audit;
mod backups;
mod booking;
mod document;
mod dump;
mod events;
mod gallery;
mod hooks;
mod idempotency;
mod invites;
mod journal;
mod mail_box;
mod maintenance;
mod media;
mod messaging;
mod music;
mod news;
mod objects;
mod outbox;
mod paging;
mod state;
mod store;
mod transaction;
mod writer;

pub use absorb::broadcast::LocalBroadcast;
pub use absorb::cache::LocalCache;
pub use absorb::limiter::LocalLimiter;
pub use dump::NewStore;
pub use mail_box::{MailBox, Received};
pub use objects::{Asked, Disk, PartAsked, ReadAsked, Receiving, Refused};
pub use store::{LocalStore, Place};
pub use transaction::LocalTx;
