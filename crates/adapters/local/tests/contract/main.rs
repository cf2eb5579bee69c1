//! What the embedded default promises: the contracts of every port, in memory and on disk, and that nothing which
//! was answered is ever lost.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a helper that fails fails its test"
)]

mod absorbers;
mod audit;
mod copies;
mod crash;
mod defences;
mod file;
mod mail_box;
mod objects;
mod stores;
