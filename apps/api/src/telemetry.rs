//! What is told of a running program: lines of the log, each with the name of its request, and, where a collector is
//! configured, traces.
//!
//! The two do not mix. Spans with the target [`TRACES`] go to the collector and never into the log; lines go into the log
//! and never to the collector. What both have is the name of the trace.

mod follow;
mod sampler;
mod send;

pub use follow::{Followed, carried, current, part};
pub use send::TracesError;

use crate::config::{Config, Environment};
use kernel::TRACES;
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use std::time::Duration;
use tokio::runtime::Handle;
use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::{FilterExt, filter_fn};
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

/// How long the last traces may take to be sent when the program ends.
const FLUSH: Duration = Duration::from_secs(5);

/// What has to be ended when nothing more happens.
#[must_use = "what was not sent yet is lost without stop()"]
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
}

impl Telemetry {
    /// Sends what was not sent yet. Blocks for seconds while the collector does not answer: not for a thread that drives
    /// tasks.
    pub fn stop(self) {
        if let Some(traces) = self.traces
            && let Err(error) = traces.shutdown_with_timeout(FLUSH)
        {
            tracing::warn!(%error, "the last traces could not be sent");
        }
    }
}

/// Starts logging to standard error, and making traces if they are wanted. Later calls in one process change nothing.
///
/// # Errors
/// A [`TracesError`].
pub fn start(config: &Config, runtime: &Handle) -> Result<Telemetry, TracesError> {
    start_with(config, runtime, std::io::stderr)
}

/// The same with the log elsewhere.
///
/// # Errors
/// A [`TracesError`].
pub fn start_with<W>(config: &Config, runtime: &Handle, log: W) -> Result<Telemetry, TracesError>
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    // Where, but not what: the message may hold what somebody typed.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panicked");
    }));
    let traces = send::provider(config, runtime)?;
    let logged = tracing_subscriber::registry().with(lines(config, log));
    // Fails only when something already logs, as in tests.
    let _ = match &traces {
        None => logged.try_init(),
        Some(traces) => logged.with(spans(traces.tracer("synesthesie"))).try_init(),
    };
    Ok(Telemetry { traces })
}

/// Lines for people in development, JSON in production.
fn lines<W>(config: &Config, log: W) -> Box<dyn Layer<Registry> + Send + Sync>
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let wanted = EnvFilter::new(&config.log.filter);
    let ours = filter_fn(|about| about.target() != TRACES).with_max_level_hint(LevelFilter::TRACE);
    // Whatever is logged, it is said for whom.
    let names = filter_fn(is_name).with_max_level_hint(LevelFilter::INFO);
    let filter = wanted.and(ours).or(names);
    let lines = fmt::layer().with_writer(log);
    match config.environment {
        Environment::Production => {
            lines.json().with_current_span(true).with_span_list(false).with_filter(filter).boxed()
        }
        Environment::Development => lines.with_target(false).with_filter(filter).boxed(),
    }
}

/// Whether it is a span that gives lines the name of what they are about.
fn is_name(about: &Metadata<'_>) -> bool {
    about.is_span() && *about.level() <= Level::INFO && about.target().starts_with("synesthesie")
}

/// What goes to the collector. Where in the code and on which thread would be said of each span, which nobody asks for.
fn spans<S>(tracer: SdkTracer) -> impl Layer<S> + Send + Sync
where
    S: tracing::Subscriber + for<'span> tracing_subscriber::registry::LookupSpan<'span> + Send + Sync,
{
    let ours = filter_fn(|about| about.target() == TRACES && *about.level() <= Level::DEBUG);
    tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        .with_filter(ours.with_max_level_hint(LevelFilter::DEBUG))
}
