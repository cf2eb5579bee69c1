//! What is counted, in Prometheus' text format.
//!
//! The names are promises: dashboards and alarms are built on them. They stand in `docs/operations.md` and on the dashboard
//! in `docker/grafana`, and a test compares.

mod known;
mod labels;
pub mod look;
mod process;
mod register;

pub use labels::{Route, Way};

use adapter_postgres::PoolStatus;
use booking::{CallListener, Called};
use kernel::outbox::Backlog;
use kernel::{Lag, Timestamp};
use known::Known;
use labels::{Call, Egress, Job, Outcome};
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use register::Register;
use std::sync::Arc;
use std::time::Duration;

type Outcomes = Family<Outcome, Counter>;

type Latencies<L> = Family<L, Histogram, fn() -> Histogram>;

/// Counters and the registries that show them.
pub struct Metrics {
    register: Register,
    process: Registry,
    latencies: Latencies<Route>,
    panics: Counter,
    store_up: Gauge,
    redis_up: Known,
    read_only: Gauge,
    holds: Known,
    outbox_waiting: Known,
    outbox_parked: Known,
    outbox_overdue: Known,
    events_unsent: Known,
    events_overdue: Known,
    listeners: Gauge,
    told: Counter,
    pool_open: Gauge,
    pool_idle: Gauge,
    pool_waiting: Gauge,
    notices: Outcomes,
    effects: Outcomes,
    jobs: Latencies<Job>,
    mails: Outcomes,
    calls: Latencies<Call>,
    egress: Family<Egress, Counter>,
    last_good_backup: Known,
}

/// From half a millisecond to ten seconds.
const BUCKETS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];
/// From a mail to a recording.
const JOBS: [f64; 12] = [0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0, 120.0, 600.0, 3600.0];
/// Around the deadline of calls, which is ten seconds unless it is configured.
const CALLS: [f64; 10] = [0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

impl Metrics {
    /// For a process that was started then.
    #[must_use]
    pub fn new(started: Timestamp) -> Self {
        let mut register = Register::new();
        let shown = &mut register;
        shown.show(
            "build",
            "1 for the version that runs",
            Info::new([("version", env!("CARGO_PKG_VERSION"))]),
        );
        let latencies: Latencies<Route> = shown.add(
            "http_request_seconds",
            "Requests by pattern, with their latency",
            Latencies::new_with_constructor(|| Histogram::new(BUCKETS)),
        );
        let jobs: Latencies<Job> = shown.add(
            "job_seconds",
            "Work that was owed, by lane, domain and how it went, with how long it took",
            Latencies::new_with_constructor(|| Histogram::new(JOBS)),
        );
        let calls: Latencies<Call> = shown.add(
            "provider_call_seconds",
            "Calls to payment providers and how they ended, with how long they took",
            Latencies::new_with_constructor(|| Histogram::new(CALLS)),
        );
        Self {
            panics: shown.add("http_panics", "Requests that ended in a panic", Counter::default()),
            store_up: shown.add("store_up", "1 while the store answers, else 0", Gauge::default()),
            redis_up: shown.add("redis_up", "1 while Redis answers, else 0", Known::default()),
            read_only: shown.add("read_only", "1 while nothing is to be changed, else 0", Gauge::default()),
            holds: shown.add("holds", "Holds that live", Known::default()),
            outbox_waiting: shown.add("outbox_waiting", "Effects not yet performed", Known::default()),
            outbox_parked: shown.add("outbox_parked", "Effects set aside for a person", Known::default()),
            outbox_overdue: shown.add(
                "outbox_overdue_seconds",
                "For how long the longest due effect has been due",
                Known::default(),
            ),
            events_unsent: shown.add("events_unsent", "Events not yet published", Known::default()),
            events_overdue: shown.add(
                "events_overdue_seconds",
                "For how long the first event that is not published waits",
                Known::default(),
            ),
            listeners: shown.add("live_listeners", "Streams that are open", Gauge::default()),
            told: shown.add("live_news", "Snapshots that were sent on streams", Counter::default()),
            pool_open: shown.add("pool_open", "Connections to the database", Gauge::default()),
            pool_idle: shown.add("pool_idle", "Connections that nobody uses now", Gauge::default()),
            pool_waiting: shown.add("pool_waiting", "Requests that wait for a connection", Gauge::default()),
            notices: shown.add(
                "notices",
                "Webhooks by provider and what was done with them",
                Outcomes::default(),
            ),
            effects: shown.add("effects", "Work owed, by domain and how it went", Outcomes::default()),
            mails: shown.add("mails", "Mails handed to the mailer, by what it said", Outcomes::default()),
            egress: shown.add("egress_bytes", "Bytes of pictures and music that go out", Family::default()),
            last_good_backup: shown.add(
                "backup_last_good_timestamp_seconds",
                "When the newest backup was made that was found good; 0 when there is none",
                Known::default(),
            ),
            process: process::registry(started),
            latencies,
            jobs,
            calls,
            register,
        }
    }

    /// Counts a request.
    pub fn request(&self, route: &Route, took: Duration) {
        self.latencies.get_or_create(route).observe(took.as_secs_f64());
    }

    /// Counts a panic.
    pub fn panic(&self) {
        self.panics.inc();
    }

    /// Counts a webhook.
    pub fn notice(&self, provider: &'static str, result: &'static str) {
        self.notices.get_or_create(&Outcome { of: provider, result }).inc();
    }

    /// Counts an effect of a domain.
    pub fn effect(&self, domain: &'static str, result: &'static str) {
        self.effects.get_or_create(&Outcome { of: domain, result }).inc();
    }

    /// Counts work that somebody took up, and how long it took.
    pub fn job(&self, lane: &'static str, domain: &'static str, result: &'static str, took: Duration) {
        self.jobs.get_or_create(&Job { lane, domain, result }).observe(took.as_secs_f64());
    }

    /// Counts calls to providers, when it is told of them.
    #[must_use]
    pub fn provider_calls(&self) -> CallListener {
        let calls = self.calls.clone();
        Arc::new(move |called: &Called| {
            calls.get_or_create(&Call::of(called)).observe(called.took.as_secs_f64());
        })
    }

    /// Counts a snapshot that is sent to one listener.
    pub fn told(&self) {
        self.told.inc();
    }

    /// Shows whether nothing is to be changed.
    pub fn read_only(&self, on: bool) {
        self.read_only.set(i64::from(on));
    }

    /// Shows how many listen.
    pub fn listeners(&self, number: usize) {
        self.listeners.set(i64::try_from(number).unwrap_or(i64::MAX));
    }

    /// Counts a mail.
    pub fn mail(&self, result: &'static str) {
        self.mails.get_or_create(&Outcome { of: "mail", result }).inc();
    }

    /// Counts bytes that go out.
    pub fn egress(&self, way: Way, bytes: u64) {
        self.egress.get_or_create(&Egress { how: way.as_str() }).inc_by(bytes);
    }

    /// Counts such bytes one piece after the other.
    #[must_use]
    pub fn egress_counter(&self, way: Way) -> Counter {
        self.egress.get_or_create_owned(&Egress { how: way.as_str() })
    }

    /// Shows when the newest good backup was made, if there is one.
    pub fn last_good_backup(&self, made_at: Option<Timestamp>) {
        self.last_good_backup.set(Some(made_at.map_or(0, |made_at| made_at.timestamp())));
    }

    /// Shows what the store has, as it is at `now`.
    pub fn store(&self, backlog: &Backlog, holds: u64, now: Timestamp) {
        let signed = |number: u64| Some(i64::try_from(number).unwrap_or(i64::MAX));
        self.store_up.set(1);
        self.holds.set(signed(holds));
        self.outbox_waiting.set(signed(backlog.waiting));
        self.outbox_parked.set(signed(backlog.parked));
        let overdue = backlog.oldest_due.map_or(0, |due| (now - due).num_seconds().max(0));
        self.outbox_overdue.set(Some(overdue));
    }

    /// Shows that the store does not answer, and nothing of what it would have said.
    pub fn store_away(&self) {
        self.store_up.set(0);
        let of_store = [
            &self.holds,
            &self.outbox_waiting,
            &self.outbox_parked,
            &self.outbox_overdue,
            &self.events_unsent,
            &self.events_overdue,
        ];
        for known in of_store {
            known.set(None);
        }
    }

    /// Shows whether Redis answers; nothing where none is used.
    pub fn redis(&self, up: Option<bool>) {
        self.redis_up.set(up.map(i64::from));
    }

    /// Shows what is still to be published at `now`.
    pub fn events(&self, lag: &Lag, now: Timestamp) {
        self.events_unsent.set(Some(i64::try_from(lag.unsent).unwrap_or(i64::MAX)));
        let overdue = lag.oldest.map_or(0, |oldest| (now - oldest).num_seconds().max(0));
        self.events_overdue.set(Some(overdue));
    }

    /// Shows the pool of connections as it is.
    pub fn pool(&self, status: PoolStatus) {
        let signed = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        self.pool_open.set(signed(status.size));
        self.pool_idle.set(signed(status.available));
        self.pool_waiting.set(signed(status.waiting));
    }

    /// What all of it is called, whether or not there is anything to show yet.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let process = process::NAMES.into_iter().map(str::to_owned);
        self.register.names().iter().cloned().chain(process).collect()
    }

    /// Everything, as Prometheus reads it.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing into a `String` cannot fail.
        let _ = encode_registry(&mut text, self.register.registry());
        let _ = encode_registry(&mut text, &self.process);
        let _ = encode_eof(&mut text);
        text
    }
}

#[cfg(test)]
mod tests;
