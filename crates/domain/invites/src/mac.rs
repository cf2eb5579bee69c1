//! HMAC-SHA256 (RFC 2104), from which codes and tokens are derived. `accounts` uses it too.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The code for `parts`, one after the other, under `key`. The first part should be a label of fixed length for
/// its kind, so that what was made for one purpose is worth nothing for another.
#[must_use]
pub fn digest(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    // A key shorter than SHA-256's block of 64 bytes is padded with zeros (RFC 2104, section 2).
    let mut block = [0_u8; 64];
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_hmac_sha256() {
        // RFC 4231, test case 1, whose key of 20 bytes is padded with zeros like every shorter key.
        let mut key = [0; 32];
        key[..20].fill(0x0b);
        let expected = [
            0xb0, 0x34, 0x4c, 0x61, 0xd8, 0xdb, 0x38, 0x53, 0x5c, 0xa8, 0xaf, 0xce, 0xaf, 0x0b, 0xf1, 0x2b,
            0x88, 0x1d, 0xc2, 0x00, 0xc9, 0x83, 0x3d, 0xa7, 0x26, 0xe9, 0x37, 0x6c, 0x2e, 0x32, 0xcf, 0xf7,
        ];
        assert_eq!(digest(&key, &[b"Hi ", b"There"]), expected);
    }
}
