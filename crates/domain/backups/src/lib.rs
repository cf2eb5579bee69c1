//! Backups: a whole store as it was at one instant, with an index of the pictures and sets beside it, sealed to a public
//! key and laid down in parts, each of which has a sum.
//!
//! A backup is a folder of objects. The parts come first and a manifest last, so that what has a manifest is whole; what
//! was found of it since lies beside it. The bytes are those that usual programs read: `cat`, `age`, `zstd`, `pg_restore`.

mod flow;
mod manifest;
mod media_index;
mod name;
mod note;
pub mod ports;
pub mod retention;
mod sum;
pub mod use_cases;
mod vault;
pub mod verdict;

pub use flow::{Flow, FlowError};
pub use manifest::{BackupFile, BackupPart, DATABASE, MEDIA, Manifest};
pub use name::BackupName;
pub use ports::{Copied, Kind, Opener, Rows, Sealer, Source, Target};
pub use retention::Rule;
pub use sum::{Sum, Summing};
pub use use_cases::{Backups, Original};
pub use verdict::{Depth, Finding, Record, Standing, Verdict};
