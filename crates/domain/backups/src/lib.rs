//! Backups: a whole store as it was at one instant, with an index of the pictures and sets beside it, sealed to a public
//! key and laid down in parts, each of which has a sum.
//!
//! A backup is a folder of objects. The parts come first and a manifest last, so that what has a manifest is whole; what
//! was found of it since lies beside it. The bytes are those that usual programs read: `cat`, `age`, `zstd`, `pg_restore`.
//!
//! Every backup is tried: a store is made of what lies there, in a place that goes again, and looked at.

mod acts;
pub mod desk;
mod flow;
mod manifest;
mod media_index;
mod name;
mod note;
pub mod ports;
pub mod retention;
mod schedule;
mod sum;
pub mod use_cases;
mod vault;
pub mod verdict;

pub use desk::{Backup, Desk, Failed, Job, Made, Status, Task};
pub use flow::{Flow, FlowError};
pub use manifest::{BackupFile, BackupPart, DATABASE, MEDIA, Manifest};
pub use name::BackupName;
pub use ports::{
    BackupStore, BackupTx, Copied, Examiner, Kind, News, Opener, Rows, Scratch, ScratchPlace, Sealer, Source,
    Target, Work,
};
pub use retention::Rule;
pub use schedule::Schedule;
pub use sum::{Sum, Summing};
pub use use_cases::{Backups, Keeper, MediaThen, Original, Trial};
pub use verdict::{Depth, Finding, Record, Standing, Verdict};

/// Under which name news are owed.
pub const DOMAIN: &str = "backups";
/// Under which name the making and reading of backups is owed, which takes long.
pub const WORK: &str = "backup_work";
