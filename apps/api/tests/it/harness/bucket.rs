//! A bucket of its own at the S3 server that tests share, whose rules let pages of any origin read and send.

use adapter_s3::{S3, Settings};
use hmac::{Hmac, KeyInit, Mac};
use kernel::{Clock, ObjectStore, SystemClock};
use reqwest::Method;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::sync::Arc;
use testkit::servers::Bucket;

/// What the names of all objects begin with in it.
const PREFIX: &str = "house/media";
/// What operators are told to set, for any origin.
const RULES: &str = "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin>\
    <AllowedMethod>GET</AllowedMethod><AllowedMethod>HEAD</AllowedMethod><AllowedMethod>PUT</AllowedMethod>\
    <AllowedHeader>*</AllowedHeader><ExposeHeader>ETag</ExposeHeader></CORSRule></CORSConfiguration>";

/// Nobody else's.
pub struct OwnBucket(Bucket);

impl OwnBucket {
    /// A new one.
    pub async fn new() -> Self {
        let name = format!("house-{}", uuid::Uuid::new_v4().simple());
        let own = Self(Bucket { name, ..testkit::servers::s3().bucket.clone() });
        own.ask("", "").await;
        own.ask("cors=", RULES).await;
        own
    }

    /// What a server is told of it, as variables.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let Bucket { endpoint, region, name, access_key, secret_key } = self.0.clone();
        vec![
            ("media.url", format!("s3://{name}/{PREFIX}")),
            ("media.endpoint", endpoint),
            ("media.region", region),
            ("media.access_key", access_key),
            ("media.secret_key", secret_key),
            ("media.path_style", "true".to_owned()),
        ]
    }

    /// The same as the place of backups.
    pub fn settings_of_backups(&self) -> Vec<(&'static str, String)> {
        let keys = [
            "backup.url",
            "backup.endpoint",
            "backup.region",
            "backup.access_key",
            "backup.secret_key",
            "backup.path_style",
        ];
        keys.into_iter().zip(self.settings()).map(|(key, (_, value))| (key, value)).collect()
    }

    /// The same, to be kept beside other settings.
    pub fn backup_settings(&self) -> Vec<(String, String)> {
        let settings = self.settings_of_backups().into_iter();
        settings.map(|(key, value)| (key.to_owned(), value)).collect()
    }

    /// What every link begins with.
    pub fn base(&self) -> String {
        format!("{}/{}/{PREFIX}/", self.0.endpoint, self.0.name)
    }

    /// Looks into it.
    pub fn objects(&self) -> Arc<dyn ObjectStore> {
        let Bucket { endpoint, region, name, access_key, secret_key } = self.0.clone();
        let settings = Settings {
            bucket: name,
            prefix: PREFIX.into(),
            endpoint: Some(endpoint),
            region,
            access_key,
            secret_key,
            path_style: true,
        };
        Arc::new(S3::new(&settings).unwrap())
    }

    /// A PUT of the bucket itself, signed as AWS wants it (Signature Version 4).
    async fn ask(&self, query: &str, body: &str) {
        let Bucket { endpoint, region, name, access_key, secret_key } = &self.0;
        let host = endpoint.trim_start_matches("http://");
        let at = SystemClock.now().format("%Y%m%dT%H%M%SZ").to_string();
        let (day, hash) = (&at[..8], hex(&Sha256::digest(body)));
        let names = "host;x-amz-content-sha256;x-amz-date";
        let request = format!(
            "PUT\n/{name}\n{query}\nhost:{host}\nx-amz-content-sha256:{hash}\nx-amz-date:{at}\n\n{names}\n{hash}"
        );
        let scope = format!("{day}/{region}/s3/aws4_request");
        let text = format!("AWS4-HMAC-SHA256\n{at}\n{scope}\n{}", hex(&Sha256::digest(request)));
        let mut key = format!("AWS4{secret_key}").into_bytes();
        for word in [day, region, "s3", "aws4_request"] {
            key = mac(&key, word);
        }
        let proof = format!(
            "AWS4-HMAC-SHA256 Credential={access_key}/{scope}, SignedHeaders={names}, Signature={}",
            hex(&mac(&key, &text))
        );
        let url = format!("{endpoint}/{name}?{query}");
        let http = crate::harness::http().build().unwrap();
        let request = http.request(Method::PUT, url.trim_end_matches('?')).body(body.to_owned());
        let request = request.header("x-amz-date", &at).header("x-amz-content-sha256", hash);
        let answer = request.header("authorization", proof).send().await.unwrap();
        let status = answer.status();
        assert!(status.is_success(), "{status}: {}", answer.text().await.unwrap());
    }
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}
