//! How long calls take and how they end, for whoever wants to know.

use crate::StripeAdapter;
use booking::{CallOutcome, Called, Provider, ProviderError};
use std::time::Instant;

impl StripeAdapter {
    /// Asks, and tells of it when it has ended.
    pub(crate) async fn measured<T>(
        &self,
        call: &'static str,
        asking: impl Future<Output = Result<T, ProviderError>> + Send,
    ) -> Result<T, ProviderError> {
        let began = Instant::now();
        let answer = asking.await;
        if let Some(listener) = &self.listener {
            let outcome = CallOutcome::of(&answer);
            listener(&Called { provider: Provider::Stripe, call, outcome, took: began.elapsed() });
        }
        answer
    }
}
