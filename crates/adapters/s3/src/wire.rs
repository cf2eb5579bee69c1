//! HTTP as the rest of the program speaks it: the SDK's own client would bring another TLS stack along.

use crate::Unusable;
use aws_sdk_s3::config::http::{HttpRequest, HttpResponse};
use aws_sdk_s3::config::{HttpClient, RuntimeComponents};
use aws_sdk_s3::error::ConnectorError;
use aws_sdk_s3::primitives::SdkBody;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use reqwest::redirect::Policy;
use std::time::Duration;

/// How long it may take to be connected.
const CONNECT: Duration = Duration::from_secs(5);
/// How long an unused connection is kept: less than servers do.
const IDLE: Duration = Duration::from_secs(15);

/// Connections that are kept for the next call.
#[derive(Debug, Clone)]
pub(crate) struct Wire(pub(crate) reqwest::Client);

impl Wire {
    pub(crate) fn new() -> Result<Self, Unusable> {
        reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .pool_idle_timeout(IDLE)
            // A store that sends us elsewhere means a wrong region, which an operator has to know.
            .redirect(Policy::none())
            .build()
            .map(Self)
            .map_err(Unusable::Client)
    }
}

impl HttpClient for Wire {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.0.clone();
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x().map_err(|cause| ConnectorError::user(cause.into()))?;
            let request = reqwest::Request::try_from(request.map(reqwest::Body::wrap)).map_err(failed)?;
            let answer: http::Response<reqwest::Body> = client.execute(request).await.map_err(failed)?.into();
            HttpResponse::try_from(answer.map(SdkBody::from_body_1_x))
                .map_err(|cause| ConnectorError::other(cause.into(), None))
        })
    }
}

/// What the SDK makes of it: lost connections are tried again, nonsense is not.
fn failed(error: reqwest::Error) -> ConnectorError {
    let error = error.without_url();
    if error.is_timeout() {
        ConnectorError::timeout(error.into())
    } else if error.is_builder() {
        ConnectorError::user(error.into())
    } else {
        ConnectorError::io(error.into())
    }
}
