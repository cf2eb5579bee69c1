//! Links: a request that is signed before anybody makes it (AWS Signature Version 4, in the query).

use crate::Settings;
use aws_sdk_s3::config::Credentials;
use aws_sdk_s3::error::BoxError;
use aws_sigv4::http_request::{
    PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use chrono::TimeDelta;
use kernel::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::fmt;
use std::time::{Duration, SystemTime};

/// What stands in a query as it is; a space is `%20`, never `+`.
const IN_QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Longer no store takes a signature for good.
const LONGEST: TimeDelta = TimeDelta::days(7);

/// Signs in the name of whoever may use the bucket.
pub(crate) struct Signer {
    identity: Identity,
    region: String,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("region", &self.region).finish_non_exhaustive()
    }
}

/// A request that somebody else will make.
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    /// Without a query.
    pub(crate) url: &'a str,
    pub(crate) query: &'a [(&'a str, &'a str)],
    /// What it must be sent with, beside its host.
    pub(crate) headers: &'a [(&'a str, &'a str)],
}

/// Why it was not signed.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("a link must end after it begins, within seven days: choose fewer media.link_minutes")]
    Length,
}

impl Signer {
    pub(crate) fn new(settings: &Settings) -> Self {
        let credentials =
            Credentials::new(&settings.access_key, &settings.secret_key, None, None, "configuration");
        Self { identity: credentials.into(), region: settings.region.clone() }
    }

    /// The address that opens it from `start` to `end`, both in whole seconds; the same for the same.
    pub(crate) fn sign(
        &self,
        request: &Request<'_>,
        start: Timestamp,
        end: Timestamp,
    ) -> Result<String, BoxError> {
        let length = TimeDelta::seconds(end.timestamp() - start.timestamp());
        if length <= TimeDelta::zero() || length > LONGEST {
            return Err(Refusal::Length.into());
        }
        let mut url = request.url.to_owned();
        for (name, value) in request.query {
            append(&mut url, name, value);
        }
        let params = v4::SigningParams::builder()
            .identity(&self.identity)
            .region(&self.region)
            .name("s3")
            .time(SystemTime::from(start))
            .settings(in_query(length.to_std()?))
            .build()?
            .into();
        let headers = request.headers.iter().copied();
        let signable =
            SignableRequest::new(request.method, url.as_str(), headers, SignableBody::UnsignedPayload)?;
        let (signed, _) = sign(signable, &params)?.into_parts();
        for (name, value) in signed.params() {
            append(&mut url, name, value);
        }
        Ok(url)
    }
}

fn in_query(length: Duration) -> SigningSettings {
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(length);
    // Stores look at the path as it was sent.
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings
}

fn append(url: &mut String, name: &str, value: &str) {
    url.push(if url.contains('?') { '&' } else { '?' });
    url.push_str(name);
    url.push('=');
    url.extend(utf8_percent_encode(value, IN_QUERY));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::tests::settings;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// As Amazon publishes it: "Authenticating Requests: Using Query Parameters".
    #[test]
    fn the_published_example_is_signed_as_published() {
        let url = Signer::new(&settings())
            .sign(
                &Request {
                    method: "GET",
                    url: "https://examplebucket.s3.amazonaws.com/test.txt",
                    query: &[],
                    headers: &[],
                },
                at("2013-05-24T00:00:00Z"),
                at("2013-05-25T00:00:00Z"),
            )
            .unwrap();
        assert_eq!(
            url,
            "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256\
             &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
             &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
             &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
        );
    }

    #[test]
    fn a_link_must_end_after_it_begins_and_within_seven_days() {
        let sign = |end| {
            let request = Request { method: "GET", url: "https://a/b", query: &[], headers: &[] };
            Signer::new(&settings()).sign(&request, at("2026-06-01T12:00:00Z"), at(end)).is_ok()
        };
        assert!(sign("2026-06-01T12:00:01Z") && sign("2026-06-08T12:00:00Z"));
        assert!(
            !sign("2026-06-01T12:00:00Z") && !sign("2026-06-01T11:00:00Z") && !sign("2026-06-08T12:00:01Z")
        );
    }

    #[test]
    fn neither_settings_nor_signers_show_the_secret() {
        let settings = settings();
        let shown = format!("{settings:?} {:?}", Signer::new(&settings));
        assert!(!shown.contains(&settings.secret_key) && !shown.contains(&settings.access_key), "{shown}");
    }
}
