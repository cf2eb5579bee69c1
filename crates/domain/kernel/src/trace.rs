//! In which trace something is done, as it travels with what is asked for and with what is owed (W3C Trace Context,
//! version 00).

use std::fmt;
use std::str::FromStr;

/// The target of spans: what is told of them goes to whoever collects traces, and never into the log.
pub const TRACES: &str = "traces";

/// The span of a trace that something follows from: what the header `traceparent` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent {
    trace: u128,
    span: u64,
    sampled: bool,
}

/// The text says of no span which one it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a traceparent is VERSION-TRACE-SPAN-FLAGS in small hexadecimal digits")]
pub struct NoTraceParent;

/// Says in which trace the code that asks runs; `None` outside of any. Stores ask whenever something is owed.
pub type InWhichTrace = fn() -> Option<TraceParent>;

/// For whoever makes no traces.
#[must_use]
pub const fn untraced() -> Option<TraceParent> {
    None
}

impl TraceParent {
    /// A span of a trace; `None` when one of them has no name, which is nothing but zeros.
    #[must_use]
    pub fn new(trace: [u8; 16], span: [u8; 8], sampled: bool) -> Option<Self> {
        let (trace, span) = (u128::from_be_bytes(trace), u64::from_be_bytes(span));
        (trace != 0 && span != 0).then_some(Self { trace, span, sampled })
    }

    /// The name of the trace.
    #[must_use]
    pub const fn trace_id(&self) -> [u8; 16] {
        self.trace.to_be_bytes()
    }

    /// The name of the span.
    #[must_use]
    pub const fn span_id(&self) -> [u8; 8] {
        self.span.to_be_bytes()
    }

    /// Whether it is collected, and so should be what follows from it.
    #[must_use]
    pub const fn is_sampled(&self) -> bool {
        self.sampled
    }
}

impl FromStr for TraceParent {
    type Err = NoTraceParent;

    /// Of a newer version only what this one knows is read; more may stand behind it.
    fn from_str(text: &str) -> Result<Self, NoTraceParent> {
        let mut parts = text.splitn(5, '-');
        let mut next = |digits| parts.next().and_then(|part| hexadecimal(part, digits)).ok_or(NoTraceParent);
        let (version, trace, span, flags) = (next(2)?, next(32)?, next(16)?, next(2)?);
        let more = parts.next().is_some();
        if version == 0xff || (version == 0 && more) {
            return Err(NoTraceParent);
        }
        let span = u64::try_from(span).map_err(|_| NoTraceParent)?;
        Self::new(trace.to_be_bytes(), span.to_be_bytes(), flags & 1 == 1).ok_or(NoTraceParent)
    }
}

/// So many small hexadecimal digits.
fn hexadecimal(text: &str, digits: usize) -> Option<u128> {
    let fits = text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if fits { u128::from_str_radix(text, 16).ok() } else { None }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace, self.span, u8::from(self.sampled))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The example of the recommendation.
    const TEXT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn the_example_of_the_recommendation_is_read_and_written() {
        let parent: TraceParent = TEXT.parse().unwrap();
        assert_eq!(parent.trace_id()[..2], [0x0a, 0xf7]);
        assert_eq!(parent.span_id()[..2], [0xb7, 0xad]);
        assert!(parent.is_sampled());
        assert_eq!(parent.to_string(), TEXT);
        let dropped: TraceParent = TEXT.replace("-01", "-00").parse().unwrap();
        assert!(!dropped.is_sampled());
        // Of the other flags nothing is known yet.
        assert_eq!(TEXT.replace("-01", "-03").parse::<TraceParent>(), Ok(parent));
        assert_eq!(TEXT.replacen("00-", "cc-", 1).parse::<TraceParent>(), Ok(parent));
        assert_eq!(
            format!("{}-what-comes", TEXT.replacen("00-", "cc-", 1)).parse::<TraceParent>(),
            Ok(parent)
        );
    }

    #[test]
    fn what_names_no_span_is_refused() {
        for text in [
            "",
            "00",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
            "00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "0-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1",
            " 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ] {
            assert_eq!(text.parse::<TraceParent>(), Err(NoTraceParent), "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_written_reads_back(trace in any::<[u8; 16]>(), span in any::<[u8; 8]>(), sampled in any::<bool>()) {
            if let Some(parent) = TraceParent::new(trace, span, sampled) {
                prop_assert_eq!(parent.to_string().parse::<TraceParent>(), Ok(parent));
            }
        }

        #[test]
        fn nothing_that_is_read_is_anything_else_when_written(text in "[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-0[01]") {
            if let Ok(parent) = text.parse::<TraceParent>() {
                prop_assert_eq!(&parent.to_string()[2..], &text[2..]);
            }
        }
    }
}
