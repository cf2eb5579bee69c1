//! Which traces are made.

use opentelemetry::trace::{Link, SpanKind, TraceContextExt, TraceId};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{Sampler, SamplingResult, ShouldSample};

/// So many of a hundred requests. What belongs to a trace follows it: spans within it, and what is owed in it.
#[derive(Debug, Clone)]
pub(super) struct Wanted(Sampler);

impl Wanted {
    pub(super) fn percent(percent: u32) -> Self {
        Self(Sampler::TraceIdRatioBased(f64::from(percent) / 100.0))
    }
}

impl ShouldSample for Wanted {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let within = parent.filter(|parent| parent.span().span_context().is_valid());
        let sampler = match (within, links) {
            (Some(parent), _) => only_if(parent.span().span_context().is_sampled()),
            // What is done for nobody, as looking for work four times a second, begins no trace.
            (None, _) if !begins(kind) => Sampler::AlwaysOff,
            (None, []) => self.0.clone(),
            (None, links) => only_if(links.iter().any(|link| link.span_context.is_sampled())),
        };
        sampler.should_sample(parent, trace, name, kind, attributes, links)
    }
}

/// Whether a trace may begin with it: a request that came, or something that was owed.
fn begins(kind: &SpanKind) -> bool {
    matches!(kind, SpanKind::Server | SpanKind::Consumer)
}

fn only_if(sampled: bool) -> Sampler {
    if sampled { Sampler::AlwaysOn } else { Sampler::AlwaysOff }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceState};
    use opentelemetry_sdk::trace::SamplingDecision;

    fn span(sampled: bool) -> SpanContext {
        let flags = TraceFlags::default().with_sampled(sampled);
        SpanContext::new(TraceId::from(7), SpanId::from(7), flags, true, TraceState::NONE)
    }

    fn sampled(percent: u32, parent: Option<bool>, kind: &SpanKind, owed_in: &[bool]) -> bool {
        let parent = parent.map(|sampled| Context::new().with_remote_span_context(span(sampled)));
        let links: Vec<_> = owed_in.iter().map(|sampled| Link::with_context(span(*sampled))).collect();
        let wanted = Wanted::percent(percent);
        let result =
            wanted.should_sample(parent.as_ref(), TraceId::from(u128::MAX), "any", kind, &[], &links);
        result.decision == SamplingDecision::RecordAndSample
    }

    #[test]
    fn requests_and_what_is_owed_begin_traces_and_nothing_else_does() {
        for kind in [SpanKind::Server, SpanKind::Consumer] {
            assert!(sampled(100, None, &kind, &[]));
            assert!(!sampled(0, None, &kind, &[]));
            // The name of that trace is among the last of all.
            assert!(!sampled(99, None, &kind, &[]));
        }
        for kind in [SpanKind::Client, SpanKind::Internal, SpanKind::Producer] {
            assert!(!sampled(100, None, &kind, &[]));
        }
    }

    #[test]
    fn what_belongs_to_a_trace_follows_it() {
        for percent in [0, 100] {
            for kind in [SpanKind::Server, SpanKind::Consumer, SpanKind::Client] {
                assert!(sampled(percent, Some(true), &kind, &[]));
                assert!(!sampled(percent, Some(false), &kind, &[]));
            }
            assert!(sampled(percent, None, &SpanKind::Consumer, &[true]));
            assert!(!sampled(percent, None, &SpanKind::Consumer, &[false]));
        }
    }
}
