//! A TLS certificate for a server on loopback.

use super::ServerError;
use data_encoding::BASE64;

/// A fresh self-signed certificate for `localhost` and 127.0.0.1: a client that is to trust it must be told so.
#[derive(Debug, Clone)]
pub struct Certificate {
    /// The certificate, DER.
    pub der: Vec<u8>,
    /// The certificate, PEM.
    pub pem: String,
    /// Its private key, PEM, PKCS #8.
    pub key_pem: String,
}

impl Certificate {
    /// Makes one.
    ///
    /// # Errors
    /// [`ServerError::Io`] when no key can be generated.
    pub fn for_loopback() -> Result<Self, ServerError> {
        let names = ["localhost", "127.0.0.1"].map(String::from);
        let made = rcgen::generate_simple_self_signed(names).map_err(|refusal| ServerError::Io {
            doing: "making a certificate",
            cause: std::io::Error::other(refusal),
        })?;
        let der = made.cert.der().to_vec();
        let pem = pem("CERTIFICATE", &der);
        let key_pem = pem_of_key(&made.signing_key);
        Ok(Self { der, pem, key_pem })
    }
}

fn pem_of_key(key: &rcgen::KeyPair) -> String {
    pem("PRIVATE KEY", key.serialized_der())
}

/// The textual encoding of RFC 7468: base64 in lines of 64 between two labels.
fn pem(label: &str, der: &[u8]) -> String {
    let lines: Vec<String> = der.chunks(48).map(|bytes| BASE64.encode(bytes)).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
