//! Uploads, when the store of objects does other things than it should.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on shall stop"
)]

mod bucket;
mod completing;
mod tidying;
