//! Events as Stripe sends them, and their signature.

use crate::ids;
use crate::notices::Notice;
use hmac::{Hmac, KeyInit, Mac};
use kernel::Timestamp;
use serde_json::{Value, json};
use sha2::Sha256;

/// The version of Stripe's API that the objects follow.
pub(crate) const API_VERSION: &str = "2026-09-30.endive";

/// The API request that an event follows from; a buyer's deeds follow from none.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cause {
    pub request: Option<String>,
    pub idempotency_key: Option<String>,
}

/// An event about an object as it is now.
pub(crate) fn event(kind: &str, object: Value, cause: &Cause, now: Timestamp) -> Notice {
    let id = ids::stripe("evt");
    let body = json!({
        "id": id,
        "object": "event",
        "api_version": API_VERSION,
        "created": now.timestamp(),
        "data": { "object": object },
        "livemode": false,
        "pending_webhooks": 1,
        "request": { "id": cause.request, "idempotency_key": cause.idempotency_key },
        "type": kind,
    });
    Notice { id, kind: kind.to_owned(), body: body.to_string() }
}

/// The `Stripe-Signature` header: `t=` seconds since 1970, `v1=` HMAC-SHA256 over `t.body`, in hexadecimal.
pub(crate) fn signature(body: &str, secret: &str, now: Timestamp) -> String {
    let t = now.timestamp();
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(format!("{t}.{body}").as_bytes());
    let v1: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={t},v1={v1}")
}
