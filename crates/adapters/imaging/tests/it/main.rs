//! Pictures that are as they should be, and such as are not.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on shall stop"
)]

#[path = "corpus/corpus.rs"]
mod corpus;
mod golden;
mod hostile;
mod large;
mod photo;
mod samples;
mod turned_heic;
mod workshop;
