//! The use cases around a booking when providers and stores fail.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on shall stop"
)]

mod closing;
mod faults;
mod outside;
mod providers;
mod searching;
mod writing;

use adapter_local::{LocalStore, Place};
use std::sync::Arc;
use testkit::Stores;

/// A fresh, empty system.
fn stores() -> Stores {
    Stores::of(Arc::new(LocalStore::open(Place::Memory).unwrap()))
}
