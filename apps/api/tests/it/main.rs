//! What the whole promises: its shape, and later its answers over HTTP.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on shall stop"
)]

mod architecture;
#[allow(dead_code, unreachable_pub, reason = "a client offers what any test may need")]
mod harness;
mod invites;
mod registration;
mod repeats;
mod sessions;
