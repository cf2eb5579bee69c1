//! The mail server: where it is, how to reach it, and whom it knows us as.

use crate::UnusableSettings;
use crate::line::Line;
use mail_send::{Credentials, SmtpClientBuilder};
use percent_encoding::percent_decode_str;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio_rustls::TlsConnector;
use url::{Host, Url};

/// How long connecting may take with all that belongs to it, and each command after that.
const STEP: Duration = Duration::from_secs(20);

/// A server and how to talk to it. `Debug` hides the login.
pub(crate) struct Server {
    reach: SmtpClientBuilder<String>,
    /// Whether the connection may stay unencrypted: nobody else listens on loopback.
    loopback: bool,
}

/// Whether [`crate::SmtpMailer::new`] would take this URL; nothing is connected.
///
/// # Errors
/// [`UnusableSettings`].
pub fn check_url(url: &str) -> Result<(), UnusableSettings> {
    Server::parse(url, "localhost").map(drop)
}

impl Server {
    /// Reads a `smtp://` or `smtps://` URL; `name` is what we greet with.
    pub(crate) fn parse(url: &str, name: &str) -> Result<Self, UnusableSettings> {
        let url = Url::parse(url).map_err(|_| UnusableSettings::Url)?;
        let (implicit, port) = match url.scheme() {
            "smtp" => (false, 587),
            "smtps" => (true, 465),
            _ => return Err(UnusableSettings::Url),
        };
        // Of a scheme that browsers do not know, addresses are not told from names.
        let host = url.host_str().and_then(|host| Host::parse(host).ok()).ok_or(UnusableSettings::Url)?;
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(UnusableSettings::Url);
        }
        let connector = connector(&url)?;
        let (certified, loopback) = match &host {
            Host::Domain(name) => (name.clone(), name == "localhost"),
            Host::Ipv4(address) => (address.to_string(), address.is_loopback()),
            Host::Ipv6(address) => (address.to_string(), address.is_loopback()),
        };
        let port = url.port().unwrap_or(port);
        let mut reach = SmtpClientBuilder::new_with_tls_connector(certified, port, connector)
            .implicit_tls(implicit)
            .helo_host(name)
            .timeout(STEP);
        // With the brackets that an IPv6 address needs before a port.
        reach.addr = format!("{host}:{port}");
        if let Some(login) = login(&url)? {
            reach = reach.credentials(login);
        }
        Ok(Self { reach, loopback: loopback && !implicit })
    }

    pub(crate) fn logs_in(&self) -> bool {
        self.reach.credentials.is_some()
    }

    pub(crate) async fn connect(&self) -> mail_send::Result<Line> {
        match self.reach.connect().await {
            Err(mail_send::Error::MissingStartTls) if self.loopback => {
                let plain = tokio::time::timeout(STEP, self.reach.connect_plain()).await;
                plain.unwrap_or(Err(mail_send::Error::Timeout)).map(|line| Line::Plain(Box::new(line)))
            }
            sealed => sealed.map(|line| Line::Sealed(Box::new(line))),
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("address", &self.reach.addr).finish_non_exhaustive()
    }
}

fn login(url: &Url) -> Result<Option<Credentials<String>>, UnusableSettings> {
    if url.username().is_empty() {
        return Ok(None);
    }
    let decoded = |text| {
        let text = percent_decode_str(text).decode_utf8().map_err(|_| UnusableSettings::Url)?;
        Ok(text.into_owned())
    };
    let username = decoded(url.username())?;
    let secret = decoded(url.password().unwrap_or_default())?;
    Ok(Some(Credentials::Plain { username, secret }))
}

fn connector(url: &Url) -> Result<TlsConnector, UnusableSettings> {
    let mut roots = RootCertStore::empty();
    let mut trusts = None;
    for (option, value) in url.query_pairs() {
        if option != "ca_file" {
            return Err(UnusableSettings::Url);
        }
        trusts = Some(value.into_owned());
    }
    let unusable = |error: Box<dyn std::error::Error + Send + Sync>| UnusableSettings::Certificates(error);
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
        .map_err(|error| unusable(error.into()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(settings)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(url: &str) -> Server {
        Server::parse(url, "house.example").unwrap()
    }

    #[test]
    fn ports_and_encryption_follow_the_scheme() {
        let server = parsed("smtp://mail.house.example");
        assert_eq!(
            (server.reach.addr.as_str(), server.reach.tls_implicit),
            ("mail.house.example:587", false)
        );
        assert!(!server.loopback);
        let server = parsed("smtps://mail.house.example:4650/");
        assert_eq!(
            (server.reach.addr.as_str(), server.reach.tls_implicit),
            ("mail.house.example:4650", true)
        );
        assert!(!parsed("smtps://localhost").loopback);
        for (url, address) in [
            ("smtp://localhost", "localhost:587"),
            ("smtp://127.0.0.2:25", "127.0.0.2:25"),
            ("smtp://[::1]:25", "[::1]:25"),
        ] {
            assert_eq!((parsed(url).reach.addr.as_str(), parsed(url).loopback), (address, true));
        }
        assert_eq!(parsed("smtp://[::1]:25").reach.tls_hostname, "::1");
    }

    #[test]
    fn a_login_is_decoded_and_not_shown() {
        let server = parsed("smtp://me%40house.example:p%3Aw%2Fd@mail.house.example");
        let Some(Credentials::Plain { username, secret }) = &server.reach.credentials else {
            panic!("there is no login");
        };
        assert_eq!((username.as_str(), secret.as_str()), ("me@house.example", "p:w/d"));
        assert!(!format!("{server:?}").contains("p:w/d"));
    }

    #[test]
    fn what_cannot_be_used_is_refused_at_the_start() {
        for url in [
            "",
            "mail.house.example",
            "http://mail.house.example",
            "smtp://",
            "smtp://mail.house.example/inbox",
            "smtp://mail.house.example?tls=off",
            "smtp://mail.house.example:port",
        ] {
            assert!(matches!(Server::parse(url, "x"), Err(UnusableSettings::Url)), "{url}");
        }
        let missing = Server::parse("smtp://mail.house.example?ca_file=/nowhere.pem", "x");
        assert!(matches!(missing, Err(UnusableSettings::Certificates(_))));
    }
}
