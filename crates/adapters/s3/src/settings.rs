//! Which bucket, who asks, and how long they wait.

use crate::place::Place;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    BehaviorVersion, Credentials, HttpClient, Region, RequestChecksumCalculation, ResponseChecksumValidation,
    StalledStreamProtectionConfig,
};
use aws_sdk_s3::{Client, Config};
use std::fmt;
use std::time::Duration;

/// How often a call is made before it counts as failed; between tries it waits, longer each time.
const TRIES: u32 = 3;
/// How long one try of a call may take that sends nothing large.
const PATIENCE: Duration = Duration::from_secs(30);
/// As slow as a line may be that something large is sent over, in bytes per second.
const SLOWEST: u64 = 256 * 1024;

/// A bucket, and how it is reached.
#[derive(Clone)]
pub struct Settings {
    /// Its name.
    pub bucket: String,
    /// What the names of all objects begin with, without a slash at either end; empty: nothing.
    pub prefix: String,
    /// Whom to ask, as `https://s3.example.org`; `None`: Amazon, in the region.
    pub endpoint: Option<String>,
    /// As its keeper calls the place; part of every signature.
    pub region: String,
    /// Who asks.
    pub access_key: String,
    /// How they prove it.
    pub secret_key: String,
    /// Whether the bucket's name stands in the path instead of the host.
    pub path_style: bool,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("bucket", &self.bucket)
            .field("prefix", &self.prefix)
            .field("endpoint", &self.endpoint)
            .field("region", &self.region)
            .field("path_style", &self.path_style)
            .finish_non_exhaustive()
    }
}

/// Why no address can be made of the settings.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// The endpoint is none.
    #[error("{0:?} is not an address of a store: it must be https:// and a host, as https://s3.example.org")]
    Endpoint(String),
    /// No client could be made.
    #[error("no HTTP client could be made")]
    Client(#[source] reqwest::Error),
}

/// A client for these settings.
///
/// Sums that Amazon invented later are sent only where a call demands one, since many stores that speak S3 refuse them.
pub(crate) fn client(settings: &Settings, place: &Place, http: impl HttpClient + 'static) -> Client {
    let credentials =
        Credentials::new(&settings.access_key, &settings.secret_key, None, None, "configuration");
    let config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(settings.region.clone()))
        .credentials_provider(credentials)
        .endpoint_url(place.endpoint())
        .force_path_style(place.path_style())
        .http_client(http)
        .retry_config(RetryConfig::standard().with_max_attempts(TRIES))
        .timeout_config(timeouts(0))
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
        // Who reads waits for each run of bytes, and no longer; who sends has a limit for the whole.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .build();
    Client::from_conf(config)
}

/// How long one try may take that sends so many bytes.
pub(crate) fn timeouts(bytes: u64) -> TimeoutConfig {
    TimeoutConfig::builder()
        .operation_attempt_timeout(PATIENCE + Duration::from_secs(bytes / SLOWEST))
        .build()
}

/// The same for a call whose answer takes the store as long as it has to copy.
pub(crate) fn long_timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().operation_attempt_timeout(PATIENCE * 10).build()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use aws_sdk_s3::config::RuntimeComponents;
    use aws_sdk_s3::config::http::{HttpRequest, HttpResponse};
    use aws_sdk_s3::primitives::SdkBody;
    use aws_smithy_runtime_api::client::http::{
        HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
    };
    use kernel::ObjectKey;
    use std::sync::{Arc, Mutex};

    /// Notes what is asked, and answers well.
    #[derive(Debug, Clone, Default)]
    struct Ear(Arc<Mutex<Vec<HttpRequest>>>);

    impl HttpClient for Ear {
        fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
            SharedHttpConnector::new(self.clone())
        }
    }

    impl HttpConnector for Ear {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            self.0.lock().unwrap().push(request);
            HttpConnectorFuture::ready(Ok(HttpResponse::new(200.try_into().unwrap(), SdkBody::empty())))
        }
    }

    #[tokio::test]
    async fn calls_go_where_links_lead_and_carry_no_newer_sums() {
        let key = ObjectKey::parse("sets/1/a.mp4").unwrap();
        for (endpoint, bucket, path_style) in [
            (None, "films", false),
            (None, "films", true),
            (None, "my.films", false),
            (Some("https://s3.example.org"), "films", false),
            (Some("https://s3.example.org"), "films", true),
            (Some("https://s3.example.org"), "my.films", false),
            (Some("http://store:9000"), "films", false),
            (Some("http://127.0.0.1:9000"), "films", false),
        ] {
            let endpoint = endpoint.map(str::to_owned);
            let settings =
                Settings { endpoint, bucket: bucket.into(), path_style, prefix: "live".into(), ..settings() };
            let (ear, place) = (Ear::default(), Place::new(&settings).unwrap());
            let client = client(&settings, &place, ear.clone());
            let put = client.put_object().bucket(bucket).key(place.name(&key)).body(vec![1, 2].into());
            put.send().await.unwrap();
            let asked = ear.0.lock().unwrap().pop().unwrap();
            assert_eq!(asked.uri().split('?').next(), Some(place.url(&key).as_str()), "{settings:?}");
            let names: Vec<_> = asked.headers().iter().map(|(name, _)| name.to_owned()).collect();
            assert!(
                !names.iter().any(|name| name.contains("checksum") || name == "x-amz-trailer"),
                "{names:?}"
            );
        }
    }

    /// With the keys of Amazon's published examples.
    pub(crate) fn settings() -> Settings {
        Settings {
            bucket: "examplebucket".into(),
            prefix: String::new(),
            endpoint: None,
            region: "us-east-1".into(),
            access_key: "AKIAIOSFODNN7EXAMPLE".into(),
            secret_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into(),
            path_style: false,
        }
    }
}
