//! Whether the key works, and what Stripe tells us.

use crate::raw::Raw;
use booking::{Health, Listener, ProviderError};
use serde::Deserialize;

/// The events that [`crate::notice::read`] acts on.
const WANTED: [&str; 16] = [
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.processing",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.refunded",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
];

#[derive(Deserialize)]
struct Endpoint {
    id: String,
    url: String,
    #[serde(default)]
    enabled_events: Vec<String>,
    #[serde(default)]
    status: String,
    #[serde(default)]
    livemode: bool,
}

/// Looks at the webhook endpoints, which also shows whether the key works. A restricted key may not see them: then
/// whether it may do anything is shown by the refunds that it may see.
pub(crate) async fn health(raw: &Raw<'_>, live: bool, believes: bool) -> Result<Health, ProviderError> {
    let mut listeners = Vec::new();
    let mut cursor = None;
    loop {
        let page =
            raw.page("/webhook_endpoints", &[], &[], cursor.as_deref(), |one: &Endpoint| &one.id).await;
        let page = match page {
            Ok(page) => page,
            Err(error) => {
                let _: booking::Listed<Named> =
                    raw.page("/refunds", &[], &[], None, |one: &Named| &one.id).await.map_err(|_| error)?;
                return Ok(Health { live, listeners: None, wanted: &WANTED });
            }
        };
        listeners.extend(page.items.into_iter().filter(|one| one.livemode == live).map(|one| Listener {
            id: one.id,
            url: one.url,
            events: one.enabled_events,
            enabled: one.status != "disabled",
            believed: believes,
        }));
        match page.next {
            Some(next) => cursor = Some(next),
            None => return Ok(Health { live, listeners: Some(listeners), wanted: &WANTED }),
        }
    }
}

#[derive(Deserialize)]
struct Named {
    id: String,
}
