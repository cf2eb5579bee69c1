//! Encryption on the way to the database, by rustls.

use kernel::StoreError;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

const DOING: &str = "reading the URL of the database";

/// A database URL, taken apart.
#[derive(Clone)]
pub(crate) struct Address {
    /// All that the driver understands.
    pub(crate) config: tokio_postgres::Config,
    /// `None` leaves the connection unencrypted.
    pub(crate) tls: Option<MakeRustlsConnect>,
    /// Against whom the server's certificate is checked; `None`: the public authorities.
    pub(crate) authorities: Option<String>,
}

/// Whether a URL can be read and names a server; nothing is connected.
#[must_use]
pub fn is_usable_url(url: &str) -> bool {
    Address::parse(url).is_ok_and(|Address { config, .. }| {
        let named = config.get_hosts().iter().all(|host| !matches!(host, Host::Tcp(name) if name.is_empty()));
        named && !(config.get_hosts().is_empty() && config.get_hostaddrs().is_empty())
    })
}

impl Address {
    /// Reads a `postgres://` URL.
    ///
    /// `sslmode=require`, `verify-ca` and `verify-full` all mean: encrypted, and the server's certificate and name
    /// are checked, against the file `sslrootcert` names (PEM) or else against the public authorities. `disable`,
    /// `prefer` and no mode mean: unencrypted, because a mode that falls back protects from nobody.
    pub(crate) fn parse(url: &str) -> Result<Self, StoreError> {
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let mut kept = Vec::new();
        let (mut encrypted, mut authorities) = (false, None);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sslmode", "require" | "verify-ca" | "verify-full")) => encrypted = true,
                Some(("sslmode", "disable" | "prefer")) => {}
                Some(("sslrootcert", file)) => authorities = Some(file),
                _ => kept.push(pair),
            }
        }
        let url = if kept.is_empty() { base.to_owned() } else { format!("{base}?{}", kept.join("&")) };
        // The driver's error names the faulty option, never the URL with its password.
        let mut config: tokio_postgres::Config =
            url.parse().map_err(|cause: tokio_postgres::Error| StoreError::broken(DOING, cause))?;
        config.ssl_mode(if encrypted { SslMode::Require } else { SslMode::Disable });
        let tls = if encrypted { Some(connector(authorities)?) } else { None };
        Ok(Self { config, tls, authorities: authorities.map(str::to_owned) })
    }
}

fn connector(authorities: Option<&str>) -> Result<MakeRustlsConnect, StoreError> {
    let mut roots = RootCertStore::empty();
    match authorities {
        Some(file) => {
            let certificates =
                CertificateDer::pem_file_iter(file).map_err(|cause| StoreError::broken(DOING, cause))?;
            for certificate in certificates {
                let certificate = certificate.map_err(|cause| StoreError::broken(DOING, cause))?;
                roots.add(certificate).map_err(|cause| StoreError::broken(DOING, cause))?;
            }
        }
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
    }
    // Named here, because a process that has two of them in its dependencies has no default.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|cause| StoreError::broken(DOING, cause))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encryption_is_all_or_nothing() {
        let encrypted = |query: &str| {
            let address = Address::parse(&format!("postgres://u:p@db.example.org/d{query}")).unwrap();
            assert_eq!(address.tls.is_some(), address.config.get_ssl_mode() == SslMode::Require);
            address.tls.is_some()
        };
        for query in ["?sslmode=require", "?connect_timeout=3&sslmode=verify-full", "?sslmode=verify-ca"] {
            assert!(encrypted(query), "{query}");
        }
        for query in ["", "?sslmode=disable", "?sslmode=prefer"] {
            assert!(!encrypted(query), "{query}");
        }
    }

    #[test]
    fn a_faulty_url_is_refused_without_showing_its_password() {
        for url in [
            "postgres://u:secret@h/d?sslmode=maybe",
            "postgres://u:secret@h:port/d",
            "postgres://u:secret@h/d?x=1",
        ] {
            let refusal = format!("{:?}", Address::parse(url).err().unwrap());
            assert!(!refusal.contains("secret"), "{refusal}");
            assert!(!is_usable_url(url));
        }
    }

    #[test]
    fn a_url_that_names_no_server_is_not_usable() {
        for url in ["postgres://", "postgres:///d", "postgres://u:p@/d", "postgres://u:p@:5432/d"] {
            assert!(!is_usable_url(url), "{url}");
        }
        for url in
            ["postgres://h", "postgres://u:p@[::1]:5432/d", "postgres://a,b/d", "postgres:///d?host=/tmp"]
        {
            assert!(is_usable_url(url), "{url}");
        }
    }
}
