//! What the whole promises: its shape, and later its answers over HTTP.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on shall stop"
)]

mod ahead;
mod announced_killed;
mod announcements;
mod architecture;
mod audit;
mod backup;
mod command_line;
mod configuration;
mod confined;
mod containers;
mod contract;
mod deadlines;
mod demo;
mod doctor;
mod documents;
mod door_offline;
mod door_page;
mod door_staff;
mod drill;
mod egress;
mod emails;
mod events;
mod everyone;
mod exports;
mod figures;
mod files;
mod foreign_ids;
mod gallery;
mod giving;
#[allow(dead_code, unreachable_pub, reason = "a client offers what any test may need")]
mod harness;
mod hooks;
mod invites;
mod jobs;
mod killed;
mod ledger;
mod limits;
mod live;
mod mail_language;
mod mail_log;
mod mail_out;
mod mail_reports;
mod maintenance;
mod media;
mod metrics;
mod model;
mod money;
mod music;
mod night;
mod office;
mod on_sale;
mod ownership;
mod panics;
mod privacy;
mod probes;
mod problem_codes;
mod protocol;
mod reachability;
mod registration;
mod rehearsal;
mod repeats;
mod rules;
mod seats;
mod secrets;
mod sessions;
mod stopping;
mod stream;
mod totp;
mod traces;
mod transfers;
mod uploads;
mod vouchers;
mod wallet;
