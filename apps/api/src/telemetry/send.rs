//! Traces on their way to a collector: OTLP over HTTP, as protobuf, by the product's own HTTP client.

use super::sampler::Wanted;
use crate::config::{Config, Environment};
use async_trait::async_trait;
use opentelemetry::KeyValue;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{ExporterBuildError, Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider};
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::redirect::Policy;
use std::time::Duration;
use tokio::runtime::Handle;
use uuid::Uuid;

/// How long a collector may take to answer.
const ANSWERS: Duration = Duration::from_secs(5);
/// The longest answer of a collector: it says little.
const LONGEST: usize = 64 * 1024;
/// Spans that wait to be sent: two seconds of a crowd. What comes on top of them is lost, and the log says so.
const WAITING: usize = 32 * 1024;
/// Spans that are sent at once.
const AT_ONCE: usize = 2048;
/// Between two times.
const EVERY: Duration = Duration::from_secs(2);

/// Why no traces can be made.
#[derive(Debug, thiserror::Error)]
pub enum TracesError {
    /// No client.
    #[error("the client for telemetry.otlp_url cannot be made")]
    Client(#[from] reqwest::Error),
    /// No address.
    #[error("telemetry.otlp_url cannot be used")]
    Exporter(#[from] ExporterBuildError),
    /// Nothing that can be sent as a header.
    #[error("telemetry.otlp_authorization cannot be sent")]
    Authorization(#[from] reqwest::header::InvalidHeaderValue),
}

/// What makes and sends traces; `None` where nobody collects them.
pub(super) fn provider(config: &Config, runtime: &Handle) -> Result<Option<SdkTracerProvider>, TracesError> {
    let wanted = &config.telemetry;
    let Some(url) = &wanted.otlp_url else { return Ok(None) };
    let client = reqwest::Client::builder().redirect(Policy::none()).timeout(ANSWERS);
    // A proxy is for the way out; what speaks plain HTTP is nearby.
    let client = if url.starts_with("http://") { client.no_proxy() } else { client };
    let authorization = wanted.otlp_authorization.as_ref().map(|secret| {
        let mut value = HeaderValue::from_str(secret.expose())?;
        value.set_sensitive(true);
        Ok::<_, TracesError>(value)
    });
    let sender = Sender {
        client: client.build()?,
        authorization: authorization.transpose()?,
        runtime: runtime.clone(),
    };
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(sender)
        .with_endpoint(format!("{url}/v1/traces"))
        .with_protocol(Protocol::HttpBinary)
        .with_timeout(ANSWERS)
        .build()?;
    let batches = BatchConfigBuilder::default()
        .with_max_queue_size(WAITING)
        .with_max_export_batch_size(AT_ONCE)
        .with_scheduled_delay(EVERY);
    let processor = BatchSpanProcessor::builder(exporter).with_batch_config(batches.build()).build();
    let provider = SdkTracerProvider::builder()
        .with_sampler(Wanted::percent(wanted.sample_percent))
        .with_resource(resource(config.environment))
        .with_span_processor(processor);
    Ok(Some(provider.build()))
}

/// Who tells it.
fn resource(environment: Environment) -> Resource {
    let environment = match environment {
        Environment::Production => "production",
        Environment::Development => "development",
    };
    Resource::builder()
        .with_service_name("synesthesie")
        .with_attributes([
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
            KeyValue::new("service.instance.id", Uuid::new_v4().to_string()),
            KeyValue::new("deployment.environment.name", environment),
        ])
        .build()
}

/// Sends from the program's runtime what a thread without one wants sent.
#[derive(Debug)]
struct Sender {
    client: reqwest::Client,
    authorization: Option<HeaderValue>,
    runtime: Handle,
}

#[async_trait]
impl HttpClient for Sender {
    async fn send_bytes(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        if let Some(authorization) = &self.authorization {
            request.headers_mut().insert(AUTHORIZATION, authorization.clone());
        }
        let request = reqwest::Request::try_from(request)?;
        let client = self.client.clone();
        self.runtime.spawn(exchange(client, request)).await?
    }
}

async fn exchange(client: reqwest::Client, request: reqwest::Request) -> Result<Response<Bytes>, HttpError> {
    let mut answer = client.execute(request).await?;
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await? {
        if body.len() + piece.len() > LONGEST {
            return Err("the collector's answer is too long".into());
        }
        body.extend_from_slice(&piece);
    }
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = answer.status();
    *response.headers_mut() = std::mem::take(answer.headers_mut());
    Ok(response)
}
