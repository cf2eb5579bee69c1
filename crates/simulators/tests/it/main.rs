//! The simulators, driven over HTTP: by the providers' own client libraries, against the providers' own documents,
//! and by hand where those look away.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the lints spare tests, but not what tests share"
)]

mod buyer;
mod faults;
mod keeping;
mod notices;
mod outside;
mod paypal_client;
mod paypal_documents;
mod paypal_wire;
mod safety;
mod scene;
mod stripe_client;
mod stripe_fixtures;
mod stripe_wire;
