//! What ffmpeg makes of recordings, looked at by programs that are not ours.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on shall stop"
)]

mod bench;
mod corpus;
mod ends;
mod golden;
mod hostile;
mod inputs;
mod long;
mod tags;
