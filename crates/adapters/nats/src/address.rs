//! Where the server is, whom it knows us as, and which stream is meant.

use percent_encoding::percent_decode_str;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::fmt;
use std::sync::Arc;
use url::{Host, Url};

/// Longest name of a stream.
const LONGEST: usize = 64;
/// Where NATS listens unless told otherwise.
const PORT: u16 = 4222;

/// Why a URL cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum UnusableUrl {
    /// It is none of ours. It may hold a password, so it is not repeated.
    #[error("must be nats://host:port/stream, tls:// for an encrypted connection")]
    Url,
    /// The stream cannot be called so.
    #[error("the stream's name must have 1 to 64 letters, digits, hyphens and underscores")]
    Name,
    /// The file of certificates cannot be used.
    #[error("ca_file cannot be used")]
    Certificates(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What a URL says. `Debug` hides the login.
pub(crate) struct Address {
    /// With scheme and port, without a login.
    pub(crate) server: String,
    /// A name and a password, or a token alone.
    pub(crate) login: Option<(String, Option<String>)>,
    pub(crate) stream: String,
    pub(crate) tls: ClientConfig,
}

/// Whether [`crate::Nats::connect`] would take this URL; nothing is connected.
///
/// # Errors
/// [`UnusableUrl`].
pub fn check_url(url: &str) -> Result<(), UnusableUrl> {
    Address::parse(url).map(drop)
}

impl Address {
    pub(crate) fn parse(text: &str) -> Result<Self, UnusableUrl> {
        let url = Url::parse(text).map_err(|_| UnusableUrl::Url)?;
        let scheme = Some(url.scheme()).filter(|scheme| ["nats", "tls"].contains(scheme));
        let scheme = scheme.ok_or(UnusableUrl::Url)?;
        // Of a scheme that browsers do not know, addresses are not told from names.
        let host = url.host_str().and_then(|host| Host::parse(host).ok()).ok_or(UnusableUrl::Url)?;
        if url.fragment().is_some() {
            return Err(UnusableUrl::Url);
        }
        let stream = url.path().strip_prefix('/').unwrap_or_default().to_owned();
        let plain = |letter: u8| letter.is_ascii_alphanumeric() || b"-_".contains(&letter);
        if stream.is_empty() || stream.len() > LONGEST || !stream.bytes().all(plain) {
            return Err(UnusableUrl::Name);
        }
        let server = format!("{scheme}://{host}:{}", url.port().unwrap_or(PORT));
        Ok(Self { server, login: login(&url)?, stream, tls: tls(&url)? })
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Address").field("server", &self.server).finish_non_exhaustive()
    }
}

fn login(url: &Url) -> Result<Option<(String, Option<String>)>, UnusableUrl> {
    let decoded = |text| {
        let text = percent_decode_str(text).decode_utf8().map_err(|_| UnusableUrl::Url)?;
        Ok(text.into_owned())
    };
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        ("", Some(_)) => Err(UnusableUrl::Url),
        (token, None) => Ok(Some((decoded(token)?, None))),
        (user, Some(password)) => Ok(Some((decoded(user)?, Some(decoded(password)?)))),
    }
}

/// By whom a server has to be certified that we speak to in secret.
fn tls(url: &Url) -> Result<ClientConfig, UnusableUrl> {
    let mut roots = RootCertStore::empty();
    let mut trusts = None;
    for (option, value) in url.query_pairs() {
        if option != "ca_file" {
            return Err(UnusableUrl::Url);
        }
        trusts = Some(value.into_owned());
    }
    let unusable = |error: Box<dyn std::error::Error + Send + Sync>| UnusableUrl::Certificates(error);
    match trusts {
        Some(file) => {
            for found in CertificateDer::pem_file_iter(file).map_err(|error| unusable(error.into()))? {
                let found = found.map_err(|error| unusable(error.into()))?;
                roots.add(found).map_err(|error| unusable(error.into()))?;
            }
            if roots.is_empty() {
                return Err(unusable("there is no certificate in it".into()));
            }
        }
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
    }
    let settings = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(error.into()))?;
    Ok(settings.with_root_certificates(roots).with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_server_a_stream_and_perhaps_a_login() {
        let address = Address::parse("nats://house.example/tickets").unwrap();
        assert_eq!((&*address.server, &*address.stream), ("nats://house.example:4222", "tickets"));
        assert_eq!(address.login, None);
        let address = Address::parse("tls://me:p%3Aw%2Fd@[::1]:4333/a-b_c").unwrap();
        assert_eq!((&*address.server, &*address.stream), ("tls://[::1]:4333", "a-b_c"));
        assert_eq!(address.login, Some(("me".into(), Some("p:w/d".into()))));
        assert!(!format!("{address:?}").contains("p:w"));
        let address = Address::parse("nats://s3cr3t@house.example/tickets").unwrap();
        assert_eq!(address.login, Some(("s3cr3t".into(), None)));
    }

    #[test]
    fn what_cannot_be_used_is_refused_at_the_start() {
        for url in [
            "",
            "house.example/tickets",
            "http://house.example/tickets",
            "nats:///tickets",
            "nats://:password@house.example/tickets",
            "nats://house.example/tickets#1",
            "nats://house.example/tickets?tls=off",
            "nats://house.example:port/tickets",
        ] {
            assert!(matches!(Address::parse(url), Err(UnusableUrl::Url)), "{url}");
        }
        for name in ["", "/", "a/b", "a.b", "a%20b", "*", &"a".repeat(65)] {
            let url = format!("nats://house.example/{name}");
            assert!(matches!(Address::parse(&url), Err(UnusableUrl::Name)), "{url}");
        }
        let missing = Address::parse("tls://house.example/tickets?ca_file=/nowhere.pem");
        assert!(matches!(missing, Err(UnusableUrl::Certificates(_))));
    }
}
