//! Sends [`Endpoint`]s: authorized, within a deadline, and with the status of what comes back.

use crate::failure::{Answer, Failure};
use crate::token::{Token, Tokens};
use kernel::{Clock, TRACES};
use paypal_rs::PaypalEnv;
use paypal_rs::endpoint::Endpoint;
use reqwest::StatusCode;
use reqwest::header::{ACCEPT, AUTHORIZATION};
use std::any::type_name;
use std::sync::Arc;
use std::time::Duration;
use tracing::field::Empty;
use tracing::{Instrument, debug_span};

/// One PayPal app at one address.
pub(crate) struct Client {
    http: reqwest::Client,
    env: PaypalEnv,
    tokens: Tokens,
    /// For each call, and for each token.
    pub(crate) deadline: Duration,
}

impl Client {
    pub(crate) fn new(
        env: PaypalEnv,
        client_id: String,
        client_secret: String,
        clock: Arc<dyn Clock>,
        deadline: Duration,
    ) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        // A proxy is for the way out; what runs on this machine is reached directly.
        let local = env.endpoint().starts_with("http://");
        let http = if local { http.no_proxy() } else { http.https_only(true) };
        Ok(Self { http: http.build()?, env, tokens: Tokens::new(client_id, client_secret, clock), deadline })
    }

    pub(crate) fn is_live(&self) -> bool {
        self.env == PaypalEnv::Live
    }

    /// Where the API is.
    pub(crate) fn base(&self) -> &str {
        self.env.endpoint()
    }

    /// Makes a call, once more with a fresh token when the first was refused. With a `request_id`, PayPal acts on it
    /// once however often it comes, and answers with the whole object.
    ///
    /// Of the call the trace of whoever makes it has its kind, how long it took and whether it went well.
    pub(crate) async fn execute<E>(
        &self,
        endpoint: &E,
        request_id: Option<String>,
    ) -> Result<E::Response, Failure>
    where
        E: Endpoint + Sync,
    {
        // Not its address, which has the names of orders.
        let kind = type_name::<E>().rsplit("::").next().unwrap_or_default();
        let span = debug_span!(
            target: TRACES,
            "paypal",
            otel.name = %format_args!("PayPal: {kind}"),
            otel.kind = "client",
            otel.status_code = Empty,
            peer.service = "paypal",
        );
        let answer = self.exchange(endpoint, request_id).instrument(span.clone()).await;
        if answer.is_err() {
            span.record("otel.status_code", "ERROR");
        }
        answer
    }

    async fn exchange<E>(&self, endpoint: &E, request_id: Option<String>) -> Result<E::Response, Failure>
    where
        E: Endpoint + Sync,
    {
        let token = self.token(None).await?;
        let (mut status, mut body) = self.send(endpoint, request_id.as_deref(), &token).await?;
        if status == StatusCode::UNAUTHORIZED {
            let token = self.token(Some(token.number)).await?;
            (status, body) = self.send(endpoint, request_id.as_deref(), &token).await?;
        }
        if status.is_success() {
            serde_json::from_slice(&body).map_err(|error| Failure::Lost(error.into()))
        } else {
            Err(Failure::Answered(Answer::read(status.as_u16(), &body)))
        }
    }

    async fn token(&self, refused: Option<u64>) -> Result<Token, Failure> {
        let url = self.env.make_url("/v1/oauth2/token");
        self.tokens.get(&self.http, &url, self.deadline, refused).await
    }

    async fn send<E>(
        &self,
        endpoint: &E,
        request_id: Option<&str>,
        token: &Token,
    ) -> Result<(StatusCode, Vec<u8>), Failure>
    where
        E: Endpoint + Sync,
    {
        let url = self.env.make_url(&endpoint.relative_path());
        let mut request = self
            .http
            .request(endpoint.method(), url)
            .timeout(self.deadline)
            .header(ACCEPT, "application/json")
            .header(AUTHORIZATION, token.bearer.clone());
        if let Some(id) = request_id {
            request = request.header("PayPal-Request-Id", id).header("Prefer", "return=representation");
        }
        if let Some(body) = endpoint.body() {
            request = request.json(&body);
        }
        let answer = request.send().await?;
        let status = answer.status();
        Ok((status, answer.bytes().await?.to_vec()))
    }
}
