//! Access tokens. Nothing is stored: a token is its expiry with a seal over it.

use super::PayPal;
use super::signature::seal;
use crate::call::{Call, Reply};
use crate::ids;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kernel::Timestamp;
use serde_json::json;

/// How long a token serves, in seconds.
const LIFETIME: i64 = 32_400;

impl PayPal {
    /// Answers `POST /v1/oauth2/token`.
    pub(crate) fn token(&self, call: &Call, now: Timestamp) -> Reply {
        let basic = call.header("authorization").and_then(|header| header.strip_prefix("Basic "));
        let given = basic.and_then(|text| STANDARD.decode(text).ok());
        let expected = format!("{}:{}", self.client_id, self.client_secret);
        if given.as_deref() != Some(expected.as_bytes()) {
            let error =
                json!({ "error": "invalid_client", "error_description": "Client Authentication failed" });
            return Reply::json(401, &error);
        }
        let grant = call.body_fields().into_iter().find(|(name, _)| name == "grant_type");
        if grant.is_none_or(|(_, value)| value != "client_credentials") {
            let description = "Grant Type is NULL or not supported";
            let error = json!({ "error": "unsupported_grant_type", "error_description": description });
            return Reply::json(400, &error);
        }
        let expires = now.timestamp() + LIFETIME;
        let token = json!({
            "scope": "https://uri.paypal.com/services/checkout https://uri.paypal.com/services/payments/refund",
            "access_token": self.token_until(expires),
            "token_type": "Bearer",
            "app_id": "APP-80W284485P519543T",
            "expires_in": LIFETIME,
            "nonce": format!("{}{}", now.to_rfc3339(), ids::paypal()),
        });
        Reply::json(200, &token)
    }

    /// Whether a call carries a token that still serves.
    pub(crate) fn is_authorised(&self, call: &Call, now: Timestamp) -> bool {
        let token = call.header("authorization").and_then(|header| header.strip_prefix("Bearer "));
        let expires = token.and_then(|token| token.strip_prefix("A21AA")?.split_once('-')?.0.parse().ok());
        let Some((token, expires)) = token.zip(expires) else { return false };
        now.timestamp() < expires && token == self.token_until(expires)
    }

    fn token_until(&self, expires: i64) -> String {
        format!(
            "A21AA{expires}-{}",
            seal(&self.client_secret, &format!("token|{}|{expires}", self.client_id))
        )
    }
}
