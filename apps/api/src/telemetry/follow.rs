//! One piece of work, followed from its beginning to its end: every line of the log has its name, and a trace shows what it
//! was made of.

use crate::metrics::Route;
use kernel::{Due, TRACES, TraceParent};
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use serde::Deserialize;
use tracing::field::{Empty, display};
use tracing::{Instrument, Span, debug_span, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

tokio::task_local! {
    static CURRENT: Followed;
}

/// A request, or something that was owed.
#[derive(Debug, Clone)]
pub struct Followed {
    /// For the log.
    log: Span,
    /// For whoever collects traces; nothing where nobody does.
    trace: Span,
}

/// What is to be done, as effects of most domains say it; nothing else of what they say is looked at.
#[derive(Deserialize)]
struct Kind {
    kind: String,
}

impl Followed {
    /// A request of this name. It belongs to the trace of whoever sent it, if they are believed.
    #[must_use]
    pub fn request(id: &str, method: &str, sent_in: Option<TraceParent>) -> Self {
        let trace = debug_span!(
            target: TRACES,
            parent: None,
            "request",
            otel.name = method,
            otel.kind = "server",
            otel.status_code = Empty,
            http.request.method = method,
            http.route = Empty,
            http.response.status_code = Empty,
            request_id = id,
        );
        if let Some(sender) = sent_in.filter(|_| !trace.is_disabled()) {
            // Fails only where it is too late for it, which it is not.
            let _ = trace.set_parent(Context::new().with_remote_span_context(context_of(sender)));
        }
        let log = info_span!(parent: None, "request", request_id = id, method, trace_id = Empty);
        Self { log, trace }.told()
    }

    /// The same of somebody who asks every few seconds how the program is: it is logged, and no trace is made of it.
    #[must_use]
    pub fn probe(id: &str, method: &str) -> Self {
        let log = info_span!(parent: None, "request", request_id = id, method);
        Self { log, trace: Span::none() }
    }

    /// Something that was owed under this name. It begins a trace of its own, which is linked with the one in which it was
    /// owed: what is looked at again for days would never let that one end.
    #[must_use]
    pub fn effect(due: &Due, domain: &'static str) -> Self {
        let trace = debug_span!(
            target: TRACES,
            parent: None,
            "effect",
            otel.name = Empty,
            otel.kind = "consumer",
            otel.status_code = Empty,
            effect.id = %due.id,
            effect.domain = domain,
            effect.kind = Empty,
            effect.attempts = i64::from(due.attempts),
        );
        if !trace.is_disabled() {
            if let Ok(Kind { kind }) = serde_json::from_str(&due.body) {
                trace.record("otel.name", format!("{domain} {kind}"));
                trace.record("effect.kind", kind);
            } else {
                trace.record("otel.name", domain);
            }
            if let Some(owed_in) = due.trace {
                trace.add_link(context_of(owed_in));
            }
        }
        let log = info_span!(
            parent: None,
            "effect",
            effect = %due.id,
            domain,
            trace_id = Empty,
            owed_in = due.trace.map(|owed_in| display(TraceId::from_bytes(owed_in.trace_id()))),
        );
        Self { log, trace }.told()
    }

    /// Has the log say which trace it is.
    fn told(self) -> Self {
        if !self.trace.is_disabled() {
            let context = self.trace.context();
            let span = context.span();
            let names = span.span_context();
            // Somebody may listen to spans who makes no traces of them, as a test.
            if names.is_valid() {
                self.log.record("trace_id", display(names.trace_id()));
            }
        }
        self
    }

    /// Does the work. Whatever is logged, asked and owed meanwhile belongs to it.
    pub async fn around<T>(&self, work: impl Future<Output = T>) -> T {
        let followed = work.instrument(self.trace.clone()).instrument(self.log.clone());
        CURRENT.scope(self.clone(), followed).await
    }

    /// For lines that are logged when the work is done.
    #[must_use]
    pub const fn log(&self) -> &Span {
        &self.log
    }

    /// What became of a request. Its address is told by pattern: addresses may hold codes.
    pub fn answered(&self, route: &Route, pattern_is_known: bool) {
        if self.trace.is_disabled() {
            return;
        }
        self.trace.record("http.response.status_code", i64::from(route.status));
        if route.status >= 500 {
            self.failed();
        }
        if pattern_is_known {
            self.trace.record("http.route", route.route.as_str());
            let name = format!("{} {}", route.method, route.route);
            self.trace.context().span().update_name(name);
        }
    }

    /// It did not go as it should.
    pub fn failed(&self) {
        self.trace.record("otel.status_code", "ERROR");
    }
}

/// Work that goes on in a task of its own, for whoever is followed here.
pub fn carried<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
    let followed = CURRENT.try_with(Clone::clone).ok();
    async move {
        match followed {
            Some(followed) => followed.around(work).await,
            None => work.await,
        }
    }
}

/// Something that is asked of somebody else for whoever is followed here; in constant words.
///
/// # Errors
/// Whatever it fails with.
pub async fn part<T, E>(name: &'static str, asked: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    let span = debug_span!(
        target: TRACES,
        "part",
        otel.name = name,
        otel.kind = "client",
        otel.status_code = Empty,
    );
    let outcome = asked.instrument(span.clone()).await;
    if outcome.is_err() {
        span.record("otel.status_code", "ERROR");
    }
    outcome
}

/// In which trace this code runs; `None` outside of any, as where none are made.
#[must_use]
pub fn current() -> Option<TraceParent> {
    Context::map_current(|context| {
        let span = context.span();
        let context = span.span_context();
        TraceParent::new(context.trace_id().to_bytes(), context.span_id().to_bytes(), context.is_sampled())
    })
}

fn context_of(parent: TraceParent) -> SpanContext {
    SpanContext::new(
        TraceId::from_bytes(parent.trace_id()),
        SpanId::from_bytes(parent.span_id()),
        TraceFlags::default().with_sampled(parent.is_sampled()),
        true,
        TraceState::NONE,
    )
}
