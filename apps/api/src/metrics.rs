//! What is counted, in Prometheus' text format.

use adapter_postgres::PoolStatus;
use kernel::Lag;
use kernel::outbox::Backlog;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::time::Duration;

/// Which requests are counted together: by pattern (`/api/v1/events/{id}`), never by path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Route {
    /// `GET`.
    pub method: String,
    /// The pattern, or `unknown`.
    pub route: String,
    /// The HTTP status.
    pub status: u16,
}

/// Which outcomes are counted together: of what, and how it went.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    of: &'static str,
    result: &'static str,
}

type Outcomes = Family<Outcome, Counter>;

type Latencies = Family<Route, Histogram, fn() -> Histogram>;

/// Counters and the registry that shows them.
pub struct Metrics {
    registry: Registry,
    latencies: Latencies,
    panics: Counter,
    outbox_waiting: Gauge,
    outbox_parked: Gauge,
    outbox_overdue: Gauge,
    events_unsent: Gauge,
    events_overdue: Gauge,
    read_only: Gauge,
    listeners: Gauge,
    told: Counter,
    pool_open: Gauge,
    pool_idle: Gauge,
    pool_waiting: Gauge,
    notices: Outcomes,
    effects: Outcomes,
    mails: Outcomes,
}

/// From half a millisecond to ten seconds.
const BUCKETS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("synesthesie");
        let latencies = Latencies::new_with_constructor(|| Histogram::new(BUCKETS));
        registry.register(
            "http_request_seconds",
            "Requests by pattern, with their latency",
            latencies.clone(),
        );
        let panics = Counter::default();
        registry.register("http_panics", "Requests that ended in a panic", panics.clone());
        let gauge = |registry: &mut Registry, name: &str, help: &str| {
            let gauge = Gauge::default();
            registry.register(name, help, gauge.clone());
            gauge
        };
        let outbox_waiting = gauge(&mut registry, "outbox_waiting", "Effects not yet performed");
        let outbox_parked = gauge(&mut registry, "outbox_parked", "Effects set aside for a person");
        let outbox_overdue = gauge(
            &mut registry,
            "outbox_overdue_seconds",
            "For how long the longest due effect has been due",
        );
        let events_unsent = gauge(&mut registry, "events_unsent", "Events not yet published");
        let events_overdue = gauge(
            &mut registry,
            "events_overdue_seconds",
            "For how long the first event that is not published waits",
        );
        let read_only = gauge(&mut registry, "read_only", "1 while nothing is to be changed, else 0");
        let listeners = gauge(&mut registry, "live_listeners", "Streams that are open");
        let told = Counter::default();
        registry.register("live_news", "Snapshots that were sent on streams", told.clone());
        let pool_open = gauge(&mut registry, "pool_open", "Connections to the database");
        let pool_idle = gauge(&mut registry, "pool_idle", "Connections that nobody uses now");
        let pool_waiting = gauge(&mut registry, "pool_waiting", "Requests that wait for a connection");
        let outcomes = |registry: &mut Registry, name: &str, help: &str| {
            let outcomes = Outcomes::default();
            registry.register(name, help, outcomes.clone());
            outcomes
        };
        let notices = outcomes(&mut registry, "notices", "Webhooks by provider and what was done with them");
        let effects = outcomes(&mut registry, "effects", "Work owed, by domain and how it went");
        let mails = outcomes(&mut registry, "mails", "Mails handed to the mailer, by what it said");
        Self {
            registry,
            latencies,
            panics,
            outbox_waiting,
            outbox_parked,
            outbox_overdue,
            events_unsent,
            events_overdue,
            read_only,
            listeners,
            told,
            pool_open,
            pool_idle,
            pool_waiting,
            notices,
            effects,
            mails,
        }
    }
}

impl Metrics {
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

    /// Shows the outbox as it is at `now`.
    pub fn outbox(&self, backlog: &Backlog, now: kernel::Timestamp) {
        let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        self.outbox_waiting.set(signed(backlog.waiting));
        self.outbox_parked.set(signed(backlog.parked));
        self.outbox_overdue.set(backlog.oldest_due.map_or(0, |due| (now - due).num_seconds().max(0)));
    }

    /// Shows what is still to be published at `now`.
    pub fn events(&self, lag: &Lag, now: kernel::Timestamp) {
        self.events_unsent.set(i64::try_from(lag.unsent).unwrap_or(i64::MAX));
        self.events_overdue.set(lag.oldest.map_or(0, |oldest| (now - oldest).num_seconds().max(0)));
    }

    /// Shows the pool of connections as it is.
    pub fn pool(&self, status: PoolStatus) {
        let signed = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        self.pool_open.set(signed(status.size));
        self.pool_idle.set(signed(status.available));
        self.pool_waiting.set(signed(status.waiting));
    }

    /// Everything, as Prometheus reads it.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing into a `String` cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
