//! Where on the network somebody was, as coarsely as it is still of use to recognise oneself.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A part of the network: 256 addresses of IPv4, or what one site gets of IPv6. `Debug` hides it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Network(String);

impl Network {
    /// The /24 of an address of IPv4.
    #[must_use]
    pub fn v4([a, b, c, _]: [u8; 4]) -> Self {
        Self(format!("{a}.{b}.{c}.0/24"))
    }

    /// The /48 of an address of IPv6.
    #[must_use]
    pub fn v6([a, b, c, ..]: [u16; 8]) -> Self {
        Self(format!("{a:x}:{b:x}:{c:x}::/48"))
    }

    /// What a store has kept.
    #[must_use]
    pub const fn stored(text: String) -> Self {
        Self(text)
    }

    /// For its owner, and for the store.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Network(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_network_names_nobody() {
        assert_eq!(Network::v4([203, 0, 113, 77]).as_str(), "203.0.113.0/24");
        assert_eq!(Network::v4([203, 0, 113, 77]), Network::v4([203, 0, 113, 78]));
        let somebody = [0x2001, 0xdb8, 0x12, 0x3456, 1, 2, 3, 4];
        assert_eq!(Network::v6(somebody).as_str(), "2001:db8:12::/48");
        assert_eq!(format!("{:?}", Network::v6(somebody)), "Network(..)");
    }
}
