//! What browsers may do with links on pages of ours: asked as a browser asks, since that is what counts.

use crate::S3;
use crate::fault::away;
use crate::probe::{PATIENCE, probe_key};
use chrono::TimeDelta;
use kernel::{Body, Delivery, Disposition, ObjectError, ObjectKey, ObjectStore, PartsId, Timestamp, Window};
use reqwest::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap,
    HeaderName, ORIGIN, RANGE,
};
use reqwest::{Method, Response};
use std::fmt;

const DOING: &str = "asking as a browser";
const PROBE: &[u8] = b"May be removed.";
const PLAIN: &str = "text/plain";

/// Something that a page needs its browser to be allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CorsNeed {
    /// To read runs of bytes (`GET` with `Range`), as players do.
    Read,
    /// To send parts (`PUT`).
    Send,
    /// To see the `ETag` of a part that it has sent.
    Etag,
}

/// What the bucket does not let pages of an origin do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorsLack {
    /// As `https://example.org`.
    pub origin: String,
    /// What they need.
    pub need: CorsNeed,
}

impl fmt::Display for CorsLack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.need {
            CorsNeed::Read => "read runs of bytes (GET with Range)",
            CorsNeed::Send => "send parts (PUT with Content-Type)",
            CorsNeed::Etag => "see the ETag of what they send (ExposeHeaders)",
        };
        write!(f, "the bucket's CORS rules do not let pages of {} {what}", self.origin)
    }
}

/// Rules that a bucket needs for pages of these origins, as `aws s3api put-bucket-cors --cors-configuration` takes them.
#[must_use]
pub fn wanted_cors(origins: &[String]) -> String {
    let quoted = |origin: &String| format!("\"{}\"", origin.replace(['"', '\\'], ""));
    let origins = origins.iter().map(quoted).collect::<Vec<_>>().join(", ");
    format!(
        r#"{{"CORSRules": [{{"AllowedOrigins": [{origins}], "AllowedMethods": ["GET", "HEAD", "PUT"], "AllowedHeaders": ["*"], "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 3600}}]}}"#
    )
}

impl S3 {
    /// What pages of these origins lack; nothing, when all is well. Tried with links of its own objects, which are removed.
    /// Says nothing of why where links themselves are refused: [`Self::probe`] tells that.
    ///
    /// # Errors
    /// [`ObjectError`], when that could not be found out.
    pub async fn cors_lacks(&self, origins: &[String], now: Timestamp) -> Result<Vec<CorsLack>, ObjectError> {
        let (read, sent) = (probe_key("uploads/", "read")?, probe_key("uploads/", "sent")?);
        self.put(&read, Body::Bytes(PROBE.to_vec()), PLAIN).await?;
        let parts = self.begin_parts(&sent, PLAIN).await?;
        let found = self.try_origins(origins, &read, &sent, &parts, now).await;
        let cleared = self.drop_parts(&sent, &parts).await.and(self.delete(&[read]).await);
        let found = found?;
        cleared.map(|()| found)
    }

    async fn try_origins(
        &self,
        origins: &[String],
        read: &ObjectKey,
        sent: &ObjectKey,
        parts: &PartsId,
        now: Timestamp,
    ) -> Result<Vec<CorsLack>, ObjectError> {
        let delivery = Delivery { content_type: PLAIN.into(), disposition: Disposition::Inline, meter: None };
        let read = self.link(read, &delivery, Window(TimeDelta::minutes(10)), now)?.url;
        let size = PROBE.len() as u64;
        let sent = self.part_link(sent, parts, 1, size, now, now + TimeDelta::minutes(10))?.url;
        let mut found = Vec::new();
        for origin in origins {
            let lack = |need| CorsLack { origin: origin.clone(), need };
            if !self.may_read(origin, &read).await? {
                found.push(lack(CorsNeed::Read));
            }
            match self.may_send(origin, &sent).await? {
                Sending::Refused => found.push(lack(CorsNeed::Send)),
                Sending::Blind => found.push(lack(CorsNeed::Etag)),
                Sending::Fine => {}
            }
        }
        Ok(found)
    }

    async fn may_read(&self, origin: &str, url: &str) -> Result<bool, ObjectError> {
        if !self.preflight(origin, url, "GET", "range").await? {
            return Ok(false);
        }
        let request = self.wire.0.get(url).header(RANGE, "bytes=0-0").header(ORIGIN, origin);
        let answer = answered(request).await?;
        Ok(answer.status().is_success() && names(answer.headers(), &ACCESS_CONTROL_ALLOW_ORIGIN, origin))
    }

    async fn may_send(&self, origin: &str, url: &str) -> Result<Sending, ObjectError> {
        if !self.preflight(origin, url, "PUT", "content-type").await? {
            return Ok(Sending::Refused);
        }
        let answer = answered(self.wire.0.put(url).header(ORIGIN, origin).body(PROBE)).await?;
        let headers = answer.headers();
        if !answer.status().is_success() || !names(headers, &ACCESS_CONTROL_ALLOW_ORIGIN, origin) {
            return Ok(Sending::Refused);
        }
        let seen = names(headers, &ACCESS_CONTROL_EXPOSE_HEADERS, "etag");
        Ok(if seen { Sending::Fine } else { Sending::Blind })
    }

    /// What a browser asks before it does something that forms cannot do.
    async fn preflight(
        &self,
        origin: &str,
        url: &str,
        method: &str,
        header: &str,
    ) -> Result<bool, ObjectError> {
        let request = self
            .wire
            .0
            .request(Method::OPTIONS, url)
            .header(ORIGIN, origin)
            .header(ACCESS_CONTROL_REQUEST_METHOD, method)
            .header(ACCESS_CONTROL_REQUEST_HEADERS, header);
        let answer = answered(request).await?;
        let headers = answer.headers();
        Ok(answer.status().is_success()
            && names(headers, &ACCESS_CONTROL_ALLOW_ORIGIN, origin)
            && names(headers, &ACCESS_CONTROL_ALLOW_METHODS, method)
            && names(headers, &ACCESS_CONTROL_ALLOW_HEADERS, header))
    }
}

enum Sending {
    Fine,
    /// Sent, but nobody told its etag.
    Blind,
    Refused,
}

async fn answered(request: reqwest::RequestBuilder) -> Result<Response, ObjectError> {
    let answer = request.timeout(PATIENCE).send().await;
    let answer = answer.map_err(|cause| away(DOING, cause.without_url()))?;
    if answer.status().is_server_error() {
        return Err(away(DOING, format!("the store answered {}", answer.status())));
    }
    Ok(answer)
}

/// Whether one of the lists under this name has the value, or everything.
fn names(headers: &HeaderMap, name: &HeaderName, value: &str) -> bool {
    let lists = headers.get_all(name).into_iter().filter_map(|list| list.to_str().ok());
    lists
        .flat_map(|list| list.split(','))
        .map(str::trim)
        .any(|one| one == "*" || one.eq_ignore_ascii_case(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;
    use aws_sdk_s3::types::{CorsConfiguration, CorsRule};
    use kernel::{Clock, SystemClock};

    /// A bucket of its own, since its rules are changed.
    async fn own_bucket() -> S3 {
        let shared = testkit::servers::s3().bucket.clone();
        let store = S3::new(&Settings {
            bucket: probe_key("", "bucket").unwrap().to_string().replace('/', "-"),
            prefix: String::new(),
            endpoint: Some(shared.endpoint),
            region: shared.region,
            access_key: shared.access_key,
            secret_key: shared.secret_key,
            path_style: true,
        });
        let store = store.unwrap();
        store.client.create_bucket().bucket(&store.bucket).send().await.unwrap();
        store
    }

    async fn set(store: &S3, origin: &str, exposed: &str) {
        let rule = CorsRule::builder()
            .allowed_origins(origin)
            .allowed_methods("GET")
            .allowed_methods("PUT")
            .allowed_headers("*")
            .expose_headers(exposed)
            .build()
            .unwrap();
        let rules = CorsConfiguration::builder().cors_rules(rule).build().unwrap();
        let bucket = &store.bucket;
        store.client.put_bucket_cors().bucket(bucket).cors_configuration(rules).send().await.unwrap();
    }

    async fn lacks(store: &S3, origins: &[String]) -> Vec<(String, CorsNeed)> {
        // The server looks at the real time.
        let found = store.cors_lacks(origins, SystemClock.now()).await.unwrap();
        found.into_iter().map(|lack| (lack.origin, lack.need)).collect()
    }

    #[tokio::test]
    async fn what_pages_may_not_do_is_told_for_each_origin() {
        let store = own_bucket().await;
        let origins = ["https://house.example".to_owned(), "https://other.example".to_owned()];
        let of = |origin: usize, need| (origins[origin].clone(), need);
        let nothing = |origin| [of(origin, CorsNeed::Read), of(origin, CorsNeed::Send)];
        assert_eq!(lacks(&store, &origins).await, [nothing(0), nothing(1)].concat());

        set(&store, &origins[0], "x-other").await;
        assert_eq!(lacks(&store, &origins).await, [&[of(0, CorsNeed::Etag)], &nothing(1)[..]].concat());

        set(&store, "*", "ETag").await;
        assert_eq!(lacks(&store, &origins).await, []);
        assert_eq!(store.list("", None, 10).await.unwrap(), []);
        assert_eq!(store.unfinished("", 10).await.unwrap(), []);
    }

    #[test]
    fn wanted_rules_name_the_origins_and_the_etag() {
        let wanted = wanted_cors(&["https://a.example".into(), "https://b.example".into()]);
        assert!(
            wanted.contains(r#""AllowedOrigins": ["https://a.example", "https://b.example"]"#),
            "{wanted}"
        );
        assert!(wanted.contains(r#""ExposeHeaders": ["ETag"]"#), "{wanted}");
    }
}
