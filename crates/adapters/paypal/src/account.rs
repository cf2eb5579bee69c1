//! Whether the client is let in, and what PayPal tells us.

use crate::client::Client;
use crate::failure::Failure;
use booking::{Health, Listener, ProviderError};
use paypal_rs::endpoint::Endpoint;
use reqwest::Method;
use serde::Deserialize;
use std::borrow::Cow;

/// The events that [`crate::notice::read`] acts on.
const WANTED: [&str; 11] = [
    "CHECKOUT.ORDER.APPROVED",
    "PAYMENT.CAPTURE.COMPLETED",
    "PAYMENT.CAPTURE.PENDING",
    "PAYMENT.CAPTURE.DENIED",
    "PAYMENT.CAPTURE.DECLINED",
    "PAYMENT.CAPTURE.REFUNDED",
    "PAYMENT.REFUND.PENDING",
    "PAYMENT.REFUND.FAILED",
    "CUSTOMER.DISPUTE.CREATED",
    "CUSTOMER.DISPUTE.UPDATED",
    "CUSTOMER.DISPUTE.RESOLVED",
];

/// `GET /v1/notifications/webhooks`.
struct ListWebhooks;

impl Endpoint for ListWebhooks {
    type Query = ();
    type Body = ();
    type Response = Webhooks;

    fn relative_path(&self) -> Cow<'_, str> {
        "/v1/notifications/webhooks".into()
    }

    fn method(&self) -> Method {
        Method::GET
    }
}

#[derive(Deserialize)]
struct Webhooks {
    #[serde(default)]
    webhooks: Vec<Webhook>,
}

#[derive(Deserialize)]
struct Webhook {
    #[serde(default)]
    id: String,
    url: String,
    #[serde(default)]
    event_types: Vec<EventType>,
}

#[derive(Deserialize)]
struct EventType {
    name: String,
    status: Option<String>,
}

/// Asks for the webhooks, and for a token before; a client that may not see them is let in all the same.
pub(crate) async fn health(client: &Client, webhook_id: Option<&str>) -> Result<Health, ProviderError> {
    let live = client.is_live();
    let found = match client.execute(&ListWebhooks, None).await {
        Ok(found) => found,
        Err(Failure::Answered(answer)) if answer.status == 403 => {
            return Ok(Health { live, listeners: None, wanted: &WANTED });
        }
        Err(failure) => return Err(failure.into()),
    };
    let on = |event: &EventType| event.status.as_deref() != Some("DISABLED");
    let listeners = found.webhooks.into_iter().map(|hook| Listener {
        believed: webhook_id == Some(hook.id.as_str()),
        id: hook.id,
        url: hook.url,
        enabled: true,
        events: hook.event_types.into_iter().filter(on).map(|event| event.name).collect(),
    });
    Ok(Health { live, listeners: Some(listeners.collect()), wanted: &WANTED })
}
