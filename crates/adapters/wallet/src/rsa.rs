//! RSA keys, as PEM files hold them.

use crate::WalletError;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use std::sync::Arc;

/// Signs with RSASSA-PKCS1-v1_5 and SHA-256.
#[derive(Clone)]
pub(crate) struct Key(Arc<RsaKeyPair>);

impl Key {
    /// Reads `PRIVATE KEY` (PKCS #8) or `RSA PRIVATE KEY` (PKCS #1).
    pub(crate) fn read(what: &'static str, pem: &str) -> Result<Self, WalletError> {
        let (label, der) =
            der::pem::decode_vec(pem.trim().as_bytes()).map_err(|why| WalletError::settings(what, why))?;
        let key = match label {
            "PRIVATE KEY" => RsaKeyPair::from_pkcs8(&der),
            "RSA PRIVATE KEY" => RsaKeyPair::from_der(&der),
            _ => return Err(WalletError::settings(what, "it is no unencrypted private key")),
        };
        key.map(|key| Self(Arc::new(key))).map_err(|why| WalletError::settings(what, why))
    }

    /// As certificates name it (RFC 8017, `RSAPublicKey`).
    pub(crate) fn public(&self) -> &[u8] {
        self.0.public().as_ref()
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, WalletError> {
        let mut signature = vec![0; self.0.public().modulus_len()];
        let signed = self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature);
        signed.map_err(WalletError::made)?;
        Ok(signature)
    }
}
