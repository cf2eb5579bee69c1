//! Currencies by ISO 4217 code, with the number of decimals each is counted in.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A currency that tickets may be sold in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency {
    code: [u8; 3],
    exponent: u8,
}

/// The text is no ISO 4217 code that this system knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is not a known ISO 4217 currency code")]
pub struct UnknownCurrency;

/// Code and exponent (ISO 4217, list one, 2024). Two decimals unless it says otherwise.
const KNOWN: [(&[u8; 3], u8); 24] = [
    (b"AUD", 2),
    (b"BGN", 2),
    (b"BHD", 3),
    (b"BRL", 2),
    (b"CAD", 2),
    (b"CHF", 2),
    (b"CZK", 2),
    (b"DKK", 2),
    (b"EUR", 2),
    (b"GBP", 2),
    (b"HUF", 2),
    (b"ILS", 2),
    (b"ISK", 0),
    (b"JPY", 0),
    (b"KRW", 0),
    (b"KWD", 3),
    (b"MXN", 2),
    (b"NOK", 2),
    (b"NZD", 2),
    (b"PLN", 2),
    (b"RON", 2),
    (b"SEK", 2),
    (b"TRY", 2),
    (b"USD", 2),
];

impl Currency {
    /// The euro.
    pub const EUR: Self = Self { code: *b"EUR", exponent: 2 };
    /// The yen, which has no decimals.
    pub const JPY: Self = Self { code: *b"JPY", exponent: 0 };
    /// The Kuwaiti dinar, which has three.
    pub const KWD: Self = Self { code: *b"KWD", exponent: 3 };

    /// The upper-case code, as `EUR`.
    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.code).unwrap_or("XXX")
    }

    /// The smallest amount that every provider moves, in minor units. Of three decimals they count two (Stripe,
    /// "Supported currencies": the last digit of a three-decimal amount is 0), and of forints no parts (PayPal,
    /// "Currency codes": HUF has no decimals there).
    #[must_use]
    pub const fn step(&self) -> i64 {
        match (&self.code, self.exponent) {
            (b"HUF", _) => 100,
            (_, 3) => 10,
            _ => 1,
        }
    }

    /// How many decimals the major unit has: 2 for EUR, 0 for JPY, 3 for KWD.
    #[must_use]
    pub const fn exponent(&self) -> u8 {
        self.exponent
    }
}

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let upper = text.to_ascii_uppercase();
        KNOWN
            .iter()
            .find(|(code, _)| code.as_slice() == upper.as_bytes())
            .map(|(code, exponent)| Self { code: **code, exponent: *exponent })
            .ok_or(UnknownCurrency)
    }
}

impl TryFrom<String> for Currency {
    type Error = UnknownCurrency;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_in_either_case_and_unknown_ones_refused() {
        assert_eq!("eur".parse(), Ok(Currency::EUR));
        assert_eq!("JPY".parse::<Currency>().unwrap().exponent(), 0);
        assert_eq!("XXX".parse::<Currency>(), Err(UnknownCurrency));
        assert_eq!("€".parse::<Currency>(), Err(UnknownCurrency));
    }

    #[test]
    fn the_constants_agree_with_the_table() {
        for constant in [Currency::EUR, Currency::JPY, Currency::KWD] {
            assert_eq!(constant.code().parse(), Ok(constant));
        }
    }
}
