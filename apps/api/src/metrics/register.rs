//! What is shown, and what all of it is called.

use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Metric, Registry};

/// What every name of ours begins with.
const PREFIX: &str = "synesthesie";

/// Keeps what is shown with its names.
pub(super) struct Register {
    registry: Registry,
    names: Vec<String>,
}

impl Register {
    /// With nothing in it.
    pub(super) fn new() -> Self {
        Self { registry: Registry::with_prefix(PREFIX), names: Vec::new() }
    }

    /// Shows it from now on, under this name and what Prometheus puts behind it.
    pub(super) fn show(&mut self, name: &str, help: &str, metric: impl Metric) {
        let ending = match metric.metric_type() {
            MetricType::Counter => "_total",
            MetricType::Info => "_info",
            MetricType::Gauge | MetricType::Histogram | MetricType::Unknown => "",
        };
        self.names.push(format!("{PREFIX}_{name}{ending}"));
        self.registry.register(name, help, metric);
    }

    /// The same, and hands out what counts.
    pub(super) fn add<M: Metric + Clone>(&mut self, name: &str, help: &str, metric: M) -> M {
        self.show(name, help, metric.clone());
        metric
    }

    /// All of it.
    pub(super) const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// What it is called.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }
}
