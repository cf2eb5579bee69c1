//! Value added tax: a rate, and how much of it is in a price.

use crate::Money;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A rate in hundredths of a percent, from 0 to 100 %. Prices include the tax.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct VatRate(u16);

/// Why a rate cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VatError {
    /// No decimal number with at most two decimals.
    #[error("this is no percentage with at most two decimals")]
    Malformed,
    /// More than the whole.
    #[error("a rate is at most 100 percent")]
    TooHigh,
}

/// Hundredths of a percent in the whole.
const WHOLE: u16 = 10_000;

impl VatRate {
    /// No tax.
    pub const ZERO: Self = Self(0);

    /// A rate in hundredths of a percent: 1900 is 19 %.
    ///
    /// # Errors
    /// [`VatError::TooHigh`].
    pub const fn new(basis_points: u16) -> Result<Self, VatError> {
        if basis_points > WHOLE { Err(VatError::TooHigh) } else { Ok(Self(basis_points)) }
    }

    /// Reads a percentage: `"19"`, `"7.7"`, `"5.25"`.
    ///
    /// # Errors
    /// A [`VatError`].
    pub fn from_percent(text: &str) -> Result<Self, VatError> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let trimmed = fraction.trim_end_matches('0');
        if !digits(whole) || !digits(fraction) || trimmed.len() > 2 {
            return Err(VatError::Malformed);
        }
        // Digits alone: what does not fit is too high.
        let points: u32 = format!("{whole}{trimmed:0<2}").parse().map_err(|_| VatError::TooHigh)?;
        u16::try_from(points).map_err(|_| VatError::TooHigh).and_then(Self::new)
    }

    /// In hundredths of a percent.
    #[must_use]
    pub const fn basis_points(self) -> u16 {
        self.0
    }

    /// What [`Self::from_percent`] reads, without needless zeros.
    #[must_use]
    pub fn percent(self) -> String {
        let (whole, fraction) = (self.0 / 100, self.0 % 100);
        match (fraction / 10, fraction % 10) {
            (0, 0) => whole.to_string(),
            (tenths, 0) => format!("{whole}.{tenths}"),
            _ => format!("{whole}.{fraction:02}"),
        }
    }

    /// The tax that is in `gross`, rounded once to the currency's smallest unit, halves up.
    #[must_use]
    pub fn included_in(self, gross: Money) -> Money {
        let (rate, minor) = (i128::from(self.0), i128::from(gross.minor()));
        let whole = i128::from(WHOLE) + rate;
        // Both are positive: half of the divisor added before the division rounds halves up.
        let tax = (minor * rate * 2 + whole) / (whole * 2);
        let tax = i64::try_from(tax).unwrap_or(i64::MAX);
        Money::new(tax, gross.currency()).unwrap_or(gross)
    }
}

impl TryFrom<u16> for VatRate {
    type Error = VatError;

    fn try_from(basis_points: u16) -> Result<Self, VatError> {
        Self::new(basis_points)
    }
}

impl From<VatRate> for u16 {
    fn from(rate: VatRate) -> Self {
        rate.0
    }
}

impl fmt::Display for VatRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", self.percent())
    }
}

impl fmt::Debug for VatRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Currency;
    use proptest::prelude::*;

    fn rate(percent: &str) -> VatRate {
        VatRate::from_percent(percent).unwrap()
    }

    #[test]
    fn percentages_are_read_as_people_write_them() {
        for (text, points) in [
            ("19", 1900),
            ("7.7", 770),
            ("5.25", 525),
            ("0", 0),
            ("100", 10_000),
            ("8.10", 810),
            ("019", 1900),
        ] {
            assert_eq!(rate(text).basis_points(), points, "{text}");
        }
        assert_eq!(rate("7.70").percent(), "7.7");
        assert_eq!(rate("5.05").percent(), "5.05");
        for text in ["", ".", "19.", ".5", "-1", "+1", "1e1", "19 %", "19,0", "5.255", "٣"] {
            assert_eq!(VatRate::from_percent(text), Err(VatError::Malformed), "{text}");
        }
        for text in ["100.01", "101", "9999999999999999999"] {
            assert_eq!(VatRate::from_percent(text), Err(VatError::TooHigh), "{text}");
        }
        assert!(serde_json::from_str::<VatRate>("10001").is_err());
    }

    #[test]
    fn tax_is_taken_out_of_the_price_and_rounded_once() {
        // 119.00 at 19 %: 19.00. 25.00 at 19 %: 3.9916 -> 3.99. 0.03 at 100 %: 0.015 -> 0.02 (halves up).
        assert_eq!(rate("19").included_in(Money::eur(11_900)), Money::eur(1900));
        assert_eq!(rate("19").included_in(Money::eur(2500)), Money::eur(399));
        assert_eq!(rate("100").included_in(Money::eur(3)), Money::eur(2));
        assert_eq!(VatRate::ZERO.included_in(Money::eur(2500)), Money::eur(0));
        let most = Money::new(i64::MAX, Currency::EUR).unwrap();
        assert!(rate("100").included_in(most).minor() <= most.minor());
    }

    proptest! {
        #[test]
        fn the_tax_of_a_net_price_is_the_net_price_times_the_rate(
            minor in 0..=1_000_000_000_000i64, points in 0..=10_000u16, which in 0..3usize,
        ) {
            let currency = [Currency::EUR, Currency::JPY, Currency::KWD][which];
            let gross = Money::new(minor, currency).unwrap();
            let tax = VatRate::new(points).unwrap().included_in(gross);
            let net = i128::from(gross.minus(tax).unwrap().minor());
            // |tax - net * rate| is less than what one rounding of the tax can make, in both factors.
            let off = i128::from(tax.minor()) * 10_000 - net * i128::from(points);
            prop_assert!(off.abs() * 2 <= 10_000 + i128::from(points));
        }

        #[test]
        fn a_percentage_reads_back(points in 0..=10_000u16) {
            let rate = VatRate::new(points).unwrap();
            prop_assert_eq!(VatRate::from_percent(&rate.percent()), Ok(rate));
        }
    }
}
