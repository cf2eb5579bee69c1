//! Answers that are kept for repeats may hold codes, which are nobody's business at rest: AES-256-GCM seals them.

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit};

/// Bytes of the random nonce that precedes the ciphertext. Far fewer than 2^32 answers are sealed under one key
/// (NIST SP 800-38D, section 8.3).
const NONCE: usize = 12;

/// Seals and opens.
#[derive(Clone)]
pub struct Seal(Aes256Gcm);

/// No random numbers, or more than can be sealed at once.
#[derive(Debug, thiserror::Error)]
#[error("an answer cannot be sealed")]
pub struct SealingError;

impl Seal {
    /// With a key of its own.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        Self(Aes256Gcm::new(key.into()))
    }

    /// Seals `text`, bound to what it is about.
    ///
    /// # Errors
    /// [`SealingError`].
    pub fn seal(&self, text: &[u8], about: &[u8]) -> Result<Vec<u8>, SealingError> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|_| SealingError)?;
        let sealed = self.0.encrypt(&nonce.into(), Payload { msg: text, aad: about });
        Ok([nonce.as_slice(), &sealed.map_err(|_| SealingError)?].concat())
    }

    /// What was sealed; `None` when it was not sealed with this key, about this.
    #[must_use]
    pub fn open(&self, sealed: &[u8], about: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
        self.0.decrypt(nonce.into(), Payload { msg: sealed, aad: about }).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_key_and_the_matter_open_what_was_sealed() {
        let seal = Seal::new(&[7; 32]);
        let sealed = seal.seal(b"7K3M-2QFX-9RTD", b"one").unwrap();
        assert_eq!(seal.open(&sealed, b"one").as_deref(), Some(b"7K3M-2QFX-9RTD".as_slice()));
        assert_eq!(seal.open(&sealed, b"other"), None);
        assert_eq!(Seal::new(&[8; 32]).open(&sealed, b"one"), None);
        assert_eq!(seal.open(&sealed[..20], b"one"), None);
        assert!(!sealed.windows(4).any(|four| four == b"7K3M"));
        assert_ne!(seal.seal(b"", b"").unwrap(), seal.seal(b"", b"").unwrap());
    }
}
