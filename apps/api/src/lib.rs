//! The program: everything the other crates offer, wired together and served over HTTP.

pub mod answers;
pub mod bounded;
pub mod cli;
pub mod config;
pub mod confine;
pub mod doctor;
pub mod gate;
pub mod http;
pub mod ics;
pub mod keys;
pub mod limits;
pub mod live;
pub mod mails;
pub mod maps;
pub mod metrics;
pub mod passwords;
pub mod press;
pub mod qr;
pub mod rehearse;
pub mod sealed;
pub mod simulated;
pub mod telemetry;
pub mod wiring;
pub mod worker;
pub mod workplace;
