//! Calls the hooks of organisers over HTTP, with the headers of [Standard Webhooks](https://www.standardwebhooks.com).
//!
//! Whoever names an address lets this program, which stands inside the network, knock there. So it goes to public addresses
//! alone: a name is looked up for each call, what does not lead outside is left out, and the connection is made to the very
//! addresses that were looked at, so that no second answer of a name server counts. Nobody is followed elsewhere, nobody is
//! waited for for long, and of an answer only the beginning is read.

mod address;
mod resolver;

use address::objection;
use async_trait::async_trait;
use hooks::{Caller, Heard, Outgoing};
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use resolver::{NotPublic, Resolver};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

/// So many bytes of an answer are read.
const READ: usize = 4096;
/// How long a connection may take to be made.
const CONNECTING: Duration = Duration::from_secs(5);
const AGENT: &str = "Synesthesie-Webhooks/1";

/// Nothing can be called here.
#[derive(Debug, thiserror::Error)]
#[error("no client to call hooks with can be made")]
pub struct Unusable(#[source] reqwest::Error);

/// Calls hooks.
#[derive(Debug, Clone)]
pub struct Webhooks {
    client: Client,
    private: bool,
}

impl Webhooks {
    /// Waits so long for an answer as a whole. `private` is for development: then plain HTTP will do, and addresses that are
    /// not public are called as well.
    ///
    /// # Errors
    /// [`Unusable`].
    pub fn new(private: bool, patience: Duration) -> Result<Self, Unusable> {
        let client = Client::builder()
            .user_agent(AGENT)
            .no_proxy()
            .redirect(Policy::none())
            .referer(false)
            .https_only(!private)
            .connect_timeout(CONNECTING.min(patience))
            .timeout(patience)
            // A connection that is kept would be one to an address that was looked at another time.
            .pool_max_idle_per_host(0)
            .dns_resolver(Arc::new(Resolver { private }))
            .build()
            .map_err(Unusable)?;
        Ok(Self { client, private })
    }

    async fn send(&self, call: &Outgoing) -> Result<Heard, reqwest::Error> {
        let request = self
            .client
            .post(&call.url)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", &call.id)
            .header("webhook-timestamp", call.timestamp.to_string())
            .header("webhook-signature", &call.signature)
            .body(call.body.clone());
        let mut answer = request.send().await?;
        let status = answer.status().as_u16();
        // What it says beside its status helps people, and counts for nothing.
        let said = beginning(&mut answer).await;
        Ok(Heard::Answered { status, said: String::from_utf8_lossy(&said).into_owned() })
    }
}

#[async_trait]
impl Caller for Webhooks {
    fn objection(&self, url: &str) -> Option<&'static str> {
        objection(url, self.private)
    }

    async fn call(&self, call: &Outgoing) -> Heard {
        // It may have been named under other rules than today's.
        if let Some(why) = objection(&call.url, self.private) {
            return Heard::Silent { why: format!("it is not called: the address {why}") };
        }
        match self.send(call).await {
            Ok(heard) => heard,
            Err(error) => Heard::Silent { why: why(&error).into() },
        }
    }
}

/// The beginning of an answer, as far as it comes.
async fn beginning(answer: &mut Response) -> Vec<u8> {
    let mut read = Vec::new();
    while read.len() < READ {
        let Ok(Some(bytes)) = answer.chunk().await else { break };
        let room = READ - read.len();
        read.extend(bytes.iter().take(room));
    }
    read
}

/// Why nobody answered, in words for the hook's owners. What the client says itself would name the address, which may hold a
/// secret.
fn why(error: &reqwest::Error) -> &'static str {
    let mut causes = std::iter::successors(error.source(), |cause| (*cause).source());
    if causes.any(|cause| cause.is::<NotPublic>()) {
        "it is not called: its name does not lead to a public address"
    } else if error.is_timeout() {
        "it did not answer in time"
    } else if error.is_connect() {
        "no connection could be made"
    } else {
        "the connection broke off, or what came is no answer"
    }
}
