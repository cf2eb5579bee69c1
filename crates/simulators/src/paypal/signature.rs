//! How notices are signed, and `POST /v1/notifications/verify-webhook-signature`.
//!
//! PayPal signs `id|time|webhook id|crc32(body)` with a certificate. Nobody but the verifying call looks into the
//! signature, so this one is an HMAC-SHA256 over `id|time|webhook id|sha256(body)`: as impossible to make for a
//! stranger, and unlike a checksum the digest cannot be met by another body. The body counts byte for byte, so a
//! receiver has to hand on exactly what it got.

use super::PayPal;
use super::refusal::Refusal;
use crate::call::{Call, Reply};
use hmac::{Hmac, KeyInit, Mac};
use kernel::Timestamp;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// What PayPal says it signs with.
const ALGORITHM: &str = "SHA256withRSA";

/// The request's body.
#[derive(Deserialize)]
struct Claim<'a> {
    auth_algo: String,
    cert_url: String,
    transmission_id: String,
    transmission_sig: String,
    transmission_time: String,
    webhook_id: String,
    #[serde(borrow)]
    webhook_event: &'a RawValue,
}

/// HMAC-SHA256 in hexadecimal.
pub(crate) fn seal(key: &str, text: &str) -> String {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else { return String::new() };
    mac.update(text.as_bytes());
    hex(&mac.finalize().into_bytes())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl PayPal {
    /// The headers of a notice; not `genuine` is what a stranger would make up.
    pub(crate) fn signed_headers(
        &self,
        body: &str,
        genuine: bool,
        now: Timestamp,
    ) -> Vec<(&'static str, String)> {
        let (id, time) = (Uuid::new_v4().to_string(), super::objects::instant(now));
        let key = if genuine { self.client_secret.as_str() } else { "a stranger's key" };
        let signature = seal(key, &signed_text(&id, &time, &self.webhook_id, body));
        vec![
            ("paypal-transmission-id", id),
            ("paypal-transmission-time", time),
            ("paypal-transmission-sig", signature),
            ("paypal-cert-url", self.cert_url()),
            ("paypal-auth-algo", ALGORITHM.to_owned()),
            ("paypal-auth-version", "v2".to_owned()),
        ]
    }

    /// Says whether a notice is genuine and was sent to this webhook.
    pub(crate) fn verify(&self, call: &Call) -> Reply {
        let Ok(claim) = serde_json::from_slice::<Claim<'_>>(&call.body) else {
            let description = "A required field is missing or is no text.";
            return Refusal::invalid("/", "MISSING_REQUIRED_PARAMETER", description).reply();
        };
        let text = signed_text(
            &claim.transmission_id,
            &claim.transmission_time,
            &claim.webhook_id,
            claim.webhook_event.get(),
        );
        let genuine = claim.webhook_id == self.webhook_id
            && claim.auth_algo == ALGORITHM
            && claim.cert_url == self.cert_url()
            && claim.transmission_sig == seal(&self.client_secret, &text);
        let verdict = if genuine { "SUCCESS" } else { "FAILURE" };
        Reply::json(200, &json!({ "verification_status": verdict }))
    }

    fn cert_url(&self) -> String {
        format!("{}/v1/notifications/certs/CERT-simulator", self.base)
    }
}

fn signed_text(id: &str, time: &str, webhook_id: &str, body: &str) -> String {
    format!("{id}|{time}|{webhook_id}|{}", hex(&Sha256::digest(body)))
}
