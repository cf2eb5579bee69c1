//! How long calls take and how they end, for whoever wants to know.

use crate::PaypalAdapter;
use booking::{CallOutcome, Called, Provider, ProviderError};
use std::time::Instant;

impl PaypalAdapter {
    /// Asks, and tells of it when it has ended.
    pub(crate) async fn measured<T>(
        &self,
        call: &'static str,
        asking: impl Future<Output = Result<T, ProviderError>> + Send,
    ) -> Result<T, ProviderError> {
        let began = Instant::now();
        let answer = asking.await;
        self.tell(call, CallOutcome::of(&answer), began);
        answer
    }

    /// Tells of a call that began then and has ended.
    pub(crate) fn tell(&self, call: &'static str, outcome: CallOutcome, began: Instant) {
        if let Some(listener) = &self.listener {
            listener(&Called { provider: Provider::Paypal, call, outcome, took: began.elapsed() });
        }
    }
}
