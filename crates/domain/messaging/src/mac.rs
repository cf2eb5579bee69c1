//! HMAC-SHA256 (RFC 2104): what links are sealed and addresses recognised by.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Of a message under a key.
pub(crate) fn mac(key: &[u8; 32], message: &[u8]) -> Hmac<Sha256> {
    // A key shorter than SHA-256's block of 64 bytes is padded with zeros (RFC 2104, section 2).
    let mut block = [0_u8; 64];
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    mac.update(message);
    mac
}
