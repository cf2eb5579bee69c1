//! The access token: fetched by one caller while the others wait, and renewed before it ends.
//!
//! Source: <https://developer.paypal.com/api/rest/authentication/>.

use crate::failure::{Answer, Failure};
use chrono::TimeDelta;
use kernel::{Clock, Timestamp};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use serde::Deserialize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Mutex;

/// How long before its end a token is renewed; a tenth of its life when that is less.
const EARLY: TimeDelta = TimeDelta::minutes(5);
/// No token is trusted for longer, whatever PayPal says (it says nine hours).
const LONGEST: i64 = 24 * 60 * 60;

/// A token that may be used now.
#[derive(Clone)]
pub(crate) struct Token {
    /// `Bearer ...`, marked as sensitive.
    pub(crate) bearer: HeaderValue,
    renew_at: Timestamp,
    /// Which one it is, counting from one.
    pub(crate) number: u64,
}

/// Who asks for tokens.
pub(crate) struct Tokens {
    client_id: String,
    client_secret: String,
    clock: Arc<dyn Clock>,
    /// Locked while one is fetched, so that nobody fetches another.
    current: Mutex<Option<Token>>,
    /// Counts tries that failed: who waited behind one learns of it, instead of waiting as long once more.
    failures: AtomicU64,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: i64,
}

impl Tokens {
    pub(crate) fn new(client_id: String, client_secret: String, clock: Arc<dyn Clock>) -> Self {
        Self { client_id, client_secret, clock, current: Mutex::default(), failures: AtomicU64::new(0) }
    }

    /// A token that has time left and is not the one that was `refused`.
    ///
    /// # Errors
    /// Always [`Failure::Away`]: whatever goes wrong here, the call that the token is for was not made.
    pub(crate) async fn get(
        &self,
        http: &reqwest::Client,
        url: &str,
        deadline: Duration,
        refused: Option<u64>,
    ) -> Result<Token, Failure> {
        let failures = self.failures.load(Ordering::Acquire);
        let waited = tokio::time::timeout(deadline, self.current.lock()).await;
        let mut current = waited.map_err(|late| Failure::Away(late.into()))?;
        let usable = |token: &&Token| Some(token.number) != refused && self.clock.now() < token.renew_at;
        if let Some(token) = current.as_ref().filter(usable) {
            return Ok(token.clone());
        }
        if self.failures.load(Ordering::Acquire) != failures {
            return Err(Failure::Away("no token could be had a moment ago".into()));
        }
        let number = current.as_ref().map_or(1, |token| token.number + 1);
        let fetched = self.fetch(http, url, deadline, number).await;
        if fetched.is_err() {
            self.failures.fetch_add(1, Ordering::AcqRel);
        }
        Ok(current.insert(fetched?).clone())
    }

    async fn fetch(
        &self,
        http: &reqwest::Client,
        url: &str,
        deadline: Duration,
        number: u64,
    ) -> Result<Token, Failure> {
        let asked_at = self.clock.now();
        let request = http
            .post(url)
            .timeout(deadline)
            .basic_auth(&self.client_id, Some(&self.client_secret))
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials");
        let away = |error: reqwest::Error| Failure::Away(error.without_url().into());
        let answer = request.send().await.map_err(away)?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(away)?;
        if !status.is_success() {
            return Err(Failure::Away(Answer::read(status.as_u16(), &body).into()));
        }
        let granted: Granted = serde_json::from_slice(&body).map_err(|error| Failure::Away(error.into()))?;
        let bearer = HeaderValue::try_from(format!("Bearer {}", granted.access_token));
        let mut bearer = bearer.map_err(|error| Failure::Away(error.into()))?;
        bearer.set_sensitive(true);
        let life = TimeDelta::seconds(granted.expires_in.clamp(0, LONGEST));
        Ok(Token { bearer, renew_at: asked_at + life - EARLY.min(life / 10), number })
    }
}
