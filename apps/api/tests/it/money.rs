//! The money path over HTTP: the real adapters against the simulators, on both stores.
//!
//! However a case goes, it ends with [`crate::harness::shop::Shop::come_to_rest`], which checks that places, money
//! and mails agree.

mod called_off;
mod cancelling;
mod closing;
mod codes;
mod crash;
mod expiry;
mod freed;
mod keys;
mod mismatch;
mod newcomer;
mod notices;
mod outage;
mod outside;
mod overpaid;
mod paid;
mod refunds;
mod returns;
mod staff_refunds;
mod waitlist;

/// Runs each case with each provider on each store.
macro_rules! with_each_provider {
    ($($case:ident),+ $(,)?) => {
        mod stripe_on_local { $(#[tokio::test] async fn $case() { super::$case(super::Till::Stripe, super::Store::Local).await; })+ }
        mod stripe_on_postgres { $(#[tokio::test] async fn $case() { super::$case(super::Till::Stripe, super::Store::Postgres).await; })+ }
        mod paypal_on_local { $(#[tokio::test] async fn $case() { super::$case(super::Till::Paypal, super::Store::Local).await; })+ }
        mod paypal_on_postgres { $(#[tokio::test] async fn $case() { super::$case(super::Till::Paypal, super::Store::Postgres).await; })+ }
    };
}

use crate::harness::on_each_store;
use with_each_provider;
