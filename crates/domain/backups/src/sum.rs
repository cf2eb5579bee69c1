//! How many bytes something has, and by what they are known again.

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Of a run of bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// How many.
    pub bytes: u64,
    /// Their SHA-256, as 64 hex digits.
    pub sha256: String,
}

impl Sum {
    /// Of these.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut summing = Summing::default();
        summing.add(bytes);
        summing.end()
    }
}

/// A sum that is being made.
#[derive(Clone, Default)]
pub struct Summing {
    bytes: u64,
    sha256: Sha256,
}

impl Summing {
    /// Goes on with these bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        self.sha256.update(bytes);
    }

    /// The sum of all of them.
    #[must_use]
    pub fn end(self) -> Sum {
        Sum { bytes: self.bytes, sha256: HEXLOWER.encode(&self.sha256.finalize()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_is_that_of_the_whole_however_it_comes() {
        let mut summing = Summing::default();
        for part in [&b"a"[..], b"", b"bc"] {
            summing.add(part);
        }
        let sum = summing.end();
        assert_eq!(sum, Sum::of(b"abc"));
        // FIPS 180-2, appendix B.1.
        assert_eq!(sum.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(sum.bytes, 3);
    }
}
