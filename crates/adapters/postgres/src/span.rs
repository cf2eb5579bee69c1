//! What is told of the database to whoever collects traces: what was done and how long it took, never a value.

use kernel::TRACES;
use tracing::field::Empty;
use tracing::{Span, debug_span};

/// Follows something that is done for whoever is followed here.
pub(crate) fn of(doing: &'static str) -> Span {
    debug_span!(
        target: TRACES,
        "database",
        otel.name = doing,
        otel.kind = "client",
        otel.status_code = Empty,
        db.system.name = "postgresql",
    )
}

/// Follows a part of it. Where it is only known in the end what was done, [`named`] says it.
pub(crate) fn part(whole: &Span, doing: Option<&'static str>) -> Span {
    debug_span!(
        target: TRACES,
        parent: whole,
        "database",
        otel.name = doing,
        otel.kind = "client",
        otel.status_code = Empty,
        db.system.name = "postgresql",
    )
}

/// Says what was done in a span that has no name and was not entered.
pub(crate) fn named(span: &Span, doing: &'static str) {
    span.record("otel.name", doing);
}

/// Says that what it follows failed.
pub(crate) fn failed(span: &Span) {
    span.record("otel.status_code", "ERROR");
}
