//! Music over HTTP: how a recording becomes a set, who hears it, and what is left when it goes.

mod fake;
mod hearing;
mod making;
mod pages;
mod passes;
mod saving;
mod stage;
mod stopping;
mod waiting;

pub(crate) use fake::Fake;
pub(crate) use stage::Stage;
