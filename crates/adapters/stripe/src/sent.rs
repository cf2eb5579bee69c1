//! Calls on their way to Stripe, as parts of the trace of whoever makes them.

use crate::failure::failed;
use booking::ProviderError;
use kernel::TRACES;
use stripe::StripeError;
use tracing::field::Empty;
use tracing::{Instrument, debug_span};

/// Sends a call. Of it the trace has a constant name, how long it took and whether it went well.
pub(crate) async fn sent<T>(
    name: &'static str,
    sending: impl Future<Output = Result<T, StripeError>>,
) -> Result<T, ProviderError> {
    let span = debug_span!(
        target: TRACES,
        "stripe",
        otel.name = name,
        otel.kind = "client",
        otel.status_code = Empty,
        peer.service = "stripe",
    );
    let answer = sending.instrument(span.clone()).await;
    if answer.is_err() {
        span.record("otel.status_code", "ERROR");
    }
    answer.map_err(failed)
}
