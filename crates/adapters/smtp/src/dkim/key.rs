//! The private key, and what of it is published.

use super::UnusableDkim;
use data_encoding::BASE64;
use ring::digest::{SHA256, digest};
use ring::error::Unspecified;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;

/// In what follows `rsaEncryption` (RFC 8017, appendix A.1) stands, in DER.
const RSA_ENCRYPTION: [u8; 13] =
    [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 0x03;

/// A private key.
pub(super) enum Key {
    /// What every server understands.
    Rsa(Box<RsaKeyPair>),
    /// Shorter, and understood by some.
    Ed25519(Ed25519KeyPair),
}

impl Key {
    /// Reads `PRIVATE KEY` (PKCS #8) or `RSA PRIVATE KEY` (PKCS #1).
    pub(super) fn parse(pem: &str) -> Result<Self, UnusableDkim> {
        let der = PrivateKeyDer::from_pem_slice(pem.as_bytes())
            .map_err(|_| UnusableDkim::Key("there is no unencrypted one in it".into()))?;
        let rsa = match &der {
            PrivateKeyDer::Pkcs8(key) => {
                if let Ok(key) = Ed25519KeyPair::from_pkcs8_maybe_unchecked(key.secret_pkcs8_der()) {
                    return Ok(Self::Ed25519(key));
                }
                RsaKeyPair::from_pkcs8(key.secret_pkcs8_der())
            }
            PrivateKeyDer::Pkcs1(key) => RsaKeyPair::from_der(key.secret_pkcs1_der()),
            _ => return Err(UnusableDkim::Key("it is of another kind".into())),
        };
        rsa.map(|key| Self::Rsa(Box::new(key))).map_err(|why| UnusableDkim::Key(why.to_string()))
    }

    /// As the tag `a=` names it.
    pub(super) const fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "rsa-sha256",
            Self::Ed25519(_) => "ed25519-sha256",
        }
    }

    /// Signs the SHA-256 of `text`.
    pub(super) fn sign(&self, text: &[u8]) -> Result<Vec<u8>, Unspecified> {
        match self {
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text, &mut signature)?;
                Ok(signature)
            }
            Self::Ed25519(key) => Ok(key.sign(digest(&SHA256, text).as_ref()).as_ref().to_vec()),
        }
    }

    /// The tags `k=` and `p=` of the record.
    pub(super) fn published(&self) -> String {
        match self {
            Self::Rsa(key) => format!("k=rsa; p={}", BASE64.encode(&subject(key.public_key().as_ref()))),
            Self::Ed25519(key) => format!("k=ed25519; p={}", BASE64.encode(key.public_key().as_ref())),
        }
    }
}

/// An RSA key as `SubjectPublicKeyInfo` (RFC 5280, section 4.1), which is what is published everywhere.
fn subject(key: &[u8]) -> Vec<u8> {
    // No bit of the last byte is left over.
    let bits = [&[0][..], key].concat();
    der(SEQUENCE, &[der(SEQUENCE, &RSA_ENCRYPTION), der(BIT_STRING, &bits)].concat())
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length: Vec<u8> = content.len().to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
    let mut value = vec![tag];
    if content.len() >= 0x80 {
        value.extend(u8::try_from(length.len()).map(|count| 0x80 | count));
    }
    value.extend(length);
    value.extend(content);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_written_as_der_has_them() {
        for (count, head) in [
            (1, &[0x03, 0x01][..]),
            (0x7f, &[0x03, 0x7f][..]),
            (0x80, &[0x03, 0x81, 0x80][..]),
            (0x0125, &[0x03, 0x82, 0x01, 0x25][..]),
        ] {
            let value = der(BIT_STRING, &vec![7; count]);
            assert_eq!(value.strip_prefix(head), Some(&vec![7; count][..]));
        }
    }
}
