//! Where the objects of a bucket are: addresses, and names with their prefix.

use crate::{Settings, Unusable};
use kernel::ObjectKey;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::{Host, Url};

/// What stands in a path as it is.
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// A bucket's address and the beginning of its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// `https://s3.example.org`.
    endpoint: String,
    /// `https://bucket.s3.example.org` or `https://s3.example.org/bucket`.
    root: String,
    path_style: bool,
    /// Empty, or with a slash at its end.
    prefix: String,
}

impl Place {
    pub(crate) fn new(settings: &Settings) -> Result<Self, Unusable> {
        let region = &settings.region;
        let endpoint = settings.endpoint.clone().unwrap_or_else(|| amazon(region));
        let url = Url::parse(&endpoint).map_err(|_| Unusable::Endpoint(endpoint.clone()))?;
        let bare = url.path() == "/" && url.query().is_none() && url.username().is_empty();
        let host = match url.host() {
            Some(host) if bare && ["https", "http"].contains(&url.scheme()) => host,
            _ => return Err(Unusable::Endpoint(endpoint)),
        };
        let bucket = &settings.bucket;
        // No name can stand before an address of digits, and a certificate for `*.host` does not fit two of them.
        let path_style = settings.path_style
            || !matches!(host, Host::Domain(_))
            || (url.scheme() == "https" && bucket.contains('.'));
        let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
        let endpoint = format!("{}://{host}{port}", url.scheme());
        let root = if path_style {
            format!("{endpoint}/{bucket}")
        } else {
            format!("{}://{bucket}.{host}{port}", url.scheme())
        };
        let prefix = settings.prefix.trim_matches('/');
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        Ok(Self { endpoint, root, path_style, prefix })
    }

    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub(crate) fn path_style(&self) -> bool {
        self.path_style
    }

    /// The bucket itself.
    pub(crate) fn root(&self) -> &str {
        &self.root
    }

    /// What names in the bucket begin with that begin so for us.
    pub(crate) fn beginning(&self, prefix: &str) -> String {
        format!("{}{prefix}", self.prefix)
    }

    /// The name in the bucket.
    pub(crate) fn name(&self, key: &ObjectKey) -> String {
        self.beginning(key.as_str())
    }

    /// Our name of what is called so in the bucket; `None` when it is none of ours.
    pub(crate) fn key(&self, name: &str) -> Option<ObjectKey> {
        ObjectKey::parse(name.strip_prefix(&self.prefix)?)
    }

    /// The address of an object, without what opens it.
    pub(crate) fn url(&self, key: &ObjectKey) -> String {
        let name = self.name(key);
        format!("{}/{}", self.root, utf8_percent_encode(&name, IN_PATH))
    }
}

fn amazon(region: &str) -> String {
    let country = if region.starts_with("cn-") { ".cn" } else { "" };
    format!("https://s3.{region}.amazonaws.com{country}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::tests::settings;

    fn at(endpoint: Option<&str>, bucket: &str, prefix: &str, path_style: bool) -> Result<String, Unusable> {
        let place = Place::new(&Settings {
            bucket: bucket.into(),
            prefix: prefix.into(),
            endpoint: endpoint.map(str::to_owned),
            path_style,
            ..settings()
        })?;
        Ok(place.url(&ObjectKey::parse("sets/1/opus-128.mp4").unwrap()))
    }

    #[test]
    fn a_bucket_stands_in_the_host_or_in_the_path() {
        for (endpoint, path_style, url) in [
            (None, false, "https://films.s3.us-east-1.amazonaws.com/sets/1/opus-128.mp4"),
            (None, true, "https://s3.us-east-1.amazonaws.com/films/sets/1/opus-128.mp4"),
            (Some("https://s3.example.org"), false, "https://films.s3.example.org/sets/1/opus-128.mp4"),
            (Some("https://s3.example.org/"), true, "https://s3.example.org/films/sets/1/opus-128.mp4"),
            (Some("http://store:9000"), false, "http://films.store:9000/sets/1/opus-128.mp4"),
            (Some("http://store:9000"), true, "http://store:9000/films/sets/1/opus-128.mp4"),
            // Where nothing can stand before the host.
            (Some("http://127.0.0.1:9000"), false, "http://127.0.0.1:9000/films/sets/1/opus-128.mp4"),
            (Some("http://[::1]:9000"), false, "http://[::1]:9000/films/sets/1/opus-128.mp4"),
        ] {
            assert_eq!(at(endpoint, "films", "", path_style).unwrap(), url);
        }
    }

    #[test]
    fn a_bucket_with_dots_fits_no_certificate_and_stands_in_the_path() {
        assert_eq!(
            at(Some("https://s3.example.org"), "my.films", "", false).unwrap(),
            "https://s3.example.org/my.films/sets/1/opus-128.mp4"
        );
    }

    #[test]
    fn a_prefix_stands_before_every_name_and_is_taken_off_again() {
        let url = at(Some("https://s3.example.org"), "films", "/live/a b/", false).unwrap();
        assert_eq!(url, "https://films.s3.example.org/live/a%20b/sets/1/opus-128.mp4");
        let place = Place::new(&Settings { prefix: "live".into(), ..settings() }).unwrap();
        let key = ObjectKey::parse("sets/1").unwrap();
        assert_eq!(place.key(&place.name(&key)), Some(key));
        assert_eq!(place.key("sets/1"), None);
        assert_eq!(place.key("live/Not ours"), None);
    }

    #[test]
    fn what_is_no_address_of_a_store_is_refused() {
        for endpoint in
            ["", "s3.example.org", "ftp://s3.example.org", "https://s3.example.org/films", "https://a@b"]
        {
            assert!(at(Some(endpoint), "films", "", false).is_err(), "{endpoint}");
        }
    }
}
